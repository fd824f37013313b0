"""Our numbers against reference tables and trajectories: ``verify(path)``."""

from __future__ import annotations

from .folder import PARTS, verify
from .rows import Result, Row

__all__ = ["PARTS", "Result", "Row", "verify"]

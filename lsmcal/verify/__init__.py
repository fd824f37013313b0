"""Our numbers against reference tables and trajectories: ``verify(path)``."""

from __future__ import annotations

from .rows import Result, Row

__all__ = ["Result", "Row"]

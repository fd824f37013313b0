"""Our numbers against reference tables and trajectories: ``verify(path)``."""

from __future__ import annotations

from lsmcal.verify.folder import PARTS, verify
from lsmcal.verify.rows import Result, Row

__all__ = ["PARTS", "Result", "Row", "verify"]

"""Our numbers against reference tables and trajectories: ``verify(path)``."""

from __future__ import annotations

from lsmcal.verify.folder import PARTS, verify
from lsmcal.verify.rows import Row, Verification

__all__ = ["PARTS", "Verification", "Row", "verify"]

"""Which state of the model's source this is."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


@cache
def source_hash() -> str:
    """Hash of every Python file of this folder, 16 hex digits: it names compiled kernels and what was computed by them.

    numba does not notice a changed callee in another file, and results of another state of the model are not these.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]

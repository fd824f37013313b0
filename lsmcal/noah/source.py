"""Which state of the model's source this is."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


@cache
def source_hash() -> str:
    """Hash of every Python file of this package, 16 hex digits: it names compiled kernels and their results.

    numba does not notice a changed callee in another file, and results of another state of the model are not these.
    """
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]

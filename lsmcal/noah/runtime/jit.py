"""How the kernels are compiled, where the compiled code is kept, and how to switch compilation off.

Columns are computed in *blocks* of :data:`LANES` lanes. A kernel loops over the lanes innermost, over a
compile-time constant, so that LLVM turns the loop into vector code and every lane takes the same instructions:
a column's bits depend neither on its lane nor on its neighbours.

``NUMBA_DISABLE_JIT=1`` runs the same functions as plain Python for a debugger; blocks then have one lane.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numba
from numba import njit

from lsmcal.noah.source import source_hash

JIT_DISABLED = bool(numba.config.DISABLE_JIT)

#: Columns in a block: the width of the innermost loop.
LANES = 1 if JIT_DISABLED else 32

# No fast-math at all: contracting a*b+c is worth a tenth of the time, but what LLVM fuses depends on how functions are
# linked, so that the process that compiles and one that loads from the cache would differ in the last bits.
_ARITHMETIC = {"error_model": "numpy", "fastmath": False}


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _cache_folder() -> Path:
    """First writable of ``LSMCAL_CACHE``, ``NUMBA_CACHE_DIR``, the user's cache folder and a temporary folder."""
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    chosen = [os.environ.get("LSMCAL_CACHE"), os.environ.get("NUMBA_CACHE_DIR"), user / "lsmcal"]
    candidates = [Path(folder) for folder in chosen if folder]
    candidates.append(Path(tempfile.gettempdir()) / f"lsmcal-{os.getuid()}")
    name = f"kernels-{source_hash()}"
    for folder in candidates:
        if _is_writable(folder / name):
            return folder / name
    raise OSError("no writable folder for compiled kernels; set LSMCAL_CACHE to one")


CACHE_FOLDER = None if JIT_DISABLED else _cache_folder()


def formula(function):
    """Compile a scalar formula that is always inlined into the lane loop that calls it."""
    return njit(forceinline=True, **_ARITHMETIC)(function)


def kernel(function):
    """Compile a function over blocks of columns, cached on disk; it releases the GIL."""
    if JIT_DISABLED:
        return function
    # numba reads the folder when the function is decorated; nobody else's functions are affected.
    previous, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(CACHE_FOLDER)
    try:
        return njit(cache=True, nogil=True, **_ARITHMETIC)(function)
    finally:
        numba.config.CACHE_DIR = previous

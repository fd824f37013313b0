"""How the kernels are compiled, where the compiled code is kept, and how to switch compilation off.

Columns are computed in *blocks* of :data:`LANES` lanes. A kernel loops over the lanes innermost, over a
compile-time constant, so that LLVM turns the loop into vector code and every lane takes the same instructions:
a column's bits depend neither on its lane nor on its neighbours.

``NUMBA_DISABLE_JIT=1`` runs the same functions as plain Python for a debugger; blocks then have one lane.
"""

from __future__ import annotations

import errno
import logging
import os
import tempfile
from pathlib import Path

import numba
from numba import njit

from lsmcal.noah.runtime.cache_folder import make_private, why_not_private
from lsmcal.noah.source import source_hash

log = logging.getLogger(__name__)

JIT_DISABLED = bool(numba.config.DISABLE_JIT)

#: Columns in a block: the width of the innermost loop.
LANES = 1 if JIT_DISABLED else 32

# No fast-math at all: contracting a*b+c is worth a tenth of the time, but what LLVM fuses depends on how functions are
# linked, so that the process that compiles and one that loads from the cache would differ in the last bits.
_ARITHMETIC = {"error_model": "numpy", "fastmath": False}


def _cache_folder() -> Path:
    """First writable of ``LSMCAL_CACHE``, ``NUMBA_CACHE_DIR``, the user's cache folder and a temporary folder.

    Compiled kernels are loaded as code. A folder that others can write is left out; as ``LSMCAL_CACHE`` it is refused.
    """
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    asked, name = os.environ.get("LSMCAL_CACHE"), f"kernels-{source_hash()}"
    chosen = [asked, os.environ.get("NUMBA_CACHE_DIR"), user / "lsmcal"]
    candidates = [Path(folder) for folder in chosen if folder]
    candidates.append(Path(tempfile.gettempdir()) / f"lsmcal-{os.getuid()}")
    reason = ""
    for folder in candidates:
        if not make_private(folder / name):
            continue
        reason = why_not_private(folder / name)
        if not reason:
            return folder / name
        if asked and folder == Path(asked):
            break
        log.warning("%s is not used for compiled kernels: %s", folder, reason)
    advice = "set LSMCAL_CACHE to a folder that only you can write"
    problem = f"cannot hold compiled kernels, which are code: {reason}" if reason else "cannot be written"
    raise PermissionError(errno.EPERM, f"{problem}; {advice}", str(folder))


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

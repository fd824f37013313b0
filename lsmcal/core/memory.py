"""What a machine can hold, so that more than that is refused before it is asked for."""

from __future__ import annotations

import os
from pathlib import Path

from lsmcal.core.errors import Problems

#: Limit on the memory of a container or a job, where there is one.
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_PREFIXES = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def physical_memory() -> float:
    """Memory that this process can have at most [bytes]: that of the machine, or of its container."""
    size = float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    for place in _LIMITS:
        try:
            size = min(size, float(Path(place).read_text()))
        except (OSError, ValueError):  # no such limit, or "max"
            continue
    return size


def size_in_words(size: float) -> str:
    """A number of bytes with a decimal prefix: ``12.3 MB``."""
    power = 0
    while abs(size) >= 999.5 and power + 1 < len(_PREFIXES):
        size, power = size / 1000.0, power + 1
    return f"{size:.3g} {_PREFIXES[power]}"


def check_memory(needed: float, what: str, problems: Problems, **details: object) -> None:
    """Note what would need more than this machine has.

    Parameters
    ----------
    needed : float
        An estimate [bytes].
    what : str
        That needs it, as the subject of a sentence: "the weather of 100 years".
    problems : Problems
    **details
        Where it is asked for: fields of :class:`lsmcal.core.errors.Problem`.
    """
    if needed > (there := physical_memory()):
        message = f"{what} would need about {size_in_words(needed)} of memory"
        problems.add(message, expected=f"less than the {size_in_words(there)} of this machine", **details)

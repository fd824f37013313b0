"""Whether a result is done: there, whole, and of this very case."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from lsmcal.core.checksums import look_at_netcdf

log = logging.getLogger(__name__)


def is_whole(path: Path, fingerprint: str, sizes: Mapping[str, int] | None = None, unmarked: bool = False) -> bool:
    """Whether a NetCDF file is what a case would write now, after a look at all of it.

    Parameters
    ----------
    path : Path
    fingerprint : str
        Of everything the file depends on.
    sizes : mapping of str to int, optional
        Dimensions it must have.
    unmarked : bool
        Take a file without fingerprint and checksum, which an earlier version wrote, if its sizes are right.

    Returns
    -------
    bool
        False with a warning where a file is damaged; without one where there is none, or that of another case.
    """
    if not path.is_file():
        return False
    found = look_at_netcdf(path)
    stated = found.attributes.get("fingerprint", "")
    if stated != fingerprint and not found.damage and not (unmarked and not stated and not found.checked):
        return False
    wrong = [
        f"{name} {found.sizes.get(name)}, not {size}"
        for name, size in (sizes or {}).items()
        if found.sizes.get(name) != size
    ]
    damage = found.damage or (f"wrong sizes: {', '.join(wrong)}" if wrong else "")
    if damage:
        log.warning("%s: is damaged: %s; it is made again", path, damage)
    return not damage

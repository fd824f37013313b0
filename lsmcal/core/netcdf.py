"""NetCDF files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netCDF4 import Dataset


@contextmanager
def whole_netcdf(path: Path) -> Iterator[Dataset]:
    """A NetCDF file that appears under its name when it is complete and on the disk; until then one of that name stays.

    Parameters
    ----------
    path : Path
        Its folder is made.

    Raises
    ------
    OSError
        With the path, when it cannot be written.
    """
    from netCDF4 import Dataset

    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with Dataset(temporary, "w") as file:
            yield file
        _to_disk(temporary)
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not str(error).startswith("NetCDF"):
            raise
        # the library says no more than "HDF error" of a full disk
        reason = getattr(error, "strerror", None) or str(error)
        text = f"cannot be written: {reason}; {_room(path)}"
        raise OSError(getattr(error, "errno", None) or errno.EIO, text, str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    """Wait until a file would survive the machine's end."""
    place = os.open(path, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def _room(path: Path) -> str:
    there = next((folder for folder in path.absolute().parents if folder.is_dir()), Path("/"))
    return f"the disk has {shutil.disk_usage(there).free / 1e6:,.0f} MB free"

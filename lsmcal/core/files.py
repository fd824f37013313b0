"""Files that are there whole or not at all, also when two processes or threads write the same one at the same time.

Content goes into a temporary file in the same folder, from there to the disk, and only then takes its name. What stood
under that name stays until then. A temporary file says by its name which process writes it, so that what a killed
process left is recognised and removed.
"""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lsmcal.core.digest import digest_of_file
from lsmcal.core.words import json_safe, printable

if TYPE_CHECKING:
    from netCDF4 import Dataset

#: List of the checksums of a folder's files, in the form that ``sha256sum --check`` reads.
SUMS = "SHA256SUMS"

#: Name of the file (shortened), machine, process id, random part.
_TEMPORARY = re.compile(r"\..+\.(?P<machine>[0-9a-f]{8})-(?P<process>[0-9]+)-[0-9a-f]{16}\.tmp")
#: Before machine and random part were in the name.
_EARLIER = re.compile(r"\..+\.[0-9]+\.tmp")
#: Bytes of the file's name in that of its temporary file: the whole must stay below 255.
_NAME = 120
#: Seconds after which a temporary file of another machine has no writer any more.
_OLD = 86_400.0
#: A disk, quota or limit on files that is reached; the NetCDF library says no more than EIO.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


@contextmanager
def replacement(path: str | os.PathLike) -> Iterator[Path]:
    """A temporary file to write instead of ``path``, which it replaces when it is complete and on the disk.

    Parameters
    ----------
    path : path
        Its folder is made. Of a symbolic link the file it leads to is replaced.

    Yields
    ------
    Path
        Not there yet. It is removed if the block raises, and ``path`` stays as it was.

    Raises
    ------
    OSError
        With ``path`` and a reason, when it cannot be written.
    """
    path, temporary = Path(path), None
    try:
        target = _target(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(target.parent, target.name)
        temporary = target.with_name(f"{_stem(target.name)}{_machine()}-{os.getpid()}-{os.urandom(8).hex()}.tmp")
        yield temporary
        _to_disk(temporary)
        os.replace(temporary, target)
    except OSError as error:
        if temporary is not None and error.filename not in (None, str(temporary), str(path)):
            raise  # something else that the block read or wrote
        raise write_error(path, error) from error
    finally:
        if temporary is not None:
            with suppress(OSError):  # on a disk without writing even a file that is not there; the reason is known
                temporary.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike, content: bytes) -> Path:
    """Write bytes, whole or not at all.

    Raises
    ------
    OSError
        As :func:`replacement`.
    """
    with replacement(path) as temporary:
        temporary.write_bytes(content)
    return Path(path)


def write_text(path: str | os.PathLike, text: str) -> Path:
    """Write text as UTF-8, line ends as they are, whole or not at all."""
    return write_bytes(path, text.encode())


def write_json(path: str | os.PathLike, value: object) -> Path:
    """Write plain values as JSON, one a line, whole or not at all.

    Raises
    ------
    ValueError
        For numbers that are not finite, which JSON does not have.
    """
    return write_text(path, json_safe(json.dumps(value, indent=1, allow_nan=False)) + "\n")


def write_rows(path: str | os.PathLike, rows: Iterable[Iterable[object]]) -> Path:
    """Write rows as CSV, the head first, whole or not at all."""
    return write_text(path, csv_text(rows))


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Rows as CSV, control characters escaped."""
    text = io.StringIO()
    shown = ([printable(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    csv.writer(text, lineterminator="\n").writerows(shown)
    return text.getvalue()


def write_npz(path: str | os.PathLike, **arrays) -> Path:
    """Write arrays as a compressed NumPy archive, whole or not at all."""
    import numpy as np

    with replacement(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)
    return Path(path)


@contextmanager
def new_netcdf(path: str | os.PathLike) -> Iterator[Dataset]:
    """A NetCDF file that appears under its name when it is complete and on the disk; until then one of that name stays.

    It ends with a checksum of all it holds, as an attribute (:mod:`lsmcal.core.checksums`).

    Parameters
    ----------
    path : path
        Its folder is made.

    Raises
    ------
    OSError
        As :func:`replacement`.
    """
    from netCDF4 import Dataset

    from lsmcal.core.checksums import ATTRIBUTE, netcdf_digest

    with replacement(path) as temporary:
        try:
            with Dataset(temporary, "w") as file:
                yield file
                file.setncattr(ATTRIBUTE, netcdf_digest(file))
        except PermissionError as error:  # what the library says too when there is no room for its first bytes
            if error.filename != str(temporary) or not os.access(temporary.parent, os.W_OK):
                raise
            raise OSError(errno.EIO, "NetCDF: the file cannot be begun", str(temporary)) from error
        except RuntimeError as error:
            if not str(error).startswith("NetCDF"):
                raise
            raise OSError(errno.EIO, str(error), str(temporary)) from error


# -- lists of checksums -----------------------------------------------------------------------------------------------
def write_sums(folder: Path, names: Iterable[str]) -> Path:
    """Write the checksums of some files of a folder into :data:`SUMS`.

    Parameters
    ----------
    folder : Path
    names : iterable of str
        Relative to the folder.
    """
    return write_text(folder / SUMS, "".join(f"{digest_of_file(folder / name)}  {name}\n" for name in sorted(names)))


def forget_sums(folder: Path) -> None:
    """Remove the list before its files are written anew: an old one would call them damaged."""
    (folder / SUMS).unlink(missing_ok=True)


def read_sums(folder: Path) -> dict[str, str]:
    """Checksums by name of a file, from :data:`SUMS`; empty if there is no list.

    Raises
    ------
    ValueError
        When a line of the list is damaged.
    """
    path, found = folder / SUMS, {}
    for number, line in enumerate(path.read_text("utf-8").splitlines() if path.is_file() else (), start=1):
        digest, space, name = line.partition("  ")
        if len(digest) != 64 or not space or not set(digest) <= set("0123456789abcdef"):
            raise ValueError(f"line {number} is damaged")
        found[name] = digest
    return found


def damage_of(path: Path) -> str:
    """What is wrong with a file of text: its checksum in :data:`SUMS`, or JSON that cannot be read; empty if sound.

    Raises
    ------
    OSError
        When it cannot be read.
    """
    try:
        stated = read_sums(path.parent).get(path.name)
    except ValueError:  # said of the list itself
        stated = None
    if stated is not None:
        return "" if stated == digest_of_file(path) else "the checksum is wrong"
    try:
        if path.suffix == ".json":
            json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return "it is not JSON"
    return ""


def remove_leftovers(folder: Path, name: str | None = None) -> list[Path]:
    """Remove temporary files that killed processes left in a folder.

    Parameters
    ----------
    folder : Path
    name : str, optional
        Only those of the file of this name.

    Returns
    -------
    list of Path
        What was removed. A file of a process that lives, or of another machine and less than a day old, stays.
    """
    stem, removed = "." if name is None else _stem(name), []
    try:
        found = [entry for entry in os.scandir(folder) if entry.name.startswith(stem) and entry.name.endswith(".tmp")]
    except OSError:
        return []
    for entry in found:
        try:
            if _is_left(entry):
                os.unlink(entry.path)
                removed.append(Path(entry.path))
        except OSError:
            continue  # its writer, or another who clears up, was faster
    return removed


def _target(path: Path) -> Path:
    """The file that is replaced: what a link leads to."""
    if not path.is_symlink():
        target = path
    else:
        target = Path(os.path.realpath(path))
        if target.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if target.exists() and not target.is_file():
        text = "is a folder" if target.is_dir() else "is not a regular file"
        raise OSError(errno.EISDIR if target.is_dir() else errno.EINVAL, text, str(path))
    return target


def _stem(name: str) -> str:
    return f".{os.fsencode(name)[:_NAME].decode(errors='ignore')}."


def _machine() -> str:
    """Process ids are those of one machine."""
    return hashlib.sha256(os.uname().nodename.encode()).hexdigest()[:8]


def _is_left(entry: os.DirEntry) -> bool:
    """Whether nobody writes this temporary file any more."""
    known = _TEMPORARY.fullmatch(entry.name)
    if known is None and _EARLIER.fullmatch(entry.name) is None:
        return False
    if known is not None and known["machine"] == _machine():
        return not _lives(int(known["process"]))
    return time.time() - entry.stat(follow_symlinks=False).st_mtime > _OLD


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it is another user's
        return True
    return True


def _to_disk(path: Path) -> None:
    """Wait until a file would survive the machine's end."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_error(path: Path, error: OSError) -> OSError:
    """What to say of a file that cannot be written: its name, why, and how much room there is on a full disk."""
    number, reason = error.errno or errno.EIO, error.strerror or str(error)
    room = f"; {_room(path)}" if number in _FULL else ""
    return OSError(number, f"cannot be written: {reason}{room}", str(path))


def _room(path: Path) -> str:
    folder = next((folder for folder in path.absolute().parents if folder.is_dir()), Path("/"))
    return f"the disk has {shutil.disk_usage(folder).free / 1e6:,.0f} MB free"

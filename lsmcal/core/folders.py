"""Folders that results go to: whether they can be written, before hours of work are put into them."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from lsmcal.core.errors import InputError, Problems

#: A folder that is not there, not allowed, not to be changed, or no folder at all; a full disk is something else.
_NO_FOLDER = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENAMETOOLONG,
)


def check_folder(case, problems: Problems) -> None:
    """Note an output folder of a case that cannot be written; nothing is made.

    Parameters
    ----------
    case : Case
    problems : Problems
    """
    reason = why_unwritable(Path(case.output_folder))
    if reason:
        _add(case, reason, problems)


def why_unwritable(folder: Path) -> str:
    """Why nothing can be written into a folder that may not be there yet; empty if it can."""
    try:
        there = next((place for place in (folder, *folder.absolute().parents) if place.exists()), Path("/"))
        if there == folder:
            with tempfile.TemporaryFile(dir=folder):
                return ""
    except OSError as error:
        return _words(error)
    if not there.is_dir():
        return f"{there} is not a folder"
    return "" if os.access(there, os.W_OK | os.X_OK) else f"{there} has no write permission"


def output_problem(case, error: OSError) -> InputError | None:
    """What an error of the operating system says about the output folder of a case; None if it is about something else.

    Parameters
    ----------
    case : Case
    error : OSError
    """
    if error.errno not in _NO_FOLDER or not isinstance(error.filename, (str, os.PathLike)):
        return None
    folder, place = Path(case.output_folder).absolute(), Path(error.filename).absolute()
    if folder not in (place, *place.parents) and place not in folder.parents:
        return None
    problems = Problems()
    _add(case, why_unwritable(Path(case.output_folder)) or f"{error.filename}: {_words(error)}", problems)
    return InputError(problems.found)


def _add(case, reason: str, problems: Problems) -> None:
    problems.add(
        f"the output folder cannot be written: {reason}",
        source=case.source,
        variable="case.output",
        value=case.output_folder,
        expected="a folder with write permission",
    )


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()

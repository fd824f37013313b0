"""Text files that a case or an option names, or why they cannot be read, in plain words."""

from __future__ import annotations

import os
from pathlib import Path

from lsmcal.core.errors import Problems


def read_text_file(path: str | os.PathLike, problems: Problems, expected: str = "") -> str | None:
    """Text of a file in UTF-8, with or without a byte-order mark.

    Parameters
    ----------
    path : path
    problems : Problems
        Gets what is wrong with it.
    expected : str
        What kind of file is wanted, for the message.

    Returns
    -------
    str or None
        None, with one problem noted, if there is no such file, or it cannot be read as text.
    """
    path = Path(path)
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problems.add(why_unreadable(error), source=path, expected=expected)
    return None


def why_unreadable(error: OSError | UnicodeDecodeError) -> str:
    """What keeps a file from being read as text."""
    if isinstance(error, UnicodeDecodeError):
        return f"is not a text file in UTF-8 (byte {error.start + 1} is not text)"
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, IsADirectoryError):
        return "is a folder"
    return f"cannot be read: {(error.strerror or str(error)).lower()}"

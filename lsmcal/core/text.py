"""Text files that a case or an option names, or why they cannot be read, in plain words."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from lsmcal.core.errors import Problems
from lsmcal.core.memory import check_memory, size_in_words

#: Files that are none: reading them could wait for ever, or never end.
_NO_FILES = {
    stat.S_ISFIFO: "a named pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}
#: Bytes of memory for a byte of text that is split into fields.
_IN_MEMORY = 4.0


def why_no_file(path: str | os.PathLike, most: float = float("inf")) -> str:
    """Why a path is no plain file that could be read, in words; empty if it is one. It is not opened.

    Parameters
    ----------
    path : path
    most : float
        Largest size [bytes].

    Returns
    -------
    str
        Such as "no such file", "is a folder", "is a named pipe, not a file".
    """
    try:
        state = os.stat(path)
    except ValueError:
        return "is no name of a file"
    except OSError as error:
        return why_unreadable(error)
    if stat.S_ISDIR(state.st_mode):
        return "is a folder"
    kind = next((words for is_such, words in _NO_FILES.items() if is_such(state.st_mode)), "")
    if kind:
        return f"is {kind}, not a file"
    return f"is too large ({size_in_words(state.st_size)})" if state.st_size > most else ""


def read_text_file(
    path: str | os.PathLike,
    problems: Problems,
    expected: str = "",
    most: float = float("inf"),
    encoding: str = "utf-8-sig",
    errors: str = "strict",
) -> str | None:
    """Text of a file in UTF-8, with or without a byte-order mark.

    Parameters
    ----------
    path : path
    problems : Problems
        Gets what is wrong with it.
    expected : str
        What kind of file is wanted, for the message.
    most : float
        Largest size [bytes].
    encoding, errors : str
        As Python has them.

    Returns
    -------
    str or None
        None, with one problem noted, if there is no such file, or it cannot be read as text.
    """
    path = Path(path)
    if reason := why_no_file(path, most):
        limit = f"{expected}{', ' * bool(expected)}at most {size_in_words(most)}" if "too large" in reason else expected
        problems.add(reason, source=path, expected=limit)
        return None
    before = len(problems.found)
    check_memory(_IN_MEMORY * path.stat().st_size, "the file", problems, source=path)
    if len(problems.found) > before:
        return None
    try:
        return path.read_text(encoding=encoding, errors=errors)
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


def parsed_json(text: str | bytes, **options: Any) -> Any:
    """Plain values of JSON.

    Parameters
    ----------
    text : str or bytes
    **options
        Of :func:`json.loads`.

    Raises
    ------
    ValueError
        For what is not JSON, and for tables in tables without end.
    """
    try:
        return json.loads(text, **options)
    except RecursionError:
        raise ValueError("tables or lists are nested too deeply") from None

"""Which files of a folder a command wrote, and which it found up to date."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import typer

from lsmcal.core.words import printable


def say(text: str, err: bool = False) -> None:
    """Print a line, control characters of names and files as escapes; ``err``: on standard error."""
    typer.echo(printable(text), err=err)


class FilesBefore:
    """The files of a folder as they are before a command works in it.

    Parameters
    ----------
    folder : path
        It need not be there.
    """

    def __init__(self, folder: str | os.PathLike):
        self._before = _state_of(Path(folder))

    def show(self, paths: Iterable[Path], err: bool = False) -> None:
        """Print of each file or folder whether it was written since; ``err``: on standard error."""
        for path in paths:
            now = _state_of(path)
            same = bool(now) and all(self._before.get(name) == state for name, state in now.items())
            say(f"{path} is up to date" if same else f"wrote {path}", err=err)


def _state_of(path: Path) -> dict[str, tuple[int, int, int]]:
    """Files by name with what changes when they are written or replaced."""
    found = {}
    with suppress(OSError):  # what cannot be a folder is said by the stage that writes into it
        for file in [path] if path.is_file() else path.rglob("*"):
            if file.is_file():
                about = file.stat()
                found[os.path.abspath(file)] = about.st_ino, about.st_mtime_ns, about.st_size
    return found

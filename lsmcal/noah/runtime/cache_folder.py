"""The folder of compiled kernels: nobody but its user, and root, may be able to write it.

numba keeps compiled functions as pickles. Who can write one runs code as whoever loads it. So the folder, what is in it
and the folders above it are looked at before anything is loaded.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS_ENTER = stat.S_IXGRP | stat.S_IXOTH


def make_private(folder: Path) -> bool:
    """Make a folder and those missing above it, each for its user alone (mode 0700); whether it can be written.

    Parameters
    ----------
    folder : Path
        May be there already; its mode then stays.
    """
    try:
        for place in (*reversed(folder.absolute().parents), folder):
            if not place.exists():
                _make(place)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return False


def _make(place: Path) -> None:
    try:
        os.mkdir(place, 0o700)
    except FileExistsError:  # another process was faster
        if not place.is_dir():
            raise


def why_not_private(folder: Path) -> str:
    """Who else could change what is in a folder, in words; empty if nobody could.

    Parameters
    ----------
    folder : Path
        There already.

    Returns
    -------
    str
        Such as "/scratch/cache can be written by others (mode 0777)".

    Raises
    ------
    OSError
        When it cannot be looked at.
    """
    real = Path(os.path.realpath(folder))
    for place in (folder.absolute(), *folder.absolute().parents):
        if place.is_symlink() and (reason := _owned_by_others(place)):
            return reason
    for place in real.parents:
        if reason := _owned_by_others(place, _unmapped()) or ("" if _is_sticky(place) else _writable_by_others(place)):
            return reason
    if reason := _owned_by_others(real) or _writable_by_others(real):
        return reason
    reached = bool(os.stat(real).st_mode & _OTHERS_ENTER)
    for place in _inside(real):
        if reason := _owned_by_others(place) or (_writable_by_others(place) if reached else ""):
            return reason
    return ""


def _inside(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as found:
        entries = list(found)
    for entry in entries:
        yield Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _inside(Path(entry.path))


def _owned_by_others(place: Path, *accepted: int) -> str:
    owner = _stat(place).st_uid
    return (
        "" if owner in (0, os.getuid(), -1, *accepted) else f"{place} belongs to another user ({_name_of_user(owner)})"
    )


def _writable_by_others(place: Path) -> str:
    state = _stat(place)
    mode = stat.S_IMODE(state.st_mode)
    if stat.S_ISLNK(state.st_mode) or not mode & _OTHERS_WRITE:
        return ""
    if not mode & stat.S_IWOTH and _is_own_group(state.st_gid):
        return ""
    return f"{place} can be written by others (mode {mode:04o})"


def _is_sticky(place: Path) -> bool:
    """Whether others cannot rename or remove what they do not own, as in /tmp."""
    return bool(_stat(place).st_mode & stat.S_ISVTX)


def _stat(place: Path) -> os.stat_result:
    try:
        return os.lstat(place)
    except FileNotFoundError:  # a temporary file of another process of the same user
        return os.stat_result((0, 0, 0, 0, -1, -1, 0, 0, 0, 0))


def _is_own_group(group: int) -> bool:
    """Whether a group is its user's private one, as many systems have it; root's is root's."""
    import grp
    import pwd

    if group == 0:
        return True
    try:
        user, known = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(group)
    except KeyError:
        return False
    return known.gr_name == user and set(known.gr_mem) <= {user}


def _unmapped() -> int:
    """Who root of the machine is inside a container that does not know it; -1 where all users are known."""
    try:
        known = sum(int(line.split()[2]) for line in Path("/proc/self/uid_map").read_text().splitlines())
        return -1 if known >= 2**32 - 1 else int(Path("/proc/sys/kernel/overflowuid").read_text())
    except (OSError, ValueError, IndexError):
        return -1


def _name_of_user(user: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)

"""One process at a time for a folder of results, by a lock that ends with the process whatever ends it."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

log = logging.getLogger(__name__)

#: File in the folder that is locked; it says who holds it, and goes when the work ends.
LOCK = ".lsmcal.lock"
#: Times that the file, or its folder, may go just as it is opened.
_TRIES = 1000
#: Seconds to wait for another process: one of a job that was just ended may take a moment to go.
PATIENCE = 3.0
#: A file system that has no locks.
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
#: Folders that a thread of this process holds.
_held: set[tuple[int, str]] = set()
_warned: set[str] = set()


class FolderInUse(Exception):
    """Another process works in the folder."""


@contextmanager
def locked(folder: str | os.PathLike, work: str) -> Iterator[None]:
    """Keep other processes out of a folder of results until the block ends.

    Inner stages of one thread share the lock of the folder or of a folder above it. A folder that cannot be written is
    left to whatever writes into it; where the file system has no locks a warning is logged once.

    Parameters
    ----------
    folder : path
        Made; if it was not there and is empty in the end, it is removed.
    work : str
        What is done, for the message to others: "lsmcal run".

    Raises
    ------
    FolderInUse
        With who holds the folder and since when.
    """
    folder = Path(folder)
    real = Path(os.path.realpath(folder))
    if any((threading.get_ident(), str(place)) in _held for place in (real, *real.parents)):
        yield
        return
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    descriptor = _opened(folder, work)
    key = threading.get_ident(), str(real)
    _held.add(key)
    try:
        yield
    finally:
        _held.discard(key)
        if descriptor is not None:
            with suppress(OSError):
                os.unlink(folder / LOCK)
            os.close(descriptor)
        for place in made:
            with suppress(OSError):  # there are results in it
                place.rmdir()


def _opened(folder: Path, work: str) -> int | None:
    """The locked file; None if there can be none."""
    patience = time.monotonic() + PATIENCE
    for _ in range(_TRIES):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = _descriptor(folder / LOCK)
        except FileNotFoundError:  # who held it before removed the empty folder just now
            continue
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _exists(descriptor, folder / LOCK):
                _sign(descriptor, work)
                return descriptor
            os.close(descriptor)  # who held it removed the file just now
        except BlockingIOError:
            holder = _holder(descriptor)
            os.close(descriptor)
            if time.monotonic() < patience:
                time.sleep(0.1)
                continue
            advice = "wait until it has finished, or choose another output folder"
            raise FolderInUse(f"{folder}: another process is running this case{holder}; {advice}") from None
        except OSError as error:
            os.close(descriptor)
            _unlocked(folder, error)
            return None
    return None


def _descriptor(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    except PermissionError:  # another user's file can be locked all the same
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)


def _exists(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _sign(descriptor: int, work: str) -> None:
    """Write down who holds the lock; on a full disk others are told less."""
    since = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    about = {"work": work, "process": os.getpid(), "machine": os.uname().nodename, "since": since}
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(about).encode(), 0)


def _holder(descriptor: int) -> str:
    """Who holds the lock, in words; empty if it does not say."""
    try:
        about = json.loads(os.pread(descriptor, 4096, 0))
        return f" ({about['work']}, process {about['process']} on {about['machine']}, since {about['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _unlocked(folder: Path, error: OSError) -> None:
    if error.errno in _NO_LOCKS and str(folder) not in _warned:
        _warned.add(str(folder))
        log.warning(
            "%s: not locked, because the file system has no locks; make sure that no other process runs here", folder
        )

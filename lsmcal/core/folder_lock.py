"""One process at a time for a folder of results, by a lock that ends with the process whatever ends it.

Where the file system has no locks, a file that its owner renews stands for one (:func:`_leased`).
"""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import tempfile
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
#: File that stands for the lock there; its owner renews it so often, and has ended if it does not for so long [s].
LEASE = ".lsmcal.lease"
RENEWED, EXPIRED = 15.0, 120.0
#: Folders that a thread of this process holds.
_held: set[tuple[int, str]] = set()
_warned: set[str] = set()


class FolderInUse(Exception):
    """Another process works in the folder."""


@contextmanager
def locked(folder: str | os.PathLike, work: str) -> Iterator[None]:
    """Keep other processes out of a folder of results until the block ends.

    Inner stages of one thread share the lock of the folder or of a folder above it. A folder that cannot be written is
    left to whatever writes into it. Where the file system has no locks, a file that is renewed stands for the lock.

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
    key = threading.get_ident(), str(real)
    try:
        with _alone(folder, work):
            _held.add(key)
            yield
    finally:
        _held.discard(key)
        for place in made:
            with suppress(OSError):  # there are results in it
                place.rmdir()


@contextmanager
def _alone(folder: Path, work: str) -> Iterator[None]:
    """The lock of the operating system, or what stands for it."""
    try:
        descriptor = _opened(folder, work)
    except _NoLocks:
        with suppress(OSError):
            os.unlink(folder / LOCK)
        with _leased(folder, work):
            yield
        return
    try:
        yield
    finally:
        if descriptor is not None:
            with suppress(OSError):
                os.unlink(folder / LOCK)
            os.close(descriptor)


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
            raise _in_use(folder, holder) from None
        except OSError as error:
            os.close(descriptor)
            if error.errno in _NO_LOCKS:
                raise _NoLocks from None
            return None
    return None


class _NoLocks(Exception):
    """The file system has no locks."""


def _in_use(folder: Path, holder: str) -> FolderInUse:
    advice = "wait until it has finished, or choose another output folder"
    return FolderInUse(f"{folder}: another process is running this case{holder}; {advice}")


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
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _signature(work), 0)


def _signature(work: str) -> bytes:
    since = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    about = {"work": work, "process": os.getpid(), "machine": os.uname().nodename, "since": since}
    return json.dumps(about | {"started": _started(os.getpid())}).encode()


def _holder(descriptor: int) -> str:
    """Who holds the lock, in words; empty if it does not say."""
    return _named(os.pread(descriptor, 4096, 0))


def _named(signature: bytes) -> str:
    try:
        about = json.loads(signature)
        return f" ({about['work']}, process {about['process']} on {about['machine']}, since {about['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


# -- file systems without locks ----------------------------------------------------------------------------------------
@contextmanager
def _leased(folder: Path, work: str) -> Iterator[None]:
    """Keep other processes out of a folder by a file that a thread renews until the block ends.

    The file of a process that has ended is taken over: on its own machine when there is no such process any more, from
    another machine when it was not renewed for :data:`EXPIRED` seconds, by the clock of the file system.
    """
    path, signature = folder / LEASE, _signature(work)
    if not _lease_taken(path, signature):
        yield  # the folder cannot be written, which the work itself will say
        return
    if str(folder) not in _warned:
        _warned.add(str(folder))
        log.info("%s: the file system has no locks; %s is renewed instead while this process works", folder, LEASE)
    over = threading.Event()
    renewing = threading.Thread(target=_renew, args=(path, over), daemon=True, name="lsmcal-lease")
    renewing.start()
    try:
        yield
    finally:
        over.set()
        renewing.join()
        with suppress(OSError):
            if path.read_bytes() == signature:
                path.unlink()


def _renew(path: Path, over: threading.Event) -> None:
    while not over.wait(RENEWED):
        with suppress(OSError):
            os.utime(path)


def _lease_taken(path: Path, signature: bytes) -> bool:
    """Make the file, when no process holds it; False if it cannot be made."""
    patience = time.monotonic() + PATIENCE
    for _ in range(_TRIES):
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        except FileExistsError:
            try:
                holder, gone = path.read_bytes(), _gone(path)
            except FileNotFoundError:
                continue
            if gone:
                _taken_over(path, holder, gone)
            elif time.monotonic() < patience:
                time.sleep(0.1)
            else:
                raise _in_use(path.parent, _named(holder)) from None
            continue
        except OSError:
            return False
        with os.fdopen(descriptor, "wb") as file:
            file.write(signature)
        return True
    return False


def _gone(path: Path) -> str:
    """Why the process that made the file has ended, in words; empty if it may still work."""
    try:
        about = json.loads(path.read_bytes())
        here, process = about["machine"] == os.uname().nodename, int(about["process"])
    except (ValueError, KeyError, TypeError):
        here, process, about = False, 0, {}
    if here:
        return "" if _lives(process, about.get("started")) else "there is no such process any more"
    idle = _clock_of(path.parent) - path.stat().st_mtime
    return f"it was not renewed for {idle:.0f} s" if idle > EXPIRED else ""


def _started(process: int) -> str | None:
    """When a process of this machine began, in ticks; None if there is none, or if the system does not say."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def _lives(process: int, started: str | None) -> bool:
    """Whether a process of this machine lives, and is not another with the same number."""
    if started is not None:
        return _started(process) == started
    try:
        os.kill(process, 0)
    except OSError as error:
        return error.errno == errno.EPERM
    return True


def _clock_of(folder: Path) -> float:
    """The time that a file made just now gets: that of the server, not of this machine."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b".")
        file.flush()
        return os.fstat(file.fileno()).st_mtime


def _taken_over(path: Path, holder: bytes, reason: str) -> None:
    """Put the file of a process that has ended aside; one that came in its place meanwhile is put back."""
    aside = path.with_name(f"{LEASE}-{os.uname().nodename}-{os.getpid()}-{threading.get_ident()}")
    try:
        os.rename(path, aside)
    except FileNotFoundError:
        return
    if aside.read_bytes() == holder:
        log.warning("%s: the lock of another process%s is taken over: %s", path.parent, _named(holder), reason)
    else:
        with suppress(OSError):
            os.link(aside, path)
    aside.unlink()

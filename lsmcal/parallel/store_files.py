"""The SQLite files of checkpoints: records with digests, damage that is found, and what is good saved from it.

Behind the data of a record stand eight bytes and a SHA-256 digest of its case, its place and its data, so that a record
says itself that it is whole and where it belongs. Records of earlier versions end without one; NumPy's archive has a
checksum of its own for their arrays.
"""

from __future__ import annotations

import hashlib
import io
import os
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lsmcal.core.digest import digest_of_text

TABLES = {
    "about": "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT)",
    "record": "CREATE TABLE record "
    "(piece INTEGER, kind TEXT, step INTEGER, data BLOB, PRIMARY KEY (piece, kind, step))",
}
#: In front of the digest of a record; NumPy's archives may be followed by anything.
_MARK = b"\nsha256:"
_DIGEST = hashlib.sha256().digest_size
#: Seconds to wait for another process that writes the file.
WAIT = 60.0
#: Primary result codes of SQLite that mean a damaged file: ERROR, CORRUPT, TOOBIG, MISMATCH, NOTADB.
_DAMAGED = (1, 11, 18, 20, 26)
_IN_USE = (5, 6)
#: Bytes of the header that say how a file may be written and read, and where they stand.
_VERSIONS, _AT = b"\x01\x01", 18
#: What NumPy and zipfile raise on damaged archives.
_UNREADABLE = (
    IndexError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    OSError,
    RuntimeError,
    MemoryError,
    OverflowError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


class StoreError(Exception):
    """A checkpoint could not be written or read; what was written before is whole."""


class DamagedStore(Exception):
    """A file, or a record in it, is not as it was written; the message says what is wrong."""


@dataclass(frozen=True)
class Place:
    """Where a record belongs."""

    piece: int
    kind: str
    step: int


@dataclass(frozen=True)
class Findings:
    """What a look at a whole file found.

    Parameters
    ----------
    good : tuple of int
        Row numbers of the records that are whole and of the case.
    lost : int
        Records that are not, as far as they could be counted.
    unsealed : int
        Good records of an earlier version, which have no digest.
    damage : str
        What is wrong; empty if nothing is.
    """

    good: tuple[int, ...]
    lost: int
    unsealed: int
    damage: str


def pack(arrays: Mapping[str, np.ndarray], about: str, place: Place) -> bytes:
    """Arrays of a record as bytes, with their digest."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    data = buffer.getvalue()
    return data + _MARK + _sealed(data, about, place)


def unpack(data: object, about: str, place: Place) -> dict[str, np.ndarray]:
    """Arrays of a record.

    Raises
    ------
    DamagedStore
    """
    content, _ = _content(data, about, place)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except _UNREADABLE as error:
        raise DamagedStore(f"{type(error).__name__}: {error}") from error


def _sealed(data: bytes, about: str, place: Place) -> bytes:
    whole = hashlib.sha256(f"{digest_of_text(about)} {place.piece} {place.kind} {place.step} ".encode())
    whole.update(data)
    return whole.digest()


def _content(data: object, about: str, place: Place) -> tuple[bytes, bool]:
    """The archive of a record, and whether it had a digest."""
    if not isinstance(data, bytes):
        raise DamagedStore("the record is no data")
    if data[-_DIGEST - len(_MARK) : -_DIGEST] != _MARK:
        return data, False
    content = data[: -_DIGEST - len(_MARK)]
    if data[-_DIGEST:] != _sealed(content, about, place):
        raise DamagedStore("the checksum is wrong")
    return content, True


# -- reading ----------------------------------------------------------------------------------------------------------
def query(path: Path, text: str, values: tuple = (), wait: float | None = None) -> list[tuple]:
    """Rows of a file; none if it ended before its tables were made.

    Raises
    ------
    DamagedStore
        When the file is no database, or damaged where it was read.
    StoreError
        When it cannot be read for another reason.
    """
    try:
        with closing(_reading(path, wait)) as file:
            return file.execute(text, values).fetchall()
    except sqlite3.Error as error:
        if "no such table" in str(error):  # killed before its first record
            return []
        raise _meaning(path, error) from error


def _reading(path: Path, wait: float | None = None) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=WAIT if wait is None else wait)


def _meaning(path: Path, error: sqlite3.Error) -> Exception:
    """Damage, or a reason to leave the file as it is."""
    code = getattr(error, "sqlite_errorcode", 1) & 0xFF
    if code in _DAMAGED:
        return DamagedStore(str(error))
    advice = "another process uses it; wait until it has ended" if code in _IN_USE else "repeat the command afterwards"
    return StoreError(f"{path}: the checkpoint cannot be read: {error}; {advice}")


def recorded_case(path: Path) -> str | None:
    """What the records of a file depend on, as it was written; None if the file does not say it yet.

    Raises
    ------
    DamagedStore
        When what it says has a wrong checksum, or there are records without it.
    StoreError
    """
    rows = dict(query(path, "SELECT name, value FROM about"))
    text, seal = rows.get("case"), rows.get("sha256")
    if text is None:
        if rows or query(path, "SELECT 1 FROM record LIMIT 1"):
            raise DamagedStore("it does not say which case it is of")
        return None
    if not isinstance(text, str) or (seal is not None and seal != digest_of_text(text)):
        raise DamagedStore("what it says of its case has a wrong checksum")
    return text


# -- whole files ------------------------------------------------------------------------------------------------------
def examine(path: Path, about: str | None = None, wait: float | None = None) -> Findings:
    """Look at all of a file.

    Parameters
    ----------
    path : Path
    about : str, optional
        What the records have to be of; by default what the file says.
    wait : float, optional
        Seconds for another process to end its writing.

    Raises
    ------
    StoreError
        When the file is in use, or cannot be read for another reason than damage.
    """
    damage, own = "", None
    try:
        own = recorded_case(path)
        _check_structure(path, wait)
    except DamagedStore as found:
        damage = str(found)
    good: list[int] = []
    lost = unsealed = 0
    for number, sealed in _rows(path, own if about is None else about, own is not None, wait):
        if number is None:
            lost += 1
        else:
            good.append(number)
            unsealed += not sealed
    return Findings(tuple(good), lost, unsealed, damage or ("a record has a wrong checksum" if lost else ""))


def _check_structure(path: Path, wait: float | None) -> None:
    with open(path, "rb") as file:
        head = file.read(len(_VERSIONS) + _AT)
    if head and head[_AT:] != _VERSIONS:
        raise DamagedStore("its header is not that of checkpoints")
    found = dict(query(path, "SELECT name, sql FROM sqlite_master WHERE type = 'table'", wait=wait))
    if any(TABLES.get(name) != text for name, text in found.items()):
        raise DamagedStore("its tables are not those of checkpoints")
    told = query(path, "PRAGMA integrity_check(1)", wait=wait)
    if told != [("ok",)]:
        raise DamagedStore(str(told[0][0]).replace("\n", " ") if told else "no answer")


def _rows(path: Path, about: str | None, known: bool, wait: float | None) -> Iterator[tuple[int | None, bool]]:
    """Row number of each record, None if it is damaged, and whether it has a digest; as far as the file can be read."""
    try:
        with closing(_reading(path, wait)) as file:
            for number in _numbers(file):
                try:
                    yield number, _is_sealed(file, number, about, known)
                except (DamagedStore, sqlite3.Error, UnicodeError):
                    yield None, False
    except sqlite3.Error as error:
        found = _meaning(path, error)
        if isinstance(found, StoreError):
            raise found from error


def _numbers(file: sqlite3.Connection) -> Iterator[int]:
    """Row numbers, as far as the table can be read."""
    try:
        yield from [number for (number,) in file.execute("SELECT rowid FROM record NOT INDEXED")]
    except sqlite3.Error:
        last = -1
        for _ in range(1_000_000):
            try:
                row = file.execute(
                    "SELECT rowid FROM record NOT INDEXED WHERE rowid > ? ORDER BY rowid", (last,)
                ).fetchone()
            except sqlite3.Error:
                return
            if row is None:
                return
            last = row[0]
            yield last


def _is_sealed(file: sqlite3.Connection, number: int, about: str | None, known: bool) -> bool:
    """Whether a record has a digest, after a look at all of it."""
    row = file.execute("SELECT piece, kind, step, data FROM record WHERE rowid = ?", (number,)).fetchone()
    piece, kind, step, data = row or (None,) * 4
    if not (isinstance(piece, int) and isinstance(kind, str) and isinstance(step, int)):
        raise DamagedStore("the record has no place")
    place = Place(piece, kind, step)
    _, sealed = _content(data, about or "", place)
    if not sealed:
        if not known:
            raise DamagedStore("nothing says which case the record is of")
        unpack(data, about or "", place)
    return sealed


def save_good_records(path: Path, numbers: Iterable[int], about: str) -> Path:
    """Put the good records of a damaged file into a new one of its name.

    Parameters
    ----------
    path : Path
    numbers : iterable of int
        Of their rows.
    about : str
        What they depend on.

    Returns
    -------
    Path
        The damaged file, under another name beside it.

    Raises
    ------
    StoreError
    """
    fresh, aside = path.with_name(f".{path.name}.new"), path.with_name(f"damaged-{path.name}")
    numbers = list(numbers)
    try:
        fresh.unlink(missing_ok=True)
        if numbers:
            with closing(_reading(path)) as old, closing(created(fresh, about)) as new, new:
                for number in numbers:
                    row = old.execute(
                        "SELECT piece, kind, step, data FROM record WHERE rowid = ?", (number,)
                    ).fetchone()
                    new.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", row)
        os.replace(path, aside)
        for left in path.parent.glob(f"{path.name}-*"):  # journals of the damaged file
            left.unlink(missing_ok=True)
        if numbers:
            os.replace(fresh, path)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{path}: is damaged, and what is good of it cannot be saved: {error}") from error
    return aside


def created(path: Path, about: str) -> sqlite3.Connection:
    """A file to write checkpoints into; made with what they depend on if it is not there."""
    # one thread at a time writes, though not always the same one
    own = sqlite3.connect(path, check_same_thread=False, isolation_level="IMMEDIATE")
    own.execute("PRAGMA synchronous = FULL")
    with own:
        for text in TABLES.values():
            own.execute(text.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
        own.execute("INSERT OR REPLACE INTO about VALUES ('case', ?)", (about,))
        own.execute("INSERT OR REPLACE INTO about VALUES ('sha256', ?)", (digest_of_text(about),))
    return own

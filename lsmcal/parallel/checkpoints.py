"""Checkpoints of a stage: small records that survive whatever happens to the process that writes them.

Every rank writes one SQLite file of its own; all ranks' files together are the store. A record belongs to a piece of
work and not to a rank, so a stage can go on with any number of ranks. Transactions are whole or not there at all: a
process may be killed, or the disk be full, at any moment. Every record has a digest; what is damaged is computed again.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lsmcal.core.differences import differences
from lsmcal.core.errors import Problems
from lsmcal.core.text import parsed_json
from lsmcal.core.words import agreeing, counted
from lsmcal.parallel.store_files import (
    DamagedStore,
    Place,
    StoreError,
    created,
    examine,
    pack,
    query,
    recorded_case,
    save_good_records,
    unpack,
)

log = logging.getLogger(__name__)

#: How far each piece has come, and the file that holds it.
Reached = dict[int, tuple[int, Path]]

_HINT = "repeat the command to compute it again"


@dataclass(frozen=True)
class Record:
    """One thing to keep.

    Parameters
    ----------
    piece : int
        Piece of work it belongs to.
    kind : str
    step : int
        How far the piece was, or which part of its results this is.
    arrays : mapping of str to array
    """

    piece: int
    kind: str
    step: int
    arrays: Mapping[str, np.ndarray]


class Store:
    """The checkpoints of one stage, as one rank sees them.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    rank : int
        Whose file is written.
    about : mapping
        What the stage depends on, as plain values; a store that depends on something else is refused.

    Raises
    ------
    InputError
        When the folder holds checkpoints of another case; it names what differs.
    StoreError
        When the folder or a file in it cannot be used.
    """

    def __init__(self, folder: str | Path, rank: int, about: Mapping[str, object]):
        self.folder = Path(folder)
        self._own: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._path = self.folder / f"rank-{rank:05d}.sqlite"
        self._about = json.dumps(dict(about), sort_keys=True)
        for path in self._files():
            self._check_case(path)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("rank-*.sqlite")) if self.folder.is_dir() else []

    def _check_case(self, path: Path) -> None:
        try:
            text = recorded_case(path)
            before = None if text is None else parsed_json(text)
        except (DamagedStore, ValueError):  # its good records are saved when the stage begins
            return
        if text in (None, self._about) or not isinstance(before, dict):
            return
        problems = Problems()
        for line in differences(before, json.loads(self._about)):
            problems.add(
                "the unfinished work in this folder belongs to another case",
                source=str(self.folder),
                value=line,
                expected="the unchanged case, another output folder, or the removal of this folder to start again",
            )
        problems.raise_if_any()

    def mend(self) -> None:
        """Look at all records; of a damaged file keep the good ones, so that the stage computes the others again.

        To be called by one rank while no other uses the store. The damaged file stays beside until the stage is done.

        Raises
        ------
        StoreError
            When a file is in use, or what is good of it cannot be saved.
        """
        for path in self._files():
            found = examine(path, self._about)
            if found.damage:
                aside = save_good_records(path, found.good, self._about)
                good = f"{counted(len(found.good), 'record')} {agreeing(len(found.good), 'is', 'are')} good"
                rest = "all else is computed again; the damaged file is kept until then as"
                log.warning("%s: the checkpoint is damaged: %s; %s, %s %s", path, found.damage, good, rest, aside.name)

    # -- writing --------------------------------------------------------------------------------------------------
    def put(self, records: Iterable[Record], latest: Record | None = None) -> None:
        """Keep records, all of them or none.

        Parameters
        ----------
        records : iterable of Record
            They replace those of the same piece, kind and step.
        latest : Record, optional
            One more, in the place of every earlier step of its piece and kind.
        """
        rows = [
            (r.piece, r.kind, r.step, pack(r.arrays, self._about, _place(r)))
            for r in (*records, *([latest] if latest else []))
        ]
        try:
            with self._lock, self._writable() as own:
                own.executemany("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", rows)
                if latest:
                    text = "DELETE FROM record WHERE piece = ? AND kind = ? AND step < ?"
                    own.execute(text, (latest.piece, latest.kind, latest.step))
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self._path}: no checkpoint written: {error}; the previous one is intact") from error

    def _writable(self) -> sqlite3.Connection:
        if self._own is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._own = created(self._path, self._about)
        return self._own

    def close(self) -> None:
        """Let go of the file."""
        if self._own is not None:
            self._own.close()
            self._own = None

    def remove(self) -> None:
        """Take the folder away: what it was for is done."""
        self.close()
        for path in (*self._files(), *self.folder.glob("rank-*.sqlite-*"), *self.folder.glob("damaged-rank-*.sqlite")):
            path.unlink(missing_ok=True)
        for folder in (self.folder, self.folder.parent):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    # -- reading --------------------------------------------------------------------------------------------------
    def steps(self, kind: str) -> dict[int, dict[int, Path]]:
        """Which records of a kind there are: piece to step to the file that holds it."""
        found: dict[int, dict[int, Path]] = {}
        for path in self._files():
            for piece, step in self._read(path, "SELECT piece, step FROM record WHERE kind = ?", (kind,)):
                found.setdefault(piece, {})[step] = path
        return found

    def last(self, kind: str) -> Reached:
        """The latest step of a kind that each piece has reached, and the file that holds it."""
        return {piece: max(steps.items()) for piece, steps in self.steps(kind).items()}

    def get(self, path: Path, piece: int, kind: str, step: int) -> dict[str, np.ndarray]:
        """Arrays of one record.

        Raises
        ------
        StoreError
            When it is damaged or not there.
        """
        text = "SELECT data FROM record WHERE piece = ? AND kind = ? AND step = ?"
        rows = self._read(path, text, (piece, kind, step))
        try:
            return unpack(rows[0][0] if rows else None, self._about, Place(piece, kind, step))
        except DamagedStore as error:
            raise StoreError(f"{path}: a record of block {piece} is damaged: {error}; {_HINT}") from error

    def _read(self, path: Path, text: str, values: tuple = ()) -> list[tuple]:
        try:
            return query(path, text, values)
        except DamagedStore as error:
            raise StoreError(f"{path}: the checkpoint is damaged: {error}; {_HINT}") from error


def _place(record: Record) -> Place:
    return Place(record.piece, record.kind, record.step)

"""The history of a search: an append-only journal of JSON lines.

The first line is a header with the fingerprint of what the search depends on; every further line is a
finished evaluation, on disk before the next begins. A process killed while it writes leaves a torn last line,
which is cut off when the journal is opened again. Numbers are written so that they are read back exactly.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from lsmcal.core.differences import flatten
from lsmcal.core.errors import Problems
from lsmcal.search.goals import SearchGoal, gain

FORMAT = "lsmcal search history 1"


class HistoryError(Exception):
    """A journal that cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Trial:
    """One finished evaluation, one line of the journal.

    Parameters
    ----------
    trial, batch : int
        Trial 0 is the default set and alone in batch 0.
    x : tuple of float
        Unit-cube coordinates, in the order of the space's names.
    parameters : dict
        Name to value, as the model took them.
    objective : float or None
        The user's score; None for a failed trial. Of several goals, their weighted mean.
    details : dict
        Whatever the evaluation reported beside it (scores by depth ...).
    status : {"ok", "failed"}
    reason : str
        Why it failed.
    model_seconds, optimiser_seconds : float
        Wall time of this evaluation, and its share of the time that proposing its batch took.
    started : str
        UTC, ISO 8601.
    goals : dict
        Name of a goal to its value in the user's sense; empty when there is only the objective.
    """

    trial: int
    batch: int
    x: tuple[float, ...]
    parameters: dict[str, float]
    objective: float | None
    details: dict[str, object] = field(default_factory=dict)
    status: str = "ok"
    reason: str = ""
    model_seconds: float = 0.0
    optimiser_seconds: float = 0.0
    started: str = ""
    goals: dict[str, float] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether it has a score."""
        return self.status == "ok"

    def timeless(self) -> Trial:
        """The same without times: what two equal searches agree on."""
        return replace(self, model_seconds=0.0, optimiser_seconds=0.0, started="")


@dataclass
class History:
    """What a journal holds.

    Parameters
    ----------
    header : dict
        ``format``, ``fingerprint`` and ``information`` (not compared: versions of packages, start).
    records : list of Trial
        In the order of their trials.
    """

    header: dict[str, Any]
    records: list[Trial] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.records)

    @property
    def maximise(self) -> bool:
        """Direction of the objective."""
        return self.header["fingerprint"]["objective"]["direction"] == "maximise"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the d parameters, in the order of the space."""
        return tuple(self.records[0].parameters if self.records else self.header["fingerprint"].get("space", {}))

    @property
    def values(self) -> np.ndarray:
        """(n, d) parameter values as the model took them, a row for each trial."""
        names = self.names
        rows = [[record.parameters[name] for name in names] for record in self.records]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(names))

    @property
    def points(self) -> np.ndarray:
        """(n, d) unit-cube coordinates."""
        return np.array([record.x for record in self.records])

    @property
    def objectives(self) -> np.ndarray:
        """(n,) the user's score, NaN for failed trials."""
        return np.array([record.objective if record.ok else np.nan for record in self.records], dtype=float)

    @property
    def losses(self) -> np.ndarray:
        """(n,) what engines minimise: the score, its sign turned if more is better (that rounds nothing)."""
        return -self.objectives if self.maximise else self.objectives

    @property
    def goals(self) -> tuple[SearchGoal, ...]:
        """The goals that were searched together; empty when there is only the objective."""
        goals = self.header["fingerprint"].get("goals", {})
        return tuple(SearchGoal(name, **goal) for name, goal in goals.items())

    @property
    def goal_values(self) -> np.ndarray:
        """(n, k) values of the goals as the user knows them, a row of NaN for failed trials."""
        goals = self.goals
        rows = [[r.goals[goal.name] if r.ok else np.nan for goal in goals] for r in self.records]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(goals))

    @property
    def goal_losses(self) -> np.ndarray:
        """(n, k) what is minimised of each goal: minus its gain, comparable with the others'; NaN when failed."""
        goals = self.goals
        rows = [[-gain(*pair) for pair in zip(goals, values, strict=True)] for values in self.goal_values]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(goals))

    @property
    def best(self) -> Trial | None:
        """The first of the best records; None when none succeeded."""
        losses = self.losses
        return self.records[int(np.nanargmin(losses))] if np.isfinite(losses).any() else None

    def same_as(self, other: History) -> bool:
        """Whether both searches were and went the same, times aside."""
        return self.header["fingerprint"] == other.header["fingerprint"] and [
            record.timeless() for record in self.records
        ] == [record.timeless() for record in other.records]


def load_history(path: str | Path) -> History:
    """Read a journal without touching it; a torn last line is left out.

    Raises
    ------
    HistoryError
        When it is missing, is no journal, or is damaged elsewhere than at its end.
    """
    path = Path(path)
    if not path.is_file():
        raise HistoryError(f"{path}: no search history")
    history, _ = _parse(path.read_bytes(), path)
    if history is None:
        raise HistoryError(f"{path}: the search history is empty")
    return history


class Journal:
    """A history that grows, on disk or in memory. Make one with :func:`journal`.

    Parameters
    ----------
    descriptor : int or None
        Of the open file; None keeps the history in memory only.
    history : History
    """

    def __init__(self, descriptor: int | None, history: History):
        self._descriptor = descriptor
        self.history = history

    def append(self, record: Trial) -> Trial:
        """Write one record and wait until it is on disk; returned as it will be read back."""
        expected = len(self.history)
        if record.trial != expected:
            raise HistoryError(f"trial {record.trial} cannot follow trial {expected - 1}")
        line = _line(asdict(record))
        self._write(line)
        self.history.records.append(_record(json.loads(line)))
        return self.history.records[-1]

    def _write(self, line: bytes) -> None:
        if self._descriptor is None:
            return
        # One system call for the whole line, so that Ctrl-C falls before or after it.
        while line:
            line = line[os.write(self._descriptor, line) :]
        os.fsync(self._descriptor)


@contextmanager
def journal(
    path: str | Path | None, fingerprint: dict[str, object], information: dict[str, object] | None = None
) -> Iterator[Journal]:
    """Open a journal to continue it, or begin one.

    Parameters
    ----------
    path : path or None
        Created, with its folder, if missing. A torn last line is cut off. None keeps the journal in memory.
    fingerprint : dict
        What the search depends on, as plain values; must equal the journal's.
    information : dict, optional
        Kept in the header of a new journal, never compared.

    Yields
    ------
    Journal

    Raises
    ------
    InputError
        When the journal belongs to another search; names everything that differs.
    HistoryError
        When it is damaged, or another process is writing it.
    """
    header = {"format": FORMAT, "fingerprint": json.loads(_line(fingerprint)), "information": information or {}}
    if path is None:
        yield Journal(None, History(header))
        return
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        _lock(descriptor, path)
        history, whole = _parse(path.read_bytes(), path)
        if history is not None:
            _check_fingerprint(path, history.header["fingerprint"], header["fingerprint"])
        os.ftruncate(descriptor, whole)
        opened = Journal(descriptor, history or History(header))
        if history is None:
            opened._write(_line(header))
        yield opened
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    """Keep a second process off; file systems without locks are taken as they are."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise HistoryError(f"{path}: another process is writing this search history") from None
    except OSError:
        return


def _parse(content: bytes, path: Path) -> tuple[History | None, int]:
    """The history and the length of its whole lines; None when not even the header is whole."""
    lines = content.split(b"\n")[:-1]
    values: list[dict] = []
    length = 0
    for number, line in enumerate(lines, start=1):
        try:
            values.append(json.loads(line))
        except ValueError:
            if number in (1, len(lines)):
                break
            raise HistoryError(f"{path}: line {number} is damaged; move the file away") from None
        length += len(line) + 1
    start = _line({"format": FORMAT}).rstrip(b"}\n")
    if not values and start.startswith(content[: len(start)]):
        return None, 0
    if not values or not isinstance(values[0], dict) or values[0].get("format") != FORMAT:
        raise HistoryError(f"{path}: not a search history in the format {FORMAT!r}")
    try:
        records = [_record(value) for value in values[1:]]
    except (TypeError, KeyError) as error:
        raise HistoryError(f"{path}: a line is not an evaluation ({error})") from None
    return _ordered(History(values[0], records), path), length


def _ordered(history: History, path: Path) -> History:
    for index, record in enumerate(history.records):
        if record.trial != index:
            raise HistoryError(f"{path}: line {index + 2} has trial {record.trial}, not {index}")
    return history


def _record(value: dict) -> Trial:
    return Trial(**{**value, "x": tuple(value["x"])})


def _line(value: dict) -> bytes:
    return (json.dumps(_plain(value), allow_nan=False, separators=(",", ":")) + "\n").encode()


def _plain(value: object) -> object:
    """Plain JSON values; numbers that are not finite become null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    return str(value)


def fingerprint_changes(recorded: dict, asked: dict) -> list[tuple[str, Any, Any]]:
    """Dotted keys whose values differ, with the recorded and the asked value; None for one that is not there."""
    before, now = flatten(recorded), flatten(json.loads(_line(asked)))
    keys = [key for key in dict.fromkeys([*before, *now]) if before.get(key) != now.get(key)]
    return [(key, before.get(key), now.get(key)) for key in keys]


def _check_fingerprint(path: Path, recorded: dict, asked: dict) -> None:
    """Raise when two fingerprints differ, naming each key that does."""
    problems = Problems()
    for key, before, now in fingerprint_changes(recorded, asked):
        problems.add(
            "the search history was started with another value; restore the value, or move the file away",
            source=path,
            variable=key,
            value="not given" if now is None else now,
            expected="not given" if before is None else before,
        )
    problems.raise_if_any()

"""The history of a search: an append-only journal of JSON lines.

The first line is a header with the fingerprint of what the search depends on; every further line is a
finished evaluation, on disk before the next begins. A process killed while it writes leaves a torn last line,
which is cut off when the journal is opened again. Numbers are written so that they are read back exactly. Every line
ends with a checksum of its own, and scores outside their range are refused: a damaged line costs itself and what
follows. Lines of earlier versions, which have no checksum, are read as before.
"""

from __future__ import annotations

import json
import logging
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lsmcal.core.differences import flatten
from lsmcal.core.errors import Problems, not_none
from lsmcal.core.files import write_error
from lsmcal.core.words import agreeing, counted
from lsmcal.search.goals import Limits, outside, weighted
from lsmcal.search.lines import HistoryError, LineError, NoHistory, line_of, plain_values, read_line, refusal
from lsmcal.search.records import History, Trial

log = logging.getLogger(__name__)

FORMAT = "lsmcal search history 1"
_KIND = b"lsmcal search history"
_START = f'{{"format":"{FORMAT}"'.encode()
_HEADER = {"format", "fingerprint", "information"}
#: Rounding of a weighted mean that is computed again.
_SAME = 1e-9


def load_history(path: str | Path, limits: Mapping[str, Limits] | None = None) -> History:
    """Read a journal without touching it; a torn last line is left out.

    Parameters
    ----------
    path : path
    limits : mapping of str to (float, float), optional
        Name of an objective or goal to the least and the greatest score there can be, for journals of earlier versions;
        others say it themselves.

    Raises
    ------
    HistoryError
        When it is missing, is no journal, has a line that is damaged, or a score outside its range. The message says
        which lines are good, and what to type to go on from them.
    """
    path = Path(path)
    if not path.is_file():
        raise NoHistory(f"{path}: no search history")
    history, _ = _parse(path.read_bytes(), path, limits or {})
    if history is None:
        raise NoHistory(f"{path}: the search history is empty")
    return history


class Journal:
    """A history that grows, on disk or in memory. Make one with :func:`journal`.

    Parameters
    ----------
    descriptor : int or None
        Of the open file; None keeps the history in memory only.
    history : History
    limits : mapping of str to (float, float)
        Name of an objective or goal to the least and the greatest score there can be.
    path : Path
        Of the file, for messages.
    """

    def __init__(
        self,
        descriptor: int | None,
        history: History,
        limits: Mapping[str, Limits] | None = None,
        path: Path = Path(),
    ):
        self._descriptor, self._path = descriptor, path
        self.history = history
        self.limits = dict(limits or {})

    def append(self, record: Trial) -> Trial:
        """Write one record and wait until it is on disk; returned as it will be read back.

        Raises
        ------
        OSError
            With the file and a reason, when it cannot be written; what stands in it stays.
        """
        expected = len(self.history)
        if record.trial != expected:
            raise HistoryError(f"trial {record.trial} cannot follow trial {expected - 1}")
        line = line_of(asdict(record))
        self._write(line)
        self.history.records.append(_record(read_line(line.rstrip(b"\n")).value))
        return self.history.records[-1]

    def _write(self, line: bytes) -> None:
        if self._descriptor is None:
            return
        # One system call for the whole line, so that Ctrl-C falls before or after it.
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
            os.fsync(self._descriptor)
        except OSError as error:
            raise write_error(self._path, error) from error


@contextmanager
def journal(
    path: str | Path | None,
    fingerprint: dict[str, object],
    information: dict[str, object] | None = None,
    limits: Mapping[str, Limits] | None = None,
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
    limits : mapping of str to (float, float), optional
        Name of an objective or goal to the least and the greatest score there can be.

    Yields
    ------
    Journal

    Raises
    ------
    InputError
        When the journal belongs to another search; names everything that differs.
    HistoryError
        When it is damaged (as :func:`load_history`), or another process is writing it.
    """
    known = {name: list(pair) for name, pair in (limits or {}).items()}
    about = (information or {}) | ({"limits": known} if known else {})
    header: dict[str, Any] = {"format": FORMAT, "fingerprint": _plain(fingerprint), "information": about}
    if path is None:
        yield Journal(None, History(header), limits)
        return
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        _lock(descriptor, path)
        history, whole = _parse(path.read_bytes(), path, limits or {})
        if history is not None:
            _check_fingerprint(path, history.header["fingerprint"], header["fingerprint"])
            _note(path, history, whole)
        os.ftruncate(descriptor, whole)
        opened = Journal(descriptor, history or History(header), limits, path)
        if history is None:
            opened._write(line_of(header))
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


def _note(path: Path, history: History, whole: int) -> None:
    """Say what is special about a journal that goes on."""
    if path.stat().st_size > whole:
        log.info("%s: the last line is incomplete; trial %d is computed again", path, len(history))
    if history.unchecked:
        lines = counted(history.unchecked, "line")
        have = agreeing(history.unchecked, "has", "have")
        log.info("%s: %s of an earlier version %s no checksum; new lines have one", path, lines, have)


def _parse(content: bytes, path: Path, limits: Mapping[str, Limits]) -> tuple[History | None, int]:
    """The history and the length of its whole lines; None when not even the header is whole."""
    lines = content.split(b"\n")[:-1]
    if not lines and _START.startswith(content[: len(_START)]):
        return None, 0
    if _KIND not in content[:64]:
        raise HistoryError(f"{path}: not a search history in the format {FORMAT!r}")
    history, length, checked = None, 0, False
    for number, line in enumerate(lines, start=1):
        if number == len(lines) and number > 1 and b"\0" in line:  # a block that the machine's end left empty
            break
        try:
            found = read_line(line)
            if checked and not found.checked:
                raise LineError("it has no checksum, unlike lines before it")
            if history is None:
                history = _header(found.value)
                limits = _limits(history, limits)
            else:
                history.records.append(_trial(found.value, history, limits))
        except LineError as error:
            raise refusal(path, number, str(error), len(lines)) from None
        checked |= found.checked
        history.unchecked += not found.checked
        length += len(line) + 1
    return history, length


def _header(value: dict) -> History:
    """A history without trials, from the first line."""
    if value.get("format") != FORMAT:
        raise LineError(f"its format is {value.get('format')!r}, not {FORMAT!r}")
    if set(value) != _HEADER or not all(isinstance(value[name], dict) for name in ("fingerprint", "information")):
        raise LineError(f"it does not have {', '.join(sorted(_HEADER))}")
    history = History(value)
    try:
        _limits(history, {})
        weighted(history.goals, [0.0] * len(history.goals)) if history.goals else None
        dict(value["fingerprint"].get("objective", {}))
    except (TypeError, ValueError, LookupError, AttributeError):
        raise LineError("it does not describe a search") from None
    return history


def _limits(history: History, known: Mapping[str, Limits]) -> dict[str, Limits]:
    """Ranges that the journal states, and those that are known otherwise."""
    stated = history.header["information"].get("limits", {})
    ends = {name: (_end(pair[0], -math.inf), _end(pair[1], math.inf)) for name, pair in stated.items()}
    return {**ends, **known}


def _end(value: float | None, without: float) -> float:
    return without if value is None else float(value)


def _trial(value: dict, history: History, limits: Mapping[str, Limits]) -> Trial:
    """The trial of a line, if it is the next one and its scores can be.

    Raises
    ------
    LineError
    """
    record, expected = _record(value), len(history)
    if record.trial != expected:
        raise LineError(f"it has trial {record.trial}, not {expected}")
    if not record.ok:
        return record
    fingerprint = history.header["fingerprint"]
    scores = {str(fingerprint.get("objective", {}).get("name", "")): record.objective, **record.goals}
    for name, score in scores.items():
        if reason := outside(name, not_none(score), limits):
            raise LineError(reason)
    goals = history.goals
    if {goal.name for goal in goals} != set(record.goals):
        raise LineError("its goals are not those of the search")
    if goals and not math.isclose(
        weighted(goals, [record.goals[goal.name] for goal in goals]),
        not_none(record.objective),
        rel_tol=_SAME,
        abs_tol=_SAME,
    ):
        raise LineError(f"its objective {record.objective} is not the weighted mean of its goals")
    return record


def _record(value: dict) -> Trial:
    """The trial that a line's values describe, as far as their kinds go."""
    try:
        record = Trial(**{**value, "x": tuple(value["x"])})
        numbers = [*record.x, *record.parameters.values(), *(record.goals.values() if record.ok else ())]
        numbers += [
            record.model_seconds,
            record.optimiser_seconds,
            *([] if record.objective is None else [record.objective]),
        ]
    except (TypeError, KeyError, AttributeError) as error:
        raise LineError(f"it is not an evaluation ({error})") from None
    plain = all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers)
    whole = all(isinstance(one, int) and one >= 0 for one in (record.trial, record.batch))
    if not plain or not whole or not isinstance(record.details, dict):
        raise LineError("it is not an evaluation (a value is of another kind)")
    if record.status not in ("ok", "failed") or record.ok is (record.objective is None):
        raise LineError(f"it is not an evaluation (status {record.status!r}, objective {record.objective})")
    return record


def _plain(value: Mapping[str, object]) -> dict[str, Any]:
    """A mapping as it is read back from a line."""
    return json.loads(json.dumps(plain_values(value), allow_nan=False))


def fingerprint_changes(recorded: dict, asked: dict) -> list[tuple[str, Any, Any]]:
    """Dotted keys whose values differ, with the recorded and the asked value; None for one that is not there."""
    before, now = flatten(recorded), flatten(_plain(asked))
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

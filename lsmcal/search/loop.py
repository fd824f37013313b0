"""The search loop: ask an engine, evaluate, write down, until the budget is spent.

Several goals are searched either as their weighted mean or, by an engine made for them, for a Pareto front.
Trial 0, alone in batch 0, is the exact default set. Every further batch is asked for whole, whatever remains
of the budget, so that a search stopped anywhere, or given a larger budget later, follows the same course.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np

from lsmcal import __version__
from lsmcal.core.errors import InputError, not_none
from lsmcal.search import pareto
from lsmcal.search.convergence import stagnated
from lsmcal.search.goals import ANY, GoalLike, Limits, SearchGoal, limits_of, outside, weighted
from lsmcal.search.history import History, HistoryError, Journal, Trial, journal
from lsmcal.search.protocol import Engine, Trials
from lsmcal.search.result import SearchResult

FAILURES_AT_FIRST = 10
PACKAGES = ("numpy", "scipy", "cmaes", "openbox", "ConfigSpace", "scikit-learn", "pyrfr")


class SearchError(Exception):
    """A search that cannot continue; the message says why."""


class SearchSpace(Protocol):
    """What the loop needs to know of :class:`lsmcal.parameters.space.Space`."""

    @property
    def names(self) -> Sequence[str]: ...
    @property
    def levels(self) -> int: ...

    def default_unit(self) -> np.ndarray: ...
    def default_parameters(self) -> Mapping[str, float]: ...
    def to_parameters(self, unit: np.ndarray) -> Mapping[str, float]: ...
    def rows(self) -> list[dict[str, object]]: ...


@dataclass(frozen=True)
class Objective:
    """The score that is searched for, as the user knows it.

    Parameters
    ----------
    name : str
    maximise : bool
        True for NSE, KGE and Kappa; False for RMSE.
    limits : (float, float)
        Least and greatest score there can be; one outside is a failed trial, and refused in a history.
    """

    name: str = "nse"
    maximise: bool = True
    limits: Limits = ANY


@dataclass(frozen=True)
class Point:
    """One parameter set to evaluate; ``x`` are its unit-cube coordinates."""

    trial: int
    x: tuple[float, ...]
    parameters: dict[str, float]


@dataclass(frozen=True)
class Outcome:
    """What became of a point.

    Parameters
    ----------
    objective : float or None
        The user's score. None or a number that is not finite makes a failed trial. Where the search has goals
        it is theirs to decide, and what stands here does not matter.
    details : mapping
        Further plain values or arrays to keep with it.
    failed : str
        Reason of failure; empty when it went well.
    seconds : float, optional
        Model time of this point, if the evaluation knows it better than the clock.
    goals : mapping
        Name of each goal to its value in the user's sense.
    """

    objective: float | None
    details: Mapping[str, object] = field(default_factory=dict)
    failed: str = ""
    seconds: float | None = None
    goals: Mapping[str, float] = field(default_factory=dict)

    def combined(self, goals: Sequence[SearchGoal]) -> Outcome:
        """The same with the weighted mean of its goals for objective, or failed where one has no finite value."""
        if self.failed or not goals:
            return self
        values = []
        for goal in goals:
            value = self.goals.get(goal.name)
            if value is None or not np.isfinite(value):
                return replace(self, objective=None, failed=f"the goal {goal.name!r} is {value}")
            values.append(value)
        return replace(self, objective=weighted(goals, values))

    def within(self, name: str, limits: Mapping[str, Limits]) -> Outcome:
        """The same, or failed where a score is outside its range; ``name`` is that of the objective."""
        if self.reason:
            return self
        scores = {name: not_none(self.objective), **self.goals}
        wrong = next(filter(None, (outside(*one, limits) for one in scores.items())), "")
        return replace(self, objective=None, failed=wrong) if wrong else self

    @property
    def reason(self) -> str:
        """Why it counts as failed; empty if it does not."""
        if self.failed:
            return self.failed
        if self.objective is None or not np.isfinite(self.objective):
            return f"the objective is {self.objective}"
        return ""


Evaluate = Callable[[list[Point]], Iterable[Outcome]]
Progress = Callable[[Trial, History], None]


def search(
    evaluate: Evaluate,
    space: SearchSpace,
    engine: Engine,
    history: str | Path | None,
    evaluations: int,
    *,
    objective: Objective | None = None,
    goals: Sequence[GoalLike] = (),
    case: Mapping[str, object] | None = None,
    patience: int | None = None,
    progress: Progress | None = None,
) -> SearchResult:
    """Begin a search or resume the one in ``history``.

    Parameters
    ----------
    evaluate : callable
        Takes the points of a batch, gives one :class:`Outcome` each, in their order; a generator's outcomes
        are written down one by one. An exception is a failed trial: the remaining points of the batch are
        then evaluated singly to find whose it is. :class:`~lsmcal.core.errors.InputError` is not caught.
    space : SearchSpace
    engine : Engine
        From :func:`lsmcal.search.engines.make`; sets seed, levels and batch size.
    history : path or None
        The journal; None keeps it in memory.
    evaluations : int
        Budget, trial 0 and failed trials included. It may grow later.
    objective : Objective
        What the user calls the score; with ``goals`` their weighted mean, which is maximised.
    goals : sequence of GoalLike
        What every outcome must have values of. An engine made for as many goals searches their Pareto front,
        one made for one goal their weighted mean.
    case : mapping, optional
        Plain values that tell this case from others (hash of its file, forcing, observations).
    patience : int, optional
        Stop, between batches, when the best score (or the front's hypervolume) has not grown for so many trials.
    progress : callable, optional
        Called with each new trial and the history.

    Returns
    -------
    SearchResult

    Raises
    ------
    InputError
        When the journal belongs to another search.
    HistoryError, EngineError, SearchError
        With messages for the user.
    """
    fingerprint = fingerprint_of_search(space, engine, objective=objective, goals=goals, case=case)
    limits = limits_of(objective, goals)
    with journal(history, fingerprint, {"begun": _now(), "packages": _versions()}, limits) as opened:
        stopped = _run(evaluate, space, engine, opened, evaluations, patience, progress)
        return SearchResult(opened.history, stopped)


def _run(
    evaluate: Evaluate,
    space: SearchSpace,
    engine: Engine,
    opened: Journal,
    evaluations: int,
    patience: int | None,
    progress: Progress | None,
) -> str:
    """Batch after batch until something ends the search; what it was."""
    while (stopped := _stop(opened.history, engine, evaluations, patience)) is None:
        batch, asked, seconds = _ask(opened.history, space, engine)
        points = _missing(opened.history, space, batch, asked)[: evaluations - len(opened.history)]
        if not points:
            return "exhausted"
        _evaluate(evaluate, points, batch, seconds / len(asked), opened, progress)
    return stopped


def _check_goals(goals: Sequence[SearchGoal], objective: Objective, engine: Engine) -> None:
    names, asked = [goal.name for goal in goals], engine.settings.goals
    if len(set(names)) < len(names):
        raise SearchError(f"goals of a search must have different names, not {', '.join(names)}")
    if asked not in (1, len(names)):
        raise SearchError(f"the engine was made for {asked} goals, the search has {len(names)}")
    if goals and not objective.maximise:
        raise SearchError("the weighted mean of several goals is maximised")


def fingerprint_of_search(
    space: SearchSpace,
    engine: Engine,
    *,
    objective: Objective | None = None,
    goals: Sequence[GoalLike] = (),
    case: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """What a search depends on, as plain values; arguments as those of :func:`search`.

    Raises
    ------
    SearchError
        When engine, space and goals do not fit each other.
    """
    known = tuple(SearchGoal.of(goal) for goal in goals)
    objective = objective or (Objective("weighted mean of the goals") if known else Objective())
    _check_goals(known, objective, engine)
    if (engine.settings.dimensions, engine.settings.levels) != (len(space.names), space.levels):
        raise SearchError("the engine was made for another number of dimensions or levels than the space has")
    several = {goal.name: {k: v for k, v in asdict(goal).items() if k != "name"} for goal in known}
    return {
        "case": dict(case or {}),
        "space": {row["name"]: dict(row) for row in space.rows()},
        "objective": {"name": objective.name, "direction": "maximise" if objective.maximise else "minimise"},
        **({"goals": several} if several else {}),
        "engine": engine.describe(),
        "lsmcal": __version__,
    }


def _losses(history: History, engine: Engine) -> np.ndarray:
    """What the engine minimises: (n,) of the objective or (n, k) of the goals."""
    return history.goal_losses if engine.settings.goals > 1 else history.losses


def _stop(history: History, engine: Engine, evaluations: int, patience: int | None) -> str | None:
    done = len(history)
    # Only between batches, so that a resumed search stops where an uninterrupted one does.
    between = done > 0 and (done - 1) % engine.settings.batch == 0
    enough = (between and done >= FAILURES_AT_FIRST) or done >= evaluations
    if done and enough and history.best is None:
        reason = history.records[-1].reason
        raise SearchError(f"all first {done} evaluations failed; the last: {reason}")
    if done >= evaluations:
        return "budget"
    still = pareto.front_stagnated if engine.settings.goals > 1 else stagnated
    if patience and between and still(_losses(history, engine), patience):
        return "stagnation"
    return None


def _ask(history: History, space: SearchSpace, engine: Engine) -> tuple[int, np.ndarray, float]:
    """Number, points and proposing time of the batch that is next or unfinished."""
    done, size = len(history), engine.settings.batch
    if done == 0:
        return 0, np.reshape(space.default_unit(), (1, -1)), 0.0
    batch = 1 + (done - 1) // size
    before = 1 + (batch - 1) * size
    started = time.perf_counter()
    asked = engine.ask(Trials.of(history.points[:before], _losses(history, engine)[:before]), batch)
    return batch, asked, time.perf_counter() - started


def _missing(history: History, space: SearchSpace, batch: int, asked: np.ndarray) -> list[Point]:
    """The points of a batch that are not in the history yet; those that are must be what was asked."""
    first = sum(record.batch < batch for record in history.records)
    points = [tuple(row) for row in asked.tolist()]
    for record, point in zip(history.records[first:], points, strict=False):
        if record.x != point:
            raise HistoryError(
                f"trial {record.trial} of the history differs from what the engine proposes now: the packages or"
                " the processor have changed; continue with the former ones, or move the history away"
            )
    sets = [space.default_parameters()] if batch == 0 else [space.to_parameters(np.array(p)) for p in points]
    every = [
        Point(first + index, x, {name: float(values[name]) for name in space.names})
        for index, (x, values) in enumerate(zip(points, sets, strict=True))
    ]
    return every[len(history) - first :]


def _evaluate(evaluate: Evaluate, points: list[Point], batch: int, share: float, opened: Journal, progress):
    started, clock = _now(), time.perf_counter()
    for point, outcome in zip(points, _outcomes(evaluate, points), strict=True):
        elapsed = time.perf_counter() - clock
        name = opened.history.header["fingerprint"]["objective"]["name"]
        outcome = outcome.combined(opened.history.goals).within(name, opened.limits)
        record = opened.append(_record(point, batch, outcome, elapsed, share, started))
        if progress:
            progress(record, opened.history)
        started, clock = _now(), time.perf_counter()


def _outcomes(evaluate: Evaluate, points: list[Point]) -> Iterator[Outcome]:
    """One outcome for each point, exceptions turned into failures of the point they belong to."""
    done = 0
    try:
        for outcome in islice(_timed(evaluate, points), len(points)):
            done += 1
            yield outcome
    except InputError:
        raise
    except Exception as error:
        if len(points) == 1:
            yield Outcome(None, failed=f"{type(error).__name__}: {error}")
            return
        for point in points[done:]:
            yield from _outcomes(evaluate, [point])
        return
    if done != len(points):
        raise SearchError(f"the evaluation gave {done} outcomes for {len(points)} points")


def _timed(evaluate: Evaluate, points: list[Point]) -> Iterable[Outcome]:
    """Outcomes that come all at once share the time they took."""
    clock = time.perf_counter()
    given = evaluate(points)
    if not isinstance(given, Sequence):
        return given
    share = (time.perf_counter() - clock) / len(points)
    return [replace(outcome, seconds=share) if outcome.seconds is None else outcome for outcome in given]


def _record(point: Point, batch: int, outcome: Outcome, elapsed: float, share: float, started: str) -> Trial:
    reason = outcome.reason
    return Trial(
        trial=point.trial,
        batch=batch,
        x=point.x,
        parameters=point.parameters,
        objective=None if reason else float(not_none(outcome.objective)),
        details=dict(outcome.details),
        status="failed" if reason else "ok",
        reason=reason,
        model_seconds=round(elapsed if outcome.seconds is None else outcome.seconds, 6),
        optimiser_seconds=round(share, 6),
        started=started,
        goals={name: float(value) for name, value in outcome.goals.items()},
    )


def _versions() -> dict[str, str]:
    """Versions of the packages that decide what is proposed, as far as they are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")

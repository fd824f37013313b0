"""The search of any Python function of named parameters, without a case or a land model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from lsmcal.core.errors import InputError, Problems
from lsmcal.search.bounds import Bounds, bounds_of
from lsmcal.search.engines import make
from lsmcal.search.goals import SearchGoal
from lsmcal.search.loop import Evaluate, Objective, Outcome, Point, Progress, search
from lsmcal.search.protocol import Engine
from lsmcal.search.result import SearchResult

DIRECTIONS = {"maximise": True, "minimise": False}
COMBINE = ("pareto", "weighted")
OWN_OPTIONS = ("levels", "seed", "batch", "goals")


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """How a function is searched. All but ``patience`` are part of the history's fingerprint.

    Parameters
    ----------
    engine : str
        One of :data:`lsmcal.search.engines.ENGINES`.
    engine_options : mapping
        Options of that engine, such as ``sigma`` of cmaes.
    batch : int
        Parameter sets proposed at once.
    seed : int
        Not negative; all randomness follows from it.
    levels : int
        Values of each parameter lie on so many equidistant levels; 101 gives steps of 1/100 of the range.
    start : mapping of str to float
        Values of trial 0; the middle of the bounds where it is silent.
    patience : int, optional
        Stop when so many trials brought no improvement.
    combine : {"pareto", "weighted"}
        Search the Pareto front of several goals (engines openbox, sobol, random) or their weighted mean (any).
    case : mapping
        Plain values that the objective depends on (file, period ...).
    """

    engine: str = "cmaes"
    engine_options: Mapping[str, object] = field(default_factory=dict)
    batch: int = 8
    seed: int = 1
    levels: int = 101
    start: Mapping[str, float] = field(default_factory=dict)
    patience: int | None = None
    combine: str = "pareto"
    case: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Mapping[str, Any], problems: Problems) -> SearchOptions:
        """From keyword arguments; unknown names and invalid values are noted as problems."""
        known = [item.name for item in fields(cls)]
        for name in options:
            if name not in known:
                problems.add("unknown option of a search", source=name, expected=", ".join(known))
        made = cls(**{name: value for name, value in options.items() if name in known})
        for name, least in (("batch", 1), ("seed", 0), ("levels", 2), ("patience", 1)):
            if name != "patience" or made.patience is not None:
                check_count(name, getattr(made, name), least, problems)
        for name in ("engine_options", "start", "case"):
            if not isinstance(getattr(made, name), Mapping):
                problems.add("unknown value", source=name, value=getattr(made, name), expected="a mapping of names")
        if made.combine not in COMBINE:
            problems.add("unknown value", source="combine", value=made.combine, expected=" or ".join(COMBINE))
        for name in OWN_OPTIONS:
            if name in made.engine_options:
                problems.add("is an option of the search, not of its engine", source="engine_options", variable=name)
        return made


def check_count(name: str, value: Any, least: int, problems: Problems) -> None:
    """Note a value that is not a whole number of at least ``least``."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        problems.add("unknown value", source=name, value=value, expected=f"a whole number from {least}")


def optimise(
    objective: Callable,
    bounds: Mapping[str, Sequence[float]],
    *,
    evaluations: int = 200,
    history: str | Path | None = None,
    maximise: bool = False,
    goals: Mapping[str, str | SearchGoal] | None = None,
    vectorised: bool = False,
    progress: Progress | None = None,
    **options: object,
) -> SearchResult:
    """Search the parameters of a function; resume where ``history`` ends.

    Parameters
    ----------
    objective : callable
        Takes a dict of parameter values, gives a number; a dict of numbers with ``goals``; or an :class:`Outcome`
        with details to keep. A trial fails where it raises an exception or gives None, NaN or infinity.
    bounds : mapping of str to (float, float)
        Name of each parameter to its lower and upper bound.
    evaluations : int
        Budget, failed trials included. A larger one later continues the same search.
    history : path, optional
        File of the trials; the same call resumes it after any stop. None keeps them in memory.
    maximise : bool
        Whether more of a single objective is better.
    goals : mapping of str to {"maximise", "minimise"} or SearchGoal, optional
        Names of several values that the objective gives, with their directions.
    vectorised : bool
        The objective takes a list of dicts, a batch, and gives one value for each, in their order.
    progress : callable, optional
        Called with each new trial and the history.
    **options
        Fields of :class:`SearchOptions`: engine, batch, seed, patience ...

    Returns
    -------
    SearchResult

    Raises
    ------
    InputError
        Names all invalid arguments, or all settings that differ from the history's; an objective that gives no number.
    EngineError, HistoryError, SearchError
        No such engine; a damaged history; a search in which every trial fails.
    """
    space, chosen, several = _checked(objective, bounds, evaluations, maximise, goals or {}, options)
    return search(
        _evaluate_with(objective, several, vectorised),
        space,
        _engine(chosen, space, several),
        history,
        evaluations,
        objective=None if several else Objective("objective", bool(maximise)),
        goals=several,
        case=chosen.case,
        patience=chosen.patience,
        progress=progress,
    )


def _engine(chosen: SearchOptions, space: Bounds, goals: Sequence[SearchGoal]) -> Engine:
    settings = {"seed": int(chosen.seed), "batch": int(chosen.batch), "levels": int(chosen.levels)}
    front = len(goals) if goals and chosen.combine == "pareto" else 1
    return make(chosen.engine, len(space.names), goals=front, **settings, **chosen.engine_options)


# -- arguments --------------------------------------------------------------------------------------------------------
def _checked(
    objective: object,
    bounds: Mapping[str, Sequence[float]],
    evaluations: int,
    maximise: bool,
    goals: Mapping[str, str | SearchGoal],
    options: Mapping[str, object],
) -> tuple[Bounds, SearchOptions, tuple[SearchGoal, ...]]:
    """Space, options and goals, after a check of every argument."""
    problems = Problems()
    if not callable(objective):
        problems.add("cannot be called", source="objective", value=objective, expected="a function of a dict")
    check_count("evaluations", evaluations, 1, problems)
    if goals and maximise:
        problems.add("each goal has its own direction", source="maximise", value=maximise, expected="False with goals")
    if isinstance(goals, Mapping):
        several = tuple(_goal(name, goal, problems) for name, goal in goals.items())
    else:
        problems.add("unknown value", source="goals", value=goals, expected='a mapping such as {"nse": "maximise"}')
        several = ()
    chosen = SearchOptions.of(options, problems)
    try:
        space = bounds_of(bounds, chosen.start if isinstance(chosen.start, Mapping) else {}, chosen.levels)
    except InputError as error:
        problems.extend(error)
    problems.raise_if_any()
    return space, chosen, several


def _goal(name: str, goal: Any, problems: Problems) -> SearchGoal:
    if isinstance(goal, SearchGoal):
        valid = np.isfinite([goal.scale, goal.weight]).all() and goal.scale > 0.0 and goal.weight > 0.0
        if not valid or goal.name != name:
            problems.add(
                "invalid goal",
                source="goals",
                variable=name,
                value=goal,
                expected="the same name, a positive scale and a positive weight",
            )
        return goal
    if goal not in DIRECTIONS:
        problems.add("unknown value", source="goals", variable=name, value=goal, expected=" or ".join(DIRECTIONS))
    return SearchGoal(str(name), DIRECTIONS.get(goal, False))


# -- values -----------------------------------------------------------------------------------------------------------
def _evaluate_with(objective: Callable, goals: Sequence[SearchGoal], vectorised: bool) -> Evaluate:
    """What the search loop calls with the points of a batch."""

    def evaluate(points: list[Point]) -> Iterable[Outcome]:
        sets = [dict(point.parameters) for point in points]
        if not vectorised:
            return (_outcome(objective(parameters), goals) for parameters in sets)
        given = objective(sets)
        if not isinstance(given, Sequence | np.ndarray):
            return (_outcome(value, goals) for value in _iterable(given))
        if len(given) != len(sets):
            raise _invalid(f"gave {len(given)} values for {len(sets)} parameter sets", "one value for each")
        return [_outcome(value, goals) for value in given]

    return evaluate


def _outcome(value: object, goals: Sequence[SearchGoal]) -> Outcome:
    """A value of the user's function as an outcome of the search."""
    if isinstance(value, Outcome):
        return value
    if not goals:
        return Outcome(None if value is None else _number(value))
    if not isinstance(value, Mapping):
        expected = "a dict with " + ", ".join(repr(goal.name) for goal in goals)
        raise _invalid(f"gave {_short(value)}", expected)
    names = {goal.name for goal in goals}
    values = {name: _number(value[name]) for name in names if value.get(name) is not None}
    return Outcome(
        None,
        {name: item for name, item in value.items() if name not in names},
        goals={goal.name: values[goal.name] for goal in goals if goal.name in values},
    )


def _number(value: Any) -> float:
    if not isinstance(value, str) and np.ndim(value) == 0:
        try:
            return float(value)
        except (TypeError, ValueError):
            pass
    raise _invalid(f"gave {_short(value)}", "a number; several numbers need the argument goals")


def _iterable(given: object) -> Iterable[object]:
    if isinstance(given, Iterable) and not isinstance(given, Mapping):
        return given
    raise _invalid(f"gave {_short(given)}", "one value for each parameter set of the list, as it is vectorised")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _invalid(message: str, expected: str) -> InputError:
    """No failed trial: the function itself is not what the call says it is."""
    problems = Problems()
    problems.add(message, source="objective", expected=expected)
    return InputError(problems.found)

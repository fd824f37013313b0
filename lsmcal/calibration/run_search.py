"""The search of a calibration, at a site or over a region: engine, journal, progress, and what it cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypedDict

from lsmcal.case.changes import changes_in_words
from lsmcal.core.errors import Problems, not_none
from lsmcal.evaluation.scores import LIMITS
from lsmcal.parameters.space import Space
from lsmcal.search import engines
from lsmcal.search.convergence import Convergence
from lsmcal.search.ensemble import Ensemble
from lsmcal.search.history import History, fingerprint_changes, load_history
from lsmcal.search.lines import NoHistory
from lsmcal.search.loop import Objective, Outcome, Point, fingerprint_of_search, search
from lsmcal.search.result import SearchResult

#: Name of the journal in the folder of a calibration.
HISTORY = "history.jsonl"


class Settings(Protocol):
    """How a search goes; [calibrate] is one."""

    @property
    def engine(self) -> str: ...

    @property
    def engine_options(self) -> Mapping[str, Any]: ...

    @property
    def evaluations(self) -> int: ...

    @property
    def batch(self) -> int: ...

    @property
    def seed(self) -> int: ...

    @property
    def patience(self) -> int: ...


def engine_of(settings: Settings, dimensions: int, levels: int | None = None, goals: int = 1):
    """The search engine that a case names.

    Parameters
    ----------
    settings : Settings
    dimensions : int
    levels : int, optional
        Steps of the lattice in each dimension; the engine's own if not given.
    goals : int
        Above 1: the front of so many goals is searched.

    Raises
    ------
    EngineError
        When it is not installed, cannot search so many goals, or does not know an option.
    """
    given = {} if levels is None else {"levels": levels}
    return engines.make(
        settings.engine,
        dimensions,
        seed=settings.seed,
        batch=settings.batch,
        goals=goals,
        **given,
        **settings.engine_options,
    )


def run_search(
    settings: Settings,
    space: Space,
    evaluate: Callable[[Sequence[Point]], list[Outcome]],
    folder: Path,
    *,
    case: Mapping[str, object],
    objective: Objective | None = None,
    goals: Sequence = (),
    front: bool = False,
    accepted: Callable[[], None] = lambda: None,
    progress: Callable | None = None,
) -> SearchResult:
    """Search, or go on with the search in ``folder``.

    Parameters
    ----------
    settings : Settings
    space : Space
    evaluate : callable
        As :func:`lsmcal.search.loop.search` takes it.
    folder : Path
        Holds :data:`HISTORY`.
    case : mapping
        What tells this case's history from another's.
    objective : Objective, optional
        For a single goal.
    goals : sequence of Goal
        Several goals, instead of ``objective``.
    front : bool
        Search the front of the goals, not their weighted mean.
    accepted : callable
        Called when the history, if there is one, has been found to be of this search.
    progress : callable, optional
        Called with ("search, trials", done, of).

    Raises
    ------
    InputError
        When the history belongs to another case.
    """
    engine = engine_of(settings, len(space), space.levels, len(goals) if front and goals else 1)
    check_history(folder, fingerprint_of_search(space, engine, objective=objective, goals=goals, case=case))
    accepted()

    def report(record, history) -> None:
        not_none(progress)("search, trials", len(history), settings.evaluations)

    return search(
        evaluate,
        space,
        engine,
        folder / HISTORY,
        settings.evaluations,
        objective=objective,
        goals=goals,
        case=dict(case),
        patience=settings.patience or None,
        progress=report if progress else None,
    )


def check_history(
    folder: Path,
    asked: Mapping[str, object],
    known: Callable[[str], bool] = lambda key: True,
    further: Sequence[str] = (),
) -> None:
    """Refuse a search whose folder has the history of another; nothing is written.

    Parameters
    ----------
    folder : Path
    asked : mapping
        What the search depends on, as :func:`lsmcal.search.loop.fingerprint_of_search` gives it.
    known : callable
        Whether a dotted key can be compared yet; by default all can.
    further : sequence of str
        What differs if none of the keys does, in words.

    Raises
    ------
    InputError
        With the keys of the case that differ, and their values.
    HistoryError
        When it is damaged: before hours of simulation.
    """
    path = folder / HISTORY
    try:
        recorded = load_history(path, LIMITS).header["fingerprint"]
    except NoHistory:
        return
    changes = [change for change in fingerprint_changes(recorded, dict(asked)) if known(change[0])]
    lines = changes_in_words(changes) or list(further)
    problems = Problems()
    if lines:
        listed = "".join(f"\n      {line}" for line in lines)
        what = "the search in this folder was started with other settings:"
        advice = (
            "\n    restore them, choose another folder (case.output), or move the history away to start a new search"
        )
        problems.add(f"{what}{listed}{advice}", source=path)
    problems.raise_if_any()


def search_cost(history: History, stopped: str, more: Mapping[str, object] | None = None) -> dict[str, object]:
    """What a search cost and came to, as plain values.

    Parameters
    ----------
    history : History
    stopped : str
        Why it ended.
    more : mapping, optional
        Further values, between what it found and what it cost.
    """
    return {**search_found(history), **(more or {}), **search_spent(history, stopped)}


class SearchFound(TypedDict):
    """What a search came to: trials and failures, objective of the default set, best objective and its trial."""

    evaluations: int
    failed: int
    default: float | None
    best: float
    best_trial: int


class SearchSpent(TypedDict):
    """Why a search ended, and its time [s]."""

    stopped: str
    model_seconds: float
    optimiser_seconds: float


def search_found(history: History) -> SearchFound:
    """What a search came to."""
    records, best = history.records, not_none(history.best)
    return {
        "evaluations": len(records),
        "failed": sum(not record.ok for record in records),
        "default": records[0].objective if records[0].ok else None,
        "best": not_none(best.objective),
        "best_trial": best.trial,
    }


def search_spent(history: History, stopped: str) -> SearchSpent:
    """Why a search ended, and its time."""
    return {
        "stopped": stopped,
        "model_seconds": round(sum(record.model_seconds for record in history.records), 3),
        "optimiser_seconds": round(sum(record.optimiser_seconds for record in history.records), 3),
    }


def ensemble_content(
    history: History, convergence: Convergence, ensemble: Ensemble, fixed: Mapping[str, float]
) -> dict[str, object]:
    """The content of ``ensemble.json``: where the optimal sets begin, and the members with all their parameters."""
    records = history.records
    return {
        "threshold": float(convergence.threshold),
        "breaks": list(convergence.breaks),
        "candidates": ensemble.candidates,
        "note": ensemble.note,
        "members": [{"trial": t, "parameters": {**fixed, **records[t].parameters}} for t in ensemble.trials],
    }

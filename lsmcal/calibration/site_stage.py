"""Calibration of a site: the search, the best set, the ensemble, and what they score."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NotRequired

import numpy as np

from lsmcal.calibration.output import ENSEMBLE, EVALUATION, write_observed_series, write_plain_json
from lsmcal.calibration.run_search import (
    HISTORY,
    SearchFound,
    SearchSpent,
    check_history,
    engine_of,
    ensemble_content,
    run_search,
    search_found,
    search_spent,
)
from lsmcal.calibration.space import space_of_site
from lsmcal.core.errors import Problems, not_none
from lsmcal.core.files import forget_sums, write_sums
from lsmcal.core.progress import part_of
from lsmcal.evaluation.scores import LIMITS
from lsmcal.evaluation.site import (
    OBJECTIVES,
    ScoredKind,
    Target,
    make_target,
    objective_of,
    plain,
    score_table,
    spans_of,
    why_not_scored,
)
from lsmcal.inputs.observed.series import Observations
from lsmcal.parameters.space import Space
from lsmcal.parameters.table import ParameterSet
from lsmcal.search.convergence import analyse
from lsmcal.search.ensemble import draw_members
from lsmcal.search.history import History
from lsmcal.search.loop import Objective, Outcome, Point, fingerprint_of_search
from lsmcal.search.result import SearchResult
from lsmcal.simulate.failures import RunFailed
from lsmcal.simulate.from_case.observations import check_depths, observations_of
from lsmcal.simulate.leaks import find_leaks, say_leaks, water_leak, why_flagged
from lsmcal.simulate.results import Run
from lsmcal.simulate.site import Site


@dataclass(frozen=True)
class Calibration:
    """A site, its goal, and the settings of its search.

    Parameters
    ----------
    site : Site
        Its forcing covers spin-up, calibration and validation.
    target : Target
        What the objective is computed from.
    space : Space
    others : mapping of str to Target
        Further observed kinds, scored but not searched for.
    fixed : mapping
        Parameter set that holds throughout (the case's own overrides).
    engine : str
    engine_options : mapping
    evaluations, batch, seed, patience, members : int
        Budget, points proposed at once, seed, evaluations without improvement before stopping (0: never),
        ensemble size.
    objective : str
        Key of ``OBJECTIVES``.
    fingerprint : mapping
        What tells this case's history from another's.
    leak_limit : float
        Water created and lost in a year above which a trial fails [mm].
    """

    site: Site
    target: Target
    space: Space
    others: Mapping[str, Target] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)
    engine: str = "openbox"
    engine_options: Mapping[str, object] = field(default_factory=dict)
    evaluations: int = 200
    batch: int = 8
    seed: int = 1
    patience: int = 0
    members: int = 13
    objective: str = "nse"
    fingerprint: Mapping[str, object] = field(default_factory=dict)
    leak_limit: float = math.inf


class SearchSummary(SearchFound, SearchSpent):
    """What a search cost and came to, with its engine and objective."""

    engine: str
    objective: str


class SiteEvaluation(ScoredKind):
    """The content of ``evaluation.json`` at a site; ``periods``: to spans of [first, last] observed days."""

    periods: dict[str, list[list[str]]]
    other: dict[str, ScoredKind]
    search: NotRequired[SearchSummary]


@dataclass(frozen=True)
class Calibrated:
    """What a calibration came to.

    Parameters
    ----------
    result : SearchResult
        History and times of the search.
    best : ParameterSet
    default_run, best_run : Run
    evaluation : SiteEvaluation
        Scores by depth and period, as written to ``evaluation.json``.
    """

    result: SearchResult
    best: ParameterSet
    default_run: Run
    best_run: Run
    evaluation: SiteEvaluation

    @property
    def history(self) -> History:
        """Every trial."""
        return self.result.history


# -- from a case ------------------------------------------------------------------------------------------------------
def _periods(case, observed: Observations, problems: Problems) -> tuple[list, list]:
    """Calibration and validation periods, checked against the observed days."""
    goal = case.calibrate.goal
    calibration = [tuple(period) for period in goal.calibration]
    validation = [tuple(period) for period in goal.validation]
    days = observed.days
    for key, periods in (("calibration", calibration), ("validation", validation)):
        for first, last in periods:
            if np.datetime64(last, "D") < days[0] or np.datetime64(first, "D") > days[-1]:
                problems.add(
                    "contains no observed day",
                    source="calibrate",
                    variable=key,
                    value=f"{first} to {last}",
                    expected=f"days within {days[0]} to {days[-1]}",
                )
    return calibration or [(str(days[0]), str(days[-1]))], validation


def targets_of(case, site: Site, progress=None) -> tuple[Target, dict[str, Target]]:
    """What the objective is computed from, and the other observed kinds.

    Raises
    ------
    InputError
        When the kind is not observed, or no observed day lies in run and period.
    """
    observed = observations_of(case, site, progress)
    goal = case.calibrate.goal
    problems = Problems()
    if goal.variable not in observed:
        problems.add(
            "is not observed",
            source="calibrate",
            variable="kind",
            value=goal.variable,
            expected=" or ".join(observed) or "observations",
        )
        problems.raise_if_any()
    calibration, validation = _periods(case, observed[goal.variable], problems)
    problems.raise_if_any()
    try:
        target = make_target(observed[goal.variable], calibration, validation, goal.depths or None)
    except ValueError as error:
        problems.add(str(error), source="calibrate", variable="depths")
        problems.raise_if_any()
    check_depths(case, observed, problems)
    run_days = np.unique(site.forcing.local_days)
    add = partial(problems.add, source="calibrate", variable="calibration")
    if not np.isin(target.days[target.calibration], run_days).any():
        expected = f"days within {run_days[0]} to {run_days[-1]}"
        add("the calibration period has no observed day within the run", expected=expected)
    elif reason := why_not_scored(target, run_days, goal.objective):
        add(reason, expected="values that vary, on days of the run")
    problems.raise_if_any()
    others = {
        kind: make_target(one, calibration, validation) for kind, one in observed.items() if kind != goal.variable
    }
    return target, others


def calibration_of(case, progress=None, site: Site | None = None) -> Calibration:
    """Assemble the calibration a case describes; ``site`` is the case's, if it has been read.

    Raises
    ------
    InputError
        With what is wrong with case, forcing or observations.
    """
    site = site or Site.from_case(case)
    target, others = targets_of(case, site, progress)
    settings = case.calibrate
    return Calibration(
        site=site,
        target=target,
        space=space_of_site(case, site.setup),
        others=others,
        fixed=dict(case.parameters),
        engine=settings.engine,
        engine_options=dict(settings.engine_options),
        evaluations=settings.evaluations,
        batch=settings.batch,
        seed=settings.seed,
        patience=settings.patience,
        members=settings.members,
        objective=settings.goal.objective,
        fingerprint=case.fingerprint_of("calibrate"),
        leak_limit=case.model.leak_limit,
    )


# -- the search -------------------------------------------------------------------------------------------------------
def evaluator(calibration: Calibration, start: Mapping[str, np.ndarray]) -> Callable[[Sequence[Point]], list[Outcome]]:
    """Evaluation of a batch of points: all run side by side, each from the default set's equilibrium.

    Parameters
    ----------
    calibration : Calibration
    start : state of one column
        Where every spin-up starts, so that an evaluation does not depend on those before it.
    """

    def evaluate(points: Sequence[Point]) -> list[Outcome]:
        sets = [{**calibration.fixed, **point.parameters} for point in points]
        outcomes = []
        for run in calibration.site.run_sets(sets, start=dict(start)):
            if isinstance(run, RunFailed):
                outcomes.append(Outcome(None, failed=str(run)))
                continue
            value, details = objective_of(calibration.target, run, calibration.objective)
            leak = water_leak(run.annual)
            details = {**details, "spinup_cycles": run.attributes.get("spinup_cycles", 0), "leak_mm": round(leak, 3)}
            flagged = why_flagged(leak, calibration.leak_limit)
            outcomes.append(Outcome(None, details, failed=flagged) if flagged else Outcome(value, details))
        return outcomes

    return evaluate


def run_calibration(calibration: Calibration, folder: str | os.PathLike, progress=None) -> Calibrated:
    """Search, or go on with the search in ``folder``; then run the default and the best set and write the results.

    Parameters
    ----------
    calibration : Calibration
    folder : path
        Receives ``history.jsonl``, ``best.json``, ``ensemble.json``, ``evaluation.json`` and ``series.nc``.
    progress : callable, optional
        Called with (stage, done, of).

    Returns
    -------
    Calibrated

    Raises
    ------
    InputError
        When the history belongs to another case.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    start = calibration.site.equilibrium(calibration.fixed, part_of(progress, "default"))
    result = run_search(
        calibration,
        calibration.space,
        evaluator(calibration, start),
        folder,
        case=calibration.fingerprint,
        objective=_objective(calibration.objective),
        progress=progress,
    )
    return _conclude(calibration, result, start, folder)


def _conclude(calibration: Calibration, result: SearchResult, start, folder: Path) -> Calibrated:
    """Run default and best set, score them, and write everything down."""
    best = ParameterSet({**calibration.fixed, **not_none(result.history.best).parameters})
    # the best set is run from the same start as its trial, so its score is the trial's
    default, calibrated = calibration.site.run_sets([dict(calibration.fixed), dict(best)], start=dict(start))
    if isinstance(default, RunFailed):
        raise default
    if isinstance(calibrated, RunFailed):
        raise calibrated
    runs = {"default": default, "calibrated": calibrated}
    for name, run in runs.items():
        say_leaks(find_leaks(run.annual, run.years), f"{name} set")
    evaluation = evaluate_runs(calibration, runs)
    evaluation["search"] = search_summary(calibration, result)
    forget_sums(folder)
    best.write(folder / "best.json")
    write_plain_json(folder / EVALUATION, evaluation)
    write_plain_json(folder / ENSEMBLE, _ensemble(calibration, result))
    write_observed_series([calibration.target, *calibration.others.values()], runs, folder / "series.nc")
    write_sums(folder, ["best.json", EVALUATION, ENSEMBLE])
    return Calibrated(result, best, default, calibrated, evaluation)


def search_summary(calibration: Calibration, result: SearchResult) -> SearchSummary:
    """What the search cost and came to, as plain values."""
    history = result.history
    return {
        "engine": calibration.engine,
        "objective": calibration.objective,
        **search_found(history),
        **search_spent(history, result.stopped),
    }


def evaluate_runs(calibration: Calibration, runs: Mapping[str, Run]) -> SiteEvaluation:
    """Scores of named runs against every observed kind, in the form of ``evaluation.json``."""
    target = calibration.target

    def scored(one: Target) -> ScoredKind:
        return {
            "kind": one.kind,
            "depths": plain(one.depth),
            "scores": {name: score_table(one, one.simulated(run)) for name, run in runs.items()},
        }

    return {
        **scored(target),
        "periods": {period: spans_of(target.days[target.mask(period)]) for period in ("calibration", "validation")},
        "other": {kind: scored(other) for kind, other in calibration.others.items()},
    }


def _ensemble(calibration: Calibration, result: SearchResult) -> dict[str, object]:
    history = result.history
    found = analyse(history.objectives, history.maximise)
    members = draw_members(found.optimal, calibration.members, calibration.seed)
    return ensemble_content(history, found, members, calibration.fixed)


def calibrate_site(case, progress=None) -> Calibrated:
    """Calibrate the site of a case; results go to ``<output>/calibration``.

    Parameters
    ----------
    case : Case
    progress : callable, optional

    Returns
    -------
    Calibrated

    Raises
    ------
    InputError
        With every problem of the case; when the history is another case's. Nothing has been run or written then.
    RunFailed
        When the default or the best set fails.
    """
    site, folder = Site.from_case(case), Path(case.output_folder) / "calibration"
    check_history_of_site(case, site)
    return run_calibration(calibration_of(case, progress, site), folder, progress)


def check_history_of_site(case, site: Site | None = None) -> None:
    """Refuse a case whose folder has the history of another search; ``site`` is the case's, if it has been read.

    Raises
    ------
    InputError
        With the keys of the case that differ, and their values.
    """
    folder = Path(case.output_folder) / "calibration"
    if not (folder / HISTORY).is_file():
        return
    settings, space = case.calibrate, space_of_site(case, (site or Site.from_case(case)).setup)
    goal, engine = settings.goal.objective, engine_of(settings, len(space), space.levels)
    about = case.fingerprint_of("calibrate")
    check_history(folder, fingerprint_of_search(space, engine, objective=_objective(goal), case=about))


def _objective(name: str) -> Objective:
    return Objective(name, OBJECTIVES[name], LIMITS[name])

"""One parameter set by the goals of a calibration: of its own search, or found at a site or by another map."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

import numpy as np

from lsmcal.calibration.batch import evaluate_sets
from lsmcal.calibration.goals.map import MapGoal
from lsmcal.calibration.goals.protocol import Simulated
from lsmcal.calibration.setup import CalibrationProblem, calibration_inputs, prepare_problem, simulated_or_failed
from lsmcal.calibration.site_stage import SiteEvaluation, calibration_of, evaluate_runs
from lsmcal.core.errors import InputError, Problems, not_none
from lsmcal.evaluation.agreement import BINARY, Confusion
from lsmcal.parallel.job import job_of
from lsmcal.parameters.table import ParameterSet


def evaluate_site(case, parameters: Mapping[str, float]) -> SiteEvaluation:
    """Scores of one set at a site, from the start that a calibration of the case gives its trials.

    Parameters
    ----------
    case : Case
    parameters : mapping
        Laid over the parameters of the case.

    Returns
    -------
    SiteEvaluation
        Of a run called "run".

    Raises
    ------
    InputError
        With every problem of the case.
    RunFailed
        When the set, or the case's own, fails.
    """
    calibration = calibration_of(case)
    start = calibration.site.equilibrium(calibration.fixed)
    run = calibration.site.run({**calibration.fixed, **parameters}, start=start)
    return evaluate_runs(calibration, {"run": run})


def evaluate_region(case, parameters: ParameterSet, progress=None) -> RegionScores | None:
    """Score a set beside the default one; to be called by all ranks.

    Parameters
    ----------
    case : Case
        With [calibrate].
    parameters : ParameterSet
        Laid over that of the case. Parameters of classes that no cell of the region has change nothing.
    progress : callable, optional

    Returns
    -------
    RegionScores or None
        None on all ranks but the first.

    Raises
    ------
    InputError
        With every problem of the case; for a set with a class that the tables do not have.
    RunFailed
        When the set fails.
    Stopped
    """
    inputs = calibration_inputs(case)
    _check(parameters, inputs.region.tables)
    folder = Path(case.output_folder) / "calibration"
    with job_of(case, folder, progress, resolved=False) as job:
        report = progress if job.world.is_root else None
        prepared, used = prepare_problem(inputs, folder, job, report)
        found = evaluate_sets(used.everywhere(), [dict(parameters)], folder / "checkpoint", job)
        job.world.barrier()
    if prepared is None or found is None:
        return None
    return scores_of(prepared, {"default": prepared.default, "run": simulated_or_failed(found[0], "set")})


def _check(parameters: ParameterSet, tables) -> None:
    try:
        ParameterSet(parameters, tables, "--parameters")
    except InputError as error:
        problems = Problems()
        problems.extend(error)
        problems.raise_if_any()


class RegionScores(TypedDict):
    """What goals and maps say of some runs.

    ``goals``: goal to run to value; ``maps``: cells to run to Confusion; ``year`` of the map, None without one.
    """

    goals: dict[str, dict[str, float]]
    maps: dict[str, dict[str, Confusion]]
    year: int | None


def scores_of(prepared: CalibrationProblem, runs: Mapping[str, Simulated]) -> RegionScores:
    """What all goals, and the map on each set of cells, say of some simulations of all cells."""
    goals = {goal.name: {name: goal.score(run).value for name, run in runs.items()} for goal in prepared.goals}
    maps = {}
    if prepared.target is not None:
        for cells, mask in scored_cells(prepared).items():
            goal = map_goal_over(prepared, mask)
            maps[cells] = {name: goal.confusion(run) for name, run in runs.items()}
    return {"goals": goals, "maps": maps, "year": prepared.year}


def scored_cells(prepared: CalibrationProblem) -> dict[str, np.ndarray]:
    """Sets of cells on which the map is evaluated, by name, as (n,) arrays of bool."""
    known = np.isin(not_none(prepared.target), BINARY)
    found = {"calibrated": prepared.calibrated & known}
    if prepared.withheld.any():
        found["held-out"] = prepared.withheld & prepared.sensitive & known
    return found | {"all": known}


def map_goal_over(prepared: CalibrationProblem, cells: np.ndarray) -> MapGoal:
    """The map of the last year over some cells, (n,) of bool, as a goal to score with."""
    domain, year = prepared.inputs.region.domain, not_none(prepared.year)
    return MapGoal(f"map {year}", year, domain.cell[cells], not_none(prepared.target)[cells])

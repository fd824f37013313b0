"""The calibration of a region from beginning to end: default set, sensitive cells, search on all ranks, results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lsmcal import __version__
from lsmcal.calibration.batch import (
    Evaluated,
    cached_simulation,
    evaluate_sets,
    simulation_mark,
    stored_mark,
)
from lsmcal.calibration.evaluation import Evaluation
from lsmcal.calibration.goals.protocol import Simulated
from lsmcal.calibration.output import write_results
from lsmcal.calibration.result import MapCalibration, cell_maps, conclusions
from lsmcal.calibration.run_search import HISTORY, check_history, run_search
from lsmcal.calibration.setup import (
    CalibrationInputs,
    CalibrationProblem,
    calibration_inputs,
    prepare_problem,
    simulated_or_failed,
)
from lsmcal.calibration.site_stage import Calibrated, calibrate_site
from lsmcal.calibration.transfer import scores_of
from lsmcal.case.sections.model import TRIAL_LIMIT
from lsmcal.core.differences import flatten
from lsmcal.core.errors import not_none
from lsmcal.parallel.job import Job, job_of
from lsmcal.search.loop import Objective, Outcome, Point
from lsmcal.search.result import SearchResult
from lsmcal.simulate.leaks import why_flagged


class _Halt(BaseException):
    """The job ends in the middle of a batch: no failure of a parameter set, so not for the search to record."""


def calibrate(case, progress=None) -> Calibrated | MapCalibration | None:
    """Calibrate what a case is of, its site or its region; results go to ``<output>/calibration``.

    Parameters
    ----------
    case : Case
        With [calibrate]; of a region to be called by all ranks.
    progress : callable, optional
        Called with (stage, done, of).

    Returns
    -------
    Calibrated, MapCalibration or None
        Of a site, of a region, and of a region on all ranks but the first.

    Raises
    ------
    InputError, RunFailed, Stopped
        As :func:`calibrate_region`.
    """
    return calibrate_site(case, progress) if case.kind == "site" else calibrate_region(case, progress)


def calibrate_region(case, progress=None) -> MapCalibration | None:
    """Calibrate the region of a case; to be called by all ranks. Results go to ``<output>/calibration``.

    Parameters
    ----------
    case : Case
        With [calibrate], and [target] where a map is among the goals.
    progress : callable, optional
        Called with (stage, done, of).

    Returns
    -------
    MapCalibration or None
        None on all ranks but the first, which alone proposes, evaluates goals and writes.

    Raises
    ------
    InputError
        With every problem of the case; when there is nothing to calibrate; when the history is another case's.
    RunFailed
        When the default set, a twin's hidden set or the best set fails.
    Stopped
        When the job was asked to stop; the same call goes on.
    """
    inputs = calibration_inputs(case)
    folder = Path(case.output_folder) / "calibration"
    with job_of(case, folder, progress) as job:
        report = progress if job.world.is_root else None
        if job.world.is_root:
            check_history_before(inputs, folder)
        prepared, used = prepare_problem(inputs, folder, job, report)
        result = search_region(prepared, used, inputs, folder, job, report)
        found = conclude(prepared, result, used, inputs, folder, job, report)
        if found is not None:
            write_results(found, folder)
        job.world.barrier()
    return found


def check_history_before(inputs: CalibrationInputs, folder: Path) -> None:
    """Refuse the history of another search by what is known before the default set is simulated; nothing is written.

    With the rest, the cells and the space, the search compares it again: then what is stored is the same as before.

    Raises
    ------
    InputError
        With the keys of the case that differ, and their values.
    """
    if not (folder / HISTORY).is_file():
        return
    settings = not_none(inputs.case.calibrate)
    evaluation = inputs.evaluation_of_all({"equilibrium": np.zeros(0)}, inputs.spinup).describe()
    about = {"evaluation": evaluation, "combine": settings.combine}
    engine = {"name": settings.engine, "seed": settings.seed, "batch": settings.batch}
    asked = {"case": about, "engine": engine, "lsmcal": __version__}
    simulated = ("case.evaluation.", *flatten(asked))
    hidden = [] if _is_hidden_set(inputs, folder) else ["target.hidden: changed"]
    check_history(folder, asked, lambda key: key.startswith(simulated) and key != "case.evaluation.cells", hidden)


def _is_hidden_set(inputs: CalibrationInputs, folder: Path) -> bool:
    """Whether a twin's hidden run in the folder, if there is one, has the hidden set and weather of the case."""
    target = inputs.case.target
    if target is None or target.source != "twin":
        return True
    cold = inputs.evaluation_of_all({}, inputs.region.spinup)
    return stored_mark(folder / "hidden.npz") in (None, simulation_mark(cold, target.hidden))


# -- the search -------------------------------------------------------------------------------------------------------
def search_region(
    prepared: CalibrationProblem | None,
    used: Evaluation,
    inputs: CalibrationInputs,
    folder: Path,
    job: Job,
    progress=None,
) -> SearchResult | None:
    """Start or resume the search in ``folder``: rank 0 proposes and scores, all ranks simulate.

    Parameters
    ----------
    prepared : CalibrationProblem or None
        None on all ranks but the first.
    used : Evaluation
    inputs : CalibrationInputs
    folder : Path
        Holds ``history.jsonl``.
    job : Job
    progress : callable, optional

    Returns
    -------
    SearchResult or None
        None on all ranks but the first.
    """
    world, half_done = job.world, folder / "checkpoint"
    if not world.is_root:
        while (sets := world.bcast(None)) is not None:
            evaluate_sets(used, sets, half_done, job)
        return None

    def simulate(sets: list[dict[str, float]]) -> list[Evaluated]:
        world.bcast(sets)
        try:
            return not_none(evaluate_sets(used, sets, half_done, job))
        except Exception as error:
            raise _Halt from error

    try:
        result = _search(not_none(prepared), simulate, folder, job.accepted, progress)
    except _Halt as halt:
        raise not_none(halt.__cause__) from None
    world.bcast(None)
    return result


def _search(prepared: CalibrationProblem, simulate, folder: Path, accepted, progress) -> SearchResult:
    goals, settings = prepared.goals, not_none(prepared.inputs.case.calibrate)
    several = len(goals) > 1

    def evaluate(points: Sequence[Point]) -> list[Outcome]:
        return [outcome(prepared, found) for found in simulate([dict(point.parameters) for point in points])]

    return run_search(
        settings,
        prepared.space,
        evaluate,
        folder,
        case=search_fingerprint(prepared),
        objective=None if several else Objective(goals[0].measure, goals[0].maximise, goals[0].limits),
        goals=goals if several else (),
        front=settings.combine == "pareto",
        accepted=accepted,
        progress=progress,
    )


def search_fingerprint(prepared: CalibrationProblem) -> dict[str, object]:
    """What tells this case's history from another's."""
    goals = {f"goal {goal.name}": goal.describe() for goal in prepared.goals}
    combine = not_none(prepared.inputs.case.calibrate).combine
    limit = prepared.inputs.case.model.leak_limit
    other = {} if limit == TRIAL_LIMIT else {"model.leak_limit": limit}
    return {"evaluation": prepared.used.describe(), "combine": combine, **goals, **other}


def outcome(prepared: CalibrationProblem, found: Evaluated) -> Outcome:
    """What the goals say of a simulated set."""
    if found.simulated is None:
        return Outcome(None, failed=found.failure)
    scores = {goal.name: goal.score(found.simulated) for goal in prepared.goals}
    details: dict[str, object] = {"cycles": round(found.cycles, 3), "settled": round(found.converged, 4)}
    details["leak_mm"] = round(found.leak, 3)
    details |= {name: dict(score.details) for name, score in scores.items()}
    flagged = why_flagged(found.leak, prepared.inputs.case.model.leak_limit)
    if flagged:
        return Outcome(None, details, failed=flagged)
    for name, score in scores.items():
        if not np.isfinite(score.value):
            return Outcome(None, details, failed=f"{name}: {score.details.get('undefined', 'no value')}")
    if len(scores) > 1:
        return Outcome(None, details, goals={name: float(score.value) for name, score in scores.items()})
    return Outcome(float(next(iter(scores.values())).value), details)


# -- what it came to --------------------------------------------------------------------------------------------------
def conclude(
    prepared: CalibrationProblem | None,
    result: SearchResult | None,
    used: Evaluation,
    inputs: CalibrationInputs,
    folder: Path,
    job: Job,
    progress=None,
) -> MapCalibration | None:
    """Optimal sets, members, and what default, best and hidden set do on all cells; for all ranks.

    Returns
    -------
    MapCalibration or None
        None on all ranks but the first.
    """
    world = job.world
    best = world.bcast(None if result is None else dict(not_none(result.history.best).parameters))
    whole = used.everywhere()
    runs = {"calibrated": _run(whole, best, folder / "best.npz", job, "best set", progress)}
    if inputs.case.target is not None and inputs.case.target.source == "twin":
        hidden = dict(inputs.case.target.hidden)
        runs["hidden"] = _run(whole, hidden, folder / "hidden-warm.npz", job, "hidden set as a trial", progress)
    if prepared is None or result is None:
        return None
    return _concluded(prepared, result, {"default": prepared.default, **runs})


def _concluded(prepared: CalibrationProblem, result: SearchResult, runs: Mapping[str, Simulated]) -> MapCalibration:
    settings, region, maps = not_none(prepared.inputs.case.calibrate), prepared.inputs.region, None
    scores = scores_of(prepared, runs)
    if prepared.target is not None:
        classes = {name: prepared.classes(run) for name, run in runs.items()}
        maps = cell_maps(region.domain, prepared.target, classes, prepared.sensitive, prepared.withheld, prepared.wrong)
    return conclusions(
        result.history,
        result.stopped,
        scores["goals"],
        combine=settings.combine,
        members=settings.members,
        seed=settings.seed,
        confusions=scores["maps"],
        year=prepared.year,
        fixed=dict(region.parameters),
        maps=maps,
        notes=prepared.notes,
    )


def _run(whole: Evaluation, parameters: Mapping[str, float], path: Path, job: Job, name: str, progress):
    def report(done: int, of: int) -> None:
        progress(name, done, of)

    found = cached_simulation(whole, parameters, path, job, report if progress else None)
    return None if found is None else simulated_or_failed(found, name)

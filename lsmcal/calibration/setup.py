"""From a regional case to what its calibration searches: target, sensitive cells, space, goals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from lsmcal.calibration.batch import Evaluated, cached_simulation, read_simulation
from lsmcal.calibration.evaluation import Evaluation
from lsmcal.calibration.goals.from_case import network_goal_of, site_cell, site_days, site_goal_of
from lsmcal.calibration.goals.map import MapGoal, map_goal
from lsmcal.calibration.goals.protocol import Goal, Simulated
from lsmcal.calibration.holdout import thinned, validation_cells
from lsmcal.calibration.observed_map import map_years, target_before
from lsmcal.calibration.sensitive_region import check_disagreement, sensitive_cells
from lsmcal.calibration.space import names_source, searched_names, space_of_region
from lsmcal.calibration.twin import twin_target
from lsmcal.case import Case
from lsmcal.case.sections.goals import goal_name
from lsmcal.core.errors import InputError, Problems, not_none
from lsmcal.core.words import agreeing, counted
from lsmcal.evaluation.agreement import BINARY, binary
from lsmcal.inputs.domain.domain import Domain
from lsmcal.parallel.job import Job
from lsmcal.parameters.space import Space
from lsmcal.permafrost.classes import class_of_year
from lsmcal.simulate.failures import RunFailed
from lsmcal.simulate.from_case.region import region_of
from lsmcal.simulate.output.region import read_equilibrium
from lsmcal.simulate.region import Region
from lsmcal.simulate.spinup.spinup import SpinUp
from lsmcal.simulate.stage import equilibrate_region


@dataclass(frozen=True)
class CalibrationInputs:
    """What all ranks know of a calibration before anything is simulated.

    Parameters
    ----------
    case : Case
    region : Region
    spinup : SpinUp
        From the default set's equilibrium to that of a trial.
    others : tuple of Goal or None
        Goals in the order of the case, None for those that need a simulation to be made.
    """

    case: Case
    region: Region
    spinup: SpinUp
    others: tuple[Goal | None, ...]

    @cached_property
    def map_years(self) -> tuple[int, ...]:
        """Years of the maps, ascending; that of [target] if there is no map among the goals."""
        return map_years(self.case)

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Years whose statistics are kept."""
        maps = {year for last in self.map_years for year in (last - 1, last)}
        return tuple(sorted(maps.union(*(goal.years for goal in self.others if goal))))

    def evaluation_of_all(self, state: dict[str, np.ndarray], spinup: SpinUp) -> Evaluation:
        """The evaluation of all cells."""
        daily, days = self._series()
        everywhere = np.arange(len(self.region.domain))
        return Evaluation(self.region, everywhere, state, spinup, self.years, daily, days)

    @property
    def daily(self) -> tuple[int, ...]:
        """Cells with daily series."""
        return self._series()[0]

    def _series(self) -> tuple[tuple[int, ...], tuple[str, str] | None]:
        """Cells with daily series, and first and last day of all of them."""
        cells, days = set(), []
        goals = zip(not_none(self.case.calibrate).goals, self.others, strict=True)
        for number, (keys, goal) in enumerate(goals, start=1):
            if goal is not None:
                cells |= set(goal.daily)
                days += [goal.days] if goal.days else []
            elif keys.kind == "site":
                cells.add(site_cell(keys, self.case, self.region.domain, f"calibrate.goals[{number}]"))
                days.append(site_days(keys))
        if not days:
            return (), None
        return tuple(sorted(cells)), (min(first for first, _ in days), max(last for _, last in days))


@dataclass(frozen=True)
class CalibrationProblem:
    """What is searched; on rank 0.

    Parameters
    ----------
    inputs : CalibrationInputs
    whole, used : Evaluation
        Of all cells; of those that the goals need.
    default : Simulated
        The default set, all cells.
    hidden : Simulated or None
        The hidden run of a twin, all cells.
    target : (n,) array of int8 or None
        Map of the last year that has one: 1 permafrost, 0 none, -1 unknown.
    wrong : (n,) array of bool or None
        Cells of a twin's target that were given the wrong class.
    sensitive, withheld, calibrated : (n,) arrays of bool
        The sensitive region; cells withheld for validation; cells that are calibrated.
    goals : tuple of Goal
    space : Space
    """

    inputs: CalibrationInputs
    whole: Evaluation
    used: Evaluation
    default: Simulated
    hidden: Simulated | None
    target: np.ndarray | None
    wrong: np.ndarray | None
    sensitive: np.ndarray
    withheld: np.ndarray
    calibrated: np.ndarray
    goals: tuple[Goal, ...]
    space: Space

    @property
    def notes(self) -> list[str]:
        """What has to be said about the cells and what they are compared with."""
        notes = []
        if self.target is not None:
            known = np.isin(self.target, BINARY)
            notes.append(
                f"{int(self.calibrated.sum())} of {counted(known.sum(), 'cell')} with a target are calibrated, "
                f"{counted((self.sensitive & self.withheld).sum(), 'sensitive cell')} withheld"
            )
        if self.wrong is not None and self.wrong.any():
            wrong = self.wrong.sum()
            notes.append(
                f"{counted(wrong, 'cell')} of the twin's target {agreeing(wrong, 'has', 'have')} a wrong class"
            )
        notes += [f"{goal.name}: {goal.observed.words()}" for goal in self.goals if hasattr(goal, "observed")]
        return notes

    @property
    def year(self) -> int | None:
        """Year of ``target``."""
        return self.inputs.map_years[-1] if self.target is not None else None

    def classes(self, simulated: Simulated) -> np.ndarray:
        """Permafrost (1), none (0) or unknown (-1) of all cells in the year of the target, (n,)."""
        return binary(classes_of(simulated, not_none(self.year)))


def classes_of(simulated: Simulated, year: int) -> np.ndarray:
    """Classes of :data:`lsmcal.permafrost.CLASS_NAMES` in a year, (n,)."""
    before, now = simulated.year(year - 1), simulated.year(year)
    return class_of_year(simulated.maximum[:, before], simulated.maximum[:, now], simulated.minimum[:, now])


def calibration_inputs(case: Case) -> CalibrationInputs:
    """Read what a case names; the same on all ranks.

    Raises
    ------
    InputError
        With every problem found.
    """
    problems, others = Problems(), []
    check_calibrated_sections(case, problems)
    problems.raise_if_any()
    region = region_of(case)
    for number, keys in enumerate(not_none(case.calibrate).goals, start=1):
        try:
            others.append(goal_before(keys, case, region.domain, f"calibrate.goals[{number}]"))
        except InputError as error:
            problems.extend(error)
    problems.raise_if_any()
    return CalibrationInputs(case, region, trial_spinup(case), tuple(others))


def check_calibrated_sections(case: Case, problems: Problems) -> None:
    """[calibrate] is there, and [target] where the goals need it."""
    if case.calibrate is None:
        problems.add(
            "section is missing",
            source=case.source,
            variable="calibrate",
            expected="[calibrate], and [target] with the map",
        )
        return
    twin = [keys for keys in case.calibrate.goals if keys.kind == "site" and keys.twin]
    if case.target is None and any(keys.kind == "map" for keys in case.calibrate.goals):
        problems.add("section is missing", source=case.source, variable="target", expected="[target] with the map")
    elif twin and (case.target is None or case.target.source != "twin"):
        problems.add(
            "a twin of measurements needs a hidden run",
            source=case.source,
            variable="target.source",
            value=case.target.source if case.target else "no [target]",
            expected='"twin"',
        )


def goal_before(keys, case: Case, domain: Domain, key: str) -> Goal | None:
    """A goal that needs no simulation to be made; None for the others."""
    if keys.kind == "network":
        return network_goal_of(keys, case, domain, key)
    if keys.kind == "site" and not keys.twin:
        return site_goal_of(keys, case, domain, key=key)
    return None


def trial_spinup(case: Case) -> SpinUp:
    """The spin-up of a trial: [spinup] with what calibrate.spinup says otherwise."""
    own = {name: value for name, value in vars(not_none(case.calibrate).spinup).items() if value is not None}
    names = SpinUp.__dataclass_fields__
    return SpinUp(**({name: getattr(case.spinup, name) for name in names if hasattr(case.spinup, name)} | own))


def prepare_problem(
    inputs: CalibrationInputs, folder: Path, job: Job, progress=None
) -> tuple[CalibrationProblem | None, Evaluation]:
    """Bring the default set to equilibrium, simulate it and the hidden one, and find what there is to search.

    Parameters
    ----------
    inputs : CalibrationInputs
    folder : Path
        Of the calibration's results; the equilibrium goes into the folder above it.
    job : Job
    progress : callable, optional
        Called with (stage, done, of).

    Returns
    -------
    CalibrationProblem or None
        None on all ranks but the first.
    Evaluation
        Of the cells that the goals need; on all ranks.

    Raises
    ------
    InputError
        When there is nothing to calibrate, a map holds one class only, the space is empty ...
    RunFailed
        When the default or the hidden set fails.
    Stopped
    """
    region, world = inputs.region, job.world
    path = equilibrate_region(region, folder.parent, job)
    state = read_equilibrium(path, region.domain.cell)
    whole = inputs.evaluation_of_all(state, inputs.spinup)
    default = _simulation(whole, {}, folder / "default.npz", job, "default set", progress)
    hidden = None
    target = inputs.case.target
    if target is not None and target.source == "twin":
        cold = inputs.evaluation_of_all({}, region.spinup)
        hidden = _simulation(cold, target.hidden, folder / "hidden.npz", job, "hidden set", progress)
    prepared = None if default is None else _prepared(inputs, whole, default, hidden)
    index = world.bcast(None if prepared is None else prepared.used.index)
    return prepared, replace(whole, index=index)


def cached_problem(inputs: CalibrationInputs, folder: Path) -> CalibrationProblem | None:
    """What an earlier job prepared, from the simulations in its folder; None where one is missing. Nothing is run."""
    target = inputs.case.target
    whole = inputs.evaluation_of_all({"equilibrium": np.zeros(0)}, inputs.spinup)  # where it starts is not looked at
    default, hidden = read_simulation(whole, {}, folder / "default.npz"), None
    if target is not None and target.source == "twin":
        cold = inputs.evaluation_of_all({}, inputs.region.spinup)
        kept = read_simulation(cold, target.hidden, folder / "hidden.npz")
        if kept is None:
            return None
        hidden = kept.simulated
    return None if default is None else _prepared(inputs, whole, not_none(default.simulated), hidden)


def _simulation(evaluation: Evaluation, parameters, path: Path, job: Job, name: str, progress) -> Simulated | None:
    def report(done: int, of: int) -> None:
        progress(name, done, of)

    found = cached_simulation(evaluation, parameters, path, job, report if progress else None)
    return None if found is None else simulated_or_failed(found, name)


def simulated_or_failed(found: Evaluated, name: str) -> Simulated:
    """The simulation; RunFailed where there is none."""
    if found.simulated is None:
        raise RunFailed(f"the {name}: {found.failure}", {})
    return found.simulated


def _prepared(
    inputs: CalibrationInputs, whole: Evaluation, default: Simulated, hidden: Simulated | None
) -> CalibrationProblem:
    case, domain, search = inputs.case, inputs.region.domain, not_none(inputs.case.calibrate)
    targets, wrong = _targets(inputs, hidden)
    sensitive, withheld = _sensitive(inputs, targets, default), np.zeros(len(domain), bool)
    if search.hold_out is not None:
        keys = search.hold_out
        withheld = validation_cells(domain, keys.every, keys.width, f"{case.source}: calibrate.hold_out")
    calibrated = np.zeros(len(domain), bool)
    calibrated[thinned(np.flatnonzero(sensitive & ~withheld), search.every)] = True
    goals = _goals(inputs, targets, calibrated, hidden)
    used = np.flatnonzero(np.isin(domain.cell, np.concatenate([goal.cells for goal in goals])))
    by_map = any(isinstance(goal, MapGoal) for goal in goals)
    space = space_of_region(
        inputs.region,
        sensitive if by_map else used,
        searched_names(case),
        ranges=search.ranges,
        threshold=search.threshold,
        source=names_source(case),
    )
    last = max(targets, default=None)
    return CalibrationProblem(
        inputs,
        whole,
        replace(whole, index=used),
        default,
        hidden,
        None if last is None else targets[last],
        None if last is None else wrong.get(last),
        sensitive,
        withheld,
        calibrated,
        goals,
        space,
    )


def _sensitive(inputs: CalibrationInputs, targets: dict[int, np.ndarray], default: Simulated) -> np.ndarray:
    """Cells that a map can teach something about, (n,) of bool; InputError if maps are goals and there is no such."""
    case, domain, search = inputs.case, inputs.region.domain, not_none(inputs.case.calibrate)
    found = {year: binary(classes_of(default, year)) for year in targets}
    sensitive = np.zeros(len(domain), bool)
    for year, target in targets.items():
        if search.cells == "all":
            sensitive |= np.isin(target, BINARY)
        else:
            sensitive |= sensitive_cells(domain.grid, domain.cell, found[year], target, search.reach)
    if not any(keys.kind == "map" for keys in search.goals):
        return sensitive
    if not any((found[year] != target)[np.isin(target, BINARY)].any() for year, target in targets.items()):
        for year, target in targets.items():
            check_disagreement(found[year], target, case.source, "target")
    return sensitive


def _targets(
    inputs: CalibrationInputs, hidden: Simulated | None
) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    """Maps by year, and which cells of them were given the wrong class on purpose."""
    case, domain, problems = inputs.case, inputs.region.domain, Problems()
    targets: dict[int, np.ndarray] = {}
    wrong: dict[int, np.ndarray] = {}
    for year in inputs.map_years:
        try:
            target = target_before(case, domain, year)
            if target is None:
                truth, keys = binary(classes_of(not_none(hidden), year)), not_none(case.target)
                target, wrong[year] = twin_target(truth, domain.cell, keys.wrong, keys.seed)
            targets[year] = target
        except InputError as error:
            problems.extend(error)
    problems.raise_if_any()
    return targets, wrong


def _goals(inputs: CalibrationInputs, targets, calibrated: np.ndarray, hidden: Simulated | None) -> tuple[Goal, ...]:
    """All goals, in the order of the case."""
    case, domain, goals, problems = inputs.case, inputs.region.domain, [], Problems()
    for number, (keys, goal) in enumerate(zip(not_none(case.calibrate).goals, inputs.others, strict=True), start=1):
        key = f"calibrate.goals[{number}]"
        try:
            if goal is None and keys.kind == "site":
                goal = site_goal_of(keys, case, domain, hidden, key)
            elif goal is None and keys.kind == "map":
                of_target = not_none(case.target).year
                year, name = keys.year or of_target, goal_name(keys, of_target)
                goal = map_goal(name, year, domain.cell, targets[year], calibrated, keys.weight, case.source, key)
            goals.append(not_none(goal))
        except InputError as error:
            problems.extend(error)
    problems.raise_if_any()
    return tuple(goals)

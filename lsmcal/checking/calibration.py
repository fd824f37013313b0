"""What is wrong with a region's calibration, as far as it shows without simulating, and what it will search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from lsmcal.calibration.goals.protocol import Goal
from lsmcal.calibration.observed_map import map_years, target_before
from lsmcal.calibration.setup import check_calibrated_sections, goal_before
from lsmcal.calibration.space import chosen_parameters, names_source, searched_names, space_of_region
from lsmcal.case import Case
from lsmcal.case.sections.goals import goal_name
from lsmcal.checking.engine import check_engine
from lsmcal.checking.noted import noted
from lsmcal.core.errors import InputError, Problem, Problems, not_none
from lsmcal.core.words import counted
from lsmcal.inputs.domain.domain import Domain
from lsmcal.noah.parameters.overrides import split_key
from lsmcal.parameters.space import Space
from lsmcal.parameters.table import find_parameter
from lsmcal.simulate.region import Region


@dataclass
class CheckedCalibration:
    """What is known of a region's calibration before anything is simulated.

    Parameters
    ----------
    case : Case
    targets : dict of int to (n,) array or None
        Map of each year; None where a twin's hidden run will make it.
    goals : list of Goal or None
        In the order of the case; None for those that need a simulation to be made.
    space : Space or None
        By the predominant classes of all cells.
    most : int
        Dimensions, whatever the classes of the sensitive cells; 0 where that is not known.
    """

    case: Case
    targets: dict[int, np.ndarray | None] = field(default_factory=dict)
    goals: list[Goal | None] = field(default_factory=list)
    space: Space | None = None
    most: int = 0

    def summary(self) -> list[tuple[str, str]]:
        """Label and text of each line to show."""
        search = not_none(self.case.calibrate)
        lines = [("target", _target_words(self.case, year, target)) for year, target in self.targets.items()]
        goals = zip(search.goals, self.goals, strict=True)
        lines += [("goal", _goal_words(self.case, keys, goal)) for keys, goal in goals]
        how = f"{search.engine}, {counted(search.evaluations, 'evaluation')} in batches of {search.batch}"
        if len(search.goals) > 1:
            how += ", the front of the goals" if search.combine == "pareto" else ", weighted mean of the goals"
        return [*lines, ("search", f"{how}; {self._dimensions()}")]

    def _dimensions(self) -> str:
        count = len(self.space or ())
        known = f"{count} dimension{'s' * (count > 1)} by the classes of all cells, " if count else ""
        return f"{known}at most {self.most}; the classes of the sensitive cells decide"


def check_calibration(
    case: Case, domain: Domain | None, region: Region | None, problems: Problems
) -> CheckedCalibration:
    """Read everything a calibration names and check it.

    Parameters
    ----------
    case : Case
        With [calibrate]; invalid sections may be partial.
    domain : Domain or None
        The cells, where they can be read.
    region : Region or None
        None where something is wrong with it.
    problems : Problems
        What is wrong is added to it.
    """
    found, names, listed = CheckedCalibration(case), None, None
    with noted(problems):
        check_calibrated_sections(case, problems)
    if domain is not None:
        with noted(problems):
            _check_targets(found, domain, problems)
        with noted(problems):
            _check_goals(found, domain, problems)
    else:
        _check_files(case, problems)
    with noted(problems):
        names = searched_names(case)
        listed = chosen_parameters(names) if isinstance(names, Path) else names
    if region is not None and listed:
        with noted(problems):
            _check_space(found, region, names, listed)
    with noted(problems):
        check_engine(case, found.most or 1, problems)
    return found


# -- target and goals -------------------------------------------------------------------------------------------------
def _check_targets(found: CheckedCalibration, domain: Domain, problems: Problems) -> None:
    case = found.case
    if case.target is None:
        return
    for year in map_years(case):
        with noted(problems):
            found.targets[year] = target_before(case, domain, year)


def _check_goals(found: CheckedCalibration, domain: Domain, problems: Problems) -> None:
    for number, keys in enumerate(not_none(found.case.calibrate).goals, start=1):
        goal = None
        with noted(problems):
            goal = goal_before(keys, found.case, domain, f"calibrate.goals[{number}]")
        found.goals.append(goal)


def _check_files(case: Case, problems: Problems) -> None:
    """Without cells: only whether the files are there."""
    with noted(problems):
        if case.target is not None and case.target.source == "map":
            case.find(case.target.file, "target.file", problems)
    with noted(problems):
        for number, keys in enumerate(not_none(case.calibrate).goals, start=1):
            if getattr(keys, "file", ""):
                case.find(keys.file, f"calibrate.goals[{number}].file", problems)


def _target_words(case: Case, year: int, target: np.ndarray | None) -> str:
    if target is None:
        keys = not_none(case.target)
        return f"{year}, a twin with {len(keys.hidden)} hidden parameters, {100 * keys.wrong:g} % of its cells wrong"
    some, none = (int((target == code).sum()) for code in (1, 0))
    unknown = f", {target.size - some - none} unknown" if some + none < target.size else ""
    return f"{year}, permafrost in {some} of {counted(some + none, 'cell')}{unknown}"


def _goal_words(case: Case, keys, goal: Goal | None) -> str:
    words, search = [goal_name(keys, case.target.year if case.target else None)], not_none(case.calibrate)
    if len(search.goals) > 1 and search.combine == "weighted":
        words.append(f"weight {keys.weight:g}")
    if goal is not None and hasattr(goal, "observed"):
        words.append(goal.observed.words())
    return ", ".join(words)


# -- space and engine -------------------------------------------------------------------------------------------------
def _check_space(found: CheckedCalibration, region: Region, names: Sequence[str] | Path, listed: list[str]) -> None:
    """Whatever the sensitive cells will be: they are some of these."""
    search, everywhere = not_none(found.case.calibrate), np.ones(len(region.domain), bool)
    space_over = partial(
        space_of_region, region, everywhere, names, ranges=search.ranges, source=names_source(found.case)
    )
    classes = {group: np.unique(getattr(region.domain, group)).size for group in ("vegetation", "soil")}
    try:
        space_over(threshold=0.0)
    except InputError as error:
        certain = _certain(error, {*listed, *search.ranges, ""}, classes)
        if certain:
            raise InputError(certain) from None
    found.most = sum(_most(name, classes, search.threshold) for name in listed)
    try:
        found.space = space_over(threshold=search.threshold)
    except InputError:  # for the sake of a class that the sensitive cells need not have
        pass


def _certain(error: InputError, given: set[str], classes: dict[str, int]) -> list[Problem]:
    """Problems with what the case says, or of all classes of a parameter: with any of the cells they remain."""
    names = [split_key(problem.variable)[0] for problem in error.problems if problem.variable not in given]
    hopeless = {name for name, count in Counter(names).items() if count == classes.get(find_parameter(name).group, 1)}
    return [p for p in error.problems if p.variable in given or split_key(p.variable)[0] in hopeless]


def _most(name: str, classes: dict[str, int], threshold: float) -> int:
    """Dimensions of a parameter: of its classes no more can be predominant than have room."""
    parameter = find_parameter(split_key(name)[0])
    if not parameter.by_class or split_key(name)[1] is not None:
        return 1
    room = int(1.0 / threshold + 1e-9) if threshold > 0.0 else classes[parameter.group]
    return min(classes[parameter.group], room)

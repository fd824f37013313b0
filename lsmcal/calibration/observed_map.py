"""The map that a case names, of each year that its goals ask for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lsmcal.case import Case
from lsmcal.case.sections.goals import GoalKeys
from lsmcal.core.errors import InputError, Problems, not_none
from lsmcal.inputs.domain.domain import Domain
from lsmcal.inputs.domain.permafrost_map import check_target, read_target


def map_years(case: Case) -> tuple[int, ...]:
    """Years of the maps among the goals, ascending; that of [target] if there is none."""
    own = {keys.year or not_none(case.target).year for keys in _goals(case) if keys.kind == "map"}
    return tuple(sorted(own or ({case.target.year} if case.target else set())))


def _goals(case: Case) -> Sequence[GoalKeys]:
    return not_none(case.calibrate).goals


def target_before(case: Case, domain: Domain, year: int) -> np.ndarray | None:
    """The map of a year, where it is known before anything is simulated.

    Parameters
    ----------
    case : Case
        With [target] and [calibrate].
    domain : Domain
    year : int
        One of :func:`map_years`.

    Returns
    -------
    (n,) array of int8, or None
        1 permafrost, 0 none, -1 unknown; None where a twin's hidden run has to make it.

    Raises
    ------
    InputError
        No map of that year, or one that is missing or of no use
        (:func:`lsmcal.inputs.domain.permafrost_map.read_target`).
    """
    keys = not_none(case.target)
    for number, goal in enumerate(_goals(case), start=1):
        if goal.kind == "map" and goal.file and (goal.year or keys.year) == year:
            return _read(case, domain, goal.file, f"calibrate.goals[{number}].file")
    if keys.source == "twin":
        return None
    if year != keys.year:
        problems = Problems()
        problems.add(
            "no map of this year",
            source=case.source,
            variable="calibrate.goals",
            value=year,
            expected=f"file = ... in that goal, or the year of [target], {keys.year}",
        )
        problems.raise_if_any()
    return _read(case, domain, keys.file, "target.file") if keys.source == "map" else _of_domain(case, domain)


def _read(case: Case, domain: Domain, file: str, key: str) -> np.ndarray:
    problems, keys = Problems(), not_none(case.target)
    path = case.find(file, key, problems)
    problems.raise_if_any()
    return read_target(
        not_none(path),
        domain,
        variable=keys.variable,
        permafrost=keys.permafrost,
        absent=keys.absent,
        least_share=keys.least_share,
        level=keys.level,
        missing=keys.missing,
        scale=keys.scale,
    )


def _of_domain(case: Case, domain: Domain) -> np.ndarray:
    if domain.target is None:
        problems = Problems()
        problems.add(
            "the domain file has no map",
            source=case.source,
            variable="target.source",
            value="domain",
            expected='[domain.target] when it is built, or source = "map" with a file',
        )
        raise InputError(problems.found)
    check_target(domain.target, case.source, "target")
    return np.asarray(domain.target, np.int8)

"""Goals of a regional case: from its keys and files to what scores a parameter set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lsmcal.calibration.goals.network import NetworkGoal
from lsmcal.calibration.goals.protocol import Simulated
from lsmcal.calibration.goals.site import SiteGoal
from lsmcal.case import Case
from lsmcal.case.sections.goals import NetworkGoalKeys, SiteGoalKeys, goal_name
from lsmcal.core.errors import InputError, Problems, not_none
from lsmcal.evaluation.network import Matched, match
from lsmcal.evaluation.site import Target, make_target, why_not_scored
from lsmcal.inputs.domain.domain import Domain
from lsmcal.inputs.observed.network import read_network
from lsmcal.inputs.observed.series import Observations, read_observations
from lsmcal.inputs.station.spec import ObservationSpec, ObservedColumn
from lsmcal.simulate.from_case.observations import twin_observations
from lsmcal.simulate.from_case.region import cell_at


def network_goal_of(keys: NetworkGoalKeys, case: Case, domain: Domain, key: str = "calibrate.goals") -> NetworkGoal:
    """The goal of an observation network.

    Parameters
    ----------
    keys : NetworkGoalKeys
    case : Case
        Says where files lie and which years are run.
    domain : Domain
        The whole region; sites it does not hold are left out.
    key : str
        Name of the goal in the case, for messages.

    Returns
    -------
    NetworkGoal
        ``observed.words()`` says what was left out.

    Raises
    ------
    InputError
        With every problem found in the table, or if nothing in it can be compared.
    """
    problems = Problems()
    path = case.find(keys.file, f"{key}.file", problems)
    problems.raise_if_any()
    matched = match(read_network(not_none(path)), domain, keys.without)
    first, last = case.region_run.years
    years = keys.years or range(first, last + 1)
    seen = matched.select(keys.variable, years, keys.depths or None)
    _check_seen(seen, matched, keys, years, str(path), problems)
    problems.raise_if_any()
    deepest = keys.deepest if keys.variable == "alt" else None
    return NetworkGoal(goal_name(keys), seen, keys.weight, keys.scale, deepest)


def _check_seen(
    seen: Matched, matched: Matched, keys: NetworkGoalKeys, years: Sequence[int], source: str, problems: Problems
) -> None:
    """Something is left to compare, at every depth that is asked for, and no deeper than what counts."""
    there = matched.select(keys.variable)
    if not len(seen):
        names = sorted(set(matched.variable.tolist()))
        held = f"{', '.join(names) or 'nothing'} of years {_span(matched.year)}"
        problems.add(
            "no value to compare with",
            source=source,
            variable=keys.variable,
            value=f"in the region {held}"
            if not len(there)
            else f"{keys.variable} of years {_span(there.year)} at {_depths(there)}",
            expected=f"{keys.variable} of {years[0]} to {years[-1]}"
            + (f" at {', '.join(f'{depth:g}' for depth in keys.depths)} m" if keys.depths else "")
            + f" ({matched.words()})",
        )
        return
    for depth in keys.depths:
        if not len(seen.select(keys.variable, depths=[depth])):
            problems.add(
                "is not observed",
                source=source,
                variable=keys.variable,
                value=f"{depth:g} m",
                expected=_depths(there),
            )
    if keys.deepest is not None and seen.value.max() > keys.deepest:
        problems.add(
            "thaw is observed below goal.deepest",
            source=source,
            variable="deepest",
            value=f"{keys.deepest:g} m",
            expected=f"at least {seen.value.max():g} m",
        )


def _span(year: np.ndarray) -> str:
    return f"{year.min()} to {year.max()}" if year.size else "none"


def _depths(matched: Matched) -> str:
    depth = np.unique(matched.depth[np.isfinite(matched.depth)])
    return ", ".join(f"{one:g}" for one in depth) + " m" if depth.size else "no depth"


def site_cell(keys: SiteGoalKeys, case: Case, domain: Domain, key: str = "calibrate.goals") -> int:
    """Number of the cell that holds a site; InputError if none does."""
    return int(domain.cell[cell_at(domain, keys.at, f"{key}.at", case.source)])


def site_days(keys: SiteGoalKeys) -> tuple[str, str]:
    """First and last day that a twin's hidden run must record of its cell."""
    days = [day[:10] for period in (*keys.calibration, *keys.validation) for day in period]
    return min(days), max(days)


def site_goal_of(
    keys: SiteGoalKeys, case: Case, domain: Domain, hidden: Simulated | None = None, key: str = "calibrate.goals"
) -> SiteGoal:
    """The goal of one site.

    Parameters
    ----------
    keys : SiteGoalKeys
    case : Case
    domain : Domain
    hidden : Simulated, optional
        For a twin: the run with hidden parameters, with the daily series of :func:`site_cell` on :func:`site_days`.
    key : str
        Name of the goal in the case, for messages.

    Returns
    -------
    SiteGoal

    Raises
    ------
    InputError
        With every problem found: no such cell, a bad table, depths that are not observed, no day to fit.
    ValueError
        A twin without its hidden run.
    """
    problems, cell = Problems(), -1
    try:
        cell = site_cell(keys, case, domain, key)
    except InputError as error:
        problems.extend(error)
    observed, source = None, f"{case.source}: {key}"
    if keys.twin:
        problems.raise_if_any()
        observed = _of_twin(keys, cell, hidden)
    else:
        observed, source = _of_file(keys, case, key, problems)
    target = None if observed is None else _target(keys, observed, case, source, problems)
    problems.raise_if_any()
    return SiteGoal(goal_name(keys), cell, not_none(target), keys.weight)


def _of_twin(keys: SiteGoalKeys, cell: int, hidden: Simulated | None) -> Observations:
    if hidden is None or cell not in hidden.daily:
        raise ValueError(f"the twin at {keys.at} needs the daily series of cell {cell} of a hidden run")
    return twin_observations(hidden.days, hidden.daily[cell], hidden.depth, keys.depths, keys.noise, keys.seed)


def _of_file(keys: SiteGoalKeys, case: Case, key: str, problems: Problems) -> tuple[Observations | None, str]:
    """Soil temperature of the table on the clock of a region, UTC; None with the problems noted."""
    path = case.find(keys.file, f"{key}.file", problems)
    if path is None:
        return None, ""
    columns = tuple(ObservedColumn(c.column, c.kind, c.depth, c.unit) for c in keys.columns)
    same = {name: getattr(keys, name) for name in ("time_column", "time_format", "time_zone_hours", "stamp", "step")}
    try:
        series = read_observations(ObservationSpec(file=path, columns=columns, missing=tuple(keys.missing), **same))
    except InputError as error:
        problems.extend(error)
        return None, str(path)
    if "soil_temperature" not in series:
        held = ", ".join(series)
        problems.add("no column of soil temperature", source=path, value=held, expected="columns of soil_temperature")
        return None, str(path)
    return series["soil_temperature"].on_clock(0.0), str(path)


def _target(keys: SiteGoalKeys, observed: Observations, case: Case, source: str, problems: Problems) -> Target | None:
    """Daily values on the days that are run; None with the problem noted."""
    years, bottom = case.region_run.years, float(sum(case.grid.thickness))
    run = (f"{years[0]:04d}-01-01", f"{years[1]:04d}-12-31")
    fitted, judged = ([(first[:10], last[:10]) for first, last in some] for some in (keys.calibration, keys.validation))
    wanted = fitted or [run]
    try:
        target = make_target(observed, wanted, judged, keys.depths or None)
    except ValueError as error:
        problems.add(str(error), source=source, variable="depths", value=keys.depths)
        return None
    for depth in (float(depth) for depth in target.depth if depth > bottom + 1e-9):
        expected = f"at most {bottom:g} m; a deeper grid, or depths without it"
        problems.add("lies below the column", source=source, variable="depths", value=f"{depth:g} m", expected=expected)
        return None
    number = np.isfinite(target.values[target.calibration]).sum(axis=0) if target.depth.size else np.zeros(1, int)
    if not (number >= 2).any():
        held = f"{observed.days.min()} to {observed.days.max()}" if len(observed) else "none"
        problems.add(
            "no observed day in the calibration periods",
            source=source,
            variable="calibration",
            value=f"days {held}",
            expected=f"days within {', '.join(' to '.join(period) for period in wanted)}",
        )
        return None
    days = np.arange(np.datetime64(run[0]), np.datetime64(run[1]) + 1)
    if reason := why_not_scored(target, days, keys.objective):
        problems.add(reason, source=source, variable="calibration", expected="observed values that vary")
        return None
    return target

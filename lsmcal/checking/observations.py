"""What is wrong with the measurements at a site, and with what is to be fitted to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lsmcal.case import Case
from lsmcal.case.types import is_reversed
from lsmcal.core.errors import Problems
from lsmcal.core.words import counted
from lsmcal.evaluation.site import make_target, why_not_scored
from lsmcal.inputs.observed.series import Observations, read_observations
from lsmcal.inputs.station.forcing import Forcing


def read_measurements(case: Case) -> dict[str, Observations]:
    """What was observed, by the days of the forcing's clock as in a calibration."""
    spec = case.observation_spec()
    observed = {} if spec is None else read_observations(spec)
    return {kind: one.on_clock(case.site_forcing.time_zone_hours) for kind, one in observed.items()}


def goal_place(case: Case) -> str:
    """The table that says what a site is fitted to."""
    return "calibrate.goals[1]" if case.site_calibrate.goals else "calibrate"


def check_objective(case: Case, observed: dict, problems: Problems) -> None:
    """What the objective needs is observed."""
    seen, goal, place = case.observations, case.site_calibrate.goal, goal_place(case)
    if seen is None or (seen.format != "twin" and not observed):
        return
    kinds = list(observed) if observed else ["soil_temperature"]
    if goal.variable not in kinds:
        problems.add(
            "is not observed",
            source=case.file,
            variable=f"{place}.variable" if case.site_calibrate.goals else "calibrate.kind",
            value=goal.variable,
            expected=" or ".join(kinds),
        )
        return
    depths = np.array(seen.depths) if seen.format == "twin" else observed[goal.variable].depth
    for depth in goal.depths:
        if goal.variable != "snow_depth" and not np.isclose(depths, depth, atol=5e-4).any():
            problems.add(
                "depth is not observed",
                source=case.file,
                variable=f"{place}.depths",
                value=f"{depth:g}",
                expected="one of " + ", ".join(f"{d:g}" for d in depths),
            )


def check_scores(case: Case, forcing: Forcing, observed: dict, problems: Problems) -> None:
    """There is something to score before the first run: values in the days that are fitted, and not all the same."""
    goal = case.site_calibrate.goal
    if goal.variable not in observed or problems:
        return
    seen = observed[goal.variable]
    periods = [(first[:10], last[:10]) for first, last in goal.calibration] or [(str(seen.days[0]), str(seen.days[-1]))]
    try:
        target = make_target(seen, periods, (), goal.depths or None)
    except ValueError:  # a depth that is not observed has been complained of
        return
    days = np.unique(forcing.between(case.site_run.start, case.site_run.end).local_days)
    if reason := why_not_scored(target, days, goal.objective):
        some = _days_with_values(seen, goal.depths).size
        problems.add(
            reason,
            source=case.file,
            variable=f"{goal_place(case)}.calibration",
            value=f"{goal.variable} with values on {counted(some, 'day')}, {seen.days[0]} to {seen.days[-1]}",
            expected="values that vary, on days of the run",
        )


def _days_with_values(seen: Observations, depths: Sequence[float]) -> np.ndarray:
    """Days with a value at some of the depths that are used."""
    daily = seen.daily_means()
    used = np.isclose(daily.depth[:, None], np.array(depths), atol=5e-4).any(axis=1) if depths else daily.depth >= 0.0
    return daily.days[np.isfinite(daily.values[:, used]).any(axis=1)]


def check_periods(case: Case, forcing: Forcing, observed: dict, problems: Problems) -> None:
    """Every period has an observed day of the run."""
    seen, goal, place = case.observations, case.site_calibrate.goal, goal_place(case)
    if seen is None or (seen.format != "twin" and goal.variable not in observed):
        return
    if is_reversed(case.site_run.start, case.site_run.end):
        return
    days = np.unique(forcing.between(case.site_run.start, case.site_run.end).local_days)
    if seen.format != "twin":
        days = np.intersect1d(days, _days_with_values(observed[goal.variable], goal.depths))
    for name in ("calibration", "validation"):
        for number, (first, last) in enumerate(getattr(goal, name), start=1):
            inside = (days >= np.datetime64(first[:10])) & (days <= np.datetime64(last[:10]))
            if not is_reversed(first, last) and not inside.any():
                span = f"days within {days[0]} to {days[-1]}" if days.size else "observed days within the run"
                problems.add(
                    "has no observed day within the run",
                    source=case.file,
                    variable=f"{place}.{name}[{number}]",
                    value=f"{first} to {last}",
                    expected=span,
                )

"""Checks of [calibrate], of a site and of a region, and of [target]."""

from __future__ import annotations

from lsmcal.case.checks.goals import check_goals
from lsmcal.case.checks.parameters import check_searched_names, check_searched_ranges, complain_of_parameters
from lsmcal.case.messages import Complaints
from lsmcal.case.sections.calibrate import OF_CELLS, SHORT_FORM, Calibrate, SiteCalibrate
from lsmcal.case.sections.goals import SiteGoalKeys, goal_name
from lsmcal.case.sections.ground import Grid, Site
from lsmcal.case.sections.region import RegionRun
from lsmcal.case.sections.start import Run
from lsmcal.case.sections.target import Target
from lsmcal.case.types import is_reversed
from lsmcal.core import calendars
from lsmcal.core.words import counted

#: Keys of a goal of kind "site" that count where the measurements are those of [observations].
_AT_A_SITE = ("name", "at", "weight", *SHORT_FORM.values())
#: Degrees between a site and the place that its goal names.
_SAME_PLACE = 0.01


# -- both kinds -------------------------------------------------------------------------------------------------------
def _screening(search: Calibrate, out: Complaints) -> None:
    if search.screening and "parameters" in search.model_fields_set:
        out.add("calibrate.screening", "conflicts with parameters", search.screening, "screening or parameters")


def _members(search: Calibrate, out: Complaints) -> None:
    """An ensemble of more sets than are evaluated; the default size is no mistake."""
    most = max(search.evaluations, Calibrate.model_fields["members"].default)
    if search.members > most:
        out.add("calibrate.members", "is more than the evaluations", search.members, f"at most {most}")


# -- a site -----------------------------------------------------------------------------------------------------------
def _of_cells(search: SiteCalibrate, out: Complaints) -> None:
    for name in OF_CELLS:
        if name in search.model_fields_set:
            expected = "[spinup], which applies to every set" if name == "spinup" else "a case without this key"
            out.add(f"calibrate.{name}", "applies only to a region", "", expected)


def _one_goal(search: SiteCalibrate, site: Site, out: Complaints) -> None:
    """The long form says nothing twice, and nothing that other sections say of a site."""
    if not search.goals:
        return
    for name in (name for name in SHORT_FORM if name in search.model_fields_set):
        out.add(f"calibrate.{name}", "conflicts with goals", "", f"the key {SHORT_FORM[name]} of the goal")
    if len(search.goals) > 1:
        out.add("calibrate.goals", f"has {counted(len(search.goals), 'goal')}", "", "one goal at a site")
    for number, goal in enumerate(search.goals, start=1):
        place = f"calibrate.goals[{number}]"
        if not isinstance(goal, SiteGoalKeys):
            out.add(f"{place}.kind", "applies only to a region", goal.kind, '"site"')
            continue
        for name in (name for name in type(goal).model_fields if name in goal.model_fields_set):
            if name not in ("kind", *_AT_A_SITE):
                out.add(f"{place}.{name}", "applies only to a region; a site has [observations]")
        if goal.at and max(abs(goal.at[0] - site.longitude), abs(goal.at[1] - site.latitude)) > _SAME_PLACE:
            expected = f"the coordinates of [site], [{site.longitude:g}, {site.latitude:g}]"
            out.add(f"{place}.at", "is not the location of the site", goal.at, expected)


def _goal(search: SiteCalibrate) -> tuple[SiteGoalKeys | SiteCalibrate, str]:
    """Where the periods of a site's goal are written, and the name of that table."""
    if search.goals and isinstance(search.goals[0], SiteGoalKeys):
        return search.goals[0], "calibrate.goals[1]"
    return search, "calibrate"


def _periods(name: str):
    def check(search: SiteCalibrate, out: Complaints) -> None:
        goal, place = _goal(search)
        for number, (first, last) in enumerate(getattr(goal, name), start=1):
            message = "has its first day after its last" if first and last else "has an empty date"
            if not (first and last) or is_reversed(first, last):
                out.add(f"{place}.{name}[{number}]", message, [first, last], "[first day, last day]")

    return check


def _periods_apart(search: SiteCalibrate, out: Complaints) -> None:
    goal, place = _goal(search)
    if goal.validation and not goal.calibration:
        out.add(f"{place}.calibration", "key is missing", "", "calibration days, since validation days are given")
    for number, (first, last) in enumerate(goal.validation, start=1):
        for begin, end in goal.calibration:
            apart = is_reversed(begin, last) or is_reversed(first, end)
            if all((first, last, begin, end)) and not apart:
                message = f"overlaps the calibration period {begin} to {end}"
                out.add(f"{place}.validation[{number}]", message, [first, last])


def _periods_in_run(name: str):
    def check(search: SiteCalibrate, run: Run, out: Complaints) -> None:
        if is_reversed(run.start, run.end):
            return
        goal, place = _goal(search)
        expected = f"days of the run: {run.start or 'its start'} to {run.end or 'its end'}"
        for number, (first, last) in enumerate(getattr(goal, name), start=1):
            early = run.start and first and calendars.moment(first) < calendars.moment(run.start)
            late = run.end and last and calendars.moment(last, end=True) > calendars.moment(run.end, end=True)
            if early or late:
                out.add(f"{place}.{name}[{number}]", "lies outside the run", [first, last], expected)

    return check


# -- a region ---------------------------------------------------------------------------------------------------------
def _of_one_site(search: Calibrate, out: Complaints) -> None:
    for name, long in SHORT_FORM.items():
        if name in search.model_fields_set:
            expected = f'the key {long} of a [[calibrate.goals]] with kind = "site"'
            out.add(f"calibrate.{name}", "applies only to a site", "", expected)


def _target_file(target: Target, out: Complaints) -> None:
    if target.source == "map" and not target.file:
        out.add("target.file", "key is missing", "", "the map file, NetCDF or GeoTIFF")
    if target.source != "map" and target.file:
        out.add("target.file", f'is not used by source = "{target.source}"', target.file, 'source = "map"')
    both = sorted(set(target.permafrost) & set(target.absent))
    if both:
        out.add("target", "permafrost and absent share class codes", both, "different codes in permafrost and absent")


def _target_twin(target: Target, out: Complaints) -> None:
    if target.source == "twin" and not target.hidden:
        out.add("target.hidden", "key is missing", "", "the parameter set of the hidden run")
    if target.source != "twin" and (target.hidden or target.wrong):
        out.add("target.hidden" if target.hidden else "target.wrong", 'is only used by source = "twin"')
    complain_of_parameters("target.hidden", target.hidden, out)


def _target_year(target: Target, run: RegionRun, out: Complaints) -> None:
    if not run.years[0] < target.year <= run.years[1]:
        expected = f"{run.years[0] + 1} to {run.years[1]}"
        out.add("target.year", "this year or the one before lies outside [run] years", target.year, expected)


def _goals(search: Calibrate, run: RegionRun, grid: Grid, out: Complaints) -> None:
    check_goals(search.goals, run.years, grid.thickness, out)


def _names_of_goals(search: Calibrate, target: Target, out: Complaints) -> None:
    names = [goal_name(goal, target.year) for goal in search.goals]
    for number, name in enumerate(names, start=1):
        if name in names[: number - 1] and not search.goals[number - 1].name:
            out.add(f"calibrate.goals[{number}]", "repeats a goal", name, "another year, or a name")


def _combination(search: Calibrate, out: Complaints) -> None:
    if search.combine == "pareto" and len(search.goals) < 2:
        out.add("calibrate.combine", "needs several goals", search.combine, "two or more of [[calibrate.goals]]")


def _bounds(search: Calibrate, out: Complaints) -> None:
    own = search.spinup
    if own.min_cycles and own.max_cycles and own.min_cycles > own.max_cycles:
        out.add("calibrate.spinup.min_cycles", "is above max_cycles", own.min_cycles, f"at most {own.max_cycles}")


_SEARCH_CHECKS = (
    (("calibrate",), check_searched_names),
    (("calibrate",), check_searched_ranges),
    (("calibrate",), _screening),
    (("calibrate",), _members),
)
#: Checks of the calibration of a site.
SITE_SEARCH_CHECKS = (
    *_SEARCH_CHECKS,
    (("calibrate",), _of_cells),
    (("calibrate", "site"), _one_goal),
    (("calibrate",), _periods("calibration")),
    (("calibrate",), _periods("validation")),
    (("calibrate",), _periods_apart),
    (("calibrate", "run"), _periods_in_run("calibration")),
    (("calibrate", "run"), _periods_in_run("validation")),
)
#: Checks of the calibration of a region.
REGION_SEARCH_CHECKS = (
    *_SEARCH_CHECKS,
    (("target",), _target_file),
    (("target",), _target_twin),
    (("target", "run"), _target_year),
    (("calibrate",), _of_one_site),
    (("calibrate", "run", "grid"), _goals),
    (("calibrate", "target"), _names_of_goals),
    (("calibrate",), _combination),
    (("calibrate",), _bounds),
)

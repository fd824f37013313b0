"""Keys of a region's calibration: [target], the map to meet; [calibrate], what is searched, how, and for what."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from lsmcal.case.messages import Complaints
from lsmcal.case.sections import site as site_keys
from lsmcal.case.sections.domain import TargetMap
from lsmcal.case.sections.goals import GoalKeys, MapGoalKeys, check_goals, goal_name
from lsmcal.case.types import Count, Fraction, Positive, Section, Year

#: Where a target comes from.
TARGETS = ("domain", "map", "twin")


class Target(TargetMap):
    """[target]: the map of permafrost that is to be met."""

    source: Literal[TARGETS] = Field(
        "domain", description='"domain": the map that the cells came with; "map": a file; "twin": a hidden run'
    )
    file: str = Field("", description="map: NetCDF or GeoTIFF, looked for in --data, LSMCAL_DATA and beside the case")
    year: Year = Field(2010, description="year of the map; permafrost lasts through it and the year before")
    hidden: dict[str, float] = Field({}, description="twin: parameter set of the hidden run")
    wrong: Annotated[float, Field(ge=0.0, lt=0.5)] = Field(0.0, description="twin: share of cells with the wrong class")
    seed: int = Field(1, description="twin: seed of the wrong cells", ge=0)


class HoldOut(Section):
    """calibrate.hold_out: stripes of longitude that only judge the result."""

    every: Annotated[int, Field(ge=2)] = Field(3, description="of so many stripes the last is held out")
    width: Positive | None = Field(None, description="width of a stripe, degrees; one cell if not given")


class TrialSpinUp(Section):
    """calibrate.spinup: from the default set's equilibrium to that of a trial."""

    method: Literal["converged", "accelerated", "fixed", "none"] = Field(
        "converged", description="as in [spinup]; what is not given here is as there"
    )
    cycles: Count | None = Field(None, description="fixed: number of cycles")
    min_cycles: Count | None = Field(None, description="converged and accelerated: at least so many cycles")
    max_cycles: Count | None = Field(None, description="converged and accelerated: at most so many cycles")
    tolerance_temperature: Positive | None = Field(None, description="as in [spinup], K")
    tolerance_water: Positive | None = Field(None, description="as in [spinup], mm")
    tolerance_ice: Positive | None = Field(None, description="as in [spinup], mm")


_SITE = site_keys.Calibrate.model_fields


def _as_at_a_site(*names: str) -> dict[str, Any]:
    """Keys that mean the same for a site and a region."""
    return {name: (_SITE[name].annotation, _SITE[name]) for name in names}


_Search = create_model(
    "_Search", __base__=Section, **_as_at_a_site("ranges", "engine", "engine_options", "batch", "seed", "members")
)


class MapCalibrate(_Search):
    """[calibrate] of a region."""

    parameters: Annotated[list[str], Field(min_length=1)] = Field(
        ["sensitive"], description='names, with or without class; "sensitive" or "all"'
    )
    screening: str = Field("", description="chosen.json of a screening, instead of parameters")
    threshold: Fraction = Field(
        0.056, description="share of the sensitive cells or their layers from which a class counts as predominant"
    )
    evaluations: Count = Field(500, description="parameter sets to evaluate; may grow later")
    patience: int = Field(150, description="stop after so many evaluations without a better one; 0: never", ge=0)
    goals: Annotated[list[GoalKeys], Field(min_length=1)] = Field(
        [MapGoalKeys(kind="map")], description='what is searched for, each a table with kind "map", "network" or "site"'
    )
    combine: Literal["weighted", "pareto"] = Field(
        "weighted", description="several goals: their weighted mean, or the front where none is better in all"
    )
    cells: Literal["sensitive", "all"] = Field(
        "sensitive", description="cells of the map: where the default set disagrees with it, and around; or all"
    )
    reach: int = Field(1, description="rows and columns around a cell that disagrees; 1 is 3 x 3", ge=0)
    every: Count = Field(1, description="every so many of these cells only, to save time")
    hold_out: HoldOut | None = Field(None, description="stripes that only judge the result, {every, width}")
    spinup: TrialSpinUp = Field(TrialSpinUp(), description="from the default set's equilibrium to a trial's")


def _target_file(target: Target, out: Complaints) -> None:
    if target.source == "map" and not target.file:
        out.add("target.file", "key is missing", "", "the map, NetCDF or GeoTIFF")
    if target.source != "map" and target.file:
        out.add("target.file", f'is not used by source = "{target.source}"', target.file, 'source = "map"')
    both = sorted(set(target.permafrost) & set(target.absent))
    if both:
        out.add("target", "the same numbers mean both", both, "different ones in permafrost and absent")


def _target_twin(target: Target, out: Complaints) -> None:
    from lsmcal.case.checks.site import complain_of_parameters

    if target.source == "twin" and not target.hidden:
        out.add("target.hidden", "key is missing", "", "the parameter set of the hidden run")
    if target.source != "twin" and (target.hidden or target.wrong):
        out.add("target.hidden" if target.hidden else "target.wrong", 'is only used by source = "twin"')
    complain_of_parameters("target.hidden", target.hidden, out)


def _target_year(target: Target, run: Section, out: Complaints) -> None:
    if not run.years[0] < target.year <= run.years[1]:
        expected = f"{run.years[0] + 1} to {run.years[1]}"
        out.add("target.year", "needs this year and the one before within [run] years", target.year, expected)


def _goals(search: MapCalibrate, run: Section, grid: Section, out: Complaints) -> None:
    check_goals(search.goals, run.years, grid.thickness, out)


def _names_of_goals(search: MapCalibrate, target: Target, out: Complaints) -> None:
    names = [goal_name(goal, target.year) for goal in search.goals]
    for number, name in enumerate(names, start=1):
        if name in names[: number - 1] and not search.goals[number - 1].name:
            out.add(f"calibrate.goals[{number}]", "is the same goal once more", name, "another year, or a name")


def _combination(search: MapCalibrate, out: Complaints) -> None:
    if search.combine == "pareto" and len(search.goals) < 2:
        out.add("calibrate.combine", "needs several goals", search.combine, "two or more of [[calibrate.goals]]")


def _screening(search: MapCalibrate, out: Complaints) -> None:
    if search.screening and "parameters" in search.model_fields_set:
        out.add("calibrate.screening", "is given together with parameters", search.screening, "one of them")


def _bounds(search: MapCalibrate, out: Complaints) -> None:
    own = search.spinup
    if own.min_cycles and own.max_cycles and own.min_cycles > own.max_cycles:
        out.add("calibrate.spinup.min_cycles", "is above max_cycles", own.min_cycles, f"at most {own.max_cycles}")


def _names(search: MapCalibrate, out: Complaints) -> None:
    from lsmcal.case.checks.site import check_searched_names, check_searched_ranges

    check_searched_names(search, out)
    check_searched_ranges(search, out)


#: Checks of these sections that concern several keys, for the table of a case's checks.
MAP_CHECKS = (
    (("target",), _target_file),
    (("target",), _target_twin),
    (("target", "run"), _target_year),
    (("calibrate", "run", "grid"), _goals),
    (("calibrate", "target"), _names_of_goals),
    (("calibrate",), _combination),
    (("calibrate",), _screening),
    (("calibrate",), _bounds),
    (("calibrate",), _names),
)

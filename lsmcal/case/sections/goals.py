"""Keys of [[calibrate.goals]]: the goals that parameter sets are evaluated by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from lsmcal.case.limits import Degrees, Depth, DepthBelow, FillValue, IntervalOrInstant, NoiseKelvin, Seed, Weight
from lsmcal.case.sections.observations import Observed
from lsmcal.case.types import OneOf, Period, Refused, Section, Year, exactly
from lsmcal.inputs.observed.network import VARIABLES
from lsmcal.inputs.station.spec import OBSERVED_KINDS, STAMPS, ObservationSpec

KINDS = ("map", "network", "site")
#: What a goal of kind "site" can be scored by.
OBJECTIVES = ("nse", "kge", "rmse", "skill")
_OBSERVED = ObservationSpec()
_Name = Annotated[str, Field(description="short name in tables and figures; made from the other keys if empty")]
_Weight = Annotated[Weight, Field(description="in a weighted sum of the goals")]


class MapGoalKeys(Section):
    """A goal of kind "map": Kappa against the target map."""

    kind: Literal["map"]
    name: _Name = ""
    year: Year | None = Field(None, description="year of the map; that of [target] if not given")
    file: str = Field("", description="map of this year, read as [target] says; the map of [target] if empty")
    weight: _Weight = 1.0


class NetworkGoalKeys(Section):
    """A goal of kind "network": RMSE of one variable against a table of boreholes and probes."""

    kind: Literal["network"]
    name: _Name = ""
    file: str = Field(min_length=1, description="table of site, lon, lat, year, variable, depth, value")
    variable: Annotated[str, OneOf(VARIABLES)] = Field("alt", description="what is compared")
    depths: list[Depth] = Field([], description="observed depths to use, m; all if empty")
    years: list[Year] = Field([], description="years to use; all observed years within [run] years if empty")
    without: list[str] = Field([], description="sites to exclude, such as one used in an earlier calibration")
    weight: _Weight = 1.0
    scale: Weight = Field(1.0, description="error that weighs as much as 1 of Kappa, m or K")
    deepest: DepthBelow | None = Field(
        None,
        description="alt: deeper thaw, or thaw through the column, is set to this depth, m; by default the last node",
    )


class SiteGoalKeys(Section):
    """A goal of kind "site": daily measurements at one cell, by the mean of a score over their depths."""

    kind: Literal["site"]
    name: _Name = ""
    at: Annotated[list[Degrees], exactly(2)] | None = Field(
        None, description="[longitude, latitude] of a point in the cell; not needed at a site"
    )
    variable: Annotated[str, OneOf(OBSERVED_KINDS)] = Field("soil_temperature", description="what is compared")
    objective: Annotated[str, OneOf(OBJECTIVES)] = Field("nse", description="score, averaged over depths")
    file: str = Field("", description="table of measurements")
    columns: list[Observed] = Field(
        [], description="what each column is; from headers like soil_temperature@0.40 [degC] if empty"
    )
    time_column: str = Field("", description="name of the time column; the first if empty")
    time_format: str = Field("", description="strptime format of the times; ISO 8601 if empty")
    time_zone_hours: float = Field(0.0, description="clock of the file minus UTC, hours", ge=-14.0, le=14.0)
    stamp: Annotated[str, OneOf(STAMPS)] = Field(
        _OBSERVED.stamp, description="position of the time stamp in its interval"
    )
    step: IntervalOrInstant | None = Field(
        None, description="averaging interval of a value, s; from the file if not given"
    )
    missing: list[FillValue] = Field(list(_OBSERVED.missing), description="fill values")
    twin: bool = Field(False, description="synthetic measurements from the hidden run of the target, instead of a file")
    noise: NoiseKelvin = Field(0.1, description="twin: standard deviation of the noise on daily temperature, K")
    seed: Seed = Field(1, description="twin: seed of the noise")
    depths: list[Depth] = Field([], description="depths to use, m; all below the skin if empty")
    calibration: list[Period] = Field([], description="[first, last] days that are fitted; all observed days if empty")
    validation: list[Period] = Field([], description="[first, last] days withheld, for validation")
    weight: _Weight = 1.0


#: Keys of each kind, by the tag that stands in the place of a refusal.
GOAL_KINDS: dict[str, type[Section]] = {"<map>": MapGoalKeys, "<network>": NetworkGoalKeys, "<site>": SiteGoalKeys}


def known_at_a_site(value: Any) -> Any:
    """The goal of a site, so far that it is a table with a kind; messages offer what a site can have."""
    return _known(value, ("site",))


def _known(value: Any, offered: tuple[str, ...] = KINDS) -> Any:
    """Every goal is a table with a known kind."""
    if isinstance(value, Section):
        return value
    kinds = f"one of {', '.join(offered)}" if len(offered) > 1 else f'"{offered[0]}"'
    if not isinstance(value, Mapping):
        raise Refused("is not a table", f'a table with a kind, such as [[calibrate.goals]] kind = "{offered[0]}"')
    if "kind" not in value:
        raise Refused("has no kind", f"kind = {kinds}")
    if value["kind"] not in KINDS:
        raise Refused(f"has an unknown kind, {value['kind']!r}", kinds)
    return value


def _known_over_a_region(value: Any) -> Any:
    return _known(value)


def _kind(value: Any) -> str:
    return f"<{value['kind'] if isinstance(value, Mapping) else value.kind}>"


#: One of calibrate.goals. Tags in <> never show in messages.
GoalKeys = Annotated[
    Annotated[
        Annotated[MapGoalKeys, Tag("<map>")]
        | Annotated[NetworkGoalKeys, Tag("<network>")]
        | Annotated[SiteGoalKeys, Tag("<site>")],
        Discriminator(_kind),
    ],
    BeforeValidator(_known_over_a_region),
]


def goal_name(keys: GoalKeys, year: int | None = None) -> str:
    """The name given, or one made from what the goal is; ``year``: of the target, for a map without one."""
    if keys.name:
        return keys.name
    if keys.kind == "map":
        return f"map {keys.year or year}" if keys.year or year else "map"
    if keys.kind == "network":
        depths = ", ".join(f"{depth:g}" for depth in keys.depths)
        return f"{keys.variable} at {depths} m" if depths else keys.variable
    return f"site {keys.at[0]:g} {keys.at[1]:g}" if keys.at else "site"

"""Keys of [[calibrate.goals]]: what parameter sets of a region are judged by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from lsmcal.case.messages import Complaints
from lsmcal.case.sections.site import Observed
from lsmcal.case.types import NotNegative, Period, Positive, Refused, Section, Year, exactly, one_of
from lsmcal.inputs.observed.network import VARIABLES
from lsmcal.inputs.station.spec import STAMPS, ObservationSpec

KINDS = ("map", "network", "site")
_OBSERVED = ObservationSpec()
_Name = Annotated[str, Field(description="short name in tables and figures; made from the other keys if empty")]
_Weight = Annotated[Positive, Field(description="in a weighted sum of the goals")]


class MapGoalKeys(Section):
    """A goal of kind "map": Kappa against the target map."""

    kind: Literal["map"]
    name: _Name = ""
    year: Year | None = Field(None, description="year of the classes; that of [target] if not given")
    file: str = Field("", description="map of this year, read as [target] says; the map of [target] if empty")
    weight: _Weight = 1.0


class NetworkGoalKeys(Section):
    """A goal of kind "network": RMSE of one variable against a table of boreholes and probes."""

    kind: Literal["network"]
    name: _Name = ""
    file: str = Field(min_length=1, description="table of site, lon, lat, year, variable, depth, value")
    variable: one_of(VARIABLES) = Field("alt", description="what is compared")
    depths: list[NotNegative] = Field([], description="observed depths that count, m; all if empty")
    years: list[Year] = Field([], description="years that count; all observed ones within [run] years if empty")
    without: list[str] = Field([], description="sites that do not count, such as one calibrated on before")
    weight: _Weight = 1.0
    scale: Positive = Field(1.0, description="error that counts as much as 1 of Kappa, m or K")
    deepest: Positive | None = Field(
        None, description="alt: deeper thaw, or thaw through the column, counts as this depth, m; else the last node"
    )


class SiteGoalKeys(Section):
    """A goal of kind "site": mean NSE over depths of daily soil temperature at one cell."""

    kind: Literal["site"]
    name: _Name = ""
    at: Annotated[list[float], exactly(2)] = Field(description="[longitude, latitude]; the cell that holds the point")
    file: str = Field("", description="table of measurements")
    columns: list[Observed] = Field(
        [], description="what each column is; from headers like soil_temperature@0.40 [degC] if empty"
    )
    time_column: str = Field("", description="name of the time column; the first if empty")
    time_format: str = Field("", description="strptime format of the times; ISO 8601 if empty")
    time_zone_hours: float = Field(0.0, description="clock of the file minus UTC, hours", ge=-14.0, le=14.0)
    stamp: one_of(STAMPS) = Field(_OBSERVED.stamp, description="where in its interval a time stamp stands")
    step: NotNegative | None = Field(None, description="seconds a value stands for; from the file if not given")
    missing: list[float] = Field(list(_OBSERVED.missing), description="numbers that mean: no value")
    twin: bool = Field(False, description="measurements made from the hidden run of the target, instead of a file")
    noise: NotNegative = Field(0.1, description="twin: standard deviation of the noise on daily temperature, K")
    seed: int = Field(1, description="twin: seed of the noise", ge=0)
    depths: list[Positive] = Field([], description="depths that count, m; all observed ones if empty")
    calibration: list[Period] = Field([], description="[first, last] days that are fitted; all observed days if empty")
    validation: list[Period] = Field([], description="[first, last] days that only judge the result")
    weight: _Weight = 1.0


#: Keys of each kind, by the tag that stands in the place of a refusal.
GOAL_KINDS = {"<map>": MapGoalKeys, "<network>": NetworkGoalKeys, "<site>": SiteGoalKeys}


def _known(value: Any) -> Any:
    """Every goal is a table with a known kind."""
    if isinstance(value, Section):
        return value
    if not isinstance(value, Mapping):
        raise Refused("is not a table", 'a table with a kind, such as [[calibrate.goals]] kind = "map"')
    if "kind" not in value:
        raise Refused("has no kind", f"kind = one of {', '.join(KINDS)}")
    if value["kind"] not in KINDS:
        raise Refused(f"has an unknown kind, {value['kind']!r}", f"one of {', '.join(KINDS)}")
    return value


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
    BeforeValidator(_known),
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
    return f"site {keys.at[0]:g} {keys.at[1]:g}"


def check_goals(
    goals: Sequence[GoalKeys],
    years: Sequence[int],
    thickness: Sequence[float],
    out: Complaints,
    key: str = "calibrate.goals",
    target_year: int | None = None,
) -> None:
    """Complain of everything that shows without opening a file.

    Parameters
    ----------
    goals : sequence
    years : (first, last)
        Of the run.
    thickness : sequence of float
        Of the layers [m].
    out : Complaints
    key : str
        Name of the list.
    target_year : int, optional
        Year of [target].
    """
    bottom = list(accumulate(thickness))[-1]
    checks = {"map": _check_map, "network": _check_network, "site": _check_site}
    names: dict[str, int] = {}
    for number, keys in enumerate(goals, start=1):
        place = f"{key}[{number}]"
        checks[keys.kind](keys, years, out, place)
        for index, depth in enumerate(getattr(keys, "depths", ()), start=1):
            if depth > bottom:
                out.add(f"{place}.depths[{index}]", "lies below the column", f"{depth:g} m", f"at most {bottom:g} m")
        name = goal_name(keys, target_year)
        if names.setdefault(name, number) != number:
            out.add(f"{place}.name", f"is the name of goal {names[name]} too", name, "another name")


def _inside(year: int, years: Sequence[int], out: Complaints, key: str, value: object) -> None:
    if not years[0] <= year <= years[1]:
        out.add(key, "lies outside [run] years", value, f"{years[0]} to {years[1]}")


def _check_map(keys: MapGoalKeys, years: Sequence[int], out: Complaints, place: str) -> None:
    if keys.year is not None and not years[0] < keys.year <= years[1]:
        out.add(
            f"{place}.year",
            "needs this year and the one before within [run] years",
            keys.year,
            f"{years[0] + 1} to {years[1]}",
        )


def _check_network(keys: NetworkGoalKeys, years: Sequence[int], out: Complaints, place: str) -> None:
    for index, year in enumerate(keys.years, start=1):
        _inside(year, years, out, f"{place}.years[{index}]", year)
    if keys.depths and VARIABLES[keys.variable].depth == "no":
        out.add(f"{place}.depths", f"{keys.variable} has no depth", keys.depths, "no depths, or another variable")
    if keys.deepest is not None and keys.variable != "alt":
        out.add(f"{place}.deepest", "is for alt only", keys.deepest, "no such key")


def _check_site(keys: SiteGoalKeys, years: Sequence[int], out: Complaints, place: str) -> None:
    if bool(keys.file) == keys.twin:
        out.add(
            place,
            "needs either measurements or a twin",
            "both" if keys.file else "neither",
            "file = ... or twin = true",
        )
    if keys.twin and not keys.depths:
        out.add(f"{place}.depths", "a twin needs the depths of its sensors", "", "for example [0.1, 0.4, 1.0]")
    if keys.twin and not keys.calibration:
        out.add(
            f"{place}.calibration",
            "a twin needs its days",
            "",
            f'for example [["{years[1]}-01-01", "{years[1]}-12-31"]]',
        )
    for which in ("calibration", "validation"):
        for index, (first, last) in enumerate(getattr(keys, which), start=1):
            key, value = f"{place}.{which}[{index}]", f"{first} to {last}"
            if not first or not last or first > last:
                out.add(key, "is upside down or open", value, "[first day, last day]")
                continue
            for day in (first, last):
                if not years[0] <= int(day[:4]) <= years[1]:
                    _inside(int(day[:4]), years, out, key, value)
                    break

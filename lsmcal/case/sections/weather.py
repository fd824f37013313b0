"""Keys of [forcing] at a site."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from lsmcal.case.limits import Factor, FillValue, Hours, Index, Interval, ModelStep, Seed, Value
from lsmcal.case.types import OneOf, Section, Year, exactly, key
from lsmcal.inputs.station.spec import CALENDARS, DISAGGREGATIONS, FORCING_FORMATS, STAMPS, ForcingSpec

_FORCING = ForcingSpec()


class Column(Section):
    """A column of a forcing file: its name alone, or a table with unit and scale."""

    column: str = Field(min_length=1, description="name in the file")
    unit: str = key("", "unit by name; from the file if empty")
    scale: Factor = key(1.0, "factor on the values")


def _named(value):
    return {"column": value} if isinstance(value, str) else value


class Forcing(Section):
    """[forcing]: the weather."""

    format: Annotated[str, OneOf(FORCING_FORMATS)] = key(_FORCING.format, "file format")
    file: str = key("", "the file, in --data, LSMCAL_DATA or beside the case")
    columns: dict[str, Annotated[Column, BeforeValidator(_named)]] = key({}, "variable to column of the file")
    constants: dict[str, Value] = key({}, "variable to one constant value, in the model's unit")
    time_column: str = key("", "name of the time column; the first if empty")
    time_format: str = key("", "strptime format of the times; ISO 8601 if empty")
    time_zone_hours: float = key(0.0, "clock of the file minus UTC, hours", ge=-14.0, le=14.0)
    stamp: Annotated[str, OneOf(STAMPS)] = key(_FORCING.stamp, "position of the time stamp in its interval")
    step: Interval | None = key(None, "seconds between records; from the file if not given")
    target_step: ModelStep | None = key(None, "seconds of the model's step; that of the file if not given")
    disaggregate: Annotated[str, OneOf(DISAGGREGATIONS)] = key(
        _FORCING.disaggregate, "disaggregation of daily means over the day"
    )
    precipitation_hours: Hours = key(24.0, "hours over which daily precipitation falls")
    estimate_longwave: str = key("", "formula for missing longwave radiation")
    estimate_air_pressure: str = key("", "formula for missing air pressure")
    calendar: Annotated[str, OneOf(CALENDARS)] = key(_FORCING.calendar, "calendar of the file")
    missing: list[FillValue] = key(list(_FORCING.missing), "fill values")
    cell: Index | None = key(None, "cell number in a NetCDF file or of the generator")
    seed: Seed = key(0, "seed of the generator")
    years: Annotated[list[Year], exactly(2)] = key(list(_FORCING.years), "first and last year of the generator")
    climate: dict[str, Value] = key({}, "generator: settings that differ from its plateau climate")

"""Keys of [observations]: what was measured at a site."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lsmcal.case.limits import Depth, DepthBelow, FillValue, IntervalOrInstant, NoiseKelvin, Seed, Value
from lsmcal.case.types import Date, OneOf, Section, key
from lsmcal.inputs.station.spec import OBSERVED_KINDS, STAMPS, ObservationSpec

_OBSERVED = ObservationSpec()


class Observed(Section):
    """A column of an observation file."""

    column: str = Field(min_length=1, description="name in the file")
    kind: Annotated[str, OneOf(OBSERVED_KINDS)] = key("soil_temperature", "observed quantity")
    depth: Depth = key(0.0, "m below the surface; 0 is the skin")
    unit: str = key("", "unit by name; from the header if empty")


class Observations(Section):
    """[observations]: a table of measurements, or a twin: a run with hidden parameters plus noise."""

    format: Literal["csv", "twin"] = key("csv", "a file, or synthetic observations")
    file: str = key("", "the table, found like the forcing file")
    columns: list[Observed] = key([], "what each column is; from headers like soil_temperature@0.40 [degC] if empty")
    time_column: str = key("", "name of the time column; the first if empty")
    time_format: str = key("", "strptime format of the times; ISO 8601 if empty")
    time_zone_hours: float | None = key(
        None, "clock of the file minus UTC, hours; that of the forcing if not given", ge=-14.0, le=14.0
    )
    stamp: Annotated[str, OneOf(STAMPS)] = key(_OBSERVED.stamp, "position of the time stamp in its interval")
    step: IntervalOrInstant | None = key(
        None, "averaging interval of a value, s; 0: instantaneous; from the file if not given"
    )
    missing: list[FillValue] = key(list(_OBSERVED.missing), "fill values")
    start: Date = key("", "first day used")
    end: Date = key("", "last day used")
    hidden: dict[str, Value] = key({}, "twin: parameter set of the run that is observed")
    depths: list[DepthBelow] = key([], "twin: depths of the sensors, m")
    noise: NoiseKelvin = key(0.1, "twin: standard deviation of the noise on daily temperature, K")
    seed: Seed = key(1, "twin: seed of the noise")

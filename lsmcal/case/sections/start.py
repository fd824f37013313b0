"""Keys of [initial], [spinup] and [run]: the start of a column, its equilibrium, its period."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lsmcal.case.limits import (
    CanopyWater,
    Cycles,
    Saturation,
    SnowDepth,
    SnowWater,
    Threads,
    ToleranceKelvin,
    ToleranceWater,
)
from lsmcal.case.types import Date, Kelvin, Profile, Section, Year, exactly, key


class Initial(Section):
    """[initial]: the start of the column, before the spin-up."""

    source: Literal["linear", "profile", "noah-text", "file"] = Field(
        "linear", alias="from", description="source of the initial profile"
    )
    file: str = key("", "Noah text file or run file; for noah-text the forcing file if empty")
    surface_mean: Kelvin | None = key(None, "linear: mean surface temperature, K; from a trial year if not given")
    temperature: Profile | None = key(None, "profile: K, one value per layer or tables {to_depth, value}")
    water: Profile | None = key(None, "profile: total water, m3 m-3; saturation times porosity if not given")
    liquid: Profile | None = key(None, "profile: liquid water, m3 m-3; on the freezing curve if not given")
    saturation: Saturation = key(0.5, "saturation (total water over porosity) where water is not given")
    skin_temperature: Kelvin | None = key(None, "K; the first air temperature if not given")
    canopy_water: CanopyWater = key(0.0, "water on the canopy, m")
    snow_water: SnowWater = key(0.0, "snow water equivalent, m")
    snow_depth: SnowDepth = key(0.0, "snow depth, m")


class SpinUp(Section):
    """[spinup]: years that are repeated before the run until the column is in equilibrium; what both kinds have."""

    years: Annotated[list[Year], exactly(2)] | None = key(None, "first and last year to repeat")
    start: Date = key("", "first day to repeat, instead of years; the first year of the run if both are empty")
    end: Date = key("", "last day to repeat")
    method: Literal["converged", "accelerated", "fixed", "none"] = key(
        "converged", "until convergence, the same with Newton steps, a fixed number of cycles, or none"
    )
    cycles: Cycles = key(100, "fixed: number of cycles")
    min_cycles: Cycles = key(3, "converged and accelerated: minimum number of cycles")
    max_cycles: Cycles = key(100, "converged and accelerated: maximum number of cycles")
    tolerance_temperature: ToleranceKelvin = key(0.01, "largest change of a layer's mean from cycle to cycle, K")
    tolerance_water: ToleranceWater = key(1.0, "largest change of total water over a cycle, mm")
    tolerance_ice: ToleranceWater = key(1.0, "largest change of ice over a cycle, mm")


class SiteSpinUp(SpinUp):
    """[spinup] of a site."""


class Run(Section):
    """[run]: the period and its output."""

    start: Date = key("", "first day, on the clock of the forcing; the first of the forcing if empty")
    end: Date = key("", "last day; the last of the forcing if empty")
    output: Literal["daily", "step", "none"] = key("daily", "records of the series in run.nc")
    threads: Threads = key(1, "threads over blocks of columns")

"""Keys of [region], and of [forcing], [spinup] and [run] as a region has them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lsmcal.case.limits import Cells, Degrees, Pause, Saturation, Seed, Threads
from lsmcal.case.sections.ground import Surface
from lsmcal.case.sections.start import SpinUp
from lsmcal.case.types import OneOf, Section, Year, exactly

#: Where the cells of a region come from.
SOURCES = ("plateau", "climatology", "indices", "file")
#: Those whose weather the package makes along with the cells: formats of [forcing] of the same name.
MADE = SOURCES[:-1]


class Region(Surface):
    """[region]: the cells, and what they share."""

    source: Annotated[str, OneOf(SOURCES)] = Field("file", description="synthetic cells, or a domain file")
    file: str = Field("", description="file: the domain, in --data, LSMCAL_DATA or beside the case")
    cells: Cells = Field(200, description="plateau: number of cells")
    seed: Seed = Field(0, description="seed of synthetic ground and forcing")


class GeneratedForcing(Section):
    """[forcing] with format "plateau" or "climatology": weather made by the package along with the cells."""

    format: Literal["plateau", "climatology"] = Field("plateau", description="as [region] source")
    file: str = Field("", description="climatology: file of elevation and monthly means")


class RegionSpinUp(SpinUp):
    """[spinup]: years that are repeated until each cell is in equilibrium."""

    years: Annotated[list[Year], exactly(2)] = Field([1979, 1983], description="first and last year to repeat")
    saturation: Saturation = Field(0.5, description="initial saturation: total water over porosity")


class RegionRun(Section):
    """[run]: the years and their output."""

    years: Annotated[list[Year], exactly(2)] = Field([1979, 2018], description="first and last year of the run")
    series: Literal["none", "monthly", "daily"] = Field(
        "none", description="records of the selected cells in series.nc"
    )
    cells: list[Annotated[list[Degrees], exactly(2)]] = Field(
        [], description="[longitude, latitude] of points in the selected cells"
    )
    threads: Threads = Field(1, description="threads on each rank, over blocks of cells")
    checkpoint_seconds: Pause = Field(60.0, description="minimum time between two checkpoints of a block of cells, s")

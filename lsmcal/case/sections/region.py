"""Keys of [region], and of [forcing], [spinup] and [run] as a region has them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lsmcal.case.sections.ground import Surface
from lsmcal.case.sections.start import SpinUp
from lsmcal.case.types import Count, NotNegative, Section, Year, exactly

#: Where the cells of a region come from.
SOURCES = ("plateau", "climatology", "indices", "file")
#: Those whose weather the package makes along with the cells: formats of [forcing] of the same name.
MADE = SOURCES[:-1]


class Region(Surface):
    """[region]: the cells, and what they share."""

    source: Literal[SOURCES] = Field("file", description="cells made by the package, or of a domain file")
    file: str = Field("", description="file: the domain, looked for in --data, LSMCAL_DATA and beside the case")
    cells: Count = Field(200, description="plateau: number of cells")
    seed: int = Field(0, description="not file: seed of ground and weather", ge=0)


class GeneratedForcing(Section):
    """[forcing] with format "plateau" or "climatology": weather made by the package along with the cells."""

    format: Literal["plateau", "climatology"] = Field("plateau", description="as [region] source")
    file: str = Field("", description="climatology: elevation and monthly means, looked for as data")


class RegionSpinUp(SpinUp):
    """[spinup]: years that are repeated until each cell is in equilibrium."""

    years: Annotated[list[Year], exactly(2)] = Field([1979, 1983], description="first and last year to repeat")
    saturation: float = Field(0.5, description="total water over porosity at the start", gt=0.0, le=1.0)


class RegionRun(Section):
    """[run]: the years and their output."""

    years: Annotated[list[Year], exactly(2)] = Field([1979, 2018], description="first and last year of the run")
    series: Literal["none", "monthly", "daily"] = Field("none", description="records of the chosen cells in series.nc")
    cells: list[Annotated[list[float], exactly(2)]] = Field(
        [], description="[longitude, latitude] of the chosen cells; the cell that holds the point"
    )
    threads: Count = Field(1, description="pieces of the region computed at a time on each rank")
    checkpoint_seconds: NotNegative = Field(60.0, description="least time between two checkpoints of a piece, s")

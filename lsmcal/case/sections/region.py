"""Keys of a regional case: a case file with [region] instead of [site]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from lsmcal.case.sections.degree_days import IndicesForcing
from lsmcal.case.sections.domain import Domain
from lsmcal.case.sections.gridded_forcing import GriddedForcingKeys, PackedForcingKeys
from lsmcal.case.sections.screen import Screen
from lsmcal.case.sections.site import SECTIONS, About, Grid, Model, Report, SpinUp, Surface
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


#: Sections a case may do without.
OPTIONAL = ("observations", "domain", "screen", "target")


def sections_of(content: Mapping[str, object]) -> dict[str, type[Section]]:
    """Sections and keys of the kind of case that this is."""
    if "region" not in content:
        return SECTIONS
    domain = {"domain": Domain} if "domain" in content else {}
    screen = {"screen": Screen} if "screen" in content else {}
    search = {}
    if "target" in content or "calibrate" in content:
        from lsmcal.case.sections.calibrate import MapCalibrate, Target

        search = {"target": Target, "calibrate": MapCalibrate}
    return {
        "case": About,
        "region": Region,
        **domain,
        "grid": Grid,
        "model": Model,
        "forcing": _forcing(content.get("forcing")),
        "spinup": RegionSpinUp,
        "run": RegionRun,
        **screen,
        **search,
        "report": Report,
    }


def _forcing(given: object) -> type[Section]:
    chosen = given.get("format") if isinstance(given, Mapping) else None
    if chosen == "indices":
        return IndicesForcing
    if chosen == "packed":
        return PackedForcingKeys
    return GeneratedForcing if chosen in (None, "plateau", "climatology") else GriddedForcingKeys


def required(content: Mapping[str, object]) -> tuple[str, ...]:
    """Sections that must be there."""
    region = content.get("region")
    if region is None:
        return "site", "forcing"
    made = isinstance(region, Mapping) and region.get("source") in ("plateau", "climatology")
    return () if made else ("forcing",)

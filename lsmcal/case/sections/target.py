"""Keys of [target]: the map of permafrost that a region's calibration is to meet."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lsmcal.case.limits import Seed, Value
from lsmcal.case.sections.domain import TargetMap
from lsmcal.case.types import OneOf, Year

#: Where a target comes from.
TARGETS = ("domain", "map", "twin")


class Target(TargetMap):
    """[target]: the map of permafrost that is to be met."""

    source: Annotated[str, OneOf(TARGETS)] = Field(
        "domain", description='"domain": the map in the domain file; "map": a file; "twin": a hidden run'
    )
    file: str = Field("", description="map: NetCDF or GeoTIFF, in --data, LSMCAL_DATA or beside the case")
    year: Year = Field(2010, description="year of the map; permafrost is frozen through this year and the one before")
    hidden: dict[str, Value] = Field({}, description="twin: parameter set of the hidden run")
    wrong: Annotated[float, Field(ge=0.0, lt=0.5)] = Field(0.0, description="twin: share of cells with a wrong class")
    seed: Seed = Field(1, description="twin: seed of the wrong cells")

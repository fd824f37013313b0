"""Keys of [site] and [grid]: place, ground and plants, layers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from lsmcal.case.limits import MOST_LAYERS, DepthBelow, Elevation, SensorHeight, Thickness
from lsmcal.case.types import ClassKey, Fraction, Monthly, MonthlyArea, Section, Soil, exactly, key, number_or
from lsmcal.noah.runtime.grid import PAPER_THICKNESS

#: Monthly green fraction of the released demonstration input (NoahTibet).
DEMONSTRATION_GREENNESS = (0.01, 0.02, 0.07, 0.17, 0.27, 0.58, 0.93, 0.96, 0.65, 0.24, 0.11, 0.02)


class Surface(Section):
    """What a site and all cells of a region have around the soil."""

    slope_class: int = key(3, "drainage at the bottom: classes 1 to 9 of the slope table", ge=1, le=9)
    zbot: DepthBelow = key(40.0, "depth of the lower boundary's temperature, m, below the last layer")
    snow_albedo: Annotated[float | str, BeforeValidator(number_or("table", 0.0, 1.0))] = key(
        0.75, 'largest albedo of deep snow, or "table": that of the vegetation class'
    )
    greenness: Monthly = key(list(DEMONSTRATION_GREENNESS), "green fraction on the 15th of each month")
    greenness_min: Fraction = key(0.01, "least green fraction of the year")
    greenness_max: Fraction = key(0.96, "largest green fraction of the year")
    height_temperature: SensorHeight = key(2.0, "height of air temperature and humidity, m")
    height_wind: SensorHeight = key(10.0, "height of the wind, m")


class Site(Surface):
    """[site]: place, ground and plants."""

    latitude: float = Field(ge=-90.0, le=90.0, description="degrees north")
    longitude: float = Field(ge=-180.0, le=360.0, description="degrees east")
    elevation: Elevation | None = key(None, 'm above sea level; needed by tbot = "elevation" and by estimates')
    vegetation: ClassKey = Field(description="vegetation class, number or name")
    soil: Soil = Field(description='one class, a list with one per layer, or tables {to_depth = 1.0, class = "loam"}')
    column_soil: ClassKey | None = key(
        None, "class of the properties of the whole column; that of the first layer if not given"
    )
    tbot: Annotated[float | str, BeforeValidator(number_or("elevation", 200.0, 320.0, "K"))] = key(
        "elevation", 'temperature at zbot, K, or "elevation": the plateau\'s regression on elevation'
    )
    tbot_clip: Annotated[list[Elevation], exactly(2)] = key(
        [4600.0, 5300.0], "elevations beyond which the regression is constant, m"
    )
    cover: Literal["sparse", "dense"] = key("sparse", 'selects the exchange scheme of "by-cover"')
    albedo: Monthly | None = key(None, "snow-free albedo of each month; from class and greenness if not given")
    leaf_area: MonthlyArea | None = key(None, "leaf area index of each month; from class and greenness if not given")


class Grid(Section):
    """[grid]: the layers."""

    thickness: Annotated[list[Thickness], Field(min_length=2, max_length=MOST_LAYERS)] = key(
        PAPER_THICKNESS.tolist(), "layer thicknesses from the top, m"
    )

"""Keys of [domain]: the grid of a region and the maps its cells are made from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from lsmcal.case.limits import (
    Code,
    Degrees,
    DepthBelow,
    DistanceKm,
    Elevation,
    Factor,
    FillValue,
    Index,
    LeafArea,
    Span,
)
from lsmcal.case.messages import Complaints
from lsmcal.case.types import ClassKey, Fraction, Section, Soil, exactly, number_or
from lsmcal.core.errors import Problems
from lsmcal.core.memory import check_memory
from lsmcal.inputs.domain.bottom_temperature import BOTTOM_CLIP

_bottom = number_or(("elevation", "nan2002", "map"), 200.0, 320.0, "K")


def _both(value: Any) -> Any:
    """One resolution for longitude and latitude."""
    single = isinstance(value, (int, float)) and not isinstance(value, bool)
    return [float(value)] * 2 if single else value


class Map(Section):
    """A map: where it is and what of it is meant."""

    file: str = Field("", description="NetCDF or GeoTIFF, in --data, LSMCAL_DATA or beside the case")
    variable: str = Field("", description="NetCDF variable, or number of the band; the only one if empty")
    level: Index | None = Field(None, description="index, from 0, along a further dimension of the variable")
    missing: list[FillValue] = Field([], description="fill values")
    scale: Factor = Field(1.0, description="factor on the values")


class ClassMap(Map):
    """A map of classes."""

    crosswalk: str = Field("", description="packaged legend or a .csv file; empty: the model's own classes")
    exclude: list[ClassKey] | None = Field(
        None, description="classes of the model whose cells are masked; water, glacier and ice if not given"
    )
    within_km: DistanceKm | None = Field(
        None, description="largest distance of a pixel that fills a cell without one; the cell's diagonal if not given"
    )


class VegetationMap(ClassMap):
    """[domain.vegetation]: a map, or one class everywhere."""

    everywhere: ClassKey | None = Field(None, alias="class", description="one class everywhere, instead of a map")


class SoilLayer(Map):
    """A soil map of one stretch of depth."""

    to_depth: DepthBelow = Field(description="m; applies to layers whose node lies above, and below the previous map")


class SoilMap(ClassMap):
    """[domain.soil]: one map, a map for each stretch of depth, or the same everywhere."""

    maps: list[SoilLayer] = Field([], description="maps from the surface down; the last extends to the bottom")
    everywhere: Soil | None = Field(
        None, alias="class", description="instead of maps: class of all layers, a list, or tables {to_depth, class}"
    )


class MaskMap(Map):
    """[[domain.masked]]: what takes cells out, such as glaciers and lakes."""

    name: str = Field("glacier or lake", description="the reason, for the report", min_length=1)
    values: list[Code] = Field([], description="class codes that count; all but 0 if empty")
    fractions: bool = Field(False, description="the map holds fractions of cover, 0 to 1, instead of classes")
    share: Fraction = Field(0.5, description="share of a cell from which it is masked")


class RegionMap(Map):
    """[domain.region]: the cells wanted."""

    values: list[Code] = Field([], description="class codes that count; all but 0 if empty")
    share: Fraction = Field(0.5, description="share of a cell from which it is kept")


class TargetMap(Map):
    """[domain.target]: a permafrost map to compare with."""

    permafrost: Annotated[list[Code], Field(min_length=1)] = Field([1], description="class codes for permafrost")
    absent: list[Code] = Field([0], description="class codes for ground without permafrost")
    least_share: Fraction = Field(
        0.5, description="least share of a cell with either class; below it the cell is unknown"
    )


class Domain(Section):
    """[domain]: from maps to cells; 'lsmcal domain' writes them to [region] file."""

    bounds: Annotated[list[Degrees], exactly(4)] = Field(description="west, east, south and north edge, degrees")
    resolution: Annotated[list[Span], BeforeValidator(_both), exactly(2)] = Field(
        description="of a cell, degrees: one number, or [longitude, latitude]"
    )
    outline: str = Field("", description="GeoJSON file; cells whose centre lies outside are masked")
    region: RegionMap | None = Field(None, description="map of the cells to keep")
    elevation: Map = Field(description="map of elevation, m")
    vegetation: VegetationMap = Field(description="vegetation classes")
    soil: SoilMap = Field(description="soil classes")
    bedrock: Map | None = Field(None, description="map of the depth to bedrock, m; layers below become bedrock")
    bedrock_class: ClassKey = Field("bedrock", description="class of the soil table below that depth")
    masked: list[MaskMap] = Field([], description="glaciers, lakes and the like")
    leaf_area: Map | None = Field(None, description="leaf area index of twelve months, or a series of times")
    greenness: Map | None = Field(None, description="green fraction of twelve months, or a series of times")
    cover: Literal["", "leaf-area", "sparse", "dense"] = Field(
        "", description="dense or sparse vegetation: by leaf area where there is a map, else sparse"
    )
    lai_dense: LeafArea = Field(0.20, description="leaf area, mean of the year, above which vegetation is dense")
    tbot: Annotated[float | str, BeforeValidator(_bottom)] = Field(
        "elevation", description='bottom temperature: K, "elevation", "nan2002" (with latitude) or "map"'
    )
    tbot_clip: Annotated[list[Elevation], exactly(2)] = Field(
        list(BOTTOM_CLIP), description="elevation: range beyond which the line is constant, m"
    )
    tbot_offset: float = Field(273.0, description="elevation: kelvin of 0 degC, 273 or 273.15", ge=272.0, le=274.0)
    tbot_map: Map | None = Field(None, description="map: temperature, K or degC by its units")
    target: TargetMap | None = Field(None, description="permafrost map to compare with")
    weather: Map | None = Field(None, description="a map with values where there is forcing; other cells are masked")


#: Bytes of a cell while maps are laid over the grid: some fields, each as values and as what is known of them.
_BYTES_OF_CELL = 8.0 * 40.0


def _grid(domain: Domain, out: Complaints) -> None:
    west, east, south, north = domain.bounds
    expected = "[west, east, south, north], west < east <= west + 360, -90 <= south < north <= 90"
    if not (-180.0 <= west < east <= min(360.0, west + 360.0) and -90.0 <= south < north <= 90.0):
        out.add("domain.bounds", "is not a rectangle", domain.bounds, expected)
        return
    counts = []
    for name, low, high, size in (
        ("longitude", west, east, domain.resolution[0]),
        ("latitude", south, north, domain.resolution[1]),
    ):
        cells = (high - low) / size
        if cells < 0.5 or abs(cells - round(cells)) > 1e-6 * max(cells, 1.0):
            value = f"{cells:g} cells of {size:g} degrees"
            out.add("domain.resolution", f"does not divide the bounds in {name}", value, "a whole number of cells")
        else:
            counts.append(round(cells))
    if len(counts) == 2:
        needed = Problems()
        cells = float(counts[0]) * counts[1]
        check_memory(_BYTES_OF_CELL * cells, f"a grid of {cells:.3g} cells", needed)
        for problem in needed.found:
            out.add("domain.resolution", problem.message, domain.resolution, problem.expected)
    if counts == [1, 1]:
        out.add("domain.resolution", "leaves one cell", domain.resolution, "at least two cells")


def _one_source(name: str, section: Section, ways: tuple[str, ...], out: Complaints) -> None:
    """A field comes from exactly one of several keys."""
    shown = {"everywhere": "class"}
    given = [shown.get(way, way) for way in ways if getattr(section, way) not in (None, "", [])]
    expected = " or ".join(shown.get(way, way) for way in ways)
    if not given:
        out.add(f"domain.{name}", "gives neither a map nor a class" if len(ways) > 1 else "has no file", "", expected)
    elif len(given) > 1:
        out.add(f"domain.{name}", "gives both", ", ".join(given), f"one of {expected}")


def _sources(domain: Domain, out: Complaints) -> None:
    _one_source("vegetation", domain.vegetation, ("file", "everywhere"), out)
    _one_source("soil", domain.soil, ("file", "maps", "everywhere"), out)
    plain = ("region", "elevation", "bedrock", "leaf_area", "greenness", "tbot_map", "target", "weather")
    single = [(name, getattr(domain, name)) for name in plain]
    single += [(f"masked[{number}]", item) for number, item in enumerate(domain.masked, start=1)]
    single += [(f"soil.maps[{number}]", item) for number, item in enumerate(domain.soil.maps, start=1)]
    for name, item in single:
        if item is not None:
            _one_source(name, item, ("file",), out)
    depths = [item.to_depth for item in domain.soil.maps]
    if sorted(set(depths)) != depths:
        out.add("domain.soil.maps", "are not in order of depth", depths, "increasing to_depth")


def _choices(domain: Domain, out: Complaints) -> None:
    if domain.tbot_clip[0] >= domain.tbot_clip[1]:
        out.add("domain.tbot_clip", "has low above high", domain.tbot_clip, "[low, high]")
    if (domain.tbot == "map") != (domain.tbot_map is not None):
        missing = "tbot_map" if domain.tbot == "map" else "tbot"
        out.add(
            f"domain.{missing}", "tbot and tbot_map do not match", domain.tbot, 'tbot = "map" together with tbot_map'
        )
    if domain.cover == "leaf-area" and domain.leaf_area is None:
        out.add("domain.leaf_area", "key is missing", "", 'a map, for cover = "leaf-area"')
    if domain.target is not None and set(domain.target.permafrost) & set(domain.target.absent):
        both = sorted(set(domain.target.permafrost) & set(domain.target.absent))
        out.add(
            "domain.target", "permafrost and absent share class codes", both, "different codes in permafrost and absent"
        )


#: Checks of [domain] that concern several keys, for the table of a case's checks.
DOMAIN_CHECKS = ((("domain",), _grid), (("domain",), _sources), (("domain",), _choices))

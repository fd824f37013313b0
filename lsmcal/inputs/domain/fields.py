"""The fields of a domain, one function each, from its maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lsmcal.core.words import agreeing, counted
from lsmcal.inputs.domain.bottom_temperature import bottom_temperature, bottom_temperature_nan2002
from lsmcal.inputs.domain.crosswalk import Crosswalk, load_crosswalk
from lsmcal.inputs.domain.maps import (
    Canvas,
    check_known,
    class_number,
    classes_on,
    in_metres,
    in_range,
    mean_on,
    monthly_on,
    numbers_of,
    share_on,
    whole_numbers,
)
from lsmcal.inputs.domain.outline import inside, read_outline
from lsmcal.inputs.domain.rasters import Raster
from lsmcal.inputs.domain.report import DomainReport
from lsmcal.inputs.domain.settings import (
    ClassMapWanted,
    DomainSettings,
    MapWanted,
    MaskWanted,
    SoilWanted,
    TargetMapWanted,
)
from lsmcal.noah.runtime.grid import node_depths

if TYPE_CHECKING:
    from lsmcal.noah.parameters.tables import ClassTable, Tables

#: Classes that are no ground, by table, as far as a table has them.
_NO_GROUND = {"vegetation": ("water bodies", "snow or ice"), "soil": ("glacier", "lake", "water", "land ice")}
_MONTHLY = {"leaf_area": (0.0, 15.0, "leaf area index, 0 to 15"), "greenness": (0.0, 1.0, "a fraction, 0 to 1")}
_CELSIUS = ("c", "degc", "deg_c", "degrees_celsius", "degree_celsius", "celsius", "°c")


def keep_region(canvas: Canvas, settings: DomainSettings, report: DomainReport) -> None:
    """Mask what lies outside the outline or the map of the region."""
    if settings.outline:
        path = canvas.find(settings.outline, "domain.outline", canvas.problems)
        rings = None if path is None else read_outline(path, canvas.problems)
        if path is not None and rings is not None:
            centres = np.meshgrid(canvas.grid.longitude, canvas.grid.latitude)
            report.mask("outside the outline", ~inside(rings, *centres))
            canvas.origin["outline"] = path.name
    if settings.region is not None:
        raster = canvas.read("region", settings.region)
        if raster is not None:
            share = share_on(canvas, raster, _counting(raster, settings.region.values))
            report.mask("outside the region", share < max(settings.region.share, 1e-9))
    canvas.wanted &= report.modelled


def _counting(raster: Raster, values: list[int]) -> np.ndarray:
    """Pixels with one of some numbers, or with any but 0."""
    return raster.valid & (np.isin(raster.values, values) if values else raster.values != 0)


def elevation(canvas: Canvas, wanted: MapWanted) -> np.ndarray | None:
    """Mean height of each cell, (ny, nx) [m]."""
    raster = canvas.read("elevation", wanted)
    if raster is None or not (wanted.scale != 1.0 or in_metres(raster, canvas.problems)):
        return None
    if not in_range(raster, -450.0, 9000.0, "metres above sea level, -450 to 9000", canvas.problems):
        return None
    canvas.covered &= canvas.regrid(raster).covered
    canvas.origin["elevation"] += ", area-weighted mean"
    return mean_on(canvas, raster)


def vegetation(canvas: Canvas, wanted: ClassMapWanted, table: ClassTable) -> np.ndarray | None:
    """Vegetation class of each cell, (ny, nx); 0: none."""
    if wanted.everywhere is not None:
        number = class_number(table, wanted.everywhere, "domain.vegetation.class", canvas.problems)
        canvas.origin["vegetation"] = "one class everywhere"
        return None if number is None else np.full(canvas.shape, number, dtype=np.int64)
    crosswalk = _crosswalk(canvas, "vegetation", wanted, table)
    within = _within(canvas, wanted)
    raster = canvas.read("vegetation", wanted, within)
    classes = _known_classes(canvas, "vegetation", raster, crosswalk)
    if raster is None or crosswalk is None or classes is None:
        return None
    translated = _translated(raster, classes, crosswalk, 0.0)
    _describe(canvas, "vegetation", crosswalk, within)
    found, held = classes_on(canvas, "vegetation", raster, translated, translated > 0, within)
    return np.where(held, found, 0)


def _translated(raster: Raster, classes: np.ndarray, crosswalk: Crosswalk, depth: float) -> np.ndarray:
    """The model's class of each pixel at a depth; 0: none."""
    known = np.where(raster.valid, classes, classes[raster.valid][0])
    return np.where(raster.valid, crosswalk.layers(known, np.array([depth]))[..., 0], 0)


def _within(canvas: Canvas, wanted: ClassMapWanted) -> float:
    return canvas.diagonal_km if wanted.within_km is None else wanted.within_km


def _crosswalk(canvas: Canvas, kind: str, wanted: ClassMapWanted, table: ClassTable) -> Crosswalk | None:
    key = f"domain.{kind}.crosswalk"
    return load_crosswalk(kind, wanted.crosswalk, table, canvas.find, canvas.problems, key)


def _known_classes(canvas: Canvas, key: str, raster: Raster | None, crosswalk: Crosswalk | None) -> np.ndarray | None:
    """Classes of a map's pixels if all of them can be understood."""
    if raster is None or crosswalk is None:
        return None
    classes = whole_numbers(raster, canvas.problems)
    if classes is None or not check_known(raster, classes, crosswalk, key.partition(".")[0], canvas.problems):
        return None
    return classes


def _describe(canvas: Canvas, key: str, crosswalk: Crosswalk, within: float) -> None:
    by = f", crosswalk {crosswalk.name}" if crosswalk.name else ""
    canvas.origin[key] += f"{by}, majority, else the nearest within {within:.1f} km"


def soil(canvas: Canvas, settings: DomainSettings, thickness: np.ndarray, table: ClassTable) -> np.ndarray | None:
    """Soil class of each layer of each cell, (ny, nx, nz); 0: none."""
    wanted, middle = settings.soil, node_depths(thickness)
    if wanted.everywhere is not None:
        profile = _one_profile(canvas, wanted.everywhere, middle, table)
        canvas.origin["soil"] = "the same everywhere"
        found = None if profile is None else np.tile(profile, (*canvas.shape, 1))
    else:
        found = _soil_maps(canvas, wanted, middle, table)
    if settings.bedrock is not None:
        return _with_bedrock(canvas, settings, found, middle, table)
    return found


def _one_profile(canvas: Canvas, given, middle: np.ndarray, table: ClassTable) -> np.ndarray | None:
    key = "domain.soil.class"
    if not isinstance(given, list):
        number = class_number(table, given, key, canvas.problems)
        return None if number is None else np.full(middle.size, number, dtype=np.int64)
    classes = [item.soil if hasattr(item, "soil") else item for item in given]
    looked_up = [class_number(table, name, key, canvas.problems) for name in classes]
    numbers = [number for number in looked_up if number is not None]
    if len(numbers) < len(looked_up):
        return None
    if hasattr(given[0], "to_depth"):
        rows = {0: [(item.to_depth, number) for item, number in zip(given, numbers, strict=True)]}
        return Crosswalk("", table, rows).layers(np.zeros(1, dtype=np.int64), middle)[0]
    if len(numbers) != middle.size:
        canvas.problems.add(f"has {len(numbers)} values", source="case", variable=key, expected=f"{middle.size} layers")
        return None
    return np.array(numbers, dtype=np.int64)


def _soil_maps(canvas: Canvas, wanted: SoilWanted, middle: np.ndarray, table: ClassTable):
    """Each map by its majority: of its own classes, so that a profile is one that the data set has."""
    crosswalk, within = _crosswalk(canvas, "soil", wanted, table), _within(canvas, wanted)
    depths = [item.to_depth for item in wanted.maps[:-1]]
    which = np.searchsorted(depths, middle)
    found, complete = np.zeros((*canvas.shape, middle.size), dtype=np.int64), True
    for number, item in enumerate(wanted.maps or [wanted]):
        key = f"soil.maps[{number + 1}]" if wanted.maps else "soil"
        raster = canvas.read(key, item, within)
        classes = _known_classes(canvas, key, raster, crosswalk)
        layers = np.flatnonzero(which == number)
        if raster is None or crosswalk is None or classes is None:
            complete = False
            continue
        _describe(canvas, key, crosswalk, within)
        if not layers.size:
            continue
        ground = _translated(raster, classes, crosswalk, middle[layers[0]]) > 0
        own, held = classes_on(canvas, "soil", raster, classes, ground, within)
        own = np.where(held, own, classes[raster.valid][0])  # any known class serves to look up what is then left out
        found[..., layers] = crosswalk.layers(own, middle[layers]) * held[..., None]
    return found if complete else None


def _with_bedrock(canvas: Canvas, settings, found, middle: np.ndarray, table: ClassTable) -> np.ndarray | None:
    """Layers whose middle lies below the bedrock's mean depth take its class."""
    number = class_number(table, settings.bedrock_class, "domain.bedrock_class", canvas.problems)
    raster = canvas.read("bedrock", settings.bedrock)
    if raster is None or not (settings.bedrock.scale != 1.0 or in_metres(raster, canvas.problems)):
        return None
    if not in_range(raster, 0.0, 2000.0, "metres, 0 to 2000", canvas.problems):
        return None
    if found is None or number is None:
        return None
    canvas.origin["bedrock"] += ", area-weighted mean of the depth"
    below = middle > mean_on(canvas, raster)[..., None]
    return np.where(below & (found > 0), number, found)


def bottom(canvas: Canvas, settings: DomainSettings, height: np.ndarray | None) -> np.ndarray | None:
    """Temperature at the lower boundary, (ny, nx) [K]."""
    if settings.tbot == "map":
        return _bottom_map(canvas, settings.tbot_map)
    if isinstance(settings.tbot, float):
        canvas.origin["tbot"] = f"{settings.tbot:g} K everywhere"
        return np.full(canvas.shape, settings.tbot)
    if height is None:
        return None
    if settings.tbot == "nan2002":
        canvas.origin["tbot"] = "-0.83 lat - 0.0049 h + 50.63341 degC (Nan et al. 2002)"
        return bottom_temperature_nan2002(height, canvas.grid.latitude[:, None])
    low, high = settings.tbot_clip
    canvas.origin["tbot"] = f"-0.0063 h + 30.98 + {settings.tbot_offset:g} K, h from {low:g} to {high:g} m"
    return bottom_temperature(height, (low, high), settings.tbot_offset)


def _bottom_map(canvas: Canvas, wanted: MapWanted) -> np.ndarray | None:
    raster = canvas.read("tbot_map", wanted)
    if raster is None:
        return None
    celsius = raster.unit.strip().lower() in _CELSIUS
    low, high, unit = (-73.0, 47.0, "degC") if celsius else (200.0, 320.0, "K")
    if not in_range(raster, low, high, f"{low:g} to {high:g} {unit}", canvas.problems):
        return None
    canvas.covered &= canvas.regrid(raster).covered
    canvas.origin["tbot"] = f"{canvas.origin.pop('tbot_map')}, area-weighted mean"
    return mean_on(canvas, raster) + (273.15 if celsius else 0.0)


def note_level_ends(settings: DomainSettings, height: np.ndarray, area: np.ndarray, report: DomainReport) -> None:
    """Say how many cells lie where the line of bottom temperature with height is level: too cold low, too warm high."""
    if settings.tbot != "elevation":
        return
    low, high = settings.tbot_clip
    for cells, where in ((height < low, f"below {low:g} m"), (height > high, f"above {high:g} m")):
        if cells.any():
            report.notes.append(
                f"tbot: {counted(cells.sum(), 'cell')} ({area[cells].sum() * 1e-6:,.1f} km2) "
                f"{agreeing(cells.sum(), 'lies', 'lie')} {where}, "
                "where the regression is constant"
            )


def climatology(canvas: Canvas, name: str, wanted: MapWanted) -> np.ndarray | None:
    """Leaf area or greenness of each month, (ny, nx, 12)."""
    raster = canvas.read(name, wanted, monthly=True)
    if raster is None or not in_range(raster, *_MONTHLY[name], canvas.problems):
        return None
    canvas.origin[name] += ", area-weighted mean of each month"
    return monthly_on(canvas, raster)


def without_gaps(leaf_area: np.ndarray, area: np.ndarray, report: DomainReport) -> np.ndarray:
    """Leaf area of the cells, (n, 12); -1 all year where a month has none: the model then takes it from the class."""
    gaps = np.isnan(leaf_area).any(axis=1)
    if gaps.any():
        report.notes.append(
            f"leaf_area: {counted(gaps.sum(), 'cell')} ({area[gaps].sum() * 1e-6:,.1f} km2) "
            f"{agreeing(gaps.sum(), 'lacks', 'lack')} a month; "
            "such cells are sparse and take it from their class"
        )
    return np.where(gaps[:, None], -1.0, leaf_area)


def dense(settings: DomainSettings, leaf_area: np.ndarray | None, origin: dict[str, str], count: int) -> np.ndarray:
    """Cells with dense vegetation, (n,) bool: where the year's mean leaf area exceeds the limit (docs/domain.md)."""
    if leaf_area is None or settings.cover in ("sparse", "dense"):
        word = settings.cover or "sparse"
        origin["dense"] = f"{word} everywhere"
        return np.full(count, word == "dense")
    origin["dense"] = f"leaf area index, mean of the year, above {settings.lai_dense:g}"
    return leaf_area.mean(axis=1) > settings.lai_dense


def target(canvas: Canvas, wanted: TargetMapWanted) -> np.ndarray | None:
    """Permafrost map on the grid, (ny, nx) int8: 1, 0, or -1 where too little of a cell is known. Never filled."""
    raster = canvas.read("target", wanted)
    return None if raster is None else target_classes(canvas, raster, wanted)


def target_classes(canvas: Canvas, raster: Raster, wanted: TargetMapWanted) -> np.ndarray:
    """The same from the map's pixels."""
    frozen, bare = (
        share_on(canvas, raster, raster.valid & np.isin(raster.values, numbers))
        for numbers in (wanted.permafrost, wanted.absent)
    )
    known = (frozen + bare >= wanted.least_share * (1.0 - 1e-6)) & (frozen + bare > 0.0)
    canvas.origin["target"] += f", majority where at least {wanted.least_share:g} of a cell is known"
    return np.where(known, np.where(frozen > bare * (1.0 + 1e-9), 1, 0), -1).astype(np.int8)


def masked(canvas: Canvas, wanted: MaskWanted, number: int) -> np.ndarray:
    """Cells of which a map takes out enough, (ny, nx) bool."""
    key = f"masked[{number}]"
    raster = canvas.read(key, wanted)
    if raster is None:
        return np.zeros(canvas.shape, dtype=bool)
    canvas.origin[f"masked_{number}"] = f"{wanted.name}: {canvas.origin.pop(key)}"
    if wanted.fractions:
        in_range(raster, 0.0, 1.0, "fractions, 0 to 1", canvas.problems)
        regrid = canvas.regrid(raster)
        share = np.nan_to_num(regrid.mean(raster.values, raster.valid)) * regrid.area(raster.valid) / canvas.area
    else:
        share = share_on(canvas, raster, _counting(raster, wanted.values))
    return share >= max(wanted.share * (1.0 - 1e-6), 1e-9)


def excluded(canvas: Canvas, settings: DomainSettings, fields: dict, tables: Tables) -> np.ndarray:
    """Cells whose vegetation, or soil on top, is no ground, (ny, nx) bool."""
    out = np.zeros(canvas.shape, dtype=bool)
    for kind, classes in (("vegetation", fields["vegetation"]), ("soil", fields["soil"][..., 0])):
        given, key = getattr(settings, kind).exclude, f"domain.{kind}.exclude"
        out |= np.isin(classes, numbers_of(getattr(tables, kind), given, _NO_GROUND[kind], key, canvas.problems))
    return out

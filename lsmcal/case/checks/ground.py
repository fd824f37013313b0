"""Checks of [site], [region] and [grid]: surface, soil, layers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from lsmcal.case.limits import DEEPEST, THINNEST
from lsmcal.case.messages import Complaints
from lsmcal.case.sections.ground import Grid, Site, Surface
from lsmcal.noah.runtime.grid import bottom_depths


def layer_values(values: list, thickness, attribute: str = "value") -> np.ndarray:
    """One value per layer, (nz,), from values per layer or tables downward, by the middle of each layer."""
    if not values or not hasattr(values[0], "to_depth"):
        return np.array(values, dtype=object if attribute == "soil" else float)
    middle = bottom_depths(thickness) - 0.5 * np.asarray(thickness)
    rows = np.searchsorted([item.to_depth for item in values], middle)
    chosen = [getattr(item, attribute) for item in values]
    return np.array([chosen[min(row, len(chosen) - 1)] for row in rows], dtype=object if attribute == "soil" else float)


def check_greenness(name: str):
    """Yearly range of the green fraction in section ``name``."""

    def check(surface: Surface, out: Complaints) -> None:
        low, high = surface.greenness_min, surface.greenness_max
        if not low < high:
            out.add(f"{name}.greenness_min", "is not below greenness_max", low, f"below {high:g}")

    return check


def check_bottom_depth(name: str):
    """The lower boundary, of section ``name``, lies below the column."""

    def check(surface: Surface, grid: Grid, out: Complaints) -> None:
        bottom = float(bottom_depths(grid.thickness)[-1])
        if surface.zbot <= bottom:
            out.add(f"{name}.zbot", "does not lie below the last layer", surface.zbot, f"more than {bottom:g} m")

    return check


def _bottom_temperature(site: Site, out: Complaints) -> None:
    if not site.tbot_clip[0] < site.tbot_clip[1]:
        out.add("site.tbot_clip", "has low above high", site.tbot_clip, "[low, high]")
    if site.tbot == "elevation" and site.elevation is None:
        out.add("site.elevation", "key is missing", "", 'm above sea level, or tbot in K instead of "elevation"')


def _soil(site: Site, grid: Grid, out: Complaints) -> None:
    if isinstance(site.soil, list):
        check_downward("site.soil", site.soil, out)
        check_layers("site.soil", site.soil, grid, out)


def check_downward(key: str, parts: list, out: Complaints) -> None:
    """Tables of depths go down."""
    if not parts or not hasattr(parts[0], "to_depth"):
        return
    for number, (above, below) in enumerate(pairwise(part.to_depth for part in parts), start=2):
        if below <= above:
            out.add(f"{key}[{number}].to_depth", "does not lie below the one before", below, f"more than {above:g}")


def check_layers(key: str, values: list, grid: Grid, out: Complaints) -> None:
    """One value per layer, or tables that reach the bottom."""
    count, bottom = len(grid.thickness), float(bottom_depths(grid.thickness)[-1])
    if not values or not hasattr(values[0], "to_depth"):
        if len(values) != count:
            out.add(key, f"has {len(values)} values for {count} layers", "", f"{count} values, or tables with to_depth")
    elif (reached := values[-1].to_depth) < bottom - 1e-9:
        place = f"{key}[{len(values)}].to_depth"
        out.add(place, "does not reach the bottom of the column", reached, f"at least {bottom:g}")


def _layers(grid: Grid, out: Complaints) -> None:
    for number, thickness in enumerate(grid.thickness, start=1):
        if thickness < THINNEST:
            out.add(f"grid.thickness[{number}]", "is out of range", thickness, f"at least {THINNEST:g} m")
    if (bottom := float(sum(grid.thickness))) > DEEPEST:
        out.add("grid.thickness", "reaches too deep", f"{bottom:g} m", f"at most {DEEPEST:g} m in all")


#: Checks of the layers, at a site and over a region.
GRID_CHECKS = ((("grid",), _layers),)
#: Checks of the ground of a site.
GROUND_CHECKS = (
    (("site",), check_greenness("site")),
    (("site",), _bottom_temperature),
    (("site", "grid"), check_bottom_depth("site")),
    (("site", "grid"), _soil),
)

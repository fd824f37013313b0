"""A map of permafrost to calibrate against, carried to the cells of a region."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lsmcal.core.errors import Problems, not_none
from lsmcal.core.geodesy import cell_area
from lsmcal.core.words import counted
from lsmcal.inputs.domain.domain import Domain
from lsmcal.inputs.domain.fields import target_classes
from lsmcal.inputs.domain.maps import Canvas, whole_numbers
from lsmcal.inputs.domain.rasters import Raster

_SHOWN = 12


@dataclass(frozen=True)
class TargetWanted:
    """What of a target map is meant; the keys of a case that say the same serve as well.

    Parameters
    ----------
    file : str
        NetCDF or GeoTIFF on longitude and latitude.
    variable : str
        NetCDF variable, or number of the band; empty: the only one.
    permafrost, absent : sequence of int
        Its numbers for permafrost and for ground without; all others are unknown.
    least_share : float
        Least share of a cell with either; less is unknown.
    level : int, optional
        Index along a further dimension of the variable.
    missing : sequence of float
        Numbers that mean: no value.
    scale : float
        Factor on the values.
    """

    file: str
    variable: str = ""
    permafrost: Sequence[int] = (1,)
    absent: Sequence[int] = (0,)
    least_share: float = 0.5
    level: int | None = None
    missing: Sequence[float] = ()
    scale: float = 1.0


def read_target(
    path: str | os.PathLike,
    domain: Domain,
    *,
    variable: str = "",
    permafrost: Sequence[int] = (1,),
    absent: Sequence[int] = (0,),
    least_share: float = 0.5,
    level: int | None = None,
    missing: Sequence[float] = (),
    scale: float = 1.0,
) -> np.ndarray:
    """Read a target map onto the cells of a domain: the class of most of a cell, unknown where too little is known.

    Parameters
    ----------
    path : path
        NetCDF or GeoTIFF on longitude and latitude, of any resolution; it may reach beyond the region.
    domain : Domain
    variable, permafrost, absent, least_share, level, missing, scale
        As of :class:`TargetWanted`.

    Returns
    -------
    (n,) array of int8
        1 permafrost, 0 none (also where both have the same area), -1 unknown.

    Raises
    ------
    InputError
        A file that cannot be read, another projection, a map outside the region, values that are no classes, none of
        the codes named, no cell with a class, or a single class.
    """
    wanted = TargetWanted(str(path), variable, permafrost, absent, least_share, level, missing, scale)
    canvas = canvas_of(domain)
    raster = canvas.read("target", wanted)
    canvas.problems.raise_if_any()
    raster = not_none(raster)
    _check_codes(raster, wanted, canvas.problems)
    canvas.problems.raise_if_any()
    found = target_classes(canvas, raster, wanted).reshape(-1)[domain.cell]
    check_target(found, str(raster.source), raster.variable, held=f"; the map contains {_held(raster)}")
    return found


def canvas_of(domain: Domain) -> Canvas:
    """The grid of a domain as maps are carried to it; files are looked for where their names say."""
    longitude, latitude = (
        _edges(axis, size)
        for axis, size in zip((domain.grid.longitude, domain.grid.latitude), _sizes(domain), strict=True)
    )
    return Canvas(domain.grid, longitude, latitude, lambda name, _key, _problems: Path(name), Problems())


def check_target(target: np.ndarray, source: str, variable: str = "", what: str = "the region", held: str = "") -> None:
    """Refuse a target by which Kappa could not tell simulations apart.

    Parameters
    ----------
    target : (n,) array of int
        1 permafrost, 0 none, -1 unknown.
    source, variable : str
        Where it is from, for the message.
    what : str
        What it was taken over.
    held : str
        What else is known of it, added to the value found.

    Raises
    ------
    InputError
        All cells are unknown, or all that are known have one class.
    """
    problems, counts = Problems(), [int((np.asarray(target) == code).sum()) for code in (1, 0)]
    expected = "cells with permafrost and cells without"
    if not any(counts):
        problems.add(
            f"no cell has a class in {what}",
            source=source,
            variable=variable,
            value=f"{counted(np.size(target), 'cell')}, all unknown{held}",
            expected=expected,
        )
    elif not all(counts):
        which = "permafrost" if counts[0] else "no permafrost"
        problems.add(
            f"a single class in {what}, so that Kappa is undefined",
            source=source,
            variable=variable,
            value=f"{which} in all {counted(sum(counts), 'cell')} that are known{held}",
            expected=expected,
        )
    problems.raise_if_any()


def _check_codes(raster: Raster, wanted: TargetWanted, problems: Problems) -> None:
    """The map holds classes, and some of those that the case names."""
    classes = whole_numbers(raster, problems)
    named = [*wanted.permafrost, *wanted.absent]
    if classes is None or np.isin(classes[raster.valid], named).any():
        return
    codes = f"{_listed(wanted.permafrost)} (permafrost) or {_listed(wanted.absent)} (none)"
    problems.add(
        "contains none of the class codes of the case",
        source=raster.source,
        variable=raster.variable,
        value=_held(raster),
        expected=codes,
    )


def _held(raster: Raster) -> str:
    """Codes that a map holds around the region, in words."""
    return f"the codes {_listed(np.unique(raster.values[raster.valid]))}"


def _listed(codes: Sequence[float]) -> str:
    shown = ", ".join(f"{code:g}" for code in list(codes)[:_SHOWN])
    return shown + (" ..." if len(codes) > _SHOWN else "")


def _edges(centres: np.ndarray, size: float) -> np.ndarray:
    return np.round(centres[0] + (np.arange(centres.size + 1) - 0.5) * size, 10)


def _sizes(domain: Domain) -> tuple[float, float]:
    """Width and height of a cell [degrees]; where there is but one column or row, by the area of a cell."""
    longitude, latitude = domain.grid.longitude, domain.grid.latitude
    wide, high = ((axis[-1] - axis[0]) / (axis.size - 1) if axis.size > 1 else None for axis in (longitude, latitude))
    if wide is not None and high is not None:
        return wide, high
    side = wide or high or 1.0
    across = np.array([-0.5, 0.5]) * side
    ratio = float(domain.area[0] / cell_area(domain.longitude[0] + across, domain.latitude[0] + across)[0, 0])
    if wide is None and high is None:
        return side * np.sqrt(ratio), side * np.sqrt(ratio)
    return (side * ratio, side) if wide is None else (side, side * ratio)

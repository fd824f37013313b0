"""The maps of a domain: read around the region, checked, and carried to its grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.core.geodesy import cell_area
from lsmcal.inputs.domain.crosswalk import Crosswalk, Find
from lsmcal.inputs.domain.domain import Grid
from lsmcal.inputs.domain.rasters import Raster, Window
from lsmcal.inputs.domain.read_raster import read_raster
from lsmcal.inputs.domain.regrid import Regrid, nearest_class, span_of
from lsmcal.inputs.domain.settings import MapWanted
from lsmcal.noah.parameters.tables import ClassTable, UnknownClassError

_KM_PER_DEGREE = 111.3


@dataclass
class Canvas:
    """The grid that maps are carried to, and what was learned on the way.

    Parameters
    ----------
    grid : Grid
    longitude_edges, latitude_edges : (nx + 1,), (ny + 1,) arrays
        [degrees].
    find : callable
        Finds a file of the case.
    problems : Problems
    wanted : (ny, nx) bool array
        Cells that may be modelled; no others are filled from neighbours.
    covered : (ny, nx) bool array
        Cells that all maps reach so far.
    filled : dict of str to (ny, nx) array
        Distance to the pixel that served a cell without one of its own [km]; NaN elsewhere.
    origin : dict of str to str
        Where each field came from.
    """

    grid: Grid
    longitude_edges: np.ndarray
    latitude_edges: np.ndarray
    find: Find
    problems: Problems
    wanted: np.ndarray = field(init=False)
    covered: np.ndarray = field(init=False)
    filled: dict[str, np.ndarray] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wanted, self.covered = np.ones(self.shape, dtype=bool), np.ones(self.shape, dtype=bool)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.latitude_edges.size - 1, self.longitude_edges.size - 1

    @property
    def area(self) -> np.ndarray:
        """(ny, nx) area of the cells [m2]."""
        return cell_area(self.longitude_edges, self.latitude_edges)

    @property
    def diagonal_km(self) -> float:
        """Of the largest cell."""
        high, wide = np.diff(self.latitude_edges)[0], np.diff(self.longitude_edges)[0]
        shrink = np.cos(np.deg2rad(np.abs(self.grid.latitude).min()))
        return float(np.hypot(high, wide * shrink)) * _KM_PER_DEGREE

    def read(self, key: str, wanted: MapWanted, margin_km: float = 0.0, monthly: bool = False) -> Raster | None:
        """The map of a key of [domain] around the region; None, with the problem noted, if it cannot be used."""
        path = self.find(wanted.file, f"domain.{key}.file", self.problems)
        if path is None:
            return None
        high, wide = span_of(margin_km, np.abs(self.latitude_edges).max())
        window = Window(
            self.longitude_edges[0] - wide,
            self.longitude_edges[-1] + wide,
            self.latitude_edges[0] - high,
            self.latitude_edges[-1] + high,
        )
        raster = read_raster(Path(path), wanted, window, self.problems, monthly)
        if raster is not None:
            self.origin[key] = raster.name
            if not raster.valid.any():
                self.problems.add("has no value in the region", source=raster.source, variable=raster.variable)
                return None
        return raster

    def regrid(self, raster: Raster) -> Regrid:
        """Weights of a map's pixels in the cells."""
        return Regrid(raster.longitude, raster.latitude, self.longitude_edges, self.latitude_edges)


def in_range(raster: Raster, low: float, high: float, expected: str, problems: Problems) -> bool:
    """True if all valid pixels lie within limits; the first that does not is a problem."""
    wrong = raster.valid & ((raster.values < low) | (raster.values > high))
    if not wrong.any():
        return True
    first = tuple(np.argwhere(wrong)[0])
    problems.add(
        f"{int(wrong.sum())} pixels out of range, the first",
        source=raster.source,
        variable=raster.variable,
        where=raster.where(first),
        value=raster.values[first],
        expected=expected,
    )
    return False


def in_metres(raster: Raster, problems: Problems) -> bool:
    """True if a map names no unit, or metres."""
    good = raster.unit.strip().lower() in ("", "1", "m", "metre", "metres", "meter", "meters", "gpm")
    if not good:
        problems.add(
            "has an unexpected unit",
            source=raster.source,
            variable=raster.variable,
            value=raster.unit,
            expected="m, or a scale that makes it m",
        )
    return good


def whole_numbers(raster: Raster, problems: Problems) -> np.ndarray | None:
    """Values of a map of classes as whole numbers, 0 where not valid; small numbers stay small, as maps are large."""
    values = np.where(raster.valid, raster.values, raster.values.dtype.type(0))
    if values.dtype.kind in "iu":
        return values
    classes = np.rint(values).astype(np.int64)
    broken = classes != values
    if not broken.any():
        return classes
    first = tuple(np.argwhere(broken)[0])
    problems.add(
        "is not a map of classes",
        source=raster.source,
        variable=raster.variable,
        where=raster.where(first),
        value=values[first],
        expected="whole numbers",
    )
    return None


def check_known(raster: Raster, classes: np.ndarray, crosswalk: Crosswalk, key: str, problems: Problems) -> bool:
    """True if every class of a map has a row in its crosswalk, or in the table without one."""
    unknown = crosswalk.unknown(np.unique(classes[raster.valid]))
    if not unknown.size:
        return True
    first = tuple(np.argwhere(raster.valid & (classes == unknown[0]))[0])
    shown = ", ".join(str(number) for number in unknown[:12]) + (" ..." if unknown.size > 12 else "")
    many = f"class{'es' if unknown.size > 1 else ''}"
    if crosswalk.rows is None:
        expected = f"1 to {len(crosswalk.table)}, or domain.{key}.crosswalk, or add the number to domain.{key}.missing"
        message = f"{many} without a row in table {crosswalk.table.name}"
    else:
        expected = f"a row for each in {crosswalk.name}, or add the number to domain.{key}.missing"
        message = f"{many} without a row in the crosswalk"
    problems.add(
        message,
        source=raster.source,
        variable=raster.variable,
        where=raster.where(first),
        value=shown,
        expected=expected,
    )
    return False


def classes_on(
    canvas: Canvas, key: str, raster: Raster, classes: np.ndarray, valid: np.ndarray, within_km: float
) -> tuple[np.ndarray, np.ndarray]:
    """Class of each cell: that of most of its area, or else of the nearest valid pixel.

    Parameters
    ----------
    canvas : Canvas
    key : str
        Field, for the report.
    raster : Raster
        Where the pixels lie.
    classes, valid : (sy, sx) arrays
    within_km : float
        Largest distance of that pixel [km].

    Returns
    -------
    (ny, nx) int64 array, (ny, nx) bool array
        The class, and whether there is one.
    """
    regrid = canvas.regrid(raster)
    found, held = regrid.majority(classes, valid)
    canvas.covered &= regrid.covered
    distances = canvas.filled.setdefault(key, np.full(canvas.shape, np.nan))
    for row, column in np.argwhere(canvas.wanted & regrid.covered & ~held):
        place = (canvas.grid.longitude[column], canvas.grid.latitude[row])
        near = nearest_class(place, raster.longitude, raster.latitude, classes, valid, within_km)
        if near is not None:
            found[row, column], held[row, column] = near[0], True
            distances[row, column] = np.fmax(distances[row, column], near[1])
    return found, held


def mean_on(canvas: Canvas, raster: Raster) -> np.ndarray:
    """Area-weighted mean of a map in each cell, (ny, nx), NaN where it holds no valid pixel."""
    return canvas.regrid(raster).mean(raster.values, raster.valid)


def monthly_on(canvas: Canvas, raster: Raster) -> np.ndarray:
    """Mean of each month in each cell, (ny, nx, 12); NaN where a month has no value. Years count equally by pixel."""
    regrid = canvas.regrid(raster)
    climate = np.empty((*canvas.shape, 12))
    for month in range(12):
        records = raster.months == month + 1
        valid = raster.valid[records]
        count = valid.sum(axis=0)
        total = np.where(valid, raster.values[records], 0.0).sum(axis=0, dtype=np.float64)
        climate[..., month] = regrid.mean(total / np.maximum(count, 1), count > 0)
    return climate


def share_on(canvas: Canvas, raster: Raster, pixels: np.ndarray) -> np.ndarray:
    """Share of each cell's area that the true pixels take, (ny, nx)."""
    return canvas.regrid(raster).area(pixels) / canvas.area


def at_centres(canvas: Canvas, raster: Raster) -> np.ndarray:
    """(ny, nx) bool: cells whose centre lies in a valid pixel."""
    from lsmcal.inputs.domain.regrid import cell_edges

    inside, index = [], []
    for centres, pixels in ((canvas.grid.latitude, raster.latitude), (canvas.grid.longitude, raster.longitude)):
        at = np.searchsorted(cell_edges(pixels), centres) - 1
        inside.append((at >= 0) & (at < pixels.size))
        index.append(np.clip(at, 0, pixels.size - 1))
    return raster.valid[np.ix_(*index)] & np.logical_and.outer(*inside)


def numbers_of(
    table: ClassTable, given: list | None, default: tuple[str, ...], key: str, problems: Problems
) -> list[int]:
    """Class numbers of names or numbers of the case; of the default names those that the table has."""
    if given is None:
        return [table.number(name) for name in default if name in table.classes]
    found = []
    for item in given:
        number = class_number(table, item, key, problems)
        found += [] if number is None else [number]
    return found


def class_number(table: ClassTable, key: int | str, name: str, problems: Problems) -> int | None:
    """Number of one class of the case; None, with the problem noted, if the table has none such."""
    try:
        return table.number(key)
    except UnknownClassError as error:
        problems.add(str(error), source="case", variable=name)
        return None


#: Which of some cells have weather, asked with their places.
HasWeather = Callable[..., np.ndarray]

"""Maps on longitude/latitude axes, read from NetCDF and GeoTIFF: the part around a region, with its axes ascending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.inputs.domain.regrid import cell_edges


class Wanted(Protocol):
    """What of a file is wanted.

    Attributes
    ----------
    variable : str
        NetCDF variable, or number of the band of a GeoTIFF from 1; empty: the only one.
    level : int or None
        Index, from 0, along the one further dimension of a NetCDF variable.
    missing : sequence of float
        Numbers that mean "no value" besides those the file names, compared after unpacking.
    scale : float
        Factor on the values.
    """

    @property
    def variable(self) -> str: ...

    @property
    def level(self) -> int | None: ...

    @property
    def missing(self) -> Sequence[float]: ...

    @property
    def scale(self) -> float: ...


@dataclass(frozen=True)
class Window:
    """Longitudes and latitudes to read [degrees]."""

    west: float
    east: float
    south: float
    north: float


@dataclass(frozen=True)
class Raster:
    """A map, or several on the same pixels.

    Parameters
    ----------
    source : Path
    variable : str
    longitude, latitude : (nx,), (ny,) arrays
        Centres of the pixels, ascending, longitude on the turn of the window [degrees].
    values : (ny, nx) or (records, ny, nx) array
    valid : bool array of the same shape
    unit : str
        As in the file.
    months : (records,) array of int, optional
        Month, 1 to 12, of each record.
    """

    source: Path
    variable: str
    longitude: np.ndarray
    latitude: np.ndarray
    values: np.ndarray
    valid: np.ndarray
    unit: str = ""
    months: np.ndarray | None = None

    @property
    def name(self) -> str:
        """File and variable, for the attributes of what is made of it."""
        return f"{self.source.name} ({self.variable})" if self.variable else self.source.name

    def where(self, pixel: tuple[int, ...]) -> str:
        """Place of a pixel in words."""
        return f"{self.latitude[pixel[-2]]:.6g} N, {self.longitude[pixel[-1]]:.6g} E"


def columns_within(longitude: np.ndarray, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Columns of a map that reach into a window, from west to east.

    Parameters
    ----------
    longitude : (nx,) array
        Centres, in any order and on any turn [degrees].
    window : Window

    Returns
    -------
    (n,) int array, (n,) float64 array
        Index in the file, and longitude on the turn of the window, ascending.
    """
    base = 0.5 * (window.west + window.east) - 180.0
    turned = base + (longitude - base) % 360.0
    order = np.argsort(turned, kind="stable")
    return _within(order, turned[order], window.west, window.east)


def rows_within(latitude: np.ndarray, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a map that reach into a window, from south to north; as :func:`columns_within`."""
    order = np.argsort(latitude, kind="stable")
    return _within(order, latitude[order], window.south, window.north)


def _within(order: np.ndarray, centres: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    edges = cell_edges(centres)
    keep = np.flatnonzero((edges[1:] > low) & (edges[:-1] < high))
    if keep.size:  # a neighbour more on either side, so that the edges of those kept stay what they are
        keep = np.arange(max(keep[0] - 1, 0), min(keep[-1] + 2, centres.size))
    return order[keep], centres[keep]


def check_map_axis(values: np.ndarray, name: str, limits: tuple[float, float], path: Path, problems: Problems) -> bool:
    """True if an axis can be one of longitude or latitude; a problem otherwise."""
    expected = f"at least two different degrees from {limits[0]:g} to {limits[1]:g}, ascending or descending"
    wrong = None
    if values.size < 2:
        wrong = values.size - 1
    elif not np.isfinite(values).all():
        wrong = int(np.argmin(np.isfinite(values)))
    elif (values < limits[0] - 1e-3).any() or (values > limits[1] + 1e-3).any():
        wrong = int(np.argmax((values < limits[0] - 1e-3) | (values > limits[1] + 1e-3)))
    elif np.unique(np.sign(np.diff(values))).size > 1 or values[0] == values[1]:
        wrong = int(np.argmax(np.sign(np.diff(values)) != np.sign(values[-1] - values[0]))) + 1
    if wrong is None:
        return True
    value = values[wrong] if 0 <= wrong < values.size else "none"
    problems.add(
        "is not an axis of a map", source=path, variable=name, where=f"index {wrong}", value=value, expected=expected
    )
    return False


def reaches(columns: np.ndarray, rows: np.ndarray, extent: str, window: Window, path: Path, problems: Problems) -> bool:
    """True if anything of the map lies in the window; a problem otherwise."""
    if columns.size >= 2 and rows.size >= 2:
        return True
    wanted = f"{window.west:g} to {window.east:g} E, {window.south:g} to {window.north:g} N"
    problems.add("the map does not cover the region", source=path, value=extent, expected=wanted)
    return False


def extent_of(longitude: np.ndarray, latitude: np.ndarray) -> str:
    """Where a map lies, in words."""
    return f"{longitude.min():g} to {longitude.max():g} E, {latitude.min():g} to {latitude.max():g} N"


def other_projection(name: str, path: Path, variable: str, problems: Problems) -> None:
    """Note a map that does not lie on longitudes and latitudes."""
    problems.add(
        "the map is in another projection",
        source=path,
        variable=variable,
        value=name,
        expected="longitude and latitude; reproject with: gdalwarp -t_srs EPSG:4326 -r near IN OUT.tif "
        "(-r average for continuous fields)",
    )

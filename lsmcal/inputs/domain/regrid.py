"""From the pixels of a map to the cells of a grid: area-weighted means, majorities, nearest neighbours.

Pixels and cells are both longitude/latitude rectangles, so that the area they share is a product of a strip of latitude
and a width of longitude: two sparse matrices hold all weights, exactly, for maps finer or coarser than the grid.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from lsmcal.core.geodesy import strip_area

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

#: Share of a pixel or cell below which an overlap is rounding of the coordinates (single precision at 100 degrees).
_SLIVER = 2e-3
#: Shares of area that differ by less are a tie.
_TIE = 1e-9
_EARTH_RADIUS_KM = 6371.0
_PIXELS_AT_ONCE = 4_000_000


def cell_edges(centres) -> np.ndarray:
    """Edges half-way between ascending centres, the outer ones as far out as the next inner ones.

    Parameters
    ----------
    centres : (n,) array, n >= 2
        [degrees].

    Returns
    -------
    (n + 1,) array
    """
    centres = np.asarray(centres, dtype=np.float64)
    between = 0.5 * (centres[1:] + centres[:-1])
    return np.concatenate([[2.0 * centres[0] - between[0]], between, [2.0 * centres[-1] - between[-1]]])


def overlaps(pixel_edges: np.ndarray, cell_edges: np.ndarray, measure=np.deg2rad) -> csr_array:
    """How much of each pixel lies in each cell, along one axis.

    Parameters
    ----------
    pixel_edges, cell_edges : (pixels + 1,), (cells + 1,) arrays
        Ascending [degrees].
    measure : callable
        Ascending function of degrees whose differences are the lengths wanted.

    Returns
    -------
    (cells, pixels) sparse array
    """
    from scipy.sparse import csr_array

    cuts = np.unique(np.concatenate([pixel_edges, cell_edges]))
    first = max(pixel_edges[0], cell_edges[0])
    cuts = cuts[(cuts >= first) & (cuts <= min(pixel_edges[-1], cell_edges[-1]))]
    middle = 0.5 * (cuts[1:] + cuts[:-1])
    pixel = np.searchsorted(pixel_edges, middle) - 1
    cell = np.searchsorted(cell_edges, middle) - 1
    least = _SLIVER * np.minimum(np.diff(pixel_edges)[pixel], np.diff(cell_edges)[cell])
    keep = np.diff(cuts) > least
    length = np.diff(measure(cuts))
    shape = (cell_edges.size - 1, pixel_edges.size - 1)
    return csr_array((length[keep], (cell[keep], pixel[keep])), shape=shape)


class Regrid:
    """Weights from one map's pixels to a grid's cells.

    Parameters
    ----------
    longitude, latitude : (sx,), (sy,) arrays
        Centres of the pixels, ascending [degrees].
    longitude_edges, latitude_edges : (nx + 1,), (ny + 1,) arrays
        Edges of the cells, ascending, on the same turn of longitude [degrees].
    """

    def __init__(self, longitude, latitude, longitude_edges, latitude_edges):
        rows = np.clip(cell_edges(latitude), -90.0, 90.0)
        self._rows = overlaps(rows, np.asarray(latitude_edges, dtype=np.float64), strip_area)
        self._columns = overlaps(cell_edges(longitude), np.asarray(longitude_edges, dtype=np.float64))

    @property
    def covered(self) -> np.ndarray:
        """(ny, nx) bool: cells that the map reaches, with or without a value."""
        return np.logical_and.outer(np.diff(self._rows.indptr) > 0, np.diff(self._columns.indptr) > 0)

    def area(self, pixels: np.ndarray) -> np.ndarray:
        """Area of the true pixels in each cell.

        Parameters
        ----------
        pixels : (sy, sx) bool array

        Returns
        -------
        (ny, nx) array
            [m2].
        """
        return self._sum(pixels, None)

    def mean(self, values: np.ndarray, valid: np.ndarray) -> np.ndarray:
        """Area-weighted mean of the valid pixels; NaN where there is none.

        Parameters
        ----------
        values : (sy, sx) array
        valid : (sy, sx) bool array

        Returns
        -------
        (ny, nx) array
        """
        total = self._sum(valid, values)
        area = self.area(valid)
        return np.where(area > 0.0, total / np.where(area > 0.0, area, 1.0), np.nan)

    def majority(self, values: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The class with the largest area in each cell; of equal ones the lowest number.

        Parameters
        ----------
        values : (sy, sx) array of int
        valid : (sy, sx) bool array

        Returns
        -------
        (ny, nx) int64 array, (ny, nx) bool array
            The class, and whether the cell holds any valid pixel.
        """
        shape = (self._rows.shape[0], self._columns.shape[0])
        best, largest = np.zeros(shape, dtype=np.int64), np.zeros(shape)
        for number, area in sorted(self._area_of_classes(values, valid).items()):
            more = area > largest * (1.0 + _TIE)
            best[more], largest[more] = number, area[more]
        return best, largest > 0.0

    def _area_of_classes(self, values: np.ndarray, valid: np.ndarray) -> dict[int, np.ndarray]:
        """Area that each class has in each cell."""
        from scipy.sparse import csr_array

        areas: dict[int, np.ndarray] = {}
        for rows, weights in self._pieces((valid.shape[0], valid.shape[1])):
            piece, sound = values[rows], valid[rows]
            for number in np.unique(piece[sound]):
                row, column = np.nonzero(sound & (piece == number))
                pixels = csr_array((np.ones(row.size), (row, column)), shape=piece.shape)
                area = (weights @ pixels @ self._columns.T).toarray()
                areas[int(number)] = areas.get(int(number), 0.0) + area
        return areas

    def _sum(self, valid: np.ndarray, values: np.ndarray | None) -> np.ndarray:
        """Sum of area, or of area times value, over the valid pixels."""
        total = np.zeros((self._rows.shape[0], self._columns.shape[0]))
        for rows, weights in self._pieces((valid.shape[0], valid.shape[1])):
            one = valid[rows] if values is None else np.where(valid[rows], values[rows], 0)
            total += weights @ (one.astype(np.float64) @ self._columns.T)
        return total

    def _pieces(self, shape: tuple[int, int]) -> Iterator[tuple[slice, csc_array]]:
        """Some rows of the map at a time, with their weights in the cells: maps may be large."""
        by_column = self._rows.tocsc()
        height = max(1, _PIXELS_AT_ONCE // shape[1])
        for first in range(0, shape[0], height):
            rows = slice(first, first + height)
            yield rows, by_column[:, rows]


def nearest_class(
    place: tuple[float, float],
    longitude: np.ndarray,
    latitude: np.ndarray,
    values: np.ndarray,
    valid: np.ndarray,
    within_km: float,
) -> tuple[int, float] | None:
    """Class of the valid pixel whose centre is nearest to a point; of equally near ones the lowest number.

    Parameters
    ----------
    place : (float, float)
        Longitude and latitude of the point, on the map's turn of longitude [degrees].
    longitude, latitude : (sx,), (sy,) arrays
        Centres of the pixels, ascending [degrees].
    values, valid : (sy, sx) arrays
    within_km : float
        Largest distance, on a sphere [km].

    Returns
    -------
    (int, float) or None
        Class and distance [km]; None if there is no valid pixel so near.
    """
    high, wide = span_of(within_km, place[1])
    rows = slice(*np.searchsorted(latitude, [place[1] - high, place[1] + high]))
    columns = slice(*np.searchsorted(longitude, [place[0] - wide, place[0] + wide]))
    row, column = np.nonzero(valid[rows, columns])
    if not row.size:
        return None
    distance = distances_km(place, longitude[columns][column], latitude[rows][row])
    least = distance.min()
    if least > within_km:
        return None
    near = distance <= least * (1.0 + _TIE) + _TIE
    return int(values[rows, columns][row[near], column[near]].min()), float(least)


def span_of(km: float, latitude: float) -> tuple[float, float]:
    """Degrees of latitude and of longitude that a distance spans at a latitude, slightly more than less."""
    high = np.rad2deg(km / _EARTH_RADIUS_KM) * 1.001
    shrink = np.cos(np.deg2rad(min(abs(latitude) + high, 90.0)))
    return high, 360.0 if shrink * 360.0 <= high else high / shrink


def distances_km(place: tuple[float, float], longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Distance on a sphere from one point to others [km]."""
    east, north = np.deg2rad(longitude - place[0]), np.deg2rad(latitude - place[1])
    across = np.cos(np.deg2rad(place[1])) * np.cos(np.deg2rad(latitude)) * np.sin(0.5 * east) ** 2
    return 2.0 * _EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(np.sin(0.5 * north) ** 2 + across, 1.0)))

"""Which point of a forcing grid serves which cell of the region: the nearest, if it is near enough."""

from __future__ import annotations

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.inputs.gridded.files import Points
from lsmcal.inputs.gridded.protocol import Places

_EARTH_RADIUS_KM = 6371.0
#: Degrees granted to a list of points, whose spacing says nothing.
_NEAR = 0.05
#: Rounding of single-precision coordinates, degrees.
SLACK = 1e-4


def nearest_points(points: Points, cells: Places, within: float | None, problems: Problems) -> np.ndarray:
    """Index of the point that serves each cell.

    A point serves a cell if its centre lies within the limit both in latitude and in longitude.

    Parameters
    ----------
    points : Points
    cells : Places
    within : float or None
        Degrees; None: half the spacing of the grid, 0.05 for a list of points.
    problems : Problems
        Gets cells without a point: how many, the first, how far its nearest point is.

    Returns
    -------
    (n, dimensions of space) array of int
    """
    if not len(cells):
        problems.add("the region has no cells", source="forcing", variable="cells", expected="at least one cell")
        return np.zeros((0, len(points.dimensions)), dtype=np.int64)
    if points.axes:
        index, off, limit = nearest_on_axes(points, cells, within)
    else:
        index, off, limit = nearest_in_list(points, cells, within)
    _check(points, cells, index, (off > limit + SLACK).any(axis=1), limit, problems)
    return index


def nearest_on_axes(points: Points, cells: Places, within: float | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, off_rows = _nearest(points.latitude, cells.latitude)
    turns = np.concatenate([points.longitude - 360.0, points.longitude, points.longitude + 360.0])
    columns, off_columns = _nearest(turns, cells.longitude)
    columns %= points.longitude.size
    limit = [_half_spacing(axis) if within is None else within for axis in (points.latitude, points.longitude)]
    return np.stack([rows, columns], axis=1), np.stack([off_rows, off_columns], axis=1), np.array(limit)


def _nearest(axis: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of the nearest value of an axis in any order, and the distance; of two as near, the lower one."""
    order = np.argsort(axis, kind="stable")
    ordered = axis[order]
    above = np.clip(np.searchsorted(ordered, wanted), 0, axis.size - 1)
    below = np.maximum(above - 1, 0)
    chosen = np.where(np.abs(wanted - ordered[below]) <= np.abs(ordered[above] - wanted), below, above)
    return order[chosen], np.abs(ordered[chosen] - wanted)


def _half_spacing(axis: np.ndarray) -> float:
    """Half the commonest distance of neighbours on an axis, degrees."""
    if axis.size < 2:
        return _NEAR
    return 0.5 * float(np.median(np.abs(np.diff(axis))))


def nearest_in_list(points: Points, cells: Places, within: float | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from scipy.spatial import cKDTree

    tree = cKDTree(_unit_vectors(points.latitude.ravel(), points.longitude.ravel()))
    flat = tree.query(_unit_vectors(cells.latitude, cells.longitude))[1]
    latitude, longitude = points.latitude.ravel()[flat], points.longitude.ravel()[flat]
    across = np.abs((longitude - cells.longitude + 180.0) % 360.0 - 180.0)
    off = np.stack([np.abs(latitude - cells.latitude), across], axis=1)
    index = np.stack(np.unravel_index(flat, points.shape), axis=1)
    return index, off, np.full(2, _limit_of_list(points) if within is None else within)


def _limit_of_list(points: Points) -> float:
    """Half the spacing of rows on a curvilinear grid; a fixed distance in a list."""
    if points.latitude.ndim < 2 or min(points.latitude.shape) < 2:
        return _NEAR
    steps = [np.hypot(np.diff(points.latitude, axis=k), np.diff(points.longitude, axis=k)) for k in (0, 1)]
    return 0.5 * max(float(np.median(step)) for step in steps)


def _unit_vectors(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    lat, lon = np.deg2rad(latitude), np.deg2rad(longitude)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def place_of(points: Points, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude of points by their index, degrees."""
    if points.axes:
        return points.latitude[index[:, 0]], points.longitude[index[:, 1]]
    where = tuple(index.T)
    return points.latitude[where], points.longitude[where]


def distance_km(points: Points, cells: Places, index: np.ndarray) -> np.ndarray:
    """Distance on the sphere from each cell to its point, km."""
    here = _unit_vectors(cells.latitude, cells.longitude)
    there = _unit_vectors(*place_of(points, index))
    chord = np.linalg.norm(here - there, axis=1)
    return 2.0 * _EARTH_RADIUS_KM * np.arcsin(np.minimum(0.5 * chord, 1.0))


def _check(
    points: Points, cells: Places, index: np.ndarray, far: np.ndarray, limit: np.ndarray, problems: Problems
) -> None:
    if not far.any():
        return
    first = int(np.argmax(far))
    km = distance_km(points, cells, index)[first]
    covered = (
        f"forcing covers {points.latitude.min():.6g} to {points.latitude.max():.6g} N, "
        f"{points.longitude.min():g} to {points.longitude.max():g} E"
    )
    count = int(far.sum())
    some = f"{count} cell{'s' if count > 1 else ''} without forcing"
    message = "no cell has a forcing point within reach" if far.all() else some
    problems.add(
        message,
        source="forcing",
        variable="latitude, longitude",
        where=cells.name(first),
        value=f"nearest point {km:.1f} km away",
        expected=f"a point within {limit[0]:.4g} degrees north and {limit[1]:.4g} east; the {covered}",
    )

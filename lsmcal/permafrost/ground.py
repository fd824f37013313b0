"""Temperature of the ground from yearly profiles: at a depth, at the permafrost table, where the seasons end.

Between the nodes of a profile temperature is linear. Above the first node its value holds, below the last nothing is
known: depths there give NaN.
"""

from __future__ import annotations

import numpy as np

from lsmcal.permafrost.thaw import check_depth

#: Annual range at which the seasons are said to end [K].
ZERO_RANGE = 0.1


def temperature_at(mean: np.ndarray, depth: np.ndarray, at: np.ndarray | float) -> np.ndarray:
    """Temperature at a depth, linear between the nodes.

    Parameters
    ----------
    mean : (..., layers) array
        Yearly means, layers in the order of ``depth`` [K].
    depth : (layers,) array
        Nodes, ascending [m].
    at : (...) array or float
        Depth wanted of each profile [m]; NaN: none.

    Returns
    -------
    (...) array
        NaN below the last node, and where no depth is wanted.
    """
    mean = np.asarray(mean, np.float64)
    depth = check_depth(depth, mean.shape[-1])
    at = np.broadcast_to(np.asarray(at, np.float64), mean.shape[:-1])
    inside = np.clip(at, depth[0], depth[-1])
    lower = np.clip(np.searchsorted(depth, inside), 1, depth.size - 1) if depth.size > 1 else np.zeros(at.shape, int)
    upper = np.maximum(lower - 1, 0)
    apart = np.where(lower > upper, depth[lower] - depth[upper], 1.0)
    weight = (inside - depth[upper]) / apart
    top, bottom = (np.take_along_axis(mean, place[..., None], -1)[..., 0] for place in (upper, lower))
    found = np.where(weight == 0.0, top, np.where(weight == 1.0, bottom, top + weight * (bottom - top)))
    return np.where(at <= depth[-1], found, np.nan)


def zero_amplitude_depth(
    minimum: np.ndarray, maximum: np.ndarray, depth: np.ndarray, zero: float = ZERO_RANGE, beyond: float = np.nan
) -> np.ndarray:
    """Depth of zero annual amplitude: below it the annual range is nowhere above ``zero`` [m].

    A wave that sinks into the ground fades exponentially, so that the logarithm of the range is what is linear
    between the nodes. A layer whose range vanishes because its water is freezing or thawing does not end the seasons
    as long as there is a greater range below it.

    Parameters
    ----------
    minimum, maximum : (..., layers) arrays
        Yearly extremes [K].
    depth : (layers,) array
        Nodes, ascending [m].
    zero : float
        [K]
    beyond : float
        What stands for a column whose last node still has a greater range.

    Returns
    -------
    (...) array
        0 where no node has a greater range; NaN where a value is missing.
    """
    ranges = np.asarray(maximum, np.float64) - np.asarray(minimum, np.float64)
    depth = check_depth(depth, ranges.shape[-1])
    greater = ranges > zero
    last = np.where(greater.any(-1), depth.size - 1 - np.argmax(greater[..., ::-1], -1), -1)
    below = np.clip(last + 1, 0, depth.size - 1)
    upper = np.maximum(last, 0)
    big, small = (np.take_along_axis(ranges, place[..., None], -1)[..., 0] for place in (upper, below))
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.log(big / zero) / np.log(big / np.maximum(small, np.finfo(float).tiny))
    found = depth[upper] + np.where(below > upper, part, 0.0) * (depth[below] - depth[upper])
    found = np.where(last < 0, 0.0, np.where(last == depth.size - 1, beyond, found))
    return np.where(np.isfinite(ranges).all(-1), found, np.nan)

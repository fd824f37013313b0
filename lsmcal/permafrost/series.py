"""Permafrost from profiles in memory, such as those of a borehole."""

from __future__ import annotations

import numpy as np

from lsmcal.permafrost.annual import Records, each_year
from lsmcal.permafrost.places import SoilPlaces
from lsmcal.permafrost.read import LEAST
from lsmcal.permafrost.result import Permafrost, fill, leave_out, room_for
from lsmcal.permafrost.thaw import check_depth
from lsmcal.permafrost.time_axis import axis_of, complete_years, runs


def permafrost_of_profiles(
    time: np.ndarray,
    temperature: np.ndarray,
    depth: np.ndarray,
    *,
    least: float = LEAST,
    excluded: np.ndarray | None = None,
) -> Permafrost:
    """Class, thaw depth and taliks of every year from profiles of temperature.

    Parameters
    ----------
    time : (times,) array of datetime64
        Ascending.
    temperature : (times, layers, ...) array
        [K]; NaN: no value.
    depth : (layers,) array
        Nodes, ascending [m].
    least, excluded
        As in :func:`lsmcal.permafrost.permafrost_of_file`.

    Returns
    -------
    Permafrost

    Raises
    ------
    ValueError
        Shapes that do not fit, times that do not ascend, or no whole year.
    """
    time, temperature = np.asarray(time), np.asarray(temperature, np.float64)
    if temperature.ndim < 2 or time.shape != temperature.shape[:1]:
        raise ValueError(f"need temperature (times, layers, ...), got {temperature.shape} for {time.size} times")
    depth = check_depth(depth, temperature.shape[1])
    axis = axis_of(time)
    years = complete_years(axis, least) if axis.has_seasons else np.array([], int)
    if not years.size:
        raise ValueError(f"no complete year from {time[0]} to {time[-1]}")
    shape = temperature.shape[2:]
    dimensions = tuple(f"place_{number}" for number in range(1, len(shape) + 1))
    result = room_for(years, depth, SoilPlaces(dimensions, shape), {"soil_temperature_records": axis.words})
    flat = temperature.reshape(*temperature.shape[:2], -1)
    records = (
        Records(year := int(axis.year[first]), month := int(axis.month[first]), axis.expected(year, month), some, some)
        for first, last in runs(axis, 0, time.size)
        for some in [flat[first:last]]
    )
    fill(result, each_year(records, depth, least))
    leave_out(result, excluded)
    return result

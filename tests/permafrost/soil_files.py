"""Files of soil temperature whose answer is known: the same ground in many layouts."""

from __future__ import annotations

from dataclasses import dataclass

import netCDF4
import numpy as np

ZERO = 273.15
DEPTH = np.array([0.1, 0.5, 1.0, 2.0, 4.0])


@dataclass(frozen=True)
class Ground:
    """Daily profiles of some cells; the thaw front and the kind of each cell are given.

    Parameters
    ----------
    time : (days,) datetime64
    celsius : (days, layers, cells) array
    """

    time: np.ndarray
    celsius: np.ndarray


#: Deepest front of each cell [m]: four of permafrost, one that freezes in winter, one that never does.
FRONT = np.array([0.7, 1.0, 1.3, 1.6, 5.4, 11.0])


def ground(first: str = "2001-01-01", end: str = "2004-01-01", front: np.ndarray = FRONT) -> Ground:
    """Profiles that are linear in depth; the 0 degC isotherm is deepest, at ``front``, on day 244 of each year.

    In winter it stands 6 m higher; the gradient is three times as great in summer, so that the maxima of the year are
    not linear in depth.
    """
    time = np.arange(first, end, dtype="datetime64[D]")
    day = (time - time.astype("datetime64[Y]")).astype(float)
    season = np.cos(2.0 * np.pi * (day - 243.0) / 365.25)[:, None, None]
    celsius = (1.0 + 2.0 * (season > 0)) * (front - 3.0 * (1.0 - season) - DEPTH[:, None])
    return Ground(time, celsius)


def write(
    path,
    soil: Ground,
    *,
    order: tuple[str, ...] = ("time", "depth", "cell"),
    unit: str = "degC",
    depth_unit: str = "m",
    packed: bool = False,
    name: str = "soil_temperature",
    standard_name: str = "soil_temperature",
    calendar: str = "standard",
    flipped: bool = False,
    upward: bool = False,
    grid: tuple[int, int] | None = None,
    hole: tuple | None = None,
    kind: str = "NETCDF4",
) -> None:
    """Write profiles in some layout; ``hole`` is an index of (time, depth, cell) without values."""
    with netCDF4.Dataset(path, "w", format=kind) as data:
        values = soil.celsius + (ZERO if unit == "K" else 0.0)
        sizes = dict(zip(("time", "depth", "cell"), values.shape, strict=True))
        depth = DEPTH * {"m": 1.0, "cm": 100.0, "mm": 1000.0}[depth_unit]
        if flipped:
            values, depth = values[:, ::-1], depth[::-1]
        values = np.ma.array(values)
        depth = -depth if upward else depth
        if hole is not None:
            values[hole] = np.ma.masked
        _axes(data, soil, sizes, depth, depth_unit, calendar, grid)
        dimensions = [part for dim in order for part in (("lat", "lon") if dim == "cell" and grid else (dim,))]
        values = values.transpose([("time", "depth", "cell").index(dim) for dim in order])
        made = data.createVariable(name, "i2" if packed else "f8", dimensions, fill_value=-32768 if packed else 1e20)
        if packed:
            made.scale_factor, made.add_offset = 0.01, 0.0  # 27315 * 0.01 is more than 273.15
        made.units = unit
        if standard_name:
            made.standard_name = standard_name
        if not grid:
            made.coordinates = "lon lat"
        made[...] = values.reshape([len(data.dimensions[dim]) for dim in dimensions])


def _axes(data, soil: Ground, sizes: dict, depth, depth_unit: str, calendar: str, grid) -> None:
    data.createDimension("time", sizes["time"])
    data.createDimension("depth", sizes["depth"])
    time = data.createVariable("time", "f8", ("time",))
    time.units, time.calendar = "days since 2001-01-01", calendar
    time[:] = (soil.time - np.datetime64("2001-01-01")).astype(float)
    axis = data.createVariable("depth", "f4", ("depth",))
    axis.units, axis.standard_name = depth_unit, "depth"
    axis[:] = depth
    shape = grid or (sizes["cell"],)
    for dim, size in zip(("lat", "lon") if grid else ("cell",), shape, strict=True):
        data.createDimension(dim, size)
    for dim, unit, first in (("lat", "degrees_north", 33.0), ("lon", "degrees_east", 92.0)):
        place = data.createVariable(dim, "f8", (dim if grid else "cell",))
        place.units = unit
        place[:] = first + 0.25 * np.arange(len(data.dimensions[dim if grid else "cell"]))


def write_extremes(path, maximum, minimum, years, depth=DEPTH) -> None:
    """Yearly extremes (years, layers, cells) [K] as ``lsmcal run`` writes them for a region."""
    with netCDF4.Dataset(path, "w") as data:
        for name, size in zip(("year", "layer", "cell"), np.shape(maximum), strict=True):
            data.createDimension(name, size)
        year = data.createVariable("year", "i4", ("year",))
        year.units = "1"
        year[:] = years
        axis = data.createVariable("depth", "f8", ("layer",))
        axis.units, axis.standard_name, axis.positive = "m", "depth", "down"
        axis[:] = depth
        for name, values in (("annual_temperature_max", maximum), ("annual_temperature_min", minimum)):
            made = data.createVariable(name, "f4", ("year", "layer", "cell"))
            made.units, made.coordinates = "K", "depth lon lat"
            made[...] = values

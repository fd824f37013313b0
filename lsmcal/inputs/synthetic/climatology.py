"""A coarse real plateau: measured elevation and monthly climate, with generated weather within the month.

The file holds what digital maps of the International Telecommunication Union and of GLDAS give: mean temperature of
each month at 2 m (0.75 degree, ITU-R P.1510-1, from ERA-Interim), mean monthly rainfall (0.25 degree, ITU-R P.837-7),
and height. Temperature is brought from the coarse map's mean height to that of each cell by a lapse rate. Soil and
vegetation follow the rules of :mod:`lsmcal.inputs.synthetic.plateau_ground`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.core.geodesy import cell_area
from lsmcal.core.text import why_no_file
from lsmcal.inputs.domain.bottom_temperature import bottom_temperature
from lsmcal.inputs.domain.domain import Domain, Grid
from lsmcal.inputs.synthetic.plateau_ground import LAI_DENSE, plants, soil_layers
from lsmcal.inputs.synthetic.plateau_weather import MonthlyClimate, PlateauWeather
from lsmcal.noah.runtime.grid import PAPER_THICKNESS

#: Cells below this height are left out [m].
LOWEST = 3000.0
#: Fall of the mean air temperature with height [K m-1].
LAPSE_RATE = 0.0060
#: Middle of the years that the temperature map stands for.
REFERENCE_YEAR = 1997.0
#: Maps: dimensions, and the axes they lie on (south to north and west to east).
_MAPS = {
    "t2m_month": (3, "lat075", "lon075"),
    "precip_month": (3, "lat025", "lon025"),
    "elevation_083": (2, "lat083", "lon083"),
    "elevation_gldas025": (2, "latg025", "long025"),
}


def make_climatology(
    file: str | Path, seed: int, thickness=PAPER_THICKNESS, lowest: float = LOWEST
) -> tuple[Domain, PlateauWeather]:
    """Cells above a height, usually 3,000 m, on the grid of the rainfall map, and their weather.

    Parameters
    ----------
    file : path
        NetCDF with the maps ``t2m_month`` [K], ``precip_month`` [mm], ``elevation_083`` and ``elevation_gldas025`` [m].
    seed : int
    thickness : (nz,) array
        Layer thicknesses [m].
    lowest : float
        Cells below this height are left out [m].

    Raises
    ------
    InputError
        When the file cannot be read, a map is missing or does not have the form described, or no cell remains.
    """
    maps = read_climatology(Path(file))
    grid, edges, elevation, rain = _target(maps, str(file))
    row, column = np.nonzero(elevation >= lowest)
    if not row.size:
        _fail(
            "no cell remains",
            file,
            "elevation_gldas025",
            f"elevations up to {np.nanmax(elevation):.0f} m",
            f"some of {lowest:.0f} m or more",
        )
    longitude, latitude, height = grid.longitude[column], grid.latitude[row], elevation[row, column]
    temperature = monthly_temperature(maps, longitude, latitude, height)
    precipitation = rain[:, row, column].T
    vegetation, leaf_area, greenness = plants(height, precipitation.sum(axis=1))
    thickness = np.asarray(thickness, np.float64)
    cell = (row * grid.longitude.size + column).astype(np.int64)
    domain = Domain(
        grid=grid,
        cell=cell,
        longitude=longitude,
        latitude=latitude,
        area=cell_area(*edges)[row, column],
        elevation=height,
        vegetation=vegetation,
        soil=soil_layers(seed, longitude, latitude, thickness),
        thickness=thickness,
        tbot=bottom_temperature(height, (LOWEST, 5300.0)),
        dense=leaf_area.mean(axis=1) > LAI_DENSE,
        greenness=greenness,
        leaf_area=leaf_area,
        attributes={
            "source": f"elevations and monthly climate of {Path(file).name}, cells above {lowest:.0f} m; "
            f"soil and vegetation by rule, seed {seed}"
        },
    )
    climate = MonthlyClimate(cell, longitude, latitude, height, temperature, precipitation)
    return domain, PlateauWeather(climate, seed, reference_year=REFERENCE_YEAR)


def _fail(text: str, file, variable: str, value: object, expected: str) -> None:
    problems = Problems()
    problems.add(text, source=str(file), variable=variable, value=value, expected=expected)
    problems.raise_if_any()


def read_climatology(file: Path) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Latitude, longitude and values of every map of the file.

    Raises
    ------
    InputError
        When the file cannot be read, a map is missing or does not have the form described.
    """
    from netCDF4 import Dataset

    problems, found = Problems(), {}
    if reason := why_no_file(file):
        problems.add(reason, source=str(file), expected="a NetCDF file")
    problems.raise_if_any()
    try:
        with Dataset(file) as data:
            for name, (dimensions, *axes) in _MAPS.items():
                missing = [one for one in (name, *axes) if one not in data.variables]
                for one in missing:
                    problems.add("variable is missing", source=str(file), variable=one)
                if missing:
                    continue
                values = np.ma.filled(np.ma.asarray(data[name][:], np.float64), np.nan)
                found[name] = (*(np.asarray(data[axis][:], np.float64) for axis in axes), values)
                _check_map(name, dimensions, found[name], file, problems)
    except OSError as error:
        problems.add(f"cannot be read: {error}", source=str(file))
    problems.raise_if_any()
    return found


def _check_map(name: str, dimensions: int, found, file: Path, problems: Problems) -> None:
    latitude, longitude, values = found
    shape = (latitude.size, longitude.size)
    expected = (12, *shape) if dimensions == 3 else shape
    if values.shape != expected:
        problems.add("has another shape", source=str(file), variable=name, value=values.shape, expected=str(expected))
    if not all((np.diff(axis) > 0).all() for axis in (latitude, longitude)):
        problems.add("axes do not ascend", source=str(file), variable=name, expected="south to north, west to east")
    if name == "t2m_month" and not (np.nanmin(values) > 180.0 and np.nanmax(values) < 340.0):
        span = f"{np.nanmin(values):g} to {np.nanmax(values):g}"
        message, kelvin = "is not a temperature in kelvin", "180 to 340 K"
        problems.add(message, source=str(file), variable=name, value=span, expected=kelvin)


def _target(maps, file: str) -> tuple[Grid, list[np.ndarray], np.ndarray, np.ndarray]:
    """The grid of the rainfall map, its edges, and height and rain on it."""
    latitude, longitude, rain = maps["precip_month"]
    other_latitude, other_longitude, elevation = maps["elevation_gldas025"]
    alike = elevation.shape == rain.shape[1:] and np.allclose(latitude, other_latitude, atol=1e-3)
    if not (alike and np.allclose(longitude, other_longitude, atol=1e-3)):
        _fail("is on another grid", file, "elevation_gldas025", elevation.shape, "the grid of precip_month")
    edges = []
    for axis in (longitude, latitude):
        half = 0.5 * (axis[-1] - axis[0]) / (axis.size - 1)
        edges.append(np.linspace(axis[0] - half, axis[-1] + half, axis.size + 1))
    known = np.isfinite(rain).all(axis=0)
    return Grid(longitude, latitude), edges, np.where(known, elevation, np.nan), rain


def monthly_temperature(maps, longitude: np.ndarray, latitude: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Monthly means at the cells, (n, 12) [K]: interpolated at one level, then brought to the height of each."""
    from scipy.interpolate import RegularGridInterpolator

    rows, columns, coarse = maps["t2m_month"]
    level = coarse + LAPSE_RATE * _mean_height(rows, columns, *maps["elevation_083"])
    at = RegularGridInterpolator((rows, columns), np.moveaxis(level, 0, -1), bounds_error=False, fill_value=None)
    return at(np.column_stack([latitude, longitude])) - LAPSE_RATE * height[:, None]


def _mean_height(rows, columns, latitude, longitude, height) -> np.ndarray:
    """Mean height of the pixels around each node of the coarse map."""
    half = (0.5 * np.diff(axis).mean() for axis in (rows, columns))
    high, wide = half
    north = np.abs(latitude[None, :] - rows[:, None]) <= high + 1e-6
    east = np.abs(longitude[None, :] - columns[:, None]) <= wide + 1e-6
    known = np.isfinite(height)
    total = north.astype(float) @ np.where(known, height, 0.0) @ east.astype(float).T
    count = north.astype(float) @ known.astype(float) @ east.astype(float).T
    return total / count

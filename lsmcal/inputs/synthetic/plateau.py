"""The synthetic plateau: elevation, ground, plants and climate of any cell from its place and a seed.

A made-up high plateau between 78 and 104 E, 28 and 39 N: mountains on several scales, lower land in the north, deep
valleys in the east, a moist south-east and a dry north-west. Cold permafrost, its margin, ground that freezes in winter
only and ground that never freezes all occur.
The grid is as coarse or fine as the number of cells asks.
"""

from __future__ import annotations

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.core.geodesy import cell_area
from lsmcal.inputs.domain.bottom_temperature import bottom_temperature
from lsmcal.inputs.domain.domain import Domain, Grid, regular_grid
from lsmcal.inputs.synthetic.plateau_ground import LAI_DENSE, plants, soil_layers
from lsmcal.inputs.synthetic.plateau_random import smooth_field
from lsmcal.inputs.synthetic.plateau_weather import MonthlyClimate, PlateauWeather
from lsmcal.noah.runtime.grid import PAPER_THICKNESS

WEST, EAST, SOUTH, NORTH = 78.0, 104.0, 28.0, 39.0
LEAST, MOST = 50, 100_000
#: Mean air temperature at 4,600 m and 33 N in 2000 [K], its fall with height [K m-1] and to the north [K per degree].
_LEVEL, _LAPSE, _NORTHWARD = 269.9, 0.0058, 0.55
#: Heights beyond which TBOT no longer changes [m]: the line with height is continued to the low eastern valleys.
_BOTTOM_CLIP = (800.0, 5300.0)
#: Mountains: width [degrees] and height [m].
_HILLS = ((7.0, 420.0), (2.3, 330.0), (0.7, 180.0), (0.23, 80.0))
#: Purposes of random numbers.
_HEIGHT, _RAIN = 20, 30


def plateau_grid(cells: int) -> Grid:
    """Grid of at least so many cells, nearly square on the ground.

    Raises
    ------
    InputError
        Outside 50 to 100,000 cells.
    """
    if not LEAST <= cells <= MOST:
        problems = Problems()
        problems.add(
            "invalid number of cells", source="plateau", variable="cells", value=cells, expected=f"{LEAST} to {MOST:,}"
        )
        problems.raise_if_any()
    wide, high = EAST - WEST, NORTH - SOUTH
    ratio = wide / high * np.cos(np.deg2rad(0.5 * (SOUTH + NORTH)))
    columns = max(round(float(np.sqrt(cells * ratio))), 1)
    rows = -(-cells // columns)
    return regular_grid((WEST, EAST, SOUTH, NORTH), (wide / columns, high / rows))


def make_plateau(cells: int, seed: int, thickness=PAPER_THICKNESS) -> tuple[Domain, PlateauWeather]:
    """Cells and weather of the synthetic plateau.

    Parameters
    ----------
    cells : int
        50 to 100,000; the northernmost row of the grid may be cut short.
    seed : int
    thickness : (nz,) array
        Layer thicknesses [m].

    Raises
    ------
    InputError
        Outside 50 to 100,000 cells.
    """
    grid = plateau_grid(cells)
    thickness = np.asarray(thickness, np.float64)
    cell = np.arange(cells, dtype=np.int64)
    row, column = np.divmod(cell, grid.longitude.size)
    longitude, latitude = grid.longitude[column], grid.latitude[row]
    elevation = _height(seed, longitude, latitude)
    precipitation = _rain(seed, longitude, latitude)
    vegetation, leaf_area, greenness = plants(elevation, precipitation)
    edges = (np.linspace(WEST, EAST, grid.longitude.size + 1), np.linspace(SOUTH, NORTH, grid.latitude.size + 1))
    domain = Domain(
        grid=grid,
        cell=cell,
        longitude=longitude,
        latitude=latitude,
        area=cell_area(*edges)[row, column],
        elevation=elevation,
        vegetation=vegetation,
        soil=soil_layers(seed, longitude, latitude, thickness),
        thickness=thickness,
        tbot=bottom_temperature(elevation, _BOTTOM_CLIP),
        dense=leaf_area.mean(axis=1) > LAI_DENSE,
        greenness=greenness,
        leaf_area=leaf_area,
        attributes={"source": f"synthetic plateau, {cells} cells, seed {seed}"},
    )
    return domain, PlateauWeather(_climate(domain, precipitation), seed)


def _height(seed: int, longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Elevation [m]: 4,850 m with mountains and valleys, and a slope down to the east and the north."""
    height = 4850.0 - 4000.0 * _rising((longitude - 102.3) / 0.7) - 1300.0 * _rising((latitude - 37.6) / 0.35)
    for number, (width, amplitude) in enumerate(_HILLS):
        height = height + amplitude * 1.6 * smooth_field(seed, _HEIGHT + number, longitude, latitude, width)
    return np.clip(height, 800.0, 6300.0)


def _rising(x: np.ndarray) -> np.ndarray:
    """From 0 far below zero to 1 far above."""
    return 1.0 / (1.0 + np.exp(-x))


def _rain(seed: int, longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Yearly precipitation [mm]: more to the east and south."""
    moist = (longitude - WEST) / (EAST - WEST) + 0.35 * (NORTH - latitude) / (NORTH - SOUTH)
    return np.clip(70.0 + 430.0 * moist + 90.0 * smooth_field(seed, _RAIN, longitude, latitude, 3.1), 50.0, 800.0)


def _climate(domain: Domain, precipitation: np.ndarray) -> MonthlyClimate:
    """Seasonal course: winters are colder in the north, and nearly all rain falls in summer."""
    season = -np.cos(2.0 * np.pi * np.arange(12) / 12.0)
    mean = _LEVEL - _LAPSE * (domain.elevation - 4600.0) - _NORTHWARD * (domain.latitude - 33.0)
    half_range = 10.0 + 0.35 * (domain.latitude - 33.0)
    share = 1.0 + 0.92 * season
    return MonthlyClimate(
        domain.cell,
        domain.longitude,
        domain.latitude,
        domain.elevation,
        temperature=mean[:, None] + half_range[:, None] * season,
        precipitation=precipitation[:, None] * (share / share.sum()),
    )

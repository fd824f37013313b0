"""A small region, a table of observations in it, and ground whose answers are known."""

from types import SimpleNamespace

import numpy as np

from lsmcal.calibration.goals.protocol import Simulated
from lsmcal.inputs.domain.domain import Grid

DEPTH = np.array([0.1, 0.5, 1.0, 2.0, 4.0, 6.0, 10.0, 14.0])
THICKNESS = np.array([0.2, 0.6, 0.4, 1.6, 2.4, 1.6, 6.4, 1.6])
HEAD = "site,lon,lat,year,variable,depth,value\n"


def small_domain():
    """3 x 2 cells of 0.5 degrees without the one in the north-east; enough of a Domain to find places in."""
    lon, lat = np.array([90.25, 90.75, 91.25]), np.array([33.25, 33.75])
    cell = np.arange(5)
    return SimpleNamespace(
        grid=Grid(lon, lat), cell=cell + 0, longitude=lon[cell % 3], latitude=lat[cell // 3], thickness=THICKNESS
    )


def ground(surface, slope=-1.0, amplitude=0.0, damping=2.0, years=(2010, 2011), cells=None):
    """Ground whose mean temperature is a line and whose wave fades; (cell) surface temperatures in degC."""
    surface = np.asarray(surface, float)[:, None, None]
    cells = np.arange(surface.size) if cells is None else np.asarray(cells)
    mean = 273.15 + surface + slope * DEPTH + 0.0 * np.asarray(years)[None, :, None]
    size = amplitude * np.exp(-DEPTH / damping)
    return Simulated(cells, np.asarray(years), DEPTH, mean - size, mean + size, mean)

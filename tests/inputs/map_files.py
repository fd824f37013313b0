"""Small maps in NetCDF for tests, and what is said about those that must be refused."""

import netCDF4
import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.inputs.domain.rasters import Window
from lsmcal.inputs.domain.read_raster import read_raster


class Want:
    """What of a map is wanted, as a section of a case says it."""

    def __init__(self, variable="", level=None, missing=(), scale=1.0):
        self.variable, self.level, self.missing, self.scale = variable, level, list(missing), scale


def centres(low, high, count):
    """Centres of ``count`` equal pixels between two edges."""
    return low + (np.arange(count) + 0.5) * (high - low) / count


def write_map(path, values, longitude, latitude, name="map", before=(), **attributes):
    """One variable on latitude and longitude, with further dimensions before them; values are stored as they are."""
    values = np.asarray(values)
    with netCDF4.Dataset(path, "w", format=attributes.pop("kind", "NETCDF4")) as data:
        add_axis(data, "lat", latitude, "degrees_north")
        add_axis(data, "lon", longitude, "degrees_east")
        for dimension, size in zip(before, values.shape, strict=False):
            data.createDimension(dimension, size)
        fill = attributes.pop("fill", None)
        variable = data.createVariable(name, values.dtype, (*before, "lat", "lon"), fill_value=fill)
        variable.set_auto_maskandscale(False)
        variable.setncatts(attributes)
        variable[:] = values
    return path


def add_axis(data, name, values, units):
    """A coordinate variable and its dimension."""
    data.createDimension(name, len(values))
    axis = data.createVariable(name, "f8", (name,))
    axis.units, axis[:] = units, values


GLOBE, HERE = Window(-180.0, 180.0, -90.0, 90.0), Window(89.0, 92.0, 32.0, 35.0)


def read(path, window=GLOBE, monthly=False, **wanted):
    """A map that must be sound."""
    problems = Problems()
    raster = read_raster(path, Want(**wanted), window, problems, monthly)
    problems.raise_if_any()
    return raster


def refused(path, window=HERE, monthly=False, **wanted):
    """The only problem of a map that must be refused."""
    problems = Problems()
    assert read_raster(path, Want(**wanted), window, problems, monthly) is None
    assert len(problems.found) == 1, problems.found
    return problems.found[0]

"""Reading of maps, whatever their format."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.core.text import why_no_file
from lsmcal.inputs.domain.raster_netcdf import read_netcdf
from lsmcal.inputs.domain.raster_tiff import read_tiff
from lsmcal.inputs.domain.rasters import Raster, Wanted, Window

_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


def read_raster(path: Path, wanted: Wanted, window: Window, problems: Problems, monthly: bool = False) -> Raster | None:
    """Read the part of a map that lies in a window; pixels that reach into it belong to it.

    The file may count longitude from -180 or from 0, its rows from the north or from the south, and keep its
    dimensions in any order.

    Parameters
    ----------
    path : Path
    wanted : Wanted
    window : Window
    problems : Problems
        Gets another projection (by name), missing variables, damage, a map that does not reach the window.
    monthly : bool
        Twelve months, or a longer series of times, are wanted instead of one map.

    Returns
    -------
    Raster or None
        None if there is nothing that could be used; ``problems`` says why.
    """
    if path.exists() and (reason := why_no_file(path)):
        problems.add(reason, source=path, expected="a NetCDF or GeoTIFF file")
        return None
    try:
        with open(path, "rb") as file:
            start = file.read(4)
    except OSError as error:
        problems.add(f"cannot be read: {error.strerror}", source=path, expected="a NetCDF or GeoTIFF file")
        return None
    raster = (read_tiff if start in _TIFF else read_netcdf)(path, wanted, window, problems, monthly)
    return None if raster is None else _cleaned(raster, wanted)


def _cleaned(raster: Raster, wanted: Wanted) -> Raster:
    """Without the numbers that mean "no value", and scaled."""
    values, valid = raster.values, raster.valid
    if values.dtype.kind == "f":
        valid = valid & np.isfinite(values)
    for number in wanted.missing:
        valid = valid & (values != number)
    if wanted.scale != 1.0:
        values = values * wanted.scale
    return Raster(
        raster.source, raster.variable, raster.longitude, raster.latitude, values, valid, raster.unit, raster.months
    )

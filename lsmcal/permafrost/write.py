"""Permafrost as a CF NetCDF file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from lsmcal import __version__
from lsmcal.core.files import new_netcdf
from lsmcal.permafrost.classes import CLASS_NAMES, OUT
from lsmcal.permafrost.places import write_places
from lsmcal.permafrost.result import Permafrost

_EPOCH = np.datetime64("1970-01-01", "D")
_UNKNOWN = np.int8(-1)
_DEPTHS = {
    "active_layer_thickness": ("active_layer", "greatest thaw depth of the year where there is permafrost"),
    "thaw_depth": ("thaw_depth", "greatest thaw depth of the year from the surface"),
}
_FLAGS = {
    "closed_talik": "closed talik: a layer thawed all year above a layer frozen all year",
    "thawed_through": "thawed through: every layer rises above 0 degC in the year",
}


def write_permafrost(result: Permafrost, path: str | os.PathLike) -> Path:
    """Write classes, depths and flags to a NetCDF file following CF-1.11; it appears whole or not at all.

    Parameters
    ----------
    result : Permafrost
    path : path

    Returns
    -------
    Path

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    path = Path(path)
    with new_netcdf(path) as file:
        file.setncatts({"Conventions": "CF-1.11", "source": f"lsmcal {__version__}", **result.attributes})
        write_places(file, result.places)
        _write_years(file, result.years)
        _write_classes(file, result)
        for name, (field, meaning) in _DEPTHS.items():
            _on_places(file, result, name, getattr(result, field).astype(np.float32), meaning, units="m")
        for name, meaning in _FLAGS.items():
            values = np.where(result.known, getattr(result, name), _UNKNOWN).astype(np.int8)
            flags = {"flag_values": np.array([0, 1], np.int8), "flag_meanings": "no yes"}
            _on_places(file, result, name, values, meaning, **flags)
    return path


def _write_years(file, years: np.ndarray) -> None:
    file.createDimension("time", years.size)
    file.createDimension("year_bounds", 2)
    edges = np.array([[np.datetime64(f"{year:04d}-01-01", "D") for year in (y, y + 1)] for y in years.tolist()])
    days = (edges - _EPOCH).astype(np.float64)
    time = file.createVariable("time", "f8", ("time",))
    time.setncatts(
        {
            "standard_name": "time",
            "long_name": "middle of the year",
            "axis": "T",
            "calendar": "proleptic_gregorian",
            "units": "days since 1970-01-01",
            "bounds": "time_bounds",
        }
    )
    time[:] = days.mean(axis=1)
    file.createVariable("time_bounds", "f8", ("time", "year_bounds"))[...] = days


def _write_classes(file, result: Permafrost) -> None:
    kinds = {code: name for code, name in CLASS_NAMES.items() if code != OUT}
    flags = {"flag_values": np.array(list(kinds), np.int8), "flag_meanings": " ".join(kinds.values())}
    rule = "permafrost: some layer stays at or below 0 degC through this year and the one before"
    meaning = "class of the ground by the two-year rule"
    _on_places(file, result, "permafrost_class", result.classes, meaning, comment=rule, **flags)


def _on_places(file, result: Permafrost, name: str, values: np.ndarray, meaning: str, **attributes) -> None:
    """A variable of time and places; missing are NaN, and of integers -1."""
    from netCDF4 import default_fillvals

    fill = _UNKNOWN if values.dtype.kind == "i" else np.float32(default_fillvals["f4"])
    made = file.createVariable(
        name, values.dtype, ("time", *result.places.dimensions), fill_value=fill, zlib=True, complevel=4, shuffle=True
    )
    made.setncatts({"long_name": meaning, **attributes, **_where(result)})
    made[...] = values if values.dtype.kind == "i" else np.where(np.isnan(values), fill, values)


def _where(result: Permafrost) -> dict[str, str]:
    """How a variable names its coordinates."""
    places = result.places
    bounds = {kept.attributes.get("bounds") for kept in places.variables.values()}
    others = [
        name for name in places.variables if name not in {*places.dimensions, *bounds, places.grid_mapping, "cell_area"}
    ]
    found = {"coordinates": " ".join(others)} if others else {}
    if places.grid_mapping:
        found["grid_mapping"] = places.grid_mapping
    if "cell_area" in places.variables:
        found["cell_measures"] = "area: cell_area"
    return found

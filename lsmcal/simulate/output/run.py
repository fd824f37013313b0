"""A run as a CF NetCDF file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from lsmcal import __version__
from lsmcal.core.files import new_netcdf
from lsmcal.noah.runtime.grid import bottom_depths
from lsmcal.noah.runtime.state import COLUMN_STATE, LAYER_STATE
from lsmcal.simulate.leaks import find_leaks, leak_attributes
from lsmcal.simulate.results import LEDGER, PROFILES, SURFACE, Run

_EPOCH = np.datetime64("1970-01-01T00:00:00", "s")
ANNUAL = {
    "temperature_min": ("K", "lowest soil temperature of the year"),
    "temperature_max": ("K", "highest soil temperature of the year"),
    "temperature_mean": ("K", "mean soil temperature of the year"),
    "water_mean": ("m3 m-3", "mean total water of the year"),
    "liquid_mean": ("m3 m-3", "mean liquid water of the year"),
    "precipitation": ("kg m-2", "precipitation of the year"),
    "evaporation": ("kg m-2", "evaporation of the year"),
    "runoff": ("kg m-2", "surface runoff and drainage of the year"),
    "snow_depth_max": ("m", "greatest snow depth of the year"),
    "air_temperature_mean": ("K", "mean air temperature of the year"),
    "surface_temperature_mean": ("K", "mean surface temperature of the year"),
    "water_created": ("kg m-2", "soil water created from nothing in the year"),
    "water_lost": ("kg m-2", "water of soil and snow lost to nowhere in the year"),
    "ice_lost_heat": ("MJ m-2", "latent heat of soil ice that vanished without heat in the year"),
    "surface_residual": ("MJ m-2", "residual of the linearised surface balance, sum of the year"),
    "interface_residual": ("MJ m-2", "ground heat flux minus heat uptake of the soil, sum of the year"),
    "temperature_excess": ("K", "surface temperature beyond any measured on Earth (170 to 360 K), largest of the year"),
}


def write_run(run: Run, path: str | os.PathLike) -> Path:
    """Write a run to a NetCDF file following CF-1.11; the file appears whole or not at all.

    Parameters
    ----------
    run : Run
    path : path

    Returns
    -------
    Path
    """
    path = Path(path)
    with new_netcdf(path) as file:
        _write_axes(file, run)
        _write_series(file, run)
        _write_annual(file, run)
        _write_state(file, run.state)
        _write_attributes(file, run)
        file.setncatts(leak_attributes(find_leaks(run.annual, run.years)))
    return path


def variable(file, name: str, dimensions, values, unit: str, long_name: str, **attributes):
    kind = np.asarray(values).dtype
    options = {"zlib": True, "complevel": 4, "shuffle": True} if np.ndim(values) else {}
    variable = file.createVariable(name, kind, dimensions, **options)
    variable.units, variable.long_name = unit, long_name
    variable.setncatts({key: value for key, value in attributes.items() if value != ""})
    variable[...] = values
    return variable


def _write_axes(file, run: Run) -> None:
    file.createDimension("layer", run.depth.size)
    file.createDimension("bounds", 2)
    file.createDimension("year", run.years.size)
    variable(file, "layer", ("layer",), np.arange(1, run.depth.size + 1, dtype=np.int32), "1", "layer number")
    bottom = bottom_depths(run.thickness)
    edges = np.stack([bottom - run.thickness, bottom], axis=1)
    depth = {"standard_name": "depth", "positive": "down", "bounds": "depth_bounds"}
    variable(file, "depth", ("layer",), run.depth, "m", "depth of the layer's middle", **depth)
    file.createVariable("depth_bounds", "f8", ("layer", "bounds"))[...] = edges
    thickness = {"standard_name": "cell_thickness"}
    variable(file, "thickness", ("layer",), run.thickness, "m", "thickness of the layer", **thickness)
    variable(file, "year", ("year",), run.years.astype(np.int32), "1", "calendar year")
    if not run.variables:
        return
    file.createDimension("time", run.time.size)
    start = (run.time.astype("datetime64[s]") - _EPOCH).astype(np.float64) / 86400.0
    time = variable(file, "time", ("time",), start, "days since 1970-01-01 00:00:00", "start of the record")
    time.standard_name, time.axis, time.bounds = "time", "T", "time_bounds"
    time.calendar = "standard"
    bounds = file.createVariable("time_bounds", "f8", ("time", "bounds"))
    bounds[...] = np.stack([start, start + run.step / 86400.0], axis=1)


def _write_series(file, run: Run) -> None:
    for name, values in run.variables.items():
        output = (PROFILES | SURFACE)[name]
        dimensions = ("time", "layer") if values.ndim == 2 else ("time",)
        extra = {"standard_name": output.standard_name, "cell_methods": "time: mean"}
        if values.ndim == 2:
            extra["coordinates"] = "depth"
        variable(file, name, dimensions, values.astype(np.float32), output.unit, output.long_name, **extra)


def _write_annual(file, run: Run) -> None:
    for name, values in run.annual.items():
        unit, long_name = ANNUAL[name]
        dimensions = ("year", "layer") if values.ndim == 2 else ("year",)
        extra = {"coordinates": "depth"} if values.ndim == 2 else {}
        variable(file, f"annual_{name}", dimensions, values, unit, long_name, **extra)
    for name, both in run.ledger.items():
        output = LEDGER[name]
        variable(file, f"ledger_{name}", ("year",), both["mean"], output.unit, f"{output.long_name}, mean of the year")
        variable(
            file,
            f"ledger_{name}_largest",
            ("year",),
            both["largest"],
            output.unit,
            f"{output.long_name}, largest magnitude in a step of the year",
        )


def write_state(state: dict[str, np.ndarray], thickness: np.ndarray, path: str | os.PathLike) -> Path:
    """Write the state of one column, from which a run can start (``[initial] from = "file"``)."""
    path = Path(path)
    with new_netcdf(path) as file:
        file.createDimension("layer", len(thickness))
        variable(file, "thickness", ("layer",), np.asarray(thickness), "m", "thickness of the layer")
        _write_state(file, state)
        file.Conventions, file.source = "CF-1.11", f"lsmcal {__version__}"
    return path


def _write_state(file, state: dict[str, np.ndarray]) -> None:
    fields = {field.name: field for field in (*COLUMN_STATE, *LAYER_STATE)}
    for name, values in state.items():
        field = fields[name]
        dimensions = ("layer",) if values.ndim == 2 else ()
        unit = field.unit
        variable(file, f"state_{name}", dimensions, values[0], unit, f"{field.meaning}, at the end of the run")


def _write_attributes(file, run: Run) -> None:
    file.Conventions = "CF-1.11"
    file.source = f"lsmcal {__version__}"
    for name, value in run.attributes.items():
        file.setncattr(name, value if isinstance(value, (int, float, str)) else str(value))


def read_state(path: str | os.PathLike) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """End state of a run file and the thickness of its layers [m].

    Raises
    ------
    KeyError
        When the file holds no state.
    """
    from netCDF4 import Dataset

    with Dataset(path) as file:
        file.set_auto_mask(False)
        names = [field.name for field in (*COLUMN_STATE, *LAYER_STATE)]
        state = {name: np.atleast_1d(file[f"state_{name}"][...])[None] for name in names}
        for field in COLUMN_STATE:
            state[field.name] = state[field.name].reshape(1)
        return state, np.asarray(file["thickness"][:])

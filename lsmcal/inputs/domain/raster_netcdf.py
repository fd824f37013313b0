"""NetCDF maps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.inputs.domain.rasters import (
    Raster,
    Wanted,
    Window,
    check_map_axis,
    columns_within,
    extent_of,
    other_projection,
    reaches,
    rows_within,
)
from lsmcal.inputs.gridded.files import open_dataset
from lsmcal.inputs.station.netcdf import first_unknown

if TYPE_CHECKING:
    from netCDF4 import Dataset, Variable

_AXES = {
    "latitude": (("degrees_north", "degree_north", "degrees_n"), "lat", (-90.0, 90.0)),
    "longitude": (("degrees_east", "degree_east", "degrees_e"), "lon", (-360.0, 360.0)),
}
_PROJECTED = ("projection_x_coordinate", "projection_y_coordinate", "grid_longitude", "grid_latitude")


def read_netcdf(path: Path, wanted: Wanted, window: Window, problems: Problems, monthly: bool) -> Raster | None:
    """As :func:`~lsmcal.inputs.domain.read_raster.read_raster`; months follow the time axis, or twelve records."""
    data = open_dataset(path, problems)
    if data is None:
        return None
    with data:
        try:
            return _read(data, path, wanted, window, problems, monthly)
        except (RuntimeError, OSError) as error:  # the library's word for damage behind a sound header
            problems.add(f"cannot be read: {error}", source=path, variable=wanted.variable, expected="a complete file")
    return None


def _read(
    data: Dataset, path: Path, wanted: Wanted, window: Window, problems: Problems, monthly: bool
) -> Raster | None:
    variable = _variable(data, path, wanted, problems)
    if variable is None:
        return None
    axes = _axes(data, variable, path, problems)
    if axes is None:
        return None
    latitude, longitude = (np.asarray(axis[:], dtype=np.float64) for axis in axes)
    other = _other(variable, [axis.dimensions[0] for axis in axes], path, wanted, problems, monthly)
    columns, east = columns_within(longitude, window)
    rows, north = rows_within(latitude, window)
    if other is None or not reaches(columns, rows, extent_of(longitude, latitude), window, path, problems):
        return None
    months = None
    if monthly:
        months = _months(data, variable, other[0], path, problems)
        if months is None:
            return None
    variable.set_auto_maskandscale(True)
    order = [name for name in (other[0], axes[0].dimensions[0], axes[1].dimensions[0]) if name]
    cube = _cut(variable, order, other, rows, columns)
    values, valid = cube.data, ~np.ma.getmaskarray(cube)
    unit = str(getattr(variable, "units", ""))
    return Raster(path, variable.name, east, north, values, valid, unit, months)


def _variable(data: Dataset, path: Path, wanted: Wanted, problems: Problems) -> Variable | None:
    """The variable wanted; without a name, the only one of two or more dimensions that is no coordinate's bounds."""
    maps = [
        name
        for name, item in data.variables.items()
        if item.ndim >= 2 and item.dtype != str and not name.endswith(("_bnds", "_bounds"))
    ]
    name = wanted.variable or (maps[0] if len(maps) == 1 else "")
    expected = f"one of {', '.join(maps)}" if maps else "a variable on latitude and longitude"
    if name not in data.variables:
        message = "no such variable" if wanted.variable else "several maps, and no variable is given"
        problems.add(message, source=path, variable="variable", value=wanted.variable or "none", expected=expected)
        return None
    variable = data.variables[name]
    if not isinstance(variable.dtype, np.dtype) or variable.dtype.kind not in "iuf":
        problems.add("is not numeric", source=path, variable=name, value=variable.dtype, expected=expected)
        return None
    return variable


def _axes(data: Dataset, variable: Variable, path: Path, problems: Problems) -> tuple[Variable, Variable] | None:
    """Axes of latitude and longitude; another projection is named."""
    mapping = data.variables.get(str(getattr(variable, "grid_mapping", "")).partition(":")[0])
    name = str(getattr(mapping, "grid_mapping_name", "latitude_longitude"))
    if name != "latitude_longitude":
        other_projection(name, path, variable.name, problems)
        return None
    found = [axis for which in _AXES if (axis := _axis(data, variable, which)) is not None]
    if len(found) < len(_AXES):
        other_projection(_what_instead(data, variable), path, variable.name, problems)
        return None
    good = [
        check_map_axis(np.asarray(axis[:], dtype=np.float64), axis.name, limits, path, problems)
        for axis, (_, _, limits) in zip(found, _AXES.values(), strict=True)
    ]
    return (found[0], found[1]) if all(good) else None


def _axis(data: Dataset, variable: Variable, which: str) -> Variable | None:
    """The one-dimensional coordinate by unit or standard name, or else by its name."""
    units, short, _ = _AXES[which]
    lines = [
        data.variables[name]
        for name in data.variables
        if data[name].ndim == 1 and data[name].dimensions[0] in variable.dimensions
    ]
    for axis in lines:
        standard = str(getattr(axis, "standard_name", ""))
        if str(getattr(axis, "units", "")).lower() in units and not standard.startswith("grid_") or standard == which:
            return axis
    for axis in lines:
        named = axis.name == axis.dimensions[0] and axis.name.lower().startswith(short)
        if named and str(getattr(axis, "units", "degrees")).lower().startswith("deg"):
            return axis
    return None


def _what_instead(data: Dataset, variable: Variable) -> str:
    """What a map lies on, if not on longitudes and latitudes."""
    for name in variable.dimensions:
        axis = data.variables.get(name)
        standard = str(getattr(axis, "standard_name", ""))
        if standard in _PROJECTED:
            return f"{standard} in {getattr(axis, 'units', 'unknown units')}"
    for item in data.variables.values():
        if item.ndim == 2 and item.name.lower().startswith(("lat", "lon", "xlat", "xlong")):
            return f"a curvilinear grid, {item.name}({', '.join(item.dimensions)})"
    return f"dimensions {', '.join(variable.dimensions)}, none of them longitude and latitude"


def _other(
    variable: Variable, space: list[str], path: Path, wanted: Wanted, problems: Problems, monthly: bool
) -> tuple[str, int | None] | None:
    """The further dimension kept or cut and the index to cut it at; the name is empty if there is none."""
    further = [name for name in variable.dimensions if name not in space]
    long = [name for name in further if variable.shape[variable.dimensions.index(name)] > 1]
    name = (long or further or [""])[0]
    size = variable.shape[variable.dimensions.index(name)] if name else 1
    if len(long) > 1 or (long and not monthly and wanted.level is None):
        expected = "latitude and longitude only" + ("" if len(long) > 1 else f", or level = 0 to {size - 1}")
        problems.add(
            "further dimensions", source=path, variable=variable.name, value=", ".join(long), expected=expected
        )
        return None
    if monthly and size < 12:
        problems.add(
            "is not a map for each month",
            source=path,
            variable=variable.name,
            value=f"{size} records",
            expected="12 records, or a longer series of times",
        )
        return None
    level = wanted.level or 0
    if not 0 <= level < size:
        problems.add("no such level", source=path, variable=variable.name, value=level, expected=f"0 to {size - 1}")
        return None
    return (name, None) if monthly else ("", level)


def _months(data: Dataset, variable: Variable, name: str, path: Path, problems: Problems) -> np.ndarray | None:
    """Month of each record along a dimension."""
    import cftime

    axis = data.variables.get(name)
    count = len(data.dimensions[name])
    units = str(getattr(axis, "units", ""))
    if axis is not None and " since " in units:
        if (first := first_unknown(axis[:])) is not None:
            problems.add("missing time", source=path, variable=name, where=f"index {first}")
            return None
        try:
            dates = cftime.num2date(np.asarray(axis[:]), units, getattr(axis, "calendar", "standard"))
            months = np.array([date.month for date in dates])
        except (ValueError, OverflowError) as error:
            problems.add(f"cannot be decoded: {error}", source=path, variable=name, value=units)
            return None
        if np.unique(months).size == 12:
            return months
    if count == 12:
        return np.arange(1, 13)
    expected = "12 records, or a time axis with every month of the year"
    problems.add(
        "is not a map for each month", source=path, variable=variable.name, value=f"{count} records", expected=expected
    )
    return None


def _cut(variable: Variable, order: list[str], other: tuple[str, int | None], rows: np.ndarray, columns: np.ndarray):
    """Part of a variable as (records,) rows, columns; one read for each whole stretch of columns."""
    first, last = int(rows.min()), int(rows.max()) + 1
    pieces = []
    for run in np.split(columns, np.flatnonzero(np.abs(np.diff(columns)) != 1) + 1):
        low, high = int(run.min()), int(run.max()) + 1
        take = {order[-2]: slice(first, last), order[-1]: slice(low, high), other[0]: slice(None)}
        cut = [
            take.get(name, other[1] if size > 1 else 0)
            for name, size in zip(variable.dimensions, variable.shape, strict=True)
        ]
        piece = np.ma.asarray(variable[tuple(cut)])
        left = [name for name in variable.dimensions if name in order]
        piece = piece.transpose([left.index(name) for name in order])
        pieces.append(piece[..., rows - first, :][..., run - low])
    return np.ma.concatenate(pieces, axis=-1)

"""CF NetCDF forcing: variables by standard name or by mapping, one point out of a file of many."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.core.memory import check_memory
from lsmcal.core.text import why_no_file
from lsmcal.core.units import QUANTITIES, check_unit, convert
from lsmcal.inputs.station.csv import known_roles
from lsmcal.inputs.station.raw import RawForcing, place_in_time, usual_interval
from lsmcal.inputs.station.spec import ForcingSpec, SourceColumn

if TYPE_CHECKING:
    from netCDF4 import Dataset, Variable

#: CF standard name to role.
STANDARD_NAMES = {
    "air_temperature": "air_temperature",
    "specific_humidity": "specific_humidity",
    "relative_humidity": "relative_humidity",
    "dew_point_temperature": "dew_point",
    "water_vapor_partial_pressure_in_air": "vapour_pressure",
    "surface_air_pressure": "air_pressure",
    "air_pressure": "air_pressure",
    "surface_downwelling_shortwave_flux_in_air": "shortwave",
    "surface_downwelling_longwave_flux_in_air": "longwave",
    "precipitation_flux": "precipitation",
    "rainfall_flux": "rainfall",
    "snowfall_flux": "snowfall",
    "lwe_precipitation_rate": "precipitation",
    "wind_speed": "wind_speed",
    "eastward_wind": "wind_u",
    "northward_wind": "wind_v",
}
#: Units and, for files without them, names by which coordinates are known.
_LATITUDES = ("degrees_north", "degree_north", "degrees_n", "latitude", "lat")
_LONGITUDES = ("degrees_east", "degree_east", "degrees_e", "longitude", "lon")
#: Half the diagonal of the coarsest grids in use; a site further from the nearest point is a mistake.
_FARTHEST_KM = 300.0
_EARTH_RADIUS_KM = 6371.0
#: Bytes of memory for a record: its time, decoded one by one, and its variables.
_BYTES_OF_RECORD = 500.0
_NOLEAP = ("noleap", "365_day")
_STANDARD = ("standard", "gregorian", "proleptic_gregorian", "julian")


def read_netcdf_forcing(spec: ForcingSpec, problems: Problems) -> RawForcing | None:
    """Read the forcing of one point from a CF NetCDF file.

    Packed values and fill values are resolved; times are decoded by their units and calendar; time
    bounds, where present, say where intervals begin. A point is taken by ``spec.cell`` along the only
    other dimension, or nearest to ``spec.latitude``, ``spec.longitude``; its place goes into the attributes,
    and one further than 300 km from the site is refused.

    Returns
    -------
    RawForcing or None
        None, with problems noted, if the file or its time axis cannot be used.
    """
    path = Path(spec.file)
    if reason := why_no_file(path):
        reason = "file not found" if reason == "no such file" else reason
        problems.add(reason, source=str(path), expected="a NetCDF file")
        return None
    import netCDF4

    try:
        data = netCDF4.Dataset(path)
    except OSError as error:
        problems.add(f"cannot be opened as NetCDF: {error}", source=str(path))
        return None
    with data:
        return _read(data, spec, str(path), problems)


def _read(data: Dataset, spec: ForcingSpec, source: str, problems: Problems) -> RawForcing | None:
    axis = _time_variable(data, spec.time_column)
    if axis is None:
        problems.add("no time variable", source=source, variable="time", expected="units like 'hours since ...'")
        return None
    check_memory(_BYTES_OF_RECORD * axis.size, f"a series of {axis.size:,} records", problems, source=source)
    if problems:
        return None
    decoded = _decode_times(axis, data, source, problems)
    if decoded is None:
        return None
    stamps, bounded, calendar = decoded
    step = spec.step or usual_interval(stamps)
    values, units = {}, {}
    notes = _grid_point(data, axis.dimensions[0], spec, source, problems)
    for role, column in known_roles(spec.columns or _by_standard_name(data), source, problems).items():
        if column.column not in data.variables:
            names = ", ".join(data.variables)
            problems.add(f"variable '{column.column}' not found", source=source, variable=role, expected=names)
            continue
        variable = data.variables[column.column]
        unit = column.unit or str(getattr(variable, "units", ""))
        units[role] = unit
        series = _series(data, variable, axis.dimensions[0], spec, source, problems)
        if check_unit(unit, role, problems, source, column.column) and series is not None:
            values[role] = column.scale * convert(series, unit, QUANTITIES[role], step)
            if column.scale != 1.0:
                notes[f"scaled_{role}"] = f"by {column.scale:g}"
    raw = RawForcing(stamps, step, values, source, stamps, None, units, calendar, notes)
    return place_in_time(raw, "start" if bounded else spec.stamp, spec.calendar)


def _by_standard_name(data: Dataset) -> dict[str, SourceColumn]:
    found: dict = {}
    for name, variable in data.variables.items():
        role = STANDARD_NAMES.get(str(getattr(variable, "standard_name", "")))
        if role:
            found.setdefault(role, SourceColumn(name))
    return found


def _time_variable(data: Dataset, name: str) -> Variable | None:
    for variable in data.variables.values() if not name else [data.variables.get(name)]:
        if variable is not None and variable.ndim == 1 and " since " in str(getattr(variable, "units", "")):
            return variable
    return None


def _decode_times(
    axis: Variable, data: Dataset, source: str, problems: Problems
) -> tuple[np.ndarray, bool, str] | None:
    """Stamps (starts where there are bounds), whether bounds were used, and the calendar."""
    import cftime

    calendar = str(getattr(axis, "calendar", "standard")).lower()
    if calendar not in _NOLEAP + _STANDARD:
        expected = "standard, proleptic_gregorian or noleap"
        problems.add("calendar not supported", source=source, variable="time", value=calendar, expected=expected)
        return None
    bounds = data.variables.get(str(getattr(axis, "bounds", "")))
    numbers = axis[:] if bounds is None else bounds[:, 0]
    if (first := first_unknown(numbers)) is not None:
        problems.add("missing time", source=source, variable="time", where=f"index {first}")
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of years before 1, which are refused below
            dates = cftime.num2date(np.asarray(numbers), axis.units, calendar, only_use_cftime_datetimes=True)
    except (ValueError, OverflowError) as error:
        problems.add(f"cannot be decoded: {error}", source=source, variable="time", value=axis.units)
        return None
    wrong = np.array([not 1 <= date.year <= 9999 for date in dates], dtype=bool)
    if wrong.any():
        first, expected = int(np.argmax(wrong)), "a year from 1 to 9999"
        problems.add("is no time", source=source, variable="time", where=f"index {first}", expected=expected)
        return None
    stamps = np.array([date.isoformat() for date in dates], dtype="datetime64[us]")
    # Times counted in fractions of a day come back a few microseconds beside the full second.
    seconds = (stamps + np.timedelta64(500_000, "us")).astype("datetime64[s]")
    return seconds, bounds is not None, "noleap" if calendar in _NOLEAP else "standard"


#: What the library writes where nothing was written; no time, temperature or depth comes near it.
FILL = 9.9e36


def first_unknown(numbers: np.ndarray) -> int | None:
    """Index of the first number of a time axis that is masked, filled or not finite; None if there is none."""
    plain = np.ma.filled(np.ma.asarray(numbers).astype(np.float64), np.nan)
    wrong = ~(np.abs(plain) < FILL)
    return int(np.argmax(wrong)) if wrong.any() else None


def _series(
    data: Dataset, variable: Variable, time: str, spec: ForcingSpec, source: str, problems: Problems
) -> np.ndarray | None:
    """The values of one point along time, missing as NaN."""
    if time not in variable.dimensions:
        problems.add("does not depend on time", source=source, variable=variable.name)
        return None
    others = [name for name in variable.dimensions if name != time and len(data.dimensions[name]) > 1]
    place = _place(data, others, spec)
    if place is None:
        problems.add(
            "several points, and none is selected",
            source=source,
            variable=variable.name,
            value=f"dimensions {', '.join(others)}",
            expected="a cell index, or latitude and longitude",
        )
        return None
    index = tuple(slice(None) if name == time else place.get(name, 0) for name in variable.dimensions)
    if any(not 0 <= value < len(data.dimensions[name]) for name, value in place.items()):
        size = ", ".join(f"{name} {len(data.dimensions[name])}" for name in place)
        problem = "cell index is too large" if spec.cell is not None and spec.cell > 0 else "cell index is negative"
        problems.add(problem, source=source, variable="cell", value=spec.cell, expected=f"less than {size}")
        return None
    if not np.issubdtype(variable.dtype, np.number):
        problems.add("is not numeric", source=source, variable=variable.name, value=variable.dtype)
        return None
    values = np.ma.masked_invalid(variable[index]).astype(np.float64).filled(np.nan)
    for mark in spec.missing:
        values[values == mark] = np.nan
    return values


def _place(data: Dataset, dimensions: list[str], spec: ForcingSpec) -> dict[str, int] | None:
    if not dimensions:
        return {}
    if spec.cell is not None and len(dimensions) == 1:
        return {dimensions[0]: spec.cell}
    latitudes = _coordinate(data, _LATITUDES, dimensions)
    longitudes = _coordinate(data, _LONGITUDES, dimensions)
    if latitudes is None or longitudes is None or not np.isfinite(spec.latitude + spec.longitude):
        return None
    return _nearest(latitudes, longitudes, spec)


def _coordinate(
    data: Dataset, known: tuple[str, ...], dimensions: list[str]
) -> tuple[np.ndarray, tuple[str, ...]] | None:
    for name, variable in data.variables.items():
        named = str(getattr(variable, "units", name)).lower() in known or name.lower() in known
        if named and set(variable.dimensions) <= set(dimensions):
            return np.asarray(variable[:], dtype=np.float64), variable.dimensions
    return None


def _nearest(latitudes: tuple, longitudes: tuple, spec: ForcingSpec) -> dict[str, int]:
    """Indices of the point nearest on the sphere, on two axes, in 2-D fields or in a list of cells."""
    lat, lon, dimensions = _points(latitudes, longitudes)
    nearest = np.unravel_index(np.argmax(_cosine(lat, lon, spec)), lat.shape)
    return {name: int(index) for name, index in zip(dimensions, nearest, strict=True)}


def _points(latitudes: tuple, longitudes: tuple) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    (lat, dimensions), (lon, lon_dimensions) = latitudes, longitudes
    if dimensions != lon_dimensions:
        lat, lon = np.meshgrid(lat, lon, indexing="ij")
        dimensions += lon_dimensions
    return lat, lon, dimensions


def _cosine(lat: np.ndarray, lon: np.ndarray, spec: ForcingSpec) -> np.ndarray:
    """Cosine of the angle at the earth's centre between points and site, degrees in."""
    lat, here = np.deg2rad(lat), np.deg2rad(spec.latitude)
    across = np.cos(np.deg2rad(lon - spec.longitude))
    return np.sin(lat) * np.sin(here) + np.cos(lat) * np.cos(here) * across


def _grid_point(data: Dataset, time: str, spec: ForcingSpec, source: str, problems: Problems) -> dict[str, str]:
    """Where the nearest point lies, as an attribute; a problem when that is not near."""
    dimensions = [name for name in data.dimensions if name != time]
    latitudes = _coordinate(data, _LATITUDES, dimensions)
    longitudes = _coordinate(data, _LONGITUDES, dimensions)
    if latitudes is None or longitudes is None:
        return {}
    if not np.isfinite(spec.latitude + spec.longitude) or spec.cell is not None:
        return {}
    lat, lon, _ = _points(latitudes, longitudes)
    cosine = _cosine(lat, lon, spec)
    nearest = np.unravel_index(np.argmax(cosine), lat.shape)
    distance = _EARTH_RADIUS_KM * float(np.arccos(np.clip(cosine[nearest], -1.0, 1.0)))
    note = f"latitude {lat[nearest]:g}, longitude {lon[nearest]:g}, {distance:.0f} km from the site"
    if distance > _FARTHEST_KM:
        expected = f"a point within {_FARTHEST_KM:g} km of {spec.latitude:g}, {spec.longitude:g}"
        problems.add("no point near the site", source=source, variable="latitude", value=note, expected=expected)
    return {"grid_point": note}

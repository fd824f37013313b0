"""The NetCDF files of a gridded forcing: which variable stands in which file, when and where. Values stay unread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lsmcal.core import calendars
from lsmcal.core.errors import Problems
from lsmcal.core.memory import check_memory
from lsmcal.core.text import why_no_file
from lsmcal.core.units import check_unit
from lsmcal.inputs.gridded.spec import GriddedSpec
from lsmcal.inputs.station.netcdf import FILL, STANDARD_NAMES
from lsmcal.inputs.station.spec import FORCING_ROLES, SourceColumn

if TYPE_CHECKING:
    from netCDF4 import Dataset, Variable

_LATITUDES = ("degrees_north", "degree_north", "degrees_n", "latitude", "lat")
_LONGITUDES = ("degrees_east", "degree_east", "degrees_e", "longitude", "lon")
_CALENDARS = {"noleap": "noleap", "365_day": "noleap"} | dict.fromkeys(
    ("standard", "gregorian", "proleptic_gregorian"), "standard"
)
#: Coordinates of two files are the same within this, degrees: they may be single precision in one of them.
_SAME_PLACE = 1e-4


@dataclass(frozen=True)
class Points:
    """Where the values of a file lie.

    Parameters
    ----------
    latitude, longitude : (ny,), (nx,) arrays; or (points,) both; or (ny, nx) both
        [degrees].
    dimensions : tuple of str
        The dimensions of space, in the order of the arrays: two for a grid, one for a list of cells.
    axes : bool
        Latitude and longitude are the axes of a grid.
    """

    latitude: np.ndarray
    longitude: np.ndarray
    dimensions: tuple[str, ...]
    axes: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """Points along each dimension of space."""
        return (self.latitude.size, self.longitude.size) if self.axes else self.latitude.shape

    def same_as(self, other: Points) -> bool:
        """True if both name the same points in the same order."""
        pairs = (self.latitude, other.latitude), (self.longitude, other.longitude)
        return self.shape == other.shape and all(np.allclose(a, b, rtol=0.0, atol=_SAME_PLACE) for a, b in pairs)


@dataclass(frozen=True)
class Piece:
    """A stretch of one variable in one file.

    Parameters
    ----------
    path : Path
    variable : str
        Its name in the file.
    unit : str
    stamps : (n,) datetime64[s]
        As in the file; the starts of the intervals where ``bounded``.
    calendar : str
        "standard" or "noleap".
    bounded : bool
        The file has time bounds.
    time : str
        The dimension of time.
    space : tuple of str
        The dimensions of space, as :class:`Points` orders them.
    """

    path: Path
    variable: str
    unit: str
    stamps: np.ndarray
    calendar: str
    bounded: bool
    time: str
    space: tuple[str, ...]


@dataclass
class Catalogue:
    """What a folder holds.

    Parameters
    ----------
    pieces : dict of str to list of Piece
        By role, in order of time.
    points : Points or None
        Where the values lie, the same in every file.
    paths : list of Path
        Files in use.
    attributes : dict of str to str
        Title and the like, from the first file.
    """

    pieces: dict[str, list[Piece]]
    points: Points | None
    paths: list[Path]
    attributes: dict[str, str]


def catalogue(spec: GriddedSpec, problems: Problems) -> Catalogue:
    """Look through the headers and times of all files of a case.

    Parameters
    ----------
    spec : GriddedSpec
    problems : Problems
        Gets files that cannot be read, unknown units, other points, missing coordinates.
    """
    found = Catalogue({}, None, [], {})
    for path in _files(spec, problems):
        data = open_dataset(path, problems)
        if data is None:
            continue
        with data:
            try:
                _look_through(data, path, spec, found, problems)
            except RuntimeError as error:  # the library's word for damage behind a sound header
                problems.add(f"cannot be read: {error}", source=path, expected="a complete file")
    for pieces in found.pieces.values():
        pieces.sort(key=lambda piece: (piece.stamps[0], str(piece.path)))
    return found


def _files(spec: GriddedSpec, problems: Problems) -> list[Path]:
    patterns = spec.files or spec.layout.files
    if not spec.folder.is_dir():
        problems.add("folder not found", source=spec.folder, variable="folder", expected="a folder of NetCDF files")
        return []
    paths = sorted({path for pattern in patterns for path in spec.folder.glob(pattern) if path.is_file()})
    if not paths:
        expected = f"files like {', '.join(patterns)}"
        problems.add("no forcing files", source=spec.folder, variable="files", expected=expected)
    return paths


def open_dataset(path: Path, problems: Problems) -> Dataset | None:
    """A file opened for plain reading of the stored numbers; None, with the problem noted, if it is not whole."""
    import netCDF4

    if path.exists() and (reason := why_no_file(path)):
        problems.add(f"cannot be opened as NetCDF: {reason}", source=path, expected="a complete file")
        return None
    try:
        data = netCDF4.Dataset(path)
    except OSError as error:
        problems.add(f"cannot be opened as NetCDF: {error.strerror or error}", source=path, expected="a complete file")
        return None
    missing = _missing_bytes(path, data)
    if missing:
        data.close()
        problems.add("the file is truncated", source=path, value=missing, expected="a complete file")
        return None
    data.set_auto_maskandscale(False)
    return data


def _missing_bytes(path: Path, data: Dataset) -> str:
    """What a file of the classic format lacks: the library reads zeros beyond its end, without a word."""
    if not data.data_model.startswith("NETCDF3"):
        return ""
    size = path.stat().st_size
    if "64BIT_DATA" in data.data_model:
        least = sum(variable.size * variable.dtype.itemsize for variable in data.variables.values())
        return f"{size} bytes of at least {least}" if size < least else ""
    from scipy.io import netcdf_file

    try:  # only looks at the header and maps the file
        netcdf_file(path, mmap=True)
    except (ValueError, TypeError, IndexError):
        return f"{size} bytes, less than its header says"
    return ""


def _look_through(data: Dataset, path: Path, spec: GriddedSpec, found: Catalogue, problems: Problems) -> None:
    wanted = _wanted(data, spec)
    if not wanted:
        return
    decoded: dict[str, tuple[np.ndarray, str, bool] | None] = {}
    for role, column in wanted.items():
        variable = data.variables[column.column]
        axis = _time_axis(data, variable)
        if axis is None:
            expected = "a dimension with units like 'hours since ...'"
            problems.add("no time axis", source=path, variable=variable.name, expected=expected)
            continue
        if axis.name not in decoded:
            decoded[axis.name] = _decode(data, axis, path, problems)
        points = points_of(data, variable, axis.dimensions[0], path, problems)
        unit = column.unit or str(getattr(variable, "units", ""))
        good = check_unit(unit, role, problems, str(path), variable.name) and np.issubdtype(variable.dtype, np.number)
        times = decoded[axis.name]
        if points is None or times is None or not good or not _agrees(points, found, path, problems):
            continue
        stamps, calendar, bounded = times
        piece = Piece(path, variable.name, unit, stamps, calendar, bounded, axis.dimensions[0], points.dimensions)
        found.pieces.setdefault(role, []).append(piece)
    _remember(data, path, found)


def _remember(data: Dataset, path: Path, found: Catalogue) -> None:
    found.paths.append(path)
    for name in ("title", "source", "institution", "version", "references", "license", "note"):
        if name in data.ncattrs() and len(found.paths) == 1:
            found.attributes[f"forcing_{name}"] = str(data.getncattr(name))


def _wanted(data: Dataset, spec: GriddedSpec) -> dict[str, SourceColumn]:
    """Roles of the variables of a file; a mapping of the case goes before the layout, that before standard names."""
    wanted = {role: column for role, column in spec.columns.items() if column.column in data.variables}
    for role, names in spec.layout.names.items():
        for name in names:
            if name in data.variables and role not in spec.columns:
                wanted.setdefault(role, SourceColumn(name))
    if not spec.columns and not spec.layout.names:
        for name, variable in data.variables.items():
            meant = STANDARD_NAMES.get(str(getattr(variable, "standard_name", "")))
            if meant:
                wanted.setdefault(meant, SourceColumn(name))
    return {role: wanted[role] for role in FORCING_ROLES if role in wanted}


def _time_axis(data: Dataset, variable: Variable) -> Variable | None:
    for axis in data.variables.values():
        one = axis.ndim == 1 and axis.dimensions[0] in variable.dimensions
        if one and " since " in str(getattr(axis, "units", "")):
            return axis
    return None


def _decode(data: Dataset, axis: Variable, path: Path, problems: Problems) -> tuple[np.ndarray, str, bool] | None:
    """Stamps (starts where there are bounds), the calendar and whether there are bounds."""
    import netCDF4

    named = str(getattr(axis, "calendar", "standard")).lower()
    calendar = _CALENDARS.get(named)
    before = len(problems.found)
    check_memory(64.0 * axis.size, f"a series of {axis.size:,} records", problems, source=path)
    if len(problems.found) > before:
        return None
    bounds = data.variables.get(str(getattr(axis, "bounds", "")))
    numbers = np.asarray(axis[:] if bounds is None else bounds[:, 0], dtype=np.float64)
    if calendar is None:
        expected = "standard, proleptic_gregorian or noleap"
        problems.add("calendar not supported", source=path, variable=axis.name, value=named, expected=expected)
        return None
    fill = getattr(axis, "_FillValue", netCDF4.default_fillvals.get(np.dtype(axis.dtype).str[1:], np.nan))
    wrong = ~(np.abs(numbers) < FILL) | (numbers == fill)
    if not numbers.size or wrong.any():
        where = f"index {int(np.argmax(wrong))}" if numbers.size else ""
        problems.add("missing time" if numbers.size else "no records", source=path, variable=axis.name, where=where)
        return None
    try:
        return _stamps(numbers, axis.units, calendar), calendar, bounds is not None
    except (ValueError, OverflowError) as error:
        problems.add(f"cannot be decoded: {error}", source=path, variable=axis.name, value=axis.units)
        return None


def _stamps(numbers: np.ndarray, units: str, calendar: str) -> np.ndarray:
    """Labels of a file's time numbers. Only two are decoded, which is what thousands of files have time for."""
    import cftime

    pair = cftime.num2date([numbers[0], numbers[0] + 1.0], units, calendar, only_use_cftime_datetimes=True)
    labels = np.array([date.isoformat() for date in pair], dtype="datetime64[us]") + np.timedelta64(500_000, "us")
    first, second = calendars.axis_seconds(labels.astype("datetime64[s]"), calendar)
    if second <= first:
        raise ValueError("a unit shorter than a second")
    seconds = first + np.rint((numbers - numbers[0]) * (second - first)).astype(np.int64)
    return calendars.from_axis_seconds(seconds, calendar)


def points_of(data: Dataset, variable: Variable, time: str, path: Path, problems: Problems) -> Points | None:
    """Where the values of a variable lie; None, with the problem noted, if that cannot be told."""
    dimensions = [name for name in variable.dimensions if name != time]
    latitude = _coordinate(data, _LATITUDES, dimensions)
    longitude = _coordinate(data, _LONGITUDES, dimensions)
    if latitude is None or longitude is None:
        expected = "latitude and longitude of the grid or of the cells"
        problems.add("no coordinates", source=path, variable=variable.name, expected=expected)
        return None
    axes = latitude[1] != longitude[1]
    space = latitude[1] + longitude[1] if axes else latitude[1]
    others = [name for name in dimensions if name not in space and len(data.dimensions[name]) > 1]
    if others:
        expected = "time and the dimensions of the coordinates only"
        value = ", ".join(others)
        problems.add("further dimensions", source=path, variable=variable.name, value=value, expected=expected)
        return None
    points = Points(latitude[0], longitude[0], space, axes)
    if not np.isfinite(points.latitude).all() or not np.isfinite(points.longitude).all() or not points.latitude.size:
        problems.add("missing coordinates", source=path, variable=variable.name, expected="a number for every point")
        return None
    return points


def _coordinate(data: Dataset, known: tuple[str, ...], dimensions: list[str]):
    for name, variable in data.variables.items():
        named = str(getattr(variable, "units", name)).lower() in known or name.lower() in known
        if named and variable.ndim and set(variable.dimensions) <= set(dimensions):
            return np.asarray(variable[:], dtype=np.float64), variable.dimensions
    return None


def _agrees(points: Points, found: Catalogue, path: Path, problems: Problems) -> bool:
    found.points = found.points or points
    if found.points.same_as(points):
        return True
    expected = f"the points of {found.paths[0].name}, {found.points.shape}" if found.paths else "one grid"
    problems.add(
        "is on another grid", source=path, variable="latitude, longitude", value=points.shape, expected=expected
    )
    return False

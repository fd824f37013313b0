"""A domain as a NetCDF file on its grid; cells that are not modelled hold fill values.

The thickness of the layers is an attribute of ``depth``: a variable without latitude and longitude would be a second
grid to CDO, whose operators then refuse the file.
"""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lsmcal import __version__
from lsmcal.core.errors import Problems, not_none
from lsmcal.core.files import new_netcdf
from lsmcal.core.geodesy import INVERSE_FLATTENING, SEMI_MAJOR_AXIS, cell_area
from lsmcal.core.text import why_no_file
from lsmcal.inputs.domain.domain import Domain, Grid
from lsmcal.inputs.domain.regrid import cell_edges
from lsmcal.inputs.gridded.files import open_dataset
from lsmcal.noah.runtime.grid import bottom_depths, node_depths

if TYPE_CHECKING:
    from netCDF4 import Dataset

    from lsmcal.inputs.domain.report import DomainReport

#: Prefix of the global attributes that hold :attr:`Domain.attributes`.
_ORIGIN = "origin_"
_FILLS = {"i1": -127, "i4": -999, "f8": 9.969209968386869e36}
#: Field: file name, dimensions before those of the grid, type, unit, long name, further attributes.
_FIELDS: dict[str, tuple[str, tuple[str, ...], str, str, str, dict[str, Any]]] = {
    "area": ("cell_area", (), "f8", "m2", "area of the cell on the WGS84 ellipsoid", {"standard_name": "cell_area"}),
    "elevation": ("elevation", (), "f8", "m", "mean elevation", {"standard_name": "surface_altitude"}),
    "vegetation": ("vegetation", (), "i4", "1", "vegetation class", {}),
    "soil": ("soil", ("depth",), "i4", "1", "soil class", {}),
    "tbot": ("tbot", (), "f8", "K", "temperature at the lower boundary of the column", {}),
    "dense": (
        "dense",
        (),
        "i1",
        "1",
        "density of vegetation, for the exchange scheme",
        {"flag_values": np.array([0, 1], dtype=np.int8), "flag_meanings": "sparse dense"},
    ),
    "greenness": ("greenness", ("month",), "f8", "1", "green fraction", {"standard_name": "vegetation_area_fraction"}),
    "leaf_area": ("leaf_area", ("month",), "f8", "1", "leaf area index", {"standard_name": "leaf_area_index"}),
    "target": (
        "target",
        (),
        "i1",
        "1",
        "permafrost map to compare with",
        {"flag_values": np.array([-1, 0, 1], dtype=np.int8), "flag_meanings": "unknown no_permafrost permafrost"},
    ),
}
_OPTIONAL = ("area", "greenness", "leaf_area", "target")
#: What can be: degrees, m, K, shares.
_LIMITS = {
    "lat": (-90.0, 90.0),
    "lon": (-180.0, 360.0),
    "elevation": (-500.0, 9000.0),
    "tbot": (200.0, 330.0),
    "greenness": (0.0, 1.0),
    "leaf_area": (0.0, 20.0),
}
#: What a cell without a climatology of its own holds.
_NONE = -1.0


def write_domain(domain: Domain, path: str | os.PathLike, report: DomainReport | None = None) -> Path:
    """Write a domain to a CF-1.11 NetCDF file, whole or not at all.

    Parameters
    ----------
    domain : Domain
    path : path
    report : DomainReport, optional
        Adds a map of why cells were masked.

    Returns
    -------
    Path

    Raises
    ------
    OSError
        When it cannot be written.
    """
    path = Path(path)
    with new_netcdf(path) as file:
        _write_axes(file, domain)
        for name in _FIELDS:
            if getattr(domain, name) is not None:
                _write_field(file, domain, name)
        if report is not None:
            _write_reasons(file, report)
        _write_attributes(file, domain)
    return path


def _write_axes(file: Dataset, domain: Domain) -> None:
    file.createDimension("bounds", 2)
    for name, values, unit, standard, axis in (
        ("lat", domain.grid.latitude, "degrees_north", "latitude", "Y"),
        ("lon", domain.grid.longitude, "degrees_east", "longitude", "X"),
    ):
        edges = _edges(name, domain.grid)
        _axis(
            file,
            name,
            values,
            np.stack([edges[:-1], edges[1:]], axis=1),
            units=unit,
            standard_name=standard,
            long_name=f"{standard} of the cell's centre",
            axis=axis,
        )
    edges = np.concatenate([[0.0], bottom_depths(domain.thickness)])
    bounds = np.stack([edges[:-1], edges[1:]], axis=1)
    _axis(
        file,
        "depth",
        node_depths(domain.thickness),
        bounds,
        units="m",
        standard_name="depth",
        long_name="depth of the layer's middle",
        positive="down",
        axis="Z",
        thickness=domain.thickness,
    )
    if domain.greenness is not None or domain.leaf_area is not None:
        file.createDimension("month", 12)
        month = file.createVariable("month", "i4", ("month",))
        month.setncatts({"units": "1", "long_name": "month of the year, January to December"})
        month[:] = np.arange(1, 13)
    crs = file.createVariable("crs", "i4", ())
    crs.setncatts(
        {
            "grid_mapping_name": "latitude_longitude",
            "semi_major_axis": SEMI_MAJOR_AXIS,
            "inverse_flattening": INVERSE_FLATTENING,
            "longitude_of_prime_meridian": 0.0,
        }
    )


def _edges(name: str, grid: Grid) -> np.ndarray:
    """Edges of the cells on an axis; a single row or column is as high or wide as the other axis says."""
    axis, other = (grid.latitude, grid.longitude) if name == "lat" else (grid.longitude, grid.latitude)
    if axis.size > 1:
        return cell_edges(axis)
    half = 0.5 * (other[1] - other[0]) if other.size > 1 else 0.0
    return np.array([axis[0] - half, axis[0] + half])


def _axis(file: Dataset, name: str, values: np.ndarray, bounds: np.ndarray, **attributes) -> None:
    file.createDimension(name, values.size)
    axis = file.createVariable(name, "f8", (name,))
    axis.setncatts(attributes | {"bounds": f"{name}_bounds"})
    axis[:] = values
    file.createVariable(f"{name}_bounds", "f8", (name, "bounds"))[:] = bounds


def _write_field(file: Dataset, domain: Domain, field: str) -> None:
    name, before, kind, unit, long_name, attributes = _FIELDS[field]
    values = np.asarray(getattr(domain, field))
    shape = (domain.grid.latitude.size, domain.grid.longitude.size)
    whole = np.full((*values.shape[1:], shape[0] * shape[1]), _FILLS[kind], dtype=kind)
    if field == "area":
        whole[...] = cell_area(_edges("lon", domain.grid), _edges("lat", domain.grid)).ravel()
    whole[..., domain.cell] = values.T
    if field == "leaf_area":
        whole[whole == _NONE] = _FILLS[kind]
    measures = {} if field == "area" else {"cell_measures": "area: cell_area"}
    _on_grid(file, name, before, whole.reshape(*values.shape[1:], *shape), unit, long_name, attributes | measures)


def _on_grid(file: Dataset, name: str, before: tuple, values: np.ndarray, unit: str, long_name: str, attributes: dict):
    fill = _FILLS[values.dtype.str[1:]]
    variable = file.createVariable(
        name, values.dtype, (*before, "lat", "lon"), fill_value=fill, zlib=True, complevel=4, shuffle=True
    )
    if "flag_values" not in attributes:
        variable.units = unit
    variable.setncatts({"long_name": long_name, **attributes, "grid_mapping": "crs"})
    variable.set_auto_maskandscale(False)
    variable[...] = values


def _write_reasons(file: Dataset, report: DomainReport) -> None:
    attributes = {
        "flag_values": np.arange(len(report.reasons) + 1, dtype=np.int8),
        "flag_meanings": " ".join(_flag_words(["modelled", *report.reasons])),
        "cell_measures": "area: cell_area",
    }
    _on_grid(file, "masked", (), report.masked.astype("i1"), "1", "why a cell is not modelled", attributes)


def _flag_words(names: list[str]) -> list[str]:
    """Names in the letters that CF has for the meaning of flags, each different."""
    words: list[str] = []
    for name in names:
        word = re.sub(r"[^A-Za-z0-9_]+", "_", unicodedata.normalize("NFKD", name)).strip("_") or "reason"
        words.append(f"{word}_{len(words)}" if word in words else word)
    return words


def _write_attributes(file: Dataset, domain: Domain) -> None:
    file.Conventions = "CF-1.11"
    file.title = "Domain of a region: cells and static fields"
    file.source = f"lsmcal {__version__}"
    file.history = f"lsmcal {__version__}: domain from the maps named in the attributes {_ORIGIN}*"
    for name, text in domain.attributes.items():
        file.setncattr(f"{_ORIGIN}{name}", str(text))


def read_domain(path: str | os.PathLike) -> Domain:
    """Read a domain that :func:`write_domain` has written; every field comes back to the bit.

    Parameters
    ----------
    path : path

    Raises
    ------
    InputError
        For a missing, damaged or cut file, missing variables, and cells that lack a field.
    """
    path, problems = Path(path), Problems()
    if reason := why_no_file(path):
        problems.add(reason, source=path, expected="a file of lsmcal domain")
        problems.raise_if_any()
    file = open_dataset(path, problems)
    problems.raise_if_any()
    domain = None
    with not_none(file) as file:
        file.set_auto_maskandscale(True)  # other programs choose fill values and packing of their own
        try:
            domain = _read(file, path, problems)
        except (RuntimeError, OSError) as error:  # the library's word for damage behind a sound header
            problems.add(f"cannot be read: {error}", source=path, expected="a whole file")
    problems.raise_if_any()
    return not_none(domain)


def _read(file: Dataset, path: Path, problems: Problems) -> Domain | None:
    needed = ["lat", "lon", "depth", *(_FIELDS[name][0] for name in _FIELDS if name not in _OPTIONAL)]
    for name in needed:
        if name not in file.variables:
            problems.add("missing variable", source=path, variable=name, expected="a file of lsmcal domain")
    if problems:
        return None
    thickness = _thickness(file, path, problems)
    grid = Grid(*(_read_axis(file, name, path, problems) for name in ("lon", "lat")))
    shape = (grid.latitude.size, grid.longitude.size)
    for name, before, *_ in _FIELDS.values():
        if name in file.variables and file[name].dimensions != (*before, "lat", "lon"):
            problems.add(
                "lies on other dimensions",
                source=path,
                variable=name,
                value=file[name].dimensions,
                expected=(*before, "lat", "lon"),
            )
    if problems:
        return None
    cell = np.flatnonzero(~_empty(file["vegetation"][...])).astype(np.int64)
    if not cell.size:
        problems.add("no cell remains", source=path, variable="vegetation", expected="at least one class")
        return None
    fields = {
        field: _read_field(file, field, cell, path, problems)
        for field in _FIELDS
        if _FIELDS[field][0] in file.variables
    }
    if "area" not in fields:  # CDO does not copy it
        fields["area"] = cell_area(_edges("lon", grid), _edges("lat", grid)).ravel()[cell]
    row, column = np.unravel_index(cell, shape)
    attributes = {
        name.removeprefix(_ORIGIN): str(file.getncattr(name)) for name in file.ncattrs() if name.startswith(_ORIGIN)
    }
    return Domain(
        grid, cell, grid.longitude[column], grid.latitude[row], thickness=thickness, attributes=attributes, **fields
    )


def _read_axis(file: Dataset, name: str, path: Path, problems: Problems) -> np.ndarray:
    axis = np.ma.filled(file[name][...].astype(np.float64), np.nan)
    if axis.ndim != 1 or not np.isfinite(axis).all() or not (np.diff(axis) > 0.0).all():
        problems.add(
            "is not an ascending axis",
            source=path,
            variable=name,
            expected="one dimension, ascending from south and from west",
        )
        return axis
    low, high = _LIMITS[name]
    if axis[0] < low or axis[-1] > high:
        problems.add(
            "is out of range",
            source=path,
            variable=name,
            value=f"{axis[0]:g} to {axis[-1]:g}",
            expected=f"{low:g} to {high:g} degrees",
        )
    elif axis.size > 2 and np.ptp(np.diff(axis)) > 1e-3 * (axis[1] - axis[0]):
        problems.add("is not evenly spaced", source=path, variable=name, expected="the axis of a regular grid")
    return axis


def _empty(values) -> np.ndarray:
    """Where a variable has no value."""
    return np.ma.getmaskarray(values) | ~np.isfinite(np.ma.getdata(values))


def _thickness(file: Dataset, path: Path, problems: Problems) -> np.ndarray:
    """Thickness of the layers; from their bounds if another program has dropped the attribute."""
    depth = file["depth"]
    thickness = np.atleast_1d(np.asarray(getattr(depth, "thickness", np.zeros(0)), dtype=np.float64))
    bounds = getattr(depth, "bounds", "")
    if not thickness.size and bounds in file.variables:
        thickness = np.round(np.diff(np.asarray(file[bounds][:]), axis=1)[:, 0], 10)
    if thickness.size != depth.size or not (thickness > 0.0).all():
        problems.add(
            "lacks the attribute thickness",
            source=path,
            variable="depth",
            value=thickness.size,
            expected=f"an attribute thickness with {depth.size} values",
        )
    return thickness


def _check_limits(field: str, values: np.ndarray, cell: np.ndarray, path: Path, problems: Problems) -> None:
    """Note what cannot be: damage, or a unit of another program."""
    if field not in _LIMITS:
        return
    (low, high), unit = _LIMITS[field], _FIELDS[field][3]
    slack = 1e-6 * (high - low)  # means of shares may exceed 1 by their rounding
    wrong = (values < low - slack) | (values > high + slack)
    if wrong.any():
        first = tuple(np.argwhere(wrong)[0])
        problems.add(
            "is out of range",
            source=path,
            variable=_FIELDS[field][0],
            where=f"cell {cell[first[0]]}",
            value=f"{values[first]:g}",
            expected=f"{low:g} to {high:g} {unit}",
        )


def _read_field(file: Dataset, field: str, cell: np.ndarray, path: Path, problems: Problems) -> np.ndarray:
    name, before, kind, *_ = _FIELDS[field]
    whole = file[name][...]
    empty, values = (
        np.ascontiguousarray(part.reshape(*part.shape[: len(before)], -1)[..., cell].T)
        for part in (_empty(whole), np.ma.filled(whole, 0))
    )
    _check_limits(field, np.where(empty, np.nan, values), cell, path, problems)
    if kind != "f8":
        values = np.where(empty, 0, values).astype(kind)
    if field == "leaf_area":
        return np.where(empty, _NONE, values)
    if empty.any():
        first = int(np.argwhere(empty)[0][0])
        problems.add("has no value in a modelled cell", source=path, variable=name, where=f"cell {cell[first]}")
    if field in ("vegetation", "soil"):
        return values.astype(np.int64)
    return values.astype(bool) if field == "dense" else values

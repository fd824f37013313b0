"""A region's results as CF NetCDF files: the equilibrium, and the years of all cells."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from lsmcal import __version__
from lsmcal.core.files import new_netcdf
from lsmcal.noah.runtime.grid import bottom_depths
from lsmcal.noah.runtime.state import COLUMN_STATE, LAYER_STATE
from lsmcal.parallel.checkpoints import Store, StoreError
from lsmcal.simulate.leaks import LEAKS, find_leaks, leak_attributes
from lsmcal.simulate.output.run import ANNUAL, variable
from lsmcal.simulate.region import Region
from lsmcal.simulate.results import LEDGER, PROFILES, SURFACE
from lsmcal.simulate.spinup.cycle import REACHED, state_of
from lsmcal.simulate.spinup.rounds import spun_up_columns
from lsmcal.simulate.years import SERIES, YEAR, record_times

_STATE_NAMES = tuple(field.name for field in (*COLUMN_STATE, *LAYER_STATE))
_REACHED = {
    "cycles": ("1", "cycles until the column reached equilibrium", "i4"),
    "steps": ("1", "Newton steps of the accelerated spin-up", "i4"),
    "converged": ("1", "1 where the spin-up converged, 0 elsewhere", "i1"),
    "drift_temperature": ("K", "change of the worst layer's mean temperature between the last two cycles", "f8"),
    "drift_water": ("mm", "summed change of total water over the last cycle", "f8"),
    "drift_ice": ("mm", "summed change of ice over the last cycle", "f8"),
    "distance": ("K", "estimated distance of the worst layer's mean temperature from equilibrium", "f8"),
}
#: Increase when region.nc or series.nc hold something else: older ones are made again.
OUTPUT_VERSION = 3
#: Cells in a chunk of the file.
_CHUNK = 4096


@contextmanager
def _complete_or_absent(path: Path) -> Iterator:
    """A NetCDF file that appears under its name when it is complete.

    Raises
    ------
    StoreError
        When it cannot be written; what it is gathered from stays.
    """
    try:
        with new_netcdf(path) as file:
            file.Conventions, file.source = "CF-1.11", f"lsmcal {__version__}"
            yield file
    except OSError as error:
        hint = "the results are stored in the checkpoints, and the same command resumes from them"
        raise StoreError(f"{path}: {error.strerror}; {hint}") from error


def _write_cells(file, region: Region) -> None:
    """Cells and layers, with what stands still."""
    domain = region.domain
    file.createDimension("cell", len(domain))
    file.createDimension("layer", region.thickness.size)
    file.createDimension("bounds", 2)
    across = ("cell",)
    variable(file, "cell", across, domain.cell.astype(np.int64), "1", "number of the cell on the grid")
    longitude = {"standard_name": "longitude"}
    variable(file, "lon", across, domain.longitude, "degrees_east", "longitude of the cell's centre", **longitude)
    variable(
        file, "lat", across, domain.latitude, "degrees_north", "latitude of the cell's centre", standard_name="latitude"
    )
    variable(file, "cell_area", across, domain.area, "m2", "area of the cell", standard_name="cell_area")
    height = {"standard_name": "surface_altitude", "coordinates": "lon lat"}
    variable(file, "elevation", across, domain.elevation, "m", "elevation", **height)
    bottom = bottom_depths(region.thickness)
    depth = {"standard_name": "depth", "positive": "down", "bounds": "depth_bounds"}
    variable(file, "depth", ("layer",), region.depth, "m", "depth of the layer's middle", **depth)
    edges = np.stack([bottom - region.thickness, bottom], axis=1)
    file.createVariable("depth_bounds", "f8", ("layer", "bounds"))[...] = edges
    variable(file, "thickness", ("layer",), region.thickness, "m", "thickness of the layer")


# -- equilibrium --------------------------------------------------------------------------------------------------
def write_equilibrium(region: Region, store: Store, path: Path, fingerprint: str) -> Path:
    """Gather the equilibria of all pieces into one file.

    Parameters
    ----------
    region : Region
    store : Store
        Of :func:`lsmcal.simulate.spinup.rounds.spin_up_region`.
    path : Path
    fingerprint : str
        Of everything the equilibrium depends on.
    """
    columns = spun_up_columns(region, store)
    fields = {item.name: item for item in (*COLUMN_STATE, *LAYER_STATE)}
    with _complete_or_absent(path) as file:
        _write_cells(file, region)
        file.fingerprint, file.spinup_method = fingerprint, region.spinup.method
        file.spinup_years = np.array(region.cycle, np.int32)
        for name, values in state_of(columns).items():
            shape = ("cell", "layer") if values.ndim == 2 else ("cell",)
            field = fields[name]
            variable(file, f"state_{name}", shape, values, field.unit, field.meaning, coordinates="lon lat")
        for name in REACHED:
            unit, meaning, kind = _REACHED[name]
            values = columns[name].astype(kind)
            variable(file, f"spinup_{name}", ("cell",), values, unit, meaning, coordinates="lon lat")
    return path


def read_equilibrium(path: str | os.PathLike, cells: np.ndarray) -> dict[str, np.ndarray]:
    """State of some cells, by number, from an equilibrium file.

    Raises
    ------
    KeyError
        For a cell that is not in it.
    StoreError
        When the file is damaged.
    """
    with _readable(path) as file:
        known = np.asarray(file["cell"][:])
        place = np.searchsorted(known, cells)
        missing = (place >= known.size) | (known[np.minimum(place, known.size - 1)] != cells)
        if missing.any():
            raise KeyError(f"cell {int(np.asarray(cells)[missing][0])} is not in {path}")
        return {name: np.asarray(file[f"state_{name}"][...])[place] for name in _STATE_NAMES}


@contextmanager
def _readable(path: str | os.PathLike, advice: str = "remove it, and the same command writes it again") -> Iterator:
    """A file of a run opened for reading, without masks; damage is a :class:`StoreError` that ends with the advice."""
    from netCDF4 import Dataset

    try:
        with Dataset(path) as file:
            file.set_auto_mask(False)
            yield file
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StoreError(f"{path}: cannot be read: {reason}; {advice}") from error


# -- the years ----------------------------------------------------------------------------------------------------
def write_region(
    region: Region, store: Store, equilibrium: Path | None, path: Path, attributes: Mapping[str, object]
) -> Path:
    """Gather the years of all pieces into one file; cells last, so that one year and layer is one map.

    Parameters
    ----------
    region : Region
    store : Store
        With a record "year" for every piece and year.
    equilibrium : Path, optional
        Equilibrium file, for the years used and the drift.
    path : Path
    attributes : mapping
        Global attributes.
    """
    years = np.arange(region.years[0], region.years[1] + 1)
    found = store.steps(YEAR)
    with _complete_or_absent(path) as file:
        _write_cells(file, region)
        file.createDimension("year", years.size)
        variable(file, "year", ("year",), years.astype(np.int32), "1", "calendar year")
        for group in _groups(region):
            columns = slice(region.pieces[group[0]][0], region.pieces[group[-1]][-1] + 1)
            for name, values in _gathered(store, found, group, years).items():
                _room(file, name, values.ndim)[:, ..., columns] = values
        if equilibrium is not None:
            _copy_reached(file, equilibrium, region.domain.cell)
        sums = {leak.name: file[f"annual_{leak.name}"][:] for leak in LEAKS}
        file.setncatts({name: _plain(value) for name, value in attributes.items()})
        file.setncatts(leak_attributes(find_leaks(sums, years)))
    return path


def _plain(value):
    return value if isinstance(value, (int, float)) else str(value)


def _groups(region: Region) -> list[range]:
    """Successive pieces that together fill a chunk of the file."""
    each = max(_CHUNK // len(region.pieces[0]), 1)
    count = len(region.pieces)
    return [range(first, min(first + each, count)) for first in range(0, count, each)]


def _gathered(store: Store, found: dict, pieces: range, years: np.ndarray) -> dict[str, np.ndarray]:
    """Results of some pieces: (years, cells) or (years, layers, cells)."""
    by_piece = []
    for piece in pieces:
        records = [_record(store, found, piece, YEAR, year) for year in years.tolist()]
        by_piece.append({name: np.stack([record[name].T for record in records]) for name in records[0]})
    return {name: np.concatenate([one[name] for one in by_piece], axis=-1) for name in by_piece[0]}


def _record(store: Store, found: dict, piece: int, kind: str, year: int) -> dict[str, np.ndarray]:
    if year not in found.get(piece, ()):
        lacking = f"the checkpoints lack {kind} {year} of block {piece}; the file of a rank may have been removed."
        raise StoreError(f"{store.folder}: {lacking} Remove the folder to run the years again")
    return store.get(found[piece][year], piece, kind, year)


def _room(file, name: str, dimensions: int):
    if name.startswith("ledger_"):
        output = LEDGER[name.removeprefix("ledger_").removesuffix("_largest")]
        kind = "largest magnitude in a step of the year" if name.endswith("_largest") else "mean of the year"
        unit, meaning, stored = output.unit, f"{output.long_name}, {kind}", name
    else:
        (unit, meaning), stored = ANNUAL[name], f"annual_{name}"
    if stored not in file.variables:
        shape = ("year", "layer", "cell") if dimensions == 3 else ("year", "cell")
        count = {name: len(file.dimensions[name]) for name in shape}
        chunk = [count["year"], *[1] * (dimensions - 2), min(count["cell"], _CHUNK)]
        made = file.createVariable(stored, "f4", shape, zlib=True, complevel=1, shuffle=True, chunksizes=chunk)
        made.units, made.long_name = unit, meaning
        made.coordinates = "depth lon lat" if dimensions == 3 else "lon lat"
    return file.variables[stored]


def _copy_reached(file, equilibrium: Path, cells: np.ndarray) -> None:
    with _readable(equilibrium) as other:
        place = np.searchsorted(np.asarray(other["cell"][:]), cells)
        for name in REACHED:
            unit, meaning, kind = _REACHED[name]
            values = np.asarray(other[f"spinup_{name}"][:])[place]
            variable(file, f"spinup_{name}", ("cell",), values.astype(kind), unit, meaning, coordinates="lon lat")


def write_series(region: Region, store: Store, path: Path, fingerprint: str) -> Path | None:
    """Gather the series of the chosen cells into one file; None when no cell was chosen.

    Parameters
    ----------
    region, store, path
        As of :func:`write_region`.
    fingerprint : str
        Of everything the run depends on.
    """
    found = store.steps(SERIES)
    if not found:
        return None
    with _complete_or_absent(path) as file:
        cells = np.sort(np.intersect1d(region.chosen, region.domain.cell))
        _write_cells(file, region.only(np.searchsorted(region.domain.cell, cells)))
        steps = [slice(*region.steps_of(year, year)) for year in range(*_span(region))]
        times = [record_times(region.series, region.nominal_time[part])[0] for part in steps]
        _write_times(file, region, np.concatenate(times))
        file.fingerprint = fingerprint
        begin = 0
        for year, stamps in zip(range(*_span(region)), times, strict=True):
            for piece in sorted(found):
                arrays = _record(store, found, piece, SERIES, year)
                at = np.searchsorted(cells, region.domain.cell[region.pieces[piece][arrays.pop("index")]])
                rows = slice(begin, begin + stamps.size)
                for name, values in arrays.items():
                    _series_room(file, name, values.ndim)[rows, ..., at] = np.moveaxis(values, 0, -1)
            begin += stamps.size
    return path


def _span(region: Region) -> tuple[int, int]:
    return region.years[0], region.years[1] + 1


def _write_times(file, region: Region, start: np.ndarray) -> None:
    file.createDimension("time", start.size)
    unit = "datetime64[M]" if region.series == "monthly" else "datetime64[D]"
    ends = (start.astype(unit) + 1).astype("datetime64[s]")
    days = [(moment - np.datetime64("1970-01-01", "s")) / np.timedelta64(1, "D") for moment in (start, ends)]
    more = {"standard_name": "time", "axis": "T", "bounds": "time_bounds", "calendar": "standard"}
    variable(file, "time", ("time",), days[0], "days since 1970-01-01 00:00:00", "start of the record (UTC)", **more)
    file.createVariable("time_bounds", "f8", ("time", "bounds"))[...] = np.stack(days, axis=1)


def _series_room(file, name: str, dimensions: int):
    if name not in file.variables:
        output = (PROFILES | SURFACE)[name]
        shape = ("time", "layer", "cell") if dimensions == 3 else ("time", "cell")
        made = file.createVariable(name, "f4", shape, zlib=True, complevel=1, shuffle=True)
        made.units, made.long_name, made.cell_methods = output.unit, output.long_name, "time: mean"
        if output.standard_name:
            made.standard_name = output.standard_name
        made.coordinates = "depth lon lat" if dimensions == 3 else "lon lat"
    return file.variables[name]

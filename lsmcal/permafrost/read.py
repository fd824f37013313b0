"""Permafrost from files of soil temperature, read in pieces that fit memory."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lsmcal.core import units
from lsmcal.core.errors import Problems, not_none
from lsmcal.inputs.gridded.files import open_dataset
from lsmcal.permafrost.annual import Records, each_year
from lsmcal.permafrost.layout import Layout, SoilNames, layout_of
from lsmcal.permafrost.places import SoilPlaces, places_of_file
from lsmcal.permafrost.result import Permafrost, fill, leave_out, room_for
from lsmcal.permafrost.time_axis import TimeAxis, complete_years, join, runs, time_axis

if TYPE_CHECKING:
    from netCDF4 import Dataset

#: Least share of the records of a month for the month to count.
LEAST = 0.9
#: Bytes a value of a record takes while it is worked on, and a layer of a place while its year is gathered.
_PER_VALUE, _PER_LAYER = 80, 80
#: No ground is colder or warmer [K].
_COLDEST, _WARMEST = 150.0, 373.15


@dataclass(frozen=True)
class _Part:
    """One file: where soil temperature lies in it, and when."""

    path: Path
    layout: Layout
    axis: TimeAxis


@dataclass(frozen=True)
class _Block:
    """Places that are worked on together: a stretch of their longest dimension, and records to read at once."""

    index: tuple[slice, ...]
    records: int


def permafrost_of_file(
    paths: str | os.PathLike | Sequence[str | os.PathLike],
    names: SoilNames | None = None,
    *,
    least: float = LEAST,
    excluded: np.ndarray | None = None,
    memory: float = 512e6,
) -> Permafrost:
    """Class, thaw depth and taliks of every year and place, from any NetCDF files of soil temperature.

    The files hold profiles at any step, or the extremes of each year. If a file of this package holds both, the
    profiles are taken: their months show whether a year is whole. Years that the time axis does not cover are left out.

    Parameters
    ----------
    paths : path or sequence of paths
        Files behind each other in time, in any order, with the same places and layers.
    names : SoilNames, optional
        What the files do not say themselves.
    least : float
        Share of the records of every month of the year that a layer must have to have a value in that year.
    excluded : array of bool, optional
        Glacier and lake, in the shape of the places: they are out, as is a place without any value.
    memory : float
        Bytes to work with, about.

    Returns
    -------
    Permafrost

    Raises
    ------
    InputError
        With all problems of all files: not to be read; no soil temperature, layers, depths or time found; other
        places or layers than in the first file; no complete year; temperatures no ground has.
    """
    names = names or SoilNames()
    parts = _parts([paths] if isinstance(paths, (str, os.PathLike)) else list(paths), names)
    axis, years = _axis(parts, least)
    return _permafrost(parts, axis, years, names, least, excluded, memory)


def _parts(paths: Sequence[str | os.PathLike], names: SoilNames) -> list[_Part]:
    """The files in order of time, alike in everything else."""
    problems, places = Problems(), None
    parts: list[_Part] = []
    for path in paths:
        found = _look(Path(path), names, problems)
        if found is None:
            continue
        part, there = found
        places = there if places is None else places
        if parts and not (part.layout.same_as(parts[0].layout) and there.same_as(places)):
            problems.add("other variables, units, cells or layers", source=path, expected=f"those of {parts[0].path}")
        parts.append(part)
    if not paths:
        problems.add("no files", expected="at least one NetCDF file of soil temperature")
    problems.raise_if_any()
    return sorted(parts, key=lambda part: part.axis.moment[0])


def _axis(parts: list[_Part], least: float) -> tuple[TimeAxis, np.ndarray]:
    """The time of all files, and the years it covers."""
    problems, first = Problems(), parts[0]
    axis = join([part.axis for part in parts], [str(part.path) for part in parts], problems)
    problems.raise_if_any()
    axis = not_none(axis)
    years = complete_years(axis, least)
    if len(first.layout.roles) == 1 and not axis.has_seasons:
        problems.add(
            "annual means have no maximum and minimum",
            source=first.path,
            variable=first.layout.first,
            value=axis.words,
            expected="monthly or shorter steps, or annual maxima and minima",
        )
    elif not years.size:
        problems.add(
            "no complete year",
            source=first.path,
            variable=axis.dimension,
            value=axis.span,
            expected="records in each month of a year",
        )
    problems.raise_if_any()
    return axis, years


def _look(path: Path, names: SoilNames, problems: Problems) -> tuple[_Part, SoilPlaces] | None:
    data = open_dataset(path, problems)
    if data is None:
        return None
    with closing(data):
        data.set_auto_maskandscale(True)
        layout = layout_of(data, names, problems)
        if layout is None:
            return None
        axis = time_axis(data, layout.dimensions, names.time, problems)
        if axis is None:
            return None
        return _Part(path, layout, axis), places_of_file(data, data.variables[layout.first], layout.space)


def _permafrost(
    parts: list[_Part],
    axis: TimeAxis,
    years: np.ndarray,
    names: SoilNames,
    least: float,
    excluded: np.ndarray | None,
    memory: float,
) -> Permafrost:
    layout = parts[0].layout
    with closing(_opened(parts[0].path)) as data:
        first = data.variables[layout.first]
        places, chunk = places_of_file(data, first, layout.space), _chunk(first, layout.time)
    attributes = {
        "soil_temperature_files": _words([part.path.name for part in parts]),
        "soil_temperature_variables": ", ".join(layout.every),
        "soil_temperature_records": axis.words,
    }
    result = room_for(years, layout.depth, places, attributes)
    for block in _blocks(layout, chunk, axis.moment.size, memory):
        fill(result, each_year(_records(parts, axis, block, names), layout.depth, least), block.index)
    leave_out(result, excluded)
    return result


def _words(files: list[str]) -> str:
    return ", ".join(files) if len(files) < 4 else f"{len(files)} files, {files[0]} to {files[-1]}"


def _opened(path: Path) -> Dataset:
    problems = Problems()
    data = open_dataset(path, problems)
    problems.raise_if_any()
    data = not_none(data)
    data.set_auto_maskandscale(True)
    return data


# -- pieces ------------------------------------------------------------------------------------------------------
def _chunk(variable, time: str) -> int:
    """Records that the file stores together: fewer at once would unpack them several times."""
    sizes = variable.chunking()
    return int(sizes[variable.dimensions.index(time)]) if isinstance(sizes, list) else 1


def _blocks(layout: Layout, chunk: int, records: int, memory: float) -> Iterator[_Block]:
    chunk = min(chunk, records)
    shape, layers = layout.shape or (1,), layout.depth.size
    longest = int(np.argmax(shape))
    across = math.prod(shape) // max(shape[longest], 1) * layers
    length = max(int(memory / (across * (_PER_LAYER + _PER_VALUE * chunk) or 1)), 1)
    parts = max(math.ceil(shape[longest] / length), 1)
    length = max(math.ceil(shape[longest] / parts), 1)
    at_once = max(int(memory / (across * length * _PER_VALUE or 1)), 1)
    at_once = max(at_once // chunk, 1) * chunk if at_once >= chunk else at_once
    for begin in range(0, shape[longest], length):
        whole = [slice(None)] * len(layout.shape)
        if whole:
            whole[longest] = slice(begin, min(begin + length, shape[longest]))
        yield _Block(tuple(whole), at_once)


def _records(parts: list[_Part], axis: TimeAxis, block: _Block, names: SoilNames) -> Iterator[Records]:
    """Records of some places in order of time, none beyond the end of a month."""
    offset = 0
    for part in parts:
        count = part.axis.moment.size
        with closing(_opened(part.path)) as data:
            for begin in range(0, count, block.records):
                end = min(begin + block.records, count)
                maximum, minimum = _extremes(data, part, slice(begin, end), block, names)
                for first, last in runs(axis, offset + begin, offset + end):
                    rows = slice(first - offset - begin, last - offset - begin)
                    year, month = int(axis.year[first]), int(axis.month[first])
                    low = maximum[rows]
                    high = low if minimum is maximum else minimum[rows]
                    yield Records(year, month, axis.expected(year, month), low, high)
        offset += count


def _extremes(data: Dataset, part: _Part, rows: slice, block: _Block, names: SoilNames) -> tuple:
    """Highest and lowest temperature of some records, twice the same array for profiles; (times, layers, cells) [K]."""
    found = [_read(data, part, variables, rows, block, names) for variables in part.layout.roles.values()]
    if len(found) == 1:
        return found[0], found[0]
    maximum, minimum = found
    if (maximum < minimum).any():
        problems = Problems()
        row, layer, _ = (int(index[0]) for index in np.nonzero(maximum < minimum))
        problems.add(
            "the maximum is below the minimum",
            source=part.path,
            variable=", ".join(part.layout.every),
            where=f"record {rows.start + row}, layer {layer + 1}",
        )
        problems.raise_if_any()
    return maximum, minimum


def _read(
    data: Dataset, part: _Part, variables: tuple[str, ...], rows: slice, block: _Block, names: SoilNames
) -> np.ndarray:
    layout = part.layout
    index = dict(zip(layout.space, block.index, strict=True)) | {layout.time: rows}
    first = (layout.time, layout.layer) if layout.layer else (layout.time,)
    order = [layout.dimensions.index(name) for name in (*first, *layout.space)]
    stacked = []
    for name in variables:
        values = _numbers(data, part.path, name, tuple(index.get(n, slice(None)) for n in layout.dimensions), names)
        values = values.transpose(order)
        layers = values.shape[1] if layout.layer else 1
        stacked.append(values.reshape(values.shape[0], layers, -1))
    values = stacked[0] if len(stacked) == 1 else np.concatenate(stacked, axis=1)
    values = _kelvin(values[:, layout.order], layout.unit)
    _check(values, part, variables, rows)
    return values


def _numbers(data: Dataset, path: Path, name: str, index: tuple, names: SoilNames) -> np.ndarray:
    try:
        values = data.variables[name][index]
    except (RuntimeError, OSError) as error:
        problems = Problems()
        problems.add(f"cannot be read: {error}", source=path, variable=name, expected="a complete file")
        problems.raise_if_any()
    values = np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan)
    if names.missing:
        # as stored or as shown: a missing value of -9999 may be rounded to single precision
        values[np.isclose(values[..., None], names.missing, rtol=1e-6, atol=0.0).any(axis=-1)] = np.nan
    return values


def _kelvin(values: np.ndarray, unit: str) -> np.ndarray:
    """In K; a billionth is rounded off, so that 0 degC of a packed or converted number is 0 degC."""
    return np.round(units.convert(values, unit, "temperature"), 9)


def _check(values: np.ndarray, part: _Part, variables: tuple[str, ...], rows: slice) -> None:
    wrong = (values < _COLDEST) | (values > _WARMEST)
    if not wrong.any():
        return
    row, layer, cell = (int(index[0]) for index in np.nonzero(wrong))
    problems = Problems()
    problems.add(
        "not a ground temperature; the unit may be wrong, or the value a fill value",
        source=part.path,
        variable=", ".join(variables),
        where=f"record {rows.start + row}, depth {part.layout.depth[layer]:g} m",
        value=f"{values[row, layer, cell]:g} K, read as {part.layout.unit}",
        expected=f"{_COLDEST:g} to {_WARMEST:g} K",
    )
    problems.raise_if_any()

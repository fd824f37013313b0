"""Values out of gridded files: unpacked, in the model's units, sums since 00 UTC de-accumulated, checked."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.core.units import QUANTITIES, convert, find
from lsmcal.inputs.gridded.files import Piece, open_dataset
from lsmcal.inputs.gridded.time_axis import FileSeries
from lsmcal.inputs.station.ranges import RANGES, check_values
from lsmcal.inputs.station.raw import RawForcing
from lsmcal.inputs.station.spec import SourceColumn

if TYPE_CHECKING:
    from netCDF4 import Dataset, Variable

#: Files kept open: a variable is in one file at a time, rarely in two.
_OPEN = 12
#: A box is read whole if it holds at most so many times the points wanted, or so few points that it does not matter.
_SPARSE, _SMALL = 16, 1024
#: What to look at when amounts come out impossible, by whether they were read as sums over the step.
_HINTS = {
    False: ' (the amounts were read as sums since 00 UTC; accumulated = "step" if they are those of the step)',
    True: ' (the amounts were read as sums over the step; accumulated = "day" if they run since 00 UTC)',
}


class OpenFiles:
    """The files last used, kept open."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, Dataset] = OrderedDict()

    def get(self, path: Path, problems: Problems) -> Dataset | None:
        """The file, opened if need be; None, with the problem noted, if it cannot be."""
        if path not in self._open:
            data = open_dataset(path, problems)
            if data is None:
                return None
            self._open[path] = data
            if len(self._open) > _OPEN:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(path)
        return self._open[path]

    def close(self) -> None:
        """Close all of them."""
        while self._open:
            self._open.popitem()[1].close()


def read_role(
    role: str,
    series: FileSeries,
    first: int,
    last: int,
    index: np.ndarray,
    column: SourceColumn,
    missing: tuple[float, ...],
    files: OpenFiles,
    problems: Problems,
) -> np.ndarray:
    """Steps ``first`` to ``last`` of one variable at some points, in the model's unit.

    Parameters
    ----------
    role : str
    series : FileSeries
    first, last : int
        In steps of the files.
    index : (n, dimensions of space) array of int
        Points.
    column : Column
        Its scale is applied.
    missing : tuple of float
        Numbers that mean "no value".
    files : OpenFiles
    problems : Problems
        Gets files that cannot be read.

    Returns
    -------
    (last - first, n) float64 array
        Missing is NaN.
    """
    records = series.records[first:last]
    summed = series.fresh is not None and not series.fresh[records[0]]
    start, stop = int(records[0]) - summed, int(records[-1]) + 1
    values = np.empty((stop - start, index.shape[0]))
    for piece, offset in zip(series.pieces, series.offsets, strict=False):
        low, high = max(start, offset), min(stop, offset + piece.stamps.size)
        if low < high:
            stored = _stored(piece, low - offset, high - offset, index, missing, files, problems)
            converted = convert(stored, piece.unit, QUANTITIES[role], series.step)
            values[low - start : high - start] = column.scale * converted if column.scale != 1.0 else converted
    if series.fresh is not None:
        values[1:] -= np.where(series.fresh[start + 1 : stop, None], 0.0, values[:-1])
    chosen = records - start
    return values if chosen.size == values.shape[0] else values[chosen]


def _stored(
    piece: Piece,
    first: int,
    last: int,
    index: np.ndarray,
    missing: tuple[float, ...],
    files: OpenFiles,
    problems: Problems,
) -> np.ndarray:
    """Records of a piece at some points, unpacked, in the unit of the file; missing is NaN."""
    data = files.get(piece.path, problems)
    values = None
    if data is not None:
        variable = data.variables[piece.variable]
        try:
            values = _at_points(variable, piece, first, last, index)
        except RuntimeError as error:
            times = f"{piece.stamps[first]} to {piece.stamps[last - 1]}"
            problems.add(
                f"cannot be read: {error}",
                source=piece.path,
                variable=piece.variable,
                where=times,
                expected="a complete file",
            )
    return np.full((last - first, index.shape[0]), np.nan) if values is None else _unpack(values, variable, missing)


def _at_points(variable: Variable, piece: Piece, first: int, last: int, index: np.ndarray) -> np.ndarray:
    """(records, points) as stored, read in boxes around the points."""
    boxes = boxes_around(index)
    if len(boxes) == 1:
        return _in_box(variable, piece, first, last, index)
    values = np.empty((last - first, index.shape[0]), variable.dtype)
    for members in boxes:
        values[:, members] = _in_box(variable, piece, first, last, index[members])
    return values


def _in_box(variable: Variable, piece: Piece, first: int, last: int, index: np.ndarray) -> np.ndarray:
    low = index.min(axis=0)
    box = {name: slice(int(a), int(b) + 1) for name, a, b in zip(piece.space, low, index.max(axis=0), strict=True)}
    box[piece.time] = slice(first, last)
    kept = [name for name in variable.dimensions if name in box]
    values = np.asarray(variable[tuple(box.get(name, 0) for name in variable.dimensions)])
    values = values.transpose([kept.index(name) for name in (piece.time, *piece.space)])
    inside = np.ravel_multi_index(tuple((index - low).T), values.shape[1:])
    flat = values.reshape(values.shape[0], -1)
    return flat if np.array_equal(inside, np.arange(flat.shape[1])) else np.take(flat, inside, axis=1)


def boxes_around(index: np.ndarray) -> list[np.ndarray]:
    """Points grouped so that the box around each group is not much larger than the group: few and far apart is common.

    Parameters
    ----------
    index : (n, dimensions) array of int

    Returns
    -------
    list of arrays of int
        Rows of ``index``, each in one group.
    """
    groups, waiting = [], [np.arange(index.shape[0])]
    while waiting:
        members = waiting.pop()
        low, high = index[members].min(axis=0), index[members].max(axis=0)
        if box_size(index[members]) <= max(_SPARSE * members.size, _SMALL):
            groups.append(members)
            continue
        widest = int(np.argmax(high - low))
        left = index[members, widest] <= (low[widest] + high[widest]) // 2
        waiting += [members[left], members[~left]]
    return groups


def box_size(index: np.ndarray) -> int:
    """Points in the smallest box around some points."""
    return int(np.prod(index.max(axis=0) - index.min(axis=0) + 1))


def _unpack(stored: np.ndarray, variable: Variable, missing: tuple[float, ...]) -> np.ndarray:
    """Fill values to NaN, scale factor and offset applied in double precision."""
    values = stored.astype(np.float64)
    for mark in _marks(variable):
        values[stored == mark] = np.nan
    scale, offset = (float(getattr(variable, name, usual)) for name, usual in (("scale_factor", 1), ("add_offset", 0)))
    if scale != 1.0:
        values *= scale
    if offset != 0.0:
        values += offset
    for mark in missing:
        values[values == mark] = np.nan
    return values


def _marks(variable: Variable) -> list:
    """Stored numbers that stand for no value."""
    import netCDF4

    marks = [getattr(variable, name) for name in ("_FillValue", "missing_value") if name in variable.ncattrs()]
    default = netCDF4.default_fillvals.get(variable.dtype.str[1:]) if variable.dtype.itemsize > 1 else None
    return np.unique(np.hstack([*marks, [] if default is None else default])).tolist()


def check_role(
    role: str, values: np.ndarray, series: FileSeries, first: int, name_of, clipped: Counter, problems: Problems
) -> None:
    """Note missing and impossible values with the limits of the site readers; clip noise in place and count it.

    Parameters
    ----------
    role : str
    values : (steps, n) array
    series : FileSeries
    first : int
        Step of the first row.
    name_of : callable
        Column to the cell in words.
    clipped : Counter
        Values clipped, by role.
    problems : Problems
    """
    limits = RANGES[role]
    low, high = (values.min(), values.max()) if values.size else (limits.low, limits.high)
    if limits.low <= low and high <= limits.high:
        return
    absent = ~np.isfinite(values)
    wrong = (values < limits.low - limits.noise_low) | (values > limits.high + limits.noise_high)
    for bad in (absent, wrong & ~absent):
        if bad.any():
            _note(role, values, bad, series, first, name_of, problems)
    if not absent.any() and not wrong.any():
        clipped[role] += int(((values < limits.low) | (values > limits.high)).sum())
        np.clip(values, limits.low, limits.high, out=values)


def _note(
    role: str, values: np.ndarray, bad: np.ndarray, series: FileSeries, first: int, name_of, problems: Problems
) -> None:
    """One problem for all bad values: the first in time, in the words of the site readers."""
    step, cell = np.unravel_index(int(np.argmax(bad)), bad.shape)
    stamps = series.time[first : first + values.shape[0]]
    record = int(series.records[first + step])
    piece = series.pieces[int(np.searchsorted(series.offsets, record, side="right")) - 1]
    # the whole column where values are absent, but only the wrong ones where they are out of range
    rows = bad[:, cell]
    column = RawForcing(
        stamps[rows], series.step, {role: values[rows, cell]}, str(piece.path), stamps[rows], units={role: piece.unit}
    )
    found = Problems()
    check_values(column, found)
    count, cells = int(bad.sum()), int(bad.any(axis=0).sum())
    more = f" ({count} values in {cells} cell{'s' if cells > 1 else ''})"
    variable = f"{piece.variable} ({role})"
    conversion = find(piece.unit, QUANTITIES[role])
    hint = _HINTS[series.fresh is None] if conversion is not None and conversion.per_step else ""
    for problem in found.found[:1]:
        message, where = problem.message + more, f"{problem.where}, {name_of(int(cell))}"
        expected = problem.expected + hint
        problems.found.append(replace(problem, message=message, variable=variable, where=where, expected=expected))

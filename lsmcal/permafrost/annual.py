"""Yearly extremes and thaw of layers, gathered from records in order of time, however they come in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lsmcal.permafrost.thaw import crossings, thaw_depth, thaw_depth_of_year


@dataclass(frozen=True)
class Year:
    """What a year of soil temperature comes to.

    Parameters
    ----------
    year : int
    maximum, minimum : (cells, layers) arrays
        [K]; NaN where the year is not complete.
    down, up : (cells, layers - 1) arrays or None
        As :func:`lsmcal.permafrost.thaw.crossings`; None where only extremes are known.
    """

    year: int
    maximum: np.ndarray
    minimum: np.ndarray
    down: np.ndarray | None = None
    up: np.ndarray | None = None

    def thaw_depth(self, depth: np.ndarray, beyond: float = np.nan) -> np.ndarray:
        """Greatest thaw depth (cells,) [m]; by the profiles of the year if they are known."""
        if self.down is None or self.up is None:
            return thaw_depth(self.maximum, depth, beyond)
        return thaw_depth_of_year(self.maximum, self.down, self.up, depth, beyond)


@dataclass(frozen=True)
class Records:
    """Successive records within one month of a year.

    Parameters
    ----------
    year, month : int
        Month 0: a record stands for the whole year.
    expected : float
        Records that the whole month has.
    maximum, minimum : (times, layers, cells) arrays
        [K]; both the same array if the records are profiles and not extremes.
    """

    year: int
    month: int
    expected: float
    maximum: np.ndarray
    minimum: np.ndarray


def each_year(records: Iterator[Records], depth: np.ndarray, least: float) -> Iterator[Year]:
    """The years of records that come in order of time.

    A layer has a value in a year if in every month at least the share ``least`` of its records is there: a missing
    summer would make a year look frozen.

    Parameters
    ----------
    records : iterator of Records
    depth : (layers,) array
        Nodes, ascending [m].
    least : float

    Yields
    ------
    Year
    """
    gathered = None
    for some in records:
        if gathered is not None and gathered.year != some.year:
            yield gathered.end()
            gathered = None
        if gathered is None:
            gathered = _Gathered(some, depth, least)
        gathered.add(some)
    if gathered is not None:
        yield gathered.end()


class _Gathered:
    """A year that is not over yet."""

    def __init__(self, first: Records, depth: np.ndarray, least: float):
        self.year, self._depth, self._least = first.year, depth, least
        shape = first.maximum.shape[1:]
        self._maximum, self._minimum = np.full(shape, np.nan), np.full(shape, np.nan)
        between = (max(shape[0] - 1, 0), *shape[1:])
        profiles = first.maximum is first.minimum
        self._crossings = (np.full(between, -np.inf), np.full(between, np.inf)) if profiles else None
        self._month, self._expected = first.month, first.expected
        self._count, self._months = np.zeros(shape, np.int32), np.zeros(shape, np.int8)

    def add(self, some: Records) -> None:
        if some.month != self._month:
            self._end_month()
            self._month, self._expected = some.month, some.expected
        self._maximum = np.fmax(self._maximum, np.fmax.reduce(some.maximum, axis=0))
        self._minimum = np.fmin(self._minimum, np.fmin.reduce(some.minimum, axis=0))
        self._count += (np.isfinite(some.maximum) & np.isfinite(some.minimum)).sum(axis=0, dtype=np.int32)
        if self._crossings is not None:
            down, up = crossings(some.maximum, self._depth)
            self._crossings = np.maximum(self._crossings[0], down), np.minimum(self._crossings[1], up)

    def _end_month(self) -> None:
        self._months += self._count >= self._least * self._expected
        self._count[:] = 0

    def end(self) -> Year:
        whole_year = self._month == 0
        self._end_month()
        complete = self._months == (1 if whole_year else 12)
        extremes = (np.where(complete, values, np.nan).T for values in (self._maximum, self._minimum))
        between = (None, None) if self._crossings is None else (values.T for values in self._crossings)
        return Year(self.year, *extremes, *between)

"""The time axis of a file of soil temperature: to which year and month each record belongs."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lsmcal.core.errors import Problems

if TYPE_CHECKING:
    from netCDF4 import Dataset

_DAY = 86400.0
#: Longer steps than these [days] are months and years.
_MONTHLY, _YEARLY = 25.0, 350.0


@dataclass(frozen=True)
class TimeAxis:
    """Records of a file.

    Parameters
    ----------
    dimension : str
    year, month : (n,) arrays of int
        Of the middle of a record where there are time bounds, otherwise of its stamp. Month 0: a year's value.
    moment : (n,) array
        Seconds, to compare with other files of the same calendar; of a yearly axis those of its year.
    step : float
        Usual distance of records [s]. Of one file's axis: what a record stands for by its bounds, NaN without them;
        :func:`join` knows it.
    calendar : str
        As CF calls it.
    """

    dimension: str
    year: np.ndarray
    month: np.ndarray
    moment: np.ndarray
    step: float
    calendar: str

    @property
    def span(self) -> str:
        """First and last month, for people."""
        ends = [f"{self.year[at]}-{self.month[at]:02d}" if self.month[at] else f"{self.year[at]}" for at in (0, -1)]
        return " to ".join(ends)

    @property
    def words(self) -> str:
        """What the records are, for people."""
        days = self.step / _DAY
        if days > _MONTHLY:
            return "yearly values" if days > _YEARLY else "monthly values"
        return "daily values" if days == 1.0 else f"values every {self.step / 3600.0:g} h"

    @property
    def has_seasons(self) -> bool:
        """True if there are several records in a year."""
        return self.step <= _YEARLY * _DAY

    def expected(self, year: int, month: int) -> float:
        """Least number of records that a month has when it is complete."""
        if month == 0 or self.step > _MONTHLY * _DAY:
            return 1.0
        return max(np.floor(days_of_month(year, month, self.calendar) * _DAY / self.step + 1e-6), 1.0)


def days_of_month(year: int, month: int, calendar: str) -> int:
    """Days of a month of a CF calendar."""
    if calendar == "360_day":
        return 30
    if calendar in ("noleap", "365_day"):
        return monthrange(2001, month)[1]
    return 29 if calendar in ("all_leap", "366_day") and month == 2 else monthrange(max(year, 1), month)[1]


def time_axis(data: Dataset, dimensions: tuple[str, ...], name: str, problems: Problems) -> TimeAxis | None:
    """The time axis along one of some dimensions.

    Parameters
    ----------
    data : Dataset
    dimensions : tuple of str
        Of the soil temperature.
    name : str
        Name of the time variable; empty: the one with units "... since ...", or the years as numbers.
    problems : Problems

    Returns
    -------
    TimeAxis or None
        None, with the problem noted, if there is none or it cannot be read.
    """
    variable = find_time(data, dimensions, name)
    source = data.filepath()
    if variable is None:
        expected = "a variable with units like 'days since 1970-01-01', or a coordinate named year"
        value = f"dimensions {', '.join(dimensions)}"
        problems.add("no time axis", source=source, variable=name or "time", value=value, expected=expected)
        return None
    if " since " not in _units(variable):
        return _years(variable, source, problems)
    return _moments(data, variable, source, problems)


def axis_of(time: np.ndarray) -> TimeAxis:
    """The time axis of moments in memory.

    Raises
    ------
    ValueError
        Less than two, or such that do not ascend.
    """
    moment = time.astype("datetime64[s]").astype(np.float64)
    apart = np.diff(moment)
    if not apart.size or (apart <= 0).any() or np.isnat(time).any():
        raise ValueError("need at least two times, in increasing order")
    month = time.astype("datetime64[M]").astype(np.int64)
    year, step = 1970 + month // 12, float(np.median(apart))
    month = np.zeros_like(month) if step > _YEARLY * _DAY else month % 12 + 1
    return TimeAxis("time", year, month, moment, step, "standard")


def find_time(data: Dataset, dimensions: tuple[str, ...], name: str = ""):
    """The one-dimensional variable of time along one of the dimensions, or None."""
    candidates = [data.variables.get(name)] if name else list(data.variables.values())
    along = [one for one in candidates if one is not None and one.ndim == 1 and one.dimensions[0] in dimensions]
    by_units = [one for one in along if " since " in _units(one)]
    named = [one for one in along if one.name.lower() in ("year", "years") or name]
    return next(iter(by_units + named), None)


def _units(variable) -> str:
    return str(getattr(variable, "units", ""))


def _years(variable, source: str, problems: Problems) -> TimeAxis | None:
    numbers = np.ma.filled(np.ma.asarray(variable[:], np.float64), np.nan)
    if not numbers.size:
        problems.add("no records", source=source, variable=variable.name)
        return None
    wrong = ~((numbers >= 1) & (numbers <= 9999) & (numbers == np.round(numbers)))
    if wrong.any():
        first = int(np.argmax(wrong))
        problems.add(
            "not a calendar year",
            source=source,
            variable=variable.name,
            where=f"index {first}",
            value=numbers[first],
            expected="whole numbers, or units like 'days since ...'",
        )
        return None
    year = numbers.astype(np.int64)
    return TimeAxis(variable.dimensions[0], year, np.zeros_like(year), year * 366.0 * _DAY, 366.0 * _DAY, "standard")


def _moments(data: Dataset, variable, source: str, problems: Problems) -> TimeAxis | None:
    import cftime

    named = str(getattr(variable, "calendar", "standard")).lower()
    calendar = "standard" if named == "gregorian" else named
    numbers, width = _middles(data, variable)
    numbers = np.ma.filled(numbers, np.nan)
    if not numbers.size:
        problems.add("no records", source=source, variable=variable.name)
        return None
    if not np.isfinite(numbers).all():
        first = int(np.argmin(np.isfinite(numbers)))
        problems.add("missing time", source=source, variable=variable.name, where=f"index {first}")
        return None
    try:
        dates = cftime.num2date(numbers, variable.units, calendar, only_use_cftime_datetimes=True)
        moment = cftime.date2num(dates, "seconds since 1900-01-01", calendar)
    except (ValueError, OverflowError) as error:
        problems.add(f"cannot be decoded: {error}", source=source, variable=variable.name, value=variable.units)
        return None
    moment = np.round(np.atleast_1d(np.asarray(moment, np.float64)), 3)
    date = np.atleast_1d(dates)
    year, month = (np.array([getattr(one, part) for one in date], np.int64) for part in ("year", "month"))
    step = width * _seconds(variable.units) if width > 0 else np.nan
    return TimeAxis(variable.dimensions[0], year, month, moment, step, calendar)


def _middles(data: Dataset, variable) -> tuple[np.ndarray, float]:
    """Numbers of the records, and how long they are by their bounds; NaN without bounds."""
    bounds = data.variables.get(str(getattr(variable, "bounds", "")))
    if bounds is None or bounds.shape != (variable.size, 2):
        return np.ma.asarray(variable[:], np.float64), np.nan
    both = np.ma.asarray(bounds[:], np.float64)
    return both.mean(axis=1), float(np.ma.median(both[:, 1] - both[:, 0]))


def _seconds(unit: str) -> float:
    """Length of the unit of a time, which must have been decoded before."""
    import cftime

    first, second = cftime.num2date([0, 1], unit, "proleptic_gregorian", only_use_cftime_datetimes=True)
    return (second - first).total_seconds()


def join(axes: list[TimeAxis], sources: list[str], problems: Problems) -> TimeAxis | None:
    """The axes of several files behind each other, with their step.

    Parameters
    ----------
    axes : list of TimeAxis
        In order of time.
    sources : list of str
        The files, for messages.
    problems : Problems
        Gets calendars that differ, and records that are not in order.

    Returns
    -------
    TimeAxis or None
    """
    calendars = {axis.calendar for axis in axes}
    if len(calendars) > 1:
        problems.add(
            "calendars differ",
            source=sources[0],
            variable="time",
            value=", ".join(sorted(calendars)),
            expected="one calendar in all files",
        )
        return None
    moment, year, month = (
        np.concatenate([getattr(axis, name) for axis in axes]) for name in ("moment", "year", "month")
    )
    apart = np.diff(moment)
    if (apart <= 0).any():
        first = int(np.argmax(apart <= 0)) + 1
        file = int(np.searchsorted(np.cumsum([axis.moment.size for axis in axes]), first, side="right"))
        problems.add(
            "time does not increase",
            source=sources[file],
            variable="time",
            where=f"record {first} of all ({year[first]}-{month[first]:02d})",
            expected="strictly increasing times",
        )
        return None
    step = float(np.median(apart)) if apart.size else axes[0].step
    if np.isnan(step):
        problems.add(
            "single record without time bounds",
            source=sources[0],
            variable=axes[0].dimension,
            expected="several records, or time bounds",
        )
        return None
    if step > _YEARLY * _DAY:
        month = np.zeros_like(month)
    return TimeAxis(axes[0].dimension, year, month, moment, step, axes[0].calendar)


def runs(axis: TimeAxis, first: int, last: int) -> Iterator[tuple[int, int]]:
    """First and last (exclusive) of successive records within one month of a year."""
    key = axis.year[first:last] * 13 + axis.month[first:last]
    edges = [0, *(np.flatnonzero(np.diff(key)) + 1).tolist(), last - first]
    for begin, end in zip(edges[:-1], edges[1:], strict=True):
        if begin < end:
            yield first + begin, first + end


def complete_years(axis: TimeAxis, least: float) -> np.ndarray:
    """Years in every month of which there is at least a share of its records."""
    months: dict[int, int] = {}
    for first, last in runs(axis, 0, axis.year.size):
        year, month = int(axis.year[first]), int(axis.month[first])
        complete = last - first >= least * axis.expected(year, month)
        months[year] = months.get(year, 0) + (complete if month else 12 * complete)
    return np.array([year for year, count in sorted(months.items()) if count >= 12], np.int64)

"""The time axis of a file of soil temperature: to which year and month each record belongs."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lsmcal.problems import Problems

if TYPE_CHECKING:
    from netCDF4 import Dataset

_DAY = 86400.0
#: Longer steps than these [days] are months and years.
_MONTHLY, _YEARLY = 25.0, 360.0


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
        Usual distance of records [s]; known to :func:`join`.
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
    def words(self) -> str:
        """What the records are, for people."""
        days = self.step / _DAY
        if days > _MONTHLY:
            return "yearly values" if days > _YEARLY else "monthly values"
        return "daily values" if days == 1.0 else f"values every {self.step / 3600.0:g} h"

    def expected(self, year: int, month: int) -> float:
        """Records that a month has when it is complete."""
        if month == 0 or self.step > _MONTHLY * _DAY:
            return 1.0
        return days_of_month(year, month, self.calendar) * _DAY / self.step


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
        expected = "a variable with units like 'days since 1970-01-01', or one named year"
        value = f"dimensions {', '.join(dimensions)}"
        problems.add("no time axis", source=source, variable=name or "time", value=value, expected=expected)
        return None
    if " since " not in _units(variable):
        return _years(variable, source, problems)
    return _moments(data, variable, source, problems)


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
    wrong = ~((numbers >= 1) & (numbers <= 9999) & (numbers == np.round(numbers)))
    if wrong.any():
        first = int(np.argmax(wrong))
        problems.add("not a calendar year", source=source, variable=variable.name, where=f"index {first}",
                     value=numbers[first], expected="whole numbers, or units like 'days since ...'")  # fmt: skip
        return None
    year = numbers.astype(np.int64)
    return TimeAxis(variable.dimensions[0], year, np.zeros_like(year), year * 366.0 * _DAY, np.nan, "standard")


def _moments(data: Dataset, variable, source: str, problems: Problems) -> TimeAxis | None:
    import cftime

    calendar = str(getattr(variable, "calendar", "standard")).lower()
    bounds = data.variables.get(str(getattr(variable, "bounds", "")))
    numbers = np.ma.asarray(variable[:], np.float64)
    if bounds is not None and bounds.shape == (numbers.size, 2):
        numbers = np.ma.asarray(bounds[:], np.float64).mean(axis=1)
    numbers = np.ma.filled(numbers, np.nan)
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
    return TimeAxis(variable.dimensions[0], year, month, moment, np.nan, calendar)


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
        problems.add("calendars differ", source=sources[0], variable="time", value=", ".join(sorted(calendars)),
                     expected="one calendar in all files")  # fmt: skip
        return None
    moment, year, month = (
        np.concatenate([getattr(axis, name) for axis in axes]) for name in ("moment", "year", "month")
    )
    apart = np.diff(moment)
    if (apart <= 0).any():
        first = int(np.argmax(apart <= 0)) + 1
        file = int(np.searchsorted(np.cumsum([axis.moment.size for axis in axes]), first, side="right"))
        problems.add("time does not go on", source=sources[file], variable="time",
                     where=f"record {first} of all ({year[first]}-{month[first]:02d})",
                     expected="each record later than the one before, each time once")  # fmt: skip
        return None
    step = float(np.median(apart)) if apart.size else np.inf
    if step > _YEARLY * _DAY:
        month = np.zeros_like(month)
    return TimeAxis(axes[0].dimension, year, month, moment, step, axes[0].calendar)

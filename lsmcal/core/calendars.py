"""Rules for time axes: the two calendars, time zones, local days and monthly climatologies.

Time is ``datetime64[s]`` with Gregorian labels throughout. On a "noleap" axis 29 February does not
exist: 1 March follows 28 February at once, also when a time zone is applied.
"""

from __future__ import annotations

import numpy as np

DAY = 86400
_CUMULATIVE = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])
_MONTH_LENGTH = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def split(time: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Year, month (1-12), day (1-31) and second of the day of datetime64 labels."""
    time = np.asarray(time, dtype="datetime64[s]")
    days, months, years = (time.astype(f"datetime64[{unit}]") for unit in "DMY")
    year = years.astype(np.int64) + 1970
    month = (months - years).astype(np.int64) + 1
    day = (days - months).astype(np.int64) + 1
    return year, month, day, (time - days).astype(np.int64)


def is_leap_day(time: np.ndarray | np.datetime64) -> np.ndarray:
    """True where the label falls on a 29 February."""
    _, month, day, _ = split(np.asarray(time))
    return (month == 2) & (day == 29)


def axis_seconds(time: np.ndarray, calendar: str = "standard") -> np.ndarray:
    """Seconds on an evenly running axis, so that differences are true intervals of the calendar.

    Parameters
    ----------
    time : (n,) datetime64
    calendar : str
        "standard" (seconds since 1970) or "noleap" (since year 0, every year 365 days). A 29 February
        on a noleap axis counts as 1 March.
    """
    if calendar == "standard":
        return np.asarray(time, dtype="datetime64[s]").astype(np.int64)
    year, month, day, second = split(time)
    return ((year * 365 + _CUMULATIVE[month - 1] + day - 1) * DAY) + second


def from_axis_seconds(seconds: np.ndarray, calendar: str = "standard") -> np.ndarray:
    """Inverse of :func:`axis_seconds`: Gregorian labels, datetime64[s]."""
    seconds = np.asarray(seconds, dtype=np.int64)
    if calendar == "standard":
        return seconds.astype("datetime64[s]")
    day_number, second = np.divmod(seconds, DAY)
    year, day_of_year = np.divmod(day_number, 365)
    month = np.searchsorted(_CUMULATIVE, day_of_year, side="right") - 1
    labels = ((year - 1970) * 12 + month).astype("datetime64[M]").astype("datetime64[D]")
    labels = labels + (day_of_year - _CUMULATIVE[month]).astype("timedelta64[D]")
    return labels.astype("datetime64[s]") + second.astype("timedelta64[s]")


def shift(time: np.ndarray, seconds: float, calendar: str = "standard") -> np.ndarray:
    """Labels moved by ``seconds`` along the axis of the calendar."""
    return from_axis_seconds(axis_seconds(time, calendar) + round(seconds), calendar)


def nominal_start(start: np.ndarray, step: float, calendar: str = "standard") -> np.ndarray:
    """Starts of steps moved to the nearest multiple of their length after 00 h, the later of two.

    Steps that begin at 22:30, 1:30, ... count as those of 0:00, 3:00, ...: a step belongs to the day, month and year
    that hold its middle. Starts that lie on such multiples are returned as they are.

    Parameters
    ----------
    start : (n,) datetime64
    step : float
        Length of the steps [s], a divisor of the day.
    calendar : str
    """
    length = round(step)
    return from_axis_seconds((axis_seconds(start, calendar) + length // 2) // length * length, calendar)


def to_utc(time: np.ndarray, time_zone_hours: float, calendar: str = "standard") -> np.ndarray:
    """UTC labels of times on a clock that is ``time_zone_hours`` ahead of UTC."""
    return shift(time, -3600.0 * time_zone_hours, calendar)


def local_days(time: np.ndarray, time_zone_hours: float, calendar: str = "standard") -> np.ndarray:
    """Local date, datetime64[D], of UTC labels."""
    return shift(time, 3600.0 * time_zone_hours, calendar).astype("datetime64[D]")


def lacks_only_leap_days(time: np.ndarray, step: float) -> bool:
    """True if the axis has gaps, and every gap is exactly one missing 29 February."""
    jumps = np.diff(axis_seconds(time)) != round(step)
    return bool(jumps.any() and np.all(np.diff(axis_seconds(time, "noleap")) == round(step)))


def day_of_year(time: np.ndarray, calendar: str = "standard") -> np.ndarray:
    """Day of the year: 1-365, or 366 on 31 December of a standard leap year."""
    if calendar == "noleap":
        return (axis_seconds(time, "noleap") // DAY) % 365 + 1
    days = np.asarray(time, dtype="datetime64[D]")
    return (days - days.astype("datetime64[Y]")).astype(np.int64) + 1


def month_weights(time: np.ndarray, calendar: str = "standard") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Interpolation of monthly values that hold on the 15th, constant within a day.

    Parameters
    ----------
    time : (n,) datetime64
    calendar : str
        Months have 28 days in February when "noleap".

    Returns
    -------
    first, second : (n,) int
        Month indices, 0-11.
    weight : (n,) float
        Weight of ``second``; the value is ``(1 - weight) * v[first] + weight * v[second]``.
    """
    year, month, day, _ = split(time)
    current = month - 1
    after = day >= 15
    first = np.where(after, current, (current - 1) % 12)
    second = np.where(after, (current + 1) % 12, current)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)) & (calendar != "noleap")
    length = _MONTH_LENGTH[first] + (leap & (first == 1))
    weight = np.where(after, day - 15, length - 15 + day) / length
    return first, second, weight


def moment(text: str, end: bool = False) -> np.datetime64:
    """An ISO date or time of a case; as an (exclusive) ``end`` a bare date, month or year is still included.

    Raises
    ------
    ValueError
        Not an ISO date.
    """
    stamp = np.datetime64(text.strip().replace(" ", "T"))
    if np.datetime_data(stamp.dtype)[0] in ("D", "M", "Y") and end:
        stamp = stamp + 1
    return stamp.astype("datetime64[s]")

"""The model's forcing: eight variables on an even time axis in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lsmcal.core import calendars
from lsmcal.core.errors import Problems

#: Names and order of the model's forcing variables.
FORCING_VARIABLES = (
    "air_temperature",
    "specific_humidity",
    "air_pressure",
    "shortwave",
    "longwave",
    "precipitation",
    "wind_speed",
    "snow_fraction",
)
#: Their units.
FORCING_UNITS = {
    "air_temperature": "K",
    "specific_humidity": "kg kg-1",
    "air_pressure": "Pa",
    "shortwave": "W m-2",
    "longwave": "W m-2",
    "precipitation": "kg m-2 s-1",
    "wind_speed": "m s-1",
    "snow_fraction": "1",
}


@dataclass
class Forcing:
    """Weather as the model takes it.

    Parameters
    ----------
    time : (n,) datetime64[s]
        START of each step, UTC.
    step : float
        Length of a step, s.
    values : dict of str to (n,) float64
        The ``FORCING_VARIABLES`` in ``FORCING_UNITS``. ``snow_fraction`` is the share of precipitation
        that is snow; -1 leaves it to the model and the air temperature.
    attributes : dict of str to str
        What was estimated, converted, clipped or assumed.
    calendar : str
        "standard" or "noleap" (365 days; the labels stay Gregorian and skip 29 February).
    time_zone_hours : float
        Clock of the source minus UTC; local days of the source follow from it.
    """

    time: np.ndarray
    step: float
    values: dict[str, np.ndarray]
    attributes: dict[str, str] = field(default_factory=dict)
    calendar: str = "standard"
    time_zone_hours: float = 0.0

    def __len__(self) -> int:
        return self.time.size

    @property
    def end(self) -> np.datetime64:
        """End of the last step, UTC."""
        return calendars.shift(self.time[-1:], self.step, self.calendar)[0]

    @property
    def local_days(self) -> np.ndarray:
        """Date of each step's start on the clock of the source, datetime64[D]."""
        return calendars.local_days(self.time, self.time_zone_hours, self.calendar)

    def stacked(self) -> np.ndarray:
        """All variables as one (n, 8) float64 array in the order of ``FORCING_VARIABLES``."""
        return np.stack([self.values[name] for name in FORCING_VARIABLES], axis=1)

    def between(self, start: str | np.datetime64 = "", end: str | np.datetime64 = "") -> Forcing:
        """The steps that start within [start, end), on the clock of the source.

        Parameters
        ----------
        start, end : str or datetime64
            ISO; empty: no limit; a bare date as ``end`` is included.
        """
        local = calendars.shift(self.time, 3600.0 * self.time_zone_hours, self.calendar)
        return self.select(within(local, start, end))

    def select(self, keep: np.ndarray | slice) -> Forcing:
        """The steps of a mask or slice."""
        values = {name: column[keep] for name, column in self.values.items()}
        return Forcing(self.time[keep], self.step, values, dict(self.attributes), self.calendar, self.time_zone_hours)


def within(time: np.ndarray, start: str | np.datetime64 = "", end: str | np.datetime64 = "") -> np.ndarray:
    """True where ``start <= time < end``; the rules of :func:`lsmcal.core.calendars.moment` apply."""
    keep = np.ones(time.shape, dtype=bool)
    if str(start):
        keep &= time >= calendars.moment(str(start))
    if str(end):
        keep &= time < calendars.moment(str(end), end=True)
    return keep


def average(forcing: Forcing, step: float) -> Forcing:
    """Means over a coarser step, sums of energy and water conserved.

    Steps begin at multiples of ``step`` after midnight on the source's clock; incomplete ones at either
    end are dropped and noted. The snow fraction is weighted by precipitation.

    Parameters
    ----------
    forcing : Forcing
    step : float
        Seconds: a multiple of the forcing's step that divides the day.

    Raises
    ------
    ValueError
        ``step`` does not fit.
    """
    count = round(step / forcing.step)
    if count * forcing.step != step or calendars.DAY % step:
        raise ValueError(f"a step of {step:g} s is not a multiple of {forcing.step:g} s that divides the day")
    local = calendars.axis_seconds(forcing.time, forcing.calendar) + round(3600 * forcing.time_zone_hours)
    skip = int(-(-((-local[0]) % round(step)) // round(forcing.step)))
    bins = max(len(forcing) - skip, 0) // count
    keep = slice(skip, skip + bins * count)
    columns = {name: column[keep].reshape(bins, count) for name, column in forcing.values.items()}
    values = {name: column.mean(axis=1) for name, column in columns.items()}
    values["snow_fraction"] = _weighted(columns["snow_fraction"], columns["precipitation"])
    attributes = dict(forcing.attributes)
    attributes["averaged"] = f"from {forcing.step:g} s to {step:g} s"
    dropped = len(forcing) - bins * count
    if dropped:
        attributes["averaged"] += f"; {dropped} records of incomplete steps at the ends dropped"
    time = forcing.time[keep][::count]
    return Forcing(time, step, values, attributes, forcing.calendar, forcing.time_zone_hours)


def _weighted(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    total = weights.sum(axis=1)
    mean = (values * weights).sum(axis=1) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, mean, values.mean(axis=1))


def check_period(start: str, end: str, problems: Problems, source: str) -> None:
    """Note moments that cannot be read, and an end that does not come after the start."""
    read: dict[str, np.datetime64] = {}
    for name, text in (("start", start), ("end", end)):
        try:
            if text:
                read[name] = calendars.moment(text, end=name == "end")
        except ValueError:
            problems.add(
                "cannot be read",
                source=source,
                variable=name,
                value=text,
                expected="an ISO date or time, for example 2016-01-31",
            )
    if len(read) == 2 and read["end"] <= read["start"]:
        expected = f"a time after the start, {start}"
        problems.add("the period is empty", source=source, variable="end", value=end, expected=expected)


def check_coverage(
    time: np.ndarray,
    step: float,
    start: str,
    end: str,
    problems: Problems,
    source: str,
    calendar: str = "standard",
) -> None:
    """Note a forcing that begins after ``start`` or ends before ``end``; ``time`` is the source's clock."""
    if not time.size or not step > 0:
        return
    begin, finish = time.min(), calendars.shift(np.array([time.max()]), step, calendar)[0]
    if start and begin > calendars.moment(start):
        problems.add(
            "the forcing begins too late",
            source=source,
            variable="time",
            where=str(begin),
            expected=f"records from {start}",
        )
    if end and finish < calendars.moment(end, end=True):
        problems.add(
            "the forcing ends too early",
            source=source,
            variable="time",
            where=str(finish),
            expected=f"records to the end of {end}",
        )

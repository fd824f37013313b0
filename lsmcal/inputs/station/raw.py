"""What a forcing reader hands over: columns in the model's units on the file's own clock."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lsmcal.core import calendars
from lsmcal.core.errors import Problems

_HALF = {"start": 0.0, "middle": 0.5, "end": 1.0}


@dataclass
class RawForcing:
    """Forcing as it stands in a file, units converted, nothing else changed.

    Parameters
    ----------
    time : (n,) datetime64[s]
        START of each interval on the clock of the file.
    step : float
        Length of the intervals, s.
    values : dict of str to (n,) float64
        By role (``lsmcal.inputs.station.spec.FORCING_ROLES``), in the model's units; missing is NaN.
    source : str
        The file, for messages.
    stamps : (n,) datetime64[s]
        Time stamps as read, for messages.
    lines : (n,) int or None
        Line of the file each record stands on.
    units : dict of str to str
        Unit each role had in the file.
    calendar : str
        "standard" or "noleap".
    attributes : dict of str to str
        Notes that go into the forcing.
    place : dict of str to float
        Latitude and longitude, if the file says them; used where the case does not.
    """

    time: np.ndarray
    step: float
    values: dict[str, np.ndarray]
    source: str
    stamps: np.ndarray
    lines: np.ndarray | None = None
    units: dict[str, str] = field(default_factory=dict)
    calendar: str = "standard"
    attributes: dict[str, str] = field(default_factory=dict)
    place: dict[str, float] = field(default_factory=dict)

    def where(self, index: int) -> str:
        """The record ``index`` in words: its time stamp and line."""
        stamp = np.datetime_as_string(self.stamps[index], unit="m")
        return stamp if self.lines is None else f"{stamp} (line {int(self.lines[index])})"

    def select(self, keep: np.ndarray) -> RawForcing:
        """The records where ``keep`` is true (or the records a slice names)."""
        return RawForcing(
            self.time[keep],
            self.step,
            {role: values[keep] for role, values in self.values.items()},
            self.source,
            self.stamps[keep],
            None if self.lines is None else self.lines[keep],
            self.units,
            self.calendar,
            self.attributes,
            self.place,
        )


def usual_interval(stamps: np.ndarray) -> float:
    """The commonest distance between successive stamps, s; NaN if there is none."""
    differences = np.abs(np.diff(calendars.axis_seconds(stamps)))
    differences = differences[differences > 0]
    if not differences.size:
        return float("nan")
    lengths, counts = np.unique(differences, return_counts=True)
    return float(lengths[counts.argmax()])


def interval_start(stamps: np.ndarray, step: float, stamp: str, calendar: str = "standard") -> np.ndarray:
    """Starts of intervals whose stamps stand at their "start", "middle" or "end"."""
    return calendars.shift(stamps, -step * _HALF[stamp], calendar)


def place_in_time(raw: RawForcing, stamp: str, wanted: str) -> RawForcing:
    """Set ``raw.time`` from ``raw.stamps`` and decide the calendar as ``ForcingSpec.calendar`` documents.

    Parameters
    ----------
    raw : RawForcing
        With stamps and step; its calendar may already be "noleap" when the file says so.
    stamp : str
        Where in its interval a stamp stands.
    wanted : str
        "auto", "standard" or "noleap".
    """
    if not raw.step > 0:
        return raw
    lacking = raw.calendar == "standard" and calendars.lacks_only_leap_days(raw.stamps, raw.step)
    if lacking and wanted != "standard":
        raw.calendar = "noleap"
        raw.attributes["leap_days"] = "the file lacks 29 February: calendar taken as noleap"
    raw.time = interval_start(raw.stamps, raw.step, stamp, raw.calendar)
    if wanted == "noleap" and raw.calendar == "standard":
        dropped = calendars.is_leap_day(raw.time)
        raw = raw.select(~dropped)
        raw.calendar = "noleap"
        raw.attributes["leap_days"] = f"{int(dropped.sum())} records on 29 February were dropped"
    return raw


def check_axis(raw: RawForcing, problems: Problems) -> None:
    """Unordered, duplicate and missing times, each with the first place and the number of places."""
    if raw.time.size == 0:
        problems.add("no records", source=raw.source)
        return
    if not raw.step > 0:
        problems.add("the step cannot be derived from the times", source=raw.source, variable="time")
        return
    jumps = np.diff(calendars.axis_seconds(raw.time, raw.calendar))
    step = round(raw.step)
    kinds = {
        "times are not in order": jumps < 0,
        "duplicate time": jumps == 0,
        "gap in time": jumps > step,
        "times closer than the step": (jumps > 0) & (jumps < step),
    }
    for message, wrong in kinds.items():
        if wrong.any():
            first = int(np.argmax(wrong))
            more = int(wrong.sum()) - 1
            problems.add(
                message + (f" (and {more} more)" if more else ""),
                source=raw.source,
                variable="time",
                where=raw.where(first + 1),
                value=f"{int(jumps[first])} s after the record before",
                expected=f"{step} s",
            )

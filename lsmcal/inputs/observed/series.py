"""Observations at a site: reading, writing, daily means, periods."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from lsmcal.core import calendars, csv_table
from lsmcal.core.errors import Problems, not_none
from lsmcal.core.files import write_rows
from lsmcal.core.units import QUANTITIES, check_unit, convert
from lsmcal.inputs.station.forcing import check_period, within
from lsmcal.inputs.station.raw import interval_start, usual_interval
from lsmcal.inputs.station.spec import OBSERVED_KINDS, STAMPS, ObservationSpec, ObservedColumn

log = logging.getLogger(__name__)

#: Accepted values by kind, in the unit of ``OBSERVED_KINDS``; snow depth sensors scatter below zero.
_RANGES = {
    "soil_temperature": (180.0, 350.0),
    "skin_temperature": (180.0, 360.0),
    "soil_moisture_liquid": (-0.02, 1.0),
    "snow_depth": (-0.2, 30.0),
}


@dataclass
class Observations:
    """One kind of observation at one or several depths.

    Parameters
    ----------
    kind : str
        Key of ``OBSERVED_KINDS``.
    time : (n,) datetime64[s]
        UTC: START of the interval a value is the mean of, or the instant.
    depth : (d,) float64
        m below the surface, increasing.
    values : (n, d) float64
        In the unit of ``OBSERVED_KINDS``; NaN where missing.
    step : float
        Seconds a value stands for; 0: instants.
    time_zone_hours : float
        Clock of the source minus UTC; its midnights divide the days.
    columns : tuple of str
        Name of each column in the source.
    """

    kind: str
    time: np.ndarray
    depth: np.ndarray
    values: np.ndarray
    step: float = calendars.DAY
    time_zone_hours: float = 0.0
    columns: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.time.size

    @property
    def unit(self) -> str:
        """Unit of the values."""
        return OBSERVED_KINDS[self.kind]

    @property
    def days(self) -> np.ndarray:
        """Date on the clock of the source, datetime64[D]."""
        return calendars.local_days(self.time, self.time_zone_hours)

    def select(self, keep: np.ndarray | slice) -> Observations:
        """The records of a mask or slice."""
        return replace(self, time=self.time[keep], values=self.values[keep])

    def between(self, start: str = "", end: str = "") -> Observations:
        """Records within [start, end) on the clock of the source; a bare date as ``end`` is included."""
        return self.periods([(start, end)])

    def periods(self, periods: Iterable[tuple[str, str]]) -> Observations:
        """Records in any of several periods, each as in :meth:`between`."""
        local = calendars.shift(self.time, 3600.0 * self.time_zone_hours)
        keep = np.zeros(self.time.shape, dtype=bool)
        for start, end in periods:
            keep |= within(local, start, end)
        return self.select(keep)

    def at_depths(self, depths: Iterable[float]) -> Observations:
        """Only the given depths (m, to the millimetre). Raises ValueError for one that is not observed."""
        index = []
        for depth in depths:
            match = np.flatnonzero(np.isclose(self.depth, depth, atol=5e-4))
            if not match.size:
                known = ", ".join(f"{known:g}" for known in self.depth)
                raise ValueError(f"{self.kind} is not observed at {depth:g} m, only at {known} m")
            index.append(int(match[0]))
        columns = tuple(self.columns[i] for i in index) if self.columns else ()
        return replace(self, depth=self.depth[index], values=self.values[:, index], columns=columns)

    def on_clock(self, time_zone_hours: float) -> Observations:
        """The same with days divided by another clock.

        Finer records move to the days of that clock; daily means cannot, so they keep their dates, which is
        noted in the attributes.
        """
        if time_zone_hours == self.time_zone_hours:
            return self
        time, attributes, ahead = self.time, dict(self.attributes), self.time_zone_hours - time_zone_hours
        if self.step == calendars.DAY:
            time = calendars.shift(time, 3600.0 * ahead)
            attributes["days"] = f"daily means on a clock {ahead:+g} h from that of the forcing, matched by date"
        return replace(self, time=time, time_zone_hours=time_zone_hours, attributes=attributes)

    def daily_means(self, least: float = 0.75) -> Observations:
        """Means over local days; NaN where fewer than the share ``least`` of the day's records are there."""
        if self.step == calendars.DAY:
            return self
        expected = calendars.DAY / (self.step or usual_interval(self.time))
        days, index = np.unique(self.days, return_inverse=True)
        present = np.isfinite(self.values)
        count, total = np.zeros((2, days.size, self.depth.size))
        np.add.at(count, index, present)
        np.add.at(total, index, np.where(present, self.values, 0.0))
        enough = count >= max(least * expected, 1.0)
        values = np.where(enough, total / np.maximum(count, 1.0), np.nan)
        start = calendars.to_utc(days.astype("datetime64[s]"), self.time_zone_hours)
        return replace(self, time=start, values=values, step=float(calendars.DAY))


def read_observations(spec: ObservationSpec) -> dict[str, Observations]:
    """Read one table of observations.

    Parameters
    ----------
    spec : ObservationSpec

    Returns
    -------
    dict of str to Observations
        By kind, depths increasing.

    Raises
    ------
    InputError
        Listing every problem found.
    """
    problems = Problems()
    if spec.stamp not in STAMPS:
        expected = f"one of {', '.join(STAMPS)}"
        problems.add("unknown value", variable="stamp", value=spec.stamp, expected=expected)
    check_period(spec.start, spec.end, problems, "observations")
    table = csv_table.read_table(spec.file, problems)
    stamps = None if table is None else _stamps(table, spec, problems)
    problems_before = len(problems.found)
    found = {} if table is None else _columns(table, spec, problems)
    if table is not None and not found and len(problems.found) == problems_before:
        expected = "columns in the case, or headers like soil_temperature@0.40 [degC]"
        problems.add("no observed column", source=table.source, expected=expected)
    problems.raise_if_any()
    table, stamps = not_none(table), not_none(stamps)
    left_out = _left_out(table, spec)
    series = {kind: _gather(kind, columns, stamps, spec) for kind, columns in found.items()}
    for one in series.values():
        one.attributes |= left_out
    if not len(next(iter(series.values()))):
        expected = f"records between {stamps[0]} and {stamps[-1]}"
        where = f"{spec.start} to {spec.end}"
        problems.add("no record in the period", source=table.source, variable="time", where=where, expected=expected)
    problems.raise_if_any()
    return series


_Found = dict[str, list[tuple[ObservedColumn, np.ndarray]]]


def _columns(table: csv_table.Table, spec: ObservationSpec, problems: Problems) -> _Found:
    found: _Found = {}
    for column in spec.columns or _from_headers(table, problems):
        if column.kind not in OBSERVED_KINDS:
            problems.add(
                "unknown kind of observation",
                source=table.source,
                variable=column.column,
                value=column.kind,
                expected=f"one of {', '.join(OBSERVED_KINDS)}",
            )
            continue
        if not (np.isfinite(column.depth) and column.depth >= 0):
            problems.add(
                "depth must not be negative",
                source=table.source,
                variable=column.column,
                value=column.depth,
                expected="m below the surface, 0 or more",
            )
        numbers = csv_table.numbers(table, column.column, spec.missing, problems, column.kind)
        unit = table.unit_of(column.column, column.unit, problems, column.kind)
        known = check_unit(unit, column.kind, problems, table.source, f"column {column.column}")
        if numbers is not None and known:
            values = convert(numbers, unit, QUANTITIES[column.kind])
            _check_values(values, column, unit, table, problems)
            found.setdefault(column.kind, []).append((column, values))
    return found


def _from_headers(table: csv_table.Table, problems: Problems) -> list[ObservedColumn]:
    """Columns whose header says what they are: ``soil_temperature@0.40 [degC]``, ``snow_depth [m]``."""
    columns = []
    for name in table.header:
        kind, at, text = name.partition("@")
        depth = _depth(text) if at else 0.0
        if kind.strip() not in OBSERVED_KINDS:
            continue
        if depth is None:
            expected = f"m below the surface, 0 or more, such as {kind.strip()}@0.40"
            problems.add(
                "has no depth in its header", source=table.source, variable=name, value=text, expected=expected
            )
        else:
            columns.append(ObservedColumn(name, kind.strip(), depth))
    return columns


def _depth(text: str) -> float | None:
    """Depth [m] behind the @ of a header; None if it cannot be one."""
    try:
        depth = float(text)
    except ValueError:
        return None
    return depth if 0.0 <= depth < np.inf else None


def _left_out(table: csv_table.Table, spec: ObservationSpec) -> dict[str, str]:
    """A note on columns that look like those of sensors and are none that is known."""
    names = [name for name in table.header if "@" in name and name.partition("@")[0].strip() not in OBSERVED_KINDS]
    if spec.columns or not names:
        return {}
    left = f"columns that are left out, of a kind that is unknown: {', '.join(names)}"
    log.warning("%s: %s", spec.file, left)
    return {"left_out": left}


def _stamps(table: csv_table.Table, spec: ObservationSpec, problems: Problems) -> np.ndarray | None:
    """Time stamps. Gaps are no fault in observations; unordered and duplicate times are."""
    stamps = csv_table.times(table, spec.time_column, spec.time_format, problems, spec.time_zone_hours)
    if stamps is None:
        return None
    step = usual_interval(stamps) if spec.step is None else spec.step
    if not stamps.size:
        problems.add("no records", source=table.source)
    elif not step >= 0:
        message = "the step cannot be derived from the times" if spec.step is None else "must not be negative"
        expected = "step in seconds, 0 for instantaneous values"
        problems.add(message, source=table.source, variable="step", value=spec.step, expected=expected)
    jumps = np.diff(stamps.astype(np.int64))
    for message, wrong in (("times are not in order", jumps < 0), ("duplicate time", jumps == 0)):
        if wrong.any():
            row = int(np.argmax(wrong)) + 1
            where = f"{np.datetime_as_string(stamps[row], unit='m')} (line {table.lines[row]})"
            problems.add(message, source=table.source, variable="time", where=where)
    return stamps


def _check_values(
    values: np.ndarray, column: ObservedColumn, unit: str, table: csv_table.Table, problems: Problems
) -> None:
    low, high = _RANGES[column.kind]
    with np.errstate(invalid="ignore"):
        wrong = (values < low) | (values > high)
    if wrong.any():
        row = int(np.argmax(wrong))
        problems.add(
            f"{int(wrong.sum())} values out of range (is the unit '{unit}' right?)",
            source=table.source,
            variable=column.column,
            where=f"line {table.lines[row]}",
            value=f"{values[row]:.6g} {OBSERVED_KINDS[column.kind]}",
            expected=f"{low:g} to {high:g} {OBSERVED_KINDS[column.kind]}",
        )


def _gather(
    kind: str, columns: list[tuple[ObservedColumn, np.ndarray]], stamps: np.ndarray, spec: ObservationSpec
) -> Observations:
    columns = sorted(columns, key=lambda item: item[0].depth)
    step = usual_interval(stamps) if spec.step is None else spec.step
    start = interval_start(stamps, step, spec.stamp) if step > 0 else stamps
    result = Observations(
        kind,
        calendars.to_utc(start, spec.time_zone_hours),
        np.array([column.depth for column, _ in columns]),
        np.stack([values for _, values in columns], axis=1),
        float(step),
        spec.time_zone_hours,
        tuple(column.column for column, _ in columns),
        {"source": Path(spec.file).name},
    )
    return result.between(spec.start, spec.end)


def write_observations(path: Path, observations: Iterable[Observations]) -> None:
    """Write a CSV whose headers name kind, depth and unit; :func:`read_observations` needs no mapping for it.

    Parameters
    ----------
    path : Path
    observations : iterable of Observations
        All on the same time axis. Times are written on the clock of the source.
    """
    series = list(observations)
    first = series[0]
    if any(not np.array_equal(one.time, first.time) for one in series):
        raise ValueError("observations of one table need the same times")
    names = ["time"]
    for one in series:
        names += [f"{one.kind}@{depth:g} [{one.unit}]" for depth in one.depth]
    stamps = np.datetime_as_string(calendars.shift(first.time, 3600.0 * first.time_zone_hours), unit="m")
    rows = np.concatenate([one.values for one in series], axis=1)
    lines = (
        [stamp, *("" if np.isnan(value) else f"{value:.7g}" for value in row)]
        for stamp, row in zip(stamps, rows, strict=True)
    )
    write_rows(path, [names, *lines])

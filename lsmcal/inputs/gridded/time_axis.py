"""One even time axis out of the pieces of many files, the same for every variable."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from lsmcal.core import calendars
from lsmcal.core.errors import Problems, not_none
from lsmcal.core.units import QUANTITIES, find
from lsmcal.inputs.gridded.files import Catalogue, Piece
from lsmcal.inputs.gridded.spec import GriddedSpec
from lsmcal.inputs.station.forcing import check_coverage, check_period, within
from lsmcal.inputs.station.raw import RawForcing, check_axis, interval_start, place_in_time, usual_interval


@dataclass
class FileSeries:
    """Where the steps of one variable stand in its files.

    Parameters
    ----------
    pieces : list of Piece
        In order of time.
    offsets : (pieces + 1,) array of int
        Number of records before each piece.
    time : (n,) datetime64[s]
        Starts of the steps, UTC.
    records : (n,) array of int
        Record of each step, counted through the pieces.
    fresh : (all records,) array of bool, or None
        For amounts since 00 UTC: the sum begins with this record. None: values stand for themselves.
    step : float
        [s].
    calendar : str
    """

    pieces: list[Piece]
    offsets: np.ndarray
    time: np.ndarray
    records: np.ndarray
    fresh: np.ndarray | None
    step: float
    calendar: str

    @property
    def nominal(self) -> np.ndarray:
        """Starts to the nearest multiple of the step, (n,) datetime64[s]: the period that a step belongs to."""
        return calendars.nominal_start(self.time, self.step, self.calendar)

    def keep(self, wanted: np.ndarray | slice) -> None:
        """Drop the other steps."""
        self.time, self.records = self.time[wanted], self.records[wanted]


@dataclass
class CommonAxis:
    """The time axis of a gridded forcing.

    Parameters
    ----------
    time : (steps,) datetime64[s]
        Starts, UTC, at the step of the model's forcing.
    step : float
        [s].
    count : int
        Steps of the files in a step.
    calendar : str
    series : dict of str to FileSeries
        By role; all have ``steps * count`` steps.
    notes : dict of str to str
    """

    time: np.ndarray
    step: float
    count: int
    calendar: str
    series: dict[str, FileSeries]
    notes: dict[str, str] = field(default_factory=dict)


@dataclass
class _Records(RawForcing):
    """A time axis whose records are named by time and file."""

    pieces: list[Piece] = field(default_factory=list)
    offsets: np.ndarray | None = None

    def where(self, index: int) -> str:
        piece = int(np.searchsorted(not_none(self.offsets), self.values["record"][index], side="right")) - 1
        stamp = np.datetime_as_string(self.stamps[index], unit="m")
        return f"{stamp} in {self.pieces[piece].path.name}"


def common_axis(found: Catalogue, spec: GriddedSpec, problems: Problems) -> CommonAxis | None:
    """Join the files of each variable and compare the variables.

    Parameters
    ----------
    found : Catalogue
    spec : GriddedSpec
    problems : Problems
        Gets gaps, duplicates and disorder, each with its file; axes that differ; a period that is not covered.

    Returns
    -------
    CommonAxis or None
        None, with problems noted, if there is no common axis.
    """
    notes: dict[str, str] = {}
    before = len(problems.found)
    check_period(spec.start, spec.end, problems, "forcing")
    if len(problems.found) > before or not found.pieces:
        return None
    joined = {role: _join(role, pieces, spec, notes, problems) for role, pieces in found.pieces.items()}
    series = {role: one for role, one in joined.items() if one is not None}
    if len(series) < len(joined):
        return None
    _check_coverage(series, spec, problems)
    for one in series.values():
        one.keep(within(one.nominal, spec.start, spec.end))
    if len(problems.found) > before:
        return None
    if spec.stamps or any(one.fresh is not None for one in series.values()):
        _trim(series)
    _compare(series, problems)
    return None if len(problems.found) > before else _coarsen(series, spec, notes, problems)


def _source(role: str, pieces: list[Piece]) -> str:
    more = f" and {len(pieces) - 1} more" if len(pieces) > 1 else ""
    return f"{pieces[0].path}{more}: {pieces[0].variable} ({role})"


def _join(
    role: str, pieces: list[Piece], spec: GriddedSpec, notes: dict[str, str], problems: Problems
) -> FileSeries | None:
    source = _source(role, pieces)
    kinds = {piece.calendar for piece in pieces}
    if len(kinds) > 1:
        expected = "one calendar in all files"
        problems.add("calendars differ", source=source, variable="time", value=", ".join(kinds), expected=expected)
        return None
    stamps = np.concatenate([piece.stamps for piece in pieces])
    offsets = np.cumsum([0, *(piece.stamps.size for piece in pieces)])
    step = usual_interval(stamps)
    record = {"record": np.arange(stamps.size)}
    raw = RawForcing(stamps, step, record, source, stamps, calendar=kinds.pop())
    stamp = "start" if all(piece.bounded for piece in pieces) else spec.stamp_of(role)
    raw = place_in_time(raw, stamp, spec.calendar)
    notes.update(raw.attributes)
    before = len(problems.found)
    check_axis(_Records(**vars(raw), pieces=pieces, offsets=offsets), problems)
    if len(problems.found) > before:
        return None
    fresh = None
    if _sums_up(role, pieces, spec):
        fresh = interval_start(stamps, step, stamp, raw.calendar)
        fresh = fresh == fresh.astype("datetime64[D]")
    joined = FileSeries(pieces, offsets, raw.time, raw.values["record"], fresh, step, raw.calendar)
    if fresh is not None and not fresh[joined.records[0]]:
        joined.keep(slice(1, None))  # the sum before it is in no file
    return joined


def _sums_up(role: str, pieces: list[Piece], spec: GriddedSpec) -> bool:
    """True if the values are amounts since 00 UTC."""
    conversion = find(pieces[0].unit, QUANTITIES[role])
    return (spec.accumulated or spec.layout.accumulated) == "day" and conversion is not None and conversion.per_step


def _check_coverage(series: dict[str, FileSeries], spec: GriddedSpec, problems: Problems) -> None:
    """The period wanted, once for all variables that begin and end together."""
    together: dict[tuple, list[str]] = {}
    for role, one in series.items():
        together.setdefault((one.nominal[0], one.nominal[-1], one.step, one.calendar), []).append(role)
    for roles in together.values():
        one = series[roles[0]]
        source = _source(roles[0], one.pieces) + (f" and {len(roles) - 1} more variables" if len(roles) > 1 else "")
        check_coverage(one.nominal, one.step, spec.start, spec.end, problems, source, one.calendar)


def _trim(series: dict[str, FileSeries]) -> None:
    """Cut the axes to what they share, where they differ by one step at an end.

    Stamps at the start of one variable's interval and at the end of another's, or sums without the sum before, leave
    the axes one step apart although the files cover the same time.
    """
    if not all(one.time.size for one in series.values()):
        return
    step = min(one.step for one in series.values())
    first, last = max(one.time[0] for one in series.values()), min(one.time[-1] for one in series.values())
    shift = np.timedelta64(round(step), "s")
    if all(first - one.time[0] <= shift and one.time[-1] - last <= shift for one in series.values()):
        for one in series.values():
            one.keep((one.time >= first) & (one.time <= last))


def _compare(series: dict[str, FileSeries], problems: Problems) -> None:
    """Note each variable whose axis is not that of most."""
    name = max(series, key=lambda role: sum(_alike(series[role], one) for one in series.values()))
    reference = series[name]
    for role, one in series.items():
        if _alike(one, reference):
            continue
        odd = np.setxor1d(one.time, reference.time)
        problems.add(
            f"the time axis differs from that of {name}",
            source=_source(role, one.pieces),
            variable="time",
            where=str(odd[0]) if odd.size else "",
            value=_axis_text(one),
            expected=_axis_text(reference),
        )


def _alike(one: FileSeries, other: FileSeries) -> bool:
    return one.calendar == other.calendar and np.array_equal(one.time, other.time)


def _axis_text(one: FileSeries) -> str:
    if not one.time.size:
        return "no steps"
    return f"{one.time.size} steps of {one.step:g} s from {one.time[0]} to {one.time[-1]}, {one.calendar}"


def _coarsen(
    series: dict[str, FileSeries], spec: GriddedSpec, notes: dict[str, str], problems: Problems
) -> CommonAxis | None:
    """Group the steps of the files into the model's, which begin at multiples of their length after 00 UTC.

    Steps of the files that do not begin there themselves are taken from the nearest, the earlier of two.
    """
    first = next(iter(series.values()))
    step = spec.target_step or first.step
    count = round(step / first.step)
    if count < 1 or count * first.step != step or calendars.DAY % step:
        expected = f"a multiple of the files' {first.step:g} s that divides the day"
        problems.add("the step does not match", source="forcing", variable="target_step", value=step, expected=expected)
        return None
    skip = 0
    if count > 1:
        seconds = calendars.axis_seconds(first.time[:1], first.calendar)[0] if first.time.size else 0
        skip = math.ceil((-seconds % round(step)) / first.step - 0.5)
        notes["averaged"] = f"from {first.step:g} s to {step:g} s"
    steps = max(first.time.size - skip, 0) // count
    if not steps:
        expected = f"records over at least one step of {step:g} s"
        problems.add("is shorter than one step", source="forcing", variable="time", expected=expected)
        return None
    for one in series.values():
        one.keep(slice(skip, skip + steps * count))
    time = first.time[::count]
    if count > 1:
        nominal = calendars.nominal_start(time, step, first.calendar)
        check_coverage(nominal, step, spec.start, spec.end, problems, "forcing, in complete steps", first.calendar)
    return CommonAxis(time, float(step), count, first.calendar, series, notes)

"""What is wrong with the case of a site, and what it is when nothing is wrong."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from lsmcal.calibration.space import space_of_site
from lsmcal.case import Case, Column, column_of
from lsmcal.checking.engine import check_engine
from lsmcal.checking.noted import collected
from lsmcal.checking.observations import check_objective, check_periods, check_scores, read_measurements
from lsmcal.core import calendars
from lsmcal.core.errors import Problems, not_none
from lsmcal.core.folders import check_folder
from lsmcal.core.words import counted
from lsmcal.inputs.observed.series import Observations
from lsmcal.inputs.station.forcing import Forcing, check_coverage
from lsmcal.inputs.station.noah_text import read_noah_text
from lsmcal.inputs.station.read import read_forcing
from lsmcal.noah.parameters.overrides import split_key
from lsmcal.noah.runtime.grid import bottom_depths
from lsmcal.parameters.space import Space
from lsmcal.parameters.table import find_parameter
from lsmcal.planning.size import Size, check_size, size_of_site
from lsmcal.simulate.from_case.observations import check_depths
from lsmcal.simulate.from_case.site import initial_profile


@dataclass
class CheckedSite:
    """A case of a site that can be run, with all it names read.

    Parameters
    ----------
    case : Case
    column : Column
    forcing : Forcing
        What run and spin-up need of it.
    observations : dict of str to Observations
        By kind; empty where there are none, or where a twin will make them.
    space : Space
        What a calibration would search.
    notes : list of str
        What was estimated, converted, assumed or accepted.
    size : Size
        Steps, memory and disk that it implies.
    """

    case: Case
    column: Column
    forcing: Forcing
    observations: dict[str, Observations] = field(default_factory=dict)
    space: Space | None = None
    notes: list[str] = field(default_factory=list)
    size: Size | None = None

    def summary(self) -> list[tuple[str, str]]:
        """Label and text of each line to show."""
        lines = [("case", f"{self.case.name} ({self.case.file})"), *_ground(self), *_weather(self.forcing)]
        lines += _stages(self)
        if self.size is not None:
            lines.append(("size", self.size.words()))
        return lines + [("note", text) for text in self.notes]


def check_site(case: Case, problems: Problems) -> CheckedSite:
    """Read everything that the case of a site names and check it.

    Parameters
    ----------
    case : Case
        Faulty sections may be partial.
    problems : Problems
        What is known to be wrong with its keys.

    Raises
    ------
    InputError
        With all problems.
    """
    column = collected(problems, lambda: column_of(case))
    forcing = collected(problems, lambda: read_forcing(case.forcing_spec()))
    observed = collected(problems, lambda: read_measurements(case)) or {}
    if forcing is not None and len(forcing):
        for check in (_check_run_covered, _check_spinup_covered):
            collected(problems, partial(check, case, forcing, problems))
        collected(problems, lambda: check_periods(case, forcing, observed, problems))
    collected(problems, lambda: check_objective(case, observed, problems))
    collected(problems, lambda: check_depths(case, observed, problems))
    if forcing is not None and len(forcing):
        collected(problems, lambda: check_scores(case, forcing, observed, problems))
    space = None
    if column is not None:
        space = collected(problems, lambda: space_of_site(case, column))
        collected(problems, lambda: _check_initial_file(case, column, problems))
    no_search = collected(problems, lambda: check_engine(case, len(space or (0,)), problems))
    collected(problems, lambda: _check_output(case, problems))
    size = crowded = None
    if forcing is not None and len(forcing) and not problems:
        size = collected(problems, lambda: size_of_site(case, forcing))
        crowded = size and collected(problems, lambda: check_size(case, size, problems))
    problems.raise_if_any()
    ground, weather = not_none(column), not_none(forcing)
    notes = _notes(case, ground, weather) + _of_columns(observed) + [text for text in (no_search, crowded) if text]
    return CheckedSite(case, ground, weather, observed, space, notes, size)


def _check_output(case: Case, problems: Problems) -> None:
    """The folder of results is none that could not be made; one that may not be written can still be looked at."""
    folder = Path(case.output_folder)
    with suppress(OSError):  # a name that is too long is one of the problems
        there = next((place for place in (folder, *folder.absolute().parents) if place.exists()), folder)
        if there.is_dir() and not os.access(there, os.W_OK):
            return
    check_folder(case, problems)


def _local(forcing: Forcing) -> np.ndarray:
    return calendars.shift(forcing.time, 3600.0 * forcing.time_zone_hours, forcing.calendar)


def _check_run_covered(case: Case, forcing: Forcing, problems: Problems) -> None:
    """With one end open the reader was not told what the run needs."""
    if not (case.site_run.start and case.site_run.end):
        _covered(case, forcing, case.site_run.start, case.site_run.end, problems)
        if not len(forcing.between(case.site_run.start, case.site_run.end)):
            problems.add("the forcing has no step within the run", source=case.file, variable="run.start, run.end")


def _check_spinup_covered(case: Case, forcing: Forcing, problems: Problems) -> None:
    first, last = case.spinup_period(_local(forcing)[0])
    if not (case.spinup.years or case.spinup.start):
        return
    if not (case.site_run.start and case.site_run.end):
        _covered(case, forcing, first, last, problems)


def _covered(case: Case, forcing: Forcing, first: str, last: str, problems: Problems) -> None:
    source = case.site_forcing.file or "weather generator"
    check_coverage(_local(forcing), forcing.step, first, last, problems, source, forcing.calendar)


def _check_initial_file(case: Case, column: Column, problems: Problems) -> None:
    source = not_none(case.initial).source
    if source not in ("noah-text", "file"):
        return
    path = collected(problems, case.initial_file)
    if path is not None and source == "file":
        collected(problems, lambda: initial_profile(case, column))
    if path is None or source == "file":
        return
    text = read_noah_text(path, problems)
    if text is None:
        return
    values = text.settings
    count = len(values.soil_layer_thickness)
    for name in ("soil_temperature", "soil_moisture", "soil_liquid"):
        if len(getattr(values, name)) != count:
            found = len(getattr(values, name))
            problems.add(
                f"has {found} values for {counted(count, 'layer')}", source=path, variable=name, expected=count
            )
            return
    water, liquid = np.array(values.soil_moisture), np.array(values.soil_liquid)
    porosity = column.tables.soil["MAXSMC"][column.soil - 1]
    if not np.array_equal(values.soil_layer_thickness, column.thickness):
        porosity = np.full(count, porosity.max())
    for name, given, limit, word in (
        ("soil_liquid", liquid, water, "the total water"),
        ("soil_moisture", water, porosity, "the porosity"),
    ):
        excess = np.flatnonzero(given > limit + 1e-6)
        if excess.size:
            k = int(excess[0])
            problems.add(
                f"is more than {word}",
                source=path,
                variable=name,
                where=f"layer {k + 1}",
                value=f"{given[k]:g} m3 m-3",
                expected=f"at most {limit[k]:g}",
            )


def _notes(case: Case, column: Column, forcing: Forcing) -> list[str]:
    notes = [
        f"{name.replace('_', ' ')}: {text.removeprefix('estimated: ')}"
        for name, text in forcing.attributes.items()
        if name != "source"
    ]
    notes += [str(note) for note in column.notes]
    notes += _without_effect(case, column)
    if case.observations and not case.site_calibrate.goal.validation:
        notes.append("no validation period: the calibrated set is evaluated on its calibration days only")
    return notes


def _of_columns(observed: Mapping[str, Observations]) -> list[str]:
    """Columns of measurements that were not understood, once for the file."""
    return list(dict.fromkeys(one.attributes["left_out"] for one in observed.values() if "left_out" in one.attributes))


def _without_effect(case: Case, column: Column) -> list[str]:
    """Parameters of classes that the column does not have, as a set from another site may hold."""
    present = {"vegetation": {column.vegetation}, "soil": {column.column_soil, *column.soil.tolist()}}
    sets: dict[str, Mapping[str, float]] = {"parameters": case.parameters}
    if case.observations:
        sets["observations.hidden"] = case.observations.hidden
    notes = []
    for section, values in sets.items():
        split = [(key, *split_key(key)) for key in values]
        idle = [key for key, name, number in split if number and number not in present[find_parameter(name).group]]
        if idle:
            notes.append(f"[{section}] without effect, since these classes do not occur: {', '.join(idle)}")
    return notes


# -- what is shown ----------------------------------------------------------------------------------------------
def _ground(checked: CheckedSite) -> list[tuple[str, str]]:
    case, column = checked.case, checked.column
    site = not_none(case.site)
    place = f"{_degrees(site.latitude, 'NS')}, {_degrees(site.longitude, 'EW')}"
    if site.elevation is not None:
        place += f", {site.elevation:g} m"
    bottoms = bottom_depths(column.thickness)
    roots = int(column.tables.vegetation.value("NROOT", column.vegetation))
    plants = column.tables.vegetation.classes[column.vegetation - 1]
    return [
        ("site", place),
        ("layers", f"{bottoms.size}, to {bottoms[-1]:g} m; {column.tbot:.2f} K at {site.zbot:g} m"),
        ("soil", _soil_text(column, bottoms)),
        ("vegetation", f"{plants} ({column.vegetation}); roots to layer {roots}, {bottoms[roots - 1]:g} m"),
        ("model", f"{case.model.preset}{_changes_text(case)}"),
    ]


def _degrees(value: float, letters: str) -> str:
    return f"{abs(value):g} {letters[value < 0]}"


def _soil_text(column: Column, bottoms: np.ndarray) -> str:
    """Classes downward, each with the depth it reaches."""
    ends = [k for k in range(bottoms.size) if k + 1 == bottoms.size or column.soil[k] != column.soil[k + 1]]
    names = column.tables.soil.classes
    return ", ".join(f"{names[column.soil[k] - 1]} ({column.soil[k]}) to {bottoms[k]:g} m" for k in ends)


def _changes_text(case: Case) -> str:
    names = [name for name in case.choices().__dataclass_fields__ if getattr(case.model, name) is not None]
    changes = [f"{name} = {getattr(case.model, name)}" for name in names]
    changes += [f"{key} = {value:g}" for key, value in case.parameters.items()]
    return f", with {', '.join(changes)}" if changes else ""


def _weather(forcing: Forcing) -> list[tuple[str, str]]:
    values = forcing.values
    air = values["air_temperature"] - 273.15
    month = _local(forcing).astype("datetime64[M]").astype(int) % 12
    monthly = [air[month == m].mean() for m in np.unique(month)]
    rain = values["precipitation"].mean() * 86400.0 * 365.25
    climate = (
        f"air {air.mean():.1f} °C (monthly means {min(monthly):.1f} to {max(monthly):.1f}), "
        f"precipitation {rain:.0f} mm a year, wind {values['wind_speed'].mean():.1f} m s-1, "
        f"shortwave {values['shortwave'].mean():.0f}, longwave {values['longwave'].mean():.0f} W m-2"
    )
    days = forcing.local_days
    zone = f", UTC{forcing.time_zone_hours:+g} h" if forcing.time_zone_hours else ", UTC"
    steps = f"{counted(len(forcing), 'step')} of {forcing.step:g} s"
    period = f"{days[0]} to {days[-1]}, {steps}, {forcing.calendar} calendar{zone}"
    return [("forcing", f"{forcing.attributes.get('source', '')}: {period}"), ("climate", climate)]


def _stages(checked: CheckedSite) -> list[tuple[str, str]]:
    case, forcing = checked.case, checked.forcing
    run = forcing.between(case.site_run.start, case.site_run.end)
    steps = counted(len(run), "step")
    lines = [("run", f"{run.local_days[0]} to {run.local_days[-1]}, {steps}, {case.site_run.output} output")]
    first, last = case.spinup_period(run.local_days[0])
    if case.spinup.method == "none":
        lines.insert(0, ("spin-up", "none"))
    else:
        most = case.spinup.cycles if case.spinup.method == "fixed" else case.spinup.max_cycles
        lines.insert(0, ("spin-up", f"{first} to {last}, {case.spinup.method}, at most {counted(most, 'cycle')}"))
    for kind, seen in checked.observations.items():
        depths = "" if kind == "snow_depth" else f" at {', '.join(f'{d:g}' for d in seen.depth)} m"
        lines.append(("observed", f"{kind.replace('_', ' ')}{depths}, {seen.days[0]} to {seen.days[-1]}"))
    if case.observations and case.observations.format == "twin":
        depths = ", ".join(f"{depth:g}" for depth in case.observations.depths)
        lines.append(("observed", f"by a twin with hidden parameters, at {depths} m"))
    if case.observations and checked.space:
        search = case.site_calibrate
        words = f"{counted(len(checked.space), 'parameter')}, {search.engine}"
        words += f", {counted(search.evaluations, 'evaluation')}"
        lines.append(("calibration", f"{words} in batches of {search.batch}, mean {search.goal.objective.upper()}"))
    return lines

"""Checks of a case that concern several keys and need no file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from itertools import pairwise

import numpy as np
from pydantic import ValidationError

from lsmcal.case.messages import Complaints
from lsmcal.case.sections import site as site_keys
from lsmcal.case.types import Section
from lsmcal.core import calendars
from lsmcal.core.errors import InputError
from lsmcal.inputs.station import estimate
from lsmcal.inputs.station.spec import FORCING_ROLES
from lsmcal.inputs.synthetic.station_generator import Climate
from lsmcal.noah.parameters.options import Choices, preset
from lsmcal.noah.parameters.overrides import split_key
from lsmcal.noah.runtime.grid import bottom_depths
from lsmcal.parameters.table import ParameterSet, find_parameter

_PROFILE = ("temperature", "water", "liquid")
#: Keys whose faults the generator and the search space would report once more.
_SAID_AGAIN = {"forcing": {"years", "climate"}, "calibrate": set(site_keys.Calibrate.model_fields)}
#: Stand-ins for required keys, so that the rest of a faulty section can be read; never looked at.
_STAND_INS = {"latitude": 0.0, "longitude": 0.0, "vegetation": 1, "soil": 1}


class Faulty(Exception):
    """A check needs a key that has been complained about already."""


class Partial:
    """What can be read of a faulty section; a faulty key stops the check that looks at it, and no other."""

    def __init__(self, section: Section | None, faulty: set[str]):
        self._section, self._faulty = section, faulty

    @classmethod
    def of(cls, model: type[Section], given: Mapping[str, object], faulty: set[str]) -> Partial:
        """Read a section without its faulty site_keys."""
        rest = {name: value for name, value in given.items() if name not in faulty}
        rest |= {name: value for name, value in _STAND_INS.items() if name in faulty and name in model.model_fields}
        try:
            return cls(model.model_validate(rest), faulty)
        except ValidationError:
            return cls(None, faulty)

    @classmethod
    def besides(cls, section: Section | Partial, faulty: set[str]) -> Partial:
        """A section with further keys that nothing should look at."""
        if isinstance(section, Partial):
            return cls(section._section, section._faulty | faulty)
        return cls(section, faulty)

    def __getattr__(self, name: str):
        if name in self._faulty or self._section is None:
            raise Faulty(name)
        return getattr(self._section, name)


def check_sections(sections: dict[str, object], complaints: Complaints, checks=None) -> None:
    """Note everything that is wrong between keys; what would only say so again then looks at none of those.

    Parameters
    ----------
    sections : dict
    complaints : Complaints
    checks : sequence of (names of sections, function), optional
        Those of a site's case by default.
    """
    for names, check in _CHECKS if checks is None else checks:
        given = [sections.get(name) for name in names]
        if any(section is None for section in given):
            continue
        try:
            check(*given, complaints)
        except Faulty:
            continue
    for name, kept in _SAID_AGAIN.items():
        if name in sections and (faulty := complaints.keys_of(name) & kept):
            sections[name] = Partial.besides(sections[name], faulty)


def upside_down(first: str, last: str) -> bool:
    """True if ``last`` ends before ``first`` begins; empty texts are open."""
    return bool(first and last) and calendars.moment(last, end=True) <= calendars.moment(first)


def layer_values(values: list, thickness, attribute: str = "value") -> np.ndarray:
    """One value per layer, (nz,), from values per layer or tables downward, by the middle of each layer."""
    if not values or not hasattr(values[0], "to_depth"):
        return np.array(values, dtype=object if attribute == "soil" else float)
    middle = bottom_depths(thickness) - 0.5 * np.asarray(thickness)
    rows = np.searchsorted([item.to_depth for item in values], middle)
    chosen = [getattr(item, attribute) for item in values]
    return np.array([chosen[min(row, len(chosen) - 1)] for row in rows], dtype=object if attribute == "soil" else float)


def choices_of(model: site_keys.Model) -> Choices:
    """The preset of a case with its single options on top."""
    given = {item.name: getattr(model, item.name) for item in fields(Choices)}
    return preset(model.preset, **{name: value for name, value in given.items() if value is not None})


# -- the ground ---------------------------------------------------------------------------------------------------
def check_greenness(name: str):
    """Yearly range of the green fraction in section ``name``."""

    def check(surface: site_keys.Surface, out: Complaints) -> None:
        low, high = surface.greenness_min, surface.greenness_max
        if not low < high:
            out.add(f"{name}.greenness_min", "is not below greenness_max", low, f"below {high:g}")

    return check


def _bottom_temperature(site: site_keys.Site, out: Complaints) -> None:
    if not site.tbot_clip[0] < site.tbot_clip[1]:
        out.add("site.tbot_clip", "is upside down", site.tbot_clip, "[low, high]")
    if site.tbot == "elevation" and site.elevation is None:
        out.add("site.elevation", "key is missing", "", 'm above the sea, or a number of K as tbot, not "elevation"')


def check_bottom_depth(name: str):
    """The lower boundary, of section ``name``, lies below the column."""

    def check(surface: site_keys.Surface, grid: site_keys.Grid, out: Complaints) -> None:
        bottom = float(bottom_depths(grid.thickness)[-1])
        if surface.zbot <= bottom:
            out.add(f"{name}.zbot", "does not lie below the last layer", surface.zbot, f"more than {bottom:g} m")

    return check


def _soil(site: site_keys.Site, grid: site_keys.Grid, out: Complaints) -> None:
    if isinstance(site.soil, list):
        _downward("site.soil", site.soil, out)
        _layers("site.soil", site.soil, grid, out)


def _downward(key: str, parts: list, out: Complaints) -> None:
    if not parts or not hasattr(parts[0], "to_depth"):
        return
    for number, (above, below) in enumerate(pairwise(part.to_depth for part in parts), start=2):
        if below <= above:
            out.add(f"{key}[{number}].to_depth", "does not lie below the one before", below, f"more than {above:g}")


def _layers(key: str, values: list, grid: site_keys.Grid, out: Complaints) -> None:
    """One value per layer, or tables that reach the bottom."""
    count, bottom = len(grid.thickness), float(bottom_depths(grid.thickness)[-1])
    if not values or not hasattr(values[0], "to_depth"):
        if len(values) != count:
            out.add(key, f"has {len(values)} values for {count} layers", "", f"{count} values, or tables with to_depth")
    elif (reached := values[-1].to_depth) < bottom - 1e-9:
        place = f"{key}[{len(values)}].to_depth"
        out.add(place, "does not reach the bottom of the column", reached, f"at least {bottom:g}")


# -- weather ------------------------------------------------------------------------------------------------------
def _forcing_file(forcing: site_keys.Forcing, out: Complaints) -> None:
    if forcing.format != "generator" and not forcing.file:
        out.add("forcing.file", "key is missing", "", f'the file of format "{forcing.format}"')


def _forcing_years(forcing: site_keys.Forcing, out: Complaints) -> None:
    if forcing.years[1] < forcing.years[0]:
        out.add("forcing.years", "is upside down", forcing.years, "[first, last]")


def _roles(name: str, known: Iterable[str]):
    def check(forcing: site_keys.Forcing, out: Complaints) -> None:
        _names(f"forcing.{name}", getattr(forcing, name), list(known), out)

    return check


def _names(key: str, given: Iterable[str], known: list[str], out: Complaints) -> None:
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            out.add(f"{key}.{name}", f"unknown key{hint}", "", "" if near else "one of " + ", ".join(known))


def _formula(name: str, known: Iterable[str]):
    def check(forcing: site_keys.Forcing, out: Complaints) -> None:
        formula = getattr(forcing, f"estimate_{name}")
        if formula and formula not in known:
            out.add(f"forcing.estimate_{name}", "unknown formula", formula, "one of " + ", ".join(known))

    return check


# -- the start ----------------------------------------------------------------------------------------------------
def _initial_source(initial: site_keys.Initial, out: Complaints) -> None:
    if initial.source == "profile" and initial.temperature is None:
        out.add("initial.temperature", "key is missing", "", 'needed by from = "profile"')
    if initial.source == "file" and not initial.file:
        out.add("initial.file", "key is missing", "", 'a run file, needed by from = "file"')
    unused = f'is given, but from = "{initial.source}" does not use it'
    for name in _PROFILE:
        if getattr(initial, name) is not None and initial.source != "profile":
            out.add(f"initial.{name}", unused, "", 'from = "profile"')
    if initial.surface_mean is not None and initial.source != "linear":
        out.add("initial.surface_mean", unused, "", 'from = "linear"')


def _initial_noah(initial: site_keys.Initial, forcing: site_keys.Forcing, out: Complaints) -> None:
    if initial.source == "noah-text" and not initial.file and forcing.format != "noah-text":
        out.add("initial.file", "key is missing", "", "a Noah text file, since the forcing is none")


def _initial_snow(initial: site_keys.Initial, out: Complaints) -> None:
    if initial.snow_depth < initial.snow_water:
        expected = f"at least {initial.snow_water:g} m"
        out.add("initial.snow_depth", "is less than the snow's water", initial.snow_depth, expected)


def _initial_values(name: str):
    low, high, unit = (180.0, 340.0, "K") if name == "temperature" else (0.0, 1.0, "m3 m-3")

    def check(initial: site_keys.Initial, out: Complaints) -> None:
        for number, item in enumerate(getattr(initial, name) or [], start=1):
            value = getattr(item, "value", item)
            if not low <= value <= high:
                hint = " (is it in °C?)" if name == "temperature" and value < 100.0 else ""
                expected = f"{low:g} to {high:g} {unit}"
                out.add(f"initial.{name}[{number}]", f"is out of range{hint}", value, expected)
                return

    return check


def _initial_layers(name: str):
    def check(initial: site_keys.Initial, grid: site_keys.Grid, out: Complaints) -> None:
        if getattr(initial, name) is not None:
            _downward(f"initial.{name}", getattr(initial, name), out)
            _layers(f"initial.{name}", getattr(initial, name), grid, out)

    return check


def _initial_liquid(initial: site_keys.Initial, grid: site_keys.Grid, out: Complaints) -> None:
    if initial.water is None or initial.liquid is None:
        return
    water, liquid = (layer_values(values, grid.thickness) for values in (initial.water, initial.liquid))
    if not water.shape == liquid.shape == (len(grid.thickness),):
        return
    excess = np.flatnonzero(liquid > water)
    if excess.size:
        k = int(excess[0])
        message = f"is more than the total water in layer {k + 1}"
        out.add("initial.liquid", message, f"{liquid[k]:g} m3 m-3", f"at most {water[k]:g}")


# -- time ---------------------------------------------------------------------------------------------------------
def check_spinup_period(spinup: site_keys.SpinUp, out: Complaints) -> None:
    """The years or days that are repeated."""
    if spinup.years and spinup.years[1] < spinup.years[0]:
        out.add("spinup.years", "is upside down", spinup.years, "[first, last]")
    if spinup.years and (spinup.start or spinup.end):
        out.add("spinup.years", "is given together with start or end", spinup.years, "years, or start and end")
    if bool(spinup.start) != bool(spinup.end):
        out.add("spinup.end" if spinup.start else "spinup.start", "key is missing", "", "start and end, or years")
    if upside_down(spinup.start, spinup.end):
        out.add("spinup.end", "lies before start", spinup.end, f"a day from {spinup.start} on")


def check_spinup_cycles(spinup: site_keys.SpinUp, out: Complaints) -> None:
    """Bounds on the number of cycles."""
    if spinup.method in ("converged", "accelerated") and spinup.min_cycles > spinup.max_cycles:
        out.add("spinup.min_cycles", "is above max_cycles", spinup.min_cycles, f"at most {spinup.max_cycles}")


def _start_end(section: str):
    def check(given: site_keys.Run | site_keys.Observations, out: Complaints) -> None:
        if upside_down(given.start, given.end):
            out.add(f"{section}.end", "lies before start", given.end, f"a day from {given.start} on")

    return check


# -- observations and calibration -------------------------------------------------------------------------------
def _observed(seen: site_keys.Observations, out: Complaints) -> None:
    if seen.format == "csv" and not seen.file:
        out.add("observations.file", "key is missing", "", 'the table, or format = "twin"')
    if seen.format == "csv" and (seen.hidden or seen.depths):
        out.add("observations.hidden" if seen.hidden else "observations.depths", 'is only used by format = "twin"')
    if seen.format == "twin" and not seen.depths:
        out.add("observations.depths", "key is missing", "", "depths of the twin's sensors, m")


def _hidden(seen: site_keys.Observations, out: Complaints) -> None:
    complain_of_parameters("observations.hidden", seen.hidden, out)


def complain_of_parameters(key: str, values: Mapping[str, object], out: Complaints) -> ParameterSet | None:
    """A parameter set, or None and what is wrong with it."""
    try:
        return ParameterSet(values)
    except InputError as error:
        for problem in error.problems:
            out.add(f"{key}.{problem.variable}", problem.message, problem.value, problem.expected)
        return None


def _twin_depths(seen: site_keys.Observations, grid: site_keys.Grid, out: Complaints) -> None:
    bottom = float(bottom_depths(grid.thickness)[-1])
    for number, depth in enumerate(seen.depths, start=1):
        if depth > bottom:
            out.add(f"observations.depths[{number}]", "lies below the column", depth, f"at most {bottom:g} m")


def check_searched_names(search: site_keys.Calibrate, out: Complaints) -> None:
    """Names of parameters that can be varied."""
    for number, name in enumerate(search.parameters, start=1):
        if name not in site_keys.GROUPS_OF_NAMES:
            _tunable(f"calibrate.parameters[{number}]", name, out)


def check_searched_ranges(search: site_keys.Calibrate, out: Complaints) -> None:
    """Ranges of parameters that can be varied."""
    for name, bounds in search.ranges.items():
        _tunable(f"calibrate.ranges.{name}", name, out)
        if len(bounds) != 2:
            out.add(f"calibrate.ranges.{name}", "is not a range", bounds, "[low, high]")
        elif not bounds[0] < bounds[1]:
            out.add(f"calibrate.ranges.{name}", "is upside down", bounds, "[low, high] with low below high")


def _tunable(key: str, name: str, out: Complaints) -> None:
    try:
        row = find_parameter(split_key(name)[0])
    except (KeyError, ValueError) as error:
        out.add(key, str(error.args[0]))
        return
    if row.status != "tunable":
        out.add(key, f"{row.name} is {row.status}: it follows other parameters and cannot be varied")


def _periods(name: str):
    def check(search: site_keys.Calibrate, out: Complaints) -> None:
        for number, (first, last) in enumerate(getattr(search, name), start=1):
            message = "is upside down" if first and last else "has an empty date"
            if not (first and last) or upside_down(first, last):
                out.add(f"calibrate.{name}[{number}]", message, [first, last], "[first day, last day]")

    return check


def _periods_apart(search: site_keys.Calibrate, out: Complaints) -> None:
    if search.validation and not search.calibration:
        out.add("calibrate.calibration", "key is missing", "", "the fitted days, since there are validation days")
    for number, (first, last) in enumerate(search.validation, start=1):
        for begin, end in search.calibration:
            apart = upside_down(begin, last) or upside_down(first, end)
            if all((first, last, begin, end)) and not apart:
                message = f"overlaps the calibration period {begin} to {end}"
                out.add(f"calibrate.validation[{number}]", message, [first, last])


def _periods_in_run(name: str):
    def check(search: site_keys.Calibrate, run: site_keys.Run, out: Complaints) -> None:
        if upside_down(run.start, run.end):
            return
        expected = f"days of the run: {run.start or 'its begin'} to {run.end or 'its end'}"
        for number, (first, last) in enumerate(getattr(search, name), start=1):
            early = run.start and first and calendars.moment(first) < calendars.moment(run.start)
            late = run.end and last and calendars.moment(last, end=True) > calendars.moment(run.end, end=True)
            if early or late:
                out.add(f"calibrate.{name}[{number}]", "lies outside the run", [first, last], expected)

    return check


_CHECKS = (
    (("site",), check_greenness("site")),
    (("site",), _bottom_temperature),
    (("site", "grid"), check_bottom_depth("site")),
    (("site", "grid"), _soil),
    (("forcing",), _forcing_file),
    (("forcing",), _forcing_years),
    (("forcing",), _roles("columns", FORCING_ROLES)),
    (("forcing",), _roles("constants", FORCING_ROLES)),
    (("forcing",), _roles("climate", [item.name for item in fields(Climate)])),
    (("forcing",), _formula("longwave", estimate.LONGWAVE)),
    (("forcing",), _formula("air_pressure", estimate.PRESSURE)),
    (("initial",), _initial_source),
    (("initial", "forcing"), _initial_noah),
    (("initial",), _initial_snow),
    *((("initial",), _initial_values(name)) for name in _PROFILE),
    *((("initial", "grid"), _initial_layers(name)) for name in _PROFILE),
    (("initial", "grid"), _initial_liquid),
    (("spinup",), check_spinup_period),
    (("spinup",), check_spinup_cycles),
    (("run",), _start_end("run")),
    (("observations",), _start_end("observations")),
    (("observations",), _observed),
    (("observations",), _hidden),
    (("observations", "grid"), _twin_depths),
    (("calibrate",), check_searched_names),
    (("calibrate",), check_searched_ranges),
    (("calibrate",), _periods("calibration")),
    (("calibrate",), _periods("validation")),
    (("calibrate",), _periods_apart),
    (("calibrate", "run"), _periods_in_run("calibration")),
    (("calibrate", "run"), _periods_in_run("validation")),
)

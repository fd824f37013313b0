"""Checks of [initial], [spinup] and [run]."""

from __future__ import annotations

import numpy as np

from lsmcal.case.checks.ground import check_downward, check_layers, layer_values
from lsmcal.case.limits import LIGHTEST_SNOW
from lsmcal.case.messages import Complaints
from lsmcal.case.sections.ground import Grid
from lsmcal.case.sections.observations import Observations
from lsmcal.case.sections.start import Initial, Run, SpinUp
from lsmcal.case.sections.weather import Forcing
from lsmcal.case.types import is_reversed

_PROFILE = ("temperature", "water", "liquid")


def _initial_source(initial: Initial, out: Complaints) -> None:
    if initial.source == "profile" and initial.temperature is None:
        out.add("initial.temperature", "key is missing", "", 'needed by from = "profile"')
    if initial.source == "file" and not initial.file:
        out.add("initial.file", "key is missing", "", 'a run file, needed by from = "file"')
    unused = f'is not used by from = "{initial.source}"'
    for name in _PROFILE:
        if getattr(initial, name) is not None and initial.source != "profile":
            out.add(f"initial.{name}", unused, "", 'from = "profile"')
    if initial.surface_mean is not None and initial.source != "linear":
        out.add("initial.surface_mean", unused, "", 'from = "linear"')


def _initial_noah(initial: Initial, forcing: Forcing, out: Complaints) -> None:
    if initial.source == "noah-text" and not initial.file and forcing.format != "noah-text":
        out.add("initial.file", "key is missing", "", "a Noah text file, since the forcing is not one")


def _initial_snow(initial: Initial, out: Complaints) -> None:
    if initial.snow_depth < initial.snow_water:
        expected = f"at least {initial.snow_water:g} m"
        out.add("initial.snow_depth", "is less than snow_water", initial.snow_depth, expected)
    elif initial.snow_depth > (most := LIGHTEST_SNOW * initial.snow_water):
        out.add("initial.snow_depth", "is too deep for snow_water", initial.snow_depth, f"at most {most:g} m")


def _initial_values(name: str):
    low, high, unit = (180.0, 340.0, "K") if name == "temperature" else (0.0, 1.0, "m3 m-3")

    def check(initial: Initial, out: Complaints) -> None:
        for number, item in enumerate(getattr(initial, name) or [], start=1):
            value = getattr(item, "value", item)
            if not low <= value <= high:
                hint = " (is it in °C?)" if name == "temperature" and value < 100.0 else ""
                expected = f"{low:g} to {high:g} {unit}"
                out.add(f"initial.{name}[{number}]", f"is out of range{hint}", value, expected)
                return

    return check


def _initial_layers(name: str):
    def check(initial: Initial, grid: Grid, out: Complaints) -> None:
        if getattr(initial, name) is not None:
            check_downward(f"initial.{name}", getattr(initial, name), out)
            check_layers(f"initial.{name}", getattr(initial, name), grid, out)

    return check


def _initial_liquid(initial: Initial, grid: Grid, out: Complaints) -> None:
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


def check_spinup_period(spinup: SpinUp, out: Complaints) -> None:
    """The years or days that are repeated."""
    if spinup.years and spinup.years[1] < spinup.years[0]:
        out.add("spinup.years", "has its first year after its last", spinup.years, "[first, last]")
    if spinup.years and (spinup.start or spinup.end):
        out.add("spinup.years", "conflicts with start and end", spinup.years, "years, or start and end")
    if bool(spinup.start) != bool(spinup.end):
        out.add("spinup.end" if spinup.start else "spinup.start", "key is missing", "", "start and end, or years")
    if is_reversed(spinup.start, spinup.end):
        out.add("spinup.end", "lies before start", spinup.end, f"{spinup.start} or later")


def check_spinup_cycles(spinup: SpinUp, out: Complaints) -> None:
    """Bounds on the number of cycles."""
    if spinup.method in ("converged", "accelerated") and spinup.min_cycles > spinup.max_cycles:
        out.add("spinup.min_cycles", "is above max_cycles", spinup.min_cycles, f"at most {spinup.max_cycles}")


def check_start_end(section: str):
    """First and last day of a section."""

    def check(given: Run | Observations, out: Complaints) -> None:
        if is_reversed(given.start, given.end):
            out.add(f"{section}.end", "lies before start", given.end, f"{given.start} or later")

    return check


#: Checks of the spin-up, at a site and over a region.
SPINUP_CHECKS = ((("spinup",), check_spinup_period), (("spinup",), check_spinup_cycles))
#: Checks of the start and the period of a site.
START_CHECKS = (
    (("initial",), _initial_source),
    (("initial", "forcing"), _initial_noah),
    (("initial",), _initial_snow),
    *((("initial",), _initial_values(name)) for name in _PROFILE),
    *((("initial", "grid"), _initial_layers(name)) for name in _PROFILE),
    (("initial", "grid"), _initial_liquid),
    *SPINUP_CHECKS,
    (("run",), check_start_end("run")),
)

"""From the columns of a file to the eight variables of the model: checks, humidity, estimates, steps."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lsmcal.core import calendars
from lsmcal.core.errors import Problems, not_none
from lsmcal.inputs.station import estimate, humidity, solar
from lsmcal.inputs.station.csv import known_roles
from lsmcal.inputs.station.disaggregate import disaggregate
from lsmcal.inputs.station.forcing import FORCING_VARIABLES, Forcing, average, check_coverage, within
from lsmcal.inputs.station.ranges import check_values
from lsmcal.inputs.station.raw import RawForcing, check_axis
from lsmcal.inputs.station.spec import ForcingSpec

log = logging.getLogger(__name__)

HUMIDITY_ROLES = ("specific_humidity", "relative_humidity", "dew_point", "vapour_pressure")
#: Alternatives that supply each model variable, besides a constant and an estimate.
SOURCES = {
    "air_temperature": (("air_temperature",),),
    "specific_humidity": tuple((role,) for role in HUMIDITY_ROLES),
    "air_pressure": (("air_pressure",),),
    "shortwave": (("shortwave",),),
    "longwave": (("longwave",),),
    "precipitation": (("precipitation",), ("rainfall", "snowfall"), ("rainfall",)),
    "wind_speed": (("wind_speed",), ("wind_u", "wind_v")),
}


def prepare(raw: RawForcing, spec: ForcingSpec, problems: Problems | None = None) -> Forcing:
    """Make the model's forcing out of a file's columns.

    Parameters
    ----------
    raw : RawForcing
    spec : ForcingSpec
    problems : Problems, optional
        What the reader found already; raised together with what is found here.

    Returns
    -------
    Forcing
        In UTC, at the target step, with notes on everything that was not simply read.

    Raises
    ------
    InputError
        With every problem found.
    """
    problems = Problems() if problems is None else problems
    unknown: dict[str, Any] = {name: value for name, value in raw.place.items() if not np.isfinite(getattr(spec, name))}
    spec = replace(spec, **unknown)
    _add_constants(raw, spec, problems)
    _check_supply(raw, spec, problems)
    _estimate_pressure(raw, spec)
    check_coverage(raw.time, raw.step, spec.start, spec.end, problems, raw.source, raw.calendar)
    if spec.start or spec.end:
        raw = raw.select(within(raw.time, spec.start, spec.end))
    check_axis(raw, problems)
    check_values(raw, problems)
    _check_steps(raw, spec, problems)
    problems.raise_if_any()
    forcing = _at_step(_assemble(raw, spec), raw, spec)
    if not len(forcing):
        expected = f"records over at least one step of {spec.target_step:g} s"
        problems.add("is shorter than one step", source=raw.source, variable="time", expected=expected)
    problems.raise_if_any()
    return forcing


def _add_constants(raw: RawForcing, spec: ForcingSpec, problems: Problems) -> None:
    for role, value in known_roles(spec.constants, raw.source, problems).items():
        raw.values[role] = np.full(raw.time.shape, float(value))
        raw.attributes[f"assumed_{role}"] = f"constant {value:g}"
        log.info("%s: %s assumed constant, %g", raw.source, role, value)


def _check_supply(raw: RawForcing, spec: ForcingSpec, problems: Problems) -> None:
    """Missing variables, unknown formula names and the site facts the formulas need."""
    # A column that is named but cannot be read has its own message already.
    supplied = set(raw.values) | set(raw.units) | set(spec.columns)
    for name, alternatives in SOURCES.items():
        estimated = getattr(spec, f"estimate_{name}", "")
        if any(supplied.issuperset(roles) for roles in alternatives) or estimated:
            continue
        possible = ", or ".join(" and ".join(roles) for roles in alternatives)
        if hasattr(spec, f"estimate_{name}"):
            possible += f", or the name of a formula in estimate_{name}"
        problems.add("missing variable", source=raw.source, variable=name, expected=possible)
    for name, known in (("longwave", estimate.LONGWAVE), ("air_pressure", estimate.PRESSURE)):
        formula = getattr(spec, f"estimate_{name}")
        if formula and formula not in known:
            problems.add(
                "unknown formula",
                source=raw.source,
                variable=f"estimate_{name}",
                value=formula,
                expected=f"one of {', '.join(known)}",
            )
    _check_place(raw, spec, problems)


def _check_place(raw: RawForcing, spec: ForcingSpec, problems: Problems) -> None:
    needed = set()
    if spec.estimate_longwave and "longwave" not in raw.values:
        needed |= {"latitude", "longitude", "elevation"}
    if spec.estimate_air_pressure and "air_pressure" not in raw.values:
        needed |= {"elevation"}
    if spec.disaggregate == "diurnal":
        needed |= {"latitude", "longitude"}
    for name in sorted(needed):
        if not np.isfinite(getattr(spec, name)):
            message = "needed for an estimate or the disaggregation"
            problems.add(message, source=raw.source, variable=name, expected="a number")


def _check_steps(raw: RawForcing, spec: ForcingSpec, problems: Problems) -> None:
    target = spec.target_step
    add = partial(problems.add, source=raw.source, variable="target_step", value=target)
    if not np.isfinite(raw.step):
        return
    if spec.disaggregate == "diurnal":
        if raw.step != calendars.DAY:
            add("only daily means can be disaggregated", value=f"{raw.step:g} s", expected="86400 s")
        elif target and calendars.DAY % target:
            add("the step does not divide the day", expected="a divisor of 86400 s")
    elif target and target != raw.step and (target % raw.step or calendars.DAY % target):
        hint = "; shorter steps need disaggregate = 'diurnal'" if target < raw.step else ""
        add("the step does not match", expected=f"a multiple of {raw.step:g} s that divides 86400 s{hint}")


def _estimate_pressure(raw: RawForcing, spec: ForcingSpec) -> None:
    """Air pressure from the mean over the whole file, so that it does not depend on the period run."""
    known = spec.estimate_air_pressure in estimate.PRESSURE and np.isfinite(spec.elevation)
    temperature = raw.values.get("air_temperature", np.array([np.nan]))
    finite = temperature[np.isfinite(temperature)]
    if "air_pressure" in raw.values or not known or not finite.size or finite.mean() < 100.0:
        return
    pressure = estimate.barometric(spec.elevation, float(finite.mean()))
    raw.values["air_pressure"] = np.full(raw.time.shape, pressure)
    note = f"estimated: {spec.estimate_air_pressure} for {spec.elevation:g} m, constant {pressure:.0f} Pa"
    raw.attributes["estimated_air_pressure"] = note
    log.info("%s: air_pressure %s", raw.source, note)


def _assemble(raw: RawForcing, spec: ForcingSpec) -> Forcing:
    time = calendars.to_utc(raw.time, spec.time_zone_hours, raw.calendar)
    values = dict(raw.values)
    values["specific_humidity"] = any_humidity_as_specific(values)
    attributes = {"source": Path(raw.source).name, **raw.attributes}
    split_phases(values, attributes)
    values.setdefault("snow_fraction", np.full(time.shape, -1.0))
    if "wind_speed" not in values:
        values["wind_speed"] = np.hypot(values["wind_u"], values["wind_v"])
    if "longwave" not in values:
        attributes["estimated_longwave"] = _estimate_longwave(values, time, raw, spec)
    kept = {name: np.ascontiguousarray(values[name], dtype=np.float64) for name in FORCING_VARIABLES}
    return Forcing(time, float(raw.step), kept, attributes, raw.calendar, spec.time_zone_hours)


def any_humidity_as_specific(values: dict[str, np.ndarray]) -> np.ndarray:
    if "specific_humidity" in values:
        return values["specific_humidity"]
    pressure = values["air_pressure"]
    if "relative_humidity" in values:
        relative = values["relative_humidity"]
        return humidity.specific_from_relative(relative, values["air_temperature"], pressure)
    if "dew_point" in values:
        vapour = humidity.saturation_vapour_pressure(values["dew_point"])
        return humidity.specific_from_vapour(vapour, pressure)
    return humidity.specific_from_vapour(values["vapour_pressure"], pressure)


def split_phases(values: dict[str, np.ndarray], attributes: dict[str, str]) -> None:
    """Total precipitation and the snow's share, from whichever two of total, rain and snow there are."""
    total, rain, snow = (values.get(name) for name in ("precipitation", "rainfall", "snowfall"))
    if total is None:
        if snow is None:
            attributes["assumed_snowfall"] = "snowfall is not given: all precipitation is rain"
        rain = not_none(rain)  # without it, total precipitation would be missing
        snow = np.zeros(rain.shape) if snow is None else snow
        total = values["precipitation"] = rain + snow
    elif snow is None and rain is not None:
        snow = total - rain
    if snow is not None:
        share = np.where(total > 0, snow / np.where(total > 0, total, 1.0), 0.0)
        values.setdefault("snow_fraction", np.clip(share, 0.0, 1.0))


def _estimate_longwave(values: dict[str, np.ndarray], time: np.ndarray, raw: RawForcing, spec: ForcingSpec) -> str:
    name = spec.estimate_longwave
    clear = solar.clear_sky(time, raw.step, spec.latitude, spec.longitude, spec.elevation)
    ratio = estimate.sunshine_ratio(time, values["shortwave"], clear, spec.time_zone_hours, raw.calendar)
    vapour = humidity.vapour_from_specific(values["specific_humidity"], values["air_pressure"])
    values["longwave"] = estimate.longwave(name, values["air_temperature"], vapour, ratio)
    note = f"estimated: {name}, cloud from shortwave, mean {values['longwave'].mean():.1f} W m-2"
    log.info("%s: longwave %s", raw.source, note)
    return note


def _at_step(forcing: Forcing, raw: RawForcing, spec: ForcingSpec) -> Forcing:
    if spec.disaggregate == "diurnal":
        highest = raw.values.get("air_temperature_maximum")
        lowest = raw.values.get("air_temperature_minimum")
        given = None if highest is None or lowest is None else highest - lowest
        step = spec.target_step or 10800.0
        return disaggregate(forcing, step, spec.latitude, spec.longitude, given, spec.precipitation_hours)
    if spec.target_step and spec.target_step != forcing.step:
        return average(forcing, spec.target_step)
    return forcing

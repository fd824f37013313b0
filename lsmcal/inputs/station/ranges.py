"""Plausibility of forcing values: what is refused, and which small noise is corrected and counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.inputs.station.raw import RawForcing


@dataclass(frozen=True)
class Range:
    """Values accepted, in the model's unit; beyond them up to ``noise`` they are clipped and counted."""

    low: float
    high: float
    unit: str
    noise_low: float = 0.0
    noise_high: float = 0.0


_TEMPERATURE = Range(170.0, 340.0, "K")
_RAIN = Range(0.0, 0.2, "kg m-2 s-1", noise_low=3e-7)
#: Accepted values by role. Noise: shortwave of a cold or tilted sensor at night, relative humidity above
#: saturation, interpolation noise of about 0.001 mm/h in precipitation.
RANGES = {
    "air_temperature": _TEMPERATURE,
    "air_temperature_minimum": _TEMPERATURE,
    "air_temperature_maximum": _TEMPERATURE,
    "dew_point": _TEMPERATURE,
    "specific_humidity": Range(0.0, 0.06, "kg kg-1", noise_low=1e-5),
    "relative_humidity": Range(0.0, 1.0, "1", noise_low=0.02, noise_high=0.15),
    "vapour_pressure": Range(0.0, 1.0e4, "Pa", noise_low=1.0),
    "air_pressure": Range(3.0e4, 1.1e5, "Pa"),
    "shortwave": Range(0.0, 1500.0, "W m-2", noise_low=20.0),
    "longwave": Range(40.0, 700.0, "W m-2"),
    "precipitation": _RAIN,
    "rainfall": _RAIN,
    "snowfall": _RAIN,
    "snow_fraction": Range(0.0, 1.0, "1", noise_low=1e-6, noise_high=1e-6),
    "wind_speed": Range(0.0, 80.0, "m s-1", noise_low=0.01),
    "wind_u": Range(-80.0, 80.0, "m s-1"),
    "wind_v": Range(-80.0, 80.0, "m s-1"),
}

#: K by which a gap-filled daily minimum may pass the maximum.
EXTREMES_NOISE = 1.0


def check_values(raw: RawForcing, problems: Problems) -> None:
    """Note missing and impossible values; clip noise in place and count it in ``raw.attributes``.

    A column whose bulk lies outside its range gets one problem that guesses the unit mistake.
    """
    for role, values in raw.values.items():
        _check_missing(raw, role, values, problems)
        finite = values[np.isfinite(values)]
        if not finite.size or _check_unit_mistake(raw, role, finite, problems):
            continue
        _check_range(raw, role, values, problems)
    _check_extremes(raw, problems)


def _check_extremes(raw: RawForcing, problems: Problems) -> None:
    """The day's lowest temperature above its highest: columns exchanged, or filled from elsewhere."""
    lowest = raw.values.get("air_temperature_minimum")
    highest = raw.values.get("air_temperature_maximum")
    if lowest is None or highest is None:
        return
    crossed, wrong = lowest > highest, lowest > highest + EXTREMES_NOISE
    if crossed.any() and not wrong.any():
        raw.attributes["crossed_extremes"] = (
            f"{int(crossed.sum())} records with the minimum up to {(lowest - highest).max():.2g} K above the "
            "maximum: set to no diurnal range"
        )
    if wrong.any():
        first = int(np.argmax(wrong))
        problems.add(
            f"above the maximum in {int(wrong.sum())} records",
            source=raw.source,
            variable="air_temperature_minimum",
            where=raw.where(first),
            value=f"{lowest[first]:.6g} K",
            expected=f"at most {highest[first]:.6g} K",
        )


def _check_missing(raw: RawForcing, role: str, values: np.ndarray, problems: Problems) -> None:
    missing = ~np.isfinite(values)
    if missing.any():
        first = int(np.argmax(missing))
        problems.add(
            f"{int(missing.sum())} missing or non-finite values",
            source=raw.source,
            variable=role,
            where=raw.where(first),
            value=values[first],
            expected="a number in every record",
        )


def _check_range(raw: RawForcing, role: str, values: np.ndarray, problems: Problems) -> None:
    limits = RANGES[role]
    if role == "snow_fraction" and np.all(values == -1.0):
        return
    wrong = (values < limits.low - limits.noise_low) | (values > limits.high + limits.noise_high)
    wrong &= np.isfinite(values)
    if wrong.any():
        first = int(np.argmax(wrong))
        below = values[first] < limits.low
        name = role.replace("_", " ")
        problems.add(
            f"{name} {'negative' if below and limits.low == 0 else 'out of range'}"
            + (f" in {int(wrong.sum())} records" if wrong.sum() > 1 else ""),
            source=raw.source,
            variable=role,
            where=raw.where(first),
            value=f"{values[first]:.6g} {limits.unit}",
            expected=f"{limits.low:g} to {limits.high:g} {limits.unit}",
        )
        return
    _clip(raw, role, values, limits)


def _clip(raw: RawForcing, role: str, values: np.ndarray, limits: Range) -> None:
    excess = np.maximum(limits.low - values, values - limits.high)
    outside = excess > 0
    if outside.any():
        extreme = values[np.nanargmax(excess)]
        raw.attributes[f"clipped_{role}"] = (
            f"{int(outside.sum())} values just outside {limits.low:g} to {limits.high:g} {limits.unit} "
            f"clipped (furthest {extreme:.6g})"
        )
        np.clip(values, limits.low, limits.high, out=values)


def _check_unit_mistake(raw: RawForcing, role: str, finite: np.ndarray, problems: Problems) -> bool:
    guess = _unit_guess(role, finite)
    if guess:
        index = int(np.argmax(np.isfinite(raw.values[role])))
        limits = RANGES[role]
        problems.add(
            f"looks like {guess}, but was read as '{raw.units.get(role, limits.unit)}'",
            source=raw.source,
            variable=role,
            where=raw.where(index),
            value=f"{raw.values[role][index]:.6g} {limits.unit}",
            expected=f"{limits.low:g} to {limits.high:g} {limits.unit}",
        )
    return bool(guess)


def _unit_guess(role: str, values: np.ndarray) -> str:
    """Name of the unit the whole column seems to be in, when its bulk cannot be in the one given."""
    middle, top = float(np.median(values)), float(values.max())
    if RANGES[role] is _TEMPERATURE:
        if -100.0 < middle < 70.0:
            return "degC"
        return "K" if 440.0 < middle < 620.0 else ""
    if role == "relative_humidity":
        if middle > 1.5:
            return "%"
        return "a fraction (0-1)" if 0.0 < top <= 0.0105 else ""
    if role == "specific_humidity":
        return "g kg-1" if 0.1 < middle < 60.0 else ""
    if role == "air_pressure":
        guesses = (("kPa", 30.0, 110.0), ("hPa", 300.0, 1100.0), ("Pa", 3.0e6, 1.1e9))
        return next((name for name, low, high in guesses if low <= middle <= high), "")
    if role in ("precipitation", "rainfall", "snowfall"):
        return "an amount per step, hour or day" if float(values.mean()) > 0.01 else ""
    return ""

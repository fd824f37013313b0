"""Daily means spread over the day.

Every rule keeps the daily mean (the daily sum for precipitation):

- shortwave follows the mean cosine of the sun's zenith angle; evenly where the day has less sun at the
  top of the atmosphere than was measured (polar night, instrument offset);
- air temperature, longwave and pressure run smoothly from day to day; temperature gets in addition a
  cosine wave with its peak at 15 h mean solar time, whose range is tmax - tmin where given, and else the
  range that Bristow and Campbell (1984) relate to clearness;
- specific humidity is held, limited to saturation; what the limit takes goes to the warmer steps;
- wind is held; precipitation falls evenly, or over some hours centred on 17 h mean solar time.
"""

from __future__ import annotations

import numpy as np

from lsmcal.core import calendars
from lsmcal.inputs.station import solar
from lsmcal.inputs.station.forcing import Forcing
from lsmcal.inputs.station.humidity import saturation_vapour_pressure, specific_from_vapour

_WARMEST_HOUR = 15.0
_RAIN_HOUR = 17.0
#: Range of the day in K without tmin and tmax: least, most, and where there is no sun.
_LEAST_RANGE, _MOST_RANGE, _DARK_RANGE = 2.0, 20.0, 2.0
_HELD = ("wind_speed", "snow_fraction")
_SMOOTH = ("air_temperature", "air_pressure", "longwave")


def disaggregate(
    daily: Forcing,
    step: float,
    latitude: float,
    longitude: float,
    daily_range: np.ndarray | None = None,
    precipitation_hours: float = 24.0,
) -> Forcing:
    """Spread daily means over steps of the day.

    Parameters
    ----------
    daily : Forcing
        Step 86400 s; the days may begin at any hour UTC.
    step : float
        Seconds; divides the day.
    latitude, longitude : float
        Degrees north and east.
    daily_range : (n,) array, optional
        tmax - tmin, K; NaN where unknown.
    precipitation_hours : float
        Hours over which a day's precipitation falls.

    Returns
    -------
    Forcing
        n * 86400 / step steps.
    """
    count = round(calendars.DAY / step)
    if daily.step != calendars.DAY or count * step != calendars.DAY:
        raise ValueError(f"cannot spread steps of {daily.step:g} s over steps of {step:g} s")
    axis = calendars.axis_seconds(daily.time, daily.calendar)[:, None] + round(step) * np.arange(count)
    time = calendars.from_axis_seconds(axis, daily.calendar)
    sun = np.stack([solar.top_of_atmosphere(time[:, k], step, latitude, longitude) for k in range(count)], axis=1)
    spread = _spread(daily.values, sun)
    wave = diurnal_wave(time, step, longitude)
    spans = temperature_range(daily.values["shortwave"], sun.mean(axis=1), daily_range)
    spread["air_temperature"] += 0.5 * spans[:, None] * wave
    rain = daily.values["precipitation"]
    spread["precipitation"] = by_hours(rain, time, step, longitude, precipitation_hours)
    vapour = saturation_vapour_pressure(spread["air_temperature"])
    limit = specific_from_vapour(vapour, spread["air_pressure"])
    spread["specific_humidity"] = capped_mean(daily.values["specific_humidity"], limit)
    attributes = dict(daily.attributes)
    attributes["disaggregated"] = _account(step, precipitation_hours, daily_range, daily.values, limit)
    values = {name: np.ascontiguousarray(spread[name]).reshape(-1) for name in daily.values}
    return Forcing(time.reshape(-1), step, values, attributes, daily.calendar, daily.time_zone_hours)


def _spread(source: dict[str, np.ndarray], sun: np.ndarray) -> dict[str, np.ndarray]:
    """What is held, follows the sun or runs smoothly from day to day; each (n, k)."""
    count = sun.shape[1]
    held = {name: np.repeat(source[name][:, None], count, axis=1) for name in _HELD}
    even = {name: smooth(source[name], count) for name in _SMOOTH}
    return held | even | {"shortwave": by_sun(source["shortwave"], sun)}


def _account(
    step: float,
    hours: float,
    daily_range: np.ndarray | None,
    source: dict[str, np.ndarray],
    limit: np.ndarray,
) -> str:
    rule = "tmax - tmin" if daily_range is not None else "Bristow and Campbell (1984) from clearness"
    text = f"daily means to {step:g} s; temperature range: {rule}; precipitation over {hours:g} h"
    short = int((source["specific_humidity"] > limit.mean(axis=1)).sum())
    return text + (f"; humidity limited to saturation below its mean on {short} days" if short else "")


def by_sun(mean: np.ndarray, sun: np.ndarray) -> np.ndarray:
    """Daily means (n,) spread in proportion to ``sun`` (n, k), the irradiance above the atmosphere."""
    available = sun.mean(axis=1)
    lit = available > mean
    share = np.where(lit[:, None], sun / np.where(lit, available, 1.0)[:, None], 1.0)
    return mean[:, None] * share


def smooth(mean: np.ndarray, count: int) -> np.ndarray:
    """Daily means (n,) as (n, count): lines between the middles of days, then set back to each mean."""
    centre = np.arange(mean.size) + 0.5
    moment = np.arange(mean.size)[:, None] + (np.arange(count) + 0.5) / count
    line = np.interp(moment, centre, mean)
    return line - line.mean(axis=1, keepdims=True) + mean[:, None]


def diurnal_wave(time: np.ndarray, step: float, longitude: float) -> np.ndarray:
    """Mean over each step of ``cos(2 pi (h - 15) / 24)``, h mean solar time; zero over whole days."""
    begin = 2.0 * np.pi * (solar.solar_hour(time, longitude) - _WARMEST_HOUR) / 24.0
    width = 2.0 * np.pi * step / calendars.DAY
    return (np.sin(begin + width) - np.sin(begin)) / width


def temperature_range(shortwave: np.ndarray, sun: np.ndarray, daily_range: np.ndarray | None = None) -> np.ndarray:
    """Difference between the day's warmest and coldest hour, K.

    Where not given: ``(-ln(1 - K/0.8) / 0.004)^(1/2.4)`` with K = shortwave / top of the atmosphere, the
    inverse of Bristow and Campbell (1984, Agric. For. Meteorol. 31:159) with clear-sky transmissivity 0.8,
    kept within 2 and 20 K; 2 K without sun.

    Parameters
    ----------
    shortwave, sun : (n,) array
        Daily means at the ground and above the atmosphere, W m-2.
    daily_range : (n,) array, optional
        Observed tmax - tmin, K.
    """
    lit = sun > np.maximum(shortwave, 10.0)
    clearness = np.clip(shortwave / np.where(lit, sun, 1.0), 0.0, 0.79)
    estimate = (-np.log1p(-clearness / 0.8) / 0.004) ** (1.0 / 2.4)
    span = np.where(lit, np.clip(estimate, _LEAST_RANGE, _MOST_RANGE), _DARK_RANGE)
    if daily_range is None:
        return span
    return np.where(np.isfinite(daily_range), np.maximum(daily_range, 0.0), span)


def by_hours(mean: np.ndarray, time: np.ndarray, step: float, longitude: float, hours: float) -> np.ndarray:
    """Daily mean rates (n,) over ``hours`` centred on 17 h mean solar time, (n, k); 24 h: evenly."""
    count = time.shape[1]
    if hours >= 24.0:
        return np.repeat(mean[:, None], count, axis=1)
    begin = (solar.solar_hour(time, longitude) - _RAIN_HOUR + 0.5 * hours) % 24.0
    length = step / 3600.0
    # The window is [0, hours) on this clock and comes again after 24 h, within the longest step.
    share = _overlap(begin, length, 0.0, hours) + _overlap(begin, length, 24.0, 24.0 + hours)
    return mean[:, None] * share * count / share.sum(axis=1, keepdims=True)


def _overlap(begin: np.ndarray, length: float, low: float, high: float) -> np.ndarray:
    return np.maximum(np.minimum(begin + length, high) - np.maximum(begin, low), 0.0)


def capped_mean(mean: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Values ``min(level, limit)`` whose daily mean is ``mean``, as far as the limits allow.

    Parameters
    ----------
    mean : (n,) array
    limit : (n, k) array
        Positive upper limits.

    Returns
    -------
    (n, k) array
        ``limit`` itself on days whose limits average less than the mean.
    """
    ordered = np.sort(limit, axis=1)
    count = limit.shape[1]
    below = np.concatenate([np.zeros((mean.size, 1)), np.cumsum(ordered, axis=1)], axis=1)[:, :count]
    # With the k smallest limits binding the others share what is left of the sum equally.
    levels = (mean[:, None] * count - below) / (count - np.arange(count))
    binding = np.argmax(levels <= ordered, axis=1)
    level = np.take_along_axis(levels, binding[:, None], axis=1)
    impossible = ~(levels <= ordered).any(axis=1)
    return np.where(impossible[:, None], limit, np.minimum(level, limit))

"""A deterministic weather generator for sites on the plateau.

It is meant for demonstration cases and tests: plausible in its cycles, noise, spells and in how radiation,
cloud, humidity and precipitation hang together; it is no reconstruction of any place's weather.

- Days are wet or dry (two-state Markov chain with seasonal probability); wet days are cloudier and moister,
  with gamma-distributed precipitation whose expected annual sum is ``Climate.precipitation``.
- Air temperature: annual cosine + trend + AR(1) noise (larger in winter) + a diurnal wave that cloud damps.
- Shortwave: sun geometry x clear-sky transmissivity x cloud (Kasten and Czeplak 1980); longwave from the
  same cloud and humidity (Konzelmann et al. 1994).

Every calendar year draws its random numbers from its own generator (PCG64 seeded by seed, cell and year), and
memory runs forward only: a longer series begins with the shorter one, and a cell's weather does not depend
on which others are made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

from lsmcal.core import calendars
from lsmcal.core.errors import Problems
from lsmcal.core.memory import check_memory
from lsmcal.inputs.station import estimate, solar
from lsmcal.inputs.station.forcing import FORCING_VARIABLES, Forcing, check_coverage, within
from lsmcal.inputs.station.humidity import saturation_vapour_pressure, specific_from_vapour, vapour_from_specific
from lsmcal.inputs.station.ranges import check_values
from lsmcal.inputs.station.raw import RawForcing
from lsmcal.inputs.station.spec import ForcingSpec

_REFERENCE_YEAR = 2000.0
_TURN = 2.0 * np.pi
#: Least cloud, so that its odds are a number.
_CLEAR = 1e-12


@dataclass(frozen=True)
class Climate:
    """What the generated weather is like.

    Parameters
    ----------
    latitude, longitude, elevation : float
        Degrees north, degrees east, m.
    mean_temperature : float
        Annual mean of the air in 2000, K.
    annual_range : float
        Warmest minus coldest time of the mean annual cycle, K.
    coldest_day : float
        Day of the year of its minimum.
    diurnal_range : float
        Warmest minus coldest hour of a clear day, K.
    trend : float
        Warming, K per decade.
    temperature_noise : float
        Standard deviation of day-to-day weather, K: annual mean, half as much again in winter.
    persistence : float
        Correlation of that noise from day to day.
    precipitation : float
        Expected annual sum, mm.
    summer_share : float
        How strongly precipitation and wet days gather in summer, 0 (evenly) to 1.
    wet_days : float
        Mean share of days with precipitation.
    wet_persistence : float
        Correlation of wet and dry from day to day.
    relative_humidity_dry, relative_humidity_wet : float
        Daily means on dry and wet days, 0-1.
    cloud_dry, cloud_wet : float
        Mean cloud fraction on dry and wet days, 0-1.
    wind : float
        Mean wind speed, m s-1.
    """

    latitude: float = 35.0
    longitude: float = 92.0
    elevation: float = 4600.0
    mean_temperature: float = 268.5
    annual_range: float = 22.0
    coldest_day: float = 15.0
    diurnal_range: float = 13.0
    trend: float = 0.0
    temperature_noise: float = 2.4
    persistence: float = 0.72
    precipitation: float = 330.0
    summer_share: float = 0.9
    wet_days: float = 0.3
    wet_persistence: float = 0.35
    relative_humidity_dry: float = 0.42
    relative_humidity_wet: float = 0.75
    cloud_dry: float = 0.35
    cloud_wet: float = 0.85
    wind: float = 4.0


#: Smallest and largest value of each setting of a climate, and its unit: what the air near the ground has anywhere, or
#: what a share or a correlation can be.
CLIMATE_LIMITS = {
    "latitude": (-90.0, 90.0, "degrees"),
    "longitude": (-180.0, 360.0, "degrees"),
    "elevation": (-450.0, 9000.0, "m"),
    "mean_temperature": (200.0, 320.0, "K"),
    "annual_range": (0.0, 100.0, "K"),
    "coldest_day": (0.0, 366.0, "day of the year"),
    "diurnal_range": (0.0, 60.0, "K"),
    "trend": (-10.0, 10.0, "K per decade"),
    "temperature_noise": (0.0, 20.0, "K"),
    "persistence": (0.0, 0.9999, ""),
    "precipitation": (0.0, 20_000.0, "mm"),
    "summer_share": (0.0, 1.0, ""),
    "wet_days": (0.001, 1.0, ""),
    "wet_persistence": (0.0, 0.9999, ""),
    "relative_humidity_dry": (0.0, 1.0, ""),
    "relative_humidity_wet": (0.0, 1.0, ""),
    "cloud_dry": (0.0, 1.0, ""),
    "cloud_wet": (0.0, 1.0, ""),
    "wind": (0.0, 60.0, "m s-1"),
}
#: Bytes of memory for a step while weather is made: numbers of the forcing, and those in between.
_BYTES_OF_STEP = 8.0 * 30.0


@dataclass
class _Noise:
    """Random numbers: normal deviates by step (3, n) and by day (2, d), uniform and gamma by day (d,)."""

    by_step: np.ndarray
    by_day: np.ndarray
    chance: np.ndarray
    amount: np.ndarray


def generate(climate: Climate, years: tuple[int, int], seed: int, cell: int = 0, step: float = 10800.0) -> Forcing:
    """Weather of whole calendar years (UTC).

    Parameters
    ----------
    climate : Climate
    years : (int, int)
        First and last year.
    seed : int
        Not negative.
    cell : int
        Number of the cell in a region; each has weather of its own.
    step : float
        Seconds; divides the day.

    Returns
    -------
    Forcing
    """
    count = round(calendars.DAY / step)
    if count * step != calendars.DAY:
        raise ValueError(f"a step of {step:g} s does not divide the day")
    start, stop = np.datetime64(f"{years[0]:04d}", "s"), np.datetime64(f"{years[1] + 1:04d}", "s")
    time: np.ndarray = np.arange(start, stop, np.timedelta64(round(step), "s"))
    values = _weather(climate, time, float(step), _draw(years, seed, cell, count))
    note = f"weather generator, seed {seed}, cell {cell}, {years[0]}-{years[1]}"
    return Forcing(time, float(step), {name: values[name] for name in FORCING_VARIABLES}, {"source": note})


def _weather(climate: Climate, time: np.ndarray, step: float, noise: _Noise) -> dict[str, np.ndarray]:
    count = round(calendars.DAY / step)
    season = _season(climate, time)
    wet = _wet_days(climate, season[::count], noise.chance)
    cloud = np.repeat(_cloud(climate, wet, noise.by_day[0]), count)
    sunshine = 1.0 - 0.75 * cloud**3.4
    temperature = _temperature(climate, time, step, season, cloud, noise.by_step[0])
    pressure = _pressure(climate, noise.by_step[1], count)
    humidity = _humidity(climate, wet, noise.by_day[1], temperature, pressure, count)
    vapour = vapour_from_specific(humidity, pressure)
    clear = solar.clear_sky(time, step, climate.latitude, climate.longitude, climate.elevation)
    return {
        "air_temperature": temperature,
        "specific_humidity": humidity,
        "air_pressure": pressure,
        "shortwave": clear * sunshine,
        "longwave": estimate.longwave("konzelmann1994", temperature, vapour, sunshine),
        "precipitation": _precipitation(climate, time, season[::count], wet, noise.amount, count),
        "wind_speed": _wind(climate, time, noise.by_step[2], count),
        "snow_fraction": np.full(time.size, -1.0),
    }


def _draw(years: tuple[int, int], seed: int, cell: int, count: int) -> _Noise:
    parts = []
    for year in range(years[0], years[1] + 1):
        days = 366 if calendars.is_leap_day(np.datetime64(f"{year:04d}-02-28") + 1) else 365
        random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, cell, year])))
        by_step = random.standard_normal((3, days * count))
        by_day, chance = random.standard_normal((2, days)), random.random(days)
        parts.append((by_step, by_day, chance, random.standard_gamma(0.8, days)))
    return _Noise(*(np.concatenate(pieces, axis=-1) for pieces in zip(*parts, strict=True)))


def _season(climate: Climate, time: np.ndarray) -> np.ndarray:
    """-1 at the coldest, +1 at the warmest time of the year."""
    since = (time - time.astype("datetime64[Y]")) / np.timedelta64(1, "D")
    return -np.cos(_TURN * (since + 1.0 - climate.coldest_day) / 365.2425)


def _correlated(deviates: np.ndarray, per_day: float, count: int) -> np.ndarray:
    """AR(1) series of unit variance from normal deviates; ``per_day`` is its correlation over one day.

    The recursion ``x[t] = m x[t-1] + e[t]`` is summed by doubling: after k passes each value holds its
    last 2^k innovations. The number of passes follows from m alone, so that a prefix keeps its bits.
    """
    memory = per_day ** (1.0 / count)
    series = np.sqrt(1.0 - memory**2) * deviates
    series[0] = deviates[0]
    lag = 1
    while memory**lag > 1e-17 and lag < series.size:
        series[lag:] = series[lag:] + memory**lag * series[:-lag]
        lag *= 2
    return series


def _wet_days(climate: Climate, season: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Markov chain of wet days whose stationary probability follows the season.

    A uniform number below P(wet after dry) makes the day wet, one above P(wet after wet) makes it dry,
    whatever the day before; in between the day is as the last one.
    """
    share = np.clip(climate.wet_days * (1.0 + climate.summer_share * season), 0.0, 0.95)
    after_dry = share * (1.0 - climate.wet_persistence)
    after_wet = share + climate.wet_persistence * (1.0 - share)
    decided = (chance < after_dry) | (chance >= after_wet)
    decided[0] = True
    last = np.maximum.accumulate(np.where(decided, np.arange(chance.size), 0))
    return (chance < after_dry)[last]


def _cloud(climate: Climate, wet: np.ndarray, deviates: np.ndarray) -> np.ndarray:
    """Cloud fraction of each day: a logistic curve about the mean of wet and dry days."""
    centre = np.clip(np.where(wet, climate.cloud_wet, climate.cloud_dry), _CLEAR, 1.0 - _CLEAR)
    logit = np.log(centre / (1.0 - centre)) + 0.9 * _correlated(deviates, 0.4, 1)
    return 1.0 / (1.0 + np.exp(-logit))


def _temperature(
    climate: Climate,
    time: np.ndarray,
    step: float,
    season: np.ndarray,
    cloud: np.ndarray,
    deviates: np.ndarray,
) -> np.ndarray:
    year = 1970.0 + time.astype(np.int64) / (365.2425 * calendars.DAY)
    trend = climate.trend * (year - _REFERENCE_YEAR) / 10.0
    noise = climate.temperature_noise * (1.0 - 0.5 * season)
    weather = noise * _correlated(deviates, climate.persistence, round(calendars.DAY / step))
    hours = _TURN * ((solar.solar_hour(time, climate.longitude) + step / 7200.0) - 15.0) / 24.0
    wave = 0.5 * climate.diurnal_range * (1.0 - 0.6 * cloud) * np.cos(hours)
    return climate.mean_temperature + 0.5 * climate.annual_range * season + trend + weather + wave


def _pressure(climate: Climate, deviates: np.ndarray, count: int) -> np.ndarray:
    mean = estimate.barometric(climate.elevation, climate.mean_temperature)
    return mean * (1.0 + 0.004 * _correlated(deviates, 0.8, count))


def _humidity(
    climate: Climate,
    wet: np.ndarray,
    deviates: np.ndarray,
    temperature: np.ndarray,
    pressure: np.ndarray,
    count: int,
) -> np.ndarray:
    """Specific humidity: the day's relative humidity at its mean temperature, held, at most saturated."""
    centre = np.where(wet, climate.relative_humidity_wet, climate.relative_humidity_dry)
    relative = np.clip(centre + 0.1 * _correlated(deviates, 0.5, 1), 0.08, 0.98)
    mean = temperature.reshape(-1, count).mean(axis=1)
    vapour = np.repeat(relative * saturation_vapour_pressure(mean), count)
    vapour = np.minimum(vapour, saturation_vapour_pressure(temperature))
    return specific_from_vapour(vapour, pressure)


def _precipitation(
    climate: Climate,
    time: np.ndarray,
    season: np.ndarray,
    wet: np.ndarray,
    amount: np.ndarray,
    count: int,
) -> np.ndarray:
    """Rates, kg m-2 s-1: gamma amounts (shape 0.8) on wet days, most of them in the afternoon and evening."""
    size = np.maximum(1.0 + 0.6 * climate.summer_share * season, 0.05)
    cycle = -np.cos(_TURN * (np.arange(365) + 0.5) / 365.0)
    share = np.clip(climate.wet_days * (1.0 + climate.summer_share * cycle), 0.0, 0.95)
    expected = (share * np.maximum(1.0 + 0.6 * climate.summer_share * cycle, 0.05)).sum() * 365.2425 / 365.0
    daily = climate.precipitation / expected * size * wet * amount / 0.8
    hours = solar.solar_hour(time, climate.longitude) + 12.0 / count
    weight = (1.0 + 0.8 * np.cos(_TURN * (hours - 18.0) / 24.0)).reshape(-1, count)
    rates = daily[:, None] * weight / weight.sum(axis=1, keepdims=True)
    return (rates * count / calendars.DAY).reshape(-1)


def _wind(climate: Climate, time: np.ndarray, deviates: np.ndarray, count: int) -> np.ndarray:
    hours = solar.solar_hour(time, climate.longitude) + 12.0 / count
    cycle = 1.0 + 0.35 * np.cos(_TURN * (hours - 15.0) / 24.0)
    spread = 0.4
    return climate.wind * cycle * np.exp(spread * _correlated(deviates, 0.5, count) - 0.5 * spread**2)


def climate_problems(climate: Mapping[str, float]) -> list[tuple[str, str]]:
    """Settings of a climate that nothing on earth has: their names, and what was expected.

    Parameters
    ----------
    climate : mapping of str to float
        Fields of :class:`Climate`; unknown ones are left to others.
    """
    found = []
    for name, (low, high, unit) in CLIMATE_LIMITS.items():
        if name in climate and not low <= climate[name] <= high:
            found.append((name, f"{low:g} to {high:g}{unit and ' ' + unit}"))
    return found


def climate_of(spec: ForcingSpec) -> Climate:
    """Climate of a case: defaults, site coordinates, then the keys of ``spec.climate``. Raises InputError."""
    problems = Problems()
    names = {item.name for item in fields(Climate)}
    for name, value in spec.climate.items():
        if name not in names:
            expected = f"one of {', '.join(sorted(names))}"
            problems.add("unknown key", variable=f"climate.{name}", value=value, expected=expected)
    for name, expected in climate_problems(spec.climate):
        problems.add("is out of range", variable=f"climate.{name}", value=spec.climate[name], expected=expected)
    problems.raise_if_any()
    place = {name: getattr(spec, name) for name in ("latitude", "longitude", "elevation")}
    known = {name: value for name, value in place.items() if np.isfinite(value)}
    return replace(Climate(), **{**known, **spec.climate})


def forcing_of(spec: ForcingSpec) -> Forcing:
    """Generated forcing of a case, cut to its period. Raises InputError."""
    climate = climate_of(spec)
    problems = Problems()
    first, last = spec.years
    if last < first:
        problems.add("the first year is after the last", source="forcing", variable="years", value=spec.years)
    step = spec.target_step or spec.step or 10800.0
    if calendars.DAY % step:
        message = "the step does not divide the day"
        problems.add(message, variable="target_step", value=step, expected="a divisor of 86400 s")
    if spec.seed < 0 or (spec.cell or 0) < 0:
        problems.add("must not be negative", source="forcing", variable="seed, cell", expected="0 or more")
    problems.raise_if_any()
    steps = (last - first + 1) * 366 * calendars.DAY / step
    words = f"generated weather of {steps:,.0f} steps"
    check_memory(steps * _BYTES_OF_STEP, words, problems, source="forcing", variable="years, target_step")
    problems.raise_if_any()
    forcing = generate(climate, spec.years, spec.seed, spec.cell or 0, step)
    _check_values(forcing, problems)
    problems.raise_if_any()
    forcing.time_zone_hours = spec.time_zone_hours
    if spec.calendar == "noleap":
        forcing = forcing.select(~calendars.is_leap_day(forcing.time))
        forcing.calendar = "noleap"
    return _cut(forcing, spec, problems)


def _check_values(forcing: Forcing, problems: Problems) -> None:
    """What is refused in a file is refused here: an extreme climate may have days that nothing has."""
    check_values(RawForcing(forcing.time, forcing.step, forcing.values, "weather generator", forcing.time), problems)


def _cut(forcing: Forcing, spec: ForcingSpec, problems: Problems) -> Forcing:
    check_coverage(forcing.time, forcing.step, spec.start, spec.end, problems, "weather generator", forcing.calendar)
    problems.raise_if_any()
    if not (spec.start or spec.end):
        return forcing
    cut = forcing.select(within(forcing.time, spec.start, spec.end))
    if not len(cut):  # one end is open, and the other lies beyond what was generated
        given = f"{spec.start or 'the start'} to {spec.end or 'the end'}"
        years = f"days from {forcing.time[0]} to {forcing.end}"
        problems.add("no records in the period", source="weather generator", value=given, expected=years)
    problems.raise_if_any()
    return cut

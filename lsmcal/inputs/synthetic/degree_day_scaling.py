"""Monthly temperatures for which generated weather has given freezing and thawing degree days.

The mean temperature of a generated day is the monthly climate, interpolated, plus slow departures and the weather of
that day; neither depends on the climate's temperature. The climate is changed to ``mean + factor * season``: two
unknowns for two indices. The first follows at once, for thawing less freezing degree days are the sum of all
temperatures; the thawing index then rises with the factor, convex and in straight pieces, and Newton's method finds it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lsmcal.inputs.synthetic.plateau_kernel import (
    BEFORE,
    MEMORY,
    NOISE,
    OWN_PART,
    RENEWAL,
    SHARED_PART,
    WET_COOLING,
    normal_deviate,
    random_bits,
    shared_weather,
)
from lsmcal.inputs.synthetic.plateau_random import blend, corners, keys, place_number
from lsmcal.inputs.synthetic.plateau_weather import (
    DAYS_SHARED,
    NODE,
    OWN_STREAM,
    PlateauWeather,
    days_of_year,
    monthly_knots,
)
from lsmcal.noah.physics.constants import T0

#: Factors on the seasonal course among which one is looked for.
LEAST, MOST = 0.05, 4.0
#: Degree days by which what is found may miss the index [degC d].
CLOSE = 0.5
_ROUNDS, _AT_A_TIME = 9, 256


def scaled_to_indices(
    weather: PlateauWeather, thawing: np.ndarray, freezing: np.ndarray, years: tuple[int, int]
) -> tuple[PlateauWeather, np.ndarray]:
    """Weather whose degree days of daily mean air temperature are those given.

    Parameters
    ----------
    weather : PlateauWeather
        Its climate's temperature gives the form of the season.
    thawing, freezing : (n,) arrays
        Mean annual degree days above and below 0 degC, both positive [degC d].
    years : (int, int)
        First and last year of the mean, among those of the weather.

    Returns
    -------
    PlateauWeather
    met : (n,) bool array
        Cells for which a factor from :data:`LEAST` to :data:`MOST` gives the indices; that of others means nothing.
    """
    found = [_of_some(weather, index, thawing[index], freezing[index], years) for index in _pieces(thawing.size)]
    temperature, met = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return replace(weather, climate=replace(weather.climate, temperature=temperature)), met


def degree_days(
    weather: PlateauWeather, years: tuple[int, int], climate_only: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Mean annual thawing and freezing degree days of the daily mean air temperature, each (n,) [degC d].

    Parameters
    ----------
    weather : PlateauWeather
    years : (int, int)
        First and last year of the mean.
    climate_only : bool
        Without trend, cold episode, and warm and cold years: those of the monthly climate itself.
    """
    found = []
    for index in _pieces(weather.climate.cell.size):
        season, slow, day = _courses(weather, index, years)
        daily = season + day + (0.0 if climate_only else slow) - T0
        found.append([np.maximum(sign * daily, 0.0).sum(axis=0) / _count(years) for sign in (1.0, -1.0)])
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def _pieces(size: int) -> list[np.ndarray]:
    return [np.arange(at, min(at + _AT_A_TIME, size)) for at in range(0, size, _AT_A_TIME)]


def _count(years: tuple[int, int]) -> int:
    return years[1] - years[0] + 1


def _of_some(weather, index, thawing, freezing, years) -> tuple[np.ndarray, np.ndarray]:
    """Monthly temperature, (n, 12), and whether it gives the indices, of some cells."""
    season, slow, day = _courses(weather, index, years)
    days, count = len(season), _count(years)
    other = slow + day
    level, departure = season.mean(axis=0), other.mean(axis=0)
    mean = (thawing - freezing) * count / days
    season, other = season - level, other - departure + mean
    factor = np.ones(index.size)
    for _ in range(_ROUNDS):
        daily = other + factor * season
        above = daily > 0.0
        missing = thawing - np.where(above, daily, 0.0).sum(axis=0) / count
        slope = np.where(above, season, 0.0).sum(axis=0) / count
        factor = np.clip(factor + missing / np.maximum(slope, 1e-6), LEAST, MOST)
    warm = np.maximum(other + factor * season, 0.0).sum(axis=0) / count
    monthly = weather.climate.temperature[index] - level[:, None]
    return (mean - departure + T0)[:, None] + factor[:, None] * monthly, np.abs(warm - thawing) <= CLOSE


# -- daily means --------------------------------------------------------------------------------------------------
def _courses(weather: PlateauWeather, index: np.ndarray, years) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Climate, slow departure and weather of every day of the years, each (days, n) [K]; their sum is its mean."""
    knots = monthly_knots(np.asarray(weather.climate.temperature, np.float64)[index].T)
    parts = [_course(weather, index, year, knots) for year in range(years[0], years[1] + 1)]
    first, second, third = (np.concatenate(found) for found in zip(*parts, strict=True))
    return first, second, third


def _course(weather: PlateauWeather, index: np.ndarray, year: int, knots: np.ndarray) -> list[np.ndarray]:
    _, place, months, day = days_of_year(year)
    (summer, gone, later), (early, late, _) = place[:, :, None].transpose(1, 0, 2), months.T
    begin, end = weather.departures(index, year)
    warm, wet = (_deviates(weather, index, day, kind) for kind in (0, 1))
    found = (
        (1.0 - later) * knots[early] + later * knots[late],
        begin + (end - begin) * gone,
        NOISE * (1.0 - 0.4 * summer) * warm - WET_COOLING * summer * wet,
    )
    # three-hourly means are blended with the day before in the morning and the day after in the evening
    return [0.125 * one[BEFORE - 1 : -2] + 0.75 * one[BEFORE:-1] + 0.125 * one[BEFORE + 1 :] for one in found]


def _deviates(weather: PlateauWeather, index: np.ndarray, day: np.ndarray, kind: int) -> np.ndarray:
    """Autocorrelated deviates of days and cells, (days, n): what the kernel of the weather makes, one kind alone."""
    climate = weather.climate
    longitude, latitude = (np.asarray(getattr(climate, name), np.float64)[index] for name in ("longitude", "latitude"))
    corner, weight, lattice = corners(longitude, latitude, NODE)
    shared = np.empty((3, day.size, lattice.size))
    shared_weather(keys(weather.seed, DAYS_SHARED, lattice), day[0], shared)
    key = keys(weather.seed, OWN_STREAM, place_number(longitude, latitude))
    with np.errstate(over="ignore"):
        counter = day[:, None] * np.uint64(4) + np.uint64(kind)
        fresh = RENEWAL[kind] * normal_deviate(random_bits(key[None, :], counter))
    own = np.zeros(index.size)
    found = np.empty((day.size, index.size))
    for number in range(day.size):
        own = MEMORY[kind] * own + fresh[number] if number else own
        found[number] = SHARED_PART * blend(shared[kind, number], corner, weight) + OWN_PART * own
    return found

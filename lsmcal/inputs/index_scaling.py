"""Monthly temperatures for which generated weather has given freezing and thawing degree days.

The generated temperature of a day is normally distributed about a mean that is the monthly climate, interpolated, plus
the slow departures of the year; its variance follows from the generator's own numbers. The climate is changed to
``mean + factor * season``, two unknowns for two indices. The first follows at once, for thawing less freezing index is
365.25 times the mean temperature; the thawing index then rises with the factor, convex, and Newton's method finds it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from lsmcal.inputs.plateau_kernel import _MEMORY, _NOISE, _WET_COOLING, BEFORE
from lsmcal.inputs.plateau_weather import PlateauWeather, days_of_year, monthly_knots
from lsmcal.noah.constants import T0

YEAR = 365.25
#: Factors on the seasonal course among which one is looked for.
LEAST, MOST = 0.05, 4.0
#: Degree days by which what is found may miss the index [degC d].
CLOSE = 0.5
#: Days of a year that are looked at, in the middle of equal parts of it: the courses are smooth.
_DAYS = 24
_ROUNDS, _AT_A_TIME = 8, 256
#: Part of the day before, of the day and of the day after in the mean of the generated steps of a day.
_BLENDED = np.array([0.125, 0.75, 0.125])


def scaled_to_indices(
    weather: PlateauWeather, thawing: np.ndarray, freezing: np.ndarray, years: tuple[int, int]
) -> tuple[PlateauWeather, np.ndarray]:
    """Weather whose expected degree days of daily mean air temperature are those given.

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
    index = np.arange(thawing.size)
    parts = [_of_some(weather, index[at : at + _AT_A_TIME], thawing, freezing, years)
             for at in range(0, index.size, _AT_A_TIME)]  # fmt: skip
    temperature, met = (np.concatenate(found) for found in zip(*parts, strict=True))
    return replace(weather, climate=replace(weather.climate, temperature=temperature)), met


def expected_degree_days(weather: PlateauWeather, years: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Mean annual thawing and freezing degree days, each (n,) [degC d], that the generator aims at."""
    index = np.arange(weather.climate.cell.size)
    season, slow, spread = _course(weather, index, years)
    mean = season + slow - T0
    warm = _thawing(mean, spread)[0]
    return warm, warm - YEAR * mean.mean(axis=0)


def _of_some(weather, index, thawing, freezing, years) -> tuple[np.ndarray, np.ndarray]:
    """Monthly temperature, (n, 12), and whether it gives the indices, of some cells."""
    season, slow, spread = _course(weather, index, years)
    level = season.mean(axis=0)
    season = season - level
    wanted = thawing[index]
    mean = (wanted - freezing[index]) / YEAR
    departure = slow.mean(axis=0)
    slow = slow + (mean - departure)
    factor = np.ones(index.size)
    for _ in range(_ROUNDS):
        warm, above = _thawing(slow + factor * season, spread)
        slope = YEAR * (above * season).mean(axis=0)
        factor = np.clip(factor + (wanted - warm) / np.maximum(slope, 1e-6), LEAST, MOST)
    met = np.abs(_thawing(slow + factor * season, spread)[0] - wanted) <= CLOSE
    climate = weather.climate.temperature[index]
    return (mean - departure + T0)[:, None] + factor[:, None] * (climate - level[:, None]), met


def _course(weather: PlateauWeather, index: np.ndarray, years) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Climate and slow departure of some days of all years, each (days, n) [K], and the spread of those days [K]."""
    knots = monthly_knots(np.asarray(weather.climate.temperature, np.float64)[index].T)
    season, slow, spread = [], [], []
    for year in range(years[0], years[1] + 1):
        _, place, months, _ = days_of_year(year)
        some = BEFORE + ((np.arange(_DAYS) + 0.5) * (len(place) - BEFORE - 1) / _DAYS).astype(np.int64)
        (summer, gone, later), (early, late, _) = place[some].T, months[some].T
        season.append((1.0 - later)[:, None] * knots[early] + later[:, None] * knots[late])
        begin, end = weather.departures(index, year)
        slow.append(begin + (end - begin) * gone[:, None])
        spread.append(daily_mean_spread(summer))
    return np.concatenate(season), np.concatenate(slow), np.concatenate(spread)[:, None]


def daily_mean_spread(summer: np.ndarray) -> np.ndarray:
    """Standard deviation of a day's mean temperature about climate and slow departures [K].

    Parameters
    ----------
    summer : array
        -1 in mid-January to 1 in July.
    """
    apart = np.abs(np.subtract.outer(np.arange(3), np.arange(3)))
    kept = [_BLENDED @ memory**apart @ _BLENDED for memory in _MEMORY[:2]]
    own, wet = _NOISE * (1.0 - 0.4 * summer), _WET_COOLING * summer
    return np.sqrt(kept[0] * own**2 + kept[1] * wet**2)


def _thawing(mean: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expected thawing degree days of a year, (n,), and the chance of each day to be above 0 degC."""
    from scipy.special import ndtr

    z = mean / spread
    above = ndtr(z)
    return YEAR * (mean * above + spread * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)).mean(axis=0), above

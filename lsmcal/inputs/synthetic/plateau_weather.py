"""Weather of any cell in any year from its monthly climate, its place and a seed: nothing is read, nothing remembered.

Every random number is a hash of (seed, place, day, purpose); memory from day to day begins 40 days before each year.
A cell alone, a year alone and any piece of it therefore give the same bits. Part of the weather is shared: it is made
at nodes three degrees apart and blended from the four around a cell, so that neighbours have wet, cold and windy days
together.

- Temperature: monthly climate (linear between knots that keep the monthly means), slow departures (trend, an episode of
  cooling in the north-west, warm and cold years), day-to-day weather, and a diurnal wave that cloud damps.
- Wetness: one autocorrelated number a day. Above a threshold that follows from the month's rain it rains; cloud and
  humidity rise with it, and wet summer days are cool. Amounts are exponential, mostly of the afternoon and evening.
- Shortwave: sun over three hours, exact, x clear sky (FAO 56) x cloud (Kasten and Czeplak 1980); longwave from
  temperature, humidity and the same cloud (Konzelmann et al. 1994); pressure hydrostatic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from lsmcal.core import calendars
from lsmcal.core.digest import SHORT, digest_of_parts
from lsmcal.inputs.gridded.protocol import positions
from lsmcal.inputs.station import solar
from lsmcal.inputs.synthetic.plateau_kernel import BEFORE, STEP, STEPS, shared_weather, weather_of_year
from lsmcal.inputs.synthetic.plateau_random import blend, corners, keys, normal, place_number

#: Increase with every change that changes a number.
_VERSION = 1
#: Degrees between the nodes of shared weather from day to day, and of warm and cold years.
NODE, _YEAR_NODE = 3.0, 6.0
#: Purposes of random numbers.
DAYS_SHARED, _YEARS_SHARED, OWN_STREAM = 1, 2, 3
#: Standard deviation of a year's beginning [K].
_YEAR_NOISE = 0.6
#: Cooling in the north-west: size [K], middle, width [years].
_COOLING, _COOL_YEAR, _COOL_WIDTH = 0.9, 1997.5, 1.6
#: Mean amount of a wet day [mm]: at no rain, and more with each mm of the month.
_WET_DAY, _WET_DAY_RISE = 2.0, 0.03
_MONTH_DAYS = np.array([31.0, 28.2425, 31.0, 30.0, 31.0, 30.0, 31.0, 31.0, 30.0, 31.0, 30.0, 31.0])


@dataclass(frozen=True)
class MonthlyClimate:
    """Climate of cells.

    Parameters
    ----------
    cell : (n,) array of int64
        Numbers on the target grid.
    longitude, latitude : (n,) arrays
        [degrees].
    elevation : (n,) array
        [m].
    temperature : (n, 12) array
        Mean air temperature of each month, where the trend is zero [K].
    precipitation : (n, 12) array
        Expected sum of each month [mm].
    """

    cell: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray
    elevation: np.ndarray
    temperature: np.ndarray
    precipitation: np.ndarray


@dataclass(frozen=True)
class PlateauWeather:
    """Generated weather of a region; a :class:`lsmcal.inputs.gridded.protocol.RegionalForcing`.

    Parameters
    ----------
    climate : MonthlyClimate
    seed : int
        Not negative.
    years : (int, int)
        First and last year.
    trend : float
        Warming [K a-1].
    reference_year : float
        When the trend is zero.
    """

    climate: MonthlyClimate
    seed: int = 0
    years: tuple[int, int] = (1979, 2020)
    trend: float = 0.039
    reference_year: float = 2000.0
    step: float = STEP
    calendar: str = "standard"
    attributes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        note = f"generated within the month, seed {self.seed}, {10 * self.trend:+g} K a decade"
        object.__setattr__(self, "attributes", {"source": note} | self.attributes)

    @property
    def time(self) -> np.ndarray:
        """Start of each step, UTC."""
        return _axis(*self.years)

    def read(self, cells: np.ndarray, first: int, last: int) -> np.ndarray:
        """As :meth:`lsmcal.inputs.gridded.protocol.RegionalForcing.read` says."""
        if not 0 <= first <= last <= self.time.size:
            raise IndexError(f"steps {first} to {last} of {self.time.size}")
        index = positions(cells, self.climate.cell, "plateau weather")
        found = np.empty((last - first, 8, index.size), np.float32)
        with np.errstate(over="ignore"):  # of hashes, when compilation is off
            for year in range(self.years[0], self.years[1] + 1):
                begin, end = (_begin_of(self.years[0], number) for number in (year, year + 1))
                if begin < last and end > first and index.size:
                    here = slice(max(begin, first) - first, min(end, last) - first)
                    self._fill(index, year, max(first - begin, 0), found[here])
        return found

    def _fill(self, index: np.ndarray, year: int, first: int, found: np.ndarray) -> None:
        """Steps of a year from ``first`` on, as many as ``found`` has rows."""
        one = self._settings
        sun, season, months, day = days_of_year(year)
        corner, weight, lattice = corners(one.longitude[index], one.latitude[index], NODE)
        shared = np.empty((3, len(day), lattice.size))
        shared_weather(keys(self.seed, DAYS_SHARED, lattice), day[0], shared)
        place = np.stack(
            [
                one.longitude[index],
                one.latitude[index],
                one.elevation[index],
                one.moisture[index],
                *self.departures(index, year),
            ]
        )
        monthly = np.ascontiguousarray(one.monthly[:, :, index])
        weather_of_year(one.key[index], place, monthly, corner, weight, shared, sun, season, months, day, found, first)

    def departures(self, index: np.ndarray, year: int) -> list[np.ndarray]:
        """Departures of cells, by position, from the climate as a year begins and as it ends, each (n,) [K]."""
        one = self._settings
        corner, weight, lattice = corners(one.longitude[index], one.latitude[index], _YEAR_NODE)
        found = []
        for now in (year, year + 1):
            warm = blend(normal(keys(self.seed, _YEARS_SHARED, lattice), now), corner, weight)
            episode = _COOLING * math.exp(-(((now - _COOL_YEAR) / _COOL_WIDTH) ** 2))
            trend = self.trend * (now - self.reference_year)
            found.append(trend - episode * one.north_west[index] + _YEAR_NOISE * warm)
        return found

    @cached_property
    def _settings(self) -> _Settings:
        return _Settings(self.climate, self.seed)

    def identity(self) -> dict[str, object]:
        """As :meth:`lsmcal.inputs.gridded.protocol.RegionalForcing.identity`; the climate counts by its bytes."""
        names = ("cell", "longitude", "latitude", "elevation", "temperature", "precipitation")
        return {
            "generator": _VERSION,
            "seed": self.seed,
            "trend": self.trend,
            "reference_year": self.reference_year,
            "years": list(self.years),
            "climate": digest_of_parts(getattr(self.climate, name) for name in names)[:SHORT],
        }


class _Settings:
    """What the weather of cells follows from, computed once."""

    def __init__(self, climate: MonthlyClimate, seed: int):
        self.longitude, self.latitude, self.elevation = (
            np.asarray(getattr(climate, name), np.float64) for name in ("longitude", "latitude", "elevation")
        )
        rain = np.maximum(np.asarray(climate.precipitation, np.float64).T, 0.05)
        self.moisture = np.minimum(sum(rain) / 600.0, 1.0)
        daily = rain / _MONTH_DAYS[:, None]
        share = np.minimum(daily / (_WET_DAY + _WET_DAY_RISE * rain), 0.85)
        knots = monthly_knots(np.asarray(climate.temperature, np.float64).T)
        self.monthly = np.stack([knots, _exceeded_by(share), daily / share])
        self.key = keys(seed, OWN_STREAM, place_number(self.longitude, self.latitude))
        self.north_west = _north_west(self.longitude, self.latitude)


def _exceeded_by(share: np.ndarray) -> np.ndarray:
    """Standard normal deviate that is exceeded with the given probability."""
    from scipy.special import ndtri

    return -ndtri(share)


def _north_west(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """1 in the north-west of the plateau, 0 in the south-east, smooth between."""
    x = np.clip(0.5 + (latitude - 33.5) / 6.0 - (longitude - 88.0) / 12.0, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def monthly_knots(means: np.ndarray) -> np.ndarray:
    """Values on the 15th whose linear interpolation has the given monthly means in a year of 365 days.

    Parameters
    ----------
    means : (12, ...) array

    Returns
    -------
    array of the same shape
    """
    days = np.arange(np.datetime64("2001-01-01"), np.datetime64("2002-01-01"))
    before, after, weight = calendars.month_weights(days)
    month = calendars.split(days)[1] - 1
    parts = np.zeros((12, 12))
    np.add.at(parts, (month, before), (1.0 - weight) / _MONTH_DAYS.round()[month])
    np.add.at(parts, (month, after), weight / _MONTH_DAYS.round()[month])
    knots = means.copy()
    for _ in range(40):  # the rest shrinks to a half or less each time; elementwise, so the same for any cell alone
        for_month = [sum(parts[m, k] * knots[k] for k in ((m - 1) % 12, m, (m + 1) % 12)) for m in range(12)]
        knots = knots + (means - np.stack(for_month))
    return knots


@lru_cache(maxsize=8)
def _axis(first: int, last: int) -> np.ndarray:
    begin, end = np.datetime64(f"{first:04d}", "s"), np.datetime64(f"{last + 1:04d}", "s")
    time: np.ndarray = np.arange(begin, end, np.timedelta64(round(STEP), "s"))
    time.flags.writeable = False
    return time


def _begin_of(first: int, year: int) -> int:
    """Step at which a year begins on an axis that begins with year ``first``."""
    return int((np.datetime64(f"{year:04d}", "D") - np.datetime64(f"{first:04d}", "D")).astype(int)) * STEPS


@lru_cache(maxsize=64)
def days_of_year(year: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Days from :data:`BEFORE` before a year to one after it.

    Returns
    -------
    sun : (days, 3) array
        Declination, equation of time, squared nearness, at noon on the plateau.
    season : (days, 3) array
        -1 in mid-January to 1 in July, part of the year gone, weight of the later month.
    months : (days, 3) array of int64
        The earlier and the later month of the interpolation, and that of the day.
    day : (days,) array of uint64
        Number.
    """
    begin = np.datetime64(f"{year:04d}", "D")
    days = np.arange(begin - BEFORE, np.datetime64(f"{year + 1:04d}", "D") + 1)
    sun = np.stack(solar.sun(days.astype("datetime64[s]") + np.timedelta64(6, "h")), axis=1)
    before, after, weight = calendars.month_weights(days)
    months = np.stack([before, after, calendars.split(days)[1] - 1], axis=1).astype(np.int64)
    gone = ((days - begin).astype(np.float64) + 0.5) / (days.size - BEFORE - 1)
    season = np.stack([-np.cos(2.0 * np.pi * (gone - 14.5 / 365.0)), gone, weight], axis=1)
    return sun, season, months, (days.astype(np.int64) + 100000).astype(np.uint64)

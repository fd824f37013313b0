"""Kernels of the generated weather; its properties are described in :mod:`lsmcal.inputs.synthetic.plateau_weather`.

Everything that is compiled together stands in this file (numba does not notice a change of a callee elsewhere; the
folder of compiled kernels follows the model's own files). Inner loops run over the cells of a block and take the same
instructions for each, so that a cell's bits do not depend on its neighbours.
"""

from __future__ import annotations

import math

import numpy as np

from lsmcal.noah.runtime.jit import LANES, formula, kernel
from lsmcal.noah.runtime.vecmath import atan, exp, log, power

STEP, STEPS = 10800.0, 8
#: Days before a year from which memory begins: 0.72**40 is 2e-6.
BEFORE = 40
#: Correlation from day to day of temperature, wetness and wind.
MEMORY = np.array([0.72, 0.45, 0.5])
RENEWAL = np.sqrt(1.0 - MEMORY**2)
#: Part of a deviate that neighbours share; the rest is the cell's own.
SHARED_PART = 0.8
OWN_PART = math.sqrt(1.0 - SHARED_PART**2)
#: Day-to-day temperature [K], how much wet days cool in summer and warm in winter [K], logarithm of wind.
NOISE, WET_COOLING, _GUST = 2.4, 0.8, 0.35
#: Local hours of the greatest warmth and wind, and of most rain.
_WARMEST, _RAINIEST = 14.5, 18.0

# -- random numbers -----------------------------------------------------------------------------------------------
_GOLDEN, _MIX_A, _MIX_B = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_R30, _R27, _R31, _R16, _R32, _R48, _R33 = (np.uint64(n) for n in (30, 27, 31, 16, 32, 48, 33))
_LOW16, _ONE, _TWO, _THREE, _FOUR = (np.uint64(n) for n in (0xFFFF, 1, 2, 3, 4))


def mix(x):
    """Finalizer of SplitMix64 (Steele et al. 2014): 64 bits of which each depends on all those of ``x``."""
    x = (x ^ (x >> _R30)) * _MIX_A
    x = (x ^ (x >> _R27)) * _MIX_B
    return x ^ (x >> _R31)


_mix = formula(mix)


def random_bits(key, counter):
    """The ``counter``-th number of SplitMix64 begun at ``key``, both arrays of uint64."""
    return mix(key + counter * _GOLDEN)


@formula
def _random(key, counter):
    return _mix(key + counter * _GOLDEN)


def normal_deviate(x, kind=None):
    """Nearly normal deviate of 64 random bits, the sum of four uniform ones: mean 0, variance 1, within 3.47."""
    total = (x & _LOW16) + ((x >> _R16) & _LOW16) + ((x >> _R32) & _LOW16) + (x >> _R48)
    return (total.astype(np.float64) - 131070.0) * (1.7320508075688772 / 65536.0)


@formula
def _normal(x):
    total = (x & _LOW16) + ((x >> _R16) & _LOW16) + ((x >> _R32) & _LOW16) + (x >> _R48)
    return (np.float64(np.int32(total)) - 131070.0) * (1.7320508075688772 / 65536.0)


# -- days ---------------------------------------------------------------------------------------------------------
@kernel
def shared_weather(key, first_day, found):
    """Autocorrelated deviates of nodes, into ``found`` (3, days, nodes), from the day numbered ``first_day`` on."""
    _, days, nodes = found.shape
    for f in range(3):
        for n in range(nodes):
            found[f, 0, n] = 0.0
        for d in range(1, days):
            counter = (first_day + np.uint64(d)) * _FOUR + np.uint64(f)
            for n in range(nodes):
                fresh = _normal(_random(key[n], counter))
                found[f, d, n] = MEMORY[f] * found[f, d - 1, n] + RENEWAL[f] * fresh


#: Rows of the daily fields.
_MEAN, _SWING, _SUNSHINE, _OVERCAST, _VAPOUR, _PRESSURE, _WIND, _RAIN, _STORM = range(9)
_DAILY = 9


@kernel
def _advance(own, key, counter, begin, width, noise, corner, weight, shared, d):
    """Deviates of day ``d`` for the cells of a block into ``noise`` (3, LANES); ``own`` remembers their own part."""
    for f in range(3):
        for j in range(width):
            fresh = _normal(_random(key[begin + j], counter + np.uint64(f)))
            own[f, j] = MEMORY[f] * own[f, j] + RENEWAL[f] * fresh
        for j in range(width):
            c = begin + j
            near = weight[0, c] * shared[f, d, corner[0, c]] + weight[1, c] * shared[f, d, corner[1, c]]
            far = weight[2, c] * shared[f, d, corner[2, c]] + weight[3, c] * shared[f, d, corner[3, c]]
            noise[f, j] = SHARED_PART * (near + far) + OWN_PART * own[f, j]


@formula
def _saturation_pressure(temperature):
    """Over water [Pa]; Bolton 1980."""
    celsius = temperature - 273.15
    return 611.2 * exp(17.67 * celsius / (celsius + 243.5))


@kernel
def _day(today, key, counter, begin, width, noise, place, monthly, months, season):
    """Weather of a day for the cells of a block into ``today`` (_DAILY, LANES)."""
    early, late, month = months
    for j in range(width):
        c = begin + j
        moist = place[3, c]
        wetness = noise[1, j] - monthly[1, month, c]
        climate = (1.0 - season[2]) * monthly[0, early, c] + season[2] * monthly[0, late, c]
        slow = place[4, c] + (place[5, c] - place[4, c]) * season[1]
        weather = NOISE * (1.0 - 0.4 * season[0]) * noise[0, j] - WET_COOLING * season[0] * noise[1, j]
        mean = climate + slow + weather
        gloom = 1.0 / (1.0 + exp(-1.6 * wetness))
        cloud = 0.12 + 0.83 * gloom
        humid = min(0.28 + 0.12 * moist + 0.48 * gloom, 0.97)
        chance = np.float64(np.int32(_random(key[c], counter + _THREE) >> _R33)) + 0.5
        amount = -log(chance / 2147483648.0) * monthly[2, month, c]
        today[_MEAN, j] = mean
        today[_SWING, j] = (8.5 - 2.0 * moist) * (1.0 - 0.6 * cloud)
        today[_SUNSHINE, j] = 1.0 - 0.75 * power(cloud, 3.4)
        today[_OVERCAST, j] = cloud * cloud * cloud * cloud
        today[_VAPOUR, j] = humid * _saturation_pressure(mean)
        today[_PRESSURE, j] = 101325.0 * exp(-9.80665 / 287.04 * place[2, c] / (mean + 0.00325 * place[2, c]))
        today[_WIND, j] = (4.6 - 1.2 * moist) * (1.0 - 0.2 * season[0]) * exp(_GUST * noise[2, j] - 0.5 * _GUST * _GUST)
        today[_RAIN, j] = amount if wetness > 0.0 else 0.0


@kernel
def _storms(today, key, counter, begin, width, place):
    """Step of the day with most rain, about the evening."""
    for j in range(width):
        c = begin + j
        spread = np.float64(np.int32(_random(key[c], counter + _THREE) & _THREE)) - 1.5
        at = (_RAINIEST - place[0, c] / 15.0 + 48.0) / 3.0 - 0.5 + spread
        at = math.floor(at + 0.5)
        today[_STORM, j] = at - STEPS * math.floor(at / STEPS)


# -- steps --------------------------------------------------------------------------------------------------------
@kernel
def _edges(edge, begin, width, place):
    """Hour angle of midnight UTC and its sine and cosine, and the diurnal wave of each step, into ``edge``."""
    for j in range(width):
        turn = place[0, begin + j] / 360.0
        angle = 2.0 * math.pi * (turn - math.floor(turn)) - math.pi
        edge[0, j] = angle
        for s in range(STEPS + 1):
            edge[1 + s, j] = math.sin(angle + s * math.pi / 4.0)
            edge[1 + STEPS + 1 + s, j] = math.cos(angle + s * math.pi / 4.0)
        for s in range(STEPS):
            hour = 3.0 * s + 1.5 + place[0, begin + j] / 15.0
            edge[19 + s, j] = math.cos(2.0 * math.pi * (hour - _WARMEST) / 24.0)
        edge[27, j] = math.sin(place[1, begin + j] * math.pi / 180.0)
        edge[28, j] = math.cos(place[1, begin + j] * math.pi / 180.0)
        edge[29, j] = 0.75 + 2e-5 * place[2, begin + j]


@kernel
def _sunrise(ray, edge, width, declination):
    """Steady and swinging part of the sun's height, half the day's length and its sine, into ``ray`` (5, LANES)."""
    sine, cosine = math.sin(declination), math.cos(declination)
    for j in range(width):
        steady, swing = edge[27, j] * sine, edge[28, j] * cosine
        at = min(max(-steady / swing, -0.999999), 0.999999)
        ray[0, j], ray[1, j] = steady, swing
        ray[2, j] = 2.0 * atan(math.sqrt((1.0 - at) / (1.0 + at)))
        ray[3, j] = math.sqrt(1.0 - at * at)


@formula
def _light_until(angle, sine, steady, swing, half, sine_half):
    """Integral of the sun's height above the horizon from the night before to an hour angle within (-pi, 3 pi)."""
    now = min(max(angle, -half), half)
    reached = sine_half if angle > half else (-sine_half if angle < -half else sine)
    light = steady * (now + half) + swing * (reached + sine_half)
    angle = angle - 2.0 * math.pi
    now = min(max(angle, -half), half)
    reached = sine_half if angle > half else (-sine_half if angle < -half else sine)
    return light + steady * (now + half) + swing * (reached + sine_half)


@kernel
def _sunlight(light, edge, ray, width, equation):
    """Integral of the sun's height over the hour angle of each step, into ``light`` (STEPS, LANES)."""
    sine, cosine = math.sin(equation), math.cos(equation)
    for s in range(STEPS + 1):
        for j in range(width):
            angle = edge[0, j] + s * (math.pi / 4.0) + equation
            high = edge[1 + s, j] * cosine + edge[10 + s, j] * sine
            light[s, j] = _light_until(angle, high, ray[0, j], ray[1, j], ray[2, j], ray[3, j])
    for s in range(STEPS):
        for j in range(width):
            light[s, j] = max(light[s + 1, j] - light[s, j], 0.0)


@kernel
def _step(row, begin, width, s, today, other, share, edge, light, full):
    """A step for the cells of a block into ``row`` (8, cells); ``other`` is the day on whose side it lies."""
    for j in range(width):
        wave = edge[19 + s, j]
        mean = today[_MEAN, j] + (other[_MEAN, j] - today[_MEAN, j]) * share
        air = mean + today[_SWING, j] * wave
        moist = min(today[_VAPOUR, j], _saturation_pressure(air))
        clear = 0.23 + 0.484 * math.sqrt(math.sqrt(math.sqrt(moist / air)))
        dark = today[_OVERCAST, j]
        away = abs(today[_STORM, j] - s)
        part = 0.5 if away == 0.0 else (0.25 if away == 1.0 or away == 7.0 else 0.0)
        row[0, begin + j] = air
        row[1, begin + j] = 0.622 * moist / (today[_PRESSURE, j] - 0.378 * moist)
        row[2, begin + j] = today[_PRESSURE, j]
        row[3, begin + j] = full * edge[29, j] * today[_SUNSHINE, j] * light[s, j]
        row[4, begin + j] = (clear * (1.0 - dark) + 0.952 * dark) * 5.67e-8 * (air * air) * (air * air)
        row[5, begin + j] = today[_RAIN, j] * part / STEP
        row[6, begin + j] = today[_WIND, j] * (1.0 + 0.35 * wave)
        row[7, begin + j] = -1.0


@kernel
def _steps_of_day(found, at, first, begin, width, before, today, after, edge, ray, light, sun):
    """Steps of a day, the first of which has number ``at`` in the year, as far as ``found`` holds them."""
    _sunrise(ray, edge, width, sun[0])
    _sunlight(light, edge, ray, width, sun[1])
    full = 1361.0 * sun[2] / (math.pi / 4.0)
    for s in range(STEPS):
        if first <= at + s < first + found.shape[0]:
            hour = 3.0 * s + 1.5
            other = before if hour < 12.0 else after
            share = abs(hour - 12.0) / 24.0
            _step(found[at + s - first], begin, width, s, today, other, share, edge, light, full)


@kernel
def weather_of_year(key, place, monthly, corner, weight, shared, sun, season, months, day, found, first):
    """Steps of a year from number ``first`` on, as many as ``found`` has rows.

    Parameters
    ----------
    key : (n,) array of uint64
    place : (6, n) array
        Longitude, latitude [degrees], elevation [m], moisture of the climate (0-1), departure of the temperature at the
        beginning of the year and of the next [K].
    monthly : (3, 12, n) array
        Temperature on the 15th [K], wetness above which it rains, mean amount of a day of rain [mm].
    corner, weight : (4, n) arrays
        Nodes around the cells, and their weights.
    shared : (3, days, nodes) array
        Of :func:`shared_weather`.
    sun, season, months, day : arrays
        Of the days from :data:`BEFORE` before the year to one after it.
    found : (steps, 8, n) float32 array
    first : int
    """
    last_day = (first + found.shape[0] - 1) // STEPS
    own, noise, edge = np.empty((3, LANES)), np.empty((3, LANES)), np.empty((30, LANES))
    ray, light = np.empty((4, LANES)), np.empty((STEPS + 1, LANES))
    daily = np.empty((3, _DAILY, LANES))
    for begin in range(0, key.size, LANES):
        width = min(LANES, key.size - begin)
        own[:] = 0.0
        _edges(edge, begin, width, place)
        # day d needs the means of its neighbours: it is filled when that of d + 1 is known
        for d in range(1, BEFORE + last_day + 2):
            counter = day[d] * _FOUR
            _advance(own, key, counter, begin, width, noise, corner, weight, shared, d)
            number = d - BEFORE
            if number < -1 or number < first // STEPS - 1:
                continue
            today = daily[d % 3]
            _day(today, key, counter, begin, width, noise, place, monthly, months[d], season[d])
            _storms(today, key, counter, begin, width, place)
            if number > first // STEPS:
                _steps_of_day(
                    found,
                    (number - 1) * STEPS,
                    first,
                    begin,
                    width,
                    daily[(d - 2) % 3],
                    daily[(d - 1) % 3],
                    today,
                    edge,
                    ray,
                    light,
                    sun[d - 1],
                )

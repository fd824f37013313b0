"""Where the sun stands, and what arrives at the top of the atmosphere.

Low-precision formulas of the Astronomical Almanac as given by Michalsky (1988, Solar Energy
40:227), good to 0.01 degree from 1950 to 2050; interval means by exact integration over the hour angle.
"""

from __future__ import annotations

import numpy as np

#: Total solar irradiance, W m-2 (Kopp and Lean 2011).
SOLAR_CONSTANT = 1361.0
_TURN = 2.0 * np.pi
_J2000 = np.datetime64("2000-01-01T12:00:00")


def sun(time: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Declination (rad), equation of time (rad of hour angle) and (mean distance / distance)^2.

    Parameters
    ----------
    time : (n,) datetime64
        UTC.
    """
    days = (np.asarray(time, dtype="datetime64[s]") - _J2000) / np.timedelta64(1, "D")
    mean_longitude = np.deg2rad(280.460 + 0.9856474 * days)
    anomaly = np.deg2rad(357.528 + 0.9856003 * days)
    ecliptic = mean_longitude + np.deg2rad(1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    obliquity = np.deg2rad(23.439 - 4e-7 * days)
    declination = np.arcsin(np.sin(obliquity) * np.sin(ecliptic))
    ascension = np.arctan2(np.cos(obliquity) * np.sin(ecliptic), np.cos(ecliptic))
    equation = (mean_longitude - ascension + np.pi) % _TURN - np.pi
    distance = 1.00014 - 0.01671 * np.cos(anomaly) - 0.00014 * np.cos(2 * anomaly)
    return declination, equation, distance**-2


def hour_angle(time: np.ndarray, longitude: float, equation: np.ndarray | float = 0.0) -> np.ndarray:
    """Hour angle in [-pi, pi), 0 at local noon, of the mean sun if ``equation`` is 0; degrees east."""
    second = np.asarray(time, dtype="datetime64[s]").astype(np.int64) % 86400
    return (_TURN * (second / 86400.0 + longitude / 360.0) + equation) % _TURN - np.pi


def solar_hour(time: np.ndarray, longitude: float) -> np.ndarray:
    """Local mean solar time, hours in [0, 24)."""
    return (hour_angle(time, longitude) / _TURN * 24.0 + 12.0) % 24.0


def mean_cosine(time: np.ndarray, step: float, latitude: float, longitude: float) -> np.ndarray:
    """Mean over each interval of the cosine of the zenith angle, the sun below the horizon counting 0.

    ``cos z = sin(lat) sin(dec) + cos(lat) cos(dec) cos(h)`` integrated from ``time`` to ``time + step``
    at the declination of the interval's middle.

    Parameters
    ----------
    time : (n,) datetime64
        Starts of the intervals, UTC.
    step : float
        Length, s; at most one day.
    latitude, longitude : float
        Degrees north and east.

    Returns
    -------
    (n,) array
    """
    time = np.asarray(time, dtype="datetime64[s]")
    declination, equation, _ = sun(time + np.timedelta64(round(step / 2), "s"))
    phi = np.deg2rad(latitude)
    steady = np.sin(phi) * np.sin(declination)
    swing = np.cos(phi) * np.cos(declination)
    sunset = np.arccos(np.clip(-steady / np.maximum(swing, 1e-12), -1.0, 1.0))
    begin = hour_angle(time, longitude, equation)
    width = _TURN * step / 86400.0
    total = np.zeros(time.shape)
    for noon in (0.0, _TURN):
        low = np.maximum(begin, noon - sunset)
        high = np.maximum(np.minimum(begin + width, noon + sunset), low)
        total += steady * (high - low) + swing * (np.sin(high) - np.sin(low))
    return np.maximum(total, 0.0) / width


def top_of_atmosphere(time: np.ndarray, step: float, latitude: float, longitude: float) -> np.ndarray:
    """Mean irradiance on a horizontal plane above the atmosphere over each interval, W m-2."""
    middle = np.asarray(time, dtype="datetime64[s]") + np.timedelta64(round(step / 2), "s")
    return SOLAR_CONSTANT * sun(middle)[2] * mean_cosine(time, step, latitude, longitude)


def clear_sky(time: np.ndarray, step: float, latitude: float, longitude: float, elevation: float) -> np.ndarray:
    """Cloudless shortwave at the ground, W m-2: ``(0.75 + 2e-5 z)`` of the top of the atmosphere.

    FAO Irrigation and Drainage Paper 56 (Allen et al. 1998), eq. 37; ``elevation`` in m.
    """
    return (0.75 + 2e-5 * elevation) * top_of_atmosphere(time, step, latitude, longitude)

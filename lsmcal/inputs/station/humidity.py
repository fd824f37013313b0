"""Humidity in its several forms (Bolton 1980, Mon. Wea. Rev. 108:1046, eq. 10)."""

from __future__ import annotations

import numpy as np

_EPSILON = 0.622


def saturation_vapour_pressure(temperature: np.ndarray) -> np.ndarray:
    """Saturation over water, Pa: ``611.2 exp(17.67 t / (t + 243.5))``, t in degC; temperature in K."""
    celsius = np.asarray(temperature, dtype=np.float64) - 273.15
    return 611.2 * np.exp(17.67 * celsius / (celsius + 243.5))


def specific_from_vapour(vapour_pressure: np.ndarray, pressure: np.ndarray) -> np.ndarray:
    """Specific humidity ``q = 0.622 e / (p - 0.378 e)``, kg kg-1; both pressures in Pa."""
    return _EPSILON * vapour_pressure / (pressure - (1.0 - _EPSILON) * vapour_pressure)


def vapour_from_specific(specific_humidity: np.ndarray, pressure: np.ndarray) -> np.ndarray:
    """Vapour pressure ``e = q p / (0.622 + 0.378 q)``, Pa."""
    return specific_humidity * pressure / (_EPSILON + (1.0 - _EPSILON) * specific_humidity)


def specific_from_relative(relative_humidity: np.ndarray, temperature: np.ndarray, pressure: np.ndarray) -> np.ndarray:
    """Specific humidity, kg kg-1, of relative humidity (0-1) over water, K and Pa."""
    return specific_from_vapour(relative_humidity * saturation_vapour_pressure(temperature), pressure)


def relative_from_specific(specific_humidity: np.ndarray, temperature: np.ndarray, pressure: np.ndarray) -> np.ndarray:
    """Relative humidity over water (0-1); the inverse of :func:`specific_from_relative`."""
    return vapour_from_specific(specific_humidity, pressure) / saturation_vapour_pressure(temperature)

"""Named formulas for what a station did not measure: downward longwave and air pressure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lsmcal.core import calendars

STEFAN_BOLTZMANN = 5.67e-8
_GRAVITY = 9.80665
_GAS_CONSTANT = 287.04
_LAPSE = 0.0065
#: Below this daily mean of clear-sky shortwave (W m-2) cloud is not inferred but interpolated in time.
_DARK = 10.0


def brutsaert1975(temperature: np.ndarray, vapour_pressure: np.ndarray) -> np.ndarray:
    """Clear-sky longwave ``1.24 (e/T)^(1/7) sigma T^4``, W m-2; e in hPa inside.

    Brutsaert (1975), Water Resour. Res. 11:742.

    Parameters
    ----------
    temperature : (n,) array
        Air temperature, K.
    vapour_pressure : (n,) array
        Pa.
    """
    emissivity = 1.24 * (vapour_pressure / 100.0 / temperature) ** (1.0 / 7.0)
    return emissivity * STEFAN_BOLTZMANN * temperature**4


def dilley_obrien1998(temperature: np.ndarray, vapour_pressure: np.ndarray) -> np.ndarray:
    """Clear-sky longwave ``59.38 + 113.7 (T/273.16)^6 + 96.96 sqrt(w/25)``, W m-2, w = 4.65 e/T kg m-2.

    Dilley and O'Brien (1998), Q. J. R. Meteorol. Soc. 124:1391, with the precipitable water of Prata (1996).
    Arguments as in :func:`brutsaert1975`.
    """
    water = 4.65 * vapour_pressure / temperature
    return 59.38 + 113.7 * (temperature / 273.16) ** 6 + 96.96 * np.sqrt(water / 25.0)


def konzelmann1994(temperature: np.ndarray, vapour_pressure: np.ndarray) -> np.ndarray:
    """Clear-sky longwave ``(0.23 + 0.484 (e/T)^(1/8)) sigma T^4``, W m-2; e in Pa.

    Konzelmann et al. (1994), Global Planet. Change 9:143. Arguments as in :func:`brutsaert1975`.
    """
    emissivity = 0.23 + 0.484 * (vapour_pressure / temperature) ** 0.125
    return emissivity * STEFAN_BOLTZMANN * temperature**4


def crawford_duchon_cloud(clear: np.ndarray, temperature: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """All-sky longwave with the cloud factor c = 1 - S/S_clear: ``c sigma T^4 + (1 - c) L_clear``.

    Crawford and Duchon (1999), J. Appl. Meteorol. 38:474.
    """
    return (1.0 - ratio) * STEFAN_BOLTZMANN * temperature**4 + ratio * clear


def konzelmann_cloud(clear: np.ndarray, temperature: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """All-sky longwave ``L_clear (1 - n^4) + 0.952 n^4 sigma T^4`` (Konzelmann et al. 1994)."""
    overcast = cloud_fraction(ratio) ** 4
    return clear * (1.0 - overcast) + 0.952 * overcast * STEFAN_BOLTZMANN * temperature**4


def cloud_fraction(ratio: np.ndarray) -> np.ndarray:
    """Cloud fraction n of the shortwave ratio by ``S/S_clear = 1 - 0.75 n^3.4``.

    Kasten and Czeplak (1980), Solar Energy 24:177.
    """
    return np.clip((1.0 - ratio) / 0.75, 0.0, 1.0) ** (1.0 / 3.4)


_Clear = Callable[[np.ndarray, np.ndarray], np.ndarray]
_Cloud = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
#: Name to clear-sky formula and cloud correction.
LONGWAVE: dict[str, tuple[_Clear, _Cloud]] = {
    "brutsaert1975": (brutsaert1975, crawford_duchon_cloud),
    "dilley-obrien1998": (dilley_obrien1998, crawford_duchon_cloud),
    "konzelmann1994": (konzelmann1994, konzelmann_cloud),
}
#: Names of the pressure formulas.
PRESSURE = ("barometric",)


def longwave(name: str, temperature: np.ndarray, vapour_pressure: np.ndarray, sunshine: np.ndarray) -> np.ndarray:
    """Downward longwave under all skies, W m-2.

    Parameters
    ----------
    name : str
        One of ``LONGWAVE``.
    temperature, vapour_pressure : (n,) array
        Near the ground, K and Pa.
    sunshine : (n,) array
        Ratio of shortwave to clear-sky shortwave, 0-1 (:func:`sunshine_ratio`).
    """
    clear_formula, cloud_formula = LONGWAVE[name]
    clear = clear_formula(temperature, vapour_pressure)
    return cloud_formula(clear, temperature, sunshine)


def sunshine_ratio(
    time: np.ndarray,
    shortwave: np.ndarray,
    clear: np.ndarray,
    time_zone_hours: float,
    calendar: str = "standard",
) -> np.ndarray:
    """Daily mean shortwave over daily mean clear-sky shortwave, 0-1, the same for all steps of a local day.

    Days with hardly any sun take the ratio interpolated between their neighbours (0.5 if there are none).

    Parameters
    ----------
    time : (n,) datetime64[s]
        Starts, UTC.
    shortwave, clear : (n,) array
        Measured and cloudless, W m-2.
    time_zone_hours : float
        Clock whose midnight divides the days.
    """
    days, index = np.unique(calendars.local_days(time, time_zone_hours, calendar), return_inverse=True)
    count = np.bincount(index)
    measured, cloudless = (np.bincount(index, weights=values) / count for values in (shortwave, clear))
    bright = cloudless > _DARK
    if not bright.any():
        return np.full(time.shape, 0.5)
    number = days.astype(np.int64).astype(np.float64)
    ratio = np.clip(measured[bright] / cloudless[bright], 0.0, 1.0)
    return np.interp(number, number[bright], ratio)[index]


def barometric(elevation: float, temperature: float) -> float:
    """Pressure of the standard sea level carried up to the site, Pa.

    ``p = 101325 (T / (T + 0.0065 z))^(g / (0.0065 R))`` with T the site's mean temperature (K): hydrostatic
    balance in an atmosphere of constant lapse rate.
    """
    return 101325.0 * (temperature / (temperature + _LAPSE * elevation)) ** (_GRAVITY / (_LAPSE * _GAS_CONSTANT))

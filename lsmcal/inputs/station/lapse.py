"""Weather carried from the elevation of a forcing point to that of a cell.

After Cosgrove et al. (2003, J. Geophys. Res. 108, D22, 8842, section 2.3): temperature by a constant lapse rate,
pressure by hydrostatic balance, humidity at constant relative humidity, longwave by the ratio of clear-sky emission
(here that of Brutsaert 1975). Shortwave, precipitation and wind stay as they are.
"""

from __future__ import annotations

import numpy as np

from lsmcal.inputs.station import estimate, humidity

_GRAVITY = 9.80665
_GAS_CONSTANT = 287.04


def carry(values: dict[str, np.ndarray], height: np.ndarray, rate: float) -> dict[str, np.ndarray]:
    """The four variables that depend on height, ``height`` metres further up.

    With z the difference in height and G the lapse rate,

        T' = T - G z
        p' = p (T'/T)^(g/(G R)), or p exp(-g z/(R T)) if G = 0
        e' = e e_s(T')/e_s(T) (relative humidity over water is kept)
        L' = L Lc(T', e')/Lc(T, e), Lc: Brutsaert's clear-sky longwave

    Parameters
    ----------
    values : dict of str to (steps, n) array
        With air_temperature [K], air_pressure [Pa], specific_humidity [kg kg-1] and longwave [W m-2].
    height : (n,) array
        Elevation of each cell above its forcing point [m].
    rate : float
        Decrease of temperature with height [K m-1].

    Returns
    -------
    dict of str to (steps, n) array
        The four; columns with ``height`` 0 keep their bits.
    """
    temperature, pressure = values["air_temperature"], values["air_pressure"]
    moved = temperature - rate * height
    if rate == 0.0:
        thinner = pressure * np.exp(-_GRAVITY * height / (_GAS_CONSTANT * temperature))
    else:
        thinner = pressure * (moved / temperature) ** (_GRAVITY / (rate * _GAS_CONSTANT))
    vapour = humidity.vapour_from_specific(values["specific_humidity"], pressure)
    saturation = humidity.saturation_vapour_pressure(temperature)
    drier = vapour * (humidity.saturation_vapour_pressure(moved) / saturation)
    emission = estimate.brutsaert1975(moved, drier) / estimate.brutsaert1975(temperature, vapour)
    carried = {
        "air_temperature": moved,
        "air_pressure": thinner,
        "specific_humidity": humidity.specific_from_vapour(drier, thinner),
        "longwave": values["longwave"] * emission,
    }
    level = height == 0.0
    for name, column in carried.items():
        column[:, level] = values[name][:, level]
    return carried

"""Exchange coefficients between surface and air after Yang et al. 2008, for bare and sparsely covered ground.

Sources: Yang et al. 2002 (QJRMS 128, 2073) and 2008 (JAMC 47, 276); Yang, Tamai and Koike 2001 (JAM 40, 1647) for the
solution; Hogstrom 1996 for the profiles. What follows from one another stands in loops of its own: in one loop the
processor would wait for one function after another.
"""

from __future__ import annotations

import math

from lsmcal.noah.physics.atmosphere import fourth_root, virtual_factor
from lsmcal.noah.physics.constants import KARMAN
from lsmcal.noah.runtime import vecmath
from lsmcal.noah.runtime.jit import LANES, formula, kernel

_GAMMA_M, _GAMMA_H, _BETA_M, _BETA_H, _PRANDTL_UNSTABLE = 19.0, 11.6, 5.3, 8.0, 0.95
_YANG_PASSES = 3


@formula
def yang_thermal_roughness(viscosity, friction, temperature_scale, height):
    """Roughness length for heat [m] of bare ground, in [1e-10 m, height / 10]. Yang et al. 2008, eq. 5."""
    decay = 7.2 * math.sqrt(friction) * fourth_root(abs(temperature_scale))
    return min(0.1 * height, max(1e-10, 70.0 * viscosity / friction * vecmath.exp(-decay)))


@formula
def _unstable_length(d, log_d, log_m, log_log_m, log_h, depth_m, depth_h):
    """Reciprocal Obukhov length [m-1] in unstable air, d = Ri / Pr. Yang, Tamai and Koike 2001 (JAM 40, 1647)."""
    a, b, c = log_d, log_log_m, vecmath.log(log_h)
    p = 0.03728 - 0.093143 * a - 0.24069 * b + 0.30616 * c + 0.017131 * a * a + 0.037666 * a * b
    p = p - 0.084598 * b * b - 0.016498 * a * c + 0.1828 * b * c - 0.12587 * c * c
    weight = d * (_GAMMA_M * _GAMMA_M) / 8.0 / _GAMMA_H * depth_m / depth_h
    return d * (log_m * log_m / log_h) / depth_m / (1.0 - weight * max(p, 0.0))


@formula
def _stable_length(richardson, log_m, log_h, depth_m, depth_h):
    """Reciprocal Obukhov length [m-1] in stable air; the released form hides a missing real root."""
    a = richardson * (_BETA_M * _BETA_M) * depth_m - _BETA_H * depth_h
    b = 2.0 * richardson * _BETA_M * log_m - log_h
    c = richardson * log_m * log_m / depth_m
    return (-b - math.sqrt(abs(b * b - 4.0 * a * c))) / (2.0 * a)


@formula
def _stable_limit(thermal, rough, height_m, height_h, capped):
    """Largest Richardson number the stable solution is asked for; capped, it always has a real root."""
    released = min(0.2, _BETA_H * (1.0 - thermal / height_h) / (_BETA_M * _BETA_M) / (1.0 - rough / height_m) - 0.05)
    asymptote = _BETA_H * (height_h - thermal) / (_BETA_M * _BETA_M * (height_m - rough))
    return min(released, 0.95 * asymptote) if capped else released


@formula
def _floored(inverse):
    """Reciprocal Obukhov length, not below 1e-6 in magnitude unless zero."""
    return inverse if inverse == 0.0 else math.copysign(max(abs(inverse), 1e-6), inverse)


@formula
def _unstable_momentum(inverse, log_m, rough, height):
    """Profile term of momentum in unstable air, Hogstrom 1996, within its limit."""
    x2, x1 = fourth_root(1.0 - _GAMMA_M * height * inverse), fourth_root(1.0 - _GAMMA_M * rough * inverse)
    log_x, log_squares = vecmath.log_pair((1.0 + x2) / (1.0 + x1), (1.0 + x2 * x2) / (1.0 + x1 * x1))
    psi = 2.0 * log_x + log_squares - 2.0 * vecmath.atan(x2) + 2.0 * vecmath.atan(x1)
    return max(log_m - psi, 0.5 * log_m)


@formula
def _unstable_heat(inverse, log_h, limiting_log, thermal, height):
    """Profile term of heat with the Prandtl number in unstable air, Hogstrom 1996, within its limit."""
    y2, y1 = math.sqrt(1.0 - _GAMMA_H * height * inverse), math.sqrt(1.0 - _GAMMA_H * thermal * inverse)
    psi = 2.0 * vecmath.log((1.0 + y2) / (1.0 + y1))
    return max(log_h - psi, 0.33 * limiting_log) * _PRANDTL_UNSTABLE


@formula
def _stable_profile(inverse, logarithm, limiting_log, beta, depth):
    """Profile term in stable air, Hogstrom 1996, within its limit."""
    return min(logarithm + min(beta * depth * inverse, beta), 2.0 * limiting_log)


@kernel
def _start_yang2008(column):
    """Air at the surface, viscosity, Richardson number, and neutral first guesses."""
    for j in range(LANES):
        pressure, temperature, height = column.air_pressure[j], column.air_temperature[j], column.height_temperature[j]
        density = pressure / (287.0 * temperature * virtual_factor(column.specific_humidity[j]))
        lowered = pressure - density * 9.81 * height
        column.air_at_surface[j] = temperature * vecmath.power(pressure / lowered, 287.0 / 1004.0)
        column.momentum_trial[j] = column.exchange_momentum[j]
    for j in range(LANES):
        air = column.air_at_surface[j]
        column.viscosity[j] = 1.328e-5 * (1e5 / column.air_pressure[j]) * vecmath.power(air / 273.15, 1.754)
    for j in range(LANES):
        wind = max(column.wind_speed[j], 0.01)
        rough, height = column.roughness[j], column.height_wind[j]
        air = column.air_at_surface[j]
        difference = air - column.skin_temperature[j]
        log_m, log_t = vecmath.log_pair(height / rough, column.height_temperature[j] / rough)
        column.profile_m[j] = log_m
        column.virtual_difference[j] = difference
        column.bulk_richardson[j] = (9.8 / air) * difference * (height - rough) / (wind * wind)
        column.friction[j] = KARMAN * wind / log_m
        column.temperature_scale[j] = KARMAN * difference / log_t
    for j in range(LANES):
        # for unstable air, whose Richardson number the passes do not change
        d = min(max(column.bulk_richardson[j], -10.0), -1e-300) / _PRANDTL_UNSTABLE
        column.log_richardson[j], column.log_profile_m[j] = vecmath.log_pair(-d, column.profile_m[j])


@kernel
def _yang_roughness(column):
    """Thermal roughness and the logarithm of height over it."""
    for j in range(LANES):
        column.thermal_roughness[j] = yang_thermal_roughness(
            column.viscosity[j], column.friction[j], column.temperature_scale[j], column.height_temperature[j]
        )
    for j in range(LANES):
        column.profile_h[j] = vecmath.log(column.height_temperature[j] / column.thermal_roughness[j])


@kernel
def _yang_length(column, capped, own_limit):
    """Limited Richardson number and reciprocal Obukhov length; returns how many lanes take profiles of unstable air."""
    unstable = 0
    for j in range(LANES):
        unstable += int(column.bulk_richardson[j] < 0.0)
    for j in range(LANES):
        rough, thermal = column.roughness[j], column.thermal_roughness[j]
        height_m, height_h = column.height_wind[j], column.height_temperature[j]
        log_m, log_h = column.profile_m[j], column.profile_h[j]
        limit = _stable_limit(thermal, rough, height_m, height_h, capped)
        richardson, difference = column.bulk_richardson[j], column.virtual_difference[j]
        wind = max(column.wind_speed[j], 0.01)
        largest = limit * (wind * wind) * column.air_at_surface[j] / (9.8 * (height_m - rough))
        column.difference_felt[j] = min(difference, largest) if capped and own_limit else difference
        richardson = max(richardson, -10.0) if richardson < 0.0 else min(richardson, limit)
        stable = _stable_length(max(richardson, 0.0), log_m, log_h, height_m - rough, height_h - thermal)
        column.richardson_trial[j] = richardson
        column.obukhov[j] = _floored(stable)
    if unstable > 0:
        for j in range(LANES):
            rough, thermal, richardson = column.roughness[j], column.thermal_roughness[j], column.richardson_trial[j]
            depth_m, depth_h = column.height_wind[j] - rough, column.height_temperature[j] - thermal
            d = min(richardson, -1e-300) / _PRANDTL_UNSTABLE
            length = _unstable_length(
                d,
                column.log_richardson[j],
                column.profile_m[j],
                column.log_profile_m[j],
                column.profile_h[j],
                depth_m,
                depth_h,
            )
            stable = column.obukhov[j]
            column.obukhov[j] = _floored(length) if richardson < 0.0 else stable
    unstable = 0
    for j in range(LANES):
        unstable += int(column.obukhov[j] <= 0.0)
    return unstable


@kernel
def _yang_profiles(column, own_limit, unstable):
    """Profile terms ``stability_m`` and ``stability_h``; those of unstable air only if some lane takes them."""
    for j in range(LANES):
        inverse, log_m, log_h = column.obukhov[j], column.profile_m[j], column.profile_h[j]
        limiting = log_h if own_limit else log_m
        depth_m = column.height_wind[j] - column.roughness[j]
        depth_h = column.height_temperature[j] - column.thermal_roughness[j]
        column.stability_m[j] = _stable_profile(inverse, log_m, log_m, _BETA_M, depth_m)
        column.stability_h[j] = _stable_profile(inverse, log_h, limiting, _BETA_H, depth_h)
    if unstable == 0:
        return
    for j in range(LANES):
        inverse, stable = column.obukhov[j], column.stability_m[j]
        free = _unstable_momentum(min(inverse, 0.0), column.profile_m[j], column.roughness[j], column.height_wind[j])
        column.stability_m[j] = free if inverse <= 0.0 else stable
    for j in range(LANES):
        inverse, stable, log_h = column.obukhov[j], column.stability_h[j], column.profile_h[j]
        limiting = log_h if own_limit else column.profile_m[j]
        free = _unstable_heat(
            min(inverse, 0.0), log_h, limiting, column.thermal_roughness[j], column.height_temperature[j]
        )
        column.stability_h[j] = free if inverse <= 0.0 else stable


@kernel
def yang2008(column, capped, own_limit):
    """Trial heat exchange by Yang et al. 2008; the momentum coefficient keeps its value.

    Parameters
    ----------
    column : record of COLUMN
    capped : bool
        Keep the Richardson number of stable air where the solution has a real root.
    own_limit : bool
        Limit the heat profile by its own logarithm, not by that of momentum; with ``capped`` also the temperature
        scale, so that the thermal roughness does not shrink on beyond the cap.
    """
    _start_yang2008(column)
    for _ in range(_YANG_PASSES):
        _yang_roughness(column)
        _yang_profiles(column, own_limit, _yang_length(column, capped, own_limit))
        for j in range(LANES):
            per_heat = KARMAN / column.stability_h[j]
            friction = KARMAN / column.stability_m[j] * max(column.wind_speed[j], 0.01)
            column.friction[j] = friction
            column.temperature_scale[j] = per_heat * column.difference_felt[j]
            column.exchange_trial[j] = max(friction * per_heat, 1e-3 / column.height_wind[j])

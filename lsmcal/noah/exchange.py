"""Exchange coefficients between surface and air: three schemes, chosen by column.

Each scheme fills ``exchange_trial``, ``momentum_trial`` and ``richardson_trial`` of every lane; the lanes that use it
take them over. Sources: Chen, Janjic and Mitchell 1997 (Boundary-Layer Meteorol. 85, 391); the Mellor-Yamada-Janjic
surface layer as in WRF 3.4; Yang et al. 2002 (QJRMS 128, 2073) and 2008 (JAMC 47, 276).
"""

from __future__ import annotations

import math

import numpy as np

from . import vecmath
from .atmosphere import (
    convective_velocity,
    fourth_root,
    friction_velocity,
    paulson_heat,
    paulson_momentum,
    virtual_factor,
    zilitinkevich_exponent,
)
from .constants import KARMAN
from .jit import LANES, formula, kernel

CHEN97, MELLOR_YAMADA_JANJIC, YANG2008 = 0, 1, 2
_ITERATIONS = 5

# --- Mellor-Yamada-Janjic: its stability functions are tabulated, linear between nodes --------------------------
_ZETA_MIN, _ZETA_MAX, _NODES = -5.0, 1.0, 10001
_ZETA_STEP = (_ZETA_MAX - _ZETA_MIN) / (_NODES - 1)
_ZETA_LIMIT = _ZETA_MAX - 1e-6


def stability_tables() -> np.ndarray:
    """Nodes of the momentum and heat functions (2, 10001) for zeta in [-5, 1].

    Unstable: Paulson 1970; stable: Holtslag and De Bruin 1988, the same for both.
    """
    zeta = _ZETA_MIN + _ZETA_STEP * np.arange(_NODES)
    x = np.sqrt(np.sqrt(1.0 - 16.0 * np.minimum(zeta, 0.0)))
    momentum = -2.0 * np.log((x + 1.0) / 2.0) - np.log((x * x + 1.0) / 2.0) + 2.0 * np.arctan(x) - 3.1415926 / 2.0
    heat = -2.0 * np.log((x * x + 1.0) / 2.0)
    stable = 0.7 * zeta + 0.75 * zeta * (6.0 - 0.35 * zeta) * np.exp(-0.35 * zeta)
    # no node lies at zero: the pair around it straddles the kink, which shows near neutral
    unstable = zeta < 0.0
    return np.stack([np.where(unstable, momentum, stable), np.where(unstable, heat, stable)])


STABILITY_TABLES = stability_tables()


@formula
def _tabulated(table, row, zeta):
    """Linear interpolation in a stability table."""
    place = (zeta - _ZETA_MIN) / _ZETA_STEP
    index = min(vecmath.to_index(place), _NODES - 2)
    return table[row, index] + (table[row, index + 1] - table[row, index]) * (place - index)


@formula
def _clamp(value, low, high):
    return min(max(value, low), high)


@kernel
def _start_mellor_yamada_janjic(column):
    """Differences, Richardson number and first friction velocity from the coefficients of the step before."""
    vapour = 461.6 / 287.0 - 1.0
    for j in range(LANES):
        to_potential = vecmath.power(1e5 / column.air_pressure[j], 2.0 / 7.0)
        air = column.air_temperature[j] * to_potential
        skin = column.skin_temperature[j] * to_potential
        humid, at_skin = column.specific_humidity[j], column.surface_humidity[j]
        difference = (air - skin) * ((humid + at_skin) * (0.5 * vapour) + 1.0)
        difference += (humid - at_skin) * (0.5 * (air + skin) * vapour)
        buoyancy = 9.81 / air
        wind_squared = max(column.wind_speed[j] * column.wind_speed[j], 1e-6)
        height = column.height_wind[j]
        richardson = buoyancy * difference * height * height / wind_squared / column.height_temperature[j]
        relative = min(richardson / 0.505, 1.0)
        steepening = 1.0 + 10.0 * relative * relative if difference > 0.0 else 1.0
        column.zilitinkevich[j] = zilitinkevich_exponent(column.czil[j], column.roughness[j]) * steepening
        column.buoyancy[j] = buoyancy
        column.virtual_difference[j] = difference
        column.wind_squared[j] = wind_squared
        column.richardson_trial[j] = richardson
        column.exchange_trial[j] = column.exchange_heat[j]
        column.momentum_trial[j] = column.exchange_momentum[j]
        convective = convective_velocity(buoyancy, column.exchange_heat[j], difference)
        column.friction[j] = friction_velocity(column.exchange_momentum[j], wind_squared, convective, 1e-9)


@kernel
def mellor_yamada_janjic(column, table):
    """Trial coefficients by the Mellor-Yamada-Janjic surface layer with CZIL.

    Parameters
    ----------
    column : record of COLUMN
    table : (2, 10001) array
        :data:`STABILITY_TABLES`.
    """
    _start_mellor_yamada_janjic(column)
    for _ in range(_ITERATIONS):
        for j in range(LANES):
            friction = column.friction[j]
            base = column.roughness_background[j]
            exponent = column.zilitinkevich[j] * math.sqrt(friction * base)
            thermal = max(vecmath.exp(exponent) * base, 1e-28)
            rough = column.roughness[j]
            height_u = column.height_wind[j] + rough
            height_t = column.height_temperature[j] + rough
            ratio_u, ratio_t = height_u / rough, height_t / thermal
            scaled = KARMAN * column.buoyancy[j] * column.exchange_trial[j] * column.virtual_difference[j]
            inverse = scaled / (friction * friction * friction)
            top_u = _clamp(height_u * inverse, _ZETA_MIN, _ZETA_LIMIT)
            top_t = _clamp(height_t * inverse, _ZETA_MIN, _ZETA_LIMIT)
            low_u = _clamp(rough * inverse, _ZETA_MIN / ratio_u, _ZETA_LIMIT / ratio_u)
            low_t = _clamp(thermal * inverse, _ZETA_MIN / ratio_t, _ZETA_LIMIT / ratio_t)
            profile_u = _tabulated(table, 0, top_u) - _tabulated(table, 0, low_u) + vecmath.log(ratio_u)
            profile_t = _tabulated(table, 1, top_t) - _tabulated(table, 1, low_t) + vecmath.log(ratio_t)
            least = 1e-4 / column.height_temperature[j]
            momentum = max(friction * KARMAN / profile_u, least)
            exchange = max(friction * KARMAN / profile_t, least)
            convective = convective_velocity(column.buoyancy[j], exchange, column.virtual_difference[j])
            convective = convective if column.virtual_difference[j] <= 0.0 else 0.0
            column.momentum_trial[j] = momentum
            column.exchange_trial[j] = exchange
            column.friction[j] = friction_velocity(momentum, column.wind_squared[j], convective, 1e-9)


# --- Chen et al. 1997 ------------------------------------------------------------------------------------------------
_CHEN_BUOYANCY = 9.8 / 270.0
_CHEN_FRICTION_MIN = 0.07
_CHEN_OLD, _CHEN_NEW = 0.15, 0.85


@kernel
def _start_chen97(column):
    """Virtual temperature difference and first guesses from the coefficients of the step before."""
    for j in range(LANES):
        factor = virtual_factor(column.specific_humidity[j])
        difference = column.potential_temperature[j] * factor - column.skin_temperature[j] * factor
        wind_squared = max(column.wind_speed[j] * column.wind_speed[j], 1e-4)
        exchange, momentum = column.exchange_heat[j], column.exchange_momentum[j]
        convective = convective_velocity(_CHEN_BUOYANCY, exchange, difference)
        friction = friction_velocity(momentum, wind_squared, convective, _CHEN_FRICTION_MIN)
        rough = column.roughness[j]
        column.zilitinkevich[j] = zilitinkevich_exponent(column.czil[j], rough)
        column.thermal_roughness[j] = vecmath.exp(column.zilitinkevich[j] * math.sqrt(friction * rough)) * rough
        column.virtual_difference[j] = difference
        column.wind_squared[j] = wind_squared
        column.convective[j] = convective
        column.exchange_trial[j] = exchange
        column.momentum_trial[j] = momentum
        column.obukhov[j] = KARMAN * _CHEN_BUOYANCY * exchange * difference / (friction * friction * friction)
        column.richardson_trial[j] = column.richardson[j]


@kernel
def _chen97_profiles(column):
    """Stability terms of momentum and heat, taken before the thermal roughness is renewed."""
    for j in range(LANES):
        rough, thermal = column.roughness[j], column.thermal_roughness[j]
        height_u = column.height_wind[j] + rough
        height_t = column.height_temperature[j] + thermal
        inverse = max(height_t * column.obukhov[j], -5.0) / height_t
        column.obukhov[j] = inverse
        unstable = inverse < 0.0
        sink = min(inverse, 0.0)
        top_u = fourth_root(1.0 - 16.0 * height_u * sink)
        low_u = fourth_root(1.0 - 16.0 * rough * sink)
        top_t = fourth_root(1.0 - 16.0 * height_t * sink)
        low_t = fourth_root(1.0 - 16.0 * thermal * sink)
        free_u = paulson_momentum(top_u) - paulson_momentum(low_u)
        free_t = paulson_heat(top_t) - paulson_heat(low_t)
        damped_u = 5.0 * (min(height_u * inverse, 1.0) - rough * inverse)
        damped_t = 5.0 * (min(height_t * inverse, 1.0) - thermal * inverse)
        column.stability_m[j] = free_u if unstable else damped_u
        column.stability_h[j] = free_t if unstable else damped_t


@kernel
def chen97(column):
    """Trial coefficients by Chen, Janjic and Mitchell 1997; the Richardson number is passed on unchanged."""
    _start_chen97(column)
    for _ in range(_ITERATIONS):
        # the stability terms use the roughness and logarithm of the iteration before
        _chen97_profiles(column)
        for j in range(LANES):
            rough = column.roughness[j]
            log_u = vecmath.log((column.height_wind[j] + rough) / rough)
            friction = friction_velocity(
                column.momentum_trial[j], column.wind_squared[j], column.convective[j], _CHEN_FRICTION_MIN
            )
            thermal_old = column.thermal_roughness[j]
            log_t = vecmath.log((column.height_temperature[j] + thermal_old) / thermal_old)
            thermal = vecmath.exp(column.zilitinkevich[j] * math.sqrt(friction * rough)) * rough
            least = 1e-3 / column.height_wind[j]
            momentum = max(friction * KARMAN / (column.stability_m[j] + log_u), least)
            exchange = max(friction * KARMAN / (column.stability_h[j] + log_t), least)
            difference = column.virtual_difference[j]
            inverse = KARMAN * _CHEN_BUOYANCY * exchange * difference / (friction * friction * friction)
            column.thermal_roughness[j] = thermal
            column.momentum_trial[j] = momentum
            column.exchange_trial[j] = exchange
            column.convective[j] = convective_velocity(_CHEN_BUOYANCY, exchange, difference)
            column.obukhov[j] = _CHEN_OLD * column.obukhov[j] + _CHEN_NEW * inverse


# --- Yang et al. 2008 ------------------------------------------------------------------------------------------------
_GAMMA_M, _GAMMA_H, _BETA_M, _BETA_H, _PRANDTL_UNSTABLE = 19.0, 11.6, 5.3, 8.0, 0.95
_YANG_PASSES = 3


@formula
def yang_thermal_roughness(viscosity, friction, temperature_scale, height):
    """Roughness length for heat [m] of bare ground, in [1e-10 m, height / 10]. Yang et al. 2008, eq. 5."""
    decay = 7.2 * math.sqrt(friction) * fourth_root(abs(temperature_scale))
    return min(0.1 * height, max(1e-10, 70.0 * viscosity / friction * vecmath.exp(-decay)))


@formula
def _unstable_length(richardson, log_m, log_h, depth_m, depth_h):
    """Reciprocal Obukhov length [m-1] in unstable air. Yang, Tamai and Koike 2001 (JAM 40, 1647)."""
    d = min(richardson, -1e-300) / _PRANDTL_UNSTABLE
    a, b, c = vecmath.log(-d), vecmath.log(log_m), vecmath.log(log_h)
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
def _yang_profiles(inverse, log_m, log_h, rough, thermal, height_m, height_h, own_limit):
    """Profile terms of momentum and heat (with the Prandtl number) of Hogstrom 1996, within their limits."""
    sink = min(inverse, 0.0)
    x2, x1 = fourth_root(1.0 - _GAMMA_M * height_m * sink), fourth_root(1.0 - _GAMMA_M * rough * sink)
    psi_m = 2.0 * vecmath.log((1.0 + x2) / (1.0 + x1)) + vecmath.log((1.0 + x2 * x2) / (1.0 + x1 * x1))
    psi_m = psi_m - 2.0 * vecmath.atan(x2) + 2.0 * vecmath.atan(x1)
    y2, y1 = math.sqrt(1.0 - _GAMMA_H * height_h * sink), math.sqrt(1.0 - _GAMMA_H * thermal * sink)
    psi_h = 2.0 * vecmath.log((1.0 + y2) / (1.0 + y1))
    heat_log = log_h if own_limit else log_m
    free_m = max(log_m - psi_m, 0.5 * log_m)
    free_h = max(log_h - psi_h, 0.33 * heat_log) * _PRANDTL_UNSTABLE
    damped_m = min(log_m + min(_BETA_M * (height_m - rough) * inverse, _BETA_M), 2.0 * log_m)
    damped_h = min(log_h + min(_BETA_H * (height_h - thermal) * inverse, _BETA_H), 2.0 * heat_log)
    unstable = inverse <= 0.0
    return (free_m if unstable else damped_m), (free_h if unstable else damped_h)


@kernel
def _start_yang2008(column):
    """Air at the surface, viscosity and neutral first guesses."""
    for j in range(LANES):
        pressure, temperature, height = column.air_pressure[j], column.air_temperature[j], column.height_temperature[j]
        density = pressure / (287.0 * temperature * virtual_factor(column.specific_humidity[j]))
        lowered = pressure - density * 9.81 * height
        air = temperature * vecmath.power(pressure / lowered, 287.0 / 1004.0)
        wind = max(column.wind_speed[j], 0.01)
        rough = column.roughness[j]
        column.air_at_surface[j] = air
        column.viscosity[j] = 1.328e-5 * (1e5 / pressure) * vecmath.power(air / 273.15, 1.754)
        column.friction[j] = KARMAN * wind / vecmath.log(column.height_wind[j] / rough)
        column.temperature_scale[j] = KARMAN * (air - column.skin_temperature[j]) / vecmath.log(height / rough)
        column.momentum_trial[j] = column.exchange_momentum[j]


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
        for j in range(LANES):
            rough, height_m, height_h = column.roughness[j], column.height_wind[j], column.height_temperature[j]
            thermal = yang_thermal_roughness(
                column.viscosity[j], column.friction[j], column.temperature_scale[j], height_h
            )
            log_m, log_h = vecmath.log(height_m / rough), vecmath.log(height_h / thermal)
            depth_m, depth_h = height_m - rough, height_h - thermal
            wind = max(column.wind_speed[j], 0.01)
            air = column.air_at_surface[j]
            difference = air - column.skin_temperature[j]
            richardson = (9.8 / air) * difference * depth_m / (wind * wind)
            limit = _stable_limit(thermal, rough, height_m, height_h, capped)
            richardson = max(richardson, -10.0) if richardson < 0.0 else min(richardson, limit)
            unstable = _unstable_length(richardson, log_m, log_h, depth_m, depth_h)
            stable = _stable_length(max(richardson, 0.0), log_m, log_h, depth_m, depth_h)
            inverse = unstable if richardson < 0.0 else stable
            floored = math.copysign(max(abs(inverse), 1e-6), inverse)
            inverse = inverse if inverse == 0.0 else floored
            profile_m, profile_h = _yang_profiles(
                inverse, log_m, log_h, rough, thermal, height_m, height_h, own_limit
            )
            friction = KARMAN / profile_m * wind
            column.friction[j] = friction
            largest = limit * (wind * wind) * air / (9.8 * depth_m)
            felt = min(difference, largest) if capped and own_limit else difference
            column.temperature_scale[j] = KARMAN / profile_h * felt
            column.thermal_roughness[j] = thermal
            column.obukhov[j] = inverse
            column.richardson_trial[j] = richardson
            column.exchange_trial[j] = max(friction * (KARMAN / profile_h), 1e-3 / height_m)


# --- all three -------------------------------------------------------------------------------------------------------
@kernel
def _take_over(column, scheme):
    """Keep the trial coefficients in the lanes that use ``scheme``."""
    for j in range(LANES):
        chosen = column.exchange_scheme[j] == scheme
        column.exchange_heat[j] = column.exchange_trial[j] if chosen else column.exchange_heat[j]
        column.exchange_momentum[j] = column.momentum_trial[j] if chosen else column.exchange_momentum[j]
        column.richardson[j] = column.richardson_trial[j] if chosen else column.richardson[j]


@kernel
def exchange_coefficients(column, table, options):
    """New exchange coefficients of every lane by the scheme of its column.

    Parameters
    ----------
    column : record of COLUMN
        Needs the forcing, ``potential_temperature``, and skin temperature, roughness, coefficients of the step before.
    table : (2, 10001) array
        :data:`STABILITY_TABLES`.
    options : Options
    """
    users = 0
    for j in range(LANES):
        users |= 1 << int(column.exchange_scheme[j])
    if users & 1:
        chen97(column)
        _take_over(column, 0.0)
    if users & 2:
        mellor_yamada_janjic(column, table)
        _take_over(column, 1.0)
    if users & 4:
        yang2008(column, options.stable_capped, options.heat_limit)
        _take_over(column, 2.0)

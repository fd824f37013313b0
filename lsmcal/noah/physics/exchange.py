"""Exchange coefficients between surface and air: three schemes, chosen by column.

Each scheme fills ``exchange_trial``, ``momentum_trial`` and ``richardson_trial`` of every lane; the lanes that use it
take them over. Sources: Chen, Janjic and Mitchell 1997 (Boundary-Layer Meteorol. 85, 391); the Mellor-Yamada-Janjic
surface layer as in WRF 3.4; Yang et al. 2002 (QJRMS 128, 2073) and 2008 (JAMC 47, 276).
"""

from __future__ import annotations

import math

import numpy as np

from lsmcal.noah.physics.atmosphere import (
    convective_velocity,
    fourth_root,
    friction_velocity,
    paulson_heat,
    paulson_momentum,
    virtual_factor,
    zilitinkevich_exponent,
)
from lsmcal.noah.physics.constants import KARMAN
from lsmcal.noah.physics.exchange_yang import yang2008
from lsmcal.noah.runtime import vecmath
from lsmcal.noah.runtime.jit import LANES, formula, kernel

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


@kernel
def _look_up(column, table):
    """Stability terms of momentum and heat: differences of the tabulated functions between height and roughness."""
    for j in range(LANES):
        column.stability_m[j] = _tabulated(table, 0, column.zeta_m[j]) - _tabulated(table, 0, column.zeta_rough[j])
        column.stability_h[j] = _tabulated(table, 1, column.zeta_h[j]) - _tabulated(table, 1, column.zeta_thermal[j])


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
            base = column.roughness_background[j]
            exponent = column.zilitinkevich[j] * math.sqrt(column.friction[j] * base)
            column.thermal_roughness[j] = max(vecmath.exp(exponent) * base, 1e-28)
        for j in range(LANES):
            friction, thermal = column.friction[j], column.thermal_roughness[j]
            rough = column.roughness[j]
            height_u = column.height_wind[j] + rough
            height_t = column.height_temperature[j] + rough
            ratio_u, ratio_t = height_u / rough, height_t / thermal
            scaled = KARMAN * column.buoyancy[j] * column.exchange_trial[j] * column.virtual_difference[j]
            inverse = scaled / (friction * friction * friction)
            column.zeta_m[j] = _clamp(height_u * inverse, _ZETA_MIN, _ZETA_LIMIT)
            column.zeta_h[j] = _clamp(height_t * inverse, _ZETA_MIN, _ZETA_LIMIT)
            column.zeta_rough[j] = _clamp(rough * inverse, _ZETA_MIN / ratio_u, _ZETA_LIMIT / ratio_u)
            column.zeta_thermal[j] = _clamp(thermal * inverse, _ZETA_MIN / ratio_t, _ZETA_LIMIT / ratio_t)
            column.profile_m[j], column.profile_h[j] = vecmath.log_pair(ratio_u, ratio_t)
        # tables are read lane by lane; alone, so that the rest is vector code
        _look_up(column, table)
        for j in range(LANES):
            drag = column.friction[j] * KARMAN
            least = 1e-4 / column.height_temperature[j]
            momentum = max(drag / (column.stability_m[j] + column.profile_m[j]), least)
            exchange = max(drag / (column.stability_h[j] + column.profile_h[j]), least)
            column.momentum_trial[j] = momentum
            column.exchange_trial[j] = exchange
        for j in range(LANES):
            difference = column.virtual_difference[j]
            convective = convective_velocity(column.buoyancy[j], column.exchange_trial[j], difference)
            convective = convective if difference <= 0.0 else 0.0
            momentum, wind_squared = column.momentum_trial[j], column.wind_squared[j]
            column.friction[j] = friction_velocity(momentum, wind_squared, convective, 1e-9)


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

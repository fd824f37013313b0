"""Air near the ground: humidity, potential temperature, and what the three exchange schemes share."""

from __future__ import annotations

import math

from lsmcal.noah.physics.constants import R_DRY
from lsmcal.noah.runtime import vecmath
from lsmcal.noah.runtime.jit import LANES, formula, kernel

#: Noah's constant of the Zilitinkevich relation, reciprocal of the square root of the viscosity of air.
_INVERSE_ROOT_VISCOSITY = 258.2
#: Depth of the convective boundary layer [m] and factor of its velocity scale squared.
_BOUNDARY_LAYER = 1000.0
_CONVECTIVE = 1.44


@formula
def saturation_humidity(air_temperature, air_pressure):
    """Saturation humidity [kg kg-1] of air.

    ``es = 611 exp[(2.501e6/461)(1/273.15 - 1/T)]``, ``q = 0.622 es / (p - 0.378 es)``.
    """
    vapour = 611.0 * vecmath.exp((2.501e6 / 461.0) * (1.0 / 273.15 - 1.0 / air_temperature))
    return 0.622 * vapour / (air_pressure - 0.378 * vapour)


@formula
def saturation_slope(saturation, air_temperature):
    """Slope of saturation humidity with temperature [kg kg-1 K-1]."""
    away = air_temperature - 29.65
    return saturation * (17.67 * (273.15 - 29.65)) / (away * away)


@formula
def potential_temperature(air_temperature, height):
    """Air temperature brought down dry-adiabatically to the surface [K]."""
    return air_temperature + 0.0098 * height


@formula
def virtual_factor(humidity):
    """Factor from temperature to virtual temperature."""
    return 1.0 + 0.61 * humidity


@formula
def air_density(air_pressure, air_temperature, humidity):
    """Density of air [kg m-3]."""
    return air_pressure / (R_DRY * (air_temperature * virtual_factor(humidity)))


@formula
def zilitinkevich_exponent(czil, roughness):
    """``-0.4 * 258.2 * CZIL``; a negative CZIL stands for Chen and Zhang 2009, ``10**(-0.4 z0 / 0.07)``."""
    variable = vecmath.exp(-vecmath.LN10 * 0.40 / 0.07 * roughness)
    return -(variable if czil < 0.0 else czil) * 0.4 * _INVERSE_ROOT_VISCOSITY


@formula
def convective_velocity(buoyancy, exchange, virtual_difference):
    """Convective velocity scale squared [m2 s-2] from buoyancy [m s-2 K-1], exchange [m s-1] and difference [K]."""
    flux = abs(_BOUNDARY_LAYER * buoyancy * exchange * virtual_difference)
    return _CONVECTIVE * vecmath.exp(vecmath.log(max(flux, 1e-300)) * (2.0 / 3.0)) if flux > 0.0 else 0.0


@formula
def friction_velocity(momentum_exchange, wind_squared, convective, least):
    """Friction velocity [m s-1]."""
    return max(math.sqrt(math.sqrt(wind_squared + convective) * momentum_exchange), least)


@formula
def paulson_momentum(x):
    """Unstable momentum function of Paulson 1970 (added to the logarithm) of ``x = (1 - 16 zeta)**(1/4)``."""
    return -2.0 * vecmath.log((x + 1.0) * 0.5) - vecmath.log((x * x + 1.0) * 0.5) + 2.0 * vecmath.atan(x)


@formula
def paulson_heat(x):
    """Unstable heat function of Paulson 1970 (added to the logarithm)."""
    return -2.0 * vecmath.log((x * x + 1.0) * 0.5)


@formula
def fourth_root(x):
    """Fourth root of a non-negative number."""
    return math.sqrt(math.sqrt(x))


@kernel
def air_properties(column):
    """Potential temperature, saturation humidity and its slope, and whether precipitation is snow."""
    for j in range(LANES):
        temperature = column.air_temperature[j]
        saturation = saturation_humidity(temperature, column.air_pressure[j])
        column.potential_temperature[j] = potential_temperature(temperature, column.height_temperature[j])
        column.saturation_humidity[j] = saturation
        column.saturation_slope[j] = saturation_slope(saturation, temperature)
        given = column.snow_fraction[j]
        cold = 1.0 if temperature < 273.15 else 0.0
        share = given if given >= 0.0 else cold
        column.snowing[j] = 1.0 if column.precipitation[j] > 0.0 and share > 0.5 else 0.0

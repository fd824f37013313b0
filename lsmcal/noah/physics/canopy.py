"""Vegetation: canopy resistance, and evaporation from soil, canopy and roots.

Sources: Jarvis 1976 resistances as in Chen et al. 1996 (J. Geophys. Res. 101, 7251); Mahfouf and Noilhan 1991.
"""

from __future__ import annotations

from lsmcal.noah.physics.constants import CP_AIR, L_VAPOUR, R_DRY, SIGMA
from lsmcal.noah.physics.water_limits import least_liquid
from lsmcal.noah.runtime import vecmath
from lsmcal.noah.runtime.jit import LANES, formula, kernel

_LEAST = 1e-4


@formula
def radiation_stress(shortwave, rgl, leaf_area, rs, rsmax):
    """Stress by lack of light, in [1e-4, 1]."""
    light = 1.1 * shortwave / (rgl * leaf_area)
    return max((light + rs / rsmax) / (1.0 + light), _LEAST)


@formula
def temperature_stress(topt, air_temperature):
    """Stress by air temperature away from its optimum, in [1e-4, 1]."""
    away = topt - air_temperature
    return max(1.0 - 0.0016 * (away * away), _LEAST)


@formula
def humidity_stress(hs, vapour_deficit):
    """Stress by vapour deficit [kg kg-1], in [0.01, 1]."""
    return max(1.0 / (1.0 + hs * vapour_deficit), 0.01)


@formula
def water_availability(liquid, wilting, reference):
    """Relative availability of water to roots, in [0, 1]."""
    return max(min((liquid - wilting) / (reference - wilting), 1.0), 0.0)


@formula
def plant_coefficient(resistance, exchange, emissivity, air_temperature, air_pressure, saturation_slope):
    """Share of potential evaporation that a dry canopy transpires."""
    squared = air_temperature * air_temperature
    radiative = (4.0 * emissivity * SIGMA * R_DRY / CP_AIR) * (squared * squared) / (air_pressure * exchange) + 1.0
    slope = (L_VAPOUR / CP_AIR) * saturation_slope
    return (radiative + slope) / (radiative * (1.0 + resistance * exchange) + slope)


@formula
def soil_evaporation(potential, greenness, water, dry, porosity, fxexp):
    """Direct evaporation from soil in the unit of ``potential``; water is the total of the first layer."""
    relative = (water - dry) / (porosity - dry)
    factor = vecmath.power(max(relative, 1e-30), fxexp) if relative > 0.0 else 0.0
    return max(min(factor, 1.0), 0.0) * (1.0 - greenness) * potential


@formula
def wet_canopy_share(canopy_water, cmcmax, cfactr):
    """``(CMC / CMCMAX) ** CFACTR``, zero for a dry canopy."""
    return vecmath.power(max(canopy_water / cmcmax, 1e-30), cfactr) if canopy_water > 0.0 else 0.0


@kernel
def _deepest_root(column):
    """Number of layers that some lane of the block has roots in."""
    deepest = 1
    for j in range(LANES):
        deepest = max(deepest, int(column.root_layers[j]))
    return deepest


@kernel
def canopy_resistance(layers, column):
    """Fill ``canopy_resistance`` [s m-1], the four stresses and ``plant_coefficient``."""
    count = min(_deepest_root(column), layers.shape[0])
    for j in range(LANES):
        column.stress_water[j] = 0.0
    for k in range(count):
        layer = layers[k]
        for j in range(LANES):
            available = water_availability(layer.liquid[j], layer.root_wilting[j], layer.root_reference[j])
            column.stress_water[j] += layer.root_fraction[j] * available
    for j in range(LANES):
        leaf_area = column.leaf_area[j]
        light = radiation_stress(column.shortwave[j], column.rgl[j], leaf_area, column.rs[j], column.rsmax[j])
        warmth = temperature_stress(column.topt[j], column.air_temperature[j])
        humid = humidity_stress(column.hs[j], column.saturation_humidity[j] - column.specific_humidity[j])
        wet = max(column.stress_water[j], _LEAST)
        vegetated = column.greenness[j] > 0.0
        resistance = column.rs[j] / (leaf_area * light * warmth * humid * wet) if vegetated else 0.0
        column.stress_radiation[j] = light
        column.stress_temperature[j] = warmth
        column.stress_humidity[j] = humid
        column.stress_water[j] = wet
        column.canopy_resistance[j] = resistance
        column.plant_coefficient[j] = plant_coefficient(
            resistance,
            column.exchange_heat[j],
            column.emissivity[j],
            column.air_temperature[j],
            column.air_pressure[j],
            column.saturation_slope[j],
        )


@kernel
def _transpire(layers, column, count):
    """Distribute ``transpiration`` of the column over the root layers by availability."""
    for j in range(LANES):
        column.root_mean[j] = 0.0
        column.root_sum[j] = 0.0
    for k in range(count):
        layer = layers[k]
        for j in range(LANES):
            rooted = layer.root_fraction[j] > 0.0
            available = water_availability(layer.liquid[j], layer.root_wilting[j], layer.root_reference[j])
            layer.root_availability[j] = available if rooted else 0.0
            column.root_mean[j] += layer.root_availability[j]
    for k in range(count):
        layer = layers[k]
        for j in range(LANES):
            available = layer.root_availability[j]
            preference = layer.root_fraction[j] + available - column.root_mean[j] / column.root_layers[j]
            layer.root_availability[j] = available * max(preference, 0.0)
            column.root_sum[j] += layer.root_availability[j]
    for j in range(LANES):
        total = column.root_sum[j]
        column.root_sum[j] = total if total > 0.0 else 1.0
        column.transpiration_demand[j] = column.transpiration[j]
        column.transpiration[j] = 0.0
    for k in range(count):
        layer = layers[k]
        for j in range(LANES):
            layer.transpiration[j] = column.transpiration_demand[j] * layer.root_availability[j] / column.root_sum[j]
            column.transpiration[j] += layer.transpiration[j]


@kernel
def evaporation(layers, column, dt):
    """Evaporation from soil, canopy and roots [m s-1] where potential evaporation is positive, else zero.

    Parameters
    ----------
    layers : (nz,) records of LAYER
        Sets ``transpiration``.
    column : record of COLUMN
        Needs ``potential_evaporation`` [kg m-2 s-1], ``plant_coefficient`` and ``greenness``; sets
        ``soil_evaporation``, ``canopy_evaporation`` and ``transpiration``.
    dt : float
        Time step [s].
    """
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            layer.transpiration[j] = 0.0
    green = 0
    for j in range(LANES):
        green += int(column.greenness[j] > 0.0 and column.potential_evaporation[j] > 0.0)
    top = layers[0]
    for j in range(LANES):
        potential = max(column.potential_evaporation[j], 0.0) * 0.001
        cover = column.greenness[j]
        bare = soil_evaporation(
            potential,
            cover,
            top.water[j],
            column.evaporation_dry[j],
            column.evaporation_porosity[j],
            column.fxexp[j],
        )
        wet = wet_canopy_share(column.canopy_water[j], column.cmcmax[j], column.cfactr[j])
        column.soil_evaporation[j] = bare if cover < 1.0 else 0.0
        column.canopy_evaporation[j] = min(column.canopy_water[j] / dt, cover * wet * potential)
        column.transpiration[j] = cover * column.plant_coefficient[j] * potential * (1.0 - wet)
    if green > 0:
        _transpire(layers, column, min(_deepest_root(column), layers.shape[0]))


@kernel
def limit_to_held(layers, column, dt):
    """Limit evaporation from soil and roots to the water that each layer holds above its least.

    Parameters
    ----------
    layers : (nz,) records of LAYER
        Updates ``transpiration``.
    column : record of COLUMN
        Updates ``soil_evaporation`` and ``transpiration``, the sum of the layers'.
    dt : float
        Time step [s].
    """
    top = layers[0]
    rate = 1.0 / dt
    transpiring = 0
    for j in range(LANES):
        held = max(top.liquid[j] - least_liquid(top.water[j] - top.liquid[j]), 0.0) * top.thickness[j] * rate
        column.soil_evaporation[j] = min(column.soil_evaporation[j], held)
        transpiring += int(column.transpiration[j] > 0.0)
    if transpiring == 0:
        return
    for k in range(min(_deepest_root(column), layers.shape[0])):
        layer = layers[k]
        surface = 1.0 if k == 0 else 0.0
        for j in range(LANES):
            spare = max(layer.liquid[j] - least_liquid(layer.water[j] - layer.liquid[j]), 0.0)
            held = max(spare * layer.thickness[j] * rate - surface * column.soil_evaporation[j], 0.0)
            wanted = layer.transpiration[j]
            layer.transpiration[j] = min(wanted, held)
            column.transpiration[j] -= max(wanted - held, 0.0)

"""Snow: new snow, cover, albedo with age, conductivity, roughness, compaction.

Sources: Koren et al. 1999; Anderson 1976; Livneh et al. 2010 (albedo decay); Gottlib 1980 (new-snow density).
Densities are relative to water, depths in m, water equivalents in m of water.
"""

from __future__ import annotations

import math

from lsmcal.noah.physics.constants import SNOW_COVER_MAX, SNOW_EMISSIVITY, SNOW_WATER_MIN, T0
from lsmcal.noah.runtime import vecmath
from lsmcal.noah.runtime.jit import LANES, formula, kernel

_SNOW_ROUGHNESS = 0.001
_LN_DECAY = -0.06187540371808753  # ln 0.94, the albedo decay of dry snow


@formula
def snow_conductivity(density):
    """Thermal conductivity of snow [W m-1 K-1], Dyachkova's doubled: ``2 * 0.11631 * 0.328 * 10**(2.25 rho)``."""
    return 2.0 * 0.11631 * 0.328 * vecmath.exp(2.25 * vecmath.LN10 * density)


@formula
def new_snow_density(air_temperature):
    """Density of fresh snow from air temperature [K]."""
    above = max(air_temperature - 258.15, 0.0)
    return 0.05 + 0.0017 * above * math.sqrt(above)


@formula
def density_with_new_snow(depth, density, new_depth, new_density):
    """Density of the pack after new snow has fallen on it."""
    total = depth + new_depth
    mixed = (depth * density + new_depth * new_density) / max(total, 1e-12)
    return max(new_density, density) if total < 1e-5 else mixed


@formula
def snow_cover_fraction(snow_water, snup, salp):
    """Fraction of ground covered; depends on water equivalent only. Noah 3.4.1."""
    relative = snow_water / snup
    curve = 1.0 - (vecmath.exp(-salp * relative) - relative * vecmath.exp(-salp))
    return curve if snow_water < snup else 1.0


@formula
def aged_snow_albedo(greatest, age):
    """Albedo of dry snow after ``age`` seconds: ``greatest * 0.94 ** (days ** 0.58)``. Livneh et al. 2010."""
    days = age / 86400.0
    return greatest * vecmath.exp(_LN_DECAY * vecmath.power(max(days, 1e-30), 0.58)) if age > 0.0 else greatest


@formula
def albedo_with_snow(free, cover, snow_albedo, lvcoef, age):
    """Surface albedo under partial snow cover: ageing snow, never darker than the snow-free surface."""
    greatest = snow_albedo + lvcoef * (0.85 - snow_albedo)
    snow = max(aged_snow_albedo(greatest, age), free)
    return min(free + cover * (snow - free), snow)


@formula
def emissivity_with_snow(free, cover):
    """Surface emissivity under partial snow cover."""
    return free + cover * (SNOW_EMISSIVITY - free)


@formula
def next_snow_age(age, snowing, dt):
    """Age of the snow surface [s], zero while snow falls."""
    return 0.0 if snowing > 0.5 else age + dt


@formula
def snow_roughness(cover, background, depth):
    """Roughness length [m] with snow that buries part of the vegetation."""
    free = 7.0 * background - depth
    rough = _SNOW_ROUGHNESS if free <= 0.0007 else free / 7.0
    return (1.0 - cover) * background + cover * rough


@formula
def compacted_density(snow_water, density, snow_temperature, soil_temperature, dt):
    """Density after compaction (series of Koren et al. 1999) and, on melting snow, ageing; within [0.05, 0.40]."""
    hours = dt / 3600.0
    mean = 0.5 * ((snow_temperature - T0) + (soil_temperature - T0))
    x = hours * 0.01 * vecmath.exp(0.08 * mean - 21.0 * density) * max(100.0 * snow_water, 0.01)
    series = 1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0)))
    settled = min(max(density * series, 0.05), 0.40)
    share = 0.13 * hours / 24.0
    wet = min(settled * (1.0 - share) + share, 0.40)
    return wet if snow_temperature >= T0 else settled


@kernel
def accumulate(column, dt, conserve):
    """Clear a vanishing pack and add snowfall and freezing rain; the rest of precipitation is ``rain_on_soil``.

    Parameters
    ----------
    column : record of COLUMN
        Updates ``snow_water`` and ``snow_depth``; sets ``snow_density``, ``snow_conductivity``, ``freezing_rain``.
    dt : float
        Time step [s].
    conserve : bool
        Give the water of a cleared pack to the soil instead of dropping it.
    """
    for j in range(LANES):
        held, thick, precipitation = column.snow_water[j], column.snow_depth[j], column.precipitation[j]
        keeps = held > SNOW_WATER_MIN
        cleared = 0.0 if keeps else held
        water = held - cleared
        depth = thick if keeps else 0.0
        density = water / max(depth, 1e-12)
        snowing = column.snowing[j] > 0.5
        freezing = (precipitation > 0.0) & (not snowing) & (column.skin_temperature[j] <= T0)
        joins = snowing | freezing
        fallen = precipitation * dt * 0.001 if joins else 0.0
        fresh = new_snow_density(column.air_temperature[j])
        fresh_depth = fallen / fresh
        mixed = density_with_new_snow(depth, density, fresh_depth, fresh)
        density = mixed if joins else density
        conductivity = snow_conductivity(density)
        column.freezing_rain[j] = 1.0 if freezing else 0.0
        column.snow_water[j] = water + fallen
        column.snow_depth[j] = depth + fresh_depth
        column.snow_density[j] = density
        column.snow_conductivity[j] = conductivity if keeps | joins else 1.0
        column.snowpack[j] = 1.0 if water + fallen != 0.0 else 0.0
        rain = 0.0 if joins else precipitation
        column.rain_on_soil[j] = rain + (cleared * 1000.0 / dt if conserve else 0.0)
        column.snow_lost[j] = 0.0 if conserve else cleared


@kernel
def cover_and_albedo(column, dt):
    """Snow cover, albedo, emissivity and roughness from the pack and the snow-free surface."""
    for j in range(LANES):
        lies = column.snowpack[j] > 0.5
        cover = min(snow_cover_fraction(column.snow_water[j], column.snup[j], column.salp[j]), SNOW_COVER_MAX)
        cover = cover if lies else 0.0
        age = next_snow_age(column.snow_age[j], column.snowing[j], dt)
        free = column.albedo_snowfree[j]
        albedo = albedo_with_snow(free, cover, column.snow_albedo[j], column.lvcoef[j], age)
        emissivity = emissivity_with_snow(column.emissivity_snowfree[j], cover)
        background = column.roughness_background[j]
        rough = snow_roughness(cover, background, column.snow_depth[j])
        column.snow_cover[j] = cover
        column.snow_age[j] = age if lies else column.snow_age[j]
        column.albedo[j] = albedo if lies else free
        column.emissivity[j] = emissivity if lies else column.emissivity_snowfree[j]
        column.roughness[j] = rough if cover > 0.0 else background


@kernel
def compact(column, dt):
    """Compact the pack, or clear what is left of it."""
    for j in range(LANES):
        lies = column.snow_water[j] > 0.0
        density = compacted_density(
            column.snow_water[j], column.snow_density[j], column.skin_temperature[j], column.yy[j], dt
        )
        was = column.snowpack[j] > 0.5
        settled = density if lies else 0.0
        column.snow_density[j] = settled if was else column.snow_density[j]
        depth = column.snow_water[j] / max(density, 1e-6) if lies else 0.0
        column.snow_depth[j] = depth if was else column.snow_depth[j]
        column.snow_cover[j] = column.snow_cover[j] if lies else 0.0

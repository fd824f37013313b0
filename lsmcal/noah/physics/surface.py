"""The surface energy balance, with and without snow.

The balance is linear in the surface temperature around air temperature: outgoing longwave radiation is taken at air
temperature plus its slope. Source: Mahrt and Ek 1984; Ek et al. 2003; PAC routines of Noah 3.4.1 for what is computed.
"""

from __future__ import annotations

from lsmcal.noah.physics.atmosphere import air_density
from lsmcal.noah.physics.closed_surface import balance_trial, close_over_snow, fourth_power
from lsmcal.noah.physics.constants import (
    CP_AIR,
    CP_AIR_PENMAN,
    CP_ICE,
    CP_WATER,
    L_FUSION,
    L_SUBLIMATION,
    L_VAPOUR,
    RHO_WATER,
    SIGMA,
    SNOW_COVER_MAX,
    SNOW_WATER_LEFT,
    T0,
)
from lsmcal.noah.physics.heat import soil_conductivity
from lsmcal.noah.runtime import vecmath
from lsmcal.noah.runtime.jit import LANES, formula, kernel

#: Noah's latent heat over heat capacity of air [K], and its factor of the radiative resistance [kg m-2 s-3 K-4].
_ELCP = 2488.8
_RADIATIVE = 6.48e-8


@formula
def between(low, high, share):
    """Linear between a minimum and a maximum."""
    return low + share * (high - low)


@kernel
def surface_parameters(column):
    """Greenness, leaf area, snow-free albedo, emissivity and background roughness of the day."""
    for j in range(LANES):
        fixed = column.greenness_fixed[j]
        green = fixed if fixed >= 0.0 else column.greenness_given[j]
        low, high = column.greenness_min[j], column.greenness_max[j]
        spread = high - low
        share = (green - low) / (spread if spread > 0.0 else 1.0)
        share = min(max(share, 0.0), 1.0)
        share = 0.0 if green <= low else share
        share = 1.0 if green >= high else share
        leaf_area = between(column.lai_min[j], column.lai_max[j], share)
        albedo = between(column.albedo_max[j], column.albedo_min[j], share)
        column.greenness[j] = green
        column.leaf_area[j] = column.leaf_area_given[j] if column.leaf_area_given[j] >= 0.0 else leaf_area
        column.albedo_snowfree[j] = column.albedo_given[j] if column.albedo_given[j] >= 0.0 else albedo
        column.emissivity_snowfree[j] = between(column.emissivity_min[j], column.emissivity_max[j], share)
        column.roughness_background[j] = between(column.z0_min[j], column.z0_max[j], share)


@kernel
def top_conductivity(layers, column):
    """Conductivity of the first layer under canopy, ``conductivity_top`` [W m-1 K-1]."""
    top = layers[0]
    for j in range(LANES):
        computed = soil_conductivity(
            top.water[j],
            top.liquid[j],
            top.porosity[j],
            top.log_solid_conductivity[j],
            top.dry_conductivity[j],
            top.kersten_thawed[j],
            top.kersten_frozen[j],
        )
        fixed = top.fixed_conductivity[j]
        computed = fixed if fixed >= 0.0 else computed
        column.conductivity_top[j] = computed * vecmath.exp(column.sbeta[j] * column.greenness[j])


@kernel
def ground_heat_guess(layers, column):
    """Mix in the snow's conductivity and take the first guess of ``ground_heat`` [W m-2, into the ground]."""
    top = layers[0]
    for j in range(LANES):
        half = 0.5 * top.thickness[j]
        cover = column.snow_cover[j]
        soil = column.snow_conductivity[j] if cover > 0.97 else column.conductivity_top[j]
        path = column.snow_depth[j] + half
        share = column.snow_depth[j] / path
        parallel = share * column.snow_conductivity[j] + half / path * soil
        mixed = parallel * cover + soil * (1.0 - cover)
        lies = column.snowpack[j] > 0.5
        conductivity = mixed if lies else soil
        length = path if lies else half
        column.conductivity_top[j] = conductivity
        column.ground_heat[j] = conductivity * (column.skin_temperature[j] - top.temperature[j]) / length


@kernel
def penman(column):
    """Potential evaporation [kg m-2 s-1] and the factors RR, RCH [W m-2 K-1], EPSCA [K] of the balance.

    Mahrt and Ek 1984, J. Clim. Appl. Meteorol. 23, 222.
    """
    for j in range(LANES):
        temperature = column.air_temperature[j]
        pressure = column.air_pressure[j]
        exchange = column.exchange_heat[j]
        rain = column.precipitation[j]
        emissivity = column.emissivity[j]
        cover = column.snow_cover[j]
        to_latent = (1.0 - cover) * _ELCP + cover * (_ELCP * L_SUBLIMATION / L_VAPOUR)
        latent = (1.0 - cover) * L_VAPOUR + cover * L_SUBLIMATION
        emitted = fourth_power(temperature)
        density = air_density(pressure, temperature, column.specific_humidity[j])
        rch = density * CP_AIR_PENMAN * exchange
        carried = CP_ICE if column.snowing[j] > 0.5 else CP_WATER
        rr = emissivity * emitted * _RADIATIVE / (pressure * exchange) + 1.0 + carried * max(rain, 0.0) / rch
        freezing = -L_FUSION * rain if column.freezing_rain[j] > 0.5 else 0.0
        net = column.absorbed[j] - emissivity * SIGMA * emitted - column.ground_heat[j] - freezing
        radiation = net / rch + column.potential_temperature[j] - temperature
        slope = to_latent * column.saturation_slope[j]
        dryness = to_latent * (column.saturation_humidity[j] - column.specific_humidity[j])
        epsca = (dryness * rr + radiation * slope) / (slope + rr)
        column.rr[j] = rr
        column.rch[j] = rch
        column.epsca[j] = epsca
        column.freezing_rain_heat[j] = freezing
        column.potential_evaporation[j] = epsca * rch / latent


@kernel
def water_input_snow_free(column):
    """Rain and dew that reach canopy and soil where no snow lies [m s-1]."""
    for j in range(LANES):
        free = column.snowpack[j] < 0.5
        potential = column.potential_evaporation[j]
        dew = max(-potential * 0.001, 0.0)
        column.dew[j] = dew if free else column.dew[j]
        supply = column.rain_on_soil[j] * 0.001 + dew
        column.water_input[j] = supply if free else column.water_input[j]


@kernel
def boundary_snow_free(layers, column):
    """Boundary condition ``yy`` [K], ``zz1`` of the heat equation where no snow lies."""
    top = layers[0]
    for j in range(LANES):
        free = column.snowpack[j] < 0.5
        potential = column.potential_evaporation[j]
        actual = column.soil_evaporation[j] + column.canopy_evaporation[j] + column.transpiration[j]
        wet = potential > 0.0
        ratio = actual * 1000.0 / (potential if wet else 1.0)
        full = 1.0 if potential < 0.0 else 0.0
        beta = ratio if wet else full
        temperature = column.air_temperature[j]
        net = column.absorbed[j] - column.emissivity[j] * SIGMA * fourth_power(temperature)
        rch, rr = column.rch[j], column.rr[j]
        warming = net / rch + column.potential_temperature[j] - temperature - beta * column.epsca[j]
        half = 0.5 * top.thickness[j]
        column.beta[j] = beta if free else column.beta[j]
        column.yy[j] = temperature + warming / rr if free else column.yy[j]
        column.zz1[j] = column.conductivity_top[j] / (half * rch * rr) + 1.0 if free else column.zz1[j]


@kernel
def _evaporation_over_snow(column, dt, conserve):
    """Share evaporation between snow and bare ground; frost falls on the whole cell where snow lies."""
    for j in range(LANES):
        lies = column.snowpack[j] > 0.5
        cover = column.snow_cover[j]
        potential = column.potential_evaporation[j]
        richardson = column.richardson[j]
        damped = (min(potential * (1.0 - richardson), 0.0) * cover / SNOW_COVER_MAX) + potential * (
            SNOW_COVER_MAX - cover
        )
        calm = potential <= 0.0 and richardson >= 0.1 and column.absorbed[j] > 150.0
        potential = damped / SNOW_COVER_MAX if calm else potential
        potential = potential if lies else column.potential_evaporation[j]
        evaporating = potential > 0.0
        frost_heat = potential * ((1.0 - cover) * L_VAPOUR + cover * L_SUBLIMATION)
        bare = 1.0 - cover if lies else 1.0
        column.soil_evaporation[j] *= bare
        column.canopy_evaporation[j] *= bare
        column.transpiration[j] *= bare
        ground = column.soil_evaporation[j] + column.canopy_evaporation[j] + column.transpiration[j]
        available = 1000.0 * column.snow_water[j] / dt
        sublimation = min(potential * cover, available) if conserve else potential * cover
        sublimation = sublimation if evaporating and lies else 0.0
        heat = sublimation * L_SUBLIMATION + ground * 1000.0 * L_VAPOUR
        column.potential_evaporation[j] = potential
        column.snow_evaporation[j] = sublimation
        column.evaporation_heat[j] = heat if evaporating else frost_heat
        column.dew[j] = max(-potential * 0.001, 0.0)


@kernel
def _scale_transpiration(layers, column):
    """The layers' transpiration where snow covers part of the ground."""
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            layer.transpiration[j] *= 1.0 - column.snow_cover[j] if column.snowpack[j] > 0.5 else 1.0


@formula
def _snow_melt(left, surplus, melting, dt, conserve):
    """Melt [m], its heat [W m-2] and the snow water after it [m], of the snow water left by sublimation [m]."""
    held = max(left, 0.0)
    melt = surplus * 0.001 / L_FUSION * dt
    melt_all = not (held - melt >= SNOW_WATER_LEFT)
    melt = held if melt_all else melt
    melt_heat = held / dt * (RHO_WATER * L_FUSION) if melt_all else surplus
    # a remainder this small vanishes on thawing snow: melted when the budget is kept, else dropped
    remainder = left <= SNOW_WATER_LEFT
    kept_melt = held if conserve else 0.0
    melt = kept_melt if remainder else melt
    melt_heat = kept_melt / dt * (RHO_WATER * L_FUSION) if remainder else melt_heat
    melt = melt if melting else 0.0
    melt_heat = melt_heat if melting else 0.0
    after = 0.0 if melting & (remainder | melt_all) else held - melt
    return melt, melt_heat, after


@kernel
def snow_surface(layers, column, dt, options):
    """Surface temperature, ground heat, sublimation and melt where snow lies; other lanes stay as they are.

    Parameters
    ----------
    layers : (nz,) records of LAYER
    column : record of COLUMN
        Updates ``skin_temperature``, ``snow_water``, ``ground_heat``; sets ``water_input``, ``melt``, ``melt_heat``,
        ``yy`` and ``zz1``.
    dt : float
        Time step [s].
    options : Options
        ``snow_conserved``: melt what little would remain on thawing snow instead of dropping it, and sublimate no more
        than there is. ``surface_closed``: close the balance, see :mod:`lsmcal.noah.physics.closed_surface`.
    """
    _evaporation_over_snow(column, dt, options.snow_conserved)
    _scale_transpiration(layers, column)
    _trial_over_snow(layers, column)
    if options.surface_closed:
        balance_trial(column)
    _melt_snow(layers, column, dt, options.snow_conserved, options.surface_closed)
    if options.surface_closed:
        close_over_snow(layers, column)


@kernel
def _trial_over_snow(layers, column):
    """Surface temperature if no snow melted, from the balance that is linear around air temperature."""
    top = layers[0]
    for j in range(LANES):
        lies = column.snowpack[j] > 0.5
        path = column.snow_depth[j] + 0.5 * top.thickness[j]
        conductivity, soil = column.conductivity_top[j], top.temperature[j]
        rch, rr = column.rch[j], column.rr[j]
        carried = CP_ICE if column.snowing[j] > 0.5 else CP_WATER
        rain_heat = (
            carried * max(column.precipitation[j], 0.0) * (column.skin_temperature[j] - column.air_temperature[j])
        )
        other = rain_heat + column.freezing_rain_heat[j] + column.evaporation_heat[j]
        air = column.air_temperature[j]
        net = column.absorbed[j] - other - column.emissivity[j] * SIGMA * fourth_power(air)
        warming = (net / rch + column.potential_temperature[j] - air) / rr
        coupling = conductivity / (path * rr * rch)
        column.surface_trial[j] = (air + warming + coupling * soil) / (1.0 + coupling)
        column.precipitation_heat[j] = rain_heat if lies else column.precipitation_heat[j]
        column.other_heat[j] = other
        column.path_below[j] = path
        column.temperature_below[j] = soil


@kernel
def _melt_snow(layers, column, dt, conserve, closed):
    """Melt what the balance leaves at the melting point; the flux into the ground follows the surface temperature."""
    top = layers[0]
    for j in range(LANES):
        lies = column.snowpack[j] > 0.5
        half = 0.5 * top.thickness[j]
        path, soil = column.path_below[j], column.temperature_below[j]
        conductivity = column.conductivity_top[j]
        trial, other = column.surface_trial[j], column.other_heat[j]
        rch, emissivity, cover = column.rch[j], column.emissivity[j], column.snow_cover[j]
        melting = trial > T0
        covered = cover if closed else cover * cover
        skin = T0 * covered + trial * (1.0 - covered) if melting else trial
        ground = conductivity * (skin - soil) / path
        potential, sublimation = column.potential_evaporation[j], column.snow_evaporation[j]
        before = column.snow_water[j]
        sublimated = (sublimation if potential > 0.0 else potential) * 0.001 * dt
        left = before - sublimated
        surplus = column.absorbed[j] - other - emissivity * SIGMA * fourth_power(skin) - ground
        surplus = max(surplus - rch * (skin - column.potential_temperature[j]), 0.0)
        melt, melt_heat, after = _snow_melt(left, surplus, melting, dt, conserve)
        lost = before - sublimated - melt - after
        supply = column.rain_on_soil[j] * 0.001 + melt / dt
        column.skin_temperature[j] = skin if lies else column.skin_temperature[j]
        column.ground_heat[j] = ground if lies else column.ground_heat[j]
        column.snow_lost[j] += lost if lies else 0.0
        column.snow_water[j] = after if lies else column.snow_water[j]
        column.melt[j] = melt if lies else 0.0
        column.melt_heat[j] = melt_heat if lies else 0.0
        column.water_input[j] = supply if lies else column.water_input[j]
        boundary = soil + ground * half / conductivity
        column.yy[j] = boundary if lies else column.yy[j]
        column.zz1[j] = 1.0 if lies else column.zz1[j]
        column.beta[j] = 1.0 if lies else column.beta[j]


@kernel
def skin_snow_free(layers, column):
    """Surface temperature and ground heat after the heat step where no snow lies."""
    top = layers[0]
    for j in range(LANES):
        free = column.snowpack[j] < 0.5
        zz1 = column.zz1[j]
        skin = (column.yy[j] + (zz1 - 1.0) * top.temperature[j]) / zz1
        ground = column.conductivity_top[j] * (skin - top.temperature[j]) / (0.5 * top.thickness[j])
        rain_heat = CP_WATER * column.precipitation[j] * (skin - column.air_temperature[j])
        column.skin_temperature[j] = skin if free else column.skin_temperature[j]
        column.ground_heat[j] = ground if free else column.ground_heat[j]
        column.precipitation_heat[j] = rain_heat if free else column.precipitation_heat[j]


@kernel
def turbulent_fluxes(column):
    """Sensible and latent heat [W m-2, upward], water given to the air [kg m-2 s-1] and humidity at the surface."""
    for j in range(LANES):
        lies = column.snowpack[j] > 0.5
        density = air_density(column.air_pressure[j], column.air_temperature[j], column.specific_humidity[j])
        warmer = column.skin_temperature[j] - column.potential_temperature[j]
        ground = column.soil_evaporation[j] + column.canopy_evaporation[j] + column.transpiration[j]
        potential = column.potential_evaporation[j]
        evaporating = potential > 0.0
        kinematic = ground * 1000.0 + column.snow_evaporation[j] if evaporating else 0.0
        # frost on snow does not enter the surface humidity
        humid = potential if (not evaporating) and not lies else kinematic
        cover = column.snow_cover[j]
        latent = (1.0 - cover) * L_VAPOUR + cover * L_SUBLIMATION
        actual = ground * 1000.0 * L_VAPOUR + column.snow_evaporation[j] * L_SUBLIMATION
        column.sensible_heat[j] = column.exchange_heat[j] * CP_AIR * density * warmer
        column.latent_heat[j] = actual if evaporating else potential * latent
        column.evaporation[j] = kinematic if evaporating else potential
        column.surface_humidity[j] = column.specific_humidity[j] + humid * CP_AIR / column.rch[j]

"""One time step of a block of columns, in the order of the processes, with its energy and water ledger."""

from __future__ import annotations

from lsmcal.noah.physics.atmosphere import air_properties
from lsmcal.noah.physics.canopy import canopy_resistance, evaporation, limit_to_held
from lsmcal.noah.physics.closed_surface import (
    close_after_heat,
    close_snow_free,
    fourth_power,
    ground_that_follows,
    guess_ground_heat,
    latent_heat_over_snow,
    one_heat_capacity,
)
from lsmcal.noah.physics.constants import RHO_WATER, SIGMA
from lsmcal.noah.physics.exchange import exchange_coefficients
from lsmcal.noah.physics.heat import heat_step
from lsmcal.noah.physics.snow import accumulate, compact, cover_and_albedo
from lsmcal.noah.physics.surface import (
    boundary_snow_free,
    ground_heat_guess,
    penman,
    skin_snow_free,
    snow_surface,
    surface_parameters,
    top_conductivity,
    turbulent_fluxes,
    water_input_snow_free,
)
from lsmcal.noah.physics.water import water_step
from lsmcal.noah.runtime.jit import LANES, kernel

#: Between these lie all surface temperatures measured on Earth [K].
COLDEST, WARMEST = 170.0, 360.0


@kernel
def count_snowpacks(column):
    """Lanes in which the snow branch is taken."""
    count = 0
    for j in range(LANES):
        count += int(column.snowpack[j] > 0.5)
    return count


@kernel
def absorbed_radiation(column):
    """Absorbed radiation [W m-2], with albedo and emissivity of the step before, as the reference has it."""
    for j in range(LANES):
        solar = column.shortwave[j] * (1.0 - column.albedo[j])
        column.absorbed[j] = solar + column.longwave[j] * column.emissivity[j]


@kernel
def surface_state(layers, column, dt, options):
    """Surface parameters, snowfall, conductivity at the top and the first guess of ground heat."""
    surface_parameters(column)
    accumulate(column, dt, options.snow_conserved)
    cover_and_albedo(column, dt)
    top_conductivity(layers, column)
    ground_heat_guess(layers, column)


@kernel
def energy_and_water(layers, column, dt, options):
    """Evaporation, water and heat: the part of the step that follows the potential evaporation.

    Parameters
    ----------
    layers : (nz,) records of LAYER
    column : record of COLUMN
    dt : float
        Time step [s].
    options : Options
    """
    snow = count_snowpacks(column)
    for j in range(LANES):
        column.snow_evaporation[j] = 0.0
        column.melt[j] = 0.0
        column.melt_heat[j] = 0.0
        column.water_created[j] = 0.0
        column.ice_lost_heat[j] = 0.0
    evaporation(layers, column, dt)
    if options.water_conserved:
        limit_to_held(layers, column, dt)
    water_input_snow_free(column)
    if snow > 0:
        snow_surface(layers, column, dt, options)
    water_step(layers, column, dt, options)
    if snow < LANES:
        bare_conductivity(layers, column)
        boundary_snow_free(layers, column)
        if options.surface_closed:
            close_snow_free(layers, column)
    heat_step(layers, column, dt, options.time_weight, options.freezing_converged)
    if options.surface_closed:
        close_after_heat(layers, column, options.time_weight)
    elif snow < LANES:
        skin_snow_free(layers, column)
    if snow > 0:
        compact(column, dt)


@kernel
def bare_conductivity(layers, column):
    """Without snow the top conductivity is taken anew after the water step; under snow the old one stays."""
    for j in range(LANES):
        column.conductivity_kept[j] = column.conductivity_top[j]
    top_conductivity(layers, column)
    for j in range(LANES):
        lies = column.snowpack[j] > 0.5
        column.conductivity_top[j] = column.conductivity_kept[j] if lies else column.conductivity_top[j]


@kernel
def remember(layers, column):
    """Keep what the ledger compares with."""
    for j in range(LANES):
        column.snow_water_start[j] = column.snow_water[j]
        column.canopy_water_start[j] = column.canopy_water[j]
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            layer.stored_water[j] = layer.water[j]


@kernel
def ledger(layers, column, dt):
    """Closure of energy [W m-2] and water [kg m-2 s-1] of the step; see the fields of LEDGER."""
    for j in range(LANES):
        column.energy_soil[j] = column.heat_into_soil[j] - column.heat_at_bottom[j]
        column.water_residual[j] = (column.snow_water[j] - column.snow_water_start[j]) + (
            column.canopy_water[j] - column.canopy_water_start[j]
        )
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            warmed = layer.heat_capacity[j] * layer.thickness[j] * layer.change[j] / dt
            column.energy_soil[j] -= warmed + layer.phase_heat[j]
            column.water_residual[j] += (layer.water[j] - layer.stored_water[j]) * layer.thickness[j]
    for j in range(LANES):
        emitted = column.emissivity[j] * SIGMA * fourth_power(column.skin_temperature[j])
        spent = column.sensible_heat[j] + column.latent_heat[j] + column.ground_heat[j]
        spent += column.precipitation_heat[j] + column.freezing_rain_heat[j] + column.melt_heat[j]
        runoff = column.surface_runoff[j] + column.drainage[j] + column.overflow[j] / dt
        known = (column.water_created[j] - column.snow_lost[j]) * RHO_WATER / dt
        gained = column.precipitation[j] - column.evaporation[j] - runoff * RHO_WATER
        column.energy_surface[j] = column.absorbed[j] - emitted - spent
        column.energy_interface[j] = column.ground_heat[j] - column.heat_into_soil[j]
        column.water_known[j] = known
        column.water_gained[j] = max(column.water_created[j], 0.0) * RHO_WATER / dt
        column.water_dropped[j] = (column.snow_lost[j] + max(-column.water_created[j], 0.0)) * RHO_WATER / dt
        column.ice_unheated[j] = column.ice_lost_heat[j] / dt
        skin = column.skin_temperature[j]
        column.temperature_excess[j] = max(skin - WARMEST, COLDEST - skin, 0.0)
        column.water_residual[j] = gained + known - column.water_residual[j] * RHO_WATER / dt


@kernel
def time_step(layers, column, table, dt, options):
    """Advance a block of columns by one step.

    Parameters
    ----------
    layers : (nz,) records of LAYER
    column : record of COLUMN
        With forcing and phenology of the step.
    table : (2, 10001) array
        Stability tables of :mod:`lsmcal.noah.physics.exchange`.
    dt : float
        Time step [s].
    options : Options
    """
    remember(layers, column)
    air_properties(column)
    exchange_coefficients(column, table, options)
    absorbed_radiation(column)
    surface_state(layers, column, dt, options)
    if options.surface_closed:
        ground_that_follows(layers, column, dt)
        guess_ground_heat(layers, column)
    penman(column)
    if options.surface_closed:
        one_heat_capacity(column)
    canopy_resistance(layers, column)
    energy_and_water(layers, column, dt, options)
    turbulent_fluxes(column)
    if options.surface_closed:
        latent_heat_over_snow(column)
    ledger(layers, column, dt)

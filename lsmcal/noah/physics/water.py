"""Water in the soil: infiltration and runoff, Richards equation for the liquid water.

Fluxes are positive downward, in m s-1. The equation is solved for the increment with coefficients at given water
contents; ice stays fixed during the step.
"""

from __future__ import annotations

from lsmcal.noah.physics.constants import L_FUSION, RHO_WATER, WATER_MIN
from lsmcal.noah.physics.heat import solve_increment
from lsmcal.noah.physics.hydraulics import hydraulic_functions
from lsmcal.noah.physics.water_limits import (
    ICE_LEAST,
    count_parts,
    find_limits,
    limit_fluxes,
    limit_gravity,
    scale_tendencies,
)
from lsmcal.noah.runtime import vecmath
from lsmcal.noah.runtime.jit import LANES, formula, kernel

#: Ice content of the column below which frozen ground does not hinder infiltration [m].
_ICE_FREE = 1e-2
#: Shape of the distribution of ice over the cell, alpha of Koren et al. 1999.
_CVFRZ = 3.0


@formula
def infiltration_capacity(rain, deficit, kdt, dt):
    """Infiltration allowed by the storage deficit before frozen ground and conductivity limit it [m s-1].

    ``[P D / (P + D)] / dt`` with P = rain dt and D = deficit (1 - exp(-KDT dt / day)). Schaake et al. 1996.
    """
    supply = max(rain * dt, 0.0)
    reachable = deficit * (1.0 - vecmath.exp(-kdt * dt / 86400.0))
    both = supply + reachable
    return supply * (reachable / (both if both != 0.0 else 1.0)) / dt


@formula
def frozen_ground_factor(column_ice, frzx):
    """Share of the ground that frozen soil leaves permeable. Koren et al. 1999."""
    a = _CVFRZ * frzx / max(column_ice, _ICE_FREE)
    factor = 1.0 - vecmath.exp(-a) * (1.0 + a + 0.5 * a * a)
    return factor if column_ice > _ICE_FREE else 1.0


@kernel
def _storage_deficit(layers, column, second):
    """Storage deficit and ice of the column [m] in ``deficit`` and ``column_ice``."""
    for j in range(LANES):
        column.deficit[j] = 0.0
        column.column_ice[j] = 0.0
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            corrected = second and column.needs_corrector[j] > 0.5
            capacity = layer.deficit_capacity_corrector[j] if corrected else layer.deficit_capacity[j]
            depth = layer.thickness[j] * layer.deficit_weight[j]
            column.deficit[j] += depth * (capacity - (layer.liquid_mid[j] + layer.ice[j]))
            column.column_ice[j] += depth * layer.ice[j]


@kernel
def infiltrate(layers, column, dt, second, frozen_ground):
    """Split ``throughfall`` into ``infiltration`` and ``surface_runoff`` [m s-1].

    Parameters
    ----------
    second : bool
        The second pass of the water step, which may see other deficit capacities.
    frozen_ground : bool
        Let the ice of the column reduce infiltration.
    """
    wet = 0
    for j in range(LANES):
        wet += int(column.throughfall[j] != 0.0)
    if wet == 0:
        for j in range(LANES):
            column.infiltration[j] = 0.0
            column.surface_runoff[j] = 0.0
        return
    _storage_deficit(layers, column, second)
    top = layers[0]
    for j in range(LANES):
        rain = column.throughfall[j]
        limit = infiltration_capacity(rain, column.deficit[j], column.kdt[j], dt)
        factor = frozen_ground_factor(column.column_ice[j], column.frzx[j])
        limit = limit * factor if frozen_ground else limit
        limit = min(max(limit, top.hydraulic_conductivity[j]), max(rain * dt, 0.0) / dt)
        excess = rain != 0.0 and rain > limit
        column.infiltration[j] = limit if excess else rain
        column.surface_runoff[j] = rain - limit if excess else 0.0


@kernel
def assemble_water(layers, column):
    """Tridiagonal tendency matrix [s-1] and right-hand side [s-1] of Richards equation for the liquid water."""
    count = layers.shape[0]
    last = layers[count - 1]
    for j in range(LANES):
        column.drainage[j] = column.slope[j] * last.hydraulic_conductivity[j]
        column.flux_above[j] = column.infiltration[j] - column.soil_evaporation[j]
        column.exchange_above[j] = 0.0
    for k in range(count - 1):
        layer = layers[k]
        below = layers[k + 1]
        for j in range(LANES):
            inverse = 1.0 / layer.thickness[j]
            exchange = layer.diffusivity[j] / layer.spacing[j]
            flux = exchange * (layer.liquid[j] - below.liquid[j]) + layer.hydraulic_conductivity[j]
            lower = -column.exchange_above[j] * inverse
            upper = -exchange * inverse
            layer.change[j] = (column.flux_above[j] - flux - layer.transpiration[j]) * inverse
            layer.lower[j] = lower
            layer.upper[j] = upper
            layer.centre[j] = -(lower + upper)
            column.flux_above[j] = flux
            column.exchange_above[j] = exchange
    for j in range(LANES):
        inverse = 1.0 / last.thickness[j]
        lower = -column.exchange_above[j] * inverse
        last.change[j] = (column.flux_above[j] - column.drainage[j] - last.transpiration[j]) * inverse
        last.lower[j] = lower
        last.upper[j] = 0.0
        last.centre[j] = -lower


@kernel
def update_water(layers, column, commit):
    """Apply the increments from the top down, passing excess over porosity to the next layer.

    Parameters
    ----------
    commit : bool
        Write ``water`` and ``liquid``; otherwise only ``liquid_first``, the state after the first pass.
    """
    for j in range(LANES):
        column.overflow[j] = 0.0
    for k in range(layers.shape[0]):
        layer = layers[k]
        if commit:
            for j in range(LANES):
                thickness, porosity, ice = layer.thickness[j], layer.porosity[j], layer.ice[j]
                total = layer.liquid[j] + layer.change[j] + column.overflow[j] / thickness + ice
                held = min(total, porosity)
                kept = max(held, WATER_MIN)
                column.overflow[j] = max(total - porosity, 0.0) * thickness
                layer.liquid[j] = max(kept - ice, 0.0)
                layer.water[j] = kept
                # what the lower limit makes from nothing, and ice that vanishes without heat
                column.water_created[j] += (kept - held) * thickness
                column.ice_lost_heat[j] += max(ice - kept, 0.0) * thickness * (RHO_WATER * L_FUSION)
        else:
            for j in range(LANES):
                thickness, porosity, ice = layer.thickness[j], layer.porosity[j], layer.ice[j]
                total = layer.liquid[j] + layer.change[j] + column.overflow[j] / thickness + ice
                column.overflow[j] = max(total - porosity, 0.0) * thickness
                layer.liquid_first[j] = max(max(min(total, porosity), WATER_MIN) - ice, 0.0)


@kernel
def _water_pass(layers, column, dt, options, second, frozen):
    """One evaluation of infiltration and Richards equation with the solution in ``change``.

    With ``frozen`` gravity is limited in layers with ice.
    """
    hydraulic_functions(layers, column, options.impedance)
    infiltrate(layers, column, dt, second, options.frozen_ground)
    if frozen:
        limit_gravity(layers, dt)
    assemble_water(layers, column)
    solve_increment(layers, dt, 1.0)


@kernel
def canopy_balance(column, dt):
    """Interception: ``drip`` [m], ``throughfall`` [m s-1] and the new ``canopy_water`` in ``canopy_new``."""
    for j in range(LANES):
        cover = column.greenness[j]
        supply = column.water_input[j]
        filled = column.canopy_water[j] + dt * (cover * supply - column.canopy_evaporation[j])
        capacity = column.cmcmax[j]
        column.drip[j] = max(filled - capacity, 0.0)
        column.throughfall[j] = (1.0 - cover) * supply + column.drip[j] / dt
        kept = min(filled, capacity)
        column.canopy_water[j] = 0.0 if kept < 1e-20 else kept


@kernel
def _choose_passes(layers, column, dt):
    """Mark the lanes that need the second pass; return how many."""
    top = layers[0]
    for j in range(LANES):
        heavy = column.throughfall[j] * dt > 0.1 * top.thickness[j] * top.porosity[j]
        column.needs_corrector[j] = 1.0 if heavy else 0.0
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            liquid = layer.liquid[j]
            wet = 1.0 if liquid > column.saturation_limit[j] * layer.porosity[j] else 0.0
            layer.ice[j] = layer.water[j] - liquid
            layer.liquid_mid[j] = liquid
            column.needs_corrector[j] = max(column.needs_corrector[j], wet)
    count = 0
    for j in range(LANES):
        count += int(column.needs_corrector[j] > 0.5)
    return count


@kernel
def _count_frozen(layers):
    """Layers of the block's lanes that hold ice."""
    count = 0
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            count += int(layer.ice[j] > ICE_LEAST)
    return count


@kernel
def _whole_step(column, dt):
    """``change`` is that of the whole step, after which no time is left."""
    for j in range(LANES):
        column.water_time[j] = dt
        column.water_rate[j] = 1.0 / dt
        column.water_later[j] = 0.0
        column.refused[j] = 0.0


@kernel
def _first_guess(layers, column, dt):
    """``liquid_first`` from the solution of the first pass, limited where it must be."""
    _whole_step(column, dt)
    if find_limits(layers, column, False) > 0:
        limit_fluxes(layers, column)
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            layer.liquid_first[j] = max(layer.liquid[j] + layer.change[j], 0.0)


@formula
def _kept(total, porosity, before, ice):
    """Total water within its bounds, which the limited fluxes leave by rounding only [m3 m-3]."""
    return max(min(total, max(porosity, before)), ice)


@kernel
def _settle(layers, column):
    """Write ``water`` and ``liquid``."""
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            ice = layer.ice[j]
            total = layer.liquid[j] + layer.change[j] + ice
            kept = _kept(total, layer.porosity[j], layer.water[j], ice)
            layer.liquid[j] = kept - ice
            layer.water[j] = kept
            column.water_created[j] += (kept - total) * layer.thickness[j]


@kernel
def _settle_some(layers, column, divided):
    """The same in the lanes that take the step as a whole, or in those that take another part."""
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            ice = layer.ice[j]
            total = layer.liquid[j] + layer.change[j] + ice
            kept = _kept(total, layer.porosity[j], layer.water[j], ice)
            now = (column.water_part[j] > 0.5) if divided else (column.water_parts[j] < 1.5)
            layer.liquid[j] = kept - ice if now else layer.liquid[j]
            layer.water[j] = kept if now else layer.water[j]
            column.water_created[j] += (kept - total) * layer.thickness[j] if now else 0.0


@kernel
def _conserve(layers, column, dt, impedance):
    """Apply the solution within its limits; where a layer gave more than it held, in parts of the step instead."""
    _whole_step(column, dt)
    most = 1
    for j in range(LANES):
        column.overflow[j] = 0.0
        column.water_parts[j] = 1.0
    if find_limits(layers, column, False) > 0:
        most = count_parts(layers, column, dt)
        limit_fluxes(layers, column)
    if most > 1:
        _settle_some(layers, column, False)
    else:
        _settle(layers, column)
    for j in range(LANES):
        refused = column.refused[j] if column.water_parts[j] < 1.5 else 0.0
        column.surface_runoff[j] += refused
        column.infiltration[j] -= refused
    if most > 1:
        _divide(layers, column, dt, impedance, most)


@kernel
def _divide(layers, column, dt, impedance, most):
    """Take the step in ``water_parts`` parts, with conductivities of their own, in the lanes that have more than one.

    Infiltration is that of the whole step, less what the first layer refuses.
    """
    for j in range(LANES):
        column.water_time[j] = dt / column.water_parts[j]
        column.water_rate[j] = column.water_parts[j] / dt
        column.drained[j] = 0.0
        column.refused_sum[j] = 0.0
    for part in range(most):
        for j in range(LANES):
            parts = column.water_parts[j]
            column.water_part[j] = 1.0 if (parts > 1.5) & (part < parts) else 0.0
            column.water_later[j] = max(dt - (part + 1.0) * column.water_time[j], 0.0)
            column.refused[j] = 0.0
            column.drainage_kept[j] = column.drainage[j]
        for k in range(layers.shape[0]):
            layer = layers[k]
            for j in range(LANES):
                layer.liquid_mid[j] = layer.liquid[j]
        hydraulic_functions(layers, column, impedance)
        assemble_water(layers, column)
        scale_tendencies(layers, column)
        solve_increment(layers, dt, 1.0)
        if find_limits(layers, column, True) > 0:
            limit_fluxes(layers, column)
        _settle_some(layers, column, True)
        for j in range(LANES):
            now = column.water_part[j] > 0.5
            share = 1.0 / column.water_parts[j]
            column.drained[j] += column.drainage[j] * share if now else 0.0
            column.refused_sum[j] += column.refused[j] * share if now else 0.0
            column.drainage[j] = column.drainage[j] if now else column.drainage_kept[j]
    for j in range(LANES):
        column.drainage[j] = column.drained[j] if column.water_parts[j] > 1.5 else column.drainage[j]
        column.surface_runoff[j] += column.refused_sum[j]
        column.infiltration[j] -= column.refused_sum[j]


@kernel
def water_step(layers, column, dt, options):
    """Advance canopy and soil water by one step.

    Parameters
    ----------
    layers : (nz,) records of LAYER
        Needs ``transpiration``; updates ``water`` and ``liquid``.
    column : record of COLUMN
        Needs ``water_input``, ``greenness``, ``soil_evaporation``, ``canopy_evaporation`` [m s-1]; sets
        ``surface_runoff``, ``drainage`` [m s-1], ``overflow`` and ``drip`` [m].
    dt : float
        Time step [s].
    options : Options

    Notes
    -----
    Under heavy rain or near saturation a second pass takes the hydraulic functions at the mean of the liquid water
    before and after the first one. A lane that needs no second pass goes through it unchanged.
    """
    canopy_balance(column, dt)
    correctors = _choose_passes(layers, column, dt)
    frozen = options.water_conserved and _count_frozen(layers) > 0
    _water_pass(layers, column, dt, options, False, frozen)
    if correctors > 0:
        if options.water_conserved:
            _first_guess(layers, column, dt)
        else:
            update_water(layers, column, False)
        for k in range(layers.shape[0]):
            layer = layers[k]
            for j in range(LANES):
                mean = (layer.liquid[j] + layer.liquid_first[j]) * 0.5
                layer.liquid_mid[j] = mean if column.needs_corrector[j] > 0.5 else layer.liquid[j]
        _water_pass(layers, column, dt, options, True, frozen)
    if options.water_conserved:
        _conserve(layers, column, dt, options.impedance)
    else:
        update_water(layers, column, True)

"""Limits of the soil's water fluxes: no layer gives more than it holds or takes more than it has room for.

The solution of Richards equation is linear in the water content with conductivities of the old state. In coarse soil
and long steps it can drain a layer below zero or fill it beyond its pores. Here the fluxes that led there are made
smaller, so that every drop stays accounted for. The limits are those of flux-corrected transport (Zalesak 1979,
J. Comput. Phys. 31, 335), applied in sweeps over the column.
"""

from __future__ import annotations

from lsmcal.noah.physics.constants import WATER_MIN
from lsmcal.noah.runtime.jit import LANES, formula, kernel

#: Most parts that a step of the water equation is divided into.
PARTS_MAX = 16.0
#: Ice content from which gravity is limited by the liquid water of a layer [m3 m-3].
ICE_LEAST = 1e-3
#: Change of water content that is no loss but rounding [m3 m-3].
_ROUNDING = 1e-14


@formula
def least_liquid(ice):
    """Liquid water that must stay in a layer [m3 m-3]: with its ice the least total water, and none below zero."""
    return max(WATER_MIN - ice, 0.0)


@formula
def _excess(liquid, ice, porosity, thickness, above, below, roots, rate):
    """Rate at which a layer would be filled beyond its pores [m s-1]; not positive where it has room."""
    return above - below - roots - (porosity - ice - liquid) * thickness * rate


@kernel
def limit_gravity(layers, dt):
    """In layers with ice gravity moves no more than the liquid water above the least.

    The conductivity of frozen ground is that of its total water, hindered by ice: it goes on without liquid water.
    """
    rate = 1.0 / dt
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            ice = layer.ice[j]
            most = max(layer.liquid[j] - least_liquid(ice), 0.0) * layer.thickness[j] * rate
            conductivity = layer.hydraulic_conductivity[j]
            layer.hydraulic_conductivity[j] = min(conductivity, most) if ice > ICE_LEAST else conductivity


@kernel
def find_limits(layers, column, divided):
    """Mark the lanes whose solution in ``change`` leaves the bounds, in ``exceeds``; return how many.

    2: a layer gives more than it holds, or, in a divided step, than evaporation leaves it in the rest of the step.
    1: one only takes more than it has room for. Else 0.
    """
    for j in range(LANES):
        column.exceeds[j] = 0.0
    for k in range(layers.shape[0]):
        layer = layers[k]
        surface = 1.0 if k == 0 else 0.0
        for j in range(LANES):
            ice, before = layer.ice[j], layer.liquid[j]
            after = before + layer.change[j]
            # a layer that began below the least may stay there, but not lose more
            low = min(least_liquid(ice), before) - _ROUNDING
            if divided:
                later = (layer.transpiration[j] + surface * column.soil_evaporation[j]) * column.water_later[j]
                low += later / layer.thickness[j]
            found = 1.0 if after + ice > layer.porosity[j] + _ROUNDING else 0.0
            column.exceeds[j] = max(column.exceeds[j], 2.0 if after < low else found)
    count = 0
    for j in range(LANES):
        count += int(column.exceeds[j] > 0.5)
    return count


@kernel
def _flux_at_surface(column):
    """Net flux into the first layer, in ``flux_above`` [m s-1]."""
    for j in range(LANES):
        column.flux_above[j] = column.infiltration[j] - column.soil_evaporation[j]


@kernel
def recover_fluxes(layers, column):
    """Downward flux through the lower edge of every layer that ``change`` stands for, in ``water_flux`` [m s-1]."""
    _flux_at_surface(column)
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            gained = layer.change[j] * layer.thickness[j] * column.water_rate[j]
            flux = column.flux_above[j] - layer.transpiration[j] - gained
            layer.water_flux[j] = flux
            column.flux_above[j] = flux


@kernel
def _find_spare(layers, column):
    """Water above the least that evaporation will not need later in the step, in ``water_spare`` [m s-1]."""
    for k in range(layers.shape[0]):
        layer = layers[k]
        surface = 1.0 if k == 0 else 0.0
        for j in range(LANES):
            later = (layer.transpiration[j] + surface * column.soil_evaporation[j]) * column.water_later[j]
            spare = (layer.liquid[j] - least_liquid(layer.ice[j])) * layer.thickness[j] - later
            layer.water_spare[j] = max(spare, 0.0) * column.water_rate[j]


@kernel
def limit_what_is_given(layers, column):
    """From the top down: what leaves a layer downward is at most what it holds and gets; upward, what it holds."""
    _find_spare(layers, column)
    _flux_at_surface(column)
    count = layers.shape[0]
    for k in range(count):
        layer = layers[k]
        below = layers[min(k + 1, count - 1)]
        inner = 1.0 if k < count - 1 else 0.0
        for j in range(LANES):
            upward = inner * max(below.water_spare[j] - below.transpiration[j], 0.0)
            downward = max(layer.water_spare[j] + column.flux_above[j] - layer.transpiration[j], 0.0)
            flux = max(min(layer.water_flux[j], downward), -upward)
            layer.water_flux[j] = flux
            column.flux_above[j] = flux


@kernel
def _return_downward(layers, column):
    """From the top down: what rose into a layer that has no room for it stays below."""
    _flux_at_surface(column)
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            below = layer.water_flux[j]
            excess = _excess(
                layer.liquid[j],
                layer.ice[j],
                layer.porosity[j],
                layer.thickness[j],
                column.flux_above[j],
                below,
                layer.transpiration[j],
                column.water_rate[j],
            )
            flux = below + min(max(excess, 0.0), max(-below, 0.0))
            layer.water_flux[j] = flux
            column.flux_above[j] = flux


@kernel
def _return_upward(layers, column):
    """From the bottom up: what came from above stays there; what the first layer refuses is ``refused`` [m s-1]."""
    for k in range(layers.shape[0] - 1, -1, -1):
        layer = layers[k]
        upper = layers[max(k - 1, 0)]
        surface = k == 0
        for j in range(LANES):
            above = column.infiltration[j] - column.soil_evaporation[j] if surface else upper.water_flux[j]
            excess = _excess(
                layer.liquid[j],
                layer.ice[j],
                layer.porosity[j],
                layer.thickness[j],
                above,
                layer.water_flux[j],
                layer.transpiration[j],
                column.water_rate[j],
            )
            column.refused[j] = max(excess, 0.0)
        if not surface:
            for j in range(LANES):
                upper.water_flux[j] -= column.refused[j]


@kernel
def _apply_fluxes(layers, column):
    """Replace ``change`` by what the limited fluxes give, in the lanes that were marked."""
    last = layers[layers.shape[0] - 1]
    for j in range(LANES):
        limited = column.exceeds[j] > 0.5
        column.refused[j] = column.refused[j] if limited else 0.0
        column.drainage[j] = last.water_flux[j] if limited else column.drainage[j]
        column.flux_above[j] = column.infiltration[j] - column.refused[j] - column.soil_evaporation[j]
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            flux = layer.water_flux[j]
            gained = column.flux_above[j] - flux - layer.transpiration[j]
            change = gained * column.water_time[j] / layer.thickness[j]
            layer.change[j] = change if column.exceeds[j] > 0.5 else layer.change[j]
            column.flux_above[j] = flux


@kernel
def limit_fluxes(layers, column):
    """Limit the solution in ``change`` of the lanes that :func:`find_limits` has marked.

    Parameters
    ----------
    layers : (nz,) records of LAYER
        Needs ``liquid``, ``ice``, ``transpiration`` and ``change``, which it updates.
    column : record of COLUMN
        Needs ``infiltration``, ``soil_evaporation`` [m s-1], ``exceeds``, ``water_time`` in which ``change`` happens
        and ``water_later``, the rest of the step [s]; updates ``drainage``, sets ``refused`` [m s-1].
    """
    recover_fluxes(layers, column)
    limit_what_is_given(layers, column)
    _return_downward(layers, column)
    _return_upward(layers, column)
    _apply_fluxes(layers, column)


@kernel
def count_parts(layers, column, dt):
    """Into how many parts a step is divided, ``water_parts``; return the most.

    Lanes in which no layer gives more than it holds take the step as a whole, and so do those whose water moves little,
    as in frozen ground.
    """
    for j in range(LANES):
        column.water_parts[j] = 0.0
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            # how often the layer would empty itself in the step
            emptied = layer.hydraulic_conductivity[j] * dt / (max(layer.liquid[j], WATER_MIN) * layer.thickness[j])
            column.water_parts[j] = max(column.water_parts[j], emptied)
    most = 1
    for j in range(LANES):
        parts = 1.0 + float(int(min(2.0 * column.water_parts[j], PARTS_MAX - 1.0)))
        column.water_parts[j] = parts if column.exceeds[j] > 1.5 else 1.0
        most = max(most, int(column.water_parts[j]))
    return most


@kernel
def scale_tendencies(layers, column):
    """Divide matrix and right-hand side by ``water_parts``: one part of the step instead of the whole."""
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            share = 1.0 / column.water_parts[j]
            layer.change[j] *= share
            layer.lower[j] *= share
            layer.centre[j] *= share
            layer.upper[j] *= share

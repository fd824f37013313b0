"""Heat in the soil: thermal conductivity, heat capacity, and the heat equation with phase change.

The equation is solved for the temperature increment with coefficients at the old state (Kalnay and Kanamitsu 1988,
scheme D); the weight of the new state is an option. Phase change and the flux at the bottom are explicit.
"""

from __future__ import annotations

from lsmcal.noah.physics.constants import HEAT_AIR, HEAT_ICE, HEAT_WATER, T0
from lsmcal.noah.physics.freezing import change_phase, edge_temperature, layer_mean_temperature, solve_freezing_curve
from lsmcal.noah.runtime import vecmath
from lsmcal.noah.runtime.jit import LANES, formula, kernel

_LOG_ICE = 0.78845736036427016946  # ln 2.2, conductivity of ice [W m-1 K-1]
_LOG_WATER = -0.56211891815354120030  # ln 0.57, conductivity of water
#: Water that must be ice for the soil to count as frozen [m3 m-3].
_FROZEN_WATER = 0.0005


@formula
def soil_conductivity(water, liquid, porosity, log_solid, dry, kersten_thawed, kersten_frozen):
    """Thermal conductivity of soil [W m-1 K-1].

    ``Ke (sat - dry) + dry`` with ``sat = solids 2.2**(porosity - xu) 0.57**xu``, ``xu = porosity liquid / water``.
    Johansen 1975 and Peters-Lidard et al. 1998; Cote and Konrad 2005 where their coefficients are given.

    Parameters
    ----------
    water, liquid, porosity : float
        Total water, liquid water and porosity [m3 m-3].
    log_solid : float
        ``(1 - porosity) ln(conductivity of solids)``.
    dry : float
        Conductivity of the dry soil [W m-1 K-1].
    kersten_thawed, kersten_frozen : float
        Cote-Konrad coefficients k of ``Ke = k S / (1 + (k - 1) S)``; a thawed one of 0 means ``log10 S + 1``.
    """
    saturation, log_saturated = _saturation(water, liquid, porosity, log_solid)
    frozen = liquid + _FROZEN_WATER < water
    kersten = _kersten(saturation, _kersten_johansen(saturation), frozen, kersten_thawed, kersten_frozen)
    return kersten * (vecmath.exp(log_saturated) - dry) + dry


@formula
def _saturation(water, liquid, porosity, log_solid):
    """Saturation, and the logarithm of the conductivity of saturated soil with the present share of ice."""
    inverse = 1.0 / (water * porosity)
    unfrozen = liquid * (porosity * porosity) * inverse
    return water * water * inverse, log_solid + (porosity - unfrozen) * _LOG_ICE + unfrozen * _LOG_WATER


@formula
def _kersten_johansen(saturation):
    """Kersten number of thawed soil after Johansen 1975."""
    logarithmic = vecmath.log10(max(saturation, 0.1)) + 1.0
    return logarithmic if saturation > 0.1 else 0.0


@formula
def _kersten(saturation, johansen, frozen, kersten_thawed, kersten_frozen):
    """Kersten number; see :func:`soil_conductivity`."""
    coefficient = kersten_frozen if frozen else kersten_thawed
    hyperbolic = coefficient * saturation / (1.0 + (coefficient - 1.0) * saturation)
    return johansen if (not frozen) & (kersten_thawed == 0.0) else hyperbolic


@formula
def soil_heat_capacity(water, liquid, porosity, solid_heat):
    """Volumetric heat capacity of soil from water, ice, solids and air [J m-3 K-1]."""
    return liquid * HEAT_WATER + solid_heat + (porosity - water) * HEAT_AIR + (water - liquid) * HEAT_ICE


@kernel
def layer_conductivity(layer):
    """Thermal conductivity of a layer at its present water and ice."""
    # each function in a loop of its own: in one the processor waits for one result after another
    thawed = 0
    for j in range(LANES):
        thawed += int(layer.liquid[j] + _FROZEN_WATER >= layer.water[j])
    for j in range(LANES):
        layer.saturation[j], layer.log_saturated[j] = _saturation(
            layer.water[j], layer.liquid[j], layer.porosity[j], layer.log_solid_conductivity[j]
        )
    if thawed > 0:
        for j in range(LANES):
            layer.johansen[j] = _kersten_johansen(layer.saturation[j])
    for j in range(LANES):
        frozen = layer.liquid[j] + _FROZEN_WATER < layer.water[j]
        thawed_coefficient, frozen_coefficient = layer.kersten_thawed[j], layer.kersten_frozen[j]
        dry, fixed = layer.dry_conductivity[j], layer.fixed_conductivity[j]
        kersten = _kersten(layer.saturation[j], layer.johansen[j], frozen, thawed_coefficient, frozen_coefficient)
        computed = kersten * (vecmath.exp(layer.log_saturated[j]) - dry) + dry
        layer.conductivity[j] = fixed if fixed >= 0.0 else computed


@kernel
def _boundary_layers(layers, column):
    """Top conductivity and the flux into the first layer, which the loop over layers begins with."""
    first = layers[0]
    for j in range(LANES):
        conductivity, difference = column.conductivity_top[j], column.yy[j] - first.temperature[j]
        flux = 2.0 * conductivity * difference / (first.thickness[j] * column.zz1[j])
        first.conductivity[j] = conductivity
        column.heat_into_soil[j] = flux
        column.heat_above[j] = flux


@kernel
def prepare_heat(layers, column):
    """Conductivity, heat capacity, edge temperatures and conductive gain of every layer at the old state.

    The first layer takes ``conductivity_top`` of the column, which canopy and snow have changed.
    """
    count = layers.shape[0]
    _boundary_layers(layers, column)
    for k in range(count):
        layer = layers[k]
        if k > 0:
            layer_conductivity(layer)
        for j in range(LANES):
            layer.heat_capacity[j] = soil_heat_capacity(
                layer.water[j], layer.liquid[j], layer.porosity[j], layer.solid_heat[j]
            )
            layer.conductance[j] = layer.conductivity[j] / layer.spacing[j]
        if k < count - 1:
            below = layers[k + 1]
            for j in range(LANES):
                upper, lower = layer.temperature[j], below.temperature[j]
                flux = layer.conductance[j] * (upper - lower)
                layer.edge[j] = edge_temperature(upper, lower, layer.edge_weight[j])
                layer.net_heat[j] = column.heat_above[j] - flux
                column.heat_above[j] = flux
    last = layers[count - 1]
    for j in range(LANES):
        temperature = last.temperature[j]
        flux = last.conductance[j] * (temperature - column.tbot[j])
        last.edge[j] = edge_temperature(temperature, column.tbot[j], last.edge_weight[j])
        last.net_heat[j] = column.heat_above[j] - flux
        column.heat_at_bottom[j] = flux


@formula
def _may_change_phase(top, node, bottom, ice):
    """1 where a layer holds ice or touches temperatures below freezing, else 0."""
    cold = min(top, min(node, bottom)) < T0
    return 1.0 if cold | (ice > 0.0) else 0.0


@kernel
def _mean_temperatures(layers, column):
    """Freezing-relevant mean temperature of every layer and whether phase change can happen in it."""
    first = layers[0]
    for j in range(LANES):
        zz1, node, bottom = column.zz1[j], first.temperature[j], first.edge[j]
        top = (column.yy[j] + (zz1 - 1.0) * node) / zz1
        first.mean_temperature[j] = layer_mean_temperature(top, node, bottom)
        first.phase_active[j] = _may_change_phase(top, node, bottom, first.water[j] - first.liquid[j])
    for k in range(1, layers.shape[0]):
        layer = layers[k]
        above = layers[k - 1]
        for j in range(LANES):
            top, node, bottom = above.edge[j], layer.temperature[j], layer.edge[j]
            layer.mean_temperature[j] = layer_mean_temperature(top, node, bottom)
            layer.phase_active[j] = _may_change_phase(top, node, bottom, layer.water[j] - layer.liquid[j])


@kernel
def phase_change(layers, column, dt, converged):
    """Freeze and thaw in every layer; sets ``phase_heat`` and updates ``liquid``."""
    _mean_temperatures(layers, column)
    for k in range(layers.shape[0]):
        layer = layers[k]
        active = 0
        for j in range(LANES):
            active += int(layer.phase_active[j] > 0.5)
        if active > 0:
            solve_freezing_curve(layer, converged)
            change_phase(layer, dt)
        else:
            for j in range(LANES):
                layer.phase_heat[j] = 0.0


@kernel
def assemble_heat(layers, column):
    """Tridiagonal tendency matrix [s-1] and right-hand side [K s-1] of the heat equation."""
    count = layers.shape[0]
    for j in range(LANES):
        column.conductance_above[j] = 0.0
    for k in range(count):
        layer = layers[k]
        outer = 1.0 if k < count - 1 else 0.0
        for j in range(LANES):
            inverse = 1.0 / (layer.heat_capacity[j] * layer.thickness[j])
            conductance = outer * layer.conductance[j]
            lower = -column.conductance_above[j] * inverse
            upper = -conductance * inverse
            column.conductance_above[j] = conductance
            layer.lower[j] = lower
            layer.upper[j] = upper
            layer.centre[j] = -(lower + upper)
            layer.change[j] = (layer.net_heat[j] - layer.phase_heat[j]) * inverse
    first = layers[0]
    for j in range(LANES):
        storage = first.heat_capacity[j] * first.thickness[j]
        first.centre[j] += 2.0 * first.conductivity[j] / (first.thickness[j] * column.zz1[j] * storage)


@kernel
def solve_increment(layers, dt, weight):
    """Solve ``(I + weight dt A) x = dt r`` by elimination; A, r as assembled, the solution in ``change``.

    Parameters
    ----------
    layers : (nz,) records of LAYER
    dt : float
        Time step [s].
    weight : float
        Weight of the new state: 1 implicit (the reference), 0.5 Crank-Nicolson.
    """
    count = layers.shape[0]
    factor = dt * weight
    first = layers[0]
    for j in range(LANES):
        inverse = 1.0 / (1.0 + factor * first.centre[j])
        first.upper[j] = factor * first.upper[j] * inverse
        first.change[j] = dt * first.change[j] * inverse
    for k in range(1, count):
        layer = layers[k]
        above = layers[k - 1]
        for j in range(LANES):
            lower = factor * layer.lower[j]
            inverse = 1.0 / (1.0 + factor * layer.centre[j] - lower * above.upper[j])
            layer.upper[j] = factor * layer.upper[j] * inverse
            layer.change[j] = (dt * layer.change[j] - lower * above.change[j]) * inverse
    for k in range(count - 2, -1, -1):
        layer = layers[k]
        below = layers[k + 1]
        for j in range(LANES):
            layer.change[j] -= layer.upper[j] * below.change[j]


@kernel
def heat_step(layers, column, dt, weight, converged):
    """Advance soil temperature and liquid water by one step.

    Parameters
    ----------
    layers : (nz,) records of LAYER
    column : record of COLUMN
        Needs ``yy``, ``zz1``, ``conductivity_top`` and ``tbot``; sets ``heat_into_soil``, ``heat_at_bottom`` [W m-2].
    dt : float
        Time step [s].
    weight : float
        Weight of the new state.
    converged : bool
        Solve the freezing curve to rounding.
    """
    prepare_heat(layers, column)
    phase_change(layers, column, dt, converged)
    assemble_heat(layers, column)
    solve_increment(layers, dt, weight)
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            layer.temperature[j] += layer.change[j]
    first = layers[0]
    for j in range(LANES):
        # the flux the implicit step really used
        coefficient = 2.0 * first.conductivity[j] / (first.thickness[j] * column.zz1[j])
        column.heat_into_soil[j] -= weight * coefficient * first.change[j]

"""Freezing and thawing of soil water: the freezing curve and the phase-change source of the heat equation.

Source: Koren et al. 1999, J. Geophys. Res. 104, 19569 (eq. 17 and the sub-layer averaging).
"""

from __future__ import annotations

from lsmcal.noah.physics.constants import (
    FREEZING_CK,
    FREEZING_ITERATIONS,
    FREEZING_LIQUID_MIN,
    FREEZING_TOLERANCE,
    L_FUSION,
    RHO_WATER,
    T0,
)
from lsmcal.noah.runtime import vecmath
from lsmcal.noah.runtime.jit import LANES, formula, kernel

#: Iterations allowed when the curve is solved to rounding (option ``freezing_solver = converged``).
_MANY_ITERATIONS = 60
_TIGHT_TOLERANCE = 1e-10
_THRESHOLD = T0 - 1e-3
_LATENT = RHO_WATER * L_FUSION


@formula
def edge_temperature(upper, lower, weight):
    """Temperature at the edge between two layers, linear between their nodes [K]."""
    return upper + (lower - upper) * weight


@formula
def _frozen_part(outer, inner):
    """Mean of min(T, T0) over a half-layer with straight temperature between its two ends [K]."""
    low = min(outer, inner)
    high = max(outer, inner)
    crossing = low < T0 and high >= T0
    span = high - low if crossing else 1.0
    share = (T0 - low) / span if crossing else 0.0
    mixed = T0 - 0.5 * share * (T0 - low)
    whole = 0.5 * (low + high) if high < T0 else T0
    return mixed if crossing else whole


@formula
def layer_mean_temperature(top, node, bottom):
    """Mean over the layer of the temperature that counts for freezing, thawed parts counting as T0 [K].

    Without any part below T0 it is the plain mean ``(top + 2 node + bottom) / 4``. Koren et al. 1999.
    """
    plain = 0.25 * (top + 2.0 * node + bottom)
    frozen = 0.5 * (_frozen_part(top, node) + _frozen_part(bottom, node))
    return plain if min(top, min(node, bottom)) >= T0 else frozen


@formula
def phase_change_liquid(liquid, water, free, gained):
    """Liquid water after phase change [m3 m-3].

    Parameters
    ----------
    liquid, water : float
        Liquid and total water before it.
    free : float
        Liquid water the freezing curve allows at the layer's temperature.
    gained : float
        Liquid that the layer's heat gain would melt (negative: freeze).

    Notes
    -----
    Cooling may not freeze below the curve nor thaw, warming not thaw beyond it nor freeze. Koren et al. 1999.
    """
    # the curve and the present state bound the new state from either side
    trial = min(max(liquid + gained, min(free, liquid)), max(free, liquid))
    return min(max(trial, 0.0), water)


@formula
def log_freezing_constant(psisat, porosity, freezing_b):
    """Logarithm of ``g SATPSI / Lf * MAXSMC**b``, the part of the curve that no state enters."""
    return vecmath.log(9.81 * psisat / L_FUSION) + freezing_b * vecmath.log(porosity)


@formula
def depression(temperature):
    """Logarithm of the relative freezing-point depression ``ln((T0 - T) / T)``; temperature below T0 [K]."""
    return vecmath.log((T0 - temperature) / temperature)


@formula
def curve_newton(ice, water, log_weight, log_left, offset, freezing_b):
    """Newton's next ice content on the freezing curve, before it is kept in [0, water - 0.02] [m3 m-3].

    Solves ``offset + 2 ln(1 + ck w) - b ln(water - w) = 0`` for the ice content w; the two logarithms are those at
    ``ice``, offset is :func:`log_freezing_constant` less :func:`depression`. Koren et al. 1999, eq. 17 with ck = 8.
    """
    weight = 1.0 + FREEZING_CK * ice
    left = water - ice
    value = offset + 2.0 * log_weight - freezing_b * log_left
    # the slope 2 ck / weight + b / left over a common denominator
    return ice - value * (weight * left) / (2.0 * FREEZING_CK * left + freezing_b * weight)


@formula
def curve_without_ice_weight(water, offset, freezing_b):
    """Liquid water on the curve with ck = 0, taken where the iteration does not converge [m3 m-3]."""
    free = vecmath.exp(offset / freezing_b)
    return max(min(free, water), FREEZING_LIQUID_MIN)


@kernel
def solve_freezing_curve(layer, converged):
    """Fill ``free_liquid`` of a layer from its ``mean_temperature``; the first guess is its present ice.

    Parameters
    ----------
    layer : record of LAYER
    converged : bool
        Iterate to rounding instead of stopping at the reference's loose tolerance of 0.005.
    """
    tolerance = _TIGHT_TOLERANCE if converged else FREEZING_TOLERANCE
    limit = _MANY_ITERATIONS if converged else FREEZING_ITERATIONS
    for j in range(LANES):
        water, mean = layer.water[j], layer.mean_temperature[j]
        frozen = mean <= _THRESHOLD
        first = max(min(water - layer.liquid[j], water - FREEZING_LIQUID_MIN), 0.0)
        layer.curve_offset[j] = layer.log_freezing[j] - depression(min(mean, _THRESHOLD))
        layer.ice_trial[j] = first if frozen else 0.0
        layer.unconverged[j] = 1.0 if frozen else 0.0
    pending = 0
    for _ in range(limit):
        pending = 0
        for j in range(LANES):
            ice = layer.ice_trial[j]
            layer.log_weight[j], layer.log_left[j] = vecmath.log_pair(1.0 + FREEZING_CK * ice, layer.water[j] - ice)
        for j in range(LANES):
            before, water = layer.ice_trial[j], layer.water[j]
            trial = curve_newton(
                before, water, layer.log_weight[j], layer.log_left[j], layer.curve_offset[j], layer.freezing_b[j]
            )
            # a converged lane is held by its bounds; storing a choice of old and new would be a slow masked store
            active = layer.unconverged[j] > 0.5
            low = 0.0 if active else before
            high = water - FREEZING_LIQUID_MIN if active else before
            trial = max(min(trial, high), low)
            goes_on = 1.0 if abs(trial - before) > tolerance else 0.0
            layer.ice_trial[j] = trial
            layer.free_liquid[j] = water - trial
            layer.unconverged[j] = goes_on
            pending |= vecmath.mark(goes_on)
        if pending == 0:
            break
    if pending != 0:
        for j in range(LANES):
            other = curve_without_ice_weight(layer.water[j], layer.curve_offset[j], layer.freezing_b[j])
            found = layer.free_liquid[j]
            layer.free_liquid[j] = other if layer.unconverged[j] > 0.5 else found


@kernel
def change_phase(layer, dt):
    """Freeze or thaw water of a layer where ``phase_active``: set ``phase_heat`` and update ``liquid``.

    Parameters
    ----------
    layer : record of LAYER
        Needs ``free_liquid`` and ``net_heat``.
    dt : float
        Time step [s].
    """
    rate = 1.0 / dt
    for j in range(LANES):
        latent = _LATENT * layer.thickness[j]
        liquid, free = layer.liquid[j], layer.free_liquid[j]
        # at rest the curve is taken to be where the liquid is
        free = free if layer.phase_active[j] > 0.5 else liquid
        after = phase_change_liquid(liquid, layer.water[j], free, layer.net_heat[j] * dt / latent)
        layer.phase_heat[j] = latent * (after - liquid) * rate
        layer.liquid[j] = after

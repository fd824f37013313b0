"""Freezing and thawing of soil water: the freezing curve and the phase-change source of the heat equation.

Source: Koren et al. 1999, J. Geophys. Res. 104, 19569 (eq. 17 and the sub-layer averaging).
"""

from __future__ import annotations

from . import vecmath
from .constants import (
    FREEZING_CK,
    FREEZING_ITERATIONS,
    FREEZING_LIQUID_MIN,
    FREEZING_TOLERANCE,
    L_FUSION,
    RHO_WATER,
    T0,
)
from .jit import LANES, formula, kernel

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
    thawed = top >= T0 and node >= T0 and bottom >= T0
    return plain if thawed else frozen


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
    trial = liquid + gained
    cooled = liquid if free > liquid else free
    warmed = liquid if free < liquid else free
    result = cooled if trial < liquid and trial < free else trial
    result = warmed if trial > liquid and trial > free else result
    return min(max(result, 0.0), water)


@formula
def log_freezing_constant(psisat, porosity, freezing_b):
    """Logarithm of ``g SATPSI / Lf * MAXSMC**b``, the part of the curve that no state enters."""
    return vecmath.log(9.81 * psisat / L_FUSION) + freezing_b * vecmath.log(porosity)


@formula
def depression(temperature):
    """Logarithm of the relative freezing-point depression ``ln((T0 - T) / T)``; temperature below T0 [K]."""
    return vecmath.log((T0 - temperature) / temperature)


@formula
def curve_newton(ice, water, offset, freezing_b):
    """One Newton step for the ice content on the freezing curve [m3 m-3].

    Solves ``offset + 2 ln(1 + ck w) - b ln(water - w) = 0`` for the ice content w, kept in [0, water - 0.02];
    offset is :func:`log_freezing_constant` less :func:`depression`. Koren et al. 1999, eq. 17 with ck = 8.
    """
    weight = 1.0 + FREEZING_CK * ice
    left = water - ice
    value = offset + 2.0 * vecmath.log(weight) - freezing_b * vecmath.log(left)
    slope = 2.0 * FREEZING_CK / weight + freezing_b / left
    return max(min(ice - value / slope, water - FREEZING_LIQUID_MIN), 0.0)


@formula
def curve_without_ice_weight(water, offset, freezing_b):
    """Liquid water on the curve with ck = 0, taken where the iteration does not converge [m3 m-3]."""
    free = vecmath.exp(offset / freezing_b)
    return max(min(free, water), FREEZING_LIQUID_MIN)


@kernel
def _count_unconverged(layer):
    """Lanes whose freezing-curve iteration goes on."""
    count = 0
    for j in range(LANES):
        count += int(layer.unconverged[j] > 0.5)
    return count


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
        frozen = layer.mean_temperature[j] <= _THRESHOLD
        first = max(min(layer.water[j] - layer.liquid[j], layer.water[j] - FREEZING_LIQUID_MIN), 0.0)
        layer.curve_offset[j] = layer.log_freezing[j] - depression(min(layer.mean_temperature[j], _THRESHOLD))
        layer.ice_trial[j] = first if frozen else 0.0
        layer.unconverged[j] = 1.0 if frozen else 0.0
    for _ in range(limit):
        for j in range(LANES):
            trial = curve_newton(
                layer.ice_trial[j], layer.water[j], layer.curve_offset[j], layer.freezing_b[j]
            )
            active = layer.unconverged[j] > 0.5
            change = abs(trial - layer.ice_trial[j])
            layer.ice_trial[j] = trial if active else layer.ice_trial[j]
            layer.unconverged[j] = 1.0 if active and change > tolerance else 0.0
        if _count_unconverged(layer) == 0:
            break
    for j in range(LANES):
        layer.free_liquid[j] = layer.water[j] - layer.ice_trial[j]
    if _count_unconverged(layer) > 0:
        for j in range(LANES):
            other = curve_without_ice_weight(layer.water[j], layer.curve_offset[j], layer.freezing_b[j])
            layer.free_liquid[j] = other if layer.unconverged[j] > 0.5 else layer.free_liquid[j]


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
    for j in range(LANES):
        gained = layer.net_heat[j] * dt / (_LATENT * layer.thickness[j])
        after = phase_change_liquid(layer.liquid[j], layer.water[j], layer.free_liquid[j], gained)
        after = after if layer.phase_active[j] > 0.5 else layer.liquid[j]
        layer.phase_heat[j] = _LATENT * layer.thickness[j] * (after - layer.liquid[j]) / dt
        layer.liquid[j] = after

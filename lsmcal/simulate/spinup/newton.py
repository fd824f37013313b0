"""How far columns still are from equilibrium, and the step that would take them there.

Over a cycle of years each layer gains some heat, as temperature or as melted ice; at equilibrium none does. The cycle's
mean conduction between the layers says by how much the temperatures must change until no layer gains heat any more:
one tridiagonal solution, a Newton step with conduction for the Jacobian. A thaw front that creeps hardly changes any
temperature, but the heat it takes is seen here. On 256 cells of the plateau this distance, read after any number of
cycles, is 0.85 to 1.15 times the true one in nine cells of ten (docs/equilibrium.md).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lsmcal.noah.physics.constants import HEAT_ICE, HEAT_WATER, L_FUSION, RHO_WATER, T0
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.simulate.state import freezing_curve_liquid, load_state

#: Heat that leaves the surface when it warms, by turbulence and radiation [W m-2 K-1]; its size hardly matters.
_SURFACE_EXCHANGE = 15.0
#: Layers that lie closer below 0 degC than this are not moved nearer to it by the first step [K].
_MARGIN = 0.2
#: No step is longer [K].
_LONGEST = 3.0
#: A layer whose temperature stays within this over the cycle does not freeze and thaw with the season [K].
_STEADY = 0.05


def heat_gain(blocks: Blocks, before: Mapping, after: Mapping, seconds: float) -> np.ndarray:
    """Mean heat that each layer gained between two states, latent heat included, (columns, nz) [W m-2]."""
    ice = after["water"] - after["liquid"]
    melted = (before["water"] - before["liquid"]) - ice
    capacity = after["liquid"] * HEAT_WATER + ice * HEAT_ICE + blocks.layer_field("solid_heat")
    warmed = after["temperature"] - before["temperature"]
    return blocks.layer_field("thickness") * (capacity * warmed + RHO_WATER * L_FUSION * melted) / seconds


def missing_warming(gain: np.ndarray, conductance: np.ndarray) -> np.ndarray:
    """By how much temperatures must rise until no layer gains heat.

    Parameters
    ----------
    gain : (columns, nz) array
        Of :func:`heat_gain` [W m-2].
    conductance : (columns, nz) array
        Mean conductance from each node to the next, for the last to TBOT [W m-2 K-1].

    Returns
    -------
    (columns, nz) array
        [K].
    """
    layers = gain.shape[1]
    diagonal = conductance.copy()
    diagonal[:, 1:] += conductance[:, :-1]
    diagonal[:, 0] += _SURFACE_EXCHANGE
    found = gain.copy()
    for k in range(1, layers):  # elimination downward: pairs of neighbours exchange by their conductance
        share = conductance[:, k - 1] / diagonal[:, k - 1]
        diagonal[:, k] -= share * conductance[:, k - 1]
        found[:, k] += share * found[:, k - 1]
    found[:, -1] /= diagonal[:, -1]
    for k in range(layers - 2, -1, -1):
        found[:, k] = (found[:, k] + conductance[:, k] * found[:, k + 1]) / diagonal[:, k]
    return found


def stepped(
    blocks: Blocks, state: Mapping, warming: np.ndarray, coldest: np.ndarray, warmest: np.ndarray, first: np.ndarray
) -> dict[str, np.ndarray]:
    """States after the step: temperature moved, ice on the freezing curve, total water as it was.

    Layers that freeze and thaw within the cycle are left alone; they follow within a year. The first step of a column
    leaves frozen layers frozen: once thawed they would lose their water, and no later step could bring it back.

    Parameters
    ----------
    blocks : Blocks
        With the parameters of the columns.
    state : mapping of str to array
        Of all columns.
    warming : (columns, nz) array
        Of :func:`missing_warming` [K].
    coldest, warmest : (columns, nz) arrays
        Extremes of the cycle [K].
    first : (columns,) array of bool
        Columns that make their first step.

    Returns
    -------
    dict of str to array
    """
    seasonal = (coldest < T0) & (warmest > T0) & (warmest - coldest > _STEADY)
    shift = np.clip(warming, -_LONGEST, _LONGEST)
    room = np.maximum(T0 - _MARGIN - warmest, 0.0)
    held = first[:, None] & (warmest < T0) & (warmest + shift > T0 - _MARGIN)
    shift = np.where(held, np.minimum(shift, room), shift)
    temperature = np.where(seasonal, state["temperature"], state["temperature"] + shift)
    trial = blocks.copy()
    load_state(trial, {**state, "temperature": temperature, "liquid": state["water"]})
    liquid = np.where(seasonal, state["liquid"], np.minimum(freezing_curve_liquid(trial), state["water"]))
    return {**state, "temperature": temperature, "liquid": liquid}

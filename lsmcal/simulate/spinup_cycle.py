"""Columns on their way to equilibrium, cycle by cycle.

All that is known of them stands in a dict of arrays with one row for each column, so that columns can be left out,
gathered anew, stored and taken up again without a number changing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lsmcal.noah.integrate import Annual, Drivers, Series, integrate
from lsmcal.noah.parameters.options import Options
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.simulate.spinup_newton import heat_gain, missing_warming, stepped
from lsmcal.simulate.state import COLUMN_NAMES, LAYER_NAMES, load_state, save_state

Columns = dict[str, np.ndarray]

#: Names of the state in the dict, and of the state before the last step of ``accelerated``.
_STATE, _BEFORE = "state.", "before."
_NAMES = (*COLUMN_NAMES, *LAYER_NAMES)
#: What is reported about each column.
REACHED = ("cycles", "steps", "converged", "drift_temperature", "drift_water", "drift_ice", "distance")
#: Cycles before the first step; steps at most; a step helped if the distance fell to this part of what it was; as long
#: as plain cycles halve the distance no step is made.
_FIRST, _MOST, _HELPED, _FALLING = 2, 8, 0.7, 0.5


def begin(blocks: Blocks) -> Columns:
    """Columns before their first cycle."""
    count, layers = blocks.columns, blocks.layers
    columns = {_STATE + name: values for name, values in save_state(blocks).items()}
    columns |= {_BEFORE + name: columns[_STATE + name].copy() for name in _NAMES}
    columns["mean"] = np.full((count, layers), np.nan)
    columns |= {name: np.zeros(count, np.int64) for name in ("cycles", "steps", "plain_cycles")}
    columns |= {name: np.zeros(count, bool) for name in ("converged", "settled", "quiet", "no_more_steps")}
    drifts = ("drift_temperature", "drift_water", "drift_ice", "distance", "distance_before")
    return columns | {name: np.full(count, np.nan) for name in drifts}


def state_of(columns: Columns) -> dict[str, np.ndarray]:
    """State of every column after its last cycle."""
    return {name: columns[_STATE + name] for name in _NAMES}


def rows(columns: Columns, index: np.ndarray) -> Columns:
    """Some columns."""
    return {name: values[index] for name, values in columns.items()}


def cycle(blocks: Blocks, drivers: Drivers, options: Options, columns: Columns, settings, **how) -> None:
    """One cycle of all columns; ``columns`` changes in place, except for those that have settled.

    Parameters
    ----------
    blocks : Blocks
        With the state of ``columns``; has it again afterwards.
    drivers : Drivers
        One cycle: whole years.
    options : Options
    columns : dict
        Of :func:`begin`.
    settings : SpinUp
    how
        ``substeps``, ``linear``, ``threads`` of :func:`lsmcal.noah.integrate.integrate`.
    """
    one = np.zeros(len(drivers), np.int64)
    extremes, flow = Annual(blocks, one), Series(blocks, one, layer=("conductance",))
    integrate(blocks, drivers, options, annual=extremes, series=flow, **how)
    after, before = save_state(blocks), state_of(columns)
    mean, coldest, warmest = (extremes.layer_value(f"temperature_{name}")[:, 0] for name in ("mean", "min", "max"))
    gain = heat_gain(blocks, before, after, len(drivers) * drivers.step)
    warming = missing_warming(gain, flow.layer_mean("conductance")[:, 0])
    found = _drift(columns["mean"], mean, before, after, blocks.layer_field("thickness"))
    found |= {_STATE + name: values for name, values in after.items()}
    found |= {"mean": mean, "distance": np.abs(warming).max(axis=1), "cycles": columns["cycles"] + 1}
    active = ~columns["settled"]
    for name, values in found.items():
        columns[name][active] = values[active]
    columns["plain_cycles"][active] += 1
    _settle(columns, settings, active)
    if settings.method == "accelerated":
        _step(blocks, columns, settings, warming, coldest, warmest)
    load_state(blocks, state_of(columns))


def _drift(mean_before, mean, before: Mapping, after: Mapping, thickness: np.ndarray) -> Columns:
    """Changes over a cycle: largest of a layer's mean temperature [K], summed of total water and of ice [mm]."""
    ice = (after["water"] - after["liquid"]) - (before["water"] - before["liquid"])
    return {
        "drift_temperature": np.abs(mean - mean_before).max(axis=1),
        "drift_water": _summed(np.abs(after["water"] - before["water"]), thickness),
        "drift_ice": _summed(np.abs(ice), thickness),
    }


def _summed(change: np.ndarray, thickness: np.ndarray) -> np.ndarray:
    """Sum over the layers [mm], one after the other: a matrix product's bits depend on how many columns there are."""
    total = np.zeros(len(change))
    for k in range(change.shape[1]):
        total += change[:, k] * (1000.0 * thickness[:, k])
    return total


def _settle(columns: Columns, settings, active: np.ndarray) -> None:
    """Decide which columns are at equilibrium."""
    quiet = (
        (columns["drift_temperature"] < settings.tolerance_temperature)
        & (columns["drift_water"] < settings.tolerance_water)
        & (columns["drift_ice"] < settings.tolerance_ice)
    )
    if settings.method == "accelerated":  # the means of two cycles after a step are compared, and nothing is left to do
        reached = quiet & (columns["distance"] < settings.tolerance_temperature) & (columns["plain_cycles"] >= 2)
    else:
        reached = quiet & columns["quiet"]
    reached &= columns["cycles"] >= settings.min_cycles
    columns["converged"][active] = reached[active]
    columns["quiet"][active] = quiet[active]
    if settings.method == "fixed":
        columns["settled"] |= columns["cycles"] >= settings.cycles
    else:
        columns["settled"] |= columns["converged"] | (columns["cycles"] >= settings.max_cycles)


def _step(blocks: Blocks, columns: Columns, settings, warming, coldest, warmest) -> None:
    """Take back a step that did harm, and make one where it is worth it."""
    active = ~columns["settled"]
    distance, before = columns["distance"], columns["distance_before"]
    judged = active & (columns["plain_cycles"] == 1) & (columns["steps"] > 0) & ~columns["no_more_steps"]
    columns["no_more_steps"] |= judged & ~(distance < _HELPED * before)
    for name in _NAMES:
        harmed = judged & ~(distance <= before)
        columns[_STATE + name][harmed] = columns[_BEFORE + name][harmed]
    slow = judged | ~(distance < _FALLING * before)
    ready = active & ~columns["no_more_steps"] & (columns["cycles"] >= _FIRST) & (columns["steps"] < _MOST)
    # one that ends with a step would not be an orbit of the model
    ready &= slow & (distance > settings.tolerance_temperature) & (columns["cycles"] <= settings.max_cycles - 2)
    if ready.any():
        state = state_of(columns)
        moved = stepped(blocks, state, warming, coldest, warmest, columns["steps"] == 0)
        for name in _NAMES:
            columns[_BEFORE + name][ready] = state[name][ready]
            columns[_STATE + name][ready] = moved[name][ready]
        columns["steps"][ready] += 1
        columns["plain_cycles"][ready] = 0
    columns["distance_before"][active] = distance[active]

"""Columns on their way to equilibrium, cycle by cycle.

All that is known of them, their progress, stands in a dict of arrays with one row for each column, so that columns can
be left out, gathered anew, stored and taken up again without a number changing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.statistics import Annual, Series
from lsmcal.simulate.advance import advance
from lsmcal.simulate.columns import Columns, Stretch
from lsmcal.simulate.spinup.newton import heat_gain, missing_warming, stepped
from lsmcal.simulate.state import COLUMN_NAMES, LAYER_NAMES, load_state, save_state

Progress = dict[str, np.ndarray]

#: Names of the state in the dict, and of the state before the last step of ``accelerated``.
_STATE, _BEFORE = "state.", "before."
_NAMES = (*COLUMN_NAMES, *LAYER_NAMES)
#: What is reported about each column.
REACHED = ("cycles", "steps", "converged", "drift_temperature", "drift_water", "drift_ice", "distance")
#: Cycles before the first step; steps at most; a step helped if the distance fell to this part of what it was; as long
#: as plain cycles halve the distance no step is made.
_FIRST, _MOST, _HELPED, _FALLING = 2, 8, 0.7, 0.5


def begin(blocks: Blocks) -> Progress:
    """Columns before their first cycle."""
    count, layers = blocks.columns, blocks.layers
    progress = {_STATE + name: values for name, values in save_state(blocks).items()}
    progress |= {_BEFORE + name: progress[_STATE + name].copy() for name in _NAMES}
    progress["mean"] = np.full((count, layers), np.nan)
    progress |= {name: np.zeros(count, np.int64) for name in ("cycles", "steps", "plain_cycles")}
    progress |= {name: np.zeros(count, bool) for name in ("converged", "settled", "quiet", "no_more_steps")}
    drifts = ("drift_temperature", "drift_water", "drift_ice", "distance", "distance_before")
    return progress | {name: np.full(count, np.nan) for name in drifts}


def state_of(progress: Progress) -> dict[str, np.ndarray]:
    """State of every column after its last cycle."""
    return {name: progress[_STATE + name] for name in _NAMES}


def rows(progress: Progress, index: np.ndarray) -> Progress:
    """Some columns."""
    return {name: values[index] for name, values in progress.items()}


def cycle(columns: Columns, stretch: Stretch, progress: Progress, settings) -> None:
    """One cycle of all columns; ``progress`` changes in place, except for columns that have finished.

    Parameters
    ----------
    columns : Columns
        With the state of ``progress``; have it again afterwards.
    stretch : Stretch
        One cycle: whole years.
    progress : dict
        Of :func:`begin`.
    settings : SpinUp

    Raises
    ------
    RunFailed
        When a column goes non-finite.
    """
    blocks, one = columns.blocks, np.zeros(len(stretch), np.int64)
    extremes, flow = Annual(blocks, one), Series(blocks, one, layer=("conductance",))
    advance(columns, stretch, annual=extremes, series=flow)
    after, before = save_state(blocks), state_of(progress)
    mean, coldest, warmest = (extremes.layer_value(f"temperature_{name}")[:, 0] for name in ("mean", "min", "max"))
    gain = heat_gain(blocks, before, after, len(stretch) * stretch.drivers.step)
    warming = missing_warming(gain, flow.layer_mean("conductance")[:, 0])
    found = _drift(progress["mean"], mean, before, after, blocks.layer_field("thickness"))
    found |= {_STATE + name: values for name, values in after.items()}
    found |= {"mean": mean, "distance": np.abs(warming).max(axis=1), "cycles": progress["cycles"] + 1}
    active = ~progress["settled"]
    for name, values in found.items():
        progress[name][active] = values[active]
    progress["plain_cycles"][active] += 1
    _settle(progress, settings, active)
    if settings.method == "accelerated":
        _step(blocks, progress, settings, warming, coldest, warmest)
    load_state(blocks, state_of(progress))


def _drift(mean_before, mean, before: Mapping, after: Mapping, thickness: np.ndarray) -> Progress:
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


def _settle(progress: Progress, settings, active: np.ndarray) -> None:
    """Decide which columns are at equilibrium."""
    quiet = (
        (progress["drift_temperature"] < settings.tolerance_temperature)
        & (progress["drift_water"] < settings.tolerance_water)
        & (progress["drift_ice"] < settings.tolerance_ice)
    )
    if settings.method == "accelerated":  # the means of two cycles after a step are compared, and nothing is left to do
        reached = quiet & (progress["distance"] < settings.tolerance_temperature) & (progress["plain_cycles"] >= 2)
    else:
        reached = quiet & progress["quiet"]
    reached &= progress["cycles"] >= settings.min_cycles
    progress["converged"][active] = reached[active]
    progress["quiet"][active] = quiet[active]
    if settings.method == "fixed":
        progress["settled"] |= progress["cycles"] >= settings.cycles
    else:
        progress["settled"] |= progress["converged"] | (progress["cycles"] >= settings.max_cycles)


def _step(blocks: Blocks, progress: Progress, settings, warming, coldest, warmest) -> None:
    """Take back a step that did harm, and make one where it is worth it."""
    active = ~progress["settled"]
    distance, before = progress["distance"], progress["distance_before"]
    judged = active & (progress["plain_cycles"] == 1) & (progress["steps"] > 0) & ~progress["no_more_steps"]
    progress["no_more_steps"] |= judged & ~(distance < _HELPED * before)
    for name in _NAMES:
        harmed = judged & ~(distance <= before)
        progress[_STATE + name][harmed] = progress[_BEFORE + name][harmed]
    slow = judged | ~(distance < _FALLING * before)
    ready = active & ~progress["no_more_steps"] & (progress["cycles"] >= _FIRST) & (progress["steps"] < _MOST)
    # one that ends with a step would not be an orbit of the model
    ready &= slow & (distance > settings.tolerance_temperature) & (progress["cycles"] <= settings.max_cycles - 2)
    if ready.any():
        state = state_of(progress)
        moved = stepped(blocks, state, warming, coldest, warmest, progress["steps"] == 0)
        for name in _NAMES:
            progress[_BEFORE + name][ready] = state[name][ready]
            progress[_STATE + name][ready] = moved[name][ready]
        progress["steps"][ready] += 1
        progress["plain_cycles"][ready] = 0
    progress["distance_before"][active] = distance[active]

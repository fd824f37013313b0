"""Spin-up: the same years again and again until they no longer change the column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lsmcal.noah.blocks import Blocks
from lsmcal.noah.integrate import Drivers, integrate
from lsmcal.noah.options import Options
from lsmcal.simulate.state import load_state, save_state


@dataclass(frozen=True)
class SpinUp:
    """How the column is brought to equilibrium.

    Parameters
    ----------
    method : {"converged", "fixed", "none"}
        Until two successive cycles change neither temperature nor water nor ice; a number of cycles; not at all.
    cycles : int
        Cycles of ``fixed``.
    min_cycles, max_cycles : int
        Bounds of ``converged``.
    tolerance_temperature : float
        Largest change of any layer over a cycle [K].
    tolerance_water, tolerance_ice : float
        Largest summed change of total water and of ice over a cycle [mm].
    """

    method: str = "converged"
    cycles: int = 100
    min_cycles: int = 3
    max_cycles: int = 100
    tolerance_temperature: float = 0.01
    tolerance_water: float = 1.0
    tolerance_ice: float = 1.0


@dataclass(frozen=True)
class Equilibrium:
    """What the spin-up came to.

    Parameters
    ----------
    cycles : (columns,) array of int
        Cycles each column ran.
    converged : (columns,) array of bool
    drift_temperature : (columns,) array
        Change of the worst layer over the last cycle [K].
    drift_water, drift_ice : (columns,) arrays
        Summed change over the last cycle [mm].
    """

    cycles: np.ndarray
    converged: np.ndarray
    drift_temperature: np.ndarray
    drift_water: np.ndarray
    drift_ice: np.ndarray


def _drift(before: dict, after: dict, thickness: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Changes between two states: largest of temperature [K], summed of total water and ice [mm]."""
    warmer = np.abs(after["temperature"] - before["temperature"]).max(axis=1)
    ice_before, ice_after = before["water"] - before["liquid"], after["water"] - after["liquid"]
    wetter, icier = np.abs(after["water"] - before["water"]), np.abs(ice_after - ice_before)
    return warmer, _summed(wetter, thickness), _summed(icier, thickness)


def _summed(change: np.ndarray, thickness: np.ndarray) -> np.ndarray:
    """Sum over the layers [mm], one after the other: a matrix product's bits depend on how many columns there are."""
    total = np.zeros(len(change))
    for k, thick in enumerate(thickness):
        total += change[:, k] * (1000.0 * thick)
    return total


def spin_up(
    blocks: Blocks,
    drivers: Drivers,
    options: Options,
    settings: SpinUp,
    *,
    substeps: int = 1,
    linear: bool = False,
    threads: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Equilibrium:
    """Repeat the steps of ``drivers`` until every column is at equilibrium; a column's end does not depend on others.

    Parameters
    ----------
    blocks : Blocks
        Advanced in place; each column ends with the state of its own last cycle.
    drivers : Drivers
        One cycle: whole years.
    options : Options
    settings : SpinUp
    substeps, linear, threads
        As in :func:`lsmcal.noah.integrate.integrate`.
    progress : callable, optional
        Called with the cycles done and the most there can be.

    Returns
    -------
    Equilibrium
    """
    count = blocks.columns
    nothing = np.zeros(count)
    if settings.method == "none":
        return Equilibrium(nothing.astype(int), np.zeros(count, bool), nothing, nothing, nothing)
    thickness = blocks.layer_field("thickness")[0]
    most = settings.cycles if settings.method == "fixed" else settings.max_cycles
    state = save_state(blocks)
    kept = {name: value.copy() for name, value in state.items()}
    active = np.ones(count, bool)
    quiet_before = np.zeros(count, bool)
    cycles, converged = np.zeros(count, int), np.zeros(count, bool)
    drift = [nothing.copy(), nothing.copy(), nothing.copy()]
    for cycle in range(1, most + 1):
        integrate(blocks, drivers, options, substeps=substeps, linear=linear, threads=threads)
        after = save_state(blocks)
        changes = _drift(state, after, thickness)
        quiet = (
            (changes[0] < settings.tolerance_temperature)
            & (changes[1] < settings.tolerance_water)
            & (changes[2] < settings.tolerance_ice)
        )
        for name in kept:
            kept[name][active] = after[name][active]
        for total, change in zip(drift, changes, strict=True):
            total[active] = change[active]
        cycles[active] = cycle
        settled = active & quiet & quiet_before & (cycle >= settings.min_cycles)
        if settings.method == "converged":
            converged |= settled
            active &= ~settled
        else:
            converged = quiet & quiet_before
        quiet_before, state = quiet, after
        if progress:
            progress(cycle, most)
        if not active.any():
            break
    load_state(blocks, kept)
    return Equilibrium(cycles, converged, *drift)

"""Spin-up: the same years again and again until they no longer change the column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lsmcal.noah.integrate import Drivers, IntegrationError
from lsmcal.noah.parameters.options import Options
from lsmcal.noah.runtime.blocks import Blocks, block_count
from lsmcal.simulate import spinup_cycle
from lsmcal.simulate.state import load_state

#: Increase with every change that changes an equilibrium; it is part of what an equilibrium depends on.
VERSION = 2


@dataclass(frozen=True)
class SpinUp:
    """How the column is brought to equilibrium.

    Parameters
    ----------
    method : {"converged", "accelerated", "fixed", "none"}
        Until two successive cycles change neither temperature nor water nor ice; the same with steps that take the
        column near its equilibrium, always ending with plain cycles; a number of cycles; not at all.
    cycles : int
        Cycles of ``fixed``.
    min_cycles, max_cycles : int
        Bounds of ``converged`` and ``accelerated``.
    tolerance_temperature : float
        Largest change of any layer's mean temperature from one cycle to the next [K]; for ``accelerated`` also the
        largest estimated distance to equilibrium.
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

    @property
    def most(self) -> int:
        """Cycles at most."""
        return {"none": 0, "fixed": self.cycles}.get(self.method, self.max_cycles)


@dataclass(frozen=True)
class Equilibrium:
    """What the spin-up came to.

    Parameters
    ----------
    cycles : (columns,) array of int
        Cycles each column ran.
    steps : (columns,) array of int
        Steps of ``accelerated``, those taken back included.
    converged : (columns,) array of bool
    drift_temperature : (columns,) array
        Change of the worst layer's mean temperature between the last two cycles [K]; NaN after a single cycle.
    drift_water, drift_ice : (columns,) arrays
        Summed change over the last cycle [mm].
    distance : (columns,) array
        How far the worst layer's temperature still is from equilibrium, as the heat gained in the last cycle says
        (:mod:`lsmcal.simulate.spinup_newton`) [K].
    """

    cycles: np.ndarray
    steps: np.ndarray
    converged: np.ndarray
    drift_temperature: np.ndarray
    drift_water: np.ndarray
    drift_ice: np.ndarray
    distance: np.ndarray


def round_ends(settings: SpinUp) -> list[int]:
    """Cycles after which the columns that are not settled yet are gathered into new blocks."""
    ends, end = [], settings.min_cycles + 1
    while end < settings.most and settings.method != "fixed":
        ends.append(end)
        end += max(end // 3, 2)
    return [*ends, settings.most] if settings.most else []


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

    Raises
    ------
    IntegrationError
        When a column, as numbered in ``blocks``, goes non-finite.
    """
    columns = spinup_cycle.begin(blocks)
    how = {"substeps": substeps, "linear": linear, "threads": threads}
    part, weather, held = blocks, drivers, np.arange(blocks.columns)
    done = 0
    for end in round_ends(settings):
        left = np.flatnonzero(~columns["settled"])
        if block_count(left.size) < len(part.column):
            part, weather, held = blocks.of_columns(left), drivers.of_columns(left), left
            load_state(part, spinup_cycle.state_of(spinup_cycle.rows(columns, held)))
        here = spinup_cycle.rows(columns, held)
        while done < end and not here["settled"].all():
            try:
                spinup_cycle.cycle(part, weather, options, here, settings, **how)
            except IntegrationError as error:
                error.column = int(held[error.column])
                raise
            done += 1
            if progress:
                progress(done, settings.most)
        for name, values in here.items():
            columns[name][held] = values
        if columns["settled"].all():
            break
    load_state(blocks, spinup_cycle.state_of(columns))
    return Equilibrium(**{name: columns[name] for name in spinup_cycle.REACHED})

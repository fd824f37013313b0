"""Spin-up: the same years again and again until they no longer change the column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lsmcal.noah.runtime.blocks import block_count
from lsmcal.simulate.columns import Columns, Stretch
from lsmcal.simulate.spinup import cycle as spinup_cycle
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
        (:mod:`lsmcal.simulate.spinup.newton`) [K].
    """

    cycles: np.ndarray
    steps: np.ndarray
    converged: np.ndarray
    drift_temperature: np.ndarray
    drift_water: np.ndarray
    drift_ice: np.ndarray
    distance: np.ndarray


def round_ends(settings: SpinUp) -> list[int]:
    """Cycles after which the unfinished columns are gathered into new blocks."""
    ends, end = [], settings.min_cycles + 1
    while end < settings.most and settings.method != "fixed":
        ends.append(end)
        end += max(end // 3, 2)
    return [*ends, settings.most] if settings.most else []


class SpinningUp:
    """Columns on their way to equilibrium, in fewer blocks as some of them finish.

    Parameters
    ----------
    columns : Columns
        Where the spin-up begins.
    cycle : Stretch
        Whole years.
    settings : SpinUp

    Attributes
    ----------
    progress : dict
        Of :mod:`lsmcal.simulate.spinup.cycle`, for all columns.
    """

    def __init__(self, columns: Columns, cycle: Stretch, settings: SpinUp):
        self.settings = settings
        self.progress = spinup_cycle.begin(columns.blocks)
        self._whole, self._over_whole = columns, cycle
        self._part, self._cycle, self._held = columns, cycle, np.arange(len(columns))

    @property
    def finished(self) -> bool:
        """Whether all columns have finished their spin-up."""
        return bool(self.progress["settled"].all())

    @property
    def blocks(self) -> int:
        """Blocks that a cycle takes."""
        return len(self._part.blocks.column)

    def gather(self) -> None:
        """Drop finished columns where that saves a block."""
        left = np.flatnonzero(~self.progress["settled"])
        if block_count(left.size) < self.blocks:
            self._part, self._held = self._whole.some(left), left
            self._cycle = self._over_whole.of_columns(left)
            load_state(self._part.blocks, spinup_cycle.state_of(spinup_cycle.rows(self.progress, left)))

    def cycle(self) -> None:
        """One cycle of those that are held.

        Raises
        ------
        RunFailed
            When a column goes non-finite.
        """
        here = spinup_cycle.rows(self.progress, self._held)
        spinup_cycle.cycle(self._part, self._cycle, here, self.settings)
        for name, values in here.items():
            self.progress[name][self._held] = values


def spin_up(
    columns: Columns, cycle: Stretch, settings: SpinUp, progress: Callable[[int, int], None] | None = None
) -> Equilibrium:
    """Repeat the steps of ``cycle`` until every column is at equilibrium; a column's end does not depend on others.

    Parameters
    ----------
    columns : Columns
        Advanced in place; each ends with the state of its own last cycle.
    cycle : Stretch
        Whole years.
    settings : SpinUp
    progress : callable, optional
        Called with the cycles done and the most there can be.

    Returns
    -------
    Equilibrium

    Raises
    ------
    RunFailed
        When a column goes non-finite.
    """
    spinning, done = SpinningUp(columns, cycle, settings), 0
    for end in round_ends(settings):
        spinning.gather()
        while done < end and not spinning.finished:
            spinning.cycle()
            done += 1
            if progress:
                progress(done, settings.most)
        if spinning.finished:
            break
    load_state(columns.blocks, spinup_cycle.state_of(spinning.progress))
    return Equilibrium(**{name: spinning.progress[name] for name in spinup_cycle.REACHED})

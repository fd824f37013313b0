"""Kernels compiled by one rank before all need them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lsmcal.noah.runtime.jit import CACHE_FOLDER, JIT_DISABLED
from lsmcal.noah.statistics import Annual, Series
from lsmcal.parallel.world import World
from lsmcal.simulate.advance import advance
from lsmcal.simulate.region import Region
from lsmcal.simulate.results import ANNUAL_FIELDS
from lsmcal.simulate.start import first_air, initialise

#: Steps of the weather that are enough to go through every kernel.
_STEPS = 8


def compile_first(region: Region, world: World) -> None:
    """Let one rank compile the kernels while the others wait; they load what it leaves in the cache of compiled code.

    Without this all ranks would compile the same for half a minute, each on a core of its own. Where a node does not
    see the cache of rank 0, its first rank compiles at the same time.

    Parameters
    ----------
    region : Region
    there : World
        Called by all of its ranks.
    """
    if not JIT_DISABLED:
        one_first(world, CACHE_FOLDER, lambda: touch_kernels(region))


def one_first(world: World, folder: Path, action: Callable[[], None]) -> None:
    """Do something on rank 0, and on the first rank of every node that has another folder there; the others wait.

    Parameters
    ----------
    there : World
        Called by all of its ranks; a single one does nothing.
    folder : Path
        Where ``action`` leaves something for the others.
    action : callable
    """
    if world.comm is None:
        return
    from mpi4py import MPI

    node = world.comm.Split_type(MPI.COMM_TYPE_SHARED)
    first_of_node = node.rank == 0
    node.Free()
    seen = _sees_folder_of_first(world, folder)
    if world.is_root or (first_of_node and not seen):
        action()
    world.barrier()


def _sees_folder_of_first(world: World, folder: Path) -> bool:
    """Whether a folder is the same as on rank 0, found out with a file that is there for a moment."""
    probe = folder / world.bcast(f".seen-{os.getpid()}-{os.urandom(8).hex()}")
    if world.is_root:
        probe.touch()
    world.barrier()
    seen = probe.exists()
    world.barrier()
    if world.is_root:
        probe.unlink(missing_ok=True)
    return seen


def touch_kernels(region: Region) -> None:
    """Take one cell a few steps through weather, column and statistics, as a run does."""
    index = np.zeros(1, int)
    first, _ = region.steps_of(*region.cycle)
    columns, stretch = region.columns(index), region.stretch(index, first, first + _STEPS)
    initialise(columns.blocks, region, region.profile, *first_air(columns, stretch))
    rows = np.zeros(_STEPS, int)
    series = Series(columns.blocks, rows, column=("skin_temperature",))
    advance(columns, stretch, series=series, annual=Annual(columns.blocks, rows, column=ANNUAL_FIELDS))

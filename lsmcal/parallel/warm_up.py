"""Something done by one rank before all need it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from lsmcal.parallel.world import World


def one_first(world: World, folder: Path, action: Callable[[], None]) -> None:
    """Do something on rank 0, and on the first rank of every node that has another folder there; the others wait.

    Parameters
    ----------
    world : World
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

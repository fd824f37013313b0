"""What the launcher of a job says: how many ranks it started, and which of them this process is."""

from __future__ import annotations

import os
from typing import NoReturn

from lsmcal.core.errors import InputError, Problem
from lsmcal.core.words import counted
from lsmcal.parallel.world import World

#: Set by the usual launchers for every process they start: its rank, the number of ranks.
_RANK = ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID")
_RANKS = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS", "PMIX_SIZE", "SLURM_STEP_NUM_TASKS")


#: Set when the other ranks have left.
_alone = False


def work_alone() -> None:
    """Count this process as the only rank from here on: the others have left."""
    global _alone
    _alone = True


def launched_world() -> World:
    """The ranks that ``mpiexec`` or ``srun`` started; a world of one without them.

    Raises
    ------
    InputError
        When there are several ranks but no MPI, or MPI sees one: launcher and library do not belong together.
    """
    wanted = launched_ranks()
    if wanted < 2 and not _under_srun():
        return World()
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:  # not installed, or no library of MPI behind it
        _launcher_error(wanted, f"mpi4py cannot be loaded: {error}", "mpi4py and an MPI library in this Python")
    comm = MPI.COMM_WORLD
    if wanted > 1 and comm.size == 1:
        library = " ".join(MPI.Get_library_version().splitlines()[0].split(",")[0].split())
        _launcher_error(wanted, f"MPI ({library}) sees one", "the mpiexec of the library that mpi4py loads")
    return World(comm.rank, comm.size, comm) if comm.size > 1 else World()


def launched_ranks() -> int:
    """How many ranks the launcher says it started; 1 without one, or when the others have left."""
    if _alone:
        return 1
    return max((int(os.environ.get(name) or 1) for name in _RANKS), default=1)


def _launcher_error(wanted: int, reason: str, expected: str) -> NoReturn:
    problem = Problem(f"the launcher started {counted(wanted, 'rank')}, but {reason}", source="MPI", expected=expected)
    raise InputError([problem], complete=True)


def launched_rank() -> int:
    """Rank of this process as its launcher says, without starting MPI; 0 without one, or when the others have left."""
    if _alone:
        return 0
    return next((int(os.environ[name]) for name in _RANK if os.environ.get(name)), 0)


def _under_srun() -> bool:
    return not _alone and "SLURM_PROCID" in os.environ and int(os.environ.get("SLURM_NTASKS") or 1) > 1

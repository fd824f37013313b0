"""The end of a job of several ranks: one that is gone would be waited for for ever, so that all end with it."""

from __future__ import annotations

import sys
import time
import traceback
from typing import Any, NoReturn

from lsmcal.core.errors import InputError
from lsmcal.core.words import printable
from lsmcal.parallel.checkpoints import StoreError
from lsmcal.parallel.world import POLL, World

#: Seconds for the launcher to pass on what was said.
_TO_BE_HEARD = 0.3
#: Seconds until the ranks of a stopped job have all come to its end.
_GATHERING = 20.0


def end_all(status: int, words: str, said: bool) -> None:
    """End a job of several ranks at once, with a status; return if it has one rank.

    Parameters
    ----------
    status : int
    words : str
        Why; a rank other than 0 says it only if rank 0 has not ended the job for the same reason.
    said : bool
        Rank 0 has said it already.
    """
    comm = _ranks()
    if comm is None:
        return
    if comm.rank:
        time.sleep(1.0)  # most likely rank 0 has the same to say
        words = f"rank {comm.rank} of {comm.size}: {words}"
    if comm.rank or not said:
        print(printable(words), file=sys.stderr)
    _end_now(comm, status)


def leave_together(status: int) -> None:
    """End a job that all of its ranks stop, with a status; return if it has one rank.

    Rank 0 ends them when all have come here, their records written. If each ended by itself, the launcher would kill
    the ranks that are left when the first one is gone, and report the kill.
    """
    comm = _ranks()
    if comm is None:
        return
    if _all_here(comm) and comm.rank:
        time.sleep(_GATHERING)
    _end_now(comm, status)


def _all_here(comm) -> bool:
    """Whether every rank has come here, or does so in time."""
    deadline = time.monotonic() + _GATHERING
    request = comm.Ibarrier()
    while not request.Test():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def _ranks() -> Any:
    """The communicator of a job of several ranks; None if MPI was not started: then nobody waits for this rank."""
    if "mpi4py.MPI" not in sys.modules:
        return None
    from mpi4py import MPI

    return MPI.COMM_WORLD if MPI.COMM_WORLD.size > 1 else None


def abort(world: World, error: BaseException, piece: str) -> NoReturn:
    """Say what happened and end the job: a rank that is gone would be waited for for ever."""
    known = isinstance(error, (InputError, StoreError))  # damaged forcing, a full disk: no fault of the program
    lines = f"{error}\n" if known else "".join(traceback.format_exception(error))
    words = f"{lines}rank {world.rank} of {world.size} failed at {piece}; all ranks stop"
    print(printable(words), file=sys.stderr)
    _end_now(world.comm, 2 if isinstance(error, InputError) else 1)


def _end_now(comm, status: int) -> NoReturn:
    """End all ranks, when the launcher has had time to pass on what was said: it may drop what comes at the end."""
    sys.stderr.flush()
    time.sleep(_TO_BE_HEARD)
    comm.Abort(status)
    raise SystemExit(status)  # an Abort that returns ends this rank at least

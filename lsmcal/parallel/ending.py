"""The end of a job of several ranks: one that is gone would be waited for for ever, so that all end with it."""

from __future__ import annotations

import sys
import time
import traceback
from dataclasses import dataclass
from typing import Any, NoReturn

from lsmcal.core.errors import InputError
from lsmcal.core.words import printable
from lsmcal.parallel.checkpoints import StoreError
from lsmcal.parallel.launch import launched_ranks
from lsmcal.parallel.world import POLL, World

#: Tag of the message with which a rank says that it ends; those of the scheduler are lower.
_END = 17
#: Seconds until a rank that was refused its input takes it that the others were not.
_PATIENCE = 2.0
_TO_BE_HEARD = 0.3
#: Seconds until the ranks of a stopped job have all come to its end.
_GATHERING = 20.0


def end_all(status: int, words: str, said: bool) -> None:
    """End a job of several ranks at once, with a status; return if it has one rank, or if all ranks end by themselves.

    Parameters
    ----------
    status : int
    words : str
        Why; a rank other than 0 says it only if rank 0 has not ended the job for the same reason.
    said : bool
        Rank 0 has said it already.
    """
    world = _world_to_end()
    if world is None or (world.fresh and _all_end(world.comm)):
        return
    comm = world.comm
    if comm.rank:
        time.sleep(0.0 if world.fresh else 1.0)  # most likely rank 0 has the same to say
        words = f"rank {comm.rank} of {comm.size}: {words}"
    if comm.rank or not said:
        print(printable(words), file=sys.stderr)
    _end_now(comm, status)


def leave_together(status: int) -> None:
    """End a job that all of its ranks stop, with a status; return if it has one rank or MPI was not started.

    Rank 0 ends them when all have come here, their records written. If each ended by itself, the launcher would kill
    the ranks that are left when the first one is gone, and report the kill.
    """
    world = _world_to_end()
    if world is None or world.fresh:
        return
    if _all_here(world.comm) and world.comm.rank:
        time.sleep(_GATHERING)
    _end_now(world.comm, status)


def _all_here(comm) -> bool:
    """Whether every rank has come here, or does so in time."""
    deadline = time.monotonic() + _GATHERING
    request = comm.Ibarrier()
    while not request.Test():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


@dataclass(frozen=True)
class _Ending:
    comm: Any
    fresh: bool  # MPI was started only to tell the others


def _world_to_end() -> _Ending | None:
    """The ranks to be told of the end; MPI is started if need be, since some may wait for this rank to start it."""
    fresh = "mpi4py.MPI" not in sys.modules
    if fresh and launched_ranks() < 2:
        return None
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError):
        return None
    return _Ending(MPI.COMM_WORLD, fresh) if MPI.COMM_WORLD.size > 1 else None


def _all_end(comm) -> bool:
    """Whether every rank has come here before it started MPI for work, so that nobody is left waiting."""
    deadline = time.monotonic() + _PATIENCE
    if comm.rank:
        comm.send(None, dest=0, tag=_END)
        return _await(comm, {0}, deadline)
    whole = _await(comm, set(range(1, comm.size)), deadline)
    for other in range(1, comm.size) if whole else ():
        comm.send(None, dest=other, tag=_END)
    return whole


def _await(comm, others: set[int], deadline: float) -> bool:
    """Hear of the end of some ranks; False if not of all in time."""
    while others and time.monotonic() < deadline:
        for other in [other for other in others if comm.Iprobe(source=other, tag=_END)]:
            comm.recv(source=other, tag=_END)
            others.discard(other)
        time.sleep(POLL)
    return not others


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

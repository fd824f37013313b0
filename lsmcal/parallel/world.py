"""Work spread over MPI ranks and threads; the only module that knows about ranks.

Each piece of work is done once, by whoever is free. On every rank the main thread only talks and waits, and the given
number of threads compute (the kernels release the interpreter lock), so that rank 0, which hands out the pieces,
computes like all others. Without ``mpiexec`` the same code runs with rank 0 alone.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import NoReturn

from lsmcal.core.errors import InputError, Problem
from lsmcal.parallel.checkpoints import StoreError

#: Exit status of a job that was asked to stop and should be started again (EX_TEMPFAIL).
REQUEUE = 75
_ASK, _PIECE, _NO_MORE, _DONE, _STOP, _REPORT, _END = range(11, 18)
_POLL = 0.01
#: Seconds until a rank that was refused its input takes it that the others were not.
_PATIENCE = 2.0
_TO_BE_HEARD = 0.3
#: Set by the usual launchers for every process they start: the number of ranks.
_RANKS = ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID")
_LAUNCHERS = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS", "PMIX_SIZE", "SLURM_STEP_NUM_TASKS")


@dataclass(frozen=True)
class World:
    """The ranks of a job.

    Parameters
    ----------
    rank, size : int
    comm : mpi4py communicator or None
    """

    rank: int = 0
    size: int = 1
    comm: object = None

    @property
    def is_root(self) -> bool:
        """Whether this is rank 0, which alone talks to the user."""
        return self.rank == 0

    def barrier(self) -> None:
        """Return when every rank has come here; waiting ranks sleep."""
        if self.comm is not None:
            request = self.comm.Ibarrier()
            while not request.Test():
                time.sleep(_POLL)

    def bcast(self, value):
        """The value that rank 0 has; the others wait for it."""
        if self.comm is None:
            return value
        self.barrier()
        return self.comm.bcast(value, root=0)


class Stopped(Exception):
    """The job was asked to stop; its checkpoints are written."""

    def __init__(self):
        super().__init__("stopped as asked; the checkpoints are written, and the same command goes on from them")


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
        _refuse_launcher(wanted, f"mpi4py cannot be loaded: {error}", "mpi4py and an MPI library in this Python")
    comm = MPI.COMM_WORLD
    if wanted > 1 and comm.size == 1:
        library = MPI.Get_library_version().split(",")[0].strip()
        _refuse_launcher(wanted, f"MPI ({library}) sees one", "the mpiexec of the library that mpi4py loads")
    return World(comm.rank, comm.size, comm) if comm.size > 1 else World()


def launched_ranks() -> int:
    """How many ranks the launcher says it started; 1 without one."""
    return max((int(os.environ.get(name) or 1) for name in _LAUNCHERS), default=1)


def _refuse_launcher(wanted: int, reason: str, expected: str) -> NoReturn:
    problem = Problem(f"the launcher started {wanted} ranks, but {reason}", source="MPI", expected=expected)
    raise InputError([problem], complete=True)


def launched_rank() -> int:
    """Rank of this process as its launcher says, without starting MPI; 0 without one."""
    return next((int(os.environ[name]) for name in _RANKS if os.environ.get(name)), 0)


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
        print(words, file=sys.stderr)
    _end_now(comm, status)


@dataclass(frozen=True)
class _Ending:
    comm: object
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
        time.sleep(_POLL)
    return not others


def _under_srun() -> bool:
    return "SLURM_PROCID" in os.environ and int(os.environ.get("SLURM_NTASKS") or 1) > 1


class Stop:
    """A wish to stop, from a signal or another rank; work looks at it between its steps.

    As a context manager it catches SIGTERM, SIGUSR1 (Slurm's warning) and Ctrl-C; a second Ctrl-C ends at once.
    """

    _SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)

    def __init__(self):
        self._event = threading.Event()
        self._before: dict = {}
        self.interrupted = False

    def __bool__(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        """Wish to stop."""
        self._event.set()

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._caught) for number in self._SIGNALS}
        return self

    def _caught(self, number, _frame) -> None:
        self.set()
        if number == signal.SIGINT:
            self.interrupted = True
            signal.signal(number, signal.default_int_handler)

    def __exit__(self, *error) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


#: Does one piece: called with the piece and a function to report (done, of) with; returns whether it came to its end.
Work = Callable[[int, Callable[[int, int], None]], bool]


def distribute(
    world: World,
    pieces: Sequence[int],
    work: Work,
    stop: Stop,
    *,
    threads: int = 1,
    progress: Callable[[int, int, int], None] | None = None,
    name: Callable[[int], str] = str,
) -> None:
    """Do every piece of work once, on all ranks and threads; to be called by all ranks with the same pieces.

    Parameters
    ----------
    there : World
    pieces : sequence of int
        In the order they are begun.
    work : callable
        See :data:`Work`.
    stop : Stop
        When it is set, on whichever rank, no piece is begun; work that sees it returns False.
    threads : int
        Pieces done at a time on each rank.
    progress : callable, optional
        On rank 0, called with (piece, done, of).
    name : callable
        What a piece is called in messages.

    Raises
    ------
    Stopped
        On every rank, if not all was done because of ``stop``.
    Exception
        What a piece raised, if there is one rank; with several the message is printed and the whole job ended at once.
    """
    crew = _Crew(work, threads, name, world)
    try:
        unfinished = _hand_out(world, pieces, crew, stop, progress) if world.is_root else _take(world, crew, stop)
    except BaseException:
        stop.set()  # the other threads of this rank need not go on to the end of their pieces
        raise
    finally:
        crew.close()
    if world.bcast(unfinished):
        raise Stopped


class _Crew:
    """The computing threads of a rank."""

    def __init__(self, work: Work, threads: int, name, world: World):
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="lsmcal")
        self._work, self._name, self._world = work, name, world
        self._busy: dict[Future, int] = {}
        self._threads = threads
        self.reports: queue.SimpleQueue = queue.SimpleQueue()

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def free(self) -> int:
        return self._threads - len(self._busy)

    @property
    def busy(self) -> bool:
        return bool(self._busy)

    def begin(self, piece: int) -> None:
        report = lambda done, of: self.reports.put((piece, done, of))  # noqa: E731
        self._busy[self._pool.submit(self._work, piece, report)] = piece

    def ended(self, patience: float) -> list[tuple[int, bool]]:
        """Pieces that ended since, and whether they came to their end; waits a little if there are none."""
        if not self._busy:
            time.sleep(patience)
            return []
        done, _ = wait(self._busy, timeout=patience, return_when="FIRST_COMPLETED")
        return [(piece, self._result(future, piece)) for future in done for piece in [self._busy.pop(future)]]

    def _result(self, future: Future, piece: int) -> bool:
        error = future.exception()
        if error is None:
            return future.result()
        if self._world.comm is None:
            raise error
        _abort(self._world, error, self._name(piece))


def _abort(world: World, error: BaseException, piece: str) -> None:
    """Say what happened and end the job: a rank that is gone would be waited for for ever."""
    known = isinstance(error, (InputError, StoreError))  # damaged forcing, a full disk: no fault of the program
    lines = f"{error}\n" if known else "".join(traceback.format_exception(error))
    print(f"{lines}rank {world.rank} of {world.size} failed at {piece}; all ranks stop", file=sys.stderr)
    _end_now(world.comm, 2 if isinstance(error, InputError) else 1)


def _end_now(comm, status: int) -> NoReturn:
    """End all ranks, when the launcher has had time to pass on what was said: it may drop what comes at the end."""
    sys.stderr.flush()
    time.sleep(_TO_BE_HEARD)
    comm.Abort(status)


def _hand_out(world: World, pieces: Sequence[int], crew: _Crew, stop: Stop, progress) -> bool:
    """Rank 0: give pieces to itself and to whoever asks, until all is done; True if something was left undone."""
    waiting, unfinished, away, dismissed, told = list(pieces)[::-1], False, 0, 0, False
    while waiting or crew.busy or away or dismissed < world.size - 1:
        if stop and not told:
            told, unfinished, waiting = True, unfinished or bool(waiting), []
            for other in range(1, world.size):
                world.comm.send(None, dest=other, tag=_STOP)
        while waiting and crew.free:
            crew.begin(waiting.pop())
        for _piece, whole in crew.ended(_POLL):
            unfinished |= not whole
        while world.comm is not None and (message := _message(world)) is not None:
            sender, tag, content = message
            if tag == _DONE:
                away -= 1
                unfinished |= not content
            elif tag == _STOP:
                stop.set()
            elif tag == _ASK:
                piece = waiting.pop() if waiting else None
                away += piece is not None
                dismissed += piece is None
                world.comm.send(piece, dest=sender, tag=_NO_MORE if piece is None else _PIECE)
            elif progress:
                progress(*content)
        _pass_on(crew, progress)
    return unfinished


def _take(world: World, crew: _Crew, stop: Stop) -> bool:
    """Other ranks: ask for pieces until there are no more."""
    asked, over, told = False, False, False
    while not over or crew.busy or asked:
        if crew.free and not asked and not over:
            world.comm.send(None, dest=0, tag=_ASK)
            asked = True
        if stop and not told:
            told = True
            world.comm.send(None, dest=0, tag=_STOP)
        ended = crew.ended(_POLL)
        # before the ends: rank 0 listens no longer than to the last of them
        _pass_on(crew, lambda *report: world.comm.send(report, dest=0, tag=_REPORT))
        for _piece, whole in ended:
            world.comm.send(whole, dest=0, tag=_DONE)
        while (message := _message(world)) is not None:
            _, tag, content = message
            if tag == _STOP:
                told = True
                stop.set()
                continue
            asked, over = False, tag == _NO_MORE
            if tag == _PIECE:
                crew.begin(content)
    return False


def _message(world: World):
    from mpi4py import MPI

    status = MPI.Status()
    if not world.comm.Iprobe(source=MPI.ANY_SOURCE, tag=MPI.ANY_TAG, status=status):
        return None
    sender, tag = status.Get_source(), status.Get_tag()
    return sender, tag, world.comm.recv(source=sender, tag=tag)


def _pass_on(crew: _Crew, progress) -> None:
    """Hand on the latest report of each piece."""
    latest = {}
    while not crew.reports.empty():
        piece, done, of = crew.reports.get()
        latest[piece] = done, of
    for piece, (done, of) in latest.items():
        if progress:
            progress(piece, done, of)

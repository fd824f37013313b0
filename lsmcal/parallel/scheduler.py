"""Pieces of work handed out to MPI ranks and threads.

Each piece of work is done once, by whoever is free. On every rank the main thread only talks and waits, and the given
number of threads compute (the kernels release the interpreter lock), so that rank 0, which hands out the pieces,
computes like all others. Without ``mpiexec`` the same code runs with rank 0 alone.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from lsmcal.parallel.ending import abort
from lsmcal.parallel.stop import Stop, Stopped
from lsmcal.parallel.world import POLL, World

_ASK, _PIECE, _NO_MORE, _DONE, _STOP, _REPORT = range(11, 17)

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
    world : World
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
        abort(self._world, error, self._name(piece))


def _hand_out(world: World, pieces: Sequence[int], crew: _Crew, stop: Stop, progress) -> bool:
    """Rank 0: give pieces to itself and to whoever asks, until all is done; True if something was left undone."""
    waiting, unfinished, away, dismissed, reported = list(pieces)[::-1], False, 0, 0, False
    while waiting or crew.busy or away or dismissed < world.size - 1:
        if stop and not reported:
            reported, unfinished, waiting = True, unfinished or bool(waiting), []
            for other in range(1, world.size):
                world.comm.send(None, dest=other, tag=_STOP)
        while waiting and crew.free:
            crew.begin(waiting.pop())
        for _piece, whole in crew.ended(POLL):
            unfinished |= not whole
        while (message := world.message()) is not None:
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
    asked, over, reported = False, False, False
    while not over or crew.busy or asked:
        if crew.free and not asked and not over:
            world.comm.send(None, dest=0, tag=_ASK)
            asked = True
        if stop and not reported:
            reported = True
            world.comm.send(None, dest=0, tag=_STOP)
        ended = crew.ended(POLL)
        # before the ends: rank 0 listens no longer than to the last of them
        _pass_on(crew, lambda *report: world.comm.send(report, dest=0, tag=_REPORT))
        for _piece, whole in ended:
            world.comm.send(whole, dest=0, tag=_DONE)
        while (message := world.message()) is not None:
            _, tag, content = message
            if tag == _STOP:
                reported = True
                stop.set()
                continue
            asked, over = False, tag == _NO_MORE
            if tag == _PIECE:
                crew.begin(content)
    return False


def _pass_on(crew: _Crew, progress) -> None:
    """Hand on the latest report of each piece."""
    latest = {}
    while not crew.reports.empty():
        piece, done, of = crew.reports.get()
        latest[piece] = done, of
    for piece, (done, of) in latest.items():
        if progress:
            progress(piece, done, of)

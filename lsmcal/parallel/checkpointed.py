"""A stage of work that survives its end: what is done is kept piece by piece, and gathered when all of it is there.

Ranks, threads and stops change nothing of what is gathered: a piece is computed by itself, its records belong to the
piece, and rank 0 reads them in the order of the pieces.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from lsmcal.parallel.checkpoints import Record, Store, StoreError
from lsmcal.parallel.job import Job

T = TypeVar("T")
Arrays = Mapping[str, np.ndarray]
#: Told how far a piece is: (done, of).
Report = Callable[[int, int], None]


class _Stopping(Exception):
    """A piece is left as the job is to stop; it is begun anew when the job resumes."""


@dataclass(frozen=True)
class Step:
    """How far a piece has come.

    Parameters
    ----------
    done, of : int
        For the progress.
    records : sequence of Record
        What the step gave; kept with the next checkpoint.
    latest : callable, optional
        The record from which the piece resumes; it takes the place of earlier ones of its kind.
    last : bool
        The piece ends here: a checkpoint is written, and no wish to stop is looked at any more.
    """

    done: int
    of: int
    records: Sequence[Record] = ()
    latest: Callable[[], Record] | None = None
    last: bool = False


class ResumableStage:
    """A stage on all ranks, with its checkpoints; every method is called by all ranks with the same arguments.

    Parameters
    ----------
    store : Store
    job : Job
    """

    def __init__(self, store: Store, job: Job):
        self.store, self.job = store, job

    @classmethod
    def opened(cls, folder: str | Path, about: Mapping[str, object], job: Job) -> ResumableStage:
        """The stage whose checkpoints lie in a folder, begun or not; damaged ones are set aside, with a warning.

        Raises
        ------
        InputError
            When they belong to another case.
        StoreError
            When they cannot be read.
        """
        if job.world.is_root:
            Store(folder, job.world.rank, about).mend()
        job.world.barrier()
        return cls(Store(folder, job.world.rank, about), job)

    def known(self, find: Callable[[Store], T]) -> T:
        """What rank 0 finds in the store, on all ranks, so that all go on from the same."""
        world = self.job.world
        world.barrier()
        return world.bcast(find(self.store) if world.is_root else None)

    def compute(
        self,
        name: str,
        kind: str,
        pieces: Sequence[int],
        work: Callable[[int, Report], Arrays],
        called: Callable[[int], str],
    ) -> None:
        """Do all pieces that have no record of a kind yet, each in one go.

        Parameters
        ----------
        name : str
            Of the stage, in the progress.
        kind : str
        pieces : sequence of int
        work : callable
            Arrays of a piece. It reports as it goes on, and is left at a report if the job is to stop.
        called : callable
            What a piece is called in messages.

        Raises
        ------
        Stopped
        """
        done = self.known(lambda store: store.last(kind))

        def once(piece: int, report: Report) -> bool:
            try:
                arrays = work(piece, self._leaving(report))
            except _Stopping:
                return False
            self.store.put([Record(piece, kind, 0, arrays)])
            return True

        self.job.do(name, [piece for piece in pieces if piece not in done], once, called)

    def advance(
        self,
        name: str,
        pieces: Sequence[int],
        steps: Callable[[int], Iterable[Step]],
        called: Callable[[int], str],
    ) -> None:
        """Take pieces through their steps, with checkpoints on the way.

        Parameters
        ----------
        name : str
        pieces : sequence of int
            Those that are left.
        steps : callable
            The steps of a piece, from its latest record on.
        called : callable

        Raises
        ------
        Stopped
        """
        self.job.do(name, list(pieces), lambda piece, report: self._through(steps(piece), report), called)

    def _through(self, steps: Iterable[Step], report: Report) -> bool:
        pending: list[Record] = []
        written = time.monotonic()
        for step in steps:
            pending += step.records
            stopped = bool(self.job.stop) and not step.last
            if stopped or step.last or time.monotonic() - written >= self.job.checkpoint_seconds:
                self.store.put(pending, latest=step.latest() if step.latest else None)
                pending, written = [], time.monotonic()
            if step.of:
                report(step.done, step.of)
            if stopped:
                return False
        return True

    def _leaving(self, report: Report) -> Report:
        def reported(done: int, of: int) -> None:
            report(done, of)
            if self.job.stop and done < of:
                raise _Stopping

        return reported


def checkpointed(
    folder: str | Path,
    about: Mapping[str, object],
    job: Job,
    work: Callable[[ResumableStage], object],
    gather: Callable[[Store], T],
) -> T | None:
    """Do a stage, or resume it; to be called by all ranks.

    Parameters
    ----------
    folder : path
        Of the checkpoints; it is removed in the end.
    about : mapping
        What the stage depends on, as plain values.
    job : Job
    work : callable
        Does, with the methods of :class:`ResumableStage`, what is not done yet.
    gather : callable
        On rank 0, when all ranks have done their part: makes results of the store. If it raises, the store stays.

    Returns
    -------
    object
        What ``gather`` returns; None on all ranks but the first.

    Raises
    ------
    InputError
        When the folder holds checkpoints of another case; it names what differs.
    StoreError
        When a checkpoint cannot be read or written.
    Stopped
        When the job was asked to stop; the same call resumes.
    """
    world, stage = job.world, ResumableStage.opened(folder, about, job)
    job.accepted()
    try:
        work(stage)
    finally:
        stage.store.close()
    world.barrier()
    found = None
    if world.is_root:
        found = gather(stage.store)
        stage.store.remove()
    world.barrier()
    return found


def records_of(store: Store, kind: str, pieces: Sequence[int]) -> list[dict[str, np.ndarray]]:
    """The only record of a kind of each piece.

    Raises
    ------
    StoreError
        When one is damaged or missing.
    """
    where = store.last(kind)
    lacking = [piece for piece in pieces if piece not in where]
    if lacking:
        lost = f"the checkpoints lack {kind} of block {lacking[0]}; the file of a rank may have been removed."
        raise StoreError(f"{store.folder}: {lost} Repeat the command to compute it again")
    return [store.get(where[piece][1], piece, kind, where[piece][0]) for piece in pieces]

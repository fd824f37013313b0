"""How the work of a stage is carried out; nothing here changes a number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from lsmcal.core.errors import not_none
from lsmcal.core.folder_lock import locked
from lsmcal.parallel.launch import launched_world
from lsmcal.parallel.scheduler import distribute
from lsmcal.parallel.stop import Stop, Stopped
from lsmcal.parallel.world import World


@dataclass
class Job:
    """How a regional run is carried out; nothing here changes a number.

    Parameters
    ----------
    world : World
    stop : Stop
    threads : int
        Pieces computed at a time on each rank.
    checkpoint_seconds : float
        Least time between two checkpoints of a piece.
    progress : callable, optional
        On rank 0, called with (stage, done, of).
    accepted : callable
        To be called by a stage when what lies in its folder has been found to be of the same case.
    """

    world: World = World()
    stop: Stop = field(default_factory=Stop)
    threads: int = 1
    checkpoint_seconds: float = 60.0
    progress: Callable[[str, int, int], None] | None = None
    accepted: Callable[[], None] = lambda: None

    def do(self, stage: str, pieces: list[int], work, name: Callable[[int], str]) -> None:
        """Distribute pieces, called ``name``, and report in percent how much of all is done."""
        done: dict[int, float] = {}
        progress = self.progress

        def report(piece: int, so_far: int, of: int) -> None:
            done[piece] = so_far / of
            not_none(progress)(f"{stage}, percent", round(100.0 * sum(done.values()) / len(pieces)), 100)

        distribute(
            self.world,
            pieces,
            work,
            self.stop,
            threads=self.threads,
            progress=report if progress else None,
            name=name,
        )


class Runnable(Protocol):
    """A case, as far as a job needs it."""

    @property
    def run(self) -> Any:
        """[run], with its ``threads`` and ``checkpoint_seconds``."""

    @property
    def output_folder(self) -> Path:
        """Folder of the results."""

    def write_resolved(self, path: Path) -> None:
        """Write the case with all its defaults."""


@contextmanager
def job_of(
    case: Runnable, folder: Path, progress: Callable[[str, int, int], None] | None = None, *, resolved: bool = True
) -> Iterator[Job]:
    """How a case's work is carried out by the ranks there are, with signals caught.

    Rank 0 writes the resolved case when a stage calls :attr:`Job.accepted`: a case that is refused leaves the folder
    as it was.

    Parameters
    ----------
    case : Runnable
    folder : Path
        Receives ``case.resolved.toml``; it is made.
    progress : callable, optional
        On rank 0, called with (stage, done, of).
    resolved : bool
        Whether the case is written at all.

    Raises
    ------
    Stopped, KeyboardInterrupt
        When the job was asked to stop, by a signal or by Ctrl-C; its checkpoints are written.
    FolderInUse
        When another process works in the folder.
    OSError
        When the folder cannot be written.
    """
    world = launched_world()
    written = not (resolved and world.is_root)

    def accepted() -> None:
        nonlocal written
        if not written:
            folder.mkdir(parents=True, exist_ok=True)
            case.write_resolved(folder / "case.resolved.toml")
        written = True

    with _alone(case, folder) if world.is_root else nullcontext(), Stop() as stop:
        report = progress if world.is_root else None
        try:
            yield Job(world, stop, case.run.threads, case.run.checkpoint_seconds, report, accepted)
        except Stopped:
            if stop.interrupted:
                raise KeyboardInterrupt from None
            raise


def _alone(case: Runnable, folder: Path) -> AbstractContextManager[None]:
    """The lock of all results of a case, or of another folder that is written."""
    results = Path(case.output_folder)
    return locked(results if folder.is_relative_to(results) else folder, "a Python program")

"""The screening of a case from beginning to end: sample, runs, analysis, files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from lsmcal.case import RegionCase
from lsmcal.parallel.checkpoints import Record, Store
from lsmcal.screening.case_columns import CellColumn, columns_of
from lsmcal.screening.output import Runs, Screened, conclude, read_runs, runs_fingerprint, write_runs
from lsmcal.sensitivity import sample
from lsmcal.simulate.stage import digest, equilibrium_of
from lsmcal.simulate.warm_up import compile_first
from lsmcal.simulate.years import Job, job_of, unless_stopped

#: Samples of a piece of work: the lanes of one block.
_PIECE = 32
_START, _DONE = "start", "runs"


@dataclass(frozen=True)
class Screening:
    """Samples to be run at cells.

    Parameters
    ----------
    columns : sequence of CellColumn
    points : (samples, parameters) array
        In the unit cube.
    about : dict
        What the runs depend on.
    """

    columns: Sequence[CellColumn]
    points: np.ndarray
    about: dict[str, object]

    @property
    def chunks(self) -> int:
        """Pieces of work of a cell."""
        return -(-len(self.points) // _PIECE)

    @property
    def pieces(self) -> list[int]:
        """Numbers of all pieces of work, cell after cell."""
        return list(range(len(self.columns) * self.chunks))

    def part(self, piece: int) -> tuple[int, slice]:
        """Cell and samples of a piece."""
        cell, chunk = divmod(piece, self.chunks)
        return cell, slice(chunk * _PIECE, min((chunk + 1) * _PIECE, len(self.points)))

    def name(self, piece: int) -> str:
        """A piece in words, for messages."""
        cell, part = self.part(piece)
        return f"samples {part.start + 1} to {part.stop} of {self.columns[cell].name}"


def screen_case(case: RegionCase, progress=None) -> Screened | None:
    """Screen the parameters of a case; to be called by all ranks. Runs that are done are not done again.

    Parameters
    ----------
    case : RegionCase
        With [screen].
    progress : callable, optional
        Called with (stage, done, of).

    Returns
    -------
    Screened or None
        None on all ranks but the first, which alone analyses and writes.

    Raises
    ------
    InputError
        With every problem of the case.
    RunFailed
        When the default set of a cell goes non-finite.
    Stopped
        When the job was asked to stop; the same call goes on.
    """
    screening, folder = screening_of(case), Path(case.output_folder) / "screening"
    with job_of(case, folder, progress) as job:
        runs = run_screening(screening, folder, job)
        screened = conclude(case.screen, runs, folder) if job.world.is_root else None
        job.world.barrier()
    return screened


def screening_of(case: RegionCase) -> Screening:
    """Cells, sample, and what the runs depend on."""
    columns, settings = columns_of(case), case.screen
    names = settings.names()
    problem = {"names": names, "bounds": [[0.0, 1.0]] * len(names)}
    points = sample(problem, settings.centers, settings.delta_h, sampler=settings.sampler, seed=settings.seed)
    return Screening(columns, points, _about(case, columns, points))


def _about(case: RegionCase, columns: Sequence[CellColumn], points: np.ndarray) -> dict[str, object]:
    """Everything the runs depend on, as plain values."""
    settings = case.screen
    found: dict[str, object] = {
        "screen.year": settings.year,
        "run.first": case.run.years[0],
        "screen.parameters": settings.names(),
        "screen.centers": settings.centers,
        "screen.delta_h": settings.delta_h,
        "screen.sampler": settings.sampler,
        "screen.seed": settings.seed,
        "screen.points": hashlib.sha256(points.tobytes()).hexdigest(),
    }
    for item in fields(columns[0].spinup):
        found[f"samples.{item.name}"] = getattr(columns[0].spinup, item.name)
    for column in columns:
        here = {f"{column.name}: {name}": value for name, value in equilibrium_of(column.region).items()}
        found |= here | {f"{column.name}: bounds": column.space.bounds.tolist()}
    return found


def run_screening(screening: Screening, folder: Path, job: Job) -> Runs | None:
    """Run all samples at all cells, or go on doing so.

    Parameters
    ----------
    screening : Screening
    folder : Path
        Receives ``screening.nc``; what is half done lies in ``checkpoint/``.
    job : Job

    Returns
    -------
    Runs or None
        None on all ranks but the first.
    """
    world, path, mark = job.world, folder / "screening.nc", digest(screening.about)
    if world.bcast(world.is_root and runs_fingerprint(path) != mark):
        compile_first(screening.columns[0].region, world)
        store = Store(folder / "checkpoint", world.rank, screening.about)
        states = _default_states(screening, store, job)
        _samples(screening, store, states, job)
        store.close()
        world.barrier()
        if world.is_root:
            write_runs(_gathered(screening, store), path, mark)
            store.remove()
    return read_runs(path) if world.is_root else None


def _default_states(screening: Screening, store: Store, job: Job) -> list[dict[str, np.ndarray]]:
    """Where the samples of each cell start."""
    world, columns = job.world, screening.columns
    done = world.bcast(store.last(_START) if world.is_root else None)

    def work(cell: int, report) -> bool:
        if (state := unless_stopped(job, report, columns[cell].default_state)) is None:
            return False
        store.put([Record(cell, _START, 0, state)])
        return True

    left = [cell for cell in range(len(columns)) if cell not in done]
    job.do("default set", left, work, 1000, lambda cell: f"the default set of {columns[cell].name}")
    world.barrier()
    where = world.bcast(store.last(_START) if world.is_root else None)
    return [store.get(where[cell][1], cell, _START, 0) for cell in range(len(columns))]


def _samples(screening: Screening, store: Store, states: list[dict[str, np.ndarray]], job: Job) -> None:
    """Run what is not in the store yet."""
    world = job.world
    done = world.bcast(store.last(_DONE) if world.is_root else None)

    def work(piece: int, report) -> bool:
        cell, part = screening.part(piece)
        column = screening.columns[cell]
        sets = column.parameter_sets(screening.points[part])
        found = unless_stopped(job, report, lambda told: column.run(sets, states[cell], told))
        if found is None:
            return False
        store.put([Record(piece, _DONE, 0, found)])
        return True

    left = [piece for piece in screening.pieces if piece not in done]
    job.do("samples", left, work, 1000, screening.name)
    world.barrier()


def _gathered(screening: Screening, store: Store) -> Runs:
    """The runs of all pieces."""
    where = store.last(_DONE)
    parts = [store.get(where[piece][1], piece, _DONE, 0) for piece in screening.pieces]
    cells = len(screening.columns)
    whole = {}
    for name in parts[0]:
        values = np.concatenate([part[name] for part in parts])
        whole[name] = values.reshape(cells, len(screening.points), *values.shape[1:])
    return Runs(
        cells=tuple(column.name for column in screening.columns),
        places=tuple(column.place for column in screening.columns),
        depth=screening.columns[0].region.depth,
        names=tuple(screening.about["screen.parameters"]),
        dimensions=tuple(_dimensions(column) for column in screening.columns),
        points=screening.points,
        results=whole,
        delta_h=float(screening.about["screen.delta_h"]),
        year=int(screening.about["screen.year"]),
    )


def _dimensions(column: CellColumn) -> list[dict[str, object]]:
    """What each parameter was in this cell."""
    return column.space.rows()

"""The screening of a case from beginning to end: sample, runs, analysis, files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from lsmcal.case import Case
from lsmcal.case.sections.screen import Screen
from lsmcal.core.digest import digest, digest_of_parts
from lsmcal.core.errors import not_none
from lsmcal.parallel.checkpointed import ResumableStage, checkpointed, records_of
from lsmcal.parallel.checkpoints import Store
from lsmcal.parallel.job import Job, job_of
from lsmcal.screening.case_columns import CellColumn, columns_of
from lsmcal.screening.output import Runs, Screened, conclude_screening, read_runs, runs_fingerprint, write_runs
from lsmcal.sensitivity import sample
from lsmcal.simulate.stage import equilibrium_of
from lsmcal.simulate.warm_up import compile_first

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
    keys : Screen
        [screen] of the case.
    about : dict
        What the runs depend on.
    """

    columns: Sequence[CellColumn]
    points: np.ndarray
    keys: Screen
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


def screen_case(case: Case, progress=None) -> Screened | None:
    """Screen the parameters of a case; to be called by all ranks. Runs that are done are not done again.

    Parameters
    ----------
    case : Case
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
        screened = conclude_screening(screening.keys, runs, folder) if runs is not None else None
        job.world.barrier()
    return screened


def screening_of(case: Case) -> Screening:
    """Cells, sample, and what the runs depend on."""
    columns, settings = columns_of(case), not_none(case.screen)
    names = settings.names()
    problem = {"names": names, "bounds": [[0.0, 1.0]] * len(names)}
    points = sample(problem, settings.centers, settings.delta_h, sampler=settings.sampler, seed=settings.seed)
    return Screening(columns, points, settings, _about(case, columns, points))


def _about(case: Case, columns: Sequence[CellColumn], points: np.ndarray) -> dict[str, object]:
    """Everything the runs depend on, as plain values."""
    settings = not_none(case.screen)
    found: dict[str, object] = {
        "screen.year": settings.year,
        "run.first": case.region_run.years[0],
        "screen.parameters": settings.names(),
        "screen.centers": settings.centers,
        "screen.delta_h": settings.delta_h,
        "screen.sampler": settings.sampler,
        "screen.seed": settings.seed,
        "screen.points": digest_of_parts([points]),
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
        checkpointed(
            folder / "checkpoint",
            screening.about,
            job,
            lambda stage: _samples(screening, _default_states(screening, stage), stage),
            lambda store: write_runs(_gathered(screening, store), path, mark),
        )
    return read_runs(path) if world.is_root else None


def _default_states(screening: Screening, stage: ResumableStage) -> list[dict[str, np.ndarray]]:
    """Where the samples of each cell start."""
    columns = screening.columns
    cells = range(len(columns))

    def work(cell: int, report) -> dict[str, np.ndarray]:
        return columns[cell].default_state(report)

    stage.compute("default set", _START, cells, work, lambda cell: f"the default set of {columns[cell].name}")
    return stage.known(lambda store: records_of(store, _START, cells))


def _samples(screening: Screening, states: list[dict[str, np.ndarray]], stage: ResumableStage) -> None:
    """Run the samples that are not in the store yet."""

    def work(piece: int, report) -> dict[str, np.ndarray]:
        cell, part = screening.part(piece)
        column = screening.columns[cell]
        return column.run(column.parameter_sets(screening.points[part]), states[cell], report)

    stage.compute("samples", _DONE, screening.pieces, work, screening.name)


def _gathered(screening: Screening, store: Store) -> Runs:
    """The runs of all pieces."""
    parts = records_of(store, _DONE, screening.pieces)
    cells = len(screening.columns)
    whole = {}
    for name in parts[0]:
        values = np.concatenate([part[name] for part in parts])
        whole[name] = values.reshape(cells, len(screening.points), *values.shape[1:])
    return Runs(
        cells=tuple(column.name for column in screening.columns),
        places=tuple(column.place for column in screening.columns),
        depth=screening.columns[0].region.depth,
        names=tuple(screening.keys.names()),
        dimensions=tuple(_dimensions(column) for column in screening.columns),
        points=screening.points,
        results=whole,
        delta_h=screening.keys.delta_h,
        year=screening.keys.year,
    )


def _dimensions(column: CellColumn) -> list[dict[str, object]]:
    """What each parameter was in this cell."""
    return column.space.rows()

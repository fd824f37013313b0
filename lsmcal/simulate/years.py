"""The years of a region, piece by piece on all ranks, with checkpoints on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lsmcal.noah.statistics import Annual
from lsmcal.parallel.checkpoints import Record, Store
from lsmcal.parallel.world import Stop, Stopped, World, distribute, launched_world
from lsmcal.simulate.advance import advance
from lsmcal.simulate.columns import Columns
from lsmcal.simulate.region import Region
from lsmcal.simulate.results import ANNUAL_FIELDS, results_of, series_of_all
from lsmcal.simulate.state import load_state, save_state

YEAR, SERIES, STATE = "year", "series", "state"


@dataclass
class Job:
    """How a regional run is carried out; nothing here changes a number.

    Parameters
    ----------
    there : World
    stop : Stop
    threads : int
        Pieces computed at a time on each rank.
    checkpoint_seconds : float
        Least time between two checkpoints of a piece.
    progress : callable, optional
        On rank 0, called with (stage, done, of).
    """

    world: World = World()
    stop: Stop = field(default_factory=Stop)
    threads: int = 1
    checkpoint_seconds: float = 60.0
    progress: Callable[[str, int, int], None] | None = None

    def do(self, stage: str, pieces: list[int], work, units: int, name: Callable[[int], str]) -> None:
        """Distribute pieces of so many units each, called ``name``, and report the sum of what is done."""
        done: dict[int, int] = {}

        def report(piece: int, so_far: int, of: int) -> None:
            done[piece] = so_far * units // of
            self.progress(stage, sum(done.values()), units * len(pieces))

        distribute(
            self.world,
            pieces,
            work,
            self.stop,
            threads=self.threads,
            progress=report if self.progress else None,
            name=name,
        )


@contextmanager
def job_of(case, folder: Path, progress: Callable[[str, int, int], None] | None = None) -> Iterator[Job]:
    """How a case's work is carried out by the ranks there are, with signals caught; rank 0 writes the resolved case.

    Parameters
    ----------
    case : RegionCase
    folder : Path
        Receives ``case.resolved.toml``; it is made.
    progress : callable, optional
        On rank 0, called with (stage, done, of).

    Raises
    ------
    Stopped, KeyboardInterrupt
        When the job was asked to stop, by a signal or by Ctrl-C; its checkpoints are written.
    OSError
        When the folder cannot be written.
    """
    world = launched_world()
    if world.is_root:
        folder.mkdir(parents=True, exist_ok=True)
        case.write_resolved(folder / "case.resolved.toml")
    with Stop() as stop:
        try:
            yield Job(world, stop, case.run.threads, case.run.checkpoint_seconds, progress if world.is_root else None)
        except Stopped:
            if stop.interrupted:
                raise KeyboardInterrupt from None
            raise


class _Left(Exception):
    """A piece is left as the job is to stop; it is begun anew when the job goes on."""


def unless_stopped(job: Job, report: Callable[[int, int], None], action):
    """Result of an action that is told where to report; None if the job was asked to stop meanwhile."""

    def told(done: int, of: int) -> None:
        report(done, of)
        if job.stop and done < of:
            raise _Left

    try:
        return action(told)
    except _Left:
        return None


# -- the years ----------------------------------------------------------------------------------------------------
def run_region(region: Region, start: Callable[[int], dict], folder: Path, about: dict, job: Job) -> Store:
    """Run every cell through the years from its equilibrium, or go on doing so.

    Parameters
    ----------
    region : Region
    start : callable
        State of the cells of a piece at the beginning.
    folder : Path
        Checkpoints.
    about : dict
        What the run depends on.
    job : Job

    Returns
    -------
    Store
        With a record "year" for every piece and year, and "series" where cells were chosen.
    """
    store = Store(folder, job.world.rank, about)
    first, last = region.years
    reached = job.world.bcast(_reached(store, first, region) if job.world.is_root else None)
    left = [piece for piece in range(len(region.pieces)) if reached.get(piece, (first - 1,))[0] < last]

    def work(piece: int, report) -> bool:
        year, state = first - 1, None
        if piece in reached:
            year, path = reached[piece]
            state = store.get(path, piece, STATE, year)
        return _years(region, piece, state or start(piece), year + 1, store, job, report)

    job.do("run", left, work, last - first + 1, region.piece_name)
    return store


def _reached(store: Store, first: int, region: Region) -> dict[int, tuple[int, Path]]:
    """Last year of each piece and the file with its state; only where no year before it has been lost with a file."""
    kinds = [store.steps(YEAR)]
    found = {}
    if region.chosen.size:
        kinds.append(store.steps(SERIES))
    for piece, (year, path) in store.last(STATE).items():
        wanted = set(range(first, year + 1))
        holds = np.isin(region.domain.cell[region.pieces[piece]], region.chosen).any()
        needed = kinds if holds else kinds[:1]
        if all(wanted <= set(kind.get(piece, ())) for kind in needed):
            found[piece] = year, path
    return found


def _years(region: Region, piece: int, state: dict, year: int, store: Store, job: Job, report) -> bool:
    """Years of a piece from ``year`` on; False if it was stopped on the way."""
    last = region.years[1]
    columns = region.columns(region.pieces[piece])
    load_state(columns.blocks, state)
    pending: list[Record] = []
    written = time.monotonic()
    for now in range(year, last + 1):
        pending += year_of_piece(region, piece, columns, now)
        stopped = bool(job.stop) and now < last
        if stopped or now == last or time.monotonic() - written >= job.checkpoint_seconds:
            store.put(pending, latest=Record(piece, STATE, now, save_state(columns.blocks)))
            pending, written = [], time.monotonic()
        report(now - region.years[0] + 1, last - region.years[0] + 1)
        if stopped:
            return False
    return True


def year_of_piece(region: Region, piece: int, columns: Columns, year: int) -> list[Record]:
    """Take the columns of a piece through a year; its statistics, and the series of the chosen cells."""
    stretch = region.years_of_cells(columns.cell, year, year)
    annual = Annual(columns.blocks, np.zeros(len(stretch), int), column=ANNUAL_FIELDS)
    chosen = np.flatnonzero(np.isin(region.domain.cell[columns.cell], region.chosen))
    series = None
    if chosen.size:
        series = series_of_all(columns.blocks, record_times(region.series, stretch.time)[1])
    advance(columns, stretch, annual=annual, series=series)
    results = results_of(annual, region.weather.step, series)
    records = [Record(piece, YEAR, year, results.of_year(0))]
    if series is not None:
        records.append(Record(piece, SERIES, year, {"index": chosen} | results.series_of(chosen)))
    return records


def record_times(kind: str, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days, or months of a "monthly" series, that steps belong to: their beginnings, and the record of each step."""
    unit = "M" if kind == "monthly" else "D"
    times, row = np.unique(time.astype(f"datetime64[{unit}]"), return_inverse=True)
    return times.astype("datetime64[s]"), row.reshape(-1)

"""The years of a region, piece by piece on all ranks, with checkpoints on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.statistics import Annual
from lsmcal.parallel.checkpointed import ResumableStage, Step
from lsmcal.parallel.checkpoints import Record, Store
from lsmcal.simulate.advance import advance
from lsmcal.simulate.columns import Columns
from lsmcal.simulate.region import Region
from lsmcal.simulate.results import ANNUAL_FIELDS, results_of, series_of_all
from lsmcal.simulate.state import load_state, save_state

YEAR, SERIES, STATE = "year", "series", "state"


# -- the years ----------------------------------------------------------------------------------------------------
def run_region(region: Region, start: Callable[[int], dict], stage: ResumableStage) -> None:
    """Run every cell through the years from its equilibrium, or resume; to be called by all ranks.

    Parameters
    ----------
    region : Region
    start : callable
        State of the cells of a piece at the beginning.
    stage : ResumableStage
        Receives a record "year" for every piece and year, and "series" where cells were chosen.
    """
    first, last = region.years
    reached = stage.known(lambda store: _reached(store, first, region))
    left = [piece for piece in range(len(region.pieces)) if reached.get(piece, (first - 1,))[0] < last]

    def steps(piece: int) -> Iterator[Step]:
        year, state = first - 1, None
        if piece in reached:
            year, path = reached[piece]
            state = stage.store.get(path, piece, STATE, year)
        yield from _years(region, piece, state or start(piece), year + 1)

    stage.advance("run", left, steps, region.piece_name)


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


def _years(region: Region, piece: int, state: dict, year: int) -> Iterator[Step]:
    """Years of a piece from ``year`` on."""
    first, last = region.years
    columns = region.columns(region.pieces[piece])
    load_state(columns.blocks, state)
    for now in range(year, last + 1):
        records = year_of_piece(region, piece, columns, now)
        reached = partial(_state_at, columns.blocks, piece, now)
        yield Step(now - first + 1, last - first + 1, records, reached, last=now == last)


def _state_at(blocks: Blocks, piece: int, year: int) -> Record:
    return Record(piece, STATE, year, save_state(blocks))


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

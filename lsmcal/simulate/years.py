"""The years of a region, piece by piece on all ranks, with checkpoints on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from lsmcal.noah.integrate import IntegrationError, integrate
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.statistics import ANNUAL_LAYER, Annual, Series
from lsmcal.parallel.checkpointed import Stage, Step
from lsmcal.parallel.checkpoints import Record, Store
from lsmcal.simulate.region import Region
from lsmcal.simulate.results import ANNUAL_FIELDS, LEDGER, PROFILES, SURFACE, annual_sums
from lsmcal.simulate.site import RunFailed
from lsmcal.simulate.state import load_state, save_state

YEAR, SERIES, STATE = "year", "series", "state"


def failed(region: Region, index: np.ndarray, error: IntegrationError, first: int) -> RunFailed:
    """What went wrong in a piece that began at step ``first`` of the weather, in words."""
    place = "at the surface" if error.layer < 0 else f"in layer {error.layer + 1}"
    when = region.weather.time[first + error.step]
    cell = region.cell_name(int(index[error.column]))
    return RunFailed(f"{cell}: temperature or water became non-finite {place} at {when}", {})


# -- the years ----------------------------------------------------------------------------------------------------
def run_region(region: Region, start: Callable[[int], dict], stage: Stage) -> None:
    """Run every cell through the years from its equilibrium, or resume; to be called by all ranks.

    Parameters
    ----------
    region : Region
    start : callable
        State of the cells of a piece at the beginning.
    stage : Stage
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

    stage.advance("run", left, steps, region.piece_name, units=last - first + 1)


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
    index, (first, last) = region.pieces[piece], region.years
    blocks = region.columns(index)
    load_state(blocks, state)
    for now in range(year, last + 1):
        records = _year(region, piece, blocks, now)
        reached = partial(_state_at, blocks, piece, now)
        yield Step(now - first + 1, last - first + 1, records, reached, last=now == last)


def _state_at(blocks: Blocks, piece: int, year: int) -> Record:
    return Record(piece, STATE, year, save_state(blocks))


def _year(region: Region, piece: int, blocks: Blocks, year: int) -> list[Record]:
    index = region.pieces[piece]
    first, last = region.steps_of(year, year)
    steps = last - first
    annual = Annual(blocks, np.zeros(steps, int), column=ANNUAL_FIELDS)
    chosen = np.flatnonzero(np.isin(region.domain.cell[index], region.chosen))
    series = _series(region, blocks, first, last) if chosen.size else None
    try:
        integrate(
            blocks,
            region.drivers(index, first, last),
            region.choices.kernel_options(),
            annual=annual,
            series=series,
            substeps=region.substeps,
            linear=region.linear,
        )
    except IntegrationError as error:
        raise failed(region, index, error, first) from error
    records = [Record(piece, YEAR, year, _results(annual, region.weather.step))]
    if series is not None:
        records.append(Record(piece, SERIES, year, {"index": chosen} | _recorded(series, chosen)))
    return records


def _results(annual: Annual, step: float) -> dict[str, np.ndarray]:
    """Statistics of one year by cell, single precision."""
    found = {name: annual.layer_value(name)[:, 0] for name in ANNUAL_LAYER}
    found |= {name: values[:, 0] for name, values in annual_sums(annual, step).items()}
    for name in LEDGER:
        found[f"ledger_{name}"] = annual.column_mean(name)[:, 0]
        found[f"ledger_{name}_largest"] = annual.column_worst(name)[:, 0]
    return {name: values.astype(np.float32) for name, values in found.items()}


def record_times(region: Region, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Days or months that steps belong to: their beginnings, and the record of each step."""
    unit = "M" if region.series == "monthly" else "D"
    times, row = np.unique(region.weather.time[first:last].astype(f"datetime64[{unit}]"), return_inverse=True)
    return times.astype("datetime64[s]"), row.reshape(-1)


def _series(region: Region, blocks: Blocks, first: int, last: int) -> Series:
    columns = [output.field for output in SURFACE.values()]
    layers = [output.field for output in PROFILES.values()]
    return Series(blocks, record_times(region, first, last)[1], column=columns, layer=layers)


def _recorded(series: Series, chosen: np.ndarray) -> dict[str, np.ndarray]:
    found = {}
    for name, output in SURFACE.items():
        found[name] = series.column_mean(output.field)[chosen] * output.factor
    for name, output in PROFILES.items():
        found[name] = series.layer_mean(output.field)[chosen] * output.factor
    return {name: values.astype(np.float32) for name, values in found.items()}

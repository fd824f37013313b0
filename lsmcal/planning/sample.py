"""A region's cost per block: some of its cells are brought towards equilibrium and run, by the code of the run itself.

What is measured is time of the processor, so that others on the machine hardly count. Cells that do not converge in the
time there is are extrapolated, from the spread of those that did or from the decay of their own distance.
"""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist

import numpy as np

from lsmcal.noah.runtime.blocks import block_count
from lsmcal.noah.runtime.jit import CACHE_FOLDER, LANES
from lsmcal.parallel.checkpointed import ResumableStage
from lsmcal.parallel.job import Job
from lsmcal.simulate.columns import Columns, Stretch
from lsmcal.simulate.output.region import write_region
from lsmcal.simulate.region import Region
from lsmcal.simulate.spinup import cycle as spinup_cycle
from lsmcal.simulate.spinup.spinup import SpinningUp, SpinUp
from lsmcal.simulate.start import start
from lsmcal.simulate.warm_up import touch_kernels
from lsmcal.simulate.years import run_region

#: Steps that tell how many cells can be sampled; cycles that a sample should come to, if need be for longer; at least.
_PILOT, _WANTED, _LEAST, _LONGER = 480, 8, 3, 1.4
#: Converged cells, in all and of the sample, from which on their spread tells of the others.
_ENOUGH, _SHARE = 8, 0.25
#: The most long-lived of a sample are too few to be a measure; beyond this share the fitted spread is.
_TRUSTED = 0.9
_TOLERANCES = {"drift_temperature": "temperature", "drift_water": "water", "drift_ice": "ice"}
now = time.process_time


@dataclass(frozen=True)
class SampledSpinUp:
    """Columns after some cycles.

    Parameters
    ----------
    cycles : (n,) array
        Those that each column ran.
    done : (n,) array of bool
        Whether its spin-up is over: at equilibrium, or after the most cycles.
    needs : (cycles, n) array
        After each cycle, the worst drift or distance over its tolerance; at equilibrium below 1.
    seconds : float
        One block, one forcing step.
    """

    cycles: np.ndarray
    done: np.ndarray
    needs: np.ndarray
    seconds: float

    @property
    def ran(self) -> int:
        """Most cycles that were run."""
        return len(self.needs)


@dataclass(frozen=True)
class Sample:
    """Measurements on sampled cells. Seconds are of one core; a block costs the same with one column as with 32.

    Parameters
    ----------
    start : float
        Until the first step: program and compiled kernels loaded [s].
    compiled : float
        Compiling the kernels, if that had to be done [s].
    weather, trial, run : float
        One block, one forcing step: reading or making the weather, the trial cycle, a year's run with weather [s].
    output : float
        Writing a year of a piece [s].
    spinup : SampledSpinUp
    base, per_cell : float
        Memory of the program, and of a cell with the weather of its cycle [bytes].
    """

    start: float
    compiled: float
    weather: float
    trial: float
    run: float
    output: float
    spinup: SampledSpinUp
    base: float
    per_cell: float


def measure(region: Region, seconds: float) -> Sample:
    """Bring cells spread over a region towards equilibrium and run them, for about so many seconds of the processor."""
    cold = CACHE_FOLDER is not None and not any(CACHE_FOLDER.rglob("*.nbc"))
    imported = now()
    touch_kernels(region)
    loaded, base = now(), peak_memory()
    cells = _cells(region, seconds)
    begun = now()
    columns, cycle = region.columns(cells), region.cycle_of(cells)
    read = now()
    start(columns, cycle)
    tried = now()
    size = len(cycle) * len(columns.blocks.column)
    grown = (peak_memory() - base) / cells.size
    left = 0.9 * seconds - (now() - loaded)
    sampled, state = spin_up_sample(columns, cycle, region.spinup, left)
    run, output = _years(region.only(cells), state)
    return Sample(
        imported if cold else loaded,
        loaded - imported if cold else 0.0,
        (read - begun) / size,
        (tried - read) / size,
        run,
        output,
        sampled,
        base,
        max(grown, 32.0 * len(cycle)),
    )


def peak_memory() -> float:
    """Most memory this process has held [bytes]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def _spread(count: int, of: int) -> np.ndarray:
    """Indices evenly over a domain."""
    return np.unique(np.linspace(0, of - 1, min(count, of)).astype(int))


def _cells(region: Region, seconds: float) -> np.ndarray:
    """Cells to be sampled: whole blocks, as many as can do some cycles in the time."""
    count = len(region.domain)
    pilot = _spread(LANES, count)
    first, last = region.steps_of(*region.cycle)
    steps = min(_PILOT, last - first)
    begun = now()
    start(region.columns(pilot), region.stretch(pilot, first, first + steps))
    cycle = (now() - begun) / steps * (last - first)
    blocks = int(np.clip(_LONGER * seconds / (_WANTED * cycle), 1, block_count(count)))
    return _spread(blocks * LANES, count)


def spin_up_sample(
    columns: Columns, cycle: Stretch, settings: SpinUp, seconds: float
) -> tuple[SampledSpinUp, dict[str, np.ndarray]]:
    """Cycles of columns, as far as the time goes; those that are at equilibrium make room.

    Parameters
    ----------
    columns : Columns
        At the start of their spin-up.
    cycle : Stretch
    settings : SpinUp
    seconds : float
        At least some cycles are run, whatever they take.

    Returns
    -------
    SampledSpinUp
    state : dict
        Of all columns after the last cycle.

    Raises
    ------
    RunFailed
        When a column goes non-finite.
    """
    spinning, taken, steps = SpinningUp(columns, cycle, settings), 0.0, 0
    needs: list[np.ndarray] = []
    most = min(settings.most, _LEAST) if settings.method == "fixed" else settings.most
    while len(needs) < most and not spinning.finished:
        limit = seconds if len(needs) >= _WANTED else _LONGER * seconds
        if len(needs) >= _LEAST and taken + taken / len(needs) > limit:
            break
        begun = now()
        spinning.gather()
        spinning.cycle()
        needs.append(_need(spinning.progress, settings))
        taken, steps = taken + now() - begun, steps + spinning.blocks * len(cycle)
    progress = spinning.progress
    found = SampledSpinUp(progress["cycles"], progress["settled"], np.array(needs), taken / max(steps, 1))
    return found, spinup_cycle.state_of(progress)


def _need(progress: spinup_cycle.Progress, settings: SpinUp) -> np.ndarray:
    """Worst drift of each column over its tolerance; for ``accelerated`` the distance is one of them."""
    parts = [progress[name] / getattr(settings, f"tolerance_{of}") for name, of in _TOLERANCES.items()]
    if settings.method == "accelerated":
        parts.append(progress["distance"] / settings.tolerance_temperature)
    return np.fmax.reduce(parts)


def _years(region: Region, state: dict[str, np.ndarray]) -> tuple[float, float]:
    """Seconds of a block and step of the run, weather and statistics included, and of writing a year of a piece."""
    middle = sum(region.years) // 2
    both, one = ((middle, min(middle + more, region.years[1])) for more in (1, 0))
    first, last = region.steps_of(*both)
    with tempfile.TemporaryDirectory(prefix="lsmcal-plan-") as name:
        folder = Path(name)
        begun = now()
        cells = region.pieces
        stage = ResumableStage.opened(folder / "run", {}, Job())
        run_region(replace(region, years=both), lambda piece: {k: v[cells[piece]] for k, v in state.items()}, stage)
        run = (now() - begun) / (block_count(len(region.domain)) * (last - first))
        stage.store.close()
        taken = [_write(replace(region, years=years), stage.store, folder / "years.nc") for years in (both, one, both)]
    # the first also loads the library; a second year tells what is written for each
    years = both[1] - one[1]
    return run, max(taken[2] - taken[1] * (years > 0), 0.0) / len(cells)


def _write(region: Region, store, path: Path) -> float:
    begun = now()
    write_region(region, store, None, path, {})
    return now() - begun


# -- beyond the sample --------------------------------------------------------------------------------------------
def cycles_of_all(sampled: SampledSpinUp, settings: SpinUp, count: int) -> np.ndarray:
    """Cycles that each of ``count`` cells needs, as far as a sample tells; in an arbitrary order, always the same.

    Parameters
    ----------
    sampled : SampledSpinUp
        Of the sample.
    settings : SpinUp
    count : int

    Returns
    -------
    (count,) array of int
    """
    if settings.method in ("none", "fixed"):
        return np.full(count, settings.most)
    if sampled.done.all() and sampled.done.size == count:
        return sampled.cycles
    if sampled.done.sum() >= max(_ENOUGH, _SHARE * sampled.done.size):
        known, share = np.sort(sampled.cycles[sampled.done]), sampled.done.mean()
    else:
        known, share = np.sort(np.where(sampled.done, sampled.cycles, decayed(sampled, settings))), 1.0
    found = _quantiles(known, share, sampled.done.size, count)
    found = np.where((np.arange(count) + 0.5) / count > share, np.maximum(found, sampled.ran + 1), found)
    found = np.clip(np.round(found), settings.min_cycles, settings.max_cycles).astype(int)
    return np.random.default_rng(0).permutation(found)


def _quantiles(known: np.ndarray, share: float, size: int, count: int) -> np.ndarray:
    """Quantiles for ``count`` cells from the shortest ``share`` of a sample; a log-normal distribution goes on.

    Its line is fitted through the longer half of what is known (a probability plot of censored data). On 200 cells of
    the plateau the cycles to equilibrium lie on such a line from the median to the last cell.
    """
    normal = np.vectorize(NormalDist().inv_cdf)
    place = (np.arange(known.size) + 0.5) / size
    upper = place >= min(0.5, 0.5 * share)
    wanted = (np.arange(count) + 0.5) / count
    found = known[np.minimum((wanted * size).astype(int), known.size - 1)].astype(float)
    beyond = wanted > min(share, _TRUSTED)
    if beyond.any() and upper.sum() > 1:
        slope, level = np.polyfit(normal(place[upper]), np.log(known[upper]), 1)
        found[beyond] = np.exp(level + slope * normal(wanted[beyond]))
    return found


def decayed(sampled: SampledSpinUp, settings: SpinUp) -> np.ndarray:
    """Cycles of each column if what it still needs falls on as in the later half of its cycles, (n,) array."""
    rows = min(sampled.ran, max(sampled.ran // 2 + 1, 3))
    history = np.log(np.maximum(sampled.needs[-rows:], 1e-9))
    if rows < 2:
        return np.full(sampled.done.size, settings.max_cycles)
    slope = np.polyfit(np.arange(rows), history, 1)[0]
    more = np.where(slope < 0.0, np.maximum(history[-1], 0.0) / np.maximum(-slope, 1e-9), np.inf)
    last = 1 if settings.method == "converged" else 0  # two quiet cycles end it
    return np.clip(sampled.ran + last + np.ceil(more), sampled.ran + 1, settings.max_cycles)

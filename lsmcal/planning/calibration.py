"""What a region's calibration will cost: evaluations by cells by a trial's spin-up and its years up to the goals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lsmcal.calibration.evaluation import Evaluation
from lsmcal.calibration.setup import CalibrationInputs, cached_problem
from lsmcal.core.errors import InputError, not_none
from lsmcal.core.words import agreeing, counted
from lsmcal.evaluation.scores import LIMITS
from lsmcal.noah.runtime.blocks import block_count
from lsmcal.planning.cost import PAPER, StageCost, rounds_of
from lsmcal.planning.sample import Sample, cycles_of_all
from lsmcal.search.history import HistoryError, load_history
from lsmcal.simulate.spinup.spinup import SpinUp

#: Share of a region that is sensitive, as in Ji et al. (2026); and of the default set's cycles that a trial needs.
_SENSITIVE, _AGAIN = PAPER["map_cells"] / PAPER["cells"], 0.5


@dataclass(frozen=True)
class Share:
    """Part of a calibration's cost.

    Parameters
    ----------
    stages : list of StageCost
    memory : float
        Of a rank [bytes].
    notes : list of str
        What was assumed.
    """

    stages: list[StageCost]
    memory: float
    notes: list[str]


def plan_calibration(inputs: CalibrationInputs, sample: Sample, folder: Path, threads: int = 1) -> Share:
    """What a calibration adds to the equilibrium of the default set.

    Parameters
    ----------
    inputs : CalibrationInputs
    sample : Sample
        Of the region.
    folder : Path
        Where results of an earlier or unfinished calibration may lie: what they tell is not assumed.
    threads : int
        Of each rank.
    """
    search, known = not_none(inputs.case.calibrate), _prepared(inputs, folder)
    if known is not None:
        used, cells = known.used, f"{_calibrated(known.used.index.size)}, from {folder.name}/default.npz"
    else:
        used, cells = _guessed(inputs)
    factor, cycles = _factor(inputs, sample, folder, used.index.size)
    trial = _cycles(inputs, sample, used.index.size, factor)
    batches = -(-(search.evaluations - 1) // search.batch)
    steps, first = _cost(used, used.spinup, trial, sample, 1)
    _, batch = _cost(used, used.spinup, trial, sample, search.batch)
    calibrate = StageCost("calibrate", search.evaluations * steps, [first] + batches * [batch])
    groups = used.groups(search.batch)
    pieces = used.pieces(groups[0].size)
    columns = pieces[0].size * groups[0].size
    count = len(groups) * len(pieces)
    cut = f"blocks of work in a batch: {count}, of up to {counted(columns, 'column')}; further processes are idle"
    memory = sample.base + threads * columns * sample.per_cell
    return Share([_whole(inputs, sample, factor), calibrate], memory, [cells, cycles, cut])


# -- cells and cycles -------------------------------------------------------------------------------------------------
def _prepared(inputs: CalibrationInputs, folder: Path):
    """What an earlier job found; None also where it had nothing to calibrate."""
    try:
        return cached_problem(inputs, folder)
    except InputError:
        return None


def _calibrated(cells: int) -> str:
    return f"{counted(cells, 'cell')} {agreeing(cells, 'is', 'are')} calibrated"


def _guessed(inputs: CalibrationInputs) -> tuple[Evaluation, str]:
    """Cells of goals that are known, and of a map some of all; and that in words."""
    search, domain, notes = not_none(inputs.case.calibrate), inputs.region.domain, []
    known = {int(cell) for goal in inputs.others if goal is not None for cell in goal.cells}
    chosen = np.isin(domain.cell, sorted(known.union(inputs.daily)))
    if any(keys.kind == "map" for keys in search.goals):
        share = 1.0 if search.cells == "all" else _SENSITIVE
        left = 1.0 - 1.0 / search.hold_out.every if search.hold_out else 1.0
        count = max(round(share * left * len(domain) / search.every), 1)
        chosen[np.linspace(0, len(domain) - 1, count).astype(int)] = True
        notes = [] if share == 1.0 else [f"{100 * share:.0f} % of the cells are sensitive, as in Ji et al. (2026)"]
    notes.append(_calibrated(int(chosen.sum())))
    return replace(inputs.evaluation_of_all({}, inputs.spinup), index=np.flatnonzero(chosen)), ", ".join(notes)


def _factor(inputs: CalibrationInputs, sample: Sample, folder: Path, count: int) -> tuple[float, str]:
    """Cycles of a trial as part of those that the default set needs from its beginning; and where that is from."""
    if inputs.spinup.method in ("none", "fixed"):
        return 1.0, f"{counted(inputs.spinup.most, 'cycle')} of each trial, as set in the case"
    default = cycles_of_all(sample.spinup, inputs.region.spinup, count).mean()
    reported = _cycles_in_history(folder)
    factor = reported / default if reported and default else _AGAIN
    mean = _cycles(inputs, sample, count, factor).mean()
    where = "from its history" if reported and default else "half of the cycles of the default set"
    return factor, f"{mean:.1f} cycles of a trial on average, {where}; at most {inputs.spinup.max_cycles}"


def _cycles_in_history(folder: Path) -> float | None:
    """Mean of the trials that were evaluated."""
    try:
        trials = load_history(folder / "history.jsonl", LIMITS).records[1:]
    except HistoryError:
        return None
    cycles = [float(str(count)) for trial in trials if (count := trial.details.get("cycles"))]
    return float(np.mean(cycles)) if cycles else None


def _cycles(inputs: CalibrationInputs, sample: Sample, count: int, factor: float) -> np.ndarray:
    """Cycles of a trial at so many cells."""
    spinup = inputs.spinup
    if spinup.method in ("none", "fixed"):
        return np.full(count, spinup.most)
    default = cycles_of_all(sample.spinup, inputs.region.spinup, count)
    return np.clip(np.round(factor * default), spinup.min_cycles, spinup.max_cycles).astype(int)


# -- cost -------------------------------------------------------------------------------------------------------------
def _cost(
    evaluation: Evaluation, spinup: SpinUp, cycles: np.ndarray, sample: Sample, sets: int
) -> tuple[float, tuple[int, float]]:
    """Column-steps of one set; pieces of so many sets, and the core-hours of each."""
    groups = evaluation.groups(sets)
    region, pieces, seconds = evaluation.region, evaluation.pieces(groups[0].size), 0.0
    first, last = region.steps_of(*region.cycle)
    begin, end = region.steps_of(region.years[0], evaluation.last_year)
    steps, years = last - first, end - begin
    for piece in pieces:
        columns = np.tile(cycles[piece], groups[0].size)
        seconds += block_count(piece.size) * steps * sample.weather
        seconds += sum(ran for _, _, ran in rounds_of(spinup, columns, columns.size)) * steps * sample.spinup.seconds
        seconds += block_count(columns.size) * years * sample.run
    number = len(groups) * len(pieces)
    return float((cycles * steps + years).sum() * region.substeps), (number, seconds / len(pieces) / 3600.0)


def _whole(inputs: CalibrationInputs, sample: Sample, factor: float) -> StageCost:
    """Default and best set on all cells; of a twin also the hidden one, from the beginning and as a trial."""
    whole, target = inputs.evaluation_of_all({}, inputs.spinup), inputs.case.target
    count = whole.index.size
    trial = _cycles(inputs, sample, count, factor)
    runs = [(inputs.spinup, np.minimum(trial, max(inputs.spinup.min_cycles, 1))), (inputs.spinup, trial)]
    if target is not None and target.source == "twin":
        cold = inputs.region.spinup
        runs += [(cold, cycles_of_all(sample.spinup, cold, count)), (inputs.spinup, trial)]
    found = [_cost(whole, spinup, cycles, sample, 1) for spinup, cycles in runs]
    return StageCost("default and best set", sum(steps for steps, _ in found), [piece for _, piece in found])

"""A batch of parameter sets on all ranks: pieces in a store, so that what a killed job had done is not done again."""

from __future__ import annotations

import json
import shutil
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lsmcal.calibration.evaluation import Evaluation
from lsmcal.calibration.goals.protocol import Simulated
from lsmcal.core.digest import digest
from lsmcal.core.errors import not_none
from lsmcal.core.files import write_npz
from lsmcal.parallel.checkpointed import checkpointed, records_of
from lsmcal.parallel.checkpoints import Store
from lsmcal.parallel.job import Job

_DONE = "simulated"


@dataclass(frozen=True)
class Evaluated:
    """What became of one parameter set.

    Parameters
    ----------
    simulated : Simulated or None
        None where it failed.
    failure : str
        Why; empty where it did not.
    cycles : float
        Of the spin-up, mean over the cells.
    converged : float
        Share of the cells whose last cycles changed nothing.
    leak : float
        Water created and lost in the worst year, mean over the cells [mm].
    """

    simulated: Simulated | None
    failure: str = ""
    cycles: float = 0.0
    converged: float = 0.0
    leak: float = 0.0


def evaluate_sets(
    evaluation: Evaluation,
    sets: Sequence[Mapping[str, float]],
    folder: Path,
    job: Job,
    progress: Callable[[int, int], None] | None = None,
) -> list[Evaluated] | None:
    """Simulate every set, or go on doing so; to be called by all ranks with the same sets.

    Parameters
    ----------
    evaluation : Evaluation
    sets : sequence of mappings
    folder : Path
        Holds what is half done, in a folder of its own for each batch.
    job : Job
    progress : callable, optional
        On rank 0, called with (done, of).

    Returns
    -------
    list of Evaluated, or None
        None on all ranks but the first.

    Raises
    ------
    Stopped
        When the job was asked to stop; the same call goes on.
    """
    world = job.world
    about = {"case": evaluation.mark, "sets": [dict(sorted(one.items())) for one in sets]}
    place = folder / f"batch-{digest(about)[:16]}"
    if world.is_root:
        _clear_others(folder, place)
    world.barrier()
    groups = evaluation.groups(len(sets))
    pieces = [(group, cells) for group in groups for cells in evaluation.pieces(groups[0].size)]

    def work(piece: int, report) -> Mapping[str, np.ndarray]:
        group, cells = pieces[piece]
        return evaluation.run(cells, [sets[s] for s in group], report)

    def name(piece: int) -> str:
        cells = evaluation.cells[pieces[piece][1]]
        return f"cells {cells[0]} to {cells[-1]}"

    def gather(store: Store) -> list[Evaluated]:
        parts, of_group = records_of(store, _DONE, range(len(pieces))), len(pieces) // len(groups)
        return [
            _evaluated(evaluation, parts[place * of_group : (place + 1) * of_group], number)
            for place, group in enumerate(groups)
            for number in range(group.size)
        ]

    quiet = replace(job, progress=_as_stage(progress))
    return checkpointed(
        place, about, quiet, lambda stage: stage.compute("evaluate", _DONE, range(len(pieces)), work, name), gather
    )


def _as_stage(progress):
    return None if progress is None else lambda stage, done, of: progress(done, of)


def _clear_others(folder: Path, place: Path) -> None:
    """Remove what a job that was killed between two batches left of an earlier one."""
    for other in folder.glob("batch-*") if folder.is_dir() else ():
        if other != place:
            shutil.rmtree(other, ignore_errors=True)


def _evaluated(evaluation: Evaluation, parts: list[dict[str, np.ndarray]], number: int) -> Evaluated:
    failures = [str(part["failure"][number]) for part in parts if part["failure"][number]]
    if failures:
        return Evaluated(None, failures[0])
    names = ("cycles", "converged", "leak")
    means = [float(np.concatenate([part[name][number] for part in parts]).mean()) for name in names]
    return Evaluated(evaluation.simulated(parts, number), "", *means)


# -- one set over many cells, kept ------------------------------------------------------------------------------------
def cached_simulation(
    evaluation: Evaluation, parameters: Mapping[str, float], path: Path, job: Job, progress=None
) -> Evaluated | None:
    """One set's simulation from a file; made, and the file written, if it is not there. For all ranks.

    Parameters
    ----------
    evaluation : Evaluation
    parameters : mapping
    path : Path
        NumPy archive.
    job : Job
    progress : callable, optional

    Returns
    -------
    Evaluated or None
        None on all ranks but the first.

    Raises
    ------
    Stopped
    """
    world = job.world
    kept = read_simulation(evaluation, parameters, path) if world.is_root else None
    if world.bcast(kept is not None):
        return kept
    found = evaluate_sets(evaluation, [parameters], path.parent / "checkpoint", job, progress)
    if found is None:
        return None
    if found[0].simulated is not None:
        _write(path, simulation_mark(evaluation, parameters), found[0])
    return found[0]


def read_simulation(evaluation: Evaluation, parameters: Mapping[str, float], path: Path) -> Evaluated | None:
    """What :func:`cached_simulation` wrote; None if there is no such file, or it holds another simulation."""
    return _read(path, simulation_mark(evaluation, parameters), evaluation)


def simulation_mark(evaluation: Evaluation, parameters: Mapping[str, float]) -> str:
    """Hash of everything that one set's simulation depends on."""
    return digest({"case": evaluation.mark, "set": dict(sorted(parameters.items()))})


_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)
_FIELDS = ("minimum", "maximum", "mean")


def _write(path: Path, mark: str, found: Evaluated) -> None:
    simulated = not_none(found.simulated)
    arrays = {name: getattr(simulated, name) for name in _FIELDS}
    series = {f"daily.{cell}": values for cell, values in simulated.daily.items()}
    about = json.dumps({"mark": mark, "cycles": found.cycles, "settled": found.converged, "leak": found.leak})
    write_npz(path, about=np.array(about), days=simulated.days, **arrays, **series)


def stored_mark(path: Path) -> str | None:
    """:func:`simulation_mark` of what a file holds; None if there is no such file, or it is damaged."""
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
            return json.loads(str(file["about"]))["mark"]
    except _UNREADABLE:
        return None


def _read(path: Path, mark: str, evaluation: Evaluation) -> Evaluated | None:
    """None if there is no such file, or it holds another simulation or is damaged."""
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            if about["mark"] != mark:
                return None
            series = {int(name[6:]): file[name] for name in file.files if name.startswith("daily.")}
            simulated = Simulated(
                cell=evaluation.cells,
                years=np.array(evaluation.years),
                depth=evaluation.region.depth,
                days=file["days"],
                daily=series,
                **{name: file[name] for name in _FIELDS},
            )
    except _UNREADABLE:
        return None
    return Evaluated(simulated, "", about["cycles"], about["settled"], about.get("leak", 0.0))

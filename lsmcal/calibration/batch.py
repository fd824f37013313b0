"""A batch of parameter sets on all ranks: pieces in a store, so that what a killed job had done is not done again."""

from __future__ import annotations

import json
import logging
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lsmcal.calibration.evaluation import Evaluation
from lsmcal.calibration.goals.protocol import Simulated
from lsmcal.core.checksums import READ_ERRORS
from lsmcal.core.digest import digest, digest_of_parts
from lsmcal.core.errors import not_none
from lsmcal.core.files import write_npz
from lsmcal.parallel.checkpointed import checkpointed, records_of
from lsmcal.parallel.checkpoints import Store
from lsmcal.parallel.job import Job

log = logging.getLogger(__name__)

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


_UNREADABLE = (*READ_ERRORS, EOFError, struct.error, zipfile.BadZipFile, zlib.error)
_FIELDS = ("minimum", "maximum", "mean")


def _write(path: Path, mark: str, found: Evaluated) -> None:
    simulated = not_none(found.simulated)
    arrays = {name: getattr(simulated, name) for name in _FIELDS}
    series = {f"daily.{cell}": values for cell, values in simulated.daily.items()}
    arrays |= {"days": simulated.days, **series}
    about = {"mark": mark, "cycles": found.cycles, "settled": found.converged, "leak": found.leak}
    write_npz(path, about=np.array(json.dumps(about | {"sha256": _sum(about, arrays)})), **arrays)


def _sum(about: Mapping[str, object], arrays: Mapping[str, np.ndarray]) -> str:
    """Checksum of all that a file holds."""
    named = [part for name in sorted(arrays) for part in (name, str(arrays[name].shape), arrays[name])]
    return digest_of_parts([json.dumps(dict(about), sort_keys=True), *named])


@dataclass(frozen=True)
class StoredSimulation:
    """What a file of a simulation holds.

    Parameters
    ----------
    about : dict
        ``mark``, :func:`simulation_mark` of what it is of; ``cycles``, ``settled``, ``leak``.
    arrays : dict of str to array
    damage : str
        What is wrong; empty if nothing is.
    checked : bool
        Whether it has a checksum; files of earlier versions do not.
    """

    about: dict[str, Any]
    arrays: dict[str, np.ndarray]
    damage: str
    checked: bool


def look_at_simulation(path: Path) -> StoredSimulation:
    """Read all of a file that :func:`cached_simulation` wrote, and compare it with its checksum."""
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = dict(json.loads(str(arrays.pop("about"))))
        stated = about.pop("sha256", None)
        float(about["cycles"]), float(about["settled"]), str(about["mark"])
        lacking = {"days", *_FIELDS} - set(arrays)
        wrong = f"{min(lacking)} is missing" if lacking else ""
        if stated is not None and stated != _sum(about, arrays):
            wrong = "the checksum is wrong"
        return StoredSimulation(about, arrays, wrong, stated is not None)
    except _UNREADABLE as error:
        return StoredSimulation({}, {}, f"cannot be read: {error}", False)


def stored_mark(path: Path) -> str | None:
    """:func:`simulation_mark` of what a file holds; None if there is no such file, or it is damaged."""
    found = look_at_simulation(path)
    return None if found.damage else found.about["mark"]


def _read(path: Path, mark: str, evaluation: Evaluation) -> Evaluated | None:
    """None if there is no such file, or it holds another simulation; with a warning if it is damaged."""
    if not path.is_file():
        return None
    found = look_at_simulation(path)
    arrays, about, damage = found.arrays, found.about, found.damage
    if not damage and about["mark"] != mark:
        return None
    shape = (evaluation.index.size, len(evaluation.years), evaluation.region.depth.size)
    series = {name: values for name, values in arrays.items() if name.startswith("daily.")}
    if not damage and (
        any(arrays[name].shape != shape for name in _FIELDS)
        or set(series) != {f"daily.{cell}" for cell in evaluation.daily}
        or any(values.shape != (arrays["days"].size, shape[2]) for values in series.values())
    ):
        damage = "it has other cells, years or layers"
    if damage:
        log.warning("%s: is damaged: %s; it is made again", path, damage)
        return None
    simulated = Simulated(
        cell=evaluation.cells,
        years=np.array(evaluation.years),
        depth=evaluation.region.depth,
        days=arrays["days"],
        daily={int(name.removeprefix("daily.")): values for name, values in series.items()},
        **{name: arrays[name] for name in _FIELDS},
    )
    return Evaluated(simulated, "", about["cycles"], about["settled"], about.get("leak", 0.0))

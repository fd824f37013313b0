"""Evaluations of our own objectives, stored, so that search engines can be compared on what they are for.

``python -m benchmarks.evaluations nse --dims 12`` evaluates the NSE of a site (``stored/nse.toml``, 12 or 26
parameters), ``... kappa --dims 26`` the Kappa of a map (some cells of ``cases/calibrate-plateau``), and writes
``stored/<objective>-<dims>.npz``. Half the points or more are a Sobol sequence over the whole space; the others come
from one short search with each engine that learns, so that the neighbourhood of good sets is known too. Every part is
a search with a history of its own under ``--work``: a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lsmcal.calibration.setup import calibration_inputs, prepare_problem
from lsmcal.calibration.site_stage import calibration_of, evaluator
from lsmcal.case import load_case
from lsmcal.noah.runtime.grid import PAPER_THICKNESS
from lsmcal.parallel.job import job_of
from lsmcal.parameters.space import LEVELS, Space
from lsmcal.search.engines import make
from lsmcal.search.history import History
from lsmcal.search.loop import Objective, Outcome, Point, search

HERE = Path(__file__).resolve().parent
STORED = HERE / "stored"
KAPPA_CASE = HERE.parent / "cases" / "calibrate-plateau"
DIMENSIONS = (12, 26)
#: More than the paper's ten for 26 dimensions at a site of three soils.
FURTHER = ("BB", "SATPSI", "SATDK", "QTZ", "CSOIL", "SALP")
#: What is varied on the plateau: the paper's ten where classes are common, and soil heat capacity to make 26 of 25.
PLATEAU = {
    12: [
        "SBETA",
        "FXEXP",
        "FRZK",
        "CZIL",
        "EMISSMIN[7]",
        "EMISSMAX[7]",
        "ALBEDOMIN[7]",
        "ALBEDOMAX[7]",
        "MAXSMC[8]",
        "MAXSMC[9]",
        "MAXSMC[13]",
        "TBOT",
    ],
    26: ["sensitive", "CSOIL"],
}
#: Ten layers, 4.2 m, settle within years where eighteen take decades, and few cells cost little. More pixels are wrong,
#: lest so few cells can be matched altogether.
KAPPA_CHEAPER = (
    f"grid.thickness={PAPER_THICKNESS[:10].tolist()}",
    "calibrate.every=4",
    "calibrate.threshold=0.056",
    "calibrate.spinup.max_cycles=5",
    "target.wrong=0.1",
)


@dataclass(frozen=True)
class Part:
    """Points proposed by one engine, beside trial 0."""

    engine: str
    seed: int
    batch: int
    points: int


@dataclass(frozen=True)
class Judged:
    """An objective over a space.

    Parameters
    ----------
    space : Space
    name : str
        ``NSE`` or ``Kappa``; to be maximised.
    evaluate : callable
        Points to outcomes, each as if it were alone.
    about : mapping
        What it was computed from.
    stop : bool-like
        True once a signal has asked to stop.
    """

    space: Space
    name: str
    evaluate: Callable[[Sequence[Point]], list[Outcome]]
    about: dict[str, object]
    stop: object = False


@dataclass(frozen=True)
class Stored:
    """Evaluations as they are stored.

    Parameters
    ----------
    levels : (n, d) array of uint8
        Places on the lattice of ``LEVELS`` a side; all different.
    values : (n,) array
        Higher is better; no failures.
    part : (n,) array of uint8
        Which of ``about["parts"]`` proposed the point.
    default : (d,) array
        The default set, between the lattice points.
    default_value : float
    about : dict
        Objective, names and ranges of the parameters, parts, case.
    """

    levels: np.ndarray
    values: np.ndarray
    part: np.ndarray
    default: np.ndarray
    default_value: float
    about: dict

    @property
    def points(self) -> np.ndarray:
        """Unit coordinates, (n, d)."""
        return self.levels / (LEVELS - 1)


def parts_of(objective: str) -> tuple[Part, ...]:
    """How the points are shared out: Sobol, and a short search with each engine that learns."""
    over_all = Part("sobol", 1, 64, 1600) if objective == "nse" else Part("sobol", 1, 32, 1216)
    return over_all, *(Part(engine, 1, 32, 320) for engine in ("openbox", "cmaes", "de"))


@contextmanager
def nse_of(dimensions: int, work: Path) -> Iterator[Judged]:
    """The NSE of soil temperature, mean over the depths, at the site of ``stored/nse.toml``."""
    names = ["sensitive", *(FURTHER if dimensions == 26 else ())]
    case = load_case(STORED / "nse.toml", [f"calibrate.parameters={json.dumps(names)}"])
    calibration = calibration_of(case)
    start = calibration.site.equilibrium(calibration.fixed)
    about = {"case": "stored/nse.toml", "parameters": names}
    yield Judged(calibration.space, "NSE", evaluator(calibration, start), about)


@contextmanager
def kappa_of(dimensions: int, work: Path) -> Iterator[Judged]:
    """The Kappa of a map over some cells of ``cases/calibrate-plateau``, as its calibration computes it."""
    overrides = [*KAPPA_CHEAPER, f"calibrate.parameters={json.dumps(PLATEAU[dimensions])}"]
    case = load_case(KAPPA_CASE, [*overrides, f'case.output="{work.resolve() / "plateau"}"'])
    inputs = calibration_inputs(case)
    folder = Path(case.output_folder) / "calibration"
    with job_of(case, folder) as job:
        prepared, used = prepare_problem(inputs, folder, job)
        goal = prepared.goals[0]

        def evaluate(points: Sequence[Point]) -> list[Outcome]:
            found = [used.run(place, [point.parameters for point in points]) for place in used.pieces(len(points))]
            return [_kappa(used, goal, found, number) for number in range(len(points))]

        about = {"case": "cases/calibrate-plateau", "overrides": overrides, "cells": int(used.index.size)}
        yield Judged(prepared.space, "Kappa", evaluate, about, job.stop)


def _kappa(used, goal, found: list[dict], number: int) -> Outcome:
    failures = [str(part["failure"][number]) for part in found if part["failure"][number]]
    if failures:
        return Outcome(None, failed=failures[0])
    return Outcome(float(goal.score(used.simulated(found, number)).value))


OBJECTIVES = {"nse": nse_of, "kappa": kappa_of}


def evaluate_parts(judged: Judged, parts: Sequence[Part], work: Path, progress=None) -> list[History]:
    """Let every part propose and evaluate its points, or go on with that; one history each."""
    histories = []
    for part in parts:
        engine = make(part.engine, len(judged.space), seed=part.seed, batch=part.batch, levels=judged.space.levels)
        place = work / f"{part.engine}-{part.seed}.jsonl"
        found = search(
            judged.evaluate,
            judged.space,
            engine,
            place,
            1 + part.points,
            objective=Objective(judged.name),
            case=judged.about,
            progress=progress,
        )
        histories.append(found.history)
    return histories


def stored_of(judged: Judged, parts: Sequence[Part], histories: Sequence[History]) -> Stored:
    """The points of all parts, each once, without failures."""
    seen, rows, failed = set(), [], 0
    for number, history in enumerate(histories):
        for record in history.records[1:]:
            failed += record.status == "failed"
            if record.x not in seen and record.status == "ok":
                seen.add(record.x)
                rows.append((judged.space.to_levels(record.x), record.objective, number))
    levels, values, part = zip(*rows, strict=True)
    seconds = sum(record.model_seconds for history in histories for record in history.records)
    about = {
        "objective": judged.name,
        **judged.about,
        "space": judged.space.rows(),
        "parts": [vars(p) for p in parts],
        "failed": failed,
        "model_seconds": round(seconds, 1),
    }
    default = histories[0].records[0].objective
    return Stored(
        np.array(levels, np.uint8),
        np.array(values),
        np.array(part, np.uint8),
        judged.space.default_unit(),
        float(default),
        about,
    )


def write(stored: Stored, path: Path) -> None:
    """Write evaluations as a compressed NumPy archive."""
    arrays = {name: getattr(stored, name) for name in ("levels", "values", "part", "default", "default_value")}
    np.savez_compressed(path, about=np.array(json.dumps(stored.about)), **arrays)


def read(objective: str, dimensions: int, folder: Path = STORED) -> Stored:
    """Stored evaluations of ``nse`` or ``kappa`` in so many dimensions."""
    with np.load(folder / f"{objective}-{dimensions}.npz", allow_pickle=False) as file:
        return Stored(
            file["levels"],
            file["values"],
            file["part"],
            file["default"],
            float(file["default_value"]),
            json.loads(str(file["about"])),
        )


def main() -> None:
    """Read the arguments, evaluate, store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("objective", choices=OBJECTIVES)
    parser.add_argument("--dims", type=int, choices=DIMENSIONS, default=12)
    parser.add_argument("--work", type=Path, default=Path("output") / "evaluations", help="histories, kept")
    parser.add_argument("--out", type=Path, default=STORED)
    given = parser.parse_args()
    work, parts = given.work / f"{given.objective}-{given.dims}", parts_of(given.objective)
    said = [time.monotonic()]

    def progress(record, history: History) -> None:
        if judged.stop:
            raise SystemExit("stopped on request; the same command resumes")
        if time.monotonic() - said[0] > 30.0:
            said[0] = time.monotonic()
            print(f"{record.trial} points, best {history.best.objective:.4f}", flush=True)

    with OBJECTIVES[given.objective](given.dims, work) as judged:
        if len(judged.space) != given.dims:
            raise SystemExit(f"the space has {len(judged.space)} dimensions")
        stored = stored_of(judged, parts, evaluate_parts(judged, parts, work, progress))
    given.out.mkdir(parents=True, exist_ok=True)
    write(stored, given.out / f"{given.objective}-{given.dims}.npz")
    print(
        f"{len(stored.values)} evaluations, {judged.name} {stored.values.min():.3f} to {stored.values.max():.3f},"
        f" default {stored.default_value:.3f}, {stored.about['model_seconds']} s"
    )


if __name__ == "__main__":
    main()

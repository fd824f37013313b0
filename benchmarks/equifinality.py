"""Do the verdicts of equifinality hold? Searches for functions whose idle parameters are known, counted.

``python -m benchmarks.equifinality [--quick]``: OpenBox, random points and a greedy walk that crowds.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from lsmcal.search.convergence import analyse
from lsmcal.search.engines import make
from lsmcal.search.equifinality import CONSTRAINED, NARROW, SIGNIFICANT, WEAKLY, equifinality, near_best
from lsmcal.search.history import History, Trial
from lsmcal.search.loop import Objective, Outcome, search

#: Parameters that matter: two have an optimum, two make up for each other, one has a slope.
ACTIVE = 5


def score(x) -> float:
    """A score between 0 and about 1 in steps of 1/300, as Kappa over some hundred cells has steps."""
    x = 2.0 * np.asarray(x) - 1.0
    loss = 3.0 * (x[0] - 0.3) ** 2 + (x[1] + 0.5) ** 2 + 1.5 * (x[2] + x[3] - 0.2) ** 2 + 0.15 * (x[4] + 1.0)
    return float(np.round(300.0 * np.exp(-loss)) / 300.0)


class Cube:
    """Parameters p0, p1, ... between 0 and 1, and what a search asks of a space."""

    levels = 101

    def __init__(self, dimensions: int):
        self.names = tuple(f"p{index}" for index in range(dimensions))

    def default_unit(self) -> np.ndarray:
        return np.full(len(self.names), 0.5123)

    def default_parameters(self) -> dict[str, float]:
        return dict.fromkeys(self.names, 0.5123)

    def to_parameters(self, unit) -> dict[str, float]:
        return dict(zip(self.names, np.asarray(unit).tolist(), strict=True))

    def rows(self) -> list[dict[str, object]]:
        return [{"name": name, "low": 0.0, "high": 1.0} for name in self.names]


def searched(engine: str, dimensions: int, trials: int, seed: int) -> History:
    """A search with one of the engines."""
    built = make(engine, dimensions, levels=Cube.levels, seed=seed, batch=8)
    with tempfile.TemporaryDirectory() as folder:
        return search(
            lambda points: [Outcome(score(point.x)) for point in points],
            Cube(dimensions),
            built,
            Path(folder) / "history.jsonl",
            trials,
            objective=Objective("score"),
        ).history


def greedy(dimensions: int, trials: int, seed: int) -> History:
    """Points by chance, then ever shorter steps from the best so far: idle parameters drift and settle with it."""
    rng = np.random.default_rng(seed)
    points = list(rng.random((5 * dimensions, dimensions)))
    while len(points) < trials:
        best, left = max(points, key=score), 1.0 - len(points) / trials
        step = rng.normal(0.0, 0.05 + 0.15 * left, dimensions) * (rng.random(dimensions) < 0.6)
        points.append(np.clip(best + step, 0.0, 1.0))
    space = Cube(dimensions)
    header = {
        "fingerprint": {
            "space": {row["name"]: row for row in space.rows()},
            "objective": {"name": "score", "direction": "maximise"},
        }
    }
    records = [Trial(k, k, tuple(x), space.to_parameters(x), score(x)) for k, x in enumerate(points)]
    return History(header, records)


def counted(histories: list[History]) -> list[str]:
    """For parameters that matter and idle ones: verdicts, and what spread and KS alone would have said."""
    cells = []
    for active in (True, False):
        rows = []
        for history in histories:
            near, _ = near_best(history.losses, analyse(history.objectives, history.maximise).optimal)
            found = equifinality(history, near)
            rows += found[:ACTIVE] if active else found[ACTIVE:]
        naive = sum(row["width"] <= NARROW and row["ks_p"] < SIGNIFICANT for row in rows)
        verdicts = [sum(row["verdict"] == one for row in rows) for one in (CONSTRAINED, WEAKLY)]
        cells += [str(len(rows)), *map(str, verdicts), str(naive)]
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one search of each kind")
    some = (lambda count: 1) if parser.parse_args().quick else (lambda count: count)
    kinds = {
        "OpenBox, 12, 250": [searched("openbox", 12, 250, seed) for seed in range(some(6))],
        "OpenBox, 26, 400": [searched("openbox", 26, 400, seed) for seed in range(some(3))],
        "greedy walk, 12, 300": [greedy(12, 300, seed) for seed in range(some(20))],
        "random, 12, 300": [searched("random", 12, 300, seed) for seed in range(some(6))],
    }
    verdicts = "constrained | weakly | narrow and KS"
    print(f"| engine, dimensions, trials | searches | matter | {verdicts} | idle | {verdicts} |")
    print("| --- " + "| ---: " * 9 + "|")
    for name, histories in kinds.items():
        print(f"| {name} | {len(histories)} | {' | '.join(counted(histories))} |", flush=True)


if __name__ == "__main__":
    main()

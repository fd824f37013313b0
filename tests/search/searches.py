"""A small search that tests run here and in processes of their own, to be killed.

``python -m tests.search.searches ENGINE JOURNAL EVALUATIONS SECONDS LAST``: each evaluation takes SECONDS, and the
search waits at trial LAST for the signal, however busy the machine is.
``ENGINE+`` searches the Pareto front of two goals.
"""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from lsmcal.search.engines import make
from lsmcal.search.goals import SearchGoal
from lsmcal.search.loop import Objective, Outcome, search
from lsmcal.search.result import SearchResult

# For processes that run elsewhere, whether the package is installed or not.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


class Box:
    """Parameters p00, p01, ... between -1 and 1; their exact defaults lie between the levels."""

    def __init__(self, dimensions: int = 12, levels: int = 101):
        self.names = tuple(f"p{index:02d}" for index in range(dimensions))
        self.levels = levels

    def default_unit(self) -> np.ndarray:
        return np.full(len(self.names), 0.5123)

    def default_parameters(self) -> dict[str, float]:
        return {name: 0.0246 for name in self.names}

    def to_parameters(self, unit) -> dict[str, float]:
        return dict(zip(self.names, (2.0 * np.asarray(unit) - 1.0).tolist(), strict=True))

    def rows(self) -> list[dict[str, object]]:
        return [{"name": name, "low": -1.0, "high": 1.0, "default": 0.0246} for name in self.names]


def bowl(values) -> float:
    """A tilted, uneven bowl: 0 at -0.4 in every direction, weights over two decades."""
    off = np.asarray(list(values)) + 0.4
    weights = np.logspace(0, 2, off.size)
    return float((weights * off**2).sum() / weights.sum() + 0.3 * (off[0] - off[1]) ** 2)


def one_by_one(points, seconds: float = 0.0, last: int | None = None):
    """Outcomes as they come; a corner of the space fails."""
    for point in points:
        time.sleep(60.0 if point.trial == last else seconds)
        loss = bowl(point.parameters.values())
        if point.parameters["p00"] > 0.9:
            yield Outcome(None, failed="p00 is too large")
        else:
            yield Outcome(1.0 - loss, {"loss": loss, "depths": np.array([loss, np.nan])})


GOALS = (SearchGoal("near"), SearchGoal("error", maximise=False, scale=2.0, weight=3.0))


def judge(point) -> Outcome:
    """A score near -0.4 and an error that is least near 0.5; a corner of the space fails."""
    values = np.array(list(point.parameters.values()))
    if values[0] > 0.9:
        return Outcome(None, failed="p00 is too large")
    return Outcome(None, goals={"near": 1.0 - bowl(values), "error": float(np.abs(values - 0.5).mean())})


def run(
    engine: str, path, evaluations: int, seconds: float = 0.0, last: int | None = None, batch: int = 4, **options
) -> SearchResult:
    """The search of the tests; of two goals if the engine's name ends in +."""
    space, name = Box(), engine.rstrip("+")
    goals = GOALS if engine != name else ()
    options = {"levels": space.levels, "seed": 11, "batch": batch, "initial": 8, "goals": max(1, len(goals)), **options}
    built = make(name, len(space.names), **options)

    def evaluate(points):
        for point, outcome in zip(points, one_by_one(points, seconds, last), strict=True):
            yield judge(point) if goals else outcome

    further = {"goals": goals} if goals else {"objective": Objective("nse")}
    return search(evaluate, space, built, path, evaluations, case={"hash": "abc"}, **further)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts tests in the background ignores it
    run(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))

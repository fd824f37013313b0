"""What an engine proposes on known functions, for the tests of every engine."""

import importlib.util

import numpy as np
import pytest

from lsmcal.search.engines import ENGINES
from lsmcal.search.lattice import snap
from lsmcal.search.protocol import Trials
from tests.search.searches import bowl

has_openbox = importlib.util.find_spec("openbox") is not None
no_openbox = pytest.mark.skipif(not has_openbox, reason="OpenBox is not installed")
EVERY = [pytest.param(name, marks=no_openbox if name == "openbox" else ()) for name in ENGINES]


def follow(engine, batches: int, fail=lambda unit: False) -> Trials:
    """What an engine has been told after some batches on the bowl."""
    points = [[0.5123] * engine.settings.dimensions]
    losses = [bowl(2 * np.array(points[0]) - 1)]
    for batch in range(1, batches + 1):
        for unit in engine.ask(Trials.of(points, losses), batch).tolist():
            points.append(unit)
            losses.append(np.nan if fail(unit) else bowl(2 * np.array(unit) - 1))
    return Trials.of(points, losses)


def assert_new_lattice_points(told: Trials, levels: int = 101) -> None:
    proposed = told.points[1:]
    assert np.array_equal(proposed, snap(proposed, levels))
    assert len(told.visited) == len(told.points)


def two_bowls(unit: np.ndarray) -> list[float]:
    """Two goals that pull apart: nearness to 0.3 in the first half of the coordinates, to 0.7 in all."""
    half = unit[: unit.size // 2]
    return [float(((half - 0.3) ** 2).mean()), float(((unit - 0.7) ** 2).mean())]


def follow_two(engine, batches: int, fail=lambda unit: False) -> Trials:
    points = [[0.5123] * engine.settings.dimensions]
    losses = [two_bowls(np.array(points[0]))]
    for batch in range(1, batches + 1):
        for unit in engine.ask(Trials.of(points, losses), batch):
            points.append(unit.tolist())
            losses.append([np.nan, np.nan] if fail(unit) else two_bowls(unit))
    return Trials.of(points, losses)

"""The engine of chance: even over the cube, and blind to losses."""

import numpy as np

from lsmcal.search.engines import make
from lsmcal.search.protocol import Trials
from tests.search.engines.following import follow


def test_points_are_uniform_on_the_levels():
    points = follow(make("random", 3, seed=6, batch=50), 40).points[1:]
    counts = np.array([np.histogram(column, bins=4, range=(0, 1))[0] for column in points.T])
    # 2000 draws, a quarter each: 500 with a standard deviation of 19.
    assert np.abs(counts - 500).max() < 90
    assert np.abs(np.corrcoef(points.T) - np.eye(3)).max() < 0.1


def test_losses_do_not_matter():
    engine, points = make("random", 4, seed=6, batch=5), [[0.5] * 4, [0.25] * 4]
    asked = [engine.ask(Trials.of(points, losses), 2) for losses in ([1.0, 2.0], [np.nan, -3.0])]
    assert np.array_equal(*asked) and asked[0].shape == (5, 4)

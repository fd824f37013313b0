"""The engine of the Sobol sequence: its points in order, the default set left out."""

import numpy as np

from lsmcal.search.engines import make
from lsmcal.search.lattice import sobol
from lsmcal.search.protocol import Trials
from tests.search.engines.following import follow


def test_batches_are_the_sequence_in_order_whatever_the_losses():
    expected = np.array([point for point, _ in zip(sobol(5, 101, 9), range(24), strict=False)])
    proposed = follow(make("sobol", 5, seed=9, batch=8), 3).points[1:]
    assert np.array_equal(proposed, expected)
    assert np.array_equal(follow(make("sobol", 5, seed=9, batch=4), 6).points[1:], expected)


def test_a_default_set_on_the_sequence_is_not_proposed_again():
    points = [point for point, _ in zip(sobol(3, 101, 2), range(9), strict=False)]
    asked = make("sobol", 3, seed=2, batch=8).ask(Trials.of([points[4]], [1.0]), 1)
    assert asked.tolist() == [list(point) for point in points if point != points[4]]

"""Our parts of OpenBox against what they compute."""

import numpy as np
import pytest

from lsmcal.search.pareto import hypervolume
from tests.search.engines.following import no_openbox


@no_openbox
@pytest.mark.parametrize("goals", [2, 3])
def test_the_expected_gain_of_hypervolume_is_what_sampling_gives(goals):
    from lsmcal.search.engines.openbox_parts import HypervolumeGain

    class Known:
        def __init__(self, mean, deviation):
            self.mean, self.variance = mean, deviation**2

        def predict_marginalized_over_instances(self, rows):
            return np.full((len(rows), 1), self.mean), np.full((len(rows), 1), self.variance)

    rng = np.random.default_rng(goals)
    losses, beyond = rng.random((12, goals)), np.full(goals, 1.1)
    means, deviations = rng.uniform(0.0, 0.4, goals), rng.uniform(0.1, 0.3, goals)
    models = [Known(*pair) for pair in zip(means, deviations, strict=True)]
    expected = HypervolumeGain(models, losses, beyond)(np.zeros((3, 5)), convert=False)
    draws = means + deviations * rng.standard_normal((1500, goals))
    before = hypervolume(losses, beyond)
    gains = np.array([hypervolume(np.vstack([losses, draw]), beyond) - before for draw in draws])
    assert expected.shape == (3, 1) and np.ptp(expected) == 0.0
    assert abs(gains.mean() - expected[0, 0]) < 4 * gains.std() / np.sqrt(gains.size)

"""Goals: what is kept of any goal, and how several become comparable."""

from types import SimpleNamespace

import numpy as np
import pytest

from lsmcal.search.goals import SearchGoal, gain, weighted

EFFICIENCY = SearchGoal("nse")
ERROR = SearchGoal("rmse", maximise=False, scale=2.0, weight=3.0)


def test_a_goal_is_taken_from_anything_that_has_its_attributes():
    other = SimpleNamespace(name="map", measure="Kappa", maximise=1, scale=1, weight=2, cells=())
    assert SearchGoal.of(other) == SearchGoal("map", True, 1.0, 2.0)
    assert SearchGoal.of(ERROR) == ERROR


def test_a_gain_is_the_value_or_minus_the_error_over_its_scale():
    assert gain(EFFICIENCY, 0.7) == 0.7
    assert gain(ERROR, 0.5) == -0.25


def test_the_weighted_mean_of_gains():
    assert weighted([EFFICIENCY, ERROR], [0.8, 0.4]) == pytest.approx((0.8 - 3 * 0.2) / 4)
    assert np.isnan(weighted([EFFICIENCY, ERROR], [0.8, np.nan]))

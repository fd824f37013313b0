"""A network as a goal: scores by hand, ground that thaws away, and what the history remembers of it."""

import dataclasses

import numpy as np
import pytest

from lsmcal.calibration.goals.network import NetworkGoal
from lsmcal.evaluation.network import match
from lsmcal.inputs.observed.network import read_network
from lsmcal.search.goals import gain, weighted
from tests.evaluation.networks import DEPTH, HEAD, ground, small_domain

ROWS = (
    "A,90.3,33.3,2010,alt,,2.0\nB,90.8,33.3,2010,alt,,3.0\nB,90.8,33.3,2011,alt,,5.0\n"
    "A,90.3,33.3,2010,soil_temperature,4,-3\nB,90.8,33.3,2010,soil_temperature,6,-6\n"
)


@pytest.fixture
def observed(tmp_path):
    path = tmp_path / "network.csv"
    path.write_text(HEAD + ROWS, encoding="utf-8")
    return match(read_network(path), small_domain())


def test_thaw_depth_by_hand(observed):
    """Mean s - z without seasons: thaw to s; errors 0.5, -1 and -3."""
    goal = NetworkGoal("alt", observed.select("alt"), scale=2.0)
    assert goal.cells.tolist() == [0, 1] and goal.years == (2010, 2011)
    assert goal.measure == "RMSE [m]" and not goal.maximise and goal.daily == () and goal.days is None
    score = goal.score(ground([2.5, 2.0]))
    assert score.value == pytest.approx(np.sqrt((0.25 + 1.0 + 9.0) / 3.0))
    assert score.details["mbe"] == pytest.approx(-3.5 / 3.0)
    assert score.details["values"] == 3 and score.details["penalised"] == 0
    assert gain(goal, score.value) == pytest.approx(-score.value / 2.0)
    assert weighted([goal, goal], [1.0, 3.0]) == pytest.approx(-1.0)


def test_temperature_at_some_depths(observed):
    goal = NetworkGoal("ground", observed.select("soil_temperature", depths=[6.0]))
    assert goal.measure == "RMSE [K]" and goal.cells.tolist() == [1] and goal.years == (2010,)
    assert goal.score(ground([0.0, 0.5])).value == pytest.approx(0.5)
    both = NetworkGoal("ground", observed.select("soil_temperature"))
    assert both.score(ground([-1.0, 0.0])).value == pytest.approx(np.sqrt((4.0 + 0.0) / 2.0))


def test_thawing_the_permafrost_away_is_worse_than_a_wrong_thaw_depth(observed):
    goal = NetworkGoal("alt", observed.select("alt", years=[2010]))
    wrong, thawed = goal.score(ground([9.0, 9.0])), goal.score(ground([9.0, 20.0]))
    assert thawed.value > wrong.value and thawed.details["penalised"] == 1
    last = DEPTH[-1]
    assert thawed.value == pytest.approx(np.sqrt((49.0 + (last - 3.0) ** 2) / 2.0))
    mild = NetworkGoal("alt", observed.select("alt", years=[2010]), deepest=5.0)
    assert mild.score(ground([9.0, 20.0])).value == pytest.approx(np.sqrt((9.0 + 4.0) / 2.0))


def test_ground_that_was_not_simulated_is_no_score(observed):
    goal = NetworkGoal("alt", observed.select("alt"))
    simulated = ground([2.5, 2.0])
    simulated.maximum[1, 1] = np.nan
    score = goal.score(simulated)
    assert np.isnan(score.value) and score.details["undefined"] == "1 of 3 simulated values are missing"
    with pytest.raises(KeyError):
        goal.score(ground([2.5]))


def test_everything_that_counts_is_in_the_description(observed):
    goal = NetworkGoal("alt", observed.select("alt"))
    other = observed.select("alt")
    moved = dataclasses.replace(other, value=other.value + 0.01)
    variants = [
        NetworkGoal("alt", moved),
        dataclasses.replace(goal, weight=2.0),
        dataclasses.replace(goal, scale=0.5),
        dataclasses.replace(goal, deepest=9.0),
        dataclasses.replace(goal, name="thaw"),
        NetworkGoal("alt", observed.select("alt", years=[2010])),
    ]
    described = [str(one.describe()) for one in (goal, *variants)]
    assert len(set(described)) == 7 and described[0] == str(NetworkGoal("alt", other).describe())


def test_goals_that_make_no_sense_are_refused(observed):
    for observations, options, message in (
        (observed, {}, "one variable, got alt, soil_temperature"),
        (observed.select("ttop"), {}, "got none"),
        (observed.select("alt"), {"scale": 0.0}, "positive"),
        (observed.select("alt"), {"deepest": 4.0}, "observed to 5 m"),
    ):
        with pytest.raises(ValueError, match=message):
            NetworkGoal("bad", observations, **options)

"""One site as a goal among others: days and depths that belong together, scores by hand, twins."""

import dataclasses

import numpy as np
import pytest

from lsmcal.calibration.goals.protocol import Simulated
from lsmcal.calibration.goals.site import SiteGoal
from lsmcal.evaluation.site import make_target, objective_of
from lsmcal.inputs.observed.series import Observations
from lsmcal.simulate.from_case.observations import twin_observations
from lsmcal.simulate.results import Run

NODES = np.array([0.05, 0.2, 0.5, 1.0])
DAYS = np.arange("2010-01-01", "2012-01-01", dtype="datetime64[D]")
PERIODS = ([("2010-01-01", "2010-12-31")], [("2011-01-01", "2011-12-31")])


def truth(days, depth):
    """Sinks in linearly, so that what lies between the nodes is exact."""
    return 271.0 - 8.0 * np.cos(2 * np.pi * days.astype(int)[:, None] / 365.25) * (1.0 - 0.5 * np.asarray(depth))


def simulated_of(series, days=DAYS, cell=7):
    none = np.zeros((0, 0, NODES.size))
    return Simulated(np.zeros(0, np.int64), np.zeros(0, int), NODES, none, none, none, days, {cell: series})


@pytest.fixture
def target():
    depth = np.array([0.1, 0.4, 0.8])
    values = truth(DAYS, depth)
    values[10:20, 1] = np.nan
    observed = Observations("soil_temperature", DAYS.astype("datetime64[s]"), depth, values)
    return make_target(observed, *PERIODS)


def test_the_true_ground_scores_one_and_a_bias_costs_its_share_of_the_variance(target):
    goal = SiteGoal("site", 7, target)
    assert goal.cells.tolist() == [7] and goal.daily == (7,) and goal.days == ("2010-01-01", "2011-12-31")
    assert goal.measure == "NSE" and goal.maximise and goal.years == ()
    assert goal.score(simulated_of(truth(DAYS, NODES))).value == pytest.approx(1.0, abs=1e-12)
    score = goal.score(simulated_of(truth(DAYS, NODES) + 1.0))
    year = target.values[target.calibration]
    by_hand = 1.0 - 1.0 / np.nanvar(year, axis=0)
    np.testing.assert_allclose(score.details["calibration"]["nse_by_depth"], by_hand, rtol=1e-10)
    assert score.value == pytest.approx(by_hand.mean())
    assert score.details["validation"]["nse"] == pytest.approx(score.value, abs=0.01)


def test_only_the_calibration_days_count(target):
    series = truth(DAYS, NODES)
    series[DAYS >= np.datetime64("2011-01-01")] += 3.0
    score = SiteGoal("site", 7, target).score(simulated_of(series))
    assert score.value == pytest.approx(1.0, abs=1e-12) and score.details["validation"]["nse"] < 0.9


def test_days_are_matched_by_date(target):
    before = np.arange("2009-11-01", "2012-03-01", dtype="datetime64[D]")
    score = SiteGoal("site", 7, target).score(simulated_of(truth(before, NODES), before))
    assert score.value == pytest.approx(1.0, abs=1e-12)


def test_missing_days_of_the_model_are_no_score(target):
    goal = SiteGoal("site", 7, target)
    score = goal.score(simulated_of(truth(DAYS[5:], NODES), DAYS[5:]))
    assert np.isnan(score.value) and score.details["undefined"] == "5 calibration days were not simulated"
    assert np.isnan(goal.score(simulated_of(np.zeros((0, 4)), DAYS[:0])).value)
    with pytest.raises(KeyError):
        goal.score(simulated_of(truth(DAYS, NODES), cell=8))


def test_a_sensor_scores_the_same_in_a_site_case_and_as_a_goal_of_a_region():
    """To the bit, also one above the first node, whatever the surface is like."""
    depth = np.array([0.01, 0.05, 0.13, 0.8, 3.0])
    observed = Observations("soil_temperature", DAYS.astype("datetime64[s]"), depth, truth(DAYS, depth))
    target = make_target(observed, *PERIODS)
    series = truth(DAYS, NODES) + np.random.default_rng(1).normal(0.0, 0.3, (DAYS.size, NODES.size))
    variables = {"soil_temperature": series, "skin_temperature": series[:, 0] - 9.0}
    run = Run(
        DAYS.astype("datetime64[s]"), 86400.0, NODES, np.diff(NODES, prepend=0.0), variables, np.array([]), {}, {}
    )
    of_site, details = objective_of(target, run, "nse")
    of_region = SiteGoal("site", 7, target).score(simulated_of(series))
    assert of_region.value == of_site < 1.0
    assert of_region.details["calibration"]["nse_by_depth"] == details["nse_by_depth"]


def test_a_twin_sees_the_hidden_ground_with_its_noise():
    seen = twin_observations(DAYS, truth(DAYS, NODES), NODES, [0.8, 0.1], noise=0.2, seed=3)
    assert seen.depth.tolist() == [0.1, 0.8]
    error = seen.values - truth(DAYS, seen.depth)
    assert error.std() == pytest.approx(0.2, rel=0.05) and abs(error.mean()) < 0.02
    again = twin_observations(DAYS, truth(DAYS, NODES), NODES, [0.1, 0.8], noise=0.2, seed=3)
    np.testing.assert_array_equal(seen.values, again.values)
    goal = SiteGoal("twin", 7, make_target(seen, *PERIODS))
    found = goal.score(simulated_of(truth(DAYS, NODES))).value
    assert found == pytest.approx(1.0 - (0.04 / truth(DAYS[:365], seen.depth).var(axis=0)).mean(), abs=3e-4)


def test_everything_that_counts_is_in_the_description(target):
    goal = SiteGoal("site", 7, target)
    warmer = dataclasses.replace(target, values=target.values + 0.01)
    fewer = dataclasses.replace(target, calibration=target.calibration & (DAYS > np.datetime64("2010-02-01")))
    variants = [
        SiteGoal("site", 8, target),
        SiteGoal("site", 7, warmer),
        SiteGoal("site", 7, fewer),
        SiteGoal("site", 7, target, weight=2.0),
        SiteGoal("other", 7, target),
    ]
    assert len({str(one.describe()) for one in (goal, *variants)}) == 6


def test_targets_without_variance_and_of_other_quantities_are_refused(target):
    with pytest.raises(ValueError, match="undefined"):
        SiteGoal("flat", 7, dataclasses.replace(target, values=np.full_like(target.values, 271.0)))
    with pytest.raises(ValueError, match="soil_temperature, got snow_depth"):
        SiteGoal("snow", 7, dataclasses.replace(target, kind="snow_depth"))

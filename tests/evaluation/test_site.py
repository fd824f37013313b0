"""Runs against observations: days and depths that belong together, periods, the objective."""

import json

import numpy as np
import pytest

from lsmcal.evaluation.site import OBJECTIVES, make_target, objective_of, score, score_table
from lsmcal.inputs.observed.series import Observations
from lsmcal.simulate.results import Run

DEPTHS = np.array([0.0, 0.1, 0.3])
PERIODS = ([("2015-01-01", "2016-12-31")], [("2017-01-01", "2017-12-31")])


def seasonal(days, depth):
    """Temperature that sinks in linearly, so that interpolation between nodes is exact."""
    phase = 2 * np.pi * days.astype("datetime64[D]").astype(int)[:, None] / 365.25
    return 272.0 - 10.0 * np.cos(phase) * (1.0 - depth)


def run_of(days, step=86400.0, bias=0.0):
    nodes = np.array([0.05, 0.2, 0.5])
    profile = seasonal(days, nodes) + bias
    variables = {
        "soil_temperature": profile,
        "skin_temperature": seasonal(days, np.array([0.0]))[:, 0] + bias,
        "snow_depth": np.arange(days.size) / 100.0,
    }
    none = np.array([], dtype=int)
    return Run(days.astype("datetime64[s]"), step, nodes, np.full(3, 0.1), variables, none, {}, {})


@pytest.fixture
def observed():
    days = np.arange("2015-01-01", "2018-01-01", dtype="datetime64[D]")
    values = seasonal(days, DEPTHS) + np.random.default_rng(1).normal(0.0, 1.0, (days.size, 3))
    values[40:60, 1] = np.nan
    time = days.astype("datetime64[s]") - np.timedelta64(8, "h")
    return Observations("soil_temperature", time, DEPTHS, values, time_zone_hours=8.0)


@pytest.fixture
def target(observed):
    return make_target(observed, *PERIODS)


def test_the_skin_counts_only_where_it_is_asked_for(observed, target):
    assert target.depth.tolist() == [0.1, 0.3]
    assert make_target(observed, *PERIODS, depths=[0.0, 0.3]).depth.tolist() == [0.0, 0.3]
    assert target.calibration.sum() == 731 and target.validation.sum() == 365


def test_days_and_depths_are_matched(target):
    days = np.arange("2015-07-01", "2017-07-01", dtype="datetime64[D]")
    simulated = target.simulated(run_of(days))
    inside = (target.days >= days[0]) & (target.days <= days[-1])
    np.testing.assert_allclose(simulated[inside], seasonal(days, target.depth))
    assert np.isnan(simulated[~inside]).all()


def test_finer_runs_are_averaged_over_the_day(target):
    hours = np.arange("2015-01-01", "2016-01-01", np.timedelta64(3, "h"), dtype="datetime64[h]")
    run = run_of(hours, step=10800.0)
    run.variables["soil_temperature"] += np.tile(np.arange(8) - 3.5, 365)[:, None]
    simulated = target.simulated(run)[:365]
    np.testing.assert_allclose(simulated, seasonal(target.days[:365], target.depth))


def test_snow_depth_is_no_profile():
    days = np.arange("2015-01-01", "2015-03-01", dtype="datetime64[D]")
    values = np.arange(days.size)[:, None] / 100.0
    snow = Observations("snow_depth", days.astype("datetime64[s]"), np.array([0.0]), values)
    target = make_target(snow, [("2015-01-01", "2015-02-28")])
    assert score(target, target.simulated(run_of(days)), "nse") == 1.0


def test_climatology_knows_the_calibration_years_only(observed, target):
    changed = Observations(**{**vars(observed), "values": observed.values.copy()})
    changed.values[target.validation] += 50.0
    assert np.array_equal(make_target(changed, *PERIODS).climatology, target.climatology, equal_nan=True)


def test_a_seasonal_curve_has_nse_but_no_skill(target):
    table = score_table(target, target.climatology)
    assert all(nse > 0.9 for nse in table["validation"]["nse"])
    assert table["validation"]["skill"] == [0.0, 0.0] and table["calibration"]["nse_climatology"][0] > 0.9
    assert table["calibration"]["pairs"] == [711, 731]


def test_the_table_is_plain_and_holds_what_the_scores_say(target):
    days = target.days[:900]
    simulated = target.simulated(run_of(days, bias=1.0))
    table = json.loads(json.dumps(score_table(target, simulated), allow_nan=False))
    assert table["calibration"]["mbe"] == pytest.approx([1.0, 1.0], abs=0.15)
    assert table["validation"]["pairs"] == [169, 169]
    for name in OBJECTIVES:
        by_depth = score(target, simulated, name)
        assert table["calibration"][name] == pytest.approx(by_depth.tolist())
        value, details = objective_of(target, run_of(days, bias=1.0), name)
        assert value == pytest.approx(by_depth.mean()) and details[f"{name}_by_depth"] == pytest.approx(by_depth)


def test_the_objective_does_not_look_at_the_validation_period(target):
    days = target.days
    run = run_of(days)
    before = objective_of(target, run, "nse")[0]
    run.variables["soil_temperature"][days >= np.datetime64("2017-01-01")] += 9.0
    assert objective_of(target, run, "nse")[0] == before


def test_a_depth_without_observations_does_not_count(observed):
    observed.values[:731, 2] = np.nan
    target = make_target(observed, *PERIODS)
    value, details = objective_of(target, run_of(target.days), "nse")
    assert details["nse_by_depth"][1] is None and value == details["nse_by_depth"][0]
    with pytest.raises(ValueError, match="unknown score 'r2'"):
        score(target, target.values, "r2")


def test_no_skill_against_days_the_climatology_does_not_know(observed):
    halves = ([("2015-01-01", "2015-05-31")], [("2015-06-01", "2015-12-31")])
    target = make_target(observed, *halves)
    table = score_table(target, target.simulated(run_of(target.days)))
    assert table["validation"]["skill"] == table["validation"]["nse_climatology"] == [None, None]
    assert table["validation"]["mean_skill"] is None
    assert np.isnan(score(target, target.values, "skill", "validation")).all()
    assert all(value is not None for value in table["calibration"]["skill"] + table["validation"]["nse"])

"""Scores against closed forms, scikit-learn, and themselves under missing values."""

import numpy as np
import pytest

from lsmcal.evaluation import scores


@pytest.fixture
def series():
    rng = np.random.default_rng(3)
    observed = rng.normal(5.0, 4.0, (300, 3))
    return observed, 0.8 * observed + rng.normal(1.0, 1.0, (300, 3))


def test_nse_is_the_r2_score_of_scikit_learn(series):
    metrics = pytest.importorskip("sklearn.metrics")
    observed, simulated = series
    expected = metrics.r2_score(observed, simulated, multioutput="raw_values")
    np.testing.assert_allclose(scores.nse(observed, simulated), expected, rtol=1e-12)
    expected = np.sqrt(metrics.mean_squared_error(observed, simulated, multioutput="raw_values"))
    np.testing.assert_allclose(scores.rmse(observed, simulated), expected, rtol=1e-12)


def test_closed_forms():
    observed = np.array([1.0, 2.0, 3.0, 4.0])
    assert scores.nse(observed, observed) == 1.0
    assert scores.nse(observed, np.full(4, 2.5)) == 0.0
    assert scores.mbe(observed, observed + 0.5) == 0.5
    assert scores.rmse(observed, observed + [1, -1, 1, -1]) == 1.0
    assert scores.correlation(observed, -3 * observed) == pytest.approx(-1.0)


@pytest.mark.parametrize(
    "variant, change, expected",
    [
        ("2009", lambda o: o + 2.5, 0.0),  # means 2.5 and 5: ratio 2
        ("2009", lambda o: 3 * o, 1 - np.sqrt(8.0)),  # both ratios 3
        ("2012", lambda o: 3 * o, -1.0),  # the coefficient of variation stays
        ("2021", lambda o: o + np.std([1.0, 2.0, 3.0, 4.0]), 0.0),  # one standard deviation off
    ],
)
def test_kge_by_hand(variant, change, expected):
    observed = np.array([1.0, 2.0, 3.0, 4.0])
    assert scores.kge(observed, change(observed), variant=variant) == pytest.approx(expected, abs=1e-12)


def test_kge_of_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="2010"):
        scores.kge([1.0, 2.0], [1.0, 2.0], variant="2010")


@pytest.mark.parametrize("score", [scores.nse, scores.kge, scores.rmse, scores.mbe, scores.correlation])
def test_missing_values_are_as_if_never_there(series, score):
    observed, simulated = (array.copy() for array in series)
    observed[::7, 1] = np.nan
    simulated[3::11, 1] = np.inf
    kept = np.isfinite(observed[:, 1]) & np.isfinite(simulated[:, 1])
    assert scores.pairs(observed, simulated).tolist() == [300, kept.sum(), 300]
    expected = score(observed[kept, 1], simulated[kept, 1])
    np.testing.assert_allclose(score(observed, simulated)[1], expected, rtol=1e-12)
    np.testing.assert_allclose(score(observed.T, simulated.T, axis=1), score(observed, simulated), rtol=1e-12)


def test_undefined_scores_are_nan_without_warnings():
    nothing = np.full(5, np.nan)
    with np.errstate(all="raise"):
        assert np.isnan(scores.rmse(nothing, nothing)) and scores.pairs(nothing, nothing) == 0
        assert np.isnan(scores.nse(np.full(7, 0.1), np.arange(7.0)))
        assert np.isnan(scores.correlation(np.ones(5), np.arange(5.0)))


def test_skill_against_the_mean_is_nse_and_uses_common_pairs(series):
    observed, simulated = series
    reference = np.broadcast_to(observed.mean(axis=0), observed.shape).copy()
    np.testing.assert_allclose(
        scores.skill(observed, simulated, reference), scores.nse(observed, simulated), rtol=1e-10
    )
    reference[:100] = np.nan
    np.testing.assert_allclose(
        scores.skill(observed, simulated, reference),
        scores.skill(observed[100:], simulated[100:], reference[100:]),
    )


def test_climatology_recovers_a_seasonal_curve_and_closes_the_year():
    time = np.arange("2015-01-01", "2019-01-01", dtype="datetime64[D]")
    slot = scores.day_of_leap_year(time)
    values = np.stack([np.cos(2 * np.pi * slot / 366), np.full(time.size, 3.0)], axis=1)
    values[5::97] = np.nan
    unsmoothed = scores.day_of_year_climatology(time, values, window=1)
    np.testing.assert_allclose(unsmoothed[slot][np.isfinite(values)], values[np.isfinite(values)])
    smooth = scores.day_of_year_climatology(time, values)
    np.testing.assert_allclose(smooth[:, 1], 3.0)
    assert abs(smooth[0, 0] - smooth[-1, 0]) < 2e-3
    assert scores.climatology_at(smooth, time).shape == values.shape


def test_leap_day_rule():
    time = np.array(["2015-03-01", "2016-02-29", "2016-03-01", "2015-12-31", "2016-12-31"], "datetime64[s]")
    assert scores.day_of_leap_year(time).tolist() == [60, 59, 60, 365, 365]
    common = np.arange("2015-01-01", "2016-01-01", dtype="datetime64[D]")
    values = np.ones(common.size)
    assert np.isnan(scores.day_of_year_climatology(common, values, window=1)[59])
    assert scores.day_of_year_climatology(common, values)[59] == 1.0


def test_an_even_window_is_refused():
    with pytest.raises(ValueError, match="odd"):
        scores.day_of_year_climatology(np.array(["2015-01-01"], "datetime64[D]"), [1.0], window=4)


def test_a_history_with_a_score_above_its_range_is_refused(shared):
    """One digit changed by hand: a mean NSE of 9.98."""
    from lsmcal.search.history import load_history
    from lsmcal.search.lines import HistoryError

    history = shared / "hard-cases" / "03-history-digit-trusted" / "history-tampered.jsonl"
    if not history.is_file():
        pytest.skip("no such hard case in ../shared")
    assert len(load_history(history)) == 33
    with pytest.raises(HistoryError, match=r"line 6 \(trial 4\).*nse is 9.98284, outside its range \(1 at most\)"):
        load_history(history, scores.LIMITS)

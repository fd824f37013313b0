"""Trajectory, breakpoints, threshold, optimal set."""

import numpy as np
import pytest

from lsmcal.search.convergence import analyse, best_so_far, piecewise_linear, stagnated


def bent(size, breaks, slopes):
    """A continuous line from 0 with given slopes between breaks."""
    steps = np.empty(size - 1)
    for start, stop, slope in zip((0, *breaks), (*breaks, size - 1), slopes, strict=True):
        steps[start:stop] = slope
    return np.concatenate([[0.0], np.cumsum(steps)])


def test_best_so_far_passes_over_failures():
    losses = [np.nan, 3.0, 4.0, np.nan, 1.0, 2.0]
    np.testing.assert_array_equal(best_so_far(np.array(losses)), [np.nan, 3, 3, 3, 1, 1])


def test_stagnation_counts_evaluations_without_a_better_best():
    losses = np.array([5.0, 4.0, 4.0, np.nan, 4.5])
    assert [stagnated(losses[:n], 3) for n in (3, 4, 5)] == [False, False, True]
    assert not stagnated(np.array([5.0, 4.0]), 3) and not stagnated(np.full(9, np.nan), 3)


@pytest.mark.parametrize(
    "breaks, slopes",
    [
        ((), (0.01,)),
        ((40,), (0.02, 0.001)),
        ((20, 90), (0.03, 0.004, 0.0)),
        ((15, 50, 110), (0.05, 0.01, 0.02, 0.0)),
    ],
)
def test_breakpoints_of_a_noisy_bent_line_are_found(breaks, slopes):
    line = bent(160, breaks, slopes)
    fit = piecewise_linear(line + np.random.default_rng(5).normal(0.0, 0.004, 160))
    assert len(fit.breaks) == len(breaks)
    assert np.abs(np.array(fit.breaks) - breaks).max(initial=0) <= 3
    assert np.abs(fit.values - line).max() < 0.01


@pytest.mark.parametrize("breaks, slopes", [((), (0.0,)), ((30,), (0.02, 0.0)), ((10, 60), (0.05, 0.01, 0.0))])
def test_an_exact_bent_line_is_fitted_exactly_with_no_break_too_many(breaks, slopes):
    fit = piecewise_linear(bent(100, breaks, slopes))
    assert fit.breaks == breaks
    np.testing.assert_allclose(fit.values, bent(100, breaks, slopes), atol=1e-9)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_the_fit_is_the_best_of_all_places_for_one_break(seed):
    values = np.cumsum(np.random.default_rng(seed).random(40) ** 8)  # bent enough that a break pays
    abscissa = np.arange(40.0)

    def misfit(place):
        basis = np.stack([np.ones(40), abscissa, np.maximum(abscissa - place, 0)], axis=1)
        return np.linalg.lstsq(basis, values, rcond=None)[1][0]

    fit = piecewise_linear(values, most=1)
    best = min(range(3, 37), key=misfit)
    assert fit.breaks == (best,)
    assert np.sum((values - fit.values) ** 2) == pytest.approx(misfit(best))


@pytest.mark.parametrize("maximise", [True, False])
def test_threshold_and_optimal_set(maximise):
    score = np.concatenate([[np.nan], np.linspace(0.2, 0.8, 31), np.full(68, 0.5)])
    score[[40, 60, 80]] = [0.8, 0.79, np.nan]
    result = analyse(score if maximise else 1 - score, maximise)
    assert result.threshold == pytest.approx(0.8 if maximise else 0.2, abs=1e-9)
    assert result.optimal == (31, 40)
    assert len(result.breaks) == 1 and abs(result.breaks[0] - 31) <= 1
    assert np.isnan(result.line[0]) and np.isnan(result.trajectory[0])


@pytest.mark.parametrize("size", [1, 2, 5, 60])
def test_the_best_trial_is_always_optimal(size):
    for seed in range(10):
        score = np.random.default_rng(seed).random(size)
        assert int(np.argmax(score)) in analyse(score, True).optimal


def test_no_success_is_an_error():
    with pytest.raises(ValueError, match="no trial"):
        analyse(np.full(4, np.nan), True)

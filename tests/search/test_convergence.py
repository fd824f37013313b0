"""Trajectory, breakpoints, threshold, optimal set, ensemble."""

import numpy as np
import pytest

from lsmcal.search.convergence import analyse, best_so_far, piecewise_linear, stagnated
from lsmcal.search.ensemble import draw_from_front, draw_members


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


def test_the_fit_is_the_best_of_all_places_for_one_break():
    values = np.cumsum(np.random.default_rng(2).random(40) ** 8)
    abscissa = np.arange(40.0)

    def misfit(place):
        basis = np.stack([np.ones(40), abscissa, np.maximum(abscissa - place, 0)], axis=1)
        return np.linalg.lstsq(basis, values, rcond=None)[1][0]

    fit = piecewise_linear(values, most=1)
    best = min(range(3, 37), key=misfit)
    assert fit.breaks in ((best,), ())
    if fit.breaks:
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


def test_members_are_drawn_with_a_seed():
    drawn = draw_members(range(100, 160), seed=4)
    assert len(drawn.trials) == 13 and len(set(drawn.trials)) == 13 and not drawn.note
    assert drawn == draw_members(reversed(range(100, 160)), seed=4) != draw_members(range(100, 160), seed=5)
    assert drawn.candidates == 60 and set(drawn.trials) <= set(range(100, 160))


def test_too_few_candidates_are_all_taken_and_said():
    drawn = draw_members([4, 2, 9])
    assert drawn.trials == (2, 4, 9) and "only 3" in drawn.note and "13" in drawn.note


#: A front 0, 1, 2 in two goals; 3, 4 and 5 lie behind it, 4 nearest; 6 failed.
LOSSES = np.array([[0.0, 10.0], [1.0, 5.0], [4.0, 0.0], [3.9, 9.0], [1.2, 5.5], [4.0, 10.0], [np.nan, 0.0]])


def test_a_long_front_is_drawn_from_by_the_seed():
    losses = np.stack([np.arange(40.0), -np.arange(40.0)], axis=1)
    drawn = draw_from_front(losses, range(40), 13, seed=2)
    assert len(set(drawn.trials)) == 13 and drawn.candidates == 40 and not drawn.note
    assert drawn == draw_from_front(losses, reversed(range(40)), 13, seed=2)
    assert drawn != draw_from_front(losses, range(40), 13, seed=3)


def test_a_short_front_is_filled_from_just_behind_it():
    drawn = draw_from_front(LOSSES, [2, 0, 1], members=5)
    assert drawn.trials == (0, 1, 2, 3, 4) and drawn.candidates == 3  # 5 would have to gain 0.75, 3 only 0.725
    assert "only 3" in drawn.note and "2 more" in drawn.note
    alone = draw_from_front(LOSSES, [0, 1, 2], members=5, fill=False)
    assert alone.trials == (0, 1, 2) and "more" not in alone.note


def test_failed_trials_never_fill_a_front():
    assert draw_from_front(LOSSES, [0, 1, 2], members=13).trials == (0, 1, 2, 3, 4, 5)
    assert draw_from_front(LOSSES[:1], [0], members=3).trials == (0,)

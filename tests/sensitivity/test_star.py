"""STAR samples: how many points, where, in which order, and from which seed."""

import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.sensitivity import labels, sample
from lsmcal.sensitivity.star import SAMPLERS, draw_centers, stars
from tests.sensitivity.functions import cube


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("delta_h, number", [(0.1, 10), (0.05, 20), (1.0 / 3.0, 3), (0.02, 50), (0.5, 2)])
def test_so_many_distinct_points_in_the_cube(sampler, delta_h, number):
    X = sample(cube(4), 7, delta_h, sampler=sampler, seed=3)
    assert X.shape == (7 * (4 * (number - 1) + 1), 4)
    assert len(np.unique(X, axis=0)) == len(X)
    assert X.min() >= 0.0 and X.max() <= 1.0


def test_the_published_size():
    assert sample(cube(30), 100, 0.1, sampler="random", seed=0).shape == (27100, 30)


def test_the_order_is_the_documented_one():
    X = sample(cube(3), 5, 0.2, seed=1)
    star, ray = labels(5, 3, 0.2)
    for s in range(5):
        mine, along = X[star == s], ray[star == s]
        assert along.tolist() == [-1, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
        for k in range(3):
            others = np.delete(np.arange(3), k)
            assert np.array_equal(mine[along == k][:, others], np.repeat(mine[:1, others], 4, axis=0))
            assert (np.diff(mine[along == k, k]) > 0.0).all()
            whole = np.sort(np.append(mine[along == k, k], mine[0, k]))
            assert np.allclose(np.diff(whole), 0.2, rtol=0.0, atol=1e-15) and whole[0] < 0.2


def test_centres_on_multiples_of_the_step_bring_no_further_point():
    points = stars(np.array([[0.0, 0.5], [0.3, 0.7], [0.9, 0.1]]), 10)
    for one in points.reshape(3, 19, 2):
        assert len(np.unique(one.round(9), axis=0)) == 19
    assert points.min() == 0.0 and points.max() == pytest.approx(0.9)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_seed_repeats_the_sample(sampler):
    one, again, other = (sample(cube(3), 6, seed=seed, sampler=sampler) for seed in (5, 5, 6))
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    assert not np.array_equal(sample(cube(3), 6, sampler=sampler), sample(cube(3), 6, sampler=sampler))


@pytest.mark.parametrize("sampler", ["lhs", "sobol", "halton"])
def test_designed_centres_spread_better_than_random_ones(sampler):
    def unevenness(centres):
        return np.abs(np.sort(centres, axis=0) - (np.arange(64)[:, None] + 0.5) / 64.0).max()

    assert unevenness(draw_centers(64, 6, sampler, 1)) < 0.5 * unevenness(draw_centers(64, 6, "random", 1))
    if sampler == "lhs":
        assert (np.sort((draw_centers(64, 6, sampler, 1) * 64).astype(int), axis=0) == np.arange(64)[:, None]).all()


def test_bounds_and_distributions_of_salib():
    problem = {"names": list("abcd"), "bounds": [[-2.0, 2.0], [1e-3, 1.0], [0.0, 10.0, 0.3], [5.0, 2.0]]}
    problem["dists"] = ["unif", "logunif", "triang", "norm"]
    X = sample(problem, 200, 0.1, seed=1)
    unit = sample(cube(4), 200, 0.1, seed=1)
    assert np.allclose(X[:, 0], -2.0 + 4.0 * unit[:, 0])
    assert np.allclose(np.log10(X[:, 1]), -3.0 + 3.0 * unit[:, 1])
    assert X[:, 2].min() >= 0.0 and X[:, 2].max() <= 10.0
    assert X[:, 3].mean() == pytest.approx(5.0, abs=0.05) and X[:, 3].std() == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize(
    "change, text",
    [
        ({"bounds": [[1.0, 0.0], [0.0, 1.0]]}, "a: the lower bound is not below the upper"),
        ({"bounds": [[0.0, 1.0], [2.0, 2.0]]}, "b: the lower bound is not below the upper"),
        ({"bounds": [[0.0, np.inf], [0.0, 1.0]]}, "a: the bounds are not finite"),
        ({"bounds": [[0.0, 1.0], [np.nan, 1.0]]}, "b: the bounds are not finite"),
        ({"bounds": [[0.0, 1.0], ["low", 1.0]]}, "no numbers"),
        ({"bounds": [[0.0, 1.0]]}, "does not fit the names"),
        ({"bounds": [[0.0, 1.0], [0.0, 1.0, 2.0]]}, "2 numbers"),
        ({"names": ["a", "a"]}, "is a duplicate"),
        ({"names": [], "bounds": []}, "no parameter"),
        ({"names": None}, "names: missing"),
        ({"num_vars": 3}, "num_vars: does not fit"),
        ({"groups": ["g", "g"]}, "groups"),
        ({"dists": ["unif", "cauchy"]}, "unknown distribution"),
        ({"dists": ["logunif", "unif"]}, "not above 0"),
    ],
)
def test_a_problem_that_cannot_be_is_refused(change, text):
    problem = {"names": ["a", "b"], "bounds": [[0.0, 1.0], [0.0, 1.0]]} | change
    with pytest.raises(InputError, match=text):
        sample(problem, 3)


@pytest.mark.parametrize("delta_h", [0.3, 0.0, -0.1, 1.0, 2.0, np.nan, np.inf, "wide", 0.15])
def test_a_step_that_does_not_divide_one_is_refused(delta_h):
    with pytest.raises(InputError, match="does not divide 1"):
        sample(cube(2), 3, delta_h)


@pytest.mark.parametrize("centers", [0, -3, 2.5, "many", None, True, np.nan, np.inf])
def test_a_number_of_stars_that_is_none_is_refused(centers):
    with pytest.raises(InputError, match="invalid number of stars"):
        sample(cube(2), centers)


def test_all_problems_are_said_at_once():
    problem = {"names": ["a", "b"], "bounds": [[1.0, 0.0], [0.0, np.nan]]}
    with pytest.raises(InputError) as caught:
        sample(problem, 0, 0.3, sampler="magic")
    assert len(caught.value.problems) == 5

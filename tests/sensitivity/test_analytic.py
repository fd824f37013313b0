"""Total-order indices against analytic ones, and against SALib's Sobol estimates."""

import numpy as np
import pytest

from lsmcal.sensitivity import analyze, sample
from tests.sensitivity.functions import WEIGHTS, cube, sobol_g

ISHIGAMI = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-np.pi, np.pi]] * 3}


def ishigami(X):
    return np.sin(X[:, 0]) + 7.0 * np.sin(X[:, 1]) ** 2 + 0.1 * X[:, 2] ** 4 * np.sin(X[:, 0])


def analytic_ishigami():
    a, b = 7.0, 0.1
    first = 0.5 * (1.0 + b * np.pi**4 / 5.0) ** 2
    both = b**2 * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    second = a**2 / 8.0
    return np.array([first + both, second, both]) / (first + second + both)


def analytic_g(a):
    part = 1.0 / 3.0 / (1.0 + a) ** 2
    whole = np.prod(1.0 + part)
    return part * whole / (1.0 + part) / (whole - 1.0)


def expected_share(function, number):
    """Expectation of gamma + covariance of a ray at the smallest lag, as a part of the variance along it.

    A pair brings half the squared deviations of its two points from the mean of the ray, so every point counts fully
    and the two ends count half: the estimate lies below the total-order index by a term that vanishes with delta_h.
    """
    shift = (np.arange(4000) + 0.5) / 4000.0 / number
    values = function(shift[:, None] + np.arange(number) / number)
    squares = (values - values.mean(axis=1, keepdims=True)) ** 2
    found = (squares.sum(axis=1) - 0.5 * (squares[:, 0] + squares[:, -1])).mean() / (number - 1)
    fine = function((np.arange(100000) + 0.5) / 100000.0)
    return found / fine.var()


@pytest.mark.parametrize("number", [10, 20])
def test_sobol_g_has_the_expectation_of_the_estimate(number):
    problem = cube(6)
    X = sample(problem, 1024, 1.0 / number, sampler="sobol", seed=3)
    result = analyze(problem, X, sobol_g(X), delta_h=1.0 / number)
    bias = expected_share(lambda x: np.abs(4.0 * x - 2.0), number)
    assert np.allclose(result.vars_to, analytic_g(WEIGHTS) * bias, rtol=0.015)
    assert (np.diff(result.vars_to[:4]) < 0.0).all() and result.rank_vars_to[:4].tolist() == [1, 2, 3, 4]


def test_ishigami_has_the_expectation_of_the_estimate():
    X = sample(ISHIGAMI, 1024, 0.05, sampler="sobol", seed=3)
    result = analyze(ISHIGAMI, X, ishigami(X), delta_h=0.05)
    sine = expected_share(lambda u: np.sin(2.0 * np.pi * u), 20)
    square = expected_share(lambda u: np.sin(2.0 * np.pi * u) ** 2, 20)
    fourth = expected_share(lambda u: (u - 0.5) ** 4, 20)
    assert np.allclose(result.vars_to, analytic_ishigami() * [sine, square, fourth], rtol=0.02)


def test_the_estimate_tends_to_the_analytic_index():
    errors = []
    for delta_h in (0.1, 0.05, 0.02):
        X = sample(ISHIGAMI, 512, delta_h, sampler="sobol", seed=1)
        errors.append(np.abs(analyze(ISHIGAMI, X, ishigami(X), delta_h=delta_h).vars_to - analytic_ishigami()).max())
    assert errors[0] > errors[1] > errors[2] and errors[2] < 0.04


@pytest.mark.parametrize("case", ["ishigami", "g"])
def test_salib_sobol_agrees(case):
    from SALib.analyze import sobol
    from SALib.sample import sobol as sampling

    problem, function = (ISHIGAMI, ishigami) if case == "ishigami" else (cube(4), sobol_g)
    points = sampling.sample(problem, 2048, calc_second_order=False, seed=1)
    total = sobol.analyze(problem, function(points), calc_second_order=False, seed=1)["ST"]
    X = sample(problem, 512, 0.02, sampler="sobol", seed=1)
    ours = analyze(problem, X, function(X), delta_h=0.02, bootstrap=200, seed=1)
    assert np.allclose(ours.vars_to, total, rtol=0.0, atol=0.05)
    assert ours.rank_vars_to.tolist() == (np.argsort(np.argsort(-total)) + 1).tolist()


def test_variogram_of_a_sine():
    problem = {"names": ["x"], "bounds": [[0.0, 1.0]]}
    X = sample(problem, 4096, 0.1, sampler="sobol", seed=1)
    result = analyze(problem, X, np.sin(2.0 * np.pi * X[:, 0]))
    for lag in range(9):
        h = 0.1 * (lag + 1)
        # mean over x from 0 to 1 - h of half the squared difference: 2 sin^2(pi h) mean cos^2(2 pi x + pi h)
        mean = 0.5 + np.sin(2.0 * np.pi * (1.0 - h)) / (4.0 * np.pi * (1.0 - h))
        assert result.gamma[0, lag] == pytest.approx(2.0 * np.sin(np.pi * h) ** 2 * mean, abs=2e-3)


def test_the_limits_hold_what_they_promise():
    problem, inside = cube(3), []
    X = sample(problem, 4000, 0.1, sampler="random", seed=0)
    truth = analyze(problem, X, sobol_g(X)).ivars[2]
    for seed in range(60):
        X = sample(problem, 60, 0.1, sampler="random", seed=100 + seed)
        result = analyze(problem, X, sobol_g(X), bootstrap=200, seed=seed)
        inside.append((result.ivars_low[2] <= truth) & (truth <= result.ivars_high[2]))
    # 90 % limits from 60 stars; 180 trials
    assert 0.78 <= np.mean(inside) <= 0.98

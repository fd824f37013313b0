"""What an analysis refuses, and with which words."""

import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.sensitivity import analyze, evaluate, given_data, labels, progress, sample
from tests.sensitivity.functions import cube, sobol_g

X = sample(cube(3), 4, 0.1, seed=1)
Y = sobol_g(X)
STAR, RAY = labels(4, 3)


@pytest.mark.parametrize(
    "points, outputs, options, text",
    [
        (X, Y[:-1], {}, "not one output for each point"),
        (X, Y[None], {}, "not one output for each point"),
        (X[:-1], Y[:-1], {}, "multiple of 28"),
        (X[:, :2], Y, {}, r"expected \(points, 3\)"),
        (X, Y, {"delta_h": 0.3}, "does not divide 1"),
        (X, Y, {"delta_h": 0.05}, "complete stars"),
        (X[::-1], Y, {}, "changes along the ray"),
        (np.where(X == X[5], np.nan, X), Y, {}, "not finite"),
        (X, ["much"] * len(X), {}, "no numbers"),
        (X, Y.reshape(-1, 1, 1), {}, "shape is wrong"),
        (X, Y, {"scales": [0.0, 0.1]}, "invalid scale of IVARS"),
        (X, Y, {"scales": [0.95]}, "largest lag, 0.9"),
        (X, Y, {"scales": []}, "no scale"),
        (X, Y, {"bootstrap": -1}, "invalid number of replicates"),
        (X, Y, {"bootstrap": "few"}, "invalid number of replicates"),
        (X, Y, {"bootstrap": 5, "confidence": 90.0}, "not between 0 and 1"),
        (X, Y, {"resamples": [[0, 4]]}, "unknown star"),
        (X, Y, {"resamples": [[0.5, 1.0]]}, "invalid star numbers"),
        (X, Y, {"responses": ["a", "b"]}, "do not match the outputs"),
        (X, Y, {"star": STAR}, "belong together"),
        (X, Y, {"star": STAR, "ray": RAY[:-1]}, "not a whole number for each point"),
        (X, Y, {"star": STAR + 0.5, "ray": RAY}, "not a whole number for each point"),
        (X, Y, {"star": STAR, "ray": RAY + 1}, "unknown parameter"),
        (X, Y, {"star": STAR, "ray": np.full(len(X), -1)}, "no point on a ray"),
        (X, Y, {"star": STAR // 2, "ray": RAY}, "changes along the ray"),
        (X**2, Y, {}, "no multiples of delta_h apart"),
    ],
)
def test_what_cannot_be_analysed(points, outputs, options, text):
    with pytest.raises(InputError, match=text):
        analyze(cube(3), points, outputs, **options)


def test_a_point_twice_on_a_ray():
    again = np.append(np.arange(len(X)), 3)
    with pytest.raises(InputError, match="a point twice"):
        analyze(cube(3), X[again], Y[again], star=STAR[again], ray=RAY[again])


def test_a_ray_that_is_not_whole_where_coordinates_cannot_tell():
    problem = cube(3) | {"dists": ["unif", "logunif", "unif"], "bounds": [[0.0, 1.0], [0.1, 1.0], [0.0, 1.0]]}
    points = sample(problem, 4, seed=1)
    kept = np.delete(np.arange(len(X)), 12)
    with pytest.raises(InputError, match="the ray of x1 is incomplete"):
        analyze(problem, points[kept], Y[kept], star=STAR[kept], ray=RAY[kept])


@pytest.mark.parametrize("stars", [[0, 3], [5], [], [1.5]])
def test_numbers_of_stars_that_there_are_not(stars):
    with pytest.raises(InputError, match="invalid numbers of stars"):
        progress(cube(3), X, Y, stars=stars)


def test_grouping_needs_replicates_and_a_number_that_can_be():
    with pytest.raises(InputError, match="needs a bootstrap"):
        analyze(cube(3), X, Y).group()
    for groups in (0, 4):
        with pytest.raises(InputError, match="invalid number of groups"):
            analyze(cube(3), X, Y, bootstrap=10, seed=1).group(groups=groups)
    with pytest.raises(ValueError, match="was not analysed"):
        analyze(cube(3), X, Y, bootstrap=10, seed=1).group(scale=0.2)


def test_a_field_that_is_not_there_is_named():
    with pytest.raises(AttributeError, match="ivars_low.*needs a bootstrap"):
        _ = analyze(cube(3), X, Y).ivars_low


@pytest.mark.parametrize(
    "points, outputs, options, text",
    [
        (X * 2.0, Y, {}, "outside the bounds"),
        (X, Y[:-3], {}, "not one output for each point"),
        (X, Y, {"kernel": "cubic"}, "unknown kernel"),
        (X[:4], Y[:4], {}, "too few runs"),
        (X, np.full(len(X), np.nan), {}, "too few runs"),
    ],
)
def test_given_data_that_cannot_be(points, outputs, options, text):
    with pytest.raises(InputError, match=text):
        given_data(cube(3), points, outputs, **options)


def test_a_function_that_changes_its_mind():
    with pytest.raises(InputError, match="number of outputs"):
        evaluate(lambda x: np.ones(1 + int(x[0] > 0.5)), X)
    with pytest.raises(InputError, match="every run failed"):
        evaluate(lambda x: 1.0 / 0.0, X)
    with pytest.raises(RuntimeError):
        evaluate(lambda x: (_ for _ in ()).throw(RuntimeError("a mistake")), X)

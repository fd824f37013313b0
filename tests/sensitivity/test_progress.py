"""Indices against the number of stars."""

import numpy as np
import pytest

from lsmcal.sensitivity import analyze, progress, sample
from tests.sensitivity.functions import cube, three_responses


@pytest.fixture(scope="module")
def run():
    X = sample(cube(3), 30, 0.1, seed=1)
    return X, three_responses(X)


def test_each_step_is_the_analysis_of_its_stars(run):
    X, Y = run
    found = progress(cube(3), X, Y, stars=[2, 11, 30])
    for step, stars in enumerate((2, 11, 30)):
        rows = slice(0, stars * 28)
        alone = analyze(cube(3), X[rows], Y[rows])
        assert np.allclose(found.ivars[:, step], alone.ivars, rtol=1e-9)
        assert np.allclose(found.vars_to[:, step], alone.vars_to, rtol=1e-9)
        assert np.array_equal(found.rank_ivars[:, step], alone.rank_ivars)


def test_limits_narrow_and_hold_the_index(run):
    X, Y = run
    found = progress(cube(3), X, Y[:, 0], stars=[3, 10, 30], bootstrap=100, seed=1)
    low, high = found.ivars_limits
    assert low.shape == found.ivars.shape == (1, 3, 3, 3)
    assert ((low <= found.ivars) & (found.ivars <= high)).all()
    width = (high - low)[0, :, 2].mean(axis=1)
    assert width[2] < width[0]
    again = progress(cube(3), X, Y[:, 0], stars=[3, 10, 30], bootstrap=100, seed=1)
    assert np.array_equal(again.vars_to_limits, found.vars_to_limits)


def test_table_and_figure(run):
    X, Y = run
    found = progress(cube(3), X, Y, bootstrap=20, seed=1, responses=["g", "warm", "cubic"])
    assert found.stars[0] == 1 and found.stars[-1] == 30 and len(found.stars) == 20
    table = found.to_df("cubic")
    assert table.loc[(30, "x2"), "rank_IVARS-50"] == 1
    axes = found.plot("cubic", most=2).axes
    first = axes[0].get_lines()
    assert len(first) == 3 and first[0].get_label() != "x2" and len(axes[0].collections) == 2
    top = next(line for line in first if line.get_label() == "x2")
    assert np.allclose(top.get_ydata(), found.ivars[2, :, 2, 2])

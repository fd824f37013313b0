"""Failed runs, constant responses, and what is said of them."""

import numpy as np
import pytest

from lsmcal.sensitivity import analyze, labels, sample
from tests.sensitivity.functions import cube, sobol_g


@pytest.fixture
def points():
    return sample(cube(3), 10, 0.1, seed=6)


@pytest.mark.parametrize("value", [0.0, 3.3, -1e300, 273.15])
def test_a_constant_response_has_index_zero_and_it_is_said(points, value):
    result = analyze(cube(3), points, np.full(len(points), value), bootstrap=20, seed=1)
    assert not result.ivars.any() and not result.vars_to.any() and not result.ivars_high.any()
    assert result.constant and result.variance == 0.0 and result.mean == value
    assert (result.rank_ivars == 1).all() and (result.reliability_vars_to == 1.0).all()
    assert "constant" in result.notes[0]


def test_a_constant_that_failed_here_and_there_is_still_constant(points):
    y = np.full(len(points), 280.1)
    y[::7] = np.nan
    result = analyze(cube(3), points, y)
    assert result.constant and not result.vars_to.any() and len(result.notes) == 2


@pytest.mark.parametrize("scale", [1.0, 1.0 / 3.0, 1e-7])
@pytest.mark.parametrize("failures", [0.0, 0.1])
def test_an_inert_parameter_is_exactly_zero(points, scale, failures):
    y = scale * sobol_g(points[:, :2]) + 290.0
    y[np.random.default_rng(3).random(y.size) < failures] = np.nan
    result = analyze(cube(3), points, y, bootstrap=50, seed=1)
    for field in ("gamma", "ecov", "abe", "ace", "gamma_high", "ecov_high"):
        assert not result[field][2].any(), field
    assert not result.ivars[:, 2].any() and not result.ivars_high[:, 2].any()
    assert result.vars_to[2] == 0.0 and not result.vars_to_replicates[..., 2].any()
    assert result.rank_ivars[:, 2].tolist() == [3, 3, 3] and result.rank_vars_to[2] == 3


def test_failed_runs_drop_pairs_not_stars(points):
    y = sobol_g(points)
    star, ray = labels(10, 3)
    y[np.flatnonzero((star == 4) & (ray == 1))[2]] = np.inf
    result = analyze(cube(3), points, y)
    # one point of ten on one ray of ten: nine of 450 pairs
    assert result.dropped_pairs.tolist() == pytest.approx([0.0, 9.0 / 450.0, 0.0])
    assert result.failed_runs == pytest.approx(1.0 / 280.0) and result.failed_stars == 0
    assert result.pairs[1, 0] == 88 and result.pairs[0, 0] == 90
    assert "0.36% of the runs failed" in result.notes[0]


def test_a_centre_that_failed_is_missing_on_every_ray(points):
    y = sobol_g(points)
    y[0] = np.nan
    assert np.allclose(analyze(cube(3), points, y).dropped_pairs, 9.0 / 450.0, rtol=1e-12)


def test_a_star_that_failed_altogether_is_left_out_and_said(points):
    y, (star, _) = sobol_g(points), labels(10, 3)
    y[star == 3] = np.nan
    result = analyze(cube(3), points, y, bootstrap=50, seed=2)
    without = analyze(cube(3), points[star != 3], y[star != 3])
    assert np.allclose(result.gamma, without.gamma, rtol=1e-13)
    assert np.allclose(result.vars_to, without.vars_to, rtol=1e-13)
    assert result.failed_stars == 1 and "1 of 10 stars have no run" in " ".join(result.notes)
    assert np.isfinite(result.ivars_low).all()


def test_no_run_left_is_no_index_and_said(points):
    result = analyze(cube(3), points, np.full(len(points), np.nan), bootstrap=10, seed=1)
    assert np.isnan(result.ivars).all() and np.isnan(result.vars_to).all() and np.isnan(result.ivars_low).all()
    assert not result.rank_ivars.any() and result.notes == ["y: all runs failed; there is no index"]


def test_a_ray_that_failed_altogether_is_said(points):
    y, (_, ray) = sobol_g(points), labels(10, 3)
    y[ray == 2] = np.nan
    result = analyze(cube(3), points, y)
    assert np.isnan(result.vars_to[2]) and np.isfinite(result.vars_to[:2]).all() and result.rank_vars_to[2] == 0
    assert any("no pair of neighbours is left of x2" in note for note in result.notes)


def test_one_response_that_fails_leaves_the_others_alone(points):
    Y = np.column_stack([sobol_g(points), np.full(len(points), np.nan)])
    result = analyze(cube(3), points, Y, bootstrap=20, seed=1)
    alone = analyze(cube(3), points, Y[:, 0], bootstrap=20, seed=1)
    assert np.array_equal(result.ivars_low[0], alone.ivars_low) and len(result.notes) == 1


def test_small_variation_about_a_large_value_keeps_its_digits(points):
    y = points[:, 0] * 2.0**-20
    far = analyze(cube(3), points, y + 2.0**20)
    near = analyze(cube(3), points, np.ldexp(np.ldexp(1.0, 20) + y, 0) - 2.0**20)
    assert np.allclose(far.vars_to, near.vars_to, rtol=1e-9) and np.allclose(far.gamma, near.gamma, rtol=1e-9)

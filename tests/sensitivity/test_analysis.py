"""Variograms, indices, limits and ranks: against plain loops, stored references, and themselves."""

import numpy as np
import pytest

from lsmcal.sensitivity import analyze, labels, sample
from tests.sensitivity.functions import cube, sobol_g, three_responses


def by_loops(X, y, star, ray, number):
    """gamma, cov, ecov, abe, ace (n, number - 1) from the definitions, pair by pair."""
    n, good = X.shape[1], np.isfinite(y)
    mu = y[good].mean()
    found = np.full((5, n, number - 1), np.nan)
    for k in range(n):
        pairs = [[] for _ in range(number)]
        sections = [[] for _ in range(number)]
        for s in np.unique(star):
            rows = np.flatnonzero((star == s) & ((ray == k) | (ray == -1)))
            rows = rows[np.argsort(X[rows, k])]
            place = np.rint((X[rows, k] - X[rows[0], k]) * number).astype(int)
            own = y[rows][np.isfinite(y[rows])].mean() if np.isfinite(y[rows]).any() else np.nan
            here = [[] for _ in range(number)]
            for i in range(rows.size):
                for j in range(i + 1, rows.size):
                    a, b, lag = y[rows[i]], y[rows[j]], place[j] - place[i]
                    if np.isfinite(a) and np.isfinite(b):
                        pairs[lag].append((a, b))
                        here[lag].append((a - own) * (b - own))
            for lag in range(number):
                if here[lag]:
                    sections[lag].append(np.mean(here[lag]))
        for lag in range(1, number):
            if not pairs[lag]:
                continue
            a, b = np.array(pairs[lag]).T
            found[:, k, lag - 1] = (
                0.5 * np.mean((b - a) ** 2),
                np.mean((a - mu) * (b - mu)),
                np.mean(sections[lag]),
                np.mean(np.abs(b - a)),
                np.mean(b - a),
            )
    return found


@pytest.mark.parametrize("failures", [0.0, 0.25])
@pytest.mark.parametrize("delta_h", [0.1, 0.25])
def test_plain_loops_find_the_same(failures, delta_h):
    X = sample(cube(3), 6, delta_h, seed=2)
    rng = np.random.default_rng(1)
    y = sobol_g(X) + 0.1 * rng.random(len(X))
    y[rng.random(len(X)) < failures] = np.nan
    result = analyze(cube(3), X, y, delta_h=delta_h)
    star, ray = labels(6, 3, delta_h)
    expected = by_loops(X, y, star, ray, round(1 / delta_h))
    for name, values in zip(("gamma", "cov", "ecov", "abe", "ace"), expected, strict=True):
        assert np.allclose(result[name], values, rtol=0.0, atol=1e-14, equal_nan=True), name
    good = np.isfinite(y)
    assert result.mean == pytest.approx(y[good].mean(), abs=1e-14)
    assert result.variance == pytest.approx(y[good].var(ddof=1), abs=1e-14)
    assert np.allclose(result.vars_to, (expected[0, :, 0] + expected[2, :, 0]) / y[good].var(ddof=1))
    assert result.failed_runs == pytest.approx(1.0 - good.mean())


def test_integrals_at_any_scale():
    X = sample(cube(2), 5, 0.1, seed=1)
    scales = [0.04, 0.1, 0.3, 0.37, 0.5, 0.9]
    result = analyze(cube(2), X, sobol_g(X), scales=scales)
    line, fine = np.append(0.0, result.h), np.linspace(0.0, 0.9, 90001)
    for at, scale in enumerate(scales):
        for k in range(2):
            gamma = np.interp(fine, line, np.append(0.0, result.gamma[k]))
            inside = fine <= scale + 1e-12
            area = np.sum(0.5 * (gamma[inside][1:] + gamma[inside][:-1])) * 1e-5
            assert result.ivars[at, k] == pytest.approx(area, rel=1e-8)
    g = result.gamma[0]
    assert result.ivars[4, 0] == pytest.approx(0.1 * (g[:4].sum() + 0.5 * g[4]), rel=1e-13)


def test_published_numbers_of_another_implementation(shared):
    import json

    folder = shared / "data/vars_tool_reference"
    stated = json.loads((folder / "reference_values.json").read_text())["ishigami_vars"]
    table = np.genfromtxt(
        folder / "ishigami_star_points_with_outputs.csv", delimiter=",", names=True, dtype=None, encoding="utf-8"
    )
    names = ["x1", "x2", "x3"]
    problem = {"names": names, "bounds": [[-3.14, 3.14]] * 3}
    X = np.column_stack([table[name] for name in names])
    ray = np.array([names.index(name) for name in table["param"]])
    result = analyze(problem, X, table["y"], star=table["centre"], ray=ray)

    def values(entry):
        return np.array([entry[name] for name in names])

    for at, scale in enumerate(("0.1", "0.3", "0.5")):
        assert np.allclose(result.ivars[at], values(stated["ivars"][scale]), rtol=0.0, atol=1e-6)
    assert np.allclose(result.gamma, values(stated["gamma"]), rtol=0.0, atol=1e-6)
    assert np.allclose(result.abe[:, 0], values(stated["vars_abe_0.1"]), rtol=0.0, atol=1e-6)
    assert np.allclose(result.ace[:, 0], values(stated["vars_ace_0.1"]), rtol=0.0, atol=1e-6)
    assert np.allclose(result.vars_to, values(stated["vars_to"]), rtol=0.0, atol=1e-6)


@pytest.fixture(scope="module")
def many():
    X = sample(cube(4), 20, 0.1, seed=4)
    Y = three_responses(X)
    Y[::37, 1] = np.nan
    return X, Y, analyze(cube(4), X, Y, bootstrap=60, seed=9, responses=["g", "warm", "cubic"])


def test_many_responses_are_each_alone_to_the_bit(many):
    X, Y, result = many
    for r, name in enumerate(result.responses):
        alone = analyze(cube(4), X, Y[:, r], bootstrap=60, seed=9)
        assert set(alone) == set(result)
        for field in alone:
            assert np.array_equal(result[field][r], alone[field], equal_nan=True), field
            assert np.array_equal(result.response(name)[field], alone[field], equal_nan=True)


def test_the_seed_repeats_limits_and_another_does_not(many):
    X, Y, result = many
    again, other = (analyze(cube(4), X, Y, bootstrap=60, seed=seed) for seed in (9, 10))
    assert all(np.array_equal(result[field], again[field], equal_nan=True) for field in result)
    assert not np.array_equal(result.ivars_low, other.ivars_low)
    assert np.array_equal(result.ivars, other.ivars, equal_nan=True)


def test_limits_are_those_of_samples_put_together_from_the_stars(many):
    X, Y, _ = many
    stars = np.random.default_rng(0).integers(0, 20, (12, 20))
    result = analyze(cube(4), X, Y, resamples=stars, confidence=0.8)
    size = len(X) // 20
    single = []
    for drawn in stars:
        rows = (drawn[:, None] * size + np.arange(size)).ravel()
        single.append(analyze(cube(4), X[rows], Y[rows]))
    for field in ("gamma", "cov", "ecov", "abe", "ace", "ivars", "vars_to"):
        low, high = np.quantile([one[field] for one in single], (0.1, 0.9), axis=0)
        scale = np.abs(high).max(axis=tuple(range(1, high.ndim)), keepdims=True)
        assert (np.abs(result[field + "_low"] - low) <= 1e-10 * scale).all(), field
        assert (np.abs(result[field + "_high"] - high) <= 1e-10 * scale).all(), field
    share = np.mean([one.rank_ivars == result.rank_ivars for one in single], axis=0)
    assert np.array_equal(result.reliability_ivars, share)
    share = np.mean([one.rank_vars_to == result.rank_vars_to for one in single], axis=0)
    assert np.array_equal(result.reliability_vars_to, share)


def test_the_order_of_stars_and_rows_does_not_matter(many):
    X, Y, result = many
    star, ray = labels(20, 4)
    rng = np.random.default_rng(2)
    mixed, renamed = rng.permutation(len(X)), rng.permutation(20) * 7 - 3
    other = analyze(cube(4), X[mixed], Y[mixed], star=renamed[star[mixed]], ray=ray[mixed])
    for field in ("gamma", "ivars", "vars_to", "mean", "variance", "dropped_pairs"):
        assert np.allclose(other[field], result[field], rtol=1e-11, atol=0.0), field
    assert (np.abs(other.ecov - result.ecov) <= 1e-12 * result.variance[:, None, None]).all()
    assert np.array_equal(other.rank_ivars, result.rank_ivars)


def test_scale_and_offset_of_a_response(many):
    X, Y, _ = many
    one = analyze(cube(4), X, Y[:, 0], bootstrap=20, seed=1)
    other = analyze(cube(4), X, 300.0 - 4.0 * Y[:, 0], bootstrap=20, seed=1)
    assert np.allclose(other.gamma, 16.0 * one.gamma, rtol=1e-10)
    assert np.allclose(other.ivars_high, 16.0 * one.ivars_high, rtol=1e-10)
    assert np.allclose(other.vars_to, one.vars_to, rtol=1e-10)
    assert np.allclose(other.ace, -4.0 * one.ace, rtol=0.0, atol=1e-12)
    assert np.array_equal(other.rank_vars_to, one.rank_vars_to)
    assert np.array_equal(other.reliability_ivars, one.reliability_ivars)


def test_the_order_of_parameters_does_not_matter(many):
    X, Y, result = many
    order, (star, ray) = np.array([2, 0, 3, 1]), labels(20, 4)
    problem = {"names": [f"x{k}" for k in order], "bounds": [[0.0, 1.0]] * 4}
    new = np.append(np.argsort(order), -1)[ray]
    other = analyze(problem, X[:, order], Y, star=star, ray=new)
    assert np.array_equal(other.rank_ivars, result.rank_ivars[..., order])
    assert np.allclose(other.ivars, result.ivars[..., order], rtol=1e-12)
    assert np.allclose(other.vars_to, result.vars_to[..., order], rtol=1e-12)


def test_bounds_do_not_matter():
    unit, problem = cube(2), {"names": ["x0", "x1"], "bounds": [[-5.0, 3.0], [1e-6, 2e-6]]}
    here, there = sample(unit, 8, seed=1), sample(problem, 8, seed=1)
    one, other = analyze(unit, here, sobol_g(here)), analyze(problem, there, sobol_g(here))
    assert np.array_equal(one.gamma, other.gamma)


def test_a_centre_listed_in_every_ray_is_one_point(many):
    X, Y, result = many
    star, ray = labels(20, 4)
    centre = np.flatnonzero(ray < 0)
    rows = np.concatenate([np.flatnonzero(ray >= 0), np.repeat(centre, 4)])
    along = np.concatenate([ray[ray >= 0], np.tile(np.arange(4), centre.size)])
    other = analyze(cube(4), X[rows], Y[rows], star=star[rows], ray=along)
    for field in ("gamma", "ecov", "vars_to", "variance", "failed_runs"):
        assert np.allclose(other[field], result[field], rtol=1e-12, atol=0.0), field


def test_a_missing_row_is_a_gap_and_not_a_shift():
    X = sample(cube(2), 4, 0.1, seed=3)
    star, ray = labels(4, 2)
    y = 3.0 * X[:, 0]
    kept = np.delete(np.arange(len(X)), [4, 30])
    result = analyze(cube(2), X[kept], y[kept], star=star[kept], ray=ray[kept])
    assert np.allclose(result.gamma[0], 0.5 * (3.0 * result.h) ** 2, rtol=1e-12)
    assert np.allclose(result.gamma[1], 0.0)


def test_distributions_keep_their_lags():
    problem = {"names": ["a", "b"], "bounds": [[1e-3, 1.0], [0.0, 1.0]], "dists": ["logunif", "unif"]}
    X = sample(problem, 9, seed=1)
    result = analyze(problem, X, np.log10(X[:, 0]) / 3.0)
    assert np.allclose(result.gamma[0], 0.5 * result.h**2, rtol=1e-10)

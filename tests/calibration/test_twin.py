"""Twins over many cells: wrong pixels, hidden parameters, noisy temperatures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsmcal.calibration.twin import hidden_set, twin_daily, twin_target
from lsmcal.core.errors import InputError
from lsmcal.noah.parameters.tables import load_tables, with_roots_by_depth
from lsmcal.parameters.space import build_space
from lsmcal.parameters.table import parameter_table, sensitive_parameters

TABLES = with_roots_by_depth(load_tables(general="ji2026"))
TEN = sensitive_parameters()
MAP = build_space(TEN, TABLES, [7, 8, 9, 19], [7, 9, 12, 13, 14])
TUNABLE = [row.name for row in parameter_table() if row.status == "tunable"]
ALL = build_space(TUNABLE, TABLES, [7, 19], [7, 13], layers=18)


def a_map(count=1000, seed=1):
    """Classes, a tenth of them unknown, and cell numbers with gaps."""
    random = np.random.default_rng(seed)
    classes = random.choice([1, 0, -1], count, p=[0.5, 0.4, 0.1])
    return classes, np.sort(random.choice(9 * count, count, replace=False))


# -- target -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("wrong", [0.0, 0.0004, 0.05, 0.1234, 0.49])
def test_exactly_the_stated_share_of_known_cells_is_wrong(wrong):
    classes, cell = a_map()
    target, flipped = twin_target(classes, cell, wrong, seed=3)
    known = classes != -1
    assert flipped.sum() == round(wrong * known.sum()) and not flipped[~known].any()
    assert target.dtype == np.int8
    np.testing.assert_array_equal(target != classes, flipped)
    np.testing.assert_array_equal(target[flipped], 1 - classes[flipped])


@given(st.integers(0, 2**31), st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_the_order_of_cells_does_not_matter(seed, order):
    classes, cell = a_map(200)
    turn = np.random.default_rng(order).permutation(200)
    target, flipped = twin_target(classes, cell, 0.1, seed)
    again, turned = twin_target(classes[turn], cell[turn], 0.1, seed)
    np.testing.assert_array_equal(again, target[turn])
    np.testing.assert_array_equal(turned, flipped[turn])


def test_more_wrong_pixels_include_the_fewer_and_seeds_differ():
    classes, cell = a_map()
    few, many = (twin_target(classes, cell, wrong, 3)[1] for wrong in (0.05, 0.2))
    assert (many[few]).all()
    other = twin_target(classes, cell, 0.05, 4)[1]
    assert 0 <= (few & other).sum() < 12  # 2.3 expected of 45


def test_which_cells_are_wrong_does_not_hang_on_class_or_unknown_cells():
    classes, cell = a_map()
    known = classes != -1
    flipped = twin_target(classes, cell, 0.1, 3)[1]
    alone = twin_target(classes[known], cell[known], 0.1, 3)[1]
    mirrored = twin_target(np.where(known, 1 - classes, -1), cell, 0.1, 3)[1]
    np.testing.assert_array_equal(flipped[known], alone)
    np.testing.assert_array_equal(flipped, mirrored)


def test_wrong_pixels_are_uncorrelated_in_space():
    """Moran's I with the four neighbours: mean -1/(n-1), standard deviation about sqrt(1/(2 n)) under chance."""
    side = 100
    cell = np.arange(side * side)
    for seed in (1, 2, 3):
        flipped = twin_target(np.ones(side * side, int), cell, 0.1, seed)[1].reshape(side, side)
        z = flipped - flipped.mean()
        pairs = (z[1:] * z[:-1]).sum() + (z[:, 1:] * z[:, :-1]).sum()
        moran = pairs / (2 * side * (side - 1)) / z.var()
        assert abs(moran) < 4 * np.sqrt(1 / (2 * side * side)), moran


def test_the_draw_is_the_same_everywhere():
    """Fixed values: another library, machine or version must not make another case."""
    flipped = twin_target(np.ones(40, int), np.arange(40), 0.1, 1)[1]
    assert np.flatnonzero(flipped).tolist() == [14, 18, 26, 32]
    assert hidden_set(MAP, 1)["SBETA"] == pytest.approx(-1.6469664230135168, abs=1e-12)


@pytest.mark.parametrize(
    ("classes", "cell", "wrong", "message"),
    [
        ([1, 0, 2], [1, 2, 3], 0.1, r"unknown class codes .*\[2\]"),
        ([1, 0], [1, 1], 0.1, "each cell once"),
        ([1, 0], [1, 2, 3], 0.1, "each cell once"),
        ([-1, -1], [1, 2], 0.1, "no cell has a known class"),
        ([1, 0], [1, 2], 0.5, "share of wrong pixels"),
        ([1, 0], [1, 2], -0.1, "share of wrong pixels"),
        ([1, 0], [1, 2], float("nan"), "share of wrong pixels"),
    ],
)
def test_targets_that_cannot_be(classes, cell, wrong, message):
    with pytest.raises(InputError, match=message):
        twin_target(np.array(classes), np.array(cell), wrong, 1)


# -- hidden parameters --------------------------------------------------------------------------------------------
@given(st.integers(0, 2**31), st.sampled_from([0.2, 0.6, 1.0]))
@settings(max_examples=40, deadline=None)
def test_hidden_values_lie_inside_the_ranges_and_away_from_the_default(seed, strength):
    hidden = hidden_set(ALL, seed, strength)
    assert set(hidden) == set(ALL.names)
    hidden.apply(TABLES)
    for d in ALL.dimensions:
        value = hidden[d.name]
        assert d.low <= value <= d.high and value != d.default
        if d.parameter.integer:
            assert value == round(value)
            continue
        room = (d.high - d.default) if value > d.default else (d.default - d.low)
        assert 0.5 * strength - 1e-9 <= abs(value - d.default) / room <= strength + 1e-9, d.name


def test_hidden_values_do_not_depend_on_the_other_dimensions():
    few = build_space(TEN, TABLES, [7], [7, 12])
    small, large = hidden_set(few, 7), hidden_set(MAP, 7)
    assert dict(small) == {name: large[name] for name in few.names}
    assert dict(hidden_set(MAP, 8)) != dict(large)


def test_both_sides_are_drawn_where_there_is_room():
    ups = np.array([hidden_set(MAP, seed).apply(TABLES).general["SBETA"] > -2.0 for seed in range(200)])
    assert 70 < ups.sum() < 130
    edge = build_space(["SBETA"], TABLES, ranges={"SBETA": [-2.0, -1.0]})
    assert all(hidden_set(edge, seed)["SBETA"] > -2.0 for seed in range(50))


@pytest.mark.parametrize("strength", [0.0, -0.1, 1.1, float("nan")])
def test_strengths_that_cannot_be(strength):
    with pytest.raises(InputError, match="distance of hidden parameters"):
        hidden_set(MAP, 1, strength)


# -- daily temperatures -------------------------------------------------------------------------------------------
def test_daily_noise_has_the_stated_size_and_its_own_draw_at_each_site():
    truth = 270.0 + np.arange(4000.0).reshape(1000, 4) / 1000
    truth[5, 2] = np.nan
    first, again, other = (twin_daily(truth, 0.3, seed=2, cell=cell) for cell in (11, 11, 12))
    np.testing.assert_array_equal(first, again)
    error, another = first - truth, other - truth
    assert np.isnan(error).sum() == 1 and np.nanstd(error) == pytest.approx(0.3, rel=0.05)
    assert abs(np.nanmean(error)) < 0.02
    good = np.isfinite(error)
    assert abs(np.corrcoef(error[good], another[good])[0, 1]) < 0.06
    np.testing.assert_array_equal(twin_daily(truth, 0.0, 2), truth)


@pytest.mark.parametrize("noise", [-0.1, float("nan"), float("inf")])
def test_noise_that_cannot_be(noise):
    with pytest.raises(InputError, match="standard deviation"):
        twin_daily(np.zeros((2, 1)), noise, 1)

"""Thaw depth of profiles whose answer is known."""

import numpy as np
import pytest

from lsmcal.noah.runtime.grid import node_depths
from lsmcal.permafrost import closed_talik, thaw_depth, thaw_depth_of_profiles, thawed_through

ZERO = 273.15
NAN = np.nan
DEPTH = np.array([0.1, 0.5, 1.0, 2.0, 4.0])


def kelvin(*celsius):
    return np.array(celsius, float) + ZERO


# -- from the maxima -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("maximum", "expected"),
    [
        ((8, 4, 2, -2, -1), 1.5),  # half way between 1 m and 2 m
        ((8, 4, 3, -1, -1), 1.75),
        ((8, 4, 0, -1, -1), 1.0),  # exactly 0 degC at a node: frozen there
        ((-1, -2, -2, -2, -1), 0.0),  # nothing thaws
        ((0, -2, -2, -2, -1), 0.0),
        ((8, 4, 2, 1, 0), 4.0),
        ((8, 4, 2, 1, 0.5), NAN),  # thaws through
        ((8, 4, -4, 2, -1), 0.75),  # the first frozen ground from above, whatever lies below
        ((8, 4, NAN, -4, -1), 1.25),  # a layer without values is left out
        ((NAN, NAN, 2, -2, -1), 1.5),
        ((NAN, -1, -2, -2, -1), 0.0),
        ((8, 4, 2, NAN, NAN), NAN),  # thaws to the last value
        ((NAN, NAN, NAN, NAN, NAN), NAN),
    ],
)
def test_depth_of_maxima(maximum, expected):
    assert thaw_depth(kelvin(*maximum), DEPTH) == pytest.approx(expected, nan_ok=True, abs=1e-12)


def test_what_stands_for_thawed_through():
    maximum = kelvin((8, 4, 2, 1, 1), (8, 4, 2, -2, -1), (NAN,) * 5)
    assert thaw_depth(maximum, DEPTH, beyond=99.0) == pytest.approx([99.0, 1.5, NAN], nan_ok=True)


def test_linear_envelope_is_exact_on_any_nodes():
    random = np.random.default_rng(0)
    front = random.uniform(0.2, 3.8, 200)
    depth = np.sort(random.uniform(0.0, 4.0, 9))
    depth[[0, -1]] = 0.05, 4.0
    assert thaw_depth(ZERO + 3.0 * (front[:, None] - depth), depth) == pytest.approx(front, abs=1e-12)


def test_periodic_conduction():
    """Sinusoidal surface over a half-space: the envelope crosses 0 degC where mean + A exp(-z/d) is 0."""
    thickness = np.array([0.045, 0.046, 0.075, 0.123, 0.204, 0.336, 0.554, 0.9, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0])
    depth = node_depths(thickness)
    damping, mean, amplitude = 2.0, -2.0, 9.0
    truth = damping * np.log(amplitude / -mean)
    found = thaw_depth(ZERO + mean + amplitude * np.exp(-depth / damping), depth)
    above = int(np.searchsorted(depth, truth))
    # linear instead of convex between two nodes: too deep, by at most h^2 f'' / (8 |f'|) = h^2 / (8 d)
    step = depth[above] - depth[above - 1]
    assert 0.0 <= found - truth < step**2 / (8.0 * damping) * np.exp(step / damping)
    day = np.arange(365.0)[:, None] / 365.0 * 2.0 * np.pi
    profiles = ZERO + mean + amplitude * np.exp(-depth / damping) * np.sin(day - depth / damping)
    exact = thaw_depth_of_profiles(profiles, depth)
    assert abs(exact - truth) < found - truth


# -- from profiles ---------------------------------------------------------------------------------------------------
def test_isotherm_reaches_deepest_in_autumn():
    year = kelvin(
        (-9, -6, -4, -3, -2),
        (6, 2, -2, -2, -2),  # 0.75 m
        (4, 3, 1, -1, -2),  # 1.5 m
        (-2, 1, 1, -3, -2),  # the surface has frozen again; 1.25 m
        (-5, -1, -1, -2, -2),
    )
    assert thaw_depth_of_profiles(year, DEPTH) == pytest.approx(1.5)
    # only while the surface is frozen does the isotherm reach 1.8 m: it counts, that ground thawed from above
    year[3] = kelvin(-2, 1, 4, -1, -2)
    assert thaw_depth_of_profiles(year, DEPTH) == pytest.approx(1.8)


def test_envelope_is_never_shallower_and_alike_at_one_time():
    random = np.random.default_rng(5)
    year = ZERO + random.normal(0.5, 3.0, (300, 6, 5)) - DEPTH
    by_profiles, by_maxima = thaw_depth_of_profiles(year, DEPTH), thaw_depth(year.max(axis=1), DEPTH)
    both = np.isfinite(by_profiles) & np.isfinite(by_maxima)
    assert both.sum() > 100 and (by_profiles[both] <= by_maxima[both] + 1e-12).all()
    single = year[:, :1]
    first = thaw_depth(single[:, 0], DEPTH)
    assert np.allclose(thaw_depth_of_profiles(single, DEPTH), first, atol=1e-12, equal_nan=True)


def test_frozen_ground_between_nodes_that_both_thaw():
    """Warm from below: the nodes at 1 m and 2 m thaw at different times and a frozen core between them stays."""
    year = kelvin((8, 4, 2, -2, 1), (-1, -1, -3, 1, 2))
    assert thaw_depth(year.max(axis=0), DEPTH) != thaw_depth_of_profiles(year, DEPTH)
    assert thaw_depth_of_profiles(year, DEPTH) == pytest.approx(1.5)
    # thaw from below reaches 1.25 m, deeper than thaw from above began: they meet
    year[1] = kelvin(-1, -1, -1, 3, 2)
    assert np.isnan(thaw_depth_of_profiles(year, DEPTH))
    assert thaw_depth_of_profiles(year, DEPTH, beyond=4.0) == 4.0


def test_order_of_profiles_and_units_of_depth():
    random = np.random.default_rng(6)
    year = ZERO + random.normal(0.0, 3.0, (50, 8, 5)) - DEPTH
    found = thaw_depth_of_profiles(year, DEPTH)
    assert np.array_equal(thaw_depth_of_profiles(year[:, random.permutation(8)], DEPTH), found, equal_nan=True)
    assert np.allclose(thaw_depth_of_profiles(year, DEPTH * 100.0), found * 100.0, equal_nan=True)


def test_profiles_with_missing_values():
    year = kelvin((8, 4, NAN, -4, -1), (2, 4, NAN, -5, -1))
    assert thaw_depth_of_profiles(year, DEPTH) == pytest.approx(1.25)  # as from the maxima
    year = kelvin((8, 4, 2, NAN, -1), (8, 4, NAN, -2, -1))
    assert thaw_depth_of_profiles(year, DEPTH) == pytest.approx(1.0)  # no profile knows more than the node
    assert np.isnan(thaw_depth_of_profiles(np.full((3, 5), NAN), DEPTH))


# -- taliks ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("maximum", "minimum", "talik", "through"),
    [
        ((8, 4, 2, -1, -1), (-9, -5, 0.1, -2, -2), True, False),
        ((8, 4, 2, -1, -1), (-9, -5, 0.0, -2, -2), False, False),  # freezes through to the permafrost
        ((8, 4, 2, 1, 1), (-9, -5, 0.1, 0.1, 0.1), False, True),  # open: nothing frozen below
        ((-1, 4, 2, 1, 1), (-9, 1, 1, 1, 1), False, False),  # frozen ground lies above it
        ((8, 4, 2, 0.1, -1), (-9, -5, 0.1, NAN, -2), True, False),
        ((8, 4, 2, NAN, NAN), (-9, -5, 0.1, NAN, NAN), False, True),
        ((NAN,) * 5, (NAN,) * 5, False, False),
    ],
)
def test_talik_and_thawed_through(maximum, minimum, talik, through):
    assert closed_talik(kelvin(*maximum), kelvin(*minimum)) == talik
    assert thawed_through(kelvin(*maximum)) == through


@pytest.mark.parametrize(
    ("depth", "words"),
    [
        (DEPTH[:4], "5 depths"),
        (DEPTH[::-1], "ascend"),
        (-DEPTH, "ascend"),
        ([0.1, 0.1, 1, 2, 3], "ascend"),
        ([0.1, NAN, 1, 2, 3], "ascend"),
    ],
)
def test_bad_depths(depth, words):
    with pytest.raises(ValueError, match=words):
        thaw_depth(kelvin(8, 4, 2, -2, -1), depth)

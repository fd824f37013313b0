"""The lattice: nearest points, stable sequences, points that were not tried."""

import numpy as np

from lsmcal.search.lattice import derived_seed, fresh, snap, sobol, untried_near


def test_lattice_points_are_the_nearest_decimals():
    assert snap([0.154, 0.155001, -2.0, 7.0], 101).tolist() == [0.15, 0.16, 0.0, 1.0]


def test_sobol_points_have_a_stable_beginning_and_cover_evenly():
    points = np.array([point for point, _ in zip(sobol(5, 101, 9), range(300), strict=False)])
    assert np.array_equal(points[:10], [p for p, _ in zip(sobol(5, 101, 9), range(10), strict=False)])
    counts, _ = np.histogram(points[:256, 2], bins=4, range=(0, 1))
    assert np.abs(counts - 64).max() <= 4


def test_fresh_points_avoid_visited_ones():
    rng = np.random.default_rng(1)
    visited = {(0.0, 0.0), (1.0, 1.0)}
    assert set(fresh(9, 2, 2, rng, visited)) == {(0.0, 1.0), (1.0, 0.0)}


def test_a_large_lattice_is_not_listed_to_find_fresh_points():
    rng = np.random.default_rng(1)
    first = fresh(50, 30, 101, rng, ())
    assert len(set(first)) == 50
    again = fresh(50, 30, 101, np.random.default_rng(1), first)
    assert not set(again) & set(first)


def test_an_untried_neighbour_is_one_step_away_and_anywhere_when_none_is_left():
    rng = np.random.default_rng(2)
    near = untried_near((0.5, 0.5), 11, rng, {(0.5, 0.5)})
    assert abs(np.array(near) - 0.5).sum() <= 0.1 + 1e-12 and near != (0.5, 0.5)
    every = {(a / 2, b / 2) for a in range(3) for b in range(3)}
    assert untried_near((0.0, 0.0), 3, rng, every - {(1.0, 1.0)}) == (1.0, 1.0)
    assert untried_near((0.0, 0.0), 3, rng, every) is None


def test_a_derived_seed_depends_on_all_its_parts_and_on_nothing_else():
    seeds = [derived_seed(1), derived_seed(2), derived_seed(1, 1), derived_seed(1, 0, 1)]
    assert len(set(seeds)) == 4 and all(0 <= seed < 2**32 for seed in seeds)
    assert derived_seed(1) == 1835504127  # the same on every machine

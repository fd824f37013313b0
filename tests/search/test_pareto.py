"""Fronts: against brute force, shapes of known volume, and two exact methods against each other."""

from itertools import product

import numpy as np
import pytest

from lsmcal.search.pareto import cells, front, front_stagnated, hypervolume, reference, scaled


def by_hand(losses: np.ndarray) -> list[int]:
    kept = []
    for i, row in enumerate(losses):
        if np.isnan(row).any():
            continue
        better = [(other <= row).all() and (other < row).any() for other in losses]
        if not any(better) and not any((losses[j] == row).all() for j in kept):
            kept.append(i)
    return kept


@pytest.mark.parametrize("goals", [1, 2, 3, 4])
def test_the_front_is_what_comparing_all_pairs_gives(goals):
    rng = np.random.default_rng(goals)
    losses = rng.integers(0, 6, (80, goals)).astype(float)
    losses[rng.random(80) < 0.1, 0] = np.nan
    assert front(losses).tolist() == by_hand(losses)


def test_ties_are_kept_once_and_failures_never():
    losses = [[1, 2], [np.nan, 0], [2, 1], [1, 2], [1, 3], [0, np.nan], [2, 1]]
    assert front(losses).tolist() == [0, 2]
    assert front(np.full((3, 2), np.nan)).size == 0


def staircase(steps: int) -> np.ndarray:
    """Points (i, steps - i): the area below (steps + 1, steps + 1) is known."""
    x = np.arange(steps + 1.0)
    return np.stack([x, steps - x], axis=1)


@pytest.mark.parametrize("steps", [1, 4, 31])
def test_the_hypervolume_of_a_staircase(steps):
    assert hypervolume(staircase(steps), [steps + 1.0] * 2) == (steps + 1) * (steps + 2) / 2


@pytest.mark.parametrize("goals", [1, 2, 3, 4])
def test_the_hypervolume_of_a_box_and_of_a_union_of_half_cubes(goals):
    assert hypervolume([[0.25] * goals], [1.0] * goals) == pytest.approx(0.75**goals)
    # Each point dominates half of the cube, all but the corner where every loss is below 0.5.
    halves = np.where(np.eye(goals, dtype=bool), 0.5, 0.0)
    assert hypervolume(halves, np.ones(goals)) == pytest.approx(1.0 - 0.5**goals)


def sphere(goals: int, points: int, seed: int = 0) -> np.ndarray:
    """Random points of the concave front sum f**2 = 1 of the positive orthant."""
    draws = np.abs(np.random.default_rng(seed).standard_normal((points, goals)))
    return draws / np.linalg.norm(draws, axis=1, keepdims=True)


def test_a_dense_front_tends_to_the_area_beyond_the_quarter_circle():
    angle = np.linspace(0, np.pi / 2, 2001)
    dense = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert hypervolume(dense, [1.0, 1.0]) == pytest.approx(1 - np.pi / 4, abs=1e-3)


@pytest.mark.parametrize("goals", [2, 3, 4])
def test_a_point_of_a_grid_counts_once(goals):
    """Random fronts on a grid of unit cubes: the volume is the number of dominated cubes."""
    rng = np.random.default_rng(goals)
    points = rng.integers(0, 6, (12, goals)).astype(float)
    corners = np.array(list(product(range(6), repeat=goals)))
    dominated = (points[None] <= corners[:, None]).all(axis=2).any(axis=1).sum()
    assert hypervolume(points, np.full(goals, 6.0)) == dominated
    lower, upper = cells(points, np.full(goals, 6.0))
    inside = ((lower[None] <= corners[:, None]) & (corners[:, None] < upper[None])).all(axis=2).sum(axis=1)
    assert inside.max() == 1 and inside.sum() == 6**goals - dominated


@pytest.mark.parametrize("goals", [2, 3, 4])
def test_cells_are_what_the_front_leaves_of_the_box(goals):
    points, beyond = sphere(goals, 40), np.full(goals, 1.1)
    lower, upper = cells(points, beyond)
    left = np.prod(upper - np.maximum(lower, 0.0), axis=1)[(upper > 0).all(axis=1)].sum()
    assert left + hypervolume(points, beyond) == pytest.approx(1.1**goals, rel=1e-12)
    assert len(lower) <= (2 * len(points) + 1 if goals < 4 else len(points) ** 2)


def test_order_failures_and_dominated_points_change_nothing():
    rng = np.random.default_rng(3)
    losses = np.concatenate([sphere(3, 30), sphere(3, 5) + 0.2, np.full((2, 3), np.nan), np.full((1, 3), 9.0)])
    beyond = np.full(3, 1.2)
    volume = hypervolume(losses, beyond)
    assert volume == hypervolume(losses[:30], beyond)
    for _ in range(5):
        mixed = losses[rng.permutation(len(losses))]
        assert hypervolume(mixed, beyond) == volume
        assert np.array_equal(np.sort(mixed[front(mixed)], axis=0), np.sort(losses[front(losses)], axis=0))


def test_a_reference_point_lies_a_little_beyond_the_front():
    losses = np.array([[0.0, 5.0], [2.0, 4.0], [90.0, 4.5], [np.nan, np.nan]])
    assert reference(losses) == pytest.approx([2.2, 5.1])
    assert reference(losses[1:3]) == pytest.approx([2.0 + 8.8, 4.05]), "a front of one point: the span of all trials"
    assert reference(losses[:1]) == pytest.approx([0.1, 5.1])
    inside, beyond = scaled(losses)
    assert inside[:2].tolist() == [[0.0, 1.0], [1.0, 0.0]] and beyond == pytest.approx([1.1, 1.1])
    for nothing in (losses[3:], np.empty((0, 2))):
        with pytest.raises(ValueError, match="no trial"):
            reference(nothing)


def test_a_front_that_no_longer_grows_stagnates():
    growing = np.stack([np.linspace(1, 0, 30), np.linspace(0, 1, 30)], axis=1)
    assert not front_stagnated(growing, 10)
    still = np.concatenate([growing, growing[:10] + 0.1])
    assert front_stagnated(still, 10) and not front_stagnated(still, 11)
    assert not front_stagnated(still, 40) and not front_stagnated(np.full((12, 2), np.nan), 5)

"""The lattice every engine proposes on: the unit cube in equal steps, ends included, and seeds for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Set

import numpy as np

SMALL_LATTICE = 200_000
LONGEST_SOBOL = 2**16
LONGEST_WALK = 1_000


def snap(points: np.ndarray, levels: int) -> np.ndarray:
    """Nearest lattice points.

    Parameters
    ----------
    points : array_like
        Coordinates in the unit cube; what lies outside is brought to its faces.
    levels : int
        Number of levels of each dimension; 101 gives steps of 1/100.

    Returns
    -------
    ndarray
        The shape of ``points``. Each coordinate is the floating-point number nearest to ``k / (levels - 1)``,
        so that equal lattice points are equal numbers.
    """
    steps = levels - 1
    return np.round(np.clip(points, 0.0, 1.0) * steps) / steps


def derived_seed(seed: int, *parts: int) -> int:
    """A 32-bit seed that depends on all its arguments, the same on every machine."""
    return int(np.random.SeedSequence([seed, *parts]).generate_state(1)[0])


def sobol(dimensions: int, levels: int, seed: int) -> Iterator[tuple[float, ...]]:
    """The distinct lattice points of a scrambled Sobol sequence, in its order, at most 2**16 draws long."""
    from scipy.stats import qmc

    seen = set()
    exponent, drawn = 6, 0
    while 2**exponent <= LONGEST_SOBOL:
        # A sequence begun anew and drawn to a power of two keeps scipy silent and its prefix the same.
        sequence = qmc.Sobol(dimensions, seed=np.random.default_rng(seed)).random_base2(exponent)
        for row in snap(sequence[drawn:], levels).tolist():
            point = tuple(row)
            if point not in seen:
                seen.add(point)
                yield point
        exponent, drawn = exponent + 1, 2**exponent


def fresh(
    count: int, dimensions: int, levels: int, rng: np.random.Generator, visited: Collection[tuple[float, ...]]
) -> list[tuple[float, ...]]:
    """Uniformly random lattice points that are not in ``visited``, all different.

    Returns
    -------
    list of tuple of float
        ``count`` points, or fewer when the lattice has no more.
    """
    taken = set(visited)
    if levels**dimensions <= SMALL_LATTICE:
        grid = np.stack(np.meshgrid(*[np.arange(levels)] * dimensions, indexing="ij"), axis=-1)
        order = rng.permutation(grid.reshape(-1, dimensions))
        free = (point for row in order / (levels - 1) if (point := tuple(row.tolist())) not in taken)
        return [point for _, point in zip(range(count), free, strict=False)]
    found: list[tuple[float, ...]] = []
    while len(found) < count:
        point = tuple((rng.integers(0, levels, dimensions) / (levels - 1)).tolist())
        if point not in taken:
            taken.add(point)
            found.append(point)
    return found


def untried_near(
    point: tuple[float, ...], levels: int, rng: np.random.Generator, taken: Set[tuple[float, ...]]
) -> tuple[float, ...] | None:
    """The first untried point of a random walk by single steps; anywhere else failing that.

    Returns
    -------
    tuple of float or None
        None when every point of the lattice is in ``taken``.
    """
    place = np.array(point)
    for _ in range(LONGEST_WALK):
        place[rng.integers(place.size)] += rng.choice((-1.0, 1.0)) / (levels - 1)
        place = snap(place, levels)
        if tuple(place.tolist()) not in taken:
            return tuple(place.tolist())
    return next(iter(fresh(1, place.size, levels, rng, taken)), None)

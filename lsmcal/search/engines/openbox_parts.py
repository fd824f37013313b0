"""Parts of OpenBox done anew, by the same rules sooner; imported only when OpenBox is used.

OpenBox makes an object of every point it looks at, which takes nearly all its time; here points stay rows of
arrays until one is proposed. The proposals differ from OpenBox's own for the same seed: random numbers are
drawn in another order. What proposing costs is measured by ``benchmarks/overhead.py``.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

import numpy as np
from ConfigSpace import Configuration
from openbox.acquisition_function.acquisition import AbstractAcquisitionFunction
from openbox.core.generic_advisor import Advisor
from openbox.surrogate.base.base_model import AbstractModel
from openbox.surrogate.base.rf_with_instances_sklearn import skRandomForestWithInstances
from openbox.utils.util_funcs import get_types

from lsmcal.search import pareto
from lsmcal.search.lattice import snap

STARTS = 10
DRAWS = 4
SPREAD = 0.2
CELLS_AT_ONCE = 2_000_000


class Forest(skRandomForestWithInstances):
    """OpenBox's scikit-learn forest; trees are read directly, without a thread pool for every prediction."""

    @classmethod
    def of(cls, space, seed: int) -> Forest:
        """A forest without OpenBox's limit of 2**20 leaves: never reached, but each tree allocates them."""
        types, bounds = get_types(space)
        # OpenBox types it by its default alone, and hands it to scikit-learn, where None is no limit
        return cls(types=types, bounds=bounds, seed=seed, max_num_nodes=None)  # type: ignore[arg-type]

    def predict_mean_var(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance over the trees for each row of ``X``, (n,) each."""
        rows = np.ascontiguousarray(np.atleast_2d(X), dtype=np.float32)
        trees = np.array([tree.tree_.predict(rows)[:, 0] for tree in self.rf.estimators_])
        return trees.mean(axis=0), trees.var(axis=0)


def forest(space, seed: int):
    """pyrfr's forest where that is installed, else scikit-learn's; they predict differently from the same seed."""
    try:
        from openbox.surrogate.base.rf_with_instances import RandomForestWithInstances
    except ModuleNotFoundError:
        return Forest.of(space, seed)

    class Compiled(RandomForestWithInstances):
        """Rows go to the compiled code as lists, which it takes sooner than arrays."""

        def _predict(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            found = np.array([self.rf.predict_mean_var(row) for row in X.tolist()])
            return found[:, :1], found[:, 1:]

    types, bounds = get_types(space)
    return Compiled(types=types, bounds=bounds, seed=seed)


class Lattice:
    """How a space of integers 0 to levels - 1 lies in OpenBox's vectors.

    Parameters
    ----------
    space : openbox.space.Space
    levels : int
    """

    def __init__(self, space, levels: int):
        self.space, self.levels = space, levels
        ends = ({h.name: getattr(h, end) for h in space.get_hyperparameters()} for end in ("lower", "upper"))
        self._low, high = (Configuration(space, values=values).get_array() for values in ends)
        self._span = high - self._low

    def vectors(self, points: np.ndarray) -> np.ndarray:
        """Unit-cube coordinates as OpenBox's vectors, which keep half a step away from 0 and 1."""
        return self._low + points * self._span

    def points(self, vectors: np.ndarray) -> np.ndarray:
        """The lattice points nearest to vectors."""
        return snap((vectors - self._low) / self._span, self.levels)

    def configuration(self, point: np.ndarray) -> Configuration:
        """OpenBox's object for a point."""
        return Configuration(self.space, vector=self.vectors(point))


class Maximiser:
    """OpenBox's interleaved local and random search, on the lattice.

    Parameters
    ----------
    lattice : Lattice
    visited : collection of tuple of float
        Points that must not be proposed again.
    wanted : int
        Points to give back.
    seed : int
    """

    def __init__(self, lattice: Lattice, visited: Collection[tuple[float, ...]], wanted: int, seed: int):
        self.lattice, self.visited, self.wanted = lattice, visited, wanted
        self.generator = np.random.default_rng(seed)

    def maximize(self, acquisition_function, history, num_points: int, **kwargs) -> list[Configuration]:
        """The best untried of the ends of some climbs and of random points, best first."""

        def value(points: np.ndarray) -> np.ndarray:
            return acquisition_function(self.lattice.vectors(points), convert=False)[:, 0]

        tried = self.lattice.points(np.array([c.get_array() for c in history.configurations]))
        starts = tried[self._best_first(value(tried))[:STARTS]]
        levels, shape = self.lattice.levels, (num_points - len(starts), tried.shape[1])
        anywhere = self.generator.integers(0, levels, shape) / (levels - 1)
        points = np.concatenate([self._climb(starts, value), anywhere])
        order = self._best_first(value(points))
        untried = (p for p in dict.fromkeys(map(tuple, points[order].tolist())) if p not in self.visited)
        return [self.lattice.configuration(np.array(p)) for p, _ in zip(untried, range(self.wanted), strict=False)]

    def _best_first(self, values: np.ndarray) -> np.ndarray:
        """Order by falling value, ties in random order."""
        return np.lexsort((self.generator.random(values.size), -values))

    def _climb(self, points: np.ndarray, value) -> np.ndarray:
        """From every point to the best of its neighbours, as often as one is better; a few draws of them must fail."""
        points, heights, failures = points.copy(), value(points), np.zeros(len(points), int)
        moving = np.arange(len(points))
        while moving.size:
            around = self._neighbours(points[moving])
            values = value(around.reshape(-1, points.shape[1])).reshape(moving.size, -1)
            best = values.argmax(axis=1)
            around, values = around[np.arange(moving.size), best], values.max(axis=1)
            better = values > heights[moving]
            points[moving[better]], heights[moving[better]] = around[better], values[better]
            failures[moving] = np.where(better, 0, failures[moving] + 1)
            moving = moving[failures[moving] < DRAWS]
        return points

    def _neighbours(self, points: np.ndarray) -> np.ndarray:
        """To each point, one in every coordinate by a normal step, reflected at the faces, (n, d, d)."""
        count, size = points.shape
        moved = points + SPREAD * self.generator.standard_normal((count, size))
        around = np.repeat(points[:, None, :], size, axis=1)
        diagonal = np.arange(size)
        around[:, diagonal, diagonal] = snap(1.0 - np.abs(1.0 - np.abs(moved)), self.lattice.levels)
        return around


class HypervolumeGain(AbstractAcquisitionFunction):
    """Expected improvement of the hypervolume, for one surrogate to each goal.

    A point's improvement is the sum over the boxes that no trial dominates of the part of the box that it
    dominates; with independent normal predictions the expectation of each part is a product over the goals.
    """

    long_name = "Expected Hypervolume Improvement"

    def __init__(self, models: list, losses: np.ndarray, reference: np.ndarray):
        super().__init__(models)
        lower, upper = pareto.cells(losses, reference)
        # Bounds of boxes are coordinates of the few trials on the front: what depends on one is computed once.
        self._edges, self._places = [], []
        for goal in range(reference.size):
            edges, places = np.unique(np.stack([lower[:, goal], upper[:, goal]]), return_inverse=True)
            self._edges.append(edges)
            self._places.append(places.reshape(2, -1))

    def _compute(self, X: np.ndarray, **kwargs) -> np.ndarray:
        models = self.model if isinstance(self.model, list) else [self.model]
        below = [self._below(model, edges, X) for model, edges in zip(models, self._edges, strict=True)]
        size = max(1, CELLS_AT_ONCE // max(1, self._places[0].shape[1]))
        gains = [self._gain([part[i : i + size] for part in below]) for i in range(0, len(X), size)]
        return np.concatenate(gains)[:, None]

    def _gain(self, below: list[np.ndarray]) -> np.ndarray:
        """Sum over the boxes of the product over the goals, (n,)."""
        product: Any = 1.0
        for part, (low, up) in zip(below, self._places, strict=True):
            product = product * (part[:, up] - part[:, low])
        return product.sum(axis=1)

    @staticmethod
    def _below(model, edges: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Expected distance by which the loss falls below each edge, (n, edges)."""
        from scipy.special import ndtr

        mean, variance = model.predict_marginalized_over_instances(X)
        deviation = np.sqrt(variance)
        finite = np.isfinite(edges)
        score = (edges[finite] - mean) / deviation
        below = np.zeros((len(X), edges.size))
        below[:, finite] = deviation * (score * ndtr(score) + np.exp(-0.5 * score**2) / np.sqrt(2.0 * np.pi))
        return below


class Maximizer(Protocol):
    """What finds the points where an acquisition function is largest."""

    def maximize(
        self, acquisition_function: AbstractAcquisitionFunction, history: object, num_points: int
    ) -> list[Configuration]: ...


class GoalsAdvisor(Advisor):
    """OpenBox's advisor with our acquisition of several goals."""

    # OpenBox declares them by the None they begin with, so that any type differs
    surrogate_model: list[AbstractModel]  # type: ignore[assignment]
    acquisition_function: HypervolumeGain  # type: ignore[assignment]
    acq_optimizer: Maximizer  # type: ignore[assignment]

    def _get_bo_candidates(self, history) -> list[Configuration]:
        vectors = history.get_config_array(transform="scale")
        losses = history.get_objectives(transform="infeasible")
        for model, column in zip(self.surrogate_model, losses.T, strict=True):
            model.train(vectors, column)
        self.acquisition_function = HypervolumeGain(self.surrogate_model, losses, np.array(self.ref_point))
        return self.acq_optimizer.maximize(self.acquisition_function, history, num_points=5000)

"""CMA-ES on the lattice, with the ``cmaes`` package, its state rebuilt from the history at every call.

The optimiser works in the continuous cube: it learns its own continuous points with the losses of the
lattice points next to them, a terraced function. Were it given the lattice points, rounding would
enter its estimate of the distribution, and once the distribution is narrower than a step the whole population
would coincide and the step size collapse. A draw whose lattice point was tried before is drawn again, at last
moved by single steps to an untried neighbour, so that no evaluation is spent twice and the search cannot
shrink into one cell.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from math import floor, log

import numpy as np

from lsmcal.search.lattice import derived_seed, snap, untried_near
from lsmcal.search.protocol import EngineError, EngineSettings, Trials, check_goal_count, describe

REDRAWS = 32
MEAN_MARGIN = 0.1


@dataclass(frozen=True)
class CmaSearch:
    """Generation after generation; a generation is one or several whole batches.

    The mean starts at the default set, kept ``MEAN_MARGIN`` away from the faces of the cube lest most draws
    fall outside. Failed trials count as the worst loss of their generation. A generation in which all
    failed changes nothing: the next one is drawn from the same distribution.
    """

    settings: EngineSettings
    sigma: float
    population: int
    name: str = "cmaes"

    def ask(self, trials: Trials, batch: int) -> np.ndarray:
        first = self.settings.position(batch)
        generation, offset = divmod(first, self.population)
        optimiser, rng = self._optimiser(trials.points[0]), np.random.default_rng([self.settings.seed, 1])
        visited = {tuple(trials.points[0].tolist())}
        for past in range(generation):
            members = slice(1 + past * self.population, 1 + (past + 1) * self.population)
            draws, _ = self._draw(optimiser, rng, visited)
            if len(draws) < self.population:
                return draws[:0]
            self._update(optimiser, draws, trials.points[members], trials.losses[members])
            visited.update(map(tuple, trials.points[members].tolist()))
        _, points = self._draw(optimiser, rng, visited)
        return points[offset : offset + self.settings.batch]

    def describe(self) -> dict[str, object]:
        return describe(self, sigma=self.sigma, population=self.population)

    def _optimiser(self, default: np.ndarray):
        from cmaes import CMA

        return CMA(
            mean=np.clip(default, MEAN_MARGIN, 1.0 - MEAN_MARGIN),
            sigma=self.sigma,
            bounds=np.tile([0.0, 1.0], (self.settings.dimensions, 1)),
            seed=derived_seed(self.settings.seed, 0),
            population_size=self.population,
        )

    def _draw(self, optimiser, rng: np.random.Generator, visited: Set) -> tuple[np.ndarray, np.ndarray]:
        """A generation: continuous points and the untried lattice points that stand for them."""
        draws: list[np.ndarray] = []
        points: list[tuple[float, ...]] = []
        taken = set(visited)
        while len(points) < self.population:
            draw, point = self._draw_one(optimiser, rng, taken)
            if point is None:
                break
            taken.add(point)
            draws.append(draw)
            points.append(point)
        shape = (-1, self.settings.dimensions)
        return np.reshape(draws, shape), np.reshape(points, shape)

    def _draw_one(self, optimiser, rng: np.random.Generator, taken: Set):
        for _ in range(REDRAWS):
            draw = optimiser.ask()
            point = tuple(snap(draw, self.settings.levels).tolist())
            if point not in taken:
                return draw, point
        untried = untried_near(point, self.settings.levels, rng, taken)
        return untried, untried

    def _update(self, optimiser, draws: np.ndarray, points: np.ndarray, losses: np.ndarray) -> None:
        if np.isnan(losses).all():
            return
        # Another machine's last bits may round a draw to another point; what was evaluated then counts.
        same = (snap(draws, self.settings.levels) == points).all(axis=1, keepdims=True)
        losses = np.where(np.isnan(losses), np.nanmax(losses), losses)
        optimiser.tell(list(zip(np.where(same, draws, points), losses.tolist(), strict=True)))


def build(settings: EngineSettings, sigma: float = 0.25, population: int | None = None) -> CmaSearch:
    """The engine ``cmaes``.

    Parameters
    ----------
    settings : EngineSettings
    sigma : float
        Initial standard deviation, in the unit cube.
    population : int, optional
        Least size of a generation, ``4 + floor(3 ln d)`` if not given; rounded up to whole batches.
    """
    check_goal_count("cmaes", settings)
    if not sigma > 0:
        raise EngineError(f"sigma of cmaes must be positive, not {sigma}")
    least = 4 + floor(3 * log(settings.dimensions)) if population is None else population
    if least < 2:
        raise EngineError(f"population of cmaes must be at least 2, not {least}")
    return CmaSearch(settings, float(sigma), -(-least // settings.batch) * settings.batch)

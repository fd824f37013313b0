"""Differential evolution with SciPy, replayed from its seed at every call until it needs losses not yet known.

``scipy.optimize.differential_evolution`` cannot be asked for points. It is deterministic, though: begun again
with the same seed and given the losses of the generations already evaluated, it arrives at the same next
generation, which its objective then hands over by an exception. Parameters are whole numbers of steps
(``integrality``), so SciPy itself rounds its continuous members to the lattice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lsmcal.search.engines.sobol import SobolSearch
from lsmcal.search.lattice import untried_near
from lsmcal.search.protocol import EngineError, EngineSettings, Trials, check_goal_count, describe

FEWEST = 5
WORST = 1e100


class _Wanted(Exception):
    """Carries the generation whose losses are not known yet, (population, dimensions) in steps."""


@dataclass(frozen=True)
class DifferentialEvolution:
    """Generation after generation; a generation is one or several whole batches.

    The first is a Sobol sequence; the best of it and the default set are the first population. A member whose
    lattice point was tried before is evaluated at an untried point a few steps away. A failed trial is worse
    than any other.
    """

    settings: EngineSettings
    population: int
    strategy: str
    mutation: tuple[float, float]
    recombination: float
    name: str = "de"

    def ask(self, trials: Trials, batch: int) -> np.ndarray:
        settings = self.settings
        generation, offset = divmod(settings.position(batch), self.population)
        if generation == 0:
            return SobolSearch(settings).ask(trials, batch)
        known = trials.points[: 1 + generation * self.population]
        if len(known) < 1 + generation * self.population:
            return np.empty((0, settings.dimensions))
        points = self._untried(self._members(trials, generation), known, generation)
        return points[offset : offset + settings.batch]

    def describe(self) -> dict[str, object]:
        return describe(
            self,
            population=self.population,
            strategy=self.strategy,
            mutation=list(self.mutation),
            recombination=self.recombination,
        )

    def _members(self, trials: Trials, generation: int) -> np.ndarray:
        """The members of a generation after the first, on the lattice, (population, dimensions)."""
        from scipy.optimize import differential_evolution

        size, steps = self.population, self.settings.levels - 1
        losses = np.clip(np.where(np.isnan(trials.losses), WORST, trials.losses), -WORST, WORST)
        start = np.sort(np.argsort(losses[: 1 + size], kind="stable")[:size])
        known = [losses[start], *(losses[1 + g * size : 1 + (g + 1) * size] for g in range(1, generation))]
        known.reverse()

        def objective(members: np.ndarray) -> np.ndarray:
            if not known:
                raise _Wanted(members.T.copy())
            return known.pop()

        try:
            differential_evolution(
                objective,
                [(0, steps)] * self.settings.dimensions,
                init=trials.points[start] * steps,
                strategy=self.strategy,
                mutation=self.mutation,
                recombination=self.recombination,
                seed=np.random.default_rng([self.settings.seed, 2]),
                integrality=True,
                maxiter=generation + 1,
                # A spread below a negative number never occurs: only the budget ends the search.
                tol=0.0,
                atol=-1.0,
                polish=False,
                updating="deferred",
                vectorized=True,
            )
        except _Wanted as wanted:
            return wanted.args[0] / steps
        raise EngineError("differential evolution ended early")

    def _untried(self, members: np.ndarray, known: np.ndarray, generation: int) -> np.ndarray:
        """The members, or points near them where these were tried before; fewer when the lattice is exhausted."""
        rng = np.random.default_rng([self.settings.seed, 3, generation])
        taken, points = set(map(tuple, known.tolist())), []
        for member in map(tuple, members.tolist()):
            point = member if member not in taken else untried_near(member, self.settings.levels, rng, taken)
            if point is None:
                break
            taken.add(point)
            points.append(point)
        return np.array(points).reshape(-1, self.settings.dimensions)


def build(
    settings: EngineSettings,
    population: int | None = None,
    strategy: str = "best1bin",
    mutation: tuple[float, float] = (0.5, 1.0),
    recombination: float = 0.7,
) -> DifferentialEvolution:
    """The engine ``de``.

    Parameters
    ----------
    settings : EngineSettings
    population : int, optional
        Least number of members, twice the dimensions if not given (SciPy's fifteen times would spend a budget
        of some hundred evaluations on two generations); rounded up to whole batches.
    strategy : str
        One of SciPy's by name.
    mutation : (float, float)
        Differential weight, drawn anew between the two for every generation.
    recombination : float
        Probability that a coordinate is taken from the mutant.

    Raises
    ------
    EngineError
    """
    check_goal_count("de", settings)
    least = 2 * settings.dimensions if population is None else population
    if least < 2:
        raise EngineError(f"population of de must be at least {FEWEST}, not {least}")
    low, high = (float(weight) for weight in mutation)
    if not 0.0 <= low < high < 2.0:
        raise EngineError(f"mutation of de must be two rising numbers from 0 to below 2, not {mutation}")
    if not 0.0 <= recombination <= 1.0:
        raise EngineError(f"recombination of de must lie between 0 and 1, not {recombination}")
    size = -(-max(least, FEWEST) // settings.batch) * settings.batch
    return DifferentialEvolution(settings, size, strategy, (low, high), float(recombination))

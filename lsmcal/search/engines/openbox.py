"""OpenBox: Bayesian optimisation, expected improvement of the best or of the front's hypervolume.

A new advisor is made for every batch, seeded by (seed, batch) and fed the whole history: OpenBox does not
save the state of its generators, and so a search that is resumed still follows the one that never stopped.
The start is a Sobol sequence of our own, since OpenBox's Latin hypercube takes no seed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from lsmcal.search.engines.sobol import SobolSearch
from lsmcal.search.lattice import derived_seed, fresh
from lsmcal.search.pareto import scaled
from lsmcal.search.protocol import EngineError, EngineSettings, Trials, check_goal_count, describe

SURROGATES = ("auto", "gp", "prf")
FOREST_FROM_DIMENSIONS = 10
FOREST_FROM_TRIALS = 300
FEWEST_SUCCESSES = 4
MOST_GOALS = 4
RANDOM_SHARE = 0.1


@dataclass(frozen=True)
class OpenBoxSearch:
    """Sobol start, then the best candidates of one acquisition search per batch."""

    settings: EngineSettings
    surrogate: str
    name: str = "openbox"

    def ask(self, trials: Trials, batch: int) -> np.ndarray:
        settings = self.settings
        if settings.position(batch) < settings.start:
            return SobolSearch(settings).ask(trials, batch)
        rng = np.random.default_rng([settings.seed, batch])
        points: list[tuple[float, ...]] = []
        if trials.succeeded.sum() >= FEWEST_SUCCESSES:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                suggested = self._suggest(trials, batch)
            # Some of a batch are random, as OpenBox has it, lest the search believe its model too much.
            points = suggested[: int((rng.random(settings.batch) >= RANDOM_SHARE).sum())]
        visited, missing = trials.visited.union(points), settings.batch - len(points)
        points += fresh(missing, settings.dimensions, settings.levels, rng, visited)
        return np.array(points).reshape(-1, settings.dimensions)

    def describe(self) -> dict[str, object]:
        return describe(self, surrogate=self.surrogate, forest=forest_package())

    def _model(self, trials: int) -> str:
        """OpenBox's own rule for ``auto``: a Gaussian process while dimensions and trials are few, and goals one."""
        settings = self.settings
        few = settings.goals == 1 and settings.dimensions < FOREST_FROM_DIMENSIONS and trials < FOREST_FROM_TRIALS
        return self.surrogate if self.surrogate != "auto" else ("gp" if few else "prf")

    def _suggest(self, trials: Trials, batch: int) -> list[tuple[float, ...]]:
        from lsmcal.search.engines.openbox_parts import Lattice, Maximiser

        settings = self.settings
        lattice = Lattice(_space(settings), settings.levels)
        model = self._model(len(trials.points))
        advisor = self._advisor(lattice.space, model, trials, derived_seed(settings.seed, batch))
        if model == "prf":
            _plant(advisor, lattice.space, settings, batch)
        seed = derived_seed(settings.seed, batch, 2)
        advisor.acq_optimizer = Maximiser(lattice, trials.visited, settings.batch, seed)
        # Straight into the list: update_observation compares each configuration with all before it.
        advisor.history.observations.extend(_observations(lattice, trials))
        # Its batches are these and random ones, but found by comparing each with every trial, value by value.
        configurations = advisor._get_bo_candidates(advisor.history)
        return [tuple(point) for point in lattice.points(np.array([c.get_array() for c in configurations])).tolist()]

    def _advisor(self, space, model: str, trials: Trials, seed: int):
        from openbox import Advisor

        from lsmcal.search.engines.openbox_parts import GoalsAdvisor

        several = self.settings.goals > 1
        goals = (
            {"num_objectives": self.settings.goals, "ref_point": scaled(trials.losses)[1].tolist()} if several else {}
        )
        return (GoalsAdvisor if several else Advisor)(
            space,
            initial_trials=1,
            init_strategy="default",
            surrogate_type=model,
            acq_type="ehvi" if several else "ei",
            acq_optimizer_type="local_random",
            output_dir=None,
            random_state=seed,
            logger_kwargs={"stream": False, "level": "CRITICAL"},
            **goals,
        )


def forest_package() -> str:
    """Which package grows the random forest; the two propose different points from the same seed."""
    return "pyrfr" if find_spec("pyrfr") else "scikit-learn"


def _space(settings: EngineSettings):
    """Integers 0 to levels - 1 for each dimension.

    OpenBox's quantised reals keep the unrounded vector of a candidate, on which the surrogate is then trained
    and evaluated; its integers are rounded before either.
    """
    from openbox import space as sp

    space = sp.Space()
    names = [f"x{index:03d}" for index in range(settings.dimensions)]
    space.add_variables([sp.Int(name, 0, settings.levels - 1) for name in names])
    return space


def _observations(lattice, trials: Trials):
    """The trials as OpenBox's observations, the default set at its exact place between the lattice points."""
    from ConfigSpace import Configuration
    from openbox import Observation
    from openbox.utils.constants import FAILED, SUCCESS

    states = np.where(trials.succeeded, SUCCESS, FAILED).tolist()
    vectors = lattice.vectors(trials.points)
    losses = (trials.table if trials.losses.ndim == 1 else scaled(trials.losses)[0]).tolist()
    for vector, loss, state in zip(vectors, losses, states, strict=True):
        yield Observation(Configuration(lattice.space, vector=vector), loss, trial_state=state)


def _plant(advisor, space, settings: EngineSettings, batch: int) -> None:
    """Put our forests in the place of OpenBox's."""
    from lsmcal.search.engines.openbox_parts import forest

    if settings.goals > 1:
        seeds = [derived_seed(settings.seed, batch, 1, goal) for goal in range(settings.goals)]
        advisor.surrogate_model = [forest(space, seed) for seed in seeds]
    else:
        advisor.surrogate_model = forest(space, derived_seed(settings.seed, batch, 1))
    advisor.acquisition_function.model = advisor.surrogate_model


def build(settings: EngineSettings, surrogate: str = "auto") -> OpenBoxSearch:
    """The engine ``openbox``.

    Parameters
    ----------
    settings : EngineSettings
    surrogate : {"auto", "gp", "prf"}
        Gaussian process or probabilistic random forest; ``auto`` takes the forest from 10 dimensions or 300
        trials on, and for several goals.

    Raises
    ------
    EngineError
        When OpenBox is not installed.
    """
    check_goal_count("openbox", settings, MOST_GOALS)
    if surrogate not in SURROGATES:
        raise EngineError(f"unknown surrogate {surrogate!r}; known are {', '.join(SURROGATES)}")
    if find_spec("openbox") is None:
        raise EngineError(
            "the search engine openbox needs the package OpenBox: pip install lsmcal[openbox]"
            " (or choose the engine cmaes, which is always available)"
        )
    return OpenBoxSearch(settings, surrogate)

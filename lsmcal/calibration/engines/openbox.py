"""OpenBox: Bayesian optimisation, expected improvement, surrogate by dimension.

A new advisor is made for every batch, seeded by (seed, batch) and fed the whole history: OpenBox does not
save the state of its generators, and so a search that is resumed still follows the one that never stopped.
The start is a Sobol sequence of our own, since OpenBox's Latin hypercube takes no seed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from lsmcal.calibration.engines.sobol import SobolSearch
from lsmcal.calibration.lattice import derived_seed, fresh
from lsmcal.calibration.protocol import EngineError, Settings, Told, describe, refuse_goals

SURROGATES = ("auto", "gp", "prf")
FOREST_FROM_DIMENSIONS = 10
FOREST_FROM_TRIALS = 300
FEWEST_SUCCESSES = 4
MOST_GOALS = 4


@dataclass(frozen=True)
class OpenBoxSearch:
    """Sobol start, then the best candidates of one acquisition search per batch."""

    settings: Settings
    surrogate: str
    name: str = "openbox"

    def ask(self, told: Told, batch: int) -> np.ndarray:
        settings = self.settings
        if settings.position(batch) < settings.start:
            return SobolSearch(settings).ask(told, batch)
        points: list[tuple[float, ...]] = []
        if told.succeeded.sum() >= FEWEST_SUCCESSES:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                suggested = self._suggest(told, batch)
            points = [point for point in dict.fromkeys(suggested) if point not in told.visited]
        rng = np.random.default_rng([settings.seed, batch])
        visited, missing = told.visited.union(points), settings.batch - len(points)
        points += fresh(missing, settings.dimensions, settings.levels, rng, visited)
        return np.array(points).reshape(-1, settings.dimensions)

    def describe(self) -> dict[str, object]:
        return describe(self, surrogate=self.surrogate, forest=forest_package())

    def _model(self, trials: int) -> str:
        """OpenBox's own rule for ``auto``: a Gaussian process while dimensions and trials are few."""
        few = self.settings.dimensions < FOREST_FROM_DIMENSIONS and trials < FOREST_FROM_TRIALS
        return self.surrogate if self.surrogate != "auto" else ("gp" if few else "prf")

    def _suggest(self, told: Told, batch: int) -> list[tuple[float, ...]]:
        from openbox.core.sync_batch_advisor import SyncBatchAdvisor

        space = _space(self.settings)
        model = self._model(len(told.losses))
        advisor = SyncBatchAdvisor(
            space,
            batch_size=self.settings.batch,
            initial_trials=1,
            init_strategy="default",
            surrogate_type=model,
            acq_type="ei",
            acq_optimizer_type="local_random",
            output_dir=None,
            random_state=derived_seed(self.settings.seed, batch),
            logger_kwargs={"stream": False, "level": "CRITICAL"},
        )
        _quicken(advisor, space, model, derived_seed(self.settings.seed, batch, 1))
        # Straight into the list: update_observation compares each configuration with all before it.
        advisor.history.observations.extend(_observations(space, told))
        configurations = advisor.get_suggestions()
        steps = self.settings.levels - 1
        return [tuple(c[name] / steps for name in space.get_hyperparameter_names()) for c in configurations]


def forest_package() -> str:
    """Which package grows the random forest; the two propose different points from the same seed."""
    return "pyrfr" if find_spec("pyrfr") else "scikit-learn"


def _space(settings: Settings):
    """Integers 0 to levels - 1 for each dimension.

    OpenBox's quantised reals keep the unrounded vector of a candidate, on which the surrogate is then trained
    and judged; its integers are rounded before either.
    """
    from openbox import space as sp

    space = sp.Space()
    names = [f"x{index:03d}" for index in range(settings.dimensions)]
    space.add_variables([sp.Int(name, 0, settings.levels - 1) for name in names])
    return space


def _observations(space, told: Told):
    """The trials as OpenBox's observations, the default set at its exact place between the lattice points."""
    from ConfigSpace import Configuration
    from openbox import Observation
    from openbox.utils.constants import FAILED, SUCCESS

    hyperparameters = space.get_hyperparameters()
    low, high = (
        Configuration(space, values={h.name: getattr(h, end) for h in hyperparameters}).get_array()
        for end in ("lower", "upper")
    )
    vectors = low + told.points * (high - low)
    for vector, loss in zip(vectors, told.losses.tolist(), strict=True):
        state = SUCCESS if np.isfinite(loss) else FAILED
        yield Observation(Configuration(space, vector=vector), [loss], trial_state=state)


def _quicken(advisor, space, model: str, seed: int) -> None:
    """Put our forest (unless pyrfr is there) and our local search into a new advisor."""
    from lsmcal.calibration.engines.openbox_parts import Forest, LocalSearch

    if model == "prf" and forest_package() == "scikit-learn":
        advisor.surrogate_model = Forest.of(space, seed)
        advisor.acquisition_function.model = advisor.surrogate_model
    maximiser = advisor.acq_optimizer
    maximiser.local_search = LocalSearch(space, rng=maximiser.rng)


def build(settings: Settings, surrogate: str = "auto") -> OpenBoxSearch:
    """The engine ``openbox``.

    Parameters
    ----------
    settings : Settings
    surrogate : {"auto", "gp", "prf"}
        Gaussian process or probabilistic random forest; ``auto`` takes the forest from 10 dimensions or 300
        trials on.

    Raises
    ------
    EngineError
        When OpenBox is not installed.
    """
    refuse_goals("openbox", settings, MOST_GOALS)
    if surrogate not in SURROGATES:
        raise EngineError(f"no surrogate {surrogate!r}; there are {', '.join(SURROGATES)}")
    if find_spec("openbox") is None:
        raise EngineError(
            "the search engine openbox needs the package OpenBox: pip install lsmcal[openbox]"
            " (or choose the engine cmaes, which is always there)"
        )
    return OpenBoxSearch(settings, surrogate)

"""Uniform random search: the baseline every other engine has to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lsmcal.search.lattice import fresh
from lsmcal.search.protocol import EngineSettings, Trials, describe


@dataclass(frozen=True)
class RandomSearch:
    """Draws lattice points that were not tried before."""

    settings: EngineSettings
    name: str = "random"

    def ask(self, trials: Trials, batch: int) -> np.ndarray:
        settings = self.settings
        rng = np.random.default_rng([settings.seed, batch])
        points = fresh(settings.batch, settings.dimensions, settings.levels, rng, trials.visited)
        return np.array(points).reshape(-1, settings.dimensions)

    def describe(self) -> dict[str, object]:
        return describe(self)


def build(settings: EngineSettings) -> RandomSearch:
    """The engine ``random``; it has no options of its own."""
    return RandomSearch(settings)

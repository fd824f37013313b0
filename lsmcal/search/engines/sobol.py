"""Scrambled Sobol sequence: covers the space evenly, learns nothing; also the start of other engines."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np

from lsmcal.search.lattice import fresh, sobol
from lsmcal.search.protocol import EngineSettings, Trials, describe


@dataclass(frozen=True)
class SobolSearch:
    """Takes the sequence's new lattice points one after the other."""

    settings: EngineSettings
    name: str = "sobol"

    def ask(self, trials: Trials, batch: int) -> np.ndarray:
        settings = self.settings
        default = tuple(trials.points[0].tolist())
        sequence = (p for p in sobol(settings.dimensions, settings.levels, settings.seed) if p != default)
        first = settings.position(batch)
        points = list(islice(sequence, first, first + settings.batch))
        if len(points) < settings.batch:
            rng = np.random.default_rng([settings.seed, batch])
            visited = trials.visited.union(points)
            missing = settings.batch - len(points)
            points += fresh(missing, settings.dimensions, settings.levels, rng, visited)
        return np.array(points).reshape(-1, settings.dimensions)

    def describe(self) -> dict[str, object]:
        return describe(self)


def build(settings: EngineSettings) -> SobolSearch:
    """The engine ``sobol``; it has no options of its own."""
    return SobolSearch(settings)

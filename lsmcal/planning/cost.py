"""What a plan is made of: stages and their cost, and the pieces of work of a spin-up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lsmcal.noah.runtime.blocks import block_count
from lsmcal.simulate.spinup.spinup import SpinUp, round_ends

#: The campaign of Ji et al. (2026): cells of the plateau and of a map evaluation, evaluations, members, hindcast years.
PAPER = {"cells": 25_000, "map_cells": 13_000, "evaluations": 500, "members": 13, "years": 40, "target_years": 10}


@dataclass(frozen=True)
class StageCost:
    """Cost of one stage.

    Parameters
    ----------
    name : str
    column_steps : float
        Steps of the model of all columns.
    pieces : list of (int, float)
        Pieces of work that can be done side by side, and core-hours of each; one entry after the other.
    disk : float
        Bytes left behind.
    """

    name: str
    column_steps: float
    pieces: list[tuple[int, float]]
    disk: float = 0.0

    @property
    def core_hours(self) -> float:
        """Of all pieces."""
        return sum(count * hours for count, hours in self.pieces)

    def hours(self, cores: int) -> float:
        """On so many cores; no more have work than there are pieces, and the last piece is waited for."""
        return sum(-(-count // cores) * hours for count, hours in self.pieces)


@dataclass(frozen=True)
class Plan:
    """Cost of a case.

    Parameters
    ----------
    stages : list of StageCost
    nanoseconds : float
        One column-step of one core, weather included [ns].
    memory : float
        Of a rank [bytes].
    notes : list of str
        What was assumed.
    """

    stages: list[StageCost]
    nanoseconds: float
    memory: float
    notes: list[str]

    @property
    def core_hours(self) -> float:
        """Of all stages."""
        return sum(stage.core_hours for stage in self.stages)

    def hours(self, cores: int) -> float:
        """On so many cores, one stage after the other."""
        return sum(stage.hours(cores) for stage in self.stages)


def rounds_of(settings: SpinUp, cycles: np.ndarray, size: int) -> Iterator[tuple[int, int, int]]:
    """Groups of each round, their blocks, and the cycles of all blocks: a group runs as long as one of its cells."""
    done = 0
    for end in round_ends(settings) or [0]:
        groups = [cycles[first : first + size] for first in range(0, cycles.size, size)]
        if groups:
            blocks = [block_count(group.size) for group in groups]
            ran = [min(end, int(group.max())) - done for group in groups]
            yield len(groups), sum(blocks), sum(b * r for b, r in zip(blocks, ran, strict=True))
        cycles, done = cycles[cycles > end], end

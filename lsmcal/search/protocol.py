"""What the search asks of an engine, and what it passes to it.

An engine is given all trials on every call and keeps nothing that matters between calls: ``ask`` is a pure
function of its settings, the number of the batch and the trials of the batches before. A search that was
killed therefore resumes exactly as if it had not been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np


class EngineError(Exception):
    """An engine is not available or cannot work; the message says why and what to do."""


@dataclass(frozen=True)
class EngineSettings:
    """What every engine is built from.

    Parameters
    ----------
    dimensions : int
        Number of coordinates of a point.
    levels : int
        Levels of each coordinate; 101 is steps of 1/100 of the range.
    seed : int
        Non-negative; all randomness follows from it.
    batch : int
        Points asked for at once.
    initial : int, optional
        Least number of points of the space-filling start, beside trial 0; ``2 * dimensions + 1`` by default.
    goals : int
        Losses of a trial; with more than one, the search is for a Pareto front.
    """

    dimensions: int
    levels: int = 101
    seed: int = 0
    batch: int = 8
    initial: int | None = None
    goals: int = 1

    def __post_init__(self) -> None:
        for name, least in (("dimensions", 1), ("levels", 2), ("seed", 0), ("batch", 1), ("goals", 1)):
            if getattr(self, name) < least:
                raise EngineError(f"{name} of a search must be at least {least}, not {getattr(self, name)}")

    @property
    def start(self) -> int:
        """Length of the space-filling start in whole batches' points."""
        initial = 2 * self.dimensions + 1 if self.initial is None else self.initial
        return -(-initial // self.batch) * self.batch

    def position(self, batch: int) -> int:
        """How many points were asked for before this batch; batches count from 1, batch 0 is trial 0."""
        return (batch - 1) * self.batch


@dataclass(frozen=True)
class Trials:
    """The trials of all earlier batches, in order, trial 0 (the default set) first.

    Parameters
    ----------
    points : (n, d) ndarray
        Unit-cube coordinates; the first row need not lie on the lattice.
    losses : (n,) or (n, k) ndarray
        To be minimised, one or k of a trial; NaN, a row of them, for a failed trial.
    """

    points: np.ndarray
    losses: np.ndarray
    visited: frozenset[tuple[float, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "visited", frozenset(map(tuple, self.points.tolist())))

    @classmethod
    def of(cls, points: Sequence[Sequence[float]] | np.ndarray, losses: Sequence[float] | np.ndarray) -> Trials:
        """From any sequences; there must be at least one trial."""
        return cls(np.array(points, dtype=np.float64), np.array(losses, dtype=np.float64))

    @property
    def table(self) -> np.ndarray:
        """Losses as (n, k), also for one goal."""
        return self.losses.reshape(len(self.points), -1)

    @property
    def succeeded(self) -> np.ndarray:
        """(n,) whether every loss of the trial is known."""
        return np.isfinite(self.table).all(axis=1)


class Engine(Protocol):
    """A search method. One file of :mod:`lsmcal.search.engines` each."""

    @property
    def name(self) -> str: ...
    @property
    def settings(self) -> EngineSettings: ...

    def ask(self, trials: Trials, batch: int) -> np.ndarray:
        """Propose the points of a batch.

        Parameters
        ----------
        trials : Trials
            The trials of batches 0 to ``batch - 1``.
        batch : int
            From 1.

        Returns
        -------
        (n, d) ndarray
            ``settings.batch`` lattice points, different from each other and from every earlier one; fewer
            only when the lattice has no others left.
        """

    def describe(self) -> dict[str, object]:
        """Everything that decides what is asked, as plain values: part of the history's fingerprint."""


def check_goal_count(name: str, settings: EngineSettings, most: int = 1) -> None:
    """Raise when an engine is asked to search more goals at once than it can.

    Raises
    ------
    EngineError
    """
    if settings.goals > most:
        raise EngineError(
            f"the search engine {name} searches {'one goal' if most == 1 else f'at most {most} goals'}, not"
            f" {settings.goals} at once; openbox (up to 4), random and sobol can, or combine the goals into a"
            " weighted sum"
        )


def describe(engine: Engine, **further: object) -> dict[str, object]:
    """The part of :meth:`Engine.describe` that all engines share."""
    settings = engine.settings
    several = {"goals": settings.goals} if settings.goals > 1 else {}
    return {
        "name": engine.name,
        "levels": settings.levels,
        "seed": settings.seed,
        "batch": settings.batch,
        "start": settings.start,
        **several,
        **further,
    }

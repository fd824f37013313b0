"""Several goals in one search: what the search knows of each, and how they become comparable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


class GoalLike(Protocol):
    """Anything with the four attributes of a :class:`SearchGoal`."""

    @property
    def name(self) -> str: ...
    @property
    def maximise(self) -> bool: ...
    @property
    def scale(self) -> float: ...
    @property
    def weight(self) -> float: ...


@dataclass(frozen=True)
class SearchGoal:
    """One of several goals of a search.

    Parameters
    ----------
    name : str
    maximise : bool
    scale : float
        Error that counts as much as 1 of Kappa or NSE, in the goal's unit.
    weight : float
        In the weighted mean that is recorded as the objective.
    """

    name: str
    maximise: bool = True
    scale: float = 1.0
    weight: float = 1.0

    @classmethod
    def of(cls, goal: GoalLike) -> SearchGoal:
        """The four attributes of any goal."""
        return cls(goal.name, bool(goal.maximise), float(goal.scale), float(goal.weight))


def gain(goal: GoalLike, value: float) -> float:
    """A goal's value as something to maximise, comparable with NSE: value over scale, with a minus for an error."""
    return float(value) / goal.scale if goal.maximise else -float(value) / goal.scale


def weighted(goals: Sequence[GoalLike], values: Sequence[float]) -> float:
    """Weighted mean of the gains; NaN where one of them is."""
    weights = np.array([goal.weight for goal in goals], np.float64)
    gains = np.array([gain(goal, value) for goal, value in zip(goals, values, strict=True)])
    return float((weights * gains).sum() / weights.sum())

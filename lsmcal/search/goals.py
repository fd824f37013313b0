"""Several goals in one search: what the search knows of each, and how they become comparable."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

#: Least and greatest score there can be; infinite where there is no bound.
Limits = tuple[float, float]
ANY: Limits = (-math.inf, math.inf)
#: Rounding of a score at the end of its range.
_SLACK = 1e-9


class GoalLike(Protocol):
    """Anything with the four attributes of a :class:`SearchGoal`.

    If it has ``limits`` too, the least and the greatest value there can be, then a score outside is refused.
    """

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


def limits_of(objective: object, goals: Sequence[object]) -> dict[str, Limits]:
    """Ranges of the scores of a search, by name; only those that have a bound."""
    pairs = {getattr(one, "name", ""): getattr(one, "limits", ANY) for one in (objective, *goals)}
    return {name: (float(low), float(high)) for name, (low, high) in pairs.items() if (low, high) != ANY}


def outside(name: str, value: float, limits: Mapping[str, Limits]) -> str:
    """Why a score cannot be; empty if it can.

    Parameters
    ----------
    name : str
        Of the objective or goal.
    value : float
    limits : mapping of str to (float, float)
        Those that are known, by name.
    """
    low, high = limits.get(name, ANY)
    if math.isfinite(value) and low - _SLACK <= value <= high + _SLACK:
        return ""
    if low == -math.inf or high == math.inf:
        ends = f"{high:g} at most" if low == -math.inf else f"{low:g} at least"
    else:
        ends = f"{low:g} to {high:g}"
    return f"{name} is {value:g}, outside its range ({ends})"

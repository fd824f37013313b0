"""The trials of a search, and what follows from them as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lsmcal.search.goals import SearchGoal, gain


@dataclass(frozen=True)
class Trial:
    """One finished evaluation, one line of the journal.

    Parameters
    ----------
    trial, batch : int
        Trial 0 is the default set and alone in batch 0.
    x : tuple of float
        Unit-cube coordinates, in the order of the space's names.
    parameters : dict
        Name to value, as the model took them.
    objective : float or None
        The user's score; None for a failed trial. Of several goals, their weighted mean.
    details : dict
        Whatever the evaluation reported beside it (scores by depth ...).
    status : {"ok", "failed"}
    reason : str
        Why it failed.
    model_seconds, optimiser_seconds : float
        Wall time of this evaluation, and its share of the time that proposing its batch took.
    started : str
        UTC, ISO 8601.
    goals : dict
        Name of a goal to its value in the user's sense; empty when there is only the objective.
    """

    trial: int
    batch: int
    x: tuple[float, ...]
    parameters: dict[str, float]
    objective: float | None
    details: dict[str, object] = field(default_factory=dict)
    status: str = "ok"
    reason: str = ""
    model_seconds: float = 0.0
    optimiser_seconds: float = 0.0
    started: str = ""
    goals: dict[str, float] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether it has a score."""
        return self.status == "ok"

    def timeless(self) -> Trial:
        """The same without times: what two equal searches agree on."""
        return replace(self, model_seconds=0.0, optimiser_seconds=0.0, started="")


@dataclass
class History:
    """What a journal holds.

    Parameters
    ----------
    header : dict
        ``format``, ``fingerprint`` and ``information`` (not compared: versions of packages, start).
    records : list of Trial
        In the order of their trials.
    unchecked : int
        Lines without a checksum, which an earlier version wrote.
    """

    header: dict[str, Any]
    records: list[Trial] = field(default_factory=list)
    unchecked: int = 0

    def __len__(self) -> int:
        return len(self.records)

    @property
    def maximise(self) -> bool:
        """Direction of the objective."""
        return self.header["fingerprint"]["objective"]["direction"] == "maximise"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the d parameters, in the order of the space."""
        return tuple(self.records[0].parameters if self.records else self.header["fingerprint"].get("space", {}))

    @property
    def values(self) -> np.ndarray:
        """(n, d) parameter values as the model took them, a row for each trial."""
        names = self.names
        rows = [[record.parameters[name] for name in names] for record in self.records]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(names))

    @property
    def points(self) -> np.ndarray:
        """(n, d) unit-cube coordinates."""
        return np.array([record.x for record in self.records])

    @property
    def objectives(self) -> np.ndarray:
        """(n,) the user's score, NaN for failed trials."""
        return np.array([record.objective if record.ok else np.nan for record in self.records], dtype=float)

    @property
    def losses(self) -> np.ndarray:
        """(n,) what engines minimise: the score, its sign turned if more is better (that rounds nothing)."""
        return -self.objectives if self.maximise else self.objectives

    @property
    def goals(self) -> tuple[SearchGoal, ...]:
        """The goals that were searched together; empty when there is only the objective."""
        goals = self.header["fingerprint"].get("goals", {})
        return tuple(SearchGoal(name, **goal) for name, goal in goals.items())

    @property
    def goal_values(self) -> np.ndarray:
        """(n, k) values of the goals as the user knows them, a row of NaN for failed trials."""
        goals = self.goals
        rows = [[r.goals[goal.name] if r.ok else np.nan for goal in goals] for r in self.records]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(goals))

    @property
    def goal_losses(self) -> np.ndarray:
        """(n, k) what is minimised of each goal: minus its gain, comparable with the others'; NaN when failed."""
        goals = self.goals
        rows = [[-gain(*pair) for pair in zip(goals, values, strict=True)] for values in self.goal_values]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(goals))

    @property
    def best(self) -> Trial | None:
        """The first of the best records; None when none succeeded."""
        losses = self.losses
        return self.records[int(np.nanargmin(losses))] if np.isfinite(losses).any() else None

    def same_as(self, other: History) -> bool:
        """Whether both searches were and went the same, times aside."""
        return self.header["fingerprint"] == other.header["fingerprint"] and [
            record.timeless() for record in self.records
        ] == [record.timeless() for record in other.records]

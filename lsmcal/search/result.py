"""A search as it stands: its trials as arrays, and every analysis of them as a method."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lsmcal.search import pareto
from lsmcal.search.convergence import Convergence, analyse
from lsmcal.search.ensemble import MEMBERS, Ensemble, draw_from_front, draw_members
from lsmcal.search.equifinality import compensations, equifinality, near_best
from lsmcal.search.history import History, Trial, load_history


@dataclass(frozen=True)
class SearchResult:
    """The trials of a search; n trials of d parameters.

    Parameters
    ----------
    history : History
    stopped : {"budget", "stagnation", "exhausted", ""}
        Why it ended; exhausted means that the lattice holds no untried point. Empty for a history read from its file.

    Notes
    -----
    Every analysis raises :class:`ValueError` when no trial succeeded.
    """

    history: History
    stopped: str = ""

    @classmethod
    def read(cls, path: str | Path) -> SearchResult:
        """A stored history, to be analysed without searching further; the file is not changed.

        Raises
        ------
        HistoryError
            When it is missing, is no history, or is damaged.
        """
        return cls(load_history(path))

    # -- the trials ---------------------------------------------------------------------------------------------------
    @property
    def best(self) -> Trial | None:
        """The best trial; of several goals, the one with the best weighted mean. None when none succeeded."""
        return self.history.best

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the d parameters."""
        return self.history.names

    @property
    def values(self) -> np.ndarray:
        """(n, d) parameter values, a row for each trial, in the order they were tried."""
        return self.history.values

    @property
    def objectives(self) -> np.ndarray:
        """(n,) scores, NaN for failed trials; of several goals, the weighted mean of their gains."""
        return self.history.objectives

    @property
    def goal_values(self) -> np.ndarray:
        """(n, k) values of the k goals, a row of NaN for failed trials; (n, 0) for a single objective."""
        return self.history.goal_values

    @property
    def failures(self) -> dict[int, str]:
        """Number of each failed trial to the reason."""
        return {record.trial: record.reason for record in self.history.records if not record.ok}

    @property
    def model_seconds(self) -> float:
        """Wall time of all evaluations, earlier sessions of the same search included [s]."""
        return sum(record.model_seconds for record in self.history.records)

    @property
    def optimiser_seconds(self) -> float:
        """Wall time spent proposing, earlier sessions included [s]."""
        return sum(record.optimiser_seconds for record in self.history.records)

    def parameters(self, trials: Iterable[int]) -> list[dict[str, float]]:
        """Parameter sets of some trials, by name."""
        return [dict(self.history.records[trial].parameters) for trial in trials]

    # -- what they come to --------------------------------------------------------------------------------------------
    def convergence(self) -> Convergence:
        """Best-so-far trajectory, its breakpoints, the threshold and the optimal set."""
        return analyse(self.history.objectives, self.history.maximise)

    def pareto_front(self) -> tuple[int, ...]:
        """Trials that no other trial betters in one goal without being worse in another, ascending.

        Raises
        ------
        ValueError
            When the search had fewer than two goals.
        """
        if len(self.history.goals) < 2:
            raise ValueError("a Pareto front needs a search of several goals")
        return tuple(pareto.front(self.history.goal_losses).tolist())

    def ensemble(self, members: int = MEMBERS, seed: int = 0) -> Ensemble:
        """Trials drawn at random from the optimal set, or from the front of a Pareto search.

        Parameters
        ----------
        members : int
        seed : int

        Returns
        -------
        Ensemble
            All candidates, with a note, when there are too few. A short front is filled from just behind it.
        """
        if self._of_a_front:
            return draw_from_front(self.history.goal_losses, self.pareto_front(), members, seed)
        return draw_members(self.convergence().optimal, members, seed)

    def near_best(self) -> tuple[int, ...]:
        """Trials that count as near-best: the front, or the optimal set, or the best tenth where that is larger."""
        if self._of_a_front:
            return self.pareto_front()
        return near_best(self.history.losses, self.convergence().optimal)[0]

    def equifinality(self) -> list[dict[str, object]]:
        """Range, spread among near-best sets, effect on the score and verdict, one row for each parameter.

        Returns
        -------
        list of dict
            As of :func:`lsmcal.search.equifinality.equifinality`.
        """
        return equifinality(self.history, self.near_best())

    def compensations(self) -> list[dict[str, object]]:
        """Pairs of parameters that make up for each other in the near-best sets.

        Returns
        -------
        list of dict
            As of :func:`lsmcal.search.equifinality.compensations`.
        """
        return compensations(self.history, self.near_best())

    @property
    def _of_a_front(self) -> bool:
        return self.history.header["fingerprint"]["engine"].get("goals", 1) > 1

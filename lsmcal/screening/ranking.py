"""Selects parameters by their ranks over many responses, after Ji et al. (2026)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ranking:
    """Parameters in the order of their scores.

    Parameters
    ----------
    names : (n,) tuple of str
    responses : (r,) tuple of str
        Those that rank.
    ranks : (r, n) array of int
        Of each response, 1 the most influential.
    share : float
        Part of the ranks that makes the score.
    count : int
        Number of ranks that makes the score.
    scores : dict of int to (n,) array of int
        Sum of so many of a parameter's best ranks; for ``count``, and for ``share`` rounded down and up.
    place : (n,) array of int
        By score, the lowest first; equal scores share a place (1, 2, 2, 4).
    order : (n,) array of int
        Parameters by score, then by the sum of all ranks, then as in ``names``.
    keep : int
        How many are chosen.
    """

    names: tuple[str, ...]
    responses: tuple[str, ...]
    ranks: np.ndarray
    share: float
    count: int
    scores: dict[int, np.ndarray]
    place: np.ndarray
    order: np.ndarray
    keep: int

    @property
    def chosen(self) -> list[str]:
        """Names of the parameters that go on, the best first."""
        return [self.names[k] for k in self.order[: self.keep]]

    def chosen_by(self, count: int) -> set[str]:
        """Names that go on if another number of ranks made the score."""
        return {self.names[k] for k in _order(self.scores[count], self.ranks)[: self.keep]}

    @property
    def tied(self) -> list[str]:
        """Names with the score of the last that is chosen, if one of them is not chosen."""
        scores = self.scores[self.count]
        last = scores[self.order[self.keep - 1]]
        same = [self.names[k] for k in self.order if scores[k] == last]
        return same if set(same) - set(self.chosen) else []

    @property
    def notes(self) -> list[str]:
        """Ties, and what another rounding would choose, in words."""
        found = []
        if self.tied:
            found.append(
                f"tied scores at the last selected rank: {', '.join(self.tied)}; the sum of all ranks decides, then "
                "the order of the table"
            )
        for count in self.scores:
            others = self.chosen_by(count) ^ set(self.chosen)
            if others:
                found.append(f"with the best {count} ranks the selection would differ in {', '.join(sorted(others))}")
        return found


def rank_parameters(
    names: Sequence[str],
    responses: Sequence[str],
    ranks: np.ndarray,
    *,
    share: float = 0.3,
    rounding: str = "nearest",
    keep: int = 10,
) -> Ranking:
    """Score parameters by the best of their ranks.

    Parameters
    ----------
    names : (n,) sequence of str
    responses : (r,) sequence of str
    ranks : (r, n) array of int
        Standard competition ranks, 1 the most influential.
    share : float
        Part of a parameter's ranks that makes its score.
    rounding : {"nearest", "down", "up"}
        How ``share * r`` becomes a number of ranks, at least 1; a half goes up.
    keep : int
        How many parameters are chosen; all if there are fewer.

    Raises
    ------
    ValueError
        Without a response, or for ranks that are none.
    """
    ranks = np.asarray(ranks)
    if not len(ranks) or ranks.shape != (len(responses), len(names)) or (ranks < 1).any():
        raise ValueError(f"no ranks of {len(names)} parameters for {len(responses)} responses")
    # 0.3 * 10 is 3, whatever its last bit
    wanted = round(share * len(ranks), 9)
    counts = {"down": math.floor(wanted), "up": math.ceil(wanted), "nearest": math.floor(wanted + 0.5)}
    counts = {name: min(max(count, 1), len(ranks)) for name, count in counts.items()}
    best = np.sort(ranks, axis=0)
    scores = {count: best[:count].sum(axis=0) for count in sorted(set(counts.values()))}
    score = scores[counts[rounding]]
    place = 1 + (score[None, :] < score[:, None]).sum(axis=1)
    order = _order(score, ranks)
    keep = min(keep, len(names))
    return Ranking(tuple(names), tuple(responses), ranks, share, counts[rounding], scores, place, order, keep)


def _order(score: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Parameters by score, then by the sum of all ranks, then as they are given."""
    return np.lexsort((ranks.sum(axis=0), score))

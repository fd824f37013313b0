"""The ensemble: members drawn at random from the optimal set of a search, or from its Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lsmcal.core.words import agreeing, counted

MEMBERS = 13


@dataclass(frozen=True)
class Ensemble:
    """Trials that were drawn.

    Parameters
    ----------
    trials : tuple of int
        Ascending.
    candidates : int
        Size of the set they were drawn from.
    note : str
        Said when there are fewer members than asked for; empty otherwise.
    """

    trials: tuple[int, ...]
    candidates: int
    note: str = ""


def draw_members(optimal: Sequence[int], members: int = MEMBERS, seed: int = 0) -> Ensemble:
    """Draw members without replacement; all of them, and a note, when there are too few.

    Parameters
    ----------
    optimal : sequence of int
        Trials at or beyond the threshold; their order does not matter.
    members : int
    seed : int

    Returns
    -------
    Ensemble
    """
    candidates = sorted(set(optimal))
    if len(candidates) < members:
        reach = f"{counted(len(candidates), 'trial')} {agreeing(len(candidates), 'reaches', 'reach')}"
        note = f"only {reach} the threshold: an ensemble of {members} was asked for"
        return Ensemble(tuple(candidates), len(candidates), note)
    chosen = np.random.default_rng(seed).choice(candidates, members, replace=False)
    return Ensemble(tuple(sorted(chosen.tolist())), len(candidates))


def draw_from_front(
    losses: np.ndarray, front: Sequence[int], members: int = MEMBERS, seed: int = 0, fill: bool = True
) -> Ensemble:
    """Draw members from a Pareto front; what a short front lacks comes from the trials nearest behind it.

    Parameters
    ----------
    losses : (n, goals) array
        What was minimised; a row with a NaN is a failed trial.
    front : sequence of int
        Trials that no other trial betters in one goal without being worse in another.
    members : int
    seed : int
        Decides only when the front has more trials than members.
    fill : bool
        Take the trials nearest behind a front that is too short; otherwise its trials are all.

    Returns
    -------
    Ensemble
        ``candidates`` is the size of the front.

    Notes
    -----
    How far a trial lies behind the front is the least that it would have to gain in every goal at once to be as
    good as some trial of the front: min over the front of max over the goals of (loss - loss on the front), each
    goal in parts of its spread over the front (over all trials where the front is a single point).
    """
    drawn = draw_members(front, members, seed)
    if len(drawn.trials) == members:
        return drawn
    note = f"the Pareto front has only {counted(drawn.candidates, 'trial')}: an ensemble of {members} was asked for"
    spare = _behind(np.asarray(losses, np.float64), drawn.trials)[: members - drawn.candidates] if fill else []
    if len(spare):
        note += f"; {len(spare)} more are the nearest behind the front"
    return Ensemble(tuple(sorted([*drawn.trials, *spare])), drawn.candidates, note)


def _behind(losses: np.ndarray, front: Sequence[int]) -> list[int]:
    """Successful trials that are not on the front, the nearest first; of equally near ones the earlier."""
    ok = np.isfinite(losses).all(axis=1)
    rest = np.flatnonzero(ok & ~np.isin(np.arange(len(losses)), front))
    if not len(front) or not rest.size:
        return []
    best = losses[list(front)]
    spread = np.ptp(best, axis=0)
    spread = np.where(spread > 0.0, spread, np.ptp(losses[ok], axis=0))
    lag = (losses[rest][:, None, :] - best[None, :, :]) / np.where(spread > 0.0, spread, 1.0)
    return rest[np.argsort(lag.max(axis=2).min(axis=1), kind="stable")].tolist()

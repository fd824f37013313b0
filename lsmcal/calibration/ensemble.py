"""The ensemble: members drawn at random from the optimal set of a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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


def draw(optimal: Sequence[int], members: int = MEMBERS, seed: int = 0) -> Ensemble:
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
        note = f"only {len(candidates)} trials reach the threshold: an ensemble of {members} was asked for"
        return Ensemble(tuple(candidates), len(candidates), note)
    chosen = np.random.default_rng(seed).choice(candidates, members, replace=False)
    return Ensemble(tuple(sorted(chosen.tolist())), len(candidates))

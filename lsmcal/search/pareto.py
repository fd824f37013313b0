"""Several losses at once: the front of what no other trial betters, its hypervolume, and choices on it.

All losses are minimised. Results do not depend on the order of the rows, to the last bit.
"""

from __future__ import annotations

import numpy as np

MARGIN = 0.1
STANDSTILL = 1e-3


def front(losses: np.ndarray) -> np.ndarray:
    """Trials that no other trial betters in one goal without being worse in another.

    Parameters
    ----------
    losses : (n, k) array_like
        To be minimised. A row with a NaN (a failed trial) is never on the front.

    Returns
    -------
    (m,) ndarray of int
        Rows, ascending; of equal rows the first.
    """
    losses = np.atleast_2d(np.asarray(losses, dtype=np.float64))
    rows = np.flatnonzero(np.isfinite(losses).all(axis=1))
    # In this order a row can only be dominated by one before it, and equal rows follow each other.
    order = rows[np.lexsort((rows, *losses[rows].T[::-1]))]
    kept: list[int] = []
    for row in order:
        if not (losses[kept] <= losses[row]).all(axis=1).any():
            kept.append(int(row))
    return np.sort(np.array(kept, dtype=np.int64))


def reference(losses: np.ndarray) -> np.ndarray:
    """A point a little beyond the front: its worst loss in each goal, and ``MARGIN`` of its span more.

    What lies further off does not matter to the hypervolume, nor do trials that went wild.

    Parameters
    ----------
    losses : (n, k) ndarray
        At least one row without NaN.

    Returns
    -------
    (k,) ndarray
    """
    best, span = _best_and_span(losses)
    return best.max(axis=0) + MARGIN * span


def scaled(losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Losses and reference point in units of the front's span, from the front's best of each goal.

    Returns
    -------
    (n, k) ndarray, (k,) ndarray
        On the front losses lie between 0 and 1. No change of a goal's units, of its weight or zero matters.
    """
    losses = np.asarray(losses, dtype=np.float64)
    best, span = _best_and_span(losses)
    zero = best.min(axis=0)
    return (losses - zero) / span, (best.max(axis=0) - zero) / span + MARGIN


def _best_and_span(losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The front (m, k) and its extent (k,); where it has none that of all trials, or 1."""
    losses = np.atleast_2d(np.asarray(losses, dtype=np.float64))
    rows = front(losses)
    if not rows.size:
        raise ValueError("no trial of this search succeeded")
    span, every = np.ptp(losses[rows], axis=0), np.ptp(losses[np.isfinite(losses).all(axis=1)], axis=0)
    span = np.where(span > 0.0, span, every)
    return losses[rows], np.where(span > 0.0, span, 1.0)


def hypervolume(losses: np.ndarray, reference: np.ndarray) -> float:
    """Volume that is dominated by some trial and lies below the reference point in every goal.

    Parameters
    ----------
    losses : (n, k) array_like
        Rows with NaN, and those beyond the reference point, do not count.
    reference : (k,) array_like

    Returns
    -------
    float
        Exact but for rounding: slice by slice along the last goal, each slice's volume by the same rule
        (Zitzler's hypervolume by slicing objectives). Quick for two to four goals and some hundred points.
    """
    losses, reference = np.atleast_2d(np.asarray(losses, np.float64)), np.asarray(reference, np.float64)
    if losses.shape[1] != reference.size:
        raise ValueError(f"{losses.shape[1]} losses and a reference point of {reference.size}")
    points = losses[front(losses)]
    return _volume(points[(points < reference).all(axis=1)], reference)


def _volume(points: np.ndarray, reference: np.ndarray) -> float:
    if not len(points):
        return 0.0
    if reference.size == 1:
        return float(reference[0] - points.min())
    points = points[np.lexsort(points.T)]
    if reference.size == 2:
        # From the best second loss upwards; the first loss that counts is the lowest so far.
        heights = np.diff(np.append(points[:, 1], reference[1]))
        return float(heights @ (reference[0] - np.minimum.accumulate(points[:, 0])))
    heights = np.diff(np.append(points[:, -1], reference[-1]))
    flat = points[:, :-1]
    slices = (_volume(flat[: i + 1][front(flat[: i + 1])], reference[:-1]) for i in range(len(points)))
    return float(sum(h * v for h, v in zip(heights, slices, strict=True) if h > 0.0))


def cells(losses: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Disjoint boxes that make up everything below the reference point that no trial dominates.

    Parameters
    ----------
    losses : (n, k) array_like
    reference : (k,) array_like

    Returns
    -------
    (c, k) ndarray, (c, k) ndarray
        Lower and upper bounds; lower ones may be minus infinity. Some n boxes for two and three goals, some
        n squared at most for four.

    Notes
    -----
    The boxes belong to the local upper bounds of the front, each with the points that define it; both are
    updated point by point: Lacour, Klamroth and Fonseca, Computers and Operations Research 79, 2017.
    """
    losses, reference = np.atleast_2d(np.asarray(losses, np.float64)), np.asarray(reference, np.float64)
    points = losses[front(losses)]
    goals = reference.size
    bounds = reference[None, :]
    beyond = np.full((goals, goals), -np.inf)
    np.fill_diagonal(beyond, reference)
    defining = beyond[None]
    for point in points[(points < reference).all(axis=1)]:
        bounds, defining = _split(bounds, defining, point)
    lower = np.full(bounds.shape, -np.inf)
    for goal in range(1, goals):
        lower[:, goal] = defining[:, :goal, goal].max(axis=1)
    held = (lower < bounds).all(axis=1)
    return lower[held], bounds[held]


def _split(bounds: np.ndarray, defining: np.ndarray, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Local upper bounds (m, k) and their defining points (m, k, k) after one more point of the front."""
    above = (bounds > point).all(axis=1)
    split, by = bounds[above], defining[above]
    every, defined = [bounds[~above]], [defining[~above]]
    for goal in range(point.size):
        others = np.delete(by, goal, axis=1)[:, :, goal]
        valid = point[goal] >= others.max(axis=1)
        new, new_by = split[valid].copy(), by[valid].copy()
        new[:, goal], new_by[:, goal] = point[goal], point
        every.append(new)
        defined.append(new_by)
    return np.concatenate(every), np.concatenate(defined)


def front_stagnated(losses: np.ndarray, patience: int) -> bool:
    """Whether the last ``patience`` trials made the front's hypervolume grow by less than ``STANDSTILL``.

    Parameters
    ----------
    losses : (n, k) ndarray
    patience : int

    Notes
    -----
    Relative to the hypervolume before them, with the reference point of the present front. A front can always be
    filled a little more densely; growth without end would otherwise never be called stagnation.
    """
    before = losses[: len(losses) - patience]
    if len(losses) <= patience or not np.isfinite(before).all(axis=1).any():
        return False
    beyond = reference(losses)
    return hypervolume(losses, beyond) < (1.0 + STANDSTILL) * hypervolume(before, beyond)

"""Whether a search has converged, and which of its trials are as good as it gets.

The best-so-far trajectory is fitted by a continuous piecewise linear line, with as many breakpoints as the
Bayesian information criterion ``N ln(RSS / N) + p ln N`` asks for; where its last segment starts is the
threshold, and the trials at or beyond it are the optimal set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lsmcal.core.errors import not_none

MOST_BREAKS = 4
SHORTEST_SEGMENT = 3
SWEEPS = 50
NEGLIGIBLE = 1e-9


def best_so_far(losses: np.ndarray) -> np.ndarray:
    """Lowest loss up to each trial, (n,); failed trials (NaN) change nothing; NaN before any success."""
    lowest = np.minimum.accumulate(np.where(np.isnan(losses), np.inf, losses))
    return np.where(np.isinf(lowest), np.nan, lowest)


def stagnated(losses: np.ndarray, patience: int) -> bool:
    """Whether the last ``patience`` trials did not better the best of those before them."""
    best = best_so_far(losses)
    return len(best) > patience and bool(best[-1] == best[-1 - patience])


@dataclass(frozen=True)
class Fit:
    """A continuous piecewise linear line through equidistant points 0, 1, ..., n - 1.

    Parameters
    ----------
    breaks : tuple of int
        Abscissae of the breakpoints, ascending.
    values : (n,) ndarray
        The line.
    criterion : float
        Its Bayesian information criterion.
    """

    breaks: tuple[int, ...]
    values: np.ndarray
    criterion: float


def piecewise_linear(trajectory: np.ndarray, most: int = MOST_BREAKS) -> Fit:
    """The line with 0 to ``most`` breakpoints that has the lowest BIC.

    Parameters
    ----------
    trajectory : (n,) ndarray
        Finite values.
    most : int
        Largest number of breakpoints tried.

    Returns
    -------
    Fit

    Notes
    -----
    A line with k breakpoints has p = 2 + 2 k parameters. Breakpoints lie on trials, at least
    ``SHORTEST_SEGMENT`` apart. Each number starts from the best places of one fewer, and the new breakpoint
    where it helps most; then they are moved in turn, each to its best place given the others, until none
    moves. Residuals of a best-so-far trajectory are not independent, so BIC leans to more breakpoints here.
    """
    trajectory = np.asarray(trajectory, dtype=np.float64)
    fits = [_fitted(trajectory, ())]
    breaks: tuple[int, ...] = ()
    for _ in range(most):
        place = _best_place(trajectory, breaks)
        if place is None:
            break
        breaks = _settled(trajectory, tuple(sorted((*breaks, place))))
        fits.append(_fitted(trajectory, breaks))
    return min(fits, key=lambda fit: fit.criterion)


def _basis(size: int, breaks: tuple[int, ...]) -> np.ndarray:
    abscissa = np.arange(size, dtype=np.float64)
    return np.stack([np.ones(size), abscissa, *(np.maximum(abscissa - b, 0.0) for b in breaks)], axis=1)


def _fitted(trajectory: np.ndarray, breaks: tuple[int, ...]) -> Fit:
    size = len(trajectory)
    frame, _ = np.linalg.qr(_basis(size, breaks))
    values = frame @ (frame.T @ trajectory)
    # A floor keeps a perfect fit finite, so that further breakpoints do not win by rounding errors.
    floor = (NEGLIGIBLE * (np.ptp(trajectory) or 1.0)) ** 2
    misfit = max(float(np.mean((trajectory - values) ** 2)), floor)
    return Fit(breaks, values, size * np.log(misfit) + (2 + 2 * len(breaks)) * np.log(size))


def _best_place(trajectory: np.ndarray, others: tuple[int, ...]) -> int | None:
    """Where one more breakpoint lowers the residual sum of squares most; None where there is no room."""
    size = len(trajectory)
    places = np.arange(SHORTEST_SEGMENT, size - SHORTEST_SEGMENT)
    free = [place for place in places if all(abs(place - other) >= SHORTEST_SEGMENT for other in others)]
    if not free:
        return None
    frame, _ = np.linalg.qr(_basis(size, others))
    hinges = np.maximum(np.arange(size)[:, None] - np.array(free, dtype=np.float64), 0.0)
    hinges -= frame @ (frame.T @ hinges)
    residual = trajectory - frame @ (frame.T @ trajectory)
    gain = (residual @ hinges) ** 2 / np.maximum((hinges**2).sum(axis=0), np.finfo(float).tiny)
    return int(free[int(np.argmax(gain))])


def _settled(trajectory: np.ndarray, breaks: tuple[int, ...]) -> tuple[int, ...]:
    for _ in range(SWEEPS):
        before = breaks
        for place in before:
            others = tuple(b for b in breaks if b != place)
            moved = _best_place(trajectory, others)  # there is room: that of the break taken out
            breaks = tuple(sorted((*others, not_none(moved))))
        if breaks == before:
            break
    return breaks


@dataclass(frozen=True)
class Convergence:
    """How a search converged.

    Parameters
    ----------
    trajectory, line : (n,) ndarray
        Best so far, and the piecewise line through it, as scores of the user; NaN before the first success.
    breaks : tuple of int
        Trials at which the line bends.
    threshold : float
        Score at the start of the last segment.
    optimal : tuple of int
        Successful trials at or beyond the threshold; the best one is always among them.
    """

    trajectory: np.ndarray
    line: np.ndarray
    breaks: tuple[int, ...]
    threshold: float
    optimal: tuple[int, ...]


def analyse(objectives: np.ndarray, maximise: bool, most: int = MOST_BREAKS) -> Convergence:
    """Trajectory, breakpoints, threshold and optimal set of a search.

    Parameters
    ----------
    objectives : (n,) ndarray
        The user's scores in the order of the trials, NaN for failed ones; at least one finite.
    maximise : bool
        Whether more is better.
    most : int
        Largest number of breakpoints.

    Raises
    ------
    ValueError
        When no trial succeeded.
    """
    sign = -1.0 if maximise else 1.0
    losses = sign * np.asarray(objectives, dtype=np.float64)
    trajectory = best_so_far(losses)
    if not np.isfinite(trajectory).any():
        raise ValueError("no trial of this search succeeded")
    first = int(np.argmax(np.isfinite(trajectory)))
    fit = piecewise_linear(trajectory[first:], most)
    start = fit.breaks[-1] if fit.breaks else 0
    # The line may pass below the best point by a little; the best always belongs to the optimal set.
    level = max(float(fit.values[start]), float(trajectory[-1]))
    line = np.concatenate([np.full(first, np.nan), fit.values])
    optimal = tuple(np.flatnonzero(losses <= level).tolist())
    breaks = tuple(first + b for b in fit.breaks)
    return Convergence(sign * trajectory, sign * line, breaks, sign * level, optimal)

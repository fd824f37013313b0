"""How a search went, and what it found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lsmcal.figures.style import ACCENT, CALIBRATED, DEFAULT, GREEN, PALE, legend_above, new_figure, tidy


def search_trajectory(
    objectives: np.ndarray,
    maximise: bool,
    name: str,
    threshold: float | None = None,
    breaks: Sequence[int] = (),
):
    """Objective of every evaluation, the best so far, the default's level and failures.

    Parameters
    ----------
    objectives : (n,) array
        NaN for failed trials; the first is the default set.
    maximise : bool
    name : str
        Of the objective, with its unit if it has one.
    threshold : float, optional
        Level from which trials count as near-best.
    breaks : sequence of int
        Trials where the fitted trajectory bends.

    Returns
    -------
    matplotlib.figure.Figure
    """
    objectives = np.asarray(objectives, np.float64)
    figure = new_figure(9.0, 3.2)
    axis = figure.subplots()
    tidy(axis)
    number = np.arange(objectives.size)
    accumulate = np.fmax.accumulate if maximise else np.fmin.accumulate
    axis.plot(number, objectives, "o", ms=3, color=DEFAULT, mec="none", label="evaluation")
    axis.step(number, accumulate(objectives), where="post", color=CALIBRATED, lw=1.6, label="best so far")
    if objectives.size and np.isfinite(objectives[0]):
        axis.axhline(objectives[0], color=ACCENT, lw=1.0, ls="--", label="default set")
    if threshold is not None and np.isfinite(threshold):
        axis.axhline(threshold, color=GREEN, lw=1.0, ls=":", label="near-best from here")
    for trial in breaks:
        axis.axvline(trial, color=PALE, lw=1.2, zorder=0, label="breakpoint" if trial == breaks[0] else "_")
    low, high = _window(objectives, maximise)
    axis.set_ylim(low, high)
    failed = number[~np.isfinite(objectives)]
    if failed.size:
        level = np.full(failed.size, low + 0.03 * (high - low))
        axis.plot(failed, level, "x", color="k", ms=5, label=f"failed ({failed.size})")
    hidden = int(np.sum((objectives < low) | (objectives > high)))
    axis.set_xlabel("evaluation" + (f"   ({hidden} outside the picture)" if hidden else ""))
    axis.set_ylabel(name)
    legend_above(axis, columns=6)
    return figure


def _window(objectives: np.ndarray, maximise: bool) -> tuple[float, float]:
    """Limits that show the default and all but the worst of the trials."""
    finite = objectives[np.isfinite(objectives)]
    if not finite.size:
        return 0.0, 1.0
    best = finite.max() if maximise else finite.min()
    worst = np.quantile(finite, 0.05 if maximise else 0.95)
    first = objectives[0] if np.isfinite(objectives[0]) else best
    margin = 0.08 * abs(best - worst) or 0.01
    return min(best, worst, first) - margin, max(best, worst, first) + margin


def parameters_in_range(
    names: Sequence[str],
    unit_best: np.ndarray,
    unit_default: np.ndarray,
    unit_near: np.ndarray,
    ranges: Sequence[str] = (),
):
    """Where in its range each parameter ended, beside the default and the near-best sets.

    Parameters
    ----------
    names : sequence of str
    unit_best, unit_default : (d,) arrays
        In [0, 1] of the range.
    unit_near : (m, d) array
        The near-best sets.
    ranges : sequence of str, optional
        Written at the right of each row.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.0, 0.9 + 0.27 * len(names))
    axis = figure.subplots()
    tidy(axis)
    row = np.arange(len(names))
    if len(unit_near):
        low, high = unit_near.min(axis=0), unit_near.max(axis=0)
        axis.hlines(row, low, high, color=PALE, lw=7, label="near-best sets", zorder=1)
    axis.plot(unit_default, row, "|", color=ACCENT, ms=11, mew=2, label="default")
    axis.plot(unit_best, row, "o", color=CALIBRATED, label="best")
    axis.set_yticks(row, names)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.set_xlim(-0.02, 1.02)
    axis.set_xlabel("place in the range [1]: 0 its low end, 1 its high end")
    if len(ranges):
        axis.secondary_yaxis("right").set_yticks(row, ranges, fontsize=8)
    legend_above(axis, columns=3)
    return figure

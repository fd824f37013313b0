"""How a search went, and what it found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lsmcal.figures.style import ACCENT, CALIBRATED, DEFAULT, OBSERVED, PALE, RED, legend_above, new_figure, tidy


def search_trajectory(
    objectives: np.ndarray,
    maximise: bool,
    name: str,
    threshold: float | None = None,
    breaks: Sequence[int] = (),
    line: np.ndarray | None = None,
    members: Sequence[int] = (),
):
    """Objective of every evaluation, the best so far with the line fitted to it, levels, members and failures.

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
    line : (n,) array, optional
        The piecewise linear line fitted to the best so far.
    members : sequence of int
        Trials that make up the ensemble.

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
    if line is not None:
        axis.plot(number, line, "--", color=OBSERVED, lw=1.1, label="fitted line")
    if threshold is not None and np.isfinite(threshold):
        axis.axhline(threshold, color=RED, lw=1.0, ls=(0, (4, 2)), label="threshold")
    _draw_members(axis, objectives, members)
    for trial in breaks:
        axis.axvline(trial, color=PALE, lw=1.2, zorder=0, label="breakpoint" if trial == breaks[0] else "_")
    low, high = _window(objectives, maximise)
    axis.set_ylim(low, high)
    failed = number[~np.isfinite(objectives)]
    if failed.size:
        level = np.full(failed.size, low + 0.03 * (high - low))
        axis.plot(failed, level, "v", color="k", ms=4, label=f"failed ({failed.size})")
    hidden = int(np.sum((objectives < low) | (objectives > high)))
    axis.set_xlabel("evaluation" + (f"   ({hidden} outside the axes)" if hidden else ""))
    axis.set_ylabel(name)
    legend_above(axis, columns=4)
    return figure


def _draw_members(axis, objectives: np.ndarray, members: Sequence[int]) -> None:
    chosen = np.array(sorted(members), int)
    if chosen.size:
        look = {"color": RED, "ms": 6.5, "mew": 1.6, "zorder": 5, "label": f"members ({chosen.size})"}
        axis.plot(chosen, objectives[chosen], "x", **look)


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
    axis.set_xlabel("position in the range [1]: 0 minimum, 1 maximum")
    if len(ranges):
        axis.secondary_yaxis("right").set_yticks(row, ranges, fontsize=8)
    legend_above(axis, columns=3)
    return figure

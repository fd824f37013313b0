"""How a search went, and what it found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lsmcal.figures.style import ACCENT, CALIBRATED, DEFAULT, PALE, new_figure, tidy


def search_trajectory(objectives: np.ndarray, maximise: bool, name: str, threshold: float | None = None):
    """Objective of every evaluation, the best so far, the default's level and failures.

    Parameters
    ----------
    objectives : (n,) array
        NaN for failed trials; the first is the default set.
    maximise : bool
    name : str
        Of the objective.
    threshold : float, optional
        Level from which trials count as near-best.
    """
    objectives = np.asarray(objectives, np.float64)
    figure = new_figure(9.0, 3.2)
    axis = figure.subplots()
    tidy(axis)
    number = np.arange(objectives.size)
    accumulate = np.fmax.accumulate if maximise else np.fmin.accumulate
    axis.plot(number, objectives, "o", ms=3, color=DEFAULT, mec="none", label="evaluation")
    axis.step(number, accumulate(objectives), where="post", color=CALIBRATED, lw=1.6, label="best so far")
    axis.axhline(objectives[0], color=ACCENT, lw=1.0, ls="--", label="default set")
    if threshold is not None and np.isfinite(threshold):
        axis.axhline(threshold, color="#009e73", lw=1.0, ls=":", label="near-best from here")
    finite = objectives[np.isfinite(objectives)]
    best = finite.max() if maximise else finite.min()
    worst = np.quantile(finite, 0.05 if maximise else 0.95)
    margin = 0.08 * abs(best - worst) or 0.01
    low, high = min(best, worst, objectives[0]) - margin, max(best, worst, objectives[0]) + margin
    axis.set_ylim(low, high)
    failed = number[~np.isfinite(objectives)]
    if failed.size:
        axis.plot(
            failed, np.full(failed.size, low + 0.3 * margin), "x", color="k", ms=5, label=f"failed ({failed.size})"
        )
    hidden = int(np.sum((objectives < low) | (objectives > high)))
    axis.set_xlabel("evaluation" + (f"   ({hidden} outside the picture)" if hidden else ""))
    axis.set_ylabel(name)
    axis.legend(frameon=False, ncols=5, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2)
    return figure


def parameters_in_range(names: Sequence[str], unit_best: np.ndarray, unit_default: np.ndarray, unit_near: np.ndarray):
    """Where in its range each parameter ended, beside the default and the near-best sets.

    Parameters
    ----------
    names : sequence of str
    unit_best, unit_default : (d,) arrays
        In [0, 1] of the range.
    unit_near : (m, d) array
        The near-best sets.
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
    axis.set_xlabel("place in the range")
    axis.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2)
    return figure

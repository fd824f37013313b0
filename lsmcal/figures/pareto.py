"""Several goals at once: all trials, the Pareto front, the default, the best by each goal, the members."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lsmcal.figures.style import ACCENT, CALIBRATED, DEFAULT, RED, new_figure, tidy

_BEST = ("^", "s", "D", "p", "h")


def pareto_front(
    values: np.ndarray,
    names: Sequence[str],
    maximise: Sequence[bool],
    front: Sequence[int],
    members: Sequence[int] = (),
):
    """Trials by two goals in one panel, by more in a panel for every pair.

    Parameters
    ----------
    values : (n, goals) array
        In each goal's own measure, NaN for failed trials; the first row is the default set.
    names : sequence of str
        What the axes are called.
    maximise : sequence of bool
        Whether more is better, by goal.
    front : sequence of int
        Trials of the front.
    members : sequence of int
        Trials of the ensemble.

    Returns
    -------
    matplotlib.figure.Figure
    """
    values = np.asarray(values, np.float64)
    goals = values.shape[1]
    last = goals - 1
    figure = new_figure(6.4, 4.6) if goals == 2 else new_figure(2.0 + 2.5 * last, 1.1 + 2.4 * last)
    axes = figure.subplots(last, last, squeeze=False)
    for row in range(last):
        for column in range(last):
            axis = axes[row, column]
            if column > row:
                axis.set_visible(False)
                continue
            _pair(axis, values, (column, row + 1), maximise, front, members, names)
            if row == last - 1:
                axis.set_xlabel(_label(names[column], maximise[column]))
            if column == 0:
                axis.set_ylabel(_label(names[row + 1], maximise[row + 1]))
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3 if goals == 2 else 4, frameon=False)
    return figure


def _label(name: str, maximise: bool) -> str:
    return f"{name} {'→ better' if maximise else '← better'}"


def _pair(axis, values, pair, maximise, front, members, names) -> None:
    tidy(axis)
    x, y = values[:, pair[0]], values[:, pair[1]]
    axis.plot(x, y, "o", ms=3, color=DEFAULT, mec="none", alpha=0.7, label="evaluation")
    on = np.array(sorted(front, key=lambda trial: x[trial]), int)
    look = {"ms": 4.5, "lw": 1.0, "color": CALIBRATED, "label": "Pareto front", "zorder": 3}
    if values.shape[1] == 2:
        # the border of what was reached: at least this x together with this y
        look["drawstyle"] = "steps-pre" if maximise[pair[0]] else "steps-post"
    axis.plot(x[on], y[on], "o-" if values.shape[1] == 2 else "o", **look)
    for goal, name in enumerate(names):
        if np.isfinite(values[:, goal]).any():
            best = int((np.nanargmax if maximise[goal] else np.nanargmin)(values[:, goal]))
            marker = _BEST[goal % len(_BEST)]
            look = {"ms": 9, "mfc": "none", "mec": "k", "mew": 1.3, "ls": "none", "zorder": 4}
            axis.plot(x[best], y[best], marker, label=f"best {name}", **look)
    if len(members):
        chosen = list(members)
        axis.plot(x[chosen], y[chosen], "x", color=RED, ms=6, mew=1.4, zorder=5, label=f"members ({len(chosen)})")
    if np.isfinite(values[0]).all():
        axis.plot(x[0], y[0], "*", color=ACCENT, ms=13, mec="white", zorder=6, label="default set")
    _window(axis, values, pair, maximise, front)


def _window(axis, values, pair, maximise, front) -> None:
    """Limits that show the front, the default and all but the worst twentieth of the trials by each goal."""
    for goal, limit in zip(pair, (axis.set_xlim, axis.set_ylim), strict=True):
        finite = values[np.isfinite(values[:, goal]), goal]
        if not finite.size:
            continue
        worst = np.quantile(finite, 0.05 if maximise[goal] else 0.95)
        best = finite.max() if maximise[goal] else finite.min()
        shown = np.array([worst, best, *values[list(front), goal], values[0, goal]])
        low, high = np.nanmin(shown), np.nanmax(shown)
        margin = 0.07 * (high - low) or 0.01
        limit(low - margin, high + margin)

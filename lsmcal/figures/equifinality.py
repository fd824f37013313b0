"""Where near-best parameter sets lie in their ranges, and which parameters the data constrain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lsmcal.figures.style import ACCENT, CALIBRATED, DEFAULT, GREEN, OBSERVED, RED, new_figure, tidy

#: Colour of each verdict.
VERDICTS = {"constrained": GREEN, "weakly": "#e69f00", "not constrained": "#b8b8b8", "undetermined": "#e4e4e4"}


def near_best_ranges(
    rows: Sequence[Mapping[str, object]], members: np.ndarray | None = None, ranges: Sequence[str] = ()
):
    """For each parameter the 5-95 % span of the near-best sets by the colour of its verdict, and what lies in it.

    Parameters
    ----------
    rows : sequence of mapping
        Of each parameter: ``parameter``, ``verdict``, ``default_place``, ``best_place``, ``median_place``,
        ``q05_place``, ``q95_place``; places in 0 to 1 of the range, None where there is none.
    members : (m, d) array, optional
        Places of the members of the ensemble.
    ranges : sequence of str
        Written at the right of each row.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.0, 1.3 + 0.3 * len(rows))
    axis = figure.subplots()
    tidy(axis)
    place = np.arange(len(rows))
    for verdict, colour in VERDICTS.items():
        chosen = [k for k, row in enumerate(rows) if row["verdict"] == verdict and row["q05_place"] is not None]
        if chosen:
            low, high = (_column(rows, name)[chosen] for name in ("q05_place", "q95_place"))
            widths = np.maximum(high - low, 0.004)
            axis.barh(chosen, widths, left=low, height=0.62, color=colour, label=f"{verdict} (5–95 %)", zorder=1)
    axis.plot(_column(rows, "median_place"), place, "|", color=OBSERVED, ms=13, mew=1.6, label="median", zorder=3)
    if members is not None and len(members):
        look = {"color": RED, "ms": 4.5, "mew": 0.9, "alpha": 0.8, "ls": "none", "zorder": 2}
        for k, column in enumerate(np.asarray(members, np.float64).T):
            label = "members" if k == 0 else "_"
            axis.plot(column, np.full(column.size, k + 0.12), marker="x", label=label, **look)
    look = {"color": "white", "mec": ACCENT, "mew": 1.5, "ms": 5, "ls": "none", "zorder": 4}
    axis.plot(_column(rows, "default_place"), place, marker="D", label="default", **look)
    axis.plot(_column(rows, "best_place"), place, "o", color=CALIBRATED, mec="white", ms=7, label="best", zorder=5)
    _rows(axis, rows, ranges)
    axis.legend(frameon=False, ncols=4, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2)
    return figure


def _column(rows: Sequence[Mapping[str, object]], name: str) -> np.ndarray:
    return np.array([np.nan if row[name] is None else row[name] for row in rows], np.float64)


def _rows(axis, rows: Sequence[Mapping[str, object]], ranges: Sequence[str]) -> None:
    place = np.arange(len(rows))
    axis.set_yticks(place, [row["parameter"] for row in rows])
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xlim(-0.02, 1.02)
    axis.set_xlabel("position in the range [1]: 0 minimum, 1 maximum")
    axis.tick_params(axis="y", length=0)
    if len(ranges):
        right = axis.secondary_yaxis("right")
        right.set_yticks(place, ranges, fontsize=8)
        right.tick_params(length=0)
        right.spines["right"].set_visible(False)


def constraint_plane(rows: Sequence[Mapping[str, object]], narrow: float = 0.5):
    """Width of the near-best sets against what each parameter explains of the score, by verdict.

    Parameters
    ----------
    rows : sequence of mapping
        Of each parameter: ``parameter``, ``verdict``, ``width``, ``effect``; None where there is none.
    narrow : float
        Width up to which a parameter that matters counts as constrained.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(6.0, 4.2)
    axis = figure.subplots()
    tidy(axis)
    width, effect = _column(rows, "width"), _column(rows, "effect")
    for verdict, colour in VERDICTS.items():
        chosen = [k for k, row in enumerate(rows) if row["verdict"] == verdict and np.isfinite(width[k] + effect[k])]
        if chosen:
            axis.plot(effect[chosen], width[chosen], "o", color=colour, mec=DEFAULT, ms=7, label=verdict)
    axis.axhline(narrow, color=DEFAULT, lw=0.8, ls=":")
    for row, x, y in zip(rows, effect, width, strict=True):
        if np.isfinite(x + y):
            axis.annotate(row["parameter"], (x, y), (4, 3), textcoords="offset points", fontsize=7)
    axis.set_xlabel("partial effect on the score's rank [1]")
    axis.set_ylabel("width of the near-best sets [1]")
    if axis.get_legend_handles_labels()[0]:
        axis.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2)
    else:
        axis.text(0.5, 0.7, "too few trials to tell", transform=axis.transAxes, ha="center")
    return figure

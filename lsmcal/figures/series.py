"""Observed and simulated series, one panel a depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lsmcal.figures.style import COLOURS, date_axis, days, new_figure, tidy

_WIDTH = {"observed": 1.3, "default": 1.0, "calibrated": 1.0}


def series_by_depth(
    time: np.ndarray,
    depth: Sequence[float] | np.ndarray,
    series: Mapping[str, np.ndarray],
    label: str,
    *,
    offset: float = 0.0,
    zero_line: bool = False,
    periods: Mapping[str, Sequence[Sequence[str]]] | None = None,
):
    """Series of several sources at several depths.

    Parameters
    ----------
    time : (n,) datetime64
    depth : (d,) sequence
        [m].
    series : mapping of name to (n, d) array
        "observed", "default", "calibrated"; NaN where missing.
    label : str
        Quantity and unit of the vertical axis.
    offset : float
        Subtracted from every value (273.15 for °C).
    zero_line : bool
        Draw a line at zero.
    periods : mapping, optional
        Shade these; "calibration" to a list of (first, last).

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.0, 0.6 + 1.75 * len(depth))
    axes = figure.subplots(len(depth), 1, sharex=True, squeeze=False)[:, 0]
    shaded = False
    for k, axis in enumerate(axes):
        tidy(axis)
        for name, values in series.items():
            axis.plot(days(time), values[:, k] - offset, color=COLOURS[name], lw=_WIDTH[name], label=name)
        if zero_line:
            axis.axhline(0.0, color="#666666", lw=0.6)
        for first, last in (periods or {}).get("calibration", ()):
            span = np.datetime64(first, "D"), np.datetime64(last, "D") + 1
            axis.axvspan(*span, color="#0072b2", alpha=0.07, lw=0, label="_" if shaded else "calibration period")
            shaded = True
        axis.set_title("surface" if depth[k] == 0 else f"{depth[k]:g} m", loc="left", fontsize=10)
        axis.set_ylabel(label)
    date_axis(axes[-1])
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper right", ncols=len(names), frameon=False)
    return figure

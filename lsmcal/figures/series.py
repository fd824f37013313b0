"""Observed and simulated series, one panel a depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lsmcal.figures.style import COLOURS, date_axis, days, new_figure, tidy

_WIDTH = {"observed": 1.3, "default": 1.0, "calibrated": 1.0}


def series_by_depth(
    time: np.ndarray,
    depth: Sequence[float],
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
    for k, axis in enumerate(axes):
        tidy(axis)
        for name, values in series.items():
            axis.plot(days(time), values[:, k] - offset, color=COLOURS[name], lw=_WIDTH[name], label=name)
        if zero_line:
            axis.axhline(0.0, color="#666666", lw=0.6)
        for first, last in (periods or {}).get("calibration", ()):
            axis.axvspan(np.datetime64(first), np.datetime64(last), color="#0072b2", alpha=0.06, lw=0)
        axis.set_title("surface" if depth[k] == 0 else f"{depth[k]:g} m", loc="left", fontsize=10)
        axis.set_ylabel(label)
    date_axis(axes[-1])
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper right", ncols=len(names), frameon=False)
    return figure


def temperature_through_time(time: np.ndarray, depth: np.ndarray, temperature: np.ndarray, deepest: float = 6.0):
    """Soil temperature against depth and time, with the line of 0 °C.

    Parameters
    ----------
    time : (n,) datetime64
    depth : (nz,) array
        Node depths [m].
    temperature : (n, nz) array
        [K].
    deepest : float
        Depth of the lower end of the figure [m].
    """
    figure = new_figure(9.0, 3.4)
    axis = figure.subplots()
    values = temperature.T - 273.15
    limit = float(np.nanquantile(np.abs(values), 0.995)) or 1.0
    levels = np.linspace(-limit, limit, 25)
    filled = axis.contourf(days(time), depth, values, levels, cmap="RdBu_r", extend="both")
    if np.nanmin(values) < 0.0 < np.nanmax(values):
        axis.contour(days(time), depth, values, [0.0], colors="k", linewidths=0.9)
    axis.set_ylim(min(deepest, float(depth[-1])), float(depth[0]))
    axis.set_ylabel("depth [m]")
    date_axis(axis)
    bar = figure.colorbar(filled, ax=axis, pad=0.01, ticks=np.linspace(-limit, limit, 7))
    bar.set_label("soil temperature [°C]")
    bar.ax.yaxis.set_major_formatter("{x:.0f}")
    return figure

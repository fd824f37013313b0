"""A profile against depth and time."""

from __future__ import annotations

import numpy as np

from lsmcal.figures.style import KELVIN, date_axis, days, new_figure

_MOST = 2000  # a page is fewer pixels wide


def temperature_through_time(time: np.ndarray, depth: np.ndarray, temperature: np.ndarray, deepest: float = 6.0):
    """Soil temperature against depth and time, with the line of 0 °C.

    Parameters
    ----------
    time : (n,) datetime64
    depth : (nz,) array
        Node depths [m].
    temperature : (n, nz) array
        [K]; NaN where missing.
    deepest : float
        Depth of the lower end of the figure [m].

    Returns
    -------
    matplotlib.figure.Figure
    """
    values = np.asarray(temperature, np.float64) - KELVIN
    size = np.abs(values[np.isfinite(values)])
    limit = _round_up(float(np.quantile(size, 0.995)) if size.size else 1.0)
    return _section(
        time, depth, values, np.linspace(-limit, limit, 21), "soil temperature [°C]", "RdBu_r", deepest, contour=0.0
    )


def water_through_time(time: np.ndarray, depth: np.ndarray, water: np.ndarray, label: str, deepest: float = 3.0):
    """Water in the soil against depth and time.

    Parameters
    ----------
    time : (n,) datetime64
    depth : (nz,) array
        Node depths [m].
    water : (n, nz) array
        [m3 m-3]; NaN where missing.
    label : str
        What water, for instance "liquid water".
    deepest : float
        Depth of the lower end of the figure [m].

    Returns
    -------
    matplotlib.figure.Figure
    """
    values = np.asarray(water, np.float64)
    near = values[:, np.asarray(depth) <= max(deepest, depth[0])]
    highest = float(np.max(near[np.isfinite(near)], initial=0.05))
    levels = np.arange(0.0, np.ceil(highest * 10.0) / 10.0 + 0.01, 0.02)
    return _section(time, depth, values, levels, f"{label} [m$^3$ m$^{{-3}}$]", "viridis_r", deepest)


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 5, 6, 8, 10, 12, 15, 20, ... so that ticks are whole."""
    steps = np.array([1.0, 2.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 60.0])
    return float(steps[min(int(np.searchsorted(steps, value)), steps.size - 1)])


def _section(time, depth, values, levels, label: str, colours: str, deepest: float, contour: float | None = None):
    time, depth, values = _drawable(days(time), np.asarray(depth, np.float64), values)
    figure = new_figure(9.0, 3.4)
    axis = figure.subplots()
    extend = "both" if contour is not None else "max"
    filled = axis.contourf(time, depth, np.ma.masked_invalid(values.T), levels, cmap=colours, extend=extend)
    finite = values[np.isfinite(values)]
    if contour is not None and finite.size and finite.min() < contour < finite.max():
        axis.contour(time, depth, np.ma.masked_invalid(values.T), [contour], colors="k", linewidths=0.9)
    axis.set_ylim(min(deepest, depth[-1]), depth[0])
    axis.set_ylabel("depth [m]")
    date_axis(axis)
    bar = figure.colorbar(filled, ax=axis, pad=0.01, ticks=levels[::5])
    bar.set_label(label)
    bar.ax.yaxis.set_major_formatter("{x:g}" if contour is not None else "{x:.1f}")
    return figure


def _drawable(time, depth, values):
    """At most as many times as a page shows; a lone time or depth is drawn as a band."""
    stride = -(-time.size // _MOST)
    time, values = time[::stride], values[::stride]
    if time.size == 1:
        time, values = np.array([time[0], time[0] + np.timedelta64(1, "D")]), np.repeat(values, 2, axis=0)
    if depth.size == 1:
        depth, values = np.array([0.0, 2.0 * depth[0]]), np.repeat(values, 2, axis=1)
    return time, depth, values

"""A region as a whole: its permafrost year by year, its ground, and the convergence of its cells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lsmcal.figures.style import ACCENT, CALIBRATED, PALE, new_figure, tidy


def permafrost_by_year(years: np.ndarray, area: np.ndarray, active_layer: np.ndarray, total: float):
    """Area of permafrost, and mean active layer thickness over it.

    Parameters
    ----------
    years : (m,) array of int
    area : (m,) array
        [km2].
    active_layer : (m,) array
        [m]; NaN where there is no permafrost.
    total : float
        Area of the region [km2].

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.0, 3.0)
    figure.get_layout_engine().set(wspace=0.06)
    left, right = figure.subplots(1, 2)
    for axis, values, colour in ((left, area / 1e3, ACCENT), (right, active_layer, CALIBRATED)):
        tidy(axis)
        axis.plot(years, values, "o-", ms=3.5, lw=1.3, color=colour)
        axis.set_xlabel("year")
        axis.xaxis.get_major_locator().set_params(integer=True)
        if np.isfinite(values).any():
            room = 0.08 * float(np.nanmax(values) - np.nanmin(values)) or 0.05 * float(np.nanmax(values)) or 1.0
            axis.set_ylim(max(float(np.nanmin(values)) - room, 0.0), float(np.nanmax(values)) + room)
    left.set_ylabel("area of permafrost [1000 km$^2$]")
    share = left.secondary_yaxis("right", functions=(lambda a: a * 1e5 / total, lambda s: s * total / 1e5))
    share.set_ylabel("of the region [%]")
    right.set_ylabel("mean active layer thickness [m]")
    return figure


def ground_classes(bottom: np.ndarray, soil: Mapping[str, np.ndarray], plants: Mapping[str, float]):
    """Share of the area of each soil class by depth, and of each vegetation class.

    Parameters
    ----------
    bottom : (nz,) array
        Lower edges of the layers [m].
    soil : mapping of str to (nz,) array
        Class to its share by layer [%].
    plants : mapping of str to float
        Class to its share [%].

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib import colormaps

    figure = new_figure(9.0, 3.2)
    left, right = figure.subplots(1, 2, width_ratios=(1.2, 1.0))
    edges, base = np.append(0.0, bottom), np.zeros(bottom.size)
    colours = colormaps["YlOrBr"](np.linspace(0.15, 0.85, max(len(soil), 2)))
    for colour, (name, share) in zip(colours, soil.items(), strict=False):
        left.barh(edges[:-1], share, np.diff(edges), left=base, align="edge", color=colour, label=name)
        base = base + share
    left.invert_yaxis()
    left.set_xlim(0.0, 100.0)
    left.set_ylim(edges[-1], 0.0)
    left.set_xlabel("share of area [%]")
    left.set_ylabel("depth [m]")
    left.spines[["top", "right"]].set_visible(False)
    left.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)
    tidy(right)
    names = list(plants)[::-1]
    bars = right.barh(names, [plants[name] for name in names], 0.6, color="#7aa974")
    right.bar_label(bars, fmt="%.0f %%", padding=3, fontsize=8)
    right.set_xlim(0.0, 1.15 * max(plants.values()))
    right.set_xlabel("share of area [%]")
    return figure


def converged_by_years(years: np.ndarray, converged: np.ndarray):
    """Share of the cells that are in equilibrium after so many years of spin-up.

    Parameters
    ----------
    years : (n,) array
        Years each cell was spun up.
    converged : (n,) array of bool

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.0, 2.6)
    axis = figure.subplots()
    tidy(axis)
    at = np.unique(np.append(0, years))
    share = [100.0 * np.mean(converged & (years <= year)) for year in at]
    axis.step(at, share, where="post", color=ACCENT, lw=1.6)
    axis.fill_between(at, share, step="post", color=PALE, alpha=0.5, lw=0)
    axis.set_ylim(0.0, 102.0)
    axis.set_xlim(0.0, max(float(at[-1]) * 1.03, 1.0))
    axis.set_xlabel("years of spin-up")
    axis.set_ylabel("cells in equilibrium [%]")
    return figure

"""Soil temperature against depth: the yearly range."""

from __future__ import annotations

import numpy as np

from lsmcal.figures.style import ACCENT, CALIBRATED, KELVIN, OBSERVED, new_figure, tidy


def yearly_range(depth: np.ndarray, lowest: np.ndarray, mean: np.ndarray, highest: np.ndarray, year: int | None = None):
    """The trumpet: lowest, mean and highest temperature of a year by depth.

    Parameters
    ----------
    depth : (nz,) array
        [m].
    lowest, mean, highest : (nz,) arrays
        [K].
    year : int, optional
        For the title.
    """
    figure = new_figure(4.6, 4.4)
    axis = figure.subplots()
    tidy(axis)
    axis.fill_betweenx(depth, lowest - KELVIN, highest - KELVIN, color="#eeeeee")
    axis.plot(lowest - KELVIN, depth, color=ACCENT, label="lowest")
    axis.plot(mean - KELVIN, depth, color=OBSERVED, label="mean")
    axis.plot(highest - KELVIN, depth, color=CALIBRATED, label="highest")
    axis.axvline(0.0, color="#666666", lw=0.6)
    axis.invert_yaxis()
    axis.set_xlabel("soil temperature [°C]")
    axis.set_ylabel("depth [m]")
    if year is not None:
        axis.set_title(f"{year}", loc="left", fontsize=10)
    axis.legend(frameon=False, loc="lower right")
    return figure

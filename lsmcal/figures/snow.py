"""Snow on the ground."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lsmcal.figures.style import COLOURS, date_axis, days, new_figure, tidy

_SNOW = "#56b4e9"


def snow_through_time(time: np.ndarray, depth: np.ndarray | Mapping[str, np.ndarray]):
    """Snow depth of a run, or of several sources beside the observed.

    Parameters
    ----------
    time : (n,) datetime64
    depth : (n,) array, or mapping of name to (n,) array
        [m]; names "observed", "default", "calibrated"; NaN where missing.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.0, 2.6)
    axis = figure.subplots()
    tidy(axis)
    if isinstance(depth, Mapping):
        for name, values in depth.items():
            axis.plot(days(time), values, color=COLOURS[name], lw=1.2, label=name)
        figure.legend(loc="outside upper right", ncols=len(depth), frameon=False)
    else:
        axis.fill_between(days(time), depth, color=_SNOW, alpha=0.5, lw=0)
        axis.plot(days(time), depth, color=_SNOW, lw=0.8)
    axis.set_ylim(bottom=0.0)
    axis.set_ylabel("snow depth [m]")
    date_axis(axis)
    return figure

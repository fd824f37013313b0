"""Scores by depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lsmcal.figures.style import CALIBRATED, DEFAULT, new_figure, tidy

_FLOOR = -1.0


def scores_by_depth(depths: Sequence[float], scores: Mapping[str, Mapping[str, Mapping[str, Sequence]]]):
    """NSE and skill by depth, default against calibrated, in each period.

    Parameters
    ----------
    depths : sequence
        [m].
    scores : mapping
        ``scores[run][period][score]`` is a sequence by depth (None where there is none); runs "default" and
        "calibrated", scores "nse" and "skill". Values below -1 are drawn at -1.
    """
    periods = [period for period in ("calibration", "validation") if period in scores["default"]]
    figure = new_figure(9.0, 2.6 * len(periods))
    axes = figure.subplots(len(periods), 2, sharex=True, squeeze=False)
    place = np.arange(len(depths))
    for row, period in zip(axes, periods, strict=True):
        for axis, name in zip(row, ("nse", "skill"), strict=True):
            tidy(axis)
            for shift, run, colour in ((-0.2, "default", DEFAULT), (0.2, "calibrated", CALIBRATED)):
                values = np.array([np.nan if v is None else v for v in scores[run][period][name]], np.float64)
                axis.bar(place + shift, np.maximum(values, _FLOOR), 0.38, color=colour, label=run)
            axis.axhline(0.0, color="#666666", lw=0.6)
            axis.set_ylim(_FLOOR, 1.0)
            axis.set_title(
                f"{period}: {'NSE' if name == 'nse' else 'skill against climatology'}", loc="left", fontsize=10
            )
            axis.set_xticks(place, [f"{depth:g}" for depth in depths])
    for axis in axes[-1]:
        axis.set_xlabel("depth [m]")
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper right", ncols=2, frameon=False)
    return figure

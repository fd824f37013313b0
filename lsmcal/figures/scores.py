"""Scores by depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lsmcal.figures.style import CALIBRATED, DEFAULT, new_figure, tidy

_FLOOR = -1.0
_TITLES = {"nse": "NSE", "skill": "skill against climatology"}


def scores_by_depth(depths: Sequence[float], scores: Mapping[str, Mapping[str, Mapping[str, Sequence]]]):
    """NSE and skill by depth, default against calibrated, in each period.

    Parameters
    ----------
    depths : sequence
        [m].
    scores : mapping
        ``scores[run][period][score]`` is a sequence by depth (None where there is none); runs "default" and
        "calibrated", scores "nse" and "skill". Values below -1 are drawn at -1, with the value beside the bar.

    Returns
    -------
    matplotlib.figure.Figure
    """
    periods = [period for period in ("calibration", "validation") if period in scores["default"]]
    figure = new_figure(9.0, 0.5 + 2.1 * max(len(periods), 1))
    axes = figure.subplots(max(len(periods), 1), 2, sharex=True, sharey="col", squeeze=False)
    place, room = np.arange(len(depths)), max(0.7, 2.2 - 0.5 * len(depths))
    for row, period in zip(axes, periods, strict=False):
        for axis, name in zip(row, _TITLES, strict=True):
            tidy(axis)
            for shift, run, colour in ((-0.2, "default", DEFAULT), (0.2, "calibrated", CALIBRATED)):
                _bars(axis, place + shift, scores[run][period][name], run, colour)
            axis.axhline(0.0, color="#666666", lw=0.6)
            axis.set_ylim(_lower_end(scores, periods, name), 1.0)
            axis.set_title(f"{period}: {_TITLES[name]}", loc="left", fontsize=10)
            axis.set_ylabel(f"{'NSE' if name == 'nse' else 'skill'} [1]")
            axis.set_xticks(place, ["surface" if depth == 0 else f"{depth:g}" for depth in depths])
            axis.set_xlim(-room, len(depths) - 1 + room)
    for axis in axes[-1]:
        axis.set_xlabel("depth [m]")
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper right", ncols=2, frameon=False)
    return figure


def _numbers(values: Sequence) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _lower_end(scores: Mapping, periods: Sequence[str], name: str) -> float:
    """0 where no score is negative, otherwise -1."""
    found = np.concatenate([_numbers(scores[run][p][name]) for run in ("default", "calibrated") for p in periods])
    return _FLOOR if np.any(found < 0.0) else 0.0


def _bars(axis, place: np.ndarray, values: Sequence, label: str, colour: str) -> None:
    heights = _numbers(values)
    axis.bar(place, np.maximum(heights, _FLOOR), 0.38, color=colour, label=label)
    for x, value in zip(place, heights, strict=True):
        if value < _FLOOR:
            text = f"{value:.1f}" if value > -99.95 else f"{value:.0f}"
            axis.text(x, _FLOOR + 0.06, text, ha="center", va="bottom", rotation=90, fontsize=8, color="white")

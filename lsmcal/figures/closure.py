"""How well the budgets of energy and water close."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lsmcal.figures.style import ACCENT, CALIBRATED, new_figure, tidy


def closure_by_year(years: np.ndarray, terms: Mapping[str, Mapping[str, Mapping[str, np.ndarray]]]):
    """Residuals of the budgets, a dot a year: the mean and the largest of a step.

    Parameters
    ----------
    years : (m,) array of int
    terms : mapping
        ``terms[unit][label]`` has "mean" and "largest", (m,) arrays in that unit; a panel a unit. Exact zeros
        stand on the left edge.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.0, 1.1 + 0.42 * max(len(rows) for rows in terms.values()))
    axes = figure.subplots(1, len(terms), squeeze=False)[0]
    for axis, (unit, rows) in zip(axes, terms.items(), strict=True):
        tidy(axis)
        least = most = _least(rows)
        for place, values in enumerate(rows.values()):
            for key, shift, colour in (("mean", -0.15, ACCENT), ("largest", 0.15, CALIBRATED)):
                size = np.abs(np.asarray(values[key], np.float64))
                label = {"mean": "mean of a year", "largest": "largest step of a year"}[key] if place == 0 else "_"
                height, style = np.full(size.shape, place + shift), {"ms": 5, "alpha": 0.6, "mec": "none"}
                dots = np.maximum(size, least)
                axis.plot(dots, height, "o", color=colour, label=label, clip_on=False, **style)
                most = max(most, np.max(size[np.isfinite(size)], initial=0.0))
        axis.set_xscale("log")
        axis.set_xlim(least, 10.0 * most)
        axis.set_yticks(np.arange(len(rows)), list(rows))
        axis.set_ylim(len(rows) - 0.5, -0.5)
        axis.set_xlabel(f"residual [{unit}]")
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper right", ncols=2, frameon=False)
    span = f"{years[0]}" if len(years) == 1 else f"{years[0]}–{years[-1]}"
    figure.suptitle(span if len(years) else "", x=0.01, ha="left", fontsize=10)
    return figure


def _least(rows: Mapping[str, Mapping[str, np.ndarray]]) -> float:
    """A power of ten below everything that is not zero; where zeros are drawn."""
    size = np.abs(np.concatenate([np.ravel(values[key]) for values in rows.values() for key in ("mean", "largest")]))
    size = size[np.isfinite(size) & (size > 0.0)]
    return 10.0 ** (np.floor(np.log10(size.min())) - 1.0) if size.size else 1e-20

"""Figures of a screening: ranks of all responses, indices with their limits, variograms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lsmcal.core.files import write_bytes
from lsmcal.figures.style import ACCENT, CALIBRATED, new_figure, tidy, to_png

if TYPE_CHECKING:
    from lsmcal.screening.ranking import Ranking
    from lsmcal.sensitivity import Result

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


def write_screening_figures(result: Result, ranking: Ranking, cells: Sequence[str], folder: Path) -> list[Path]:
    """Draw everything into a folder: ranks.png, and for each cell ivars-<cell>.png and variograms-<cell>.png."""
    figures = {"ranks": rank_map(ranking)}
    for number, cell in enumerate(cells):
        count = len(result.responses) // len(cells)
        chosen = result.responses[number * count : (number + 1) * count]
        label = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in cell)
        if f"ivars-{label}" in figures:
            label += f"-{number + 1}"
        figures[f"ivars-{label}"] = index_bars(result, chosen, ranking.chosen)
        figures[f"variograms-{label}"] = variogram_panels(result, chosen)
    paths = []
    for name, figure in figures.items():
        paths.append(write_bytes(folder / f"{name}.png", to_png(figure)))
    return paths


def rank_map(ranking: Ranking):
    """Ranks of all parameters for every response, and the overall place below.

    Parameters
    ----------
    ranking : Ranking

    Returns
    -------
    matplotlib.figure.Figure
    """
    whole = np.vstack([ranking.ranks, ranking.place])[:, ranking.order]
    rows, columns = whole.shape
    figure = new_figure(max(5.0, 2.2 + 0.32 * columns), 1.6 + 0.26 * rows)
    axis = figure.subplots()
    image = axis.imshow(whole, cmap="viridis_r", vmin=1, vmax=columns, aspect="auto")
    for row, values in enumerate(whole):
        for column, value in enumerate(values):
            colour = "white" if value > 0.45 * columns else "black"
            axis.text(column, row, str(value), ha="center", va="center", fontsize=7, color=colour)
    names = [ranking.names[k] + (" @" if ranking.names[k] in ranking.chosen else "") for k in ranking.order]
    axis.set_xticks(range(columns), names, rotation=90, fontsize=8)
    axis.set_yticks(range(rows), [*ranking.responses, f"overall, best {ranking.count}"], fontsize=8)
    axis.axhline(rows - 1.5, color="white", lw=3)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.set_title("rank by IVARS-50; @: selected", loc="left", fontsize=10)
    figure.colorbar(image, ax=axis, label="rank", pad=0.01)
    return figure


def index_bars(result: Result, responses: Sequence[str], chosen: Sequence[str]):
    """IVARS-50 of every parameter, a panel for each response, with the limits of the bootstrap.

    Parameters
    ----------
    result : Result
    responses : sequence of str
        Those to draw.
    chosen : sequence of str
        Parameters in colour.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = -(-len(responses) // 2)
    figure = new_figure(10.5, 0.9 + 2.1 * rows)
    axes = figure.subplots(rows, min(2, len(responses)), squeeze=False, sharex=True)
    colours = [CALIBRATED if name in chosen else ACCENT for name in result.names]
    for axis, name in zip(_down(axes), responses, strict=False):
        _bars(axis, result.response(name), colours)
        axis.set_title(name, loc="left", fontsize=9)
    for axis in _down(axes)[len(responses) :]:
        axis.set_visible(False)
    marked = [name + (" @" if name in chosen else "") for name in result.names]
    for axis in axes[-1]:
        axis.set_xticks(range(len(marked)), marked, rotation=90, fontsize=7)
    limits = f"; lines: {100.0 * result.confidence:g} % of the replicates" if result.replicates else ""
    figure.suptitle(f"IVARS-50, unit of the response squared; @: selected{limits}", fontsize=10, x=0.01, ha="left")
    return figure


def _down(axes: np.ndarray) -> list:
    """Panels column after column: one response kind below the other."""
    return list(axes.T.flat)


def _bars(axis, one: Result, colours: list[str]) -> None:
    tidy(axis)
    at = one.at_scale(0.5)
    place = np.arange(len(one.names))
    axis.bar(place, one.ivars[at], 0.7, color=colours)
    if one.replicates:
        axis.vlines(place, one.ivars_low[at], one.ivars_high[at], color="black", lw=1.0)
    axis.margins(x=0.01)
    axis.set_ylim(bottom=0.0)
    axis.ticklabel_format(axis="y", scilimits=(-3, 3))
    if one.constant:
        axis.text(0.5, 0.5, "no variance", transform=axis.transAxes, ha="center")


def variogram_panels(result: Result, responses: Sequence[str]):
    """Directional variograms of the most influential parameters, a panel for each response.

    Parameters
    ----------
    result : Result
    responses : sequence of str
        Those to draw.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = -(-len(responses) // 2)
    figure = new_figure(10.5, 0.6 + 2.4 * rows)
    axes = figure.subplots(rows, min(2, len(responses)), squeeze=False, sharex=True)
    for axis, name in zip(_down(axes), responses, strict=False):
        _curves(axis, result.response(name))
        axis.set_title(name, loc="left", fontsize=9)
    for axis in _down(axes)[len(responses) :]:
        axis.set_visible(False)
    for axis in axes[-1]:
        axis.set_xlabel("h, fraction of the parameter's range")
    figure.supylabel("gamma(h), unit of the response squared", fontsize=9)
    return figure


def _curves(axis, one: Result) -> None:
    tidy(axis)
    order = np.argsort(one.rank_ivars[one.at_scale(0.5)], kind="stable")
    along = np.append(0.0, one.h)
    for k in order[len(_COLOURS) :]:
        axis.plot(along, np.append(0.0, one.gamma[k]), color="#d9d9d9", lw=0.8)
    for colour, k in zip(_COLOURS, order, strict=False):
        axis.plot(along, np.append(0.0, one.gamma[k]), color=colour, lw=1.5, label=one.names[k])
        if one.replicates:
            low, high = (np.append(0.0, side[k]) for side in (one.gamma_low, one.gamma_high))
            axis.fill_between(along, low, high, color=colour, alpha=0.15, lw=0)
    axis.set_xlim(0.0, along[-1])
    axis.set_ylim(bottom=0.0)
    axis.ticklabel_format(axis="y", scilimits=(-3, 3))
    axis.legend(frameon=False, fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5))

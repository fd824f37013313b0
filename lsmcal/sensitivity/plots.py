"""Figures of a sensitivity analysis; what is drawn comes from files that import this one, so it is not imported."""

from __future__ import annotations

import numpy as np

from lsmcal.figures.style import ACCENT, CALIBRATED, PALE, new_figure, tidy

#: Colours of single parameters; the rest is pale.
_COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#000000",
    "#7f5f3f",
    "#8c8c8c",
    "#b8860b",
)
#: Curves in colour, and names that a title still holds.
_CURVES, _NAMED = 6, 5


def overview(result, scale: float | None = None):
    """Variograms, IVARS and VARS-TO of one response, with limits where there are any.

    Parameters
    ----------
    result : lsmcal.sensitivity.Result
        Of one response.
    scale : float, optional
        Of IVARS; the largest by default.

    Returns
    -------
    matplotlib.figure.Figure
    """
    at = result.at_scale(scale)
    order = np.argsort(result.rank_ivars[at], kind="stable")
    figure = new_figure(10.5, max(3.2, 0.9 + 0.22 * order.size))
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.3, 1.0, 1.0))
    limits = (result.gamma_low, result.gamma_high) if result.replicates else None
    _curves(left, result.names, result.h, result.gamma, order, limits)
    left.set_title(f"{result.responses[0]}: variograms", loc="left", fontsize=10)
    title = f"IVARS-{100.0 * result.scales[at]:g}"
    _bars(middle, result, order, "ivars", at, title)
    _bars(right, result, order, "vars_to", ..., "VARS-TO [1]")
    right.tick_params(labelleft=False)
    return figure


def _curves(axis, names, h, gamma, order, limits=None) -> None:
    """Variograms from (0, 0), the first few in colour."""
    tidy(axis)
    along = np.append(0.0, h)
    for k in order[_CURVES:]:
        axis.plot(along, np.append(0.0, gamma[k]), color=PALE, lw=0.9)
    for colour, k in zip(_COLOURS, order[:_CURVES], strict=False):
        axis.plot(along, np.append(0.0, gamma[k]), color=colour, lw=1.6, label=names[k])
        if limits is not None:
            low, high = (np.append(0.0, side[k]) for side in limits)
            axis.fill_between(along, low, high, color=colour, alpha=0.15, lw=0)
    axis.set_xlabel("h, fraction of the parameter's range")
    axis.set_ylabel("gamma(h), unit of the response squared")
    axis.set_xlim(0.0, along[-1])
    axis.set_ylim(bottom=0.0)
    axis.legend(frameon=False, fontsize=8)


def _bars(axis, result, order: np.ndarray, field: str, at, title: str) -> None:
    """Bars by parameter, the most influential on top."""
    tidy(axis)
    place, values = np.arange(order.size), result[field][at][order]
    axis.barh(place, values, 0.7, color=ACCENT)
    if result.replicates:
        low, high = (result[f"{field}_{side}"][at][order] for side in ("low", "high"))
        axis.hlines(place, low, high, color=CALIBRATED, lw=1.5)
        axis.set_title(f"lines: {100.0 * result.confidence:g} % of the replicates", loc="left", fontsize=8)
    axis.set_yticks(place, [result.names[k] for k in order], fontsize=8)
    axis.set_ylim(order.size - 0.4, -0.6)
    axis.set_xlabel(title)
    if result.constant:
        axis.text(0.5, 0.5, "constant response", transform=axis.transAxes, ha="center")


def progress_figure(progress, response: int, most: int):
    """Indices against the number of stars.

    Parameters
    ----------
    progress : lsmcal.sensitivity.Progress
    response : int
    most : int
        Parameters in colour.

    Returns
    -------
    matplotlib.figure.Figure
    """
    at = int(np.argmax(progress.scales))
    order = np.argsort(progress.rank_ivars[response, -1, at], kind="stable")
    figure = new_figure(10.5, 3.6)
    axes = figure.subplots(1, 3)
    limits = None if progress.ivars_limits is None else progress.ivars_limits[:, response, :, at]
    _lines(axes[0], progress, progress.ivars[response, :, at], order, most, limits)
    axes[0].set_ylabel(f"IVARS-{100.0 * progress.scales[at]:g}")
    axes[0].set_title(progress.responses[response], loc="left", fontsize=10)
    limits = None if progress.vars_to_limits is None else progress.vars_to_limits[:, response]
    _lines(axes[1], progress, progress.vars_to[response], order, most, limits)
    axes[1].set_ylabel("VARS-TO [1]")
    _lines(axes[2], progress, progress.rank_ivars[response, :, at], order, most, None)
    axes[2].invert_yaxis()
    axes[2].yaxis.get_major_locator().set_params(integer=True)
    axes[2].set_ylabel("rank")
    axes[2].legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _lines(axis, progress, values: np.ndarray, order: np.ndarray, most: int, limits) -> None:
    tidy(axis)
    colours = _COLOURS[: max(0, most)]
    for k in order[len(colours) :]:
        axis.plot(progress.stars, values[:, k], color=PALE, lw=0.8)
    for colour, k in zip(colours, order, strict=False):
        axis.plot(progress.stars, values[:, k], color=colour, lw=1.4, label=progress.names[k])
        if limits is not None:
            axis.fill_between(progress.stars, limits[0, :, k], limits[1, :, k], color=colour, alpha=0.12, lw=0)
    axis.set_xlabel("stars")


def given_overview(found, response: int):
    """Variograms of the fitted field and the shares of IVARS.

    Parameters
    ----------
    found : lsmcal.sensitivity.GivenData
    response : int

    Returns
    -------
    matplotlib.figure.Figure
    """
    at = int(np.argmax(found.scales))
    order = np.argsort(found.rank[response, at], kind="stable")
    figure = new_figure(8.5, max(3.2, 0.9 + 0.22 * order.size))
    left, right = figure.subplots(1, 2)
    _curves(left, found.names, found.h, found.gamma[response], order)
    left.set_title(
        f"{found.responses[response]}: {found.points[response]} points, {found.kernel[response]}",
        loc="left",
        fontsize=10,
    )
    tidy(right)
    right.barh(np.arange(order.size), found.share[response, at][order], 0.7, color=ACCENT)
    right.set_yticks(np.arange(order.size), [found.names[k] for k in order], fontsize=8)
    right.set_ylim(order.size - 0.4, -0.6)
    right.set_xlabel(f"share of IVARS-{100.0 * found.scales[at]:g} [1]")
    return figure


def tree(groups):
    """The tree in which parameters merge, coloured by group.

    Parameters
    ----------
    groups : lsmcal.sensitivity.Groups

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(max(5.0, 1.5 + 0.3 * len(groups.names)), 3.4)
    axis = figure.subplots()
    tidy(axis)
    axis.set_ylabel("distance at which groups merge")
    if not len(groups.tree):
        axis.text(0.5, 0.5, "fewer than two parameters have an effect", transform=axis.transAxes, ha="center")
        return figure
    from scipy.cluster.hierarchy import dendrogram

    names = [groups.names[k] for k in groups.active]
    drawn = dendrogram(
        groups.tree, labels=names, ax=axis, color_threshold=0.0, above_threshold_color="#8c8c8c", leaf_rotation=90
    )
    for label, leaf in zip(axis.get_xticklabels(), drawn["leaves"], strict=True):
        label.set_color(_COLOURS[(groups.group[groups.active[leaf]] - 1) % len(_COLOURS)])
    without = [name for k, name in enumerate(groups.names) if k not in set(groups.active.tolist())]
    title = f"IVARS-{100.0 * groups.scale:g}, names coloured by group"
    if without:
        title += f"; without effect: {', '.join(without) if len(without) <= _NAMED else len(without)}"
    axis.set_title(title, loc="left", fontsize=9)
    return figure

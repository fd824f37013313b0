"""Maps and bars of how a simulated map of permafrost agrees with its target, and of the cells it is calibrated on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lsmcal.figures.region_maps import CellGrid, ClassPanel, region_maps
from lsmcal.figures.style import ACCENT, CALIBRATED, DEFAULT, GREEN, OBSERVED, new_figure

_UNKNOWN, _BARE, _FROZEN, _MISSED, _FALSE = -1, 0, 1, 2, 3
#: Code to name and colour: pale where both maps agree, strong where they do not.
AGREEMENT = {
    _FROZEN: ("permafrost in both", "#b7d7ee"),
    _BARE: ("no permafrost in both", "#f3e3c0"),
    _MISSED: ("permafrost missed", ACCENT),
    _FALSE: ("permafrost only simulated", CALIBRATED),
}
_OUTSIDE, _WRONG, _NEAR, _WRONG_HELD, _NEAR_HELD = 0, 1, 2, 3, 4
_SERIES = {"default": DEFAULT, "calibrated": CALIBRATED, "target": OBSERVED, "hidden": GREEN}


def agreement_classes(simulated: np.ndarray, target: np.ndarray) -> np.ndarray:
    """How each cell of two maps agrees.

    Parameters
    ----------
    simulated, target : (n,) arrays of int
        1 permafrost, 0 none, anything else unknown.

    Returns
    -------
    (n,) array of int
        Codes of :data:`AGREEMENT`; -1 where either is unknown.
    """
    simulated, target = np.asarray(simulated), np.asarray(target)
    known = np.isin(simulated, (0, 1)) & np.isin(target, (0, 1))
    both = np.where(target == 1, _FROZEN, _BARE)
    apart = np.where(target == 1, _MISSED, _FALSE)
    return np.where(known, np.where(simulated == target, both, apart), _UNKNOWN)


def sensitive_map(
    raster: CellGrid,
    simulated: np.ndarray,
    target: np.ndarray,
    sensitive: np.ndarray,
    held_out: np.ndarray | None = None,
    reach: int = 1,
):
    """The default run against its target, and beside it what each cell serves for.

    Parameters
    ----------
    raster : CellGrid
        Where the cells lie.
    simulated, target : (n,) arrays of int
        1 permafrost, 0 none, anything else unknown.
    sensitive : (n,) array of bool
        Disagreement and its neighbourhood.
    held_out : (n,) array of bool, optional
        Cells that are kept from the calibration; those of them that are sensitive are shown.
    reach : int
        Of the neighbourhood, for its name.

    Returns
    -------
    matplotlib.figure.Figure
    """
    found = agreement_classes(simulated, target)
    wrong, sensitive = np.isin(found, (_MISSED, _FALSE)), np.asarray(sensitive, bool)
    held = np.zeros(found.shape, bool) if held_out is None else np.asarray(held_out, bool)
    role = np.where(held, np.where(wrong, _WRONG_HELD, _NEAR_HELD), np.where(wrong, _WRONG, _NEAR))
    role = np.where(sensitive, role, np.where(found == _UNKNOWN, _UNKNOWN, _OUTSIDE))
    size, known = 2 * reach + 1, int((found != _UNKNOWN).sum())
    names = {
        _WRONG: ("disagreement", "#7b3294"),
        _WRONG_HELD: ("disagreement, withheld", "#b8860b"),
        _OUTSIDE: ("agreement, not used", "#e3e3e3"),
        _NEAR: (f"its {size} × {size} neighbourhood", "#c9aed6"),
        _NEAR_HELD: ("neighbourhood, withheld", "#f0d58c"),
    }
    return _maps(
        raster,
        [
            ClassPanel(f"Default against target: {wrong.sum()} of {known} cells differ", found, AGREEMENT),
            ClassPanel(f"Sensitive region: {sensitive.sum()} of {known} cells", role, names),
        ],
    )


def _maps(raster: CellGrid, panels: list[ClassPanel]):
    """Maps with their titles clear of the scale bar."""
    figure = region_maps(raster, panels)
    for axis, panel in zip(figure.axes, panels, strict=False):
        axis.set_title(panel.title, loc="left", fontsize=10, pad=18)
    return figure


def agreement_maps(raster: CellGrid, maps: Mapping[str, np.ndarray], target: np.ndarray):
    """Agreement of several simulations with one target, side by side.

    Parameters
    ----------
    raster : CellGrid
    maps : mapping of str to (n,) array of int
        Title, such as ``"default: Kappa 0.44"``, to the simulated map: 1 permafrost, 0 none, anything else unknown.
    target : (n,) array of int
        Alike.

    Returns
    -------
    matplotlib.figure.Figure
    """
    panels = [ClassPanel(title, agreement_classes(simulated, target), AGREEMENT) for title, simulated in maps.items()]
    return _maps(raster, panels)


def agreement_bars(groups: Mapping[str, Mapping[str, Mapping[str, float]]]):
    """Kappa, accuracy and the rates of the classes of several simulations, a panel for each set of cells.

    Parameters
    ----------
    groups : mapping
        Title of the panel (calibrated cells, held-out cells), to name of the simulation (``default``, ``calibrated``,
        others), to measure and value; NaN where it is undefined. All panels have the same simulations and measures.

    Returns
    -------
    matplotlib.figure.Figure
    """
    first = next(iter(groups.values()))
    measures = list(next(iter(first.values())))
    figure = new_figure(9.0, 0.9 + len(measures) * (0.14 + 0.14 * len(first)))
    axes = figure.subplots(1, len(groups), sharex=True, sharey=True, squeeze=False)[0]
    for axis, (title, simulations) in zip(axes, groups.items(), strict=True):
        _draw_bars(axis, simulations, measures)
        axis.set_title(title, loc="left", fontsize=10)
    axes[0].set_yticks(np.arange(len(measures)), measures)
    axes[0].set_ylim(len(measures) - 0.5, -0.5)
    low = np.nanmin([list(found.values()) for one in groups.values() for found in one.values()], initial=0.0)
    axes[0].set_xlim(1.05 * low, 1.13)
    axes[0].set_xticks([tick for tick in (-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0) if tick >= low])
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, frameon=False, ncols=len(names), fontsize=9, loc="outside lower center")
    return figure


def _draw_bars(axis, simulations: Mapping[str, Mapping[str, float]], measures: list[str]) -> None:
    """Lying bars, each with its value."""
    high, spare = 0.8 / len(simulations), iter(("#56b4e9", "#e69f00", "#cc79a7", "#999933"))
    places = np.arange(len(measures)) - 0.4 + 0.5 * high
    values = np.array([[found[measure] for measure in measures] for found in simulations.values()])
    for number, (name, row) in enumerate(zip(simulations, values, strict=True)):
        colour = _SERIES.get(name) or next(spare, "#777777")
        axis.barh(places + number * high, np.nan_to_num(row), high * 0.92, color=colour, label=name)
        for place, value in zip(places + number * high, row, strict=True):
            text = f"{value:.2f}" if np.isfinite(value) else "undefined"
            axis.text(max(np.nan_to_num(value), 0.0) + 0.015, place, text, va="center", fontsize=7.5, color="#444444")
    axis.axvline(0.0, color="#444444", lw=0.8)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.grid(axis="x", color="#ececec", lw=0.6)
    axis.set_axisbelow(True)
    axis.tick_params(axis="y", length=0)
    axis.tick_params(labelsize=8)

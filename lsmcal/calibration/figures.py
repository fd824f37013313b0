"""Every figure of a calibration over many cells, with its caption."""

from __future__ import annotations

import numpy as np

from lsmcal.calibration.result import MapCalibration
from lsmcal.core.errors import not_none


def figures_of(found: MapCalibration) -> dict[str, tuple[object, str]]:
    """Figures by name, each with its caption; those of maps, or of several goals, only where there are any.

    Parameters
    ----------
    found : MapCalibration

    Returns
    -------
    dict of str to (matplotlib.figure.Figure, str)
    """
    made = {"trajectory": _trajectory(found)}
    if found.maps is not None:
        made |= {"sensitive": _sensitive(found), "agreement": _agreement(found)}
    if found.confusions:
        made["scores"] = _scores(found)
    if len(found.history.goals) > 1:
        made["pareto"] = _pareto(found)
    return made | {"equifinality": _ranges(found), "constraints": _plane(found)}


def _trajectory(found: MapCalibration):
    from lsmcal.figures.search import search_trajectory

    history, fit = found.history, found.convergence
    figure = search_trajectory(
        history.objectives, history.maximise, found.measure, fit.threshold, fit.breaks, fit.line, found.ensemble.trials
    )
    origin = ", taken from the Pareto front" if found.combine == "pareto" else ""
    return figure, (
        "Every evaluation, the best so far, the line with breakpoints fitted to it, and the level of the default set; "
        f"trials from {fit.threshold:.3f}, where the last segment begins, count as near-best. The crosses are the "
        f"{len(found.ensemble.trials)} members of the ensemble{origin}."
    )


def _raster(found: MapCalibration):
    from lsmcal.figures.region_maps import CellGrid

    maps = not_none(found.maps)
    return CellGrid(maps.grid_longitude, maps.grid_latitude, maps.cell)


def _sensitive(found: MapCalibration):
    from lsmcal.figures.agreement import sensitive_map

    maps = not_none(found.maps)
    figure = sensitive_map(_raster(found), maps.runs["default"], maps.target, maps.sensitive, maps.held_out)
    return figure, (
        f"The default set against the target map of {found.year}, and the cells of the calibration: those that "
        "disagree and their neighbours, without the withheld cells."
    )


def _agreement(found: MapCalibration):
    from lsmcal.figures.agreement import agreement_maps

    maps = not_none(found.maps)
    whole = list(found.confusions.values())[-1] if found.confusions else {}
    runs = {
        (f"{name}: Kappa {whole[name].kappa:.2f}" if name in whole else name): classes
        for name, classes in maps.runs.items()
    }
    cells = list(found.confusions)[-1] if found.confusions else ""
    kappa = f" Kappa is that of {cells if cells == 'all' else f'the {cells}'} cells." if cells else ""
    return agreement_maps(_raster(found), runs, maps.target), f"Agreement with the target map.{kappa}"


def _scores(found: MapCalibration):
    from lsmcal.figures.agreement import agreement_bars

    groups = {
        f"{cells}: {next(iter(runs.values())).total:,} cells": {name: one.measures() for name, one in runs.items()}
        for cells, runs in found.confusions.items()
    }
    return agreement_bars(groups), (
        "Kappa, accuracy, and two rates of each class: found, the share of the target's cells that the run simulates "
        "(producer's accuracy), and right, the share of the simulated cells that the target confirms (user's accuracy)."
    )


def _pareto(found: MapCalibration):
    from lsmcal.figures.pareto import pareto_front

    axes = found.history.goals
    names = [axis.name for axis in axes]
    members = found.ensemble.trials
    figure = pareto_front(found.history.goal_values, names, [axis.maximise for axis in axes], found.front, members)
    return figure, (
        f"All evaluations by the goals. The {len(found.front)} trials of the Pareto front are those that no other "
        "betters in one goal without being worse in another."
    )


def _ranges(found: MapCalibration):
    from lsmcal.figures.equifinality import near_best_ranges

    ranges = [f"{row['low']:.4g} to {row['high']:.4g}" if row["low"] is not None else "" for row in found.rows]
    members = np.array([found.history.records[trial].x for trial in found.ensemble.trials])
    return near_best_ranges(found.rows, members, ranges), (
        f"Where the {found.near} near-best sets lie in the range of each parameter: bars span 5 to 95 % of them, "
        "coloured by whether the data constrain the parameter."
    )


def _plane(found: MapCalibration):
    from lsmcal.figures.equifinality import constraint_plane

    return constraint_plane(found.rows), (
        "Low and to the right: the score is sensitive to the parameter, and near-best sets agree on it. "
        "Low and to the left: the sets agree only because the search converged there."
    )

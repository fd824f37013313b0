"""Profiles of a column at the depths of sensors: one rule, for a site of its own and for a cell of a region."""

from __future__ import annotations

import numpy as np


def at_depths(values: np.ndarray, nodes: np.ndarray, depth: np.ndarray | float) -> np.ndarray:
    """Profiles at other depths, linear between the nodes; the first and the last node hold beyond them.

    The surface temperature of the model is that of a skin that radiates, under snow the skin of the snow. It says
    little of a sensor just below the ground's surface, so it is not used above the first node (docs/sites.md).

    Parameters
    ----------
    values : (n, layers) array
    nodes : (layers,) array
        Ascending, at least two [m].
    depth : (d,) array or float
        [m].

    Returns
    -------
    (n, d) array
    """
    nodes = np.asarray(nodes, np.float64)
    depth = np.clip(np.atleast_1d(np.asarray(depth, np.float64)), nodes[0], nodes[-1])
    upper = np.clip(np.searchsorted(nodes, depth, side="right") - 1, 0, nodes.size - 2)
    weight = (depth - nodes[upper]) / (nodes[upper + 1] - nodes[upper])
    return values[:, upper] * (1.0 - weight) + values[:, upper + 1] * weight

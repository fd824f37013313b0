"""Geometry of the soil layers."""

from __future__ import annotations

import numpy as np

#: The 18 layers of Ji et al. (2026), 15.2 m in all [m].
PAPER_THICKNESS = np.array(
    [0.045, 0.046, 0.075, 0.123, 0.204, 0.336, 0.554, 0.913, 0.904, 1, 1, 1, 1, 1, 1, 2, 2, 2], dtype=np.float64
)


def bottom_depths(thickness) -> np.ndarray:
    """Depth of the lower edge of each layer, (..., nz) [m, positive downward]."""
    return np.cumsum(np.asarray(thickness, np.float64), axis=-1)


def node_depths(thickness) -> np.ndarray:
    """Depth of the mid-point of each layer, (..., nz) [m, positive downward]."""
    thickness = np.asarray(thickness, np.float64)
    return bottom_depths(thickness) - 0.5 * thickness


def layer_geometry(thickness, zbot) -> dict[str, np.ndarray]:
    """Fields of the layers that only geometry enters.

    Parameters
    ----------
    thickness : (columns, nz) array
        Layer thicknesses [m], at least two layers.
    zbot : (columns,) array or float
        Depth of the lower boundary temperature [m, positive downward].

    Returns
    -------
    dict of (columns, nz) arrays
        ``thickness``, ``spacing`` [m] and ``edge_weight``.

    Raises
    ------
    ValueError
        For a thickness that is not positive, or a lower boundary that is not below the column: the conductance
        would be negative.
    """
    thickness = np.atleast_2d(np.asarray(thickness, np.float64))
    zbot = np.broadcast_to(np.asarray(zbot, np.float64), thickness.shape[:1])
    if thickness.shape[1] < 2:
        raise ValueError("a column needs at least two layers")
    if not (thickness > 0.0).all():
        raise ValueError("layer thicknesses must be positive")
    bottom = bottom_depths(thickness)
    if not (zbot > bottom[:, -1]).all():
        raise ValueError(f"ZBOT must lie below the column's bottom at {bottom[:, -1].max():g} m, got {zbot.min():g} m")
    middle = node_depths(thickness)
    spacing = np.empty_like(thickness)
    weight = np.empty_like(thickness)
    spacing[:, :-1] = np.diff(middle, axis=1)
    spacing[:, -1] = zbot - middle[:, -1]
    weight[:, :-1] = thickness[:, :-1] / (thickness[:, :-1] + thickness[:, 1:])
    weight[:, -1] = thickness[:, -1] / (2.0 * spacing[:, -1])
    return {"thickness": thickness, "spacing": spacing, "edge_weight": weight}

"""How deep the ground thaws in a year, from the surface down, and whether it stays thawed above frozen ground.

Frozen means not above 0 degC, as in the rule of the classes. Depths are positive downward [m]; between the nodes of a
profile temperature is linear. Nothing is known above the first node: ground whose first node thaws is thawed from the
surface, ground whose first node stays frozen has thawed to depth 0. A layer without values is left out.
"""

from __future__ import annotations

import numpy as np

from lsmcal.noah.physics.constants import T0


def thaw_depth(maximum: np.ndarray, depth: np.ndarray, beyond: float = np.nan) -> np.ndarray:
    """Greatest thaw depth of a year from the yearly maxima of the layers [m].

    Where, going down, the profile of the maxima first falls to 0 degC. The maxima of neighbours do not come on the
    same day, so that the line between them lies above the maximum at depths between the nodes: with thick layers
    this depth is somewhat too great; :func:`thaw_depth_of_profiles` has no such bias.

    Parameters
    ----------
    maximum : (..., layers) array
        [K], layers in the order of ``depth``; NaN: no value.
    depth : (layers,) array
        Nodes, ascending [m].
    beyond : float
        What stands for a column that thaws through to its last node.

    Returns
    -------
    (...) array
        NaN where there is no value at all.
    """
    maximum = np.asarray(maximum, np.float64)
    depth = check_depth(depth, maximum.shape[-1])
    found = np.full(maximum.shape[:-1], np.nan)
    above, at = np.full(found.shape, np.nan), np.zeros(found.shape)
    open_ = np.ones(found.shape, bool)
    for layer, node in enumerate(depth):
        excess = maximum[..., layer] - T0
        ends = open_ & (excess <= 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            crossing = np.where(np.isnan(above), 0.0, at + (node - at) * (above / (above - excess)))
        found[ends] = crossing[ends]
        open_ &= ~ends
        there = np.isfinite(excess)
        above, at = np.where(there, excess, above), np.where(there, node, at)
    found[open_ & np.isfinite(above)] = beyond
    return found


def crossings(temperature: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far thaw reaches between two nodes, from the upper one down and from the lower one up, over some profiles.

    Parameters
    ----------
    temperature : (times, layers, ...) array
        [K]
    depth : (layers,) array
        [m]

    Returns
    -------
    down, up : (layers - 1, ...) arrays
        Deepest point reached from above and highest reached from below [m]; -inf and inf where thaw began at neither.
        Maxima and minima of these over successive parts of a year are those of the year.
    """
    shape = (-1, *[1] * (np.ndim(temperature) - 2))
    top, bottom = depth[:-1].reshape(shape), depth[1:].reshape(shape)
    upper, lower = temperature[:, :-1] - T0, temperature[:, 1:] - T0
    with np.errstate(invalid="ignore", divide="ignore"):
        between = top + (bottom - top) * (upper / (upper - lower))
    down = np.where(lower > 0.0, bottom, np.where(lower <= 0.0, between, -np.inf))
    up = np.where(upper > 0.0, top, np.where(upper <= 0.0, between, np.inf))
    down, up = np.where(upper > 0.0, down, -np.inf), np.where(lower > 0.0, up, np.inf)
    return down.max(axis=0, initial=-np.inf), up.min(axis=0, initial=np.inf)


def thaw_depth_of_crossings(
    down: np.ndarray, up: np.ndarray, maximum: np.ndarray, depth: np.ndarray, beyond: float = np.nan
) -> np.ndarray:
    """Greatest thaw depth of a year from what :func:`crossings` found in all its profiles [m].

    Parameters
    ----------
    down, up : (..., layers - 1) arrays
        [m]
    maximum : (..., layers) array
        Yearly maxima [K].
    depth, beyond
        As in :func:`thaw_depth`.

    Returns
    -------
    (...) array
        NaN where a layer without values comes before the first frozen ground.
    """
    maximum = np.asarray(maximum, np.float64)
    depth = check_depth(depth, maximum.shape[-1])
    found = np.where(maximum[..., 0] <= T0, 0.0, np.nan)
    going = maximum[..., 0] > T0
    for layer in range(depth.size - 1):
        going &= np.isfinite(maximum[..., layer + 1])
        ends = going & (down[..., layer] < up[..., layer])
        # the upper node itself thawed, be it at a time when the lower one has no value
        found[ends] = np.maximum(down[..., layer], depth[layer])[ends]
        going &= ~ends
    found[going] = beyond
    return found


def thaw_depth_of_profiles(temperature: np.ndarray, depth: np.ndarray, beyond: float = np.nan) -> np.ndarray:
    """Greatest thaw depth of a year from the profiles of its days or steps [m].

    The deepest point that the 0 degC isotherm reaches through ground that has thawed in the year; the surface may
    already freeze again at that time. Exact for profiles that are linear between the nodes.

    Parameters
    ----------
    temperature : (..., times, layers) array
        Profiles of one year [K]; NaN: no value.
    depth, beyond
        As in :func:`thaw_depth`.

    Returns
    -------
    (...) array
        As :func:`thaw_depth`, which decides where a layer without values is met.
    """
    temperature = np.asarray(temperature, np.float64)
    depth = check_depth(depth, temperature.shape[-1])
    first = np.moveaxis(temperature, (-2, -1), (0, 1))
    down, up = (np.moveaxis(found, 0, -1) for found in crossings(first, depth))
    return thaw_depth_of_year(np.fmax.reduce(temperature, axis=-2), down, up, depth, beyond)


def thaw_depth_of_year(
    maximum: np.ndarray, down: np.ndarray, up: np.ndarray, depth: np.ndarray, beyond: float = np.nan
) -> np.ndarray:
    """By the crossings, and by the maxima where a layer without values is in the way; arguments as there."""
    exact = thaw_depth_of_crossings(down, up, maximum, depth)
    return np.where(np.isnan(exact), thaw_depth(maximum, depth, beyond), exact)


def closed_talik(maximum: np.ndarray, minimum: np.ndarray) -> np.ndarray:
    """Whether a layer that stays above 0 degC all year has one below it that stays frozen all year.

    Parameters
    ----------
    maximum, minimum : (..., layers) arrays
        Yearly extremes, layers from the top down [K].

    Returns
    -------
    (...) array of bool
        False where values are missing.
    """
    thawed = np.logical_or.accumulate(np.asarray(minimum) > T0, axis=-1)
    return (thawed & (np.asarray(maximum) <= T0)).any(axis=-1)


def thawed_through(maximum: np.ndarray) -> np.ndarray:
    """Whether every layer that has values rises above 0 degC in the year; (..., layers) in K to (...) of bool."""
    maximum = np.asarray(maximum)
    return np.isfinite(maximum).any(axis=-1) & ~(maximum <= T0).any(axis=-1)


def check_depth(depth: np.ndarray, layers: int) -> np.ndarray:
    """The nodes as float64, one a layer.

    Raises
    ------
    ValueError
        Another number of them, negative ones, or such that do not ascend.
    """
    depth = np.asarray(depth, np.float64)
    if depth.shape != (layers,):
        raise ValueError(f"need {layers} depths, one a layer, got an array {depth.shape}")
    if not (depth >= 0.0).all() or not (np.diff(depth) > 0.0).all():
        raise ValueError(f"depths must ascend from the surface, got {depth.tolist()}")
    return depth

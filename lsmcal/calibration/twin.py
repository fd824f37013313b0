"""Twins of a calibration over many cells: hidden parameters, a target map with wrong pixels, noisy temperatures.

Everything random hangs on a seed and on names or cell numbers through a hash, so neither the order of the cells nor
what else there is, nor the version of a library, changes it.
"""

from __future__ import annotations

import hashlib

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.parameters.space import Dimension, Space
from lsmcal.parameters.table import ParameterSet

UNKNOWN = -1
#: A hidden value lies between this share of the largest distance and that distance itself.
_NEAREST = 0.5


def twin_target(classes: np.ndarray, cell: np.ndarray, wrong: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A map to calibrate against, from the map of a run whose parameters are hidden.

    A share of the known cells is turned into the other class. Which ones is drawn without regard to their place, so
    the errors are spatially uncorrelated; more of them include the fewer.

    Parameters
    ----------
    classes : (n,) array of int
        1 permafrost, 0 none, -1 unknown.
    cell : (n,) array of int
        Numbers of the cells.
    wrong : float
        Share of the known cells that is turned, below one half; ``round(wrong * known)`` of them are.
    seed : int

    Returns
    -------
    target : (n,) array of int8
    flipped : (n,) array of bool

    Raises
    ------
    InputError
        For another class, a share out of range, a repeated cell, or no known cell.
    """
    classes, cell = np.asarray(classes), np.asarray(cell, np.int64)
    _check_map(classes, cell, wrong)
    known = np.flatnonzero(classes != UNKNOWN)
    draws = [_digest(seed, "wrong", number) for number in cell[known].tolist()]
    order = sorted(range(known.size), key=draws.__getitem__)
    flipped = np.zeros(classes.shape, bool)
    flipped[known[order[: round(wrong * known.size)]]] = True
    return np.where(flipped, 1 - classes, classes).astype(np.int8), flipped


def hidden_set(space: Space, seed: int, strength: float = 0.6) -> ParameterSet:
    """A parameter set to be found again, away from the default in every dimension.

    Each value lies between half of ``strength`` and ``strength`` of the way from the default to one of its bounds;
    the side is drawn in proportion to the room there is. A dimension's value does not depend on the others.

    Parameters
    ----------
    space : Space
    seed : int
    strength : float
        Above 0, at most 1.

    Returns
    -------
    ParameterSet
        Within the bounds, in general off the levels.

    Raises
    ------
    InputError
        For a strength out of range.
    """
    if not 0.0 < strength <= 1.0:
        _fail("cannot be the distance of hidden parameters", "strength", strength, "above 0, at most 1")
    return ParameterSet({d.name: _hidden_value(d, seed, strength) for d in space.dimensions})


def twin_daily(daily: np.ndarray, noise: float, seed: int, cell: int = 0) -> np.ndarray:
    """Daily temperatures as sensors would have measured them: with an independent normal error each.

    Parameters
    ----------
    daily : (d, k) array
        Simulated [K].
    noise : float
        Standard deviation [K].
    seed : int
    cell : int
        Number of the cell, so that several sites have errors of their own.

    Returns
    -------
    (d, k) array
        NaN where ``daily`` is.

    Raises
    ------
    InputError
        For a noise that is negative or not finite.
    """
    if not 0.0 <= noise < np.inf:
        _fail("cannot be a standard deviation", "noise", noise, "a number of at least 0 K")
    daily = np.asarray(daily, np.float64)
    return daily + np.random.default_rng([seed, cell]).normal(0.0, noise, daily.shape)


def _hidden_value(dimension: Dimension, seed: int, strength: float) -> float:
    start = dimension.unit(dimension.default)
    up = _uniform(seed, "side", dimension.name) >= start
    share = strength * (_NEAREST + (1.0 - _NEAREST) * _uniform(seed, "distance", dimension.name))
    value = dimension.value(start + share * ((1.0 if up else 0.0) - start))
    if dimension.parameter.integer and value == dimension.default:
        value += 1.0 if value == dimension.low or (up and value < dimension.high) else -1.0
    return float(value)


def _digest(seed: int, *words: object) -> bytes:
    return hashlib.sha256(" ".join(map(str, (seed, *words))).encode()).digest()


def _uniform(seed: int, *words: object) -> float:
    """A number from 0 to 1, 1 excluded."""
    return (int.from_bytes(_digest(seed, *words)[:8], "big") >> 11) * 2.0**-53


def _check_map(classes: np.ndarray, cell: np.ndarray, wrong: float) -> None:
    problems = Problems()
    other = np.setdiff1d(classes, (0, 1, UNKNOWN))
    if other.size:
        problems.add(
            "unknown class codes",
            source="twin",
            variable="classes",
            value=other.tolist(),
            expected="1 permafrost, 0 none, -1 unknown",
        )
    if np.unique(cell).size != cell.size or cell.shape != classes.shape:
        problems.add("does not list each cell once", source="twin", variable="cell")
    if not (classes != UNKNOWN).any():
        problems.add("no cell has a known class", source="twin", variable="classes")
    if not 0.0 <= wrong < 0.5:
        problems.add(
            "cannot be the share of wrong pixels",
            source="twin",
            variable="wrong",
            value=wrong,
            expected="from 0 to less than 0.5",
        )
    problems.raise_if_any()


def _fail(message: str, variable: str, value: object, expected: str) -> None:
    problems = Problems()
    problems.add(message, source="twin", variable=variable, value=value, expected=expected)
    problems.raise_if_any()

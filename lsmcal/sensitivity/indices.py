"""Indices of sensitivity from variograms, and their ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.sensitivity.variograms import Variograms

#: Difference of equal values that rounding makes, as a part of them.
_EQUAL = 1e-12


def check_scales(scales: Sequence[float] | np.ndarray, h: np.ndarray) -> np.ndarray:
    """Scales of IVARS as an array.

    Raises
    ------
    InputError
        For a scale that is not above 0 or larger than the largest lag.
    """
    problems, largest = Problems(), float(h[-1])
    found = np.atleast_1d(np.asarray(scales, np.float64))
    if found.ndim != 1 or not found.size:
        problems.add("no scale", source="analyze", variable="scales")
    for scale in found.ravel():
        if not 0.0 < scale <= largest * (1.0 + 1e-9):
            expected = f"above 0 and at most the largest lag, {largest:g}"
            about = {"source": "analyze", "variable": "scales", "value": f"{scale:g}", "expected": expected}
            problems.add("invalid scale of IVARS", **about)
    problems.raise_if_any()
    return found


def ivars(gamma: np.ndarray, h: np.ndarray, scales: Sequence[float] | np.ndarray) -> np.ndarray:
    """Integral of the variogram from 0 to some scales.

    Parameters
    ----------
    gamma : (parameters, lags, ...) array
    h : (lags,) array
        Equal steps from the first lag on.
    scales : (scales,) sequence

    Returns
    -------
    (scales, parameters, ...) array
        ``IVARS_H = integral_0^H gamma(h) dh`` by trapezoids through (0, 0) and the lags, the last one cut at H.
    """
    found = []
    for scale in scales:
        weights = _trapezoids(h, float(scale))
        used = np.flatnonzero(weights)[-1] + 1
        found.append(np.einsum("pl...,l->p...", gamma[:, :used], weights[:used]))
    return np.stack(found)


def _trapezoids(h: np.ndarray, scale: float) -> np.ndarray:
    """Weight of each lag in the integral from 0 to ``scale`` of the broken line through (0, 0) and the lags."""
    step = float(h[0])
    reach = np.clip(scale / step - np.arange(h.size), 0.0, 1.0)
    # a scale such as 0.3 is a multiple of 0.1 but for rounding
    reach = np.where(reach < 1e-9, 0.0, np.where(reach > 1.0 - 1e-9, 1.0, reach))
    left, right = step * (reach - 0.5 * reach**2), 0.5 * step * reach**2
    return right + np.append(left[1:], 0.0)


def total_order(found: Variograms) -> np.ndarray:
    """VARS-TO, ``(gamma(dh) + ecov(dh)) / variance`` at the smallest lag; 0 where nothing varies.

    Returns
    -------
    (parameters, selections) array
        An estimate of Sobol's total-order index.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        index = (found.gamma[:, 0] + found.ecov[:, 0]) / found.variance
    nothing = (found.variance == 0.0) & np.isfinite(found.gamma[:, 0])
    return np.where(nothing, 0.0, index)


def competition_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks of descending values along the last axis: 1, 2, 2, 4; 0 for NaN.

    Notes
    -----
    Values that differ by rounding only, 1e-12 of themselves, are equal: parameters of the same effect come from sums
    in another order.
    """
    order, tied = _descending(values)
    place = np.arange(1, order.shape[-1] + 1)
    return _back(np.maximum.accumulate(np.where(tied, 0, place), axis=-1), order, values)


def ordered_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks of descending values along the last axis without ties: of equal values the first has the better rank."""
    order, tied = _descending(values)
    group = np.cumsum(~tied, axis=-1)
    # a second sort puts the members of a tie into the order of the axis
    order = np.take_along_axis(order, np.argsort(group * order.shape[-1] + order, axis=-1), axis=-1)
    return _back(np.broadcast_to(np.arange(1, order.shape[-1] + 1), order.shape), order, values)


def _descending(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Descending order, and whether each of the ordered values equals the one before it."""
    values = np.asarray(values, np.float64)
    order = np.argsort(-values, axis=-1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=-1)
    before, after = ordered[..., :-1], ordered[..., 1:]
    equal = before - after <= _EQUAL * np.maximum(np.abs(before), np.abs(after))
    return order, np.concatenate([np.zeros_like(equal, shape=(*equal.shape[:-1], 1)), equal], axis=-1)


def _back(place: np.ndarray, order: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Ranks in the order of the values; 0 where there is none."""
    ranks = np.empty(order.shape, np.int64)
    np.put_along_axis(ranks, order, place, axis=-1)
    return np.where(np.isnan(values), 0, ranks)

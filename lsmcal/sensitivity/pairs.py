"""Sums over the pairs of each star: all that variograms of any selection of stars need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lsmcal.sensitivity.sections import Sections


@dataclass(frozen=True)
class StarSums:
    """Sums over the pairs (a, b) of each ray at each lag, b the larger coordinate, of outputs less ``shift``.

    Parameters
    ----------
    count, squares, absolute, signed, products, ends : (stars, parameters, lags) array
        Number of pairs, and the sums of ``(b - a)**2``, ``|b - a|``, ``b - a``, ``a b`` and ``a + b``.
    sections, sectional : (stars, parameters, lags) array
        1 where the ray has a pair at that lag, and the mean over its pairs of the product of the deviations from the
        mean of the ray.
    points, total, total_squares : (stars,) array
        Number of distinct points, sum and sum of squares of their outputs.
    shift : float
        What was subtracted: it keeps digits of a small variation about a large value.
    """

    count: np.ndarray
    squares: np.ndarray
    absolute: np.ndarray
    signed: np.ndarray
    products: np.ndarray
    ends: np.ndarray
    sections: np.ndarray
    sectional: np.ndarray
    points: np.ndarray
    total: np.ndarray
    total_squares: np.ndarray
    shift: float


def star_sums(sections: Sections, y: np.ndarray) -> StarSums:
    """Sums of one response.

    Parameters
    ----------
    sections : Sections
    y : (rows,) array
        Outputs; what is not finite is a failed run, whose pairs are left out.
    """
    distinct = sections.distinct_values(y)
    good = np.isfinite(distinct)
    shift = _shift(distinct[good])
    with np.errstate(invalid="ignore"):
        values = sections.values(y) - shift
    finite = np.isfinite(values)
    values = np.where(finite, values, 0.0)
    deviations = _ray_deviations(values, finite)
    found = [_lag_sums(values, deviations, finite, lag) for lag in range(1, values.shape[2])]
    distinct = np.where(good, distinct, shift) - shift
    names = ("count", "squares", "absolute", "signed", "products", "ends", "sections", "sectional")
    by_name = {name: np.stack(parts, axis=2) for name, parts in zip(names, zip(*found, strict=True), strict=True)}
    return StarSums(
        **by_name,
        points=good.sum(axis=1).astype(float),
        total=distinct.sum(axis=1),
        total_squares=(distinct * distinct).sum(axis=1),
        shift=shift,
    )


def _shift(values: np.ndarray) -> float:
    """The mean, to the bit whatever the order; of equal values their value, so that a constant leaves only zeros."""
    if not values.size:
        return 0.0
    return float(values[0]) if values.min() == values.max() else float(np.sort(values).mean())


def _ray_deviations(values: np.ndarray, finite: np.ndarray) -> np.ndarray:
    """Deviations from the mean of the ray; exact zeros on a ray along which nothing changes, 0 where a run failed."""
    first = np.take_along_axis(values, finite.argmax(axis=2)[..., None], axis=2)
    values = np.where(finite, values - first, 0.0)
    count = np.maximum(finite.sum(axis=2, keepdims=True), 1)
    return np.where(finite, values - values.sum(axis=2, keepdims=True) / count, 0.0)


def _lag_sums(values, deviations, finite, lag: int) -> tuple[np.ndarray, ...]:
    """(stars, parameters) sums at one lag, in the order of the fields of :class:`StarSums`."""
    both = finite[..., lag:] & finite[..., :-lag]
    a, b = np.where(both, values[..., :-lag], 0.0), np.where(both, values[..., lag:], 0.0)
    difference = b - a
    count = both.sum(axis=2).astype(float)
    sectional = (deviations[..., lag:] * deviations[..., :-lag]).sum(axis=2) / np.maximum(count, 1.0)
    return (
        count,
        (difference * difference).sum(axis=2),
        np.abs(difference).sum(axis=2),
        difference.sum(axis=2),
        (a * b).sum(axis=2),
        (a + b).sum(axis=2),
        (count > 0.0).astype(float),
        sectional,
    )

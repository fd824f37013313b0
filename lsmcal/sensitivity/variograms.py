"""Directional variograms and covariograms of a selection of stars, from the sums of each star.

With the pairs (a, b) of all rays of a parameter at lag h, b the larger coordinate, and the means over them [.]::

    gamma(h) = [(b - a)^2] / 2          cov(h) = [(a - mu) (b - mu)]
    abe(h) = [|b - a|]                  ace(h) = [b - a]
    ecov(h) = mean over rays of the ray's own mean of (a - mu_ray) (b - mu_ray)

mu and the variance (with one degree of freedom less) are those of all distinct points (Razavi and Gupta 2016).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lsmcal.sensitivity.pairs import StarSums


@dataclass(frozen=True)
class Variograms:
    """Variograms of one response; NaN where there is no pair.

    Parameters
    ----------
    gamma, cov, ecov, abe, ace : (parameters, lags, selections) array
        As the module says; the last axis counts the selections of stars.
    mean, variance : (selections,) array
    """

    gamma: np.ndarray
    cov: np.ndarray
    ecov: np.ndarray
    abe: np.ndarray
    ace: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


def variograms(sums: StarSums, weights: np.ndarray | None = None) -> Variograms:
    """Variograms of selections of stars.

    Parameters
    ----------
    sums : StarSums
    weights : (selections, stars) array, optional
        How often each star is taken; all stars once by default. A selection costs a row of a matrix product.
    """

    def pooled(values: np.ndarray) -> np.ndarray:
        if weights is None:
            return values.sum(axis=0)[..., None]
        flat = values.reshape(values.shape[0], -1)
        return (flat.T @ weights.T).reshape(*values.shape[1:], len(weights))

    with np.errstate(invalid="ignore", divide="ignore"):
        points, total = pooled(sums.points), pooled(sums.total)
        mean = total / points
        variance = np.maximum(pooled(sums.total_squares) - total * mean, 0.0) / (points - 1.0)
        share = 1.0 / pooled(sums.count)
        share[~np.isfinite(share)] = np.nan
        return Variograms(
            gamma=0.5 * pooled(sums.squares) * share,
            cov=(pooled(sums.products) - mean * pooled(sums.ends)) * share + mean * mean,
            ecov=pooled(sums.sectional) / pooled(sums.sections),
            abe=pooled(sums.absolute) * share,
            ace=pooled(sums.signed) * share,
            mean=mean + sums.shift,
            variance=np.where(points > 1.0, variance, np.nan),
        )

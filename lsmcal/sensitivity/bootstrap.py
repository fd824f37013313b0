"""Uncertainty by resampling whole stars."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.sensitivity.indices import competition_ranks, ivars, total_order
from lsmcal.sensitivity.pairs import StarSums
from lsmcal.sensitivity.problem import is_count
from lsmcal.sensitivity.variograms import variograms

#: Variograms that get limits.
DIRECTIONAL = ("gamma", "cov", "ecov", "abe", "ace")


def draw_stars(stars: int, replicates: int, seed: int | None = None) -> np.ndarray:
    """(replicates, stars) array of star numbers, drawn with replacement; the same seed draws the same."""
    return np.random.default_rng(seed).integers(0, stars, (replicates, stars))


def multiplicities(resamples: np.ndarray, stars: int) -> np.ndarray:
    """How often each star is in each replicate: (replicates, stars) array of float.

    Parameters
    ----------
    resamples : (replicates, drawn) array of int
        Star numbers from 0.

    Raises
    ------
    InputError
        For numbers that are not those of stars.
    """
    resamples, problems = np.asarray(resamples), Problems()
    about = {"source": "analyze", "variable": "resamples"}
    if resamples.ndim != 2 or resamples.dtype.kind not in "iu" or not resamples.size:
        problems.add("invalid star numbers of replicates", value=f"shape {resamples.shape}, {resamples.dtype}", **about)
    elif resamples.min() < 0 or resamples.max() >= stars:
        value = int(resamples.min() if resamples.min() < 0 else resamples.max())
        problems.add("unknown star", value=value, expected=f"0 to {stars - 1}", **about)
    problems.raise_if_any()
    row = np.arange(len(resamples))[:, None]
    flat = np.bincount((row * stars + resamples).ravel(), minlength=len(resamples) * stars)
    return flat.reshape(len(resamples), stars).astype(np.float64)


@dataclass(frozen=True)
class Replicates:
    """Bootstrap of one response.

    Parameters
    ----------
    limits : dict of str to (2, parameters, lags) array
        Lower and upper limit of each of :data:`DIRECTIONAL`.
    ivars : (replicates, scales, parameters) array
    vars_to : (replicates, parameters) array
    """

    limits: dict[str, np.ndarray]
    ivars: np.ndarray
    vars_to: np.ndarray


def replicate(sums: StarSums, weights: np.ndarray, h: np.ndarray, scales, confidence: float) -> Replicates:
    """Indices of every replicate; variograms, their means and the variance are the replicate's own.

    Parameters
    ----------
    sums : StarSums
    weights : (replicates, stars) array
    h : (lags,) array
    scales : sequence of float
    confidence : float
        Part of the replicates between the limits.
    """
    found = variograms(sums, weights)
    limits = {name: percentile_limits(getattr(found, name), confidence) for name in DIRECTIONAL}
    scaled = np.moveaxis(ivars(found.gamma, h, scales), -1, 0)
    return Replicates(limits, np.ascontiguousarray(scaled), np.ascontiguousarray(total_order(found).T))


def percentile_limits(values: np.ndarray, confidence: float, axis: int = -1) -> np.ndarray:
    """Lower and upper percentile over replicates, linearly interpolated; replicates without a value do not count.

    Returns
    -------
    (2, ...) array
    """
    outer = 0.5 * (1.0 - confidence)
    quantile = np.nanquantile if np.isnan(values).any() else np.quantile
    with warnings.catch_warnings():
        # a lag at which no replicate has a pair has no limits
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
        return quantile(values, (outer, 1.0 - outer), axis=axis)


def reliability(ranks: np.ndarray, values: np.ndarray, ranking=competition_ranks) -> np.ndarray:
    """Share of replicates in which each parameter has exactly the rank it has in the full sample.

    Parameters
    ----------
    ranks : (..., parameters) array
        Of the full sample.
    values : (replicates, ..., parameters) array
    ranking : callable
        The rule by which ``ranks`` was made.
    """
    share = (ranking(values) == ranks).mean(axis=0)
    return np.where(np.asarray(ranks) > 0, share, np.nan)


def check_settings(replicates: int, confidence: float) -> None:
    """Refuse a number of replicates or a confidence that cannot be.

    Raises
    ------
    InputError
    """
    problems = Problems()
    if not is_count(replicates, 0):
        problems.add("invalid number of replicates", source="analyze", variable="bootstrap", value=replicates)
    if not 0.0 < confidence < 1.0:
        problems.add("not between 0 and 1", source="analyze", variable="confidence", value=confidence)
    problems.raise_if_any()


def prefixes(stars: int, sizes: Sequence[int] | np.ndarray) -> np.ndarray:
    """Weights that select the first few stars: (sizes, stars) array.

    Raises
    ------
    InputError
        For a size that is no number of stars of the sample.
    """
    problems = Problems()
    counts = np.atleast_1d(np.asarray(sizes))
    if counts.dtype.kind not in "iu" or not counts.size or counts.min() < 1 or counts.max() > stars:
        problems.add(
            "invalid numbers of stars", source="progress", variable="stars", value=counts, expected=f"1 to {stars}"
        )
    problems.raise_if_any()
    return (np.arange(stars) < counts[:, None]).astype(np.float64)

"""Progressive assessment: what the indices would have been with fewer stars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lsmcal.sensitivity.analysis import SCALES, checked_sample
from lsmcal.sensitivity.bootstrap import check_settings, multiplicities, percentile_limits, prefixes
from lsmcal.sensitivity.indices import check_scales, competition_ranks, ivars, total_order
from lsmcal.sensitivity.pairs import StarSums
from lsmcal.sensitivity.variograms import variograms


@dataclass(frozen=True)
class Progress:
    """Indices from the first few stars of a sample.

    Parameters
    ----------
    names : (n,) tuple of str
    responses : (r,) tuple of str
    stars : (k,) array of int
        How many stars each step has.
    scales : (s,) array
    ivars, rank_ivars : (r, k, s, n) array
    vars_to, rank_vars_to : (r, k, n) array
    ivars_limits, vars_to_limits : (2, ...) array or None
        Limits of the same shapes from replicates of the stars so far.
    """

    names: tuple[str, ...]
    responses: tuple[str, ...]
    stars: np.ndarray
    scales: np.ndarray
    ivars: np.ndarray
    rank_ivars: np.ndarray
    vars_to: np.ndarray
    rank_vars_to: np.ndarray
    ivars_limits: np.ndarray | None = None
    vars_to_limits: np.ndarray | None = None

    def to_df(self, response: str | int = 0):
        """A :class:`pandas.DataFrame` of one response: a row for each number of stars and parameter."""
        import pandas

        r = self._number(response)
        places = pandas.MultiIndex.from_product([self.stars, self.names], names=["stars", "parameter"])
        columns = {}
        for s, scale in enumerate(self.scales):
            columns[f"IVARS-{100.0 * scale:g}"] = self.ivars[r, :, s].ravel()
            columns[f"rank_IVARS-{100.0 * scale:g}"] = self.rank_ivars[r, :, s].ravel()
        columns |= {"VARS-TO": self.vars_to[r].ravel(), "rank_VARS-TO": self.rank_vars_to[r].ravel()}
        return pandas.DataFrame(columns, index=places)

    def plot(self, response: str | int = 0, most: int = 10):
        """The largest indices of one response against the number of stars: a :class:`matplotlib.figure.Figure`.

        Parameters
        ----------
        response : str or int
        most : int
            How many parameters are drawn in colour.
        """
        from lsmcal.sensitivity.plots import progress_figure

        return progress_figure(self, self._number(response), most)

    def _number(self, response: str | int) -> int:
        return self.responses.index(response) if isinstance(response, str) else response


def progress(
    problem: Mapping,
    X: np.ndarray,
    Y: np.ndarray,
    *,
    delta_h: float = 0.1,
    star: Sequence[int] | None = None,
    ray: Sequence[int] | None = None,
    scales: Sequence[float] | np.ndarray = SCALES,
    stars: Sequence[int] | None = None,
    bootstrap: int = 0,
    confidence: float = 0.9,
    seed: int | None = None,
    responses: Sequence[str] | None = None,
) -> Progress:
    """Indices from the first stars of a sample, for ever more of them.

    Parameters
    ----------
    problem, X, Y, delta_h, star, ray, scales, confidence, seed, responses
        As of :func:`lsmcal.sensitivity.analyze`.
    stars : sequence of int, optional
        Numbers of stars; some twenty up to all of them by default.
    bootstrap : int
        Replicates for the limits at each number; 0 for none.

    Raises
    ------
    InputError
        As :func:`lsmcal.sensitivity.analyze`, and for numbers of stars that there are not.
    """
    prepared = checked_sample(problem, X, Y, delta_h=delta_h, star=star, ray=ray, responses=responses)
    h, total = prepared.sections.h, prepared.sections.stars
    scales = check_scales(scales, h)
    check_settings(bootstrap, confidence)
    sizes = np.unique(np.linspace(1, total, min(total, 20)).round().astype(int)) if stars is None else np.asarray(stars)
    weights = prefixes(total, sizes)
    drawn = _drawn(total, sizes, int(bootstrap), seed) if bootstrap else []
    found: dict[str, list] = {"ivars": [], "vars_to": [], "ivars_limits": [], "vars_to_limits": []}
    for sums, _ in prepared.each():
        integrals, orders = _indices(sums, weights, h, scales)
        found["ivars"].append(integrals)
        found["vars_to"].append(orders)
        each = [_indices(sums, one, h, scales) for one in drawn]
        for place, name in enumerate(("ivars_limits", "vars_to_limits")):
            found[name].append([percentile_limits(one[place], confidence, axis=0) for one in each])
    integrals, orders = np.stack(found["ivars"]), np.stack(found["vars_to"])
    limits = {name: np.moveaxis(np.array(found[name]), 2, 0) for name in ("ivars_limits", "vars_to_limits") if drawn}
    return Progress(
        prepared.parameters.names,
        prepared.responses,
        sizes,
        scales,
        integrals,
        competition_ranks(integrals),
        orders,
        competition_ranks(orders),
        **limits,
    )


def _drawn(total: int, sizes: np.ndarray, replicates: int, seed: int | None) -> list[np.ndarray]:
    """Weights of the replicates at each number of stars."""
    rng = np.random.default_rng(seed)
    return [multiplicities(rng.integers(0, size, (replicates, size)), total) for size in sizes]


def _indices(sums: StarSums, weights: np.ndarray, h: np.ndarray, scales) -> tuple[np.ndarray, np.ndarray]:
    """IVARS (selections, scales, n) and VARS-TO (selections, n)."""
    found = variograms(sums, weights)
    return np.moveaxis(ivars(found.gamma, h, scales), -1, 0), total_order(found).T

"""Sensitivity from any sample: variograms of a random field that fits the outputs best.

The outputs are taken as one draw of a Gaussian process on the unit cube with covariance
``s2 (prod_i r(|h_i| / l_i) + g [h = 0])``. Its lengths ``l_i`` and the nugget ``g`` are those of greatest likelihood;
then ``gamma_i(h) = s2 (1 - r(h / l_i))`` is the variogram along parameter i, and IVARS its integral (the idea of
Sheikholeslami and Razavi 2020, doi 10.1029/2020GL089829). No star is needed, but what comes out is the variogram of a
model of the data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lsmcal.core.errors import InputError, Problem, Problems, not_none
from lsmcal.sensitivity.indices import check_scales, competition_ranks, ivars
from lsmcal.sensitivity.problem import Parameters, points_of_ray, read_problem

SCALES = (0.1, 0.3, 0.5)
#: Bounds of the lengths, in ranges of the parameter, and of the nugget.
LENGTHS, NUGGETS = (0.02, 1e3), (1e-8, 1.0)
_FEWEST = 3


def _matern32(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scaled = np.sqrt(3.0) * x
    return (1.0 + scaled) * np.exp(-scaled), scaled * scaled / (1.0 + scaled)


def _matern52(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scaled = np.sqrt(5.0) * x
    polynomial = 1.0 + scaled + scaled * scaled / 3.0
    return polynomial * np.exp(-scaled), scaled * scaled * (1.0 + scaled) / 3.0 / polynomial


#: Correlation at a distance x in lengths, and how its logarithm grows with the logarithm of the length.
KERNELS = {
    "exponential": lambda x: (np.exp(-x), x),
    "matern32": _matern32,
    "matern52": _matern52,
    "gaussian": lambda x: (np.exp(-0.5 * x * x), x * x),
}


@dataclass(frozen=True)
class GivenData:
    """Indices from any sample.

    Parameters
    ----------
    names : (n,) tuple of str
    responses : (r,) tuple of str
    h : (lags,) array
    scales : (s,) array
    gamma : (r, n, lags) array
        Directional variograms, in the squared unit of the response.
    ivars, share, rank : (r, s, n) array
        Integrated variograms, their part of the sum over parameters, and competition ranks.
    length : (r, n) array
        Fitted lengths in ranges of the parameters.
    nugget, likelihood : (r,) array
        Part of the variance that no parameter explains, and the logarithm of the likelihood.
    kernel : (r,) tuple of str
    points : (r,) array of int
        Runs that did not fail.
    """

    names: tuple[str, ...]
    responses: tuple[str, ...]
    h: np.ndarray
    scales: np.ndarray
    gamma: np.ndarray
    ivars: np.ndarray
    share: np.ndarray
    rank: np.ndarray
    length: np.ndarray
    nugget: np.ndarray
    likelihood: np.ndarray
    kernel: tuple[str, ...]
    points: np.ndarray

    def to_df(self):
        """A :class:`pandas.DataFrame` with a row for each response and parameter."""
        import pandas

        tables = {}
        for r, response in enumerate(self.responses):
            columns = {"length": self.length[r]}
            for s, scale in enumerate(self.scales):
                title = f"IVARS-{100.0 * scale:g}"
                columns |= {title: self.ivars[r, s], f"share_{title}": self.share[r, s]}
                columns[f"rank_{title}"] = self.rank[r, s]
            tables[response] = pandas.DataFrame(columns, index=list(self.names))
        return pandas.concat(tables, names=["response", "parameter"])

    def plot(self, response: str | int = 0):
        """Variograms and shares of one response: a :class:`matplotlib.figure.Figure`."""
        from lsmcal.sensitivity.plots import given_overview

        return given_overview(self, self.responses.index(response) if isinstance(response, str) else response)


def given_data(
    problem: Mapping,
    X: np.ndarray,
    Y: np.ndarray,
    *,
    kernel: str = "best",
    scales: Sequence[float] | np.ndarray = SCALES,
    delta_h: float = 0.1,
    responses: Sequence[str] | None = None,
) -> GivenData:
    """Indices from points without any structure and their outputs.

    Parameters
    ----------
    problem : mapping
        SALib's, of uniform parameters.
    X : (points, n) array
        Inside the bounds.
    Y : (points,) or (points, responses) array
        Points with an output that is not finite are left out.
    kernel : {"best", "exponential", "matern32", "matern52", "gaussian"}
        Shape of the correlation; ``best`` is the one of greatest likelihood.
    scales : sequence of float
    delta_h : float
        Step of the trapezoids and of the stated variograms.
    responses : sequence of str, optional

    Returns
    -------
    GivenData

    Notes
    -----
    Time grows with the third power of the points: some seconds for 500 of six parameters, minutes for 2,000.
    """
    parameters, unit, outputs, names = _checked(problem, X, Y, kernel, responses)
    number = points_of_ray(delta_h)
    h = np.arange(1, number + 1) / number
    scales = check_scales(scales, h)
    kernels = tuple(KERNELS) if kernel == "best" else (kernel,)
    found = [_respond(unit, column, kernels, h) for column in outputs.T]
    gamma = np.stack([one.pop("gamma") for one in found])
    integrals = np.stack([ivars(one, h, scales) for one in gamma])
    total = integrals.sum(axis=2, keepdims=True)
    share = np.divide(integrals, total, out=np.zeros_like(integrals), where=total > 0.0)
    chosen = tuple(one.pop("kernel") for one in found)
    fields = {name: np.stack([one[name] for one in found]) for name in found[0]}
    return GivenData(
        parameters.names,
        names,
        h,
        scales,
        gamma,
        integrals,
        share,
        competition_ranks(integrals),
        kernel=chosen,
        **fields,
    )


def _checked(problem, X, Y, kernel: str, responses) -> tuple[Parameters, np.ndarray, np.ndarray, tuple[str, ...]]:
    parameters, problems = read_problem(problem), Problems()
    points, outputs = np.asarray(X, np.float64), np.asarray(Y, np.float64)
    if kernel != "best" and kernel not in KERNELS:
        expected = " or ".join(["best", *KERNELS])
        problems.add("unknown kernel", source="given_data", variable="kernel", value=kernel, expected=expected)
    if not parameters.uniform:
        problems.add("only uniform parameters", source="given_data", variable="dists", value=parameters.dists)
    if points.ndim != 2 or points.shape[1] != parameters.count or not np.isfinite(points).all():
        expected = f"finite (points, {parameters.count})"
        problems.add("no points", source="given_data", variable="X", value=points.shape, expected=expected)
    if outputs.ndim not in (1, 2) or len(outputs) != len(points):
        problems.add(
            "not one output for each point",
            source="given_data",
            variable="Y",
            value=outputs.shape,
            expected=f"({len(points)},) or ({len(points)}, responses)",
        )
    problems.raise_if_any()
    unit = parameters.to_unit(points)
    outside = np.flatnonzero(((unit < -1e-9) | (unit > 1.0 + 1e-9)).any(axis=0))
    if outside.size:
        value = ", ".join(parameters.names[k] for k in outside)
        raise InputError([Problem("points outside the bounds", "given_data", "X", value=value)])
    outputs = outputs.reshape(len(points), -1)
    count = outputs.shape[1]
    names = responses or (("y",) if count == 1 else [f"y{k + 1}" for k in range(count)])
    if len(names) != count:
        raise InputError([Problem("do not fit the outputs", "given_data", "responses", expected=str(count))])
    return parameters, unit, outputs, tuple(map(str, names))


def _respond(unit: np.ndarray, y: np.ndarray, kernels: tuple[str, ...], h: np.ndarray) -> dict:
    """Fields of one response."""
    good, n = np.isfinite(y), unit.shape[1]
    if good.sum() <= max(_FEWEST, n + 1):
        value, expected = f"{good.sum()} runs", f"more than {max(_FEWEST, n + 1)} that did not fail"
        raise InputError([Problem("too few runs", "given_data", "Y", value=value, expected=expected)])
    unit, y = unit[good], y[good]
    points = np.int64(good.sum())
    if y.min() == y.max():
        return {
            "kernel": kernels[0],
            "gamma": np.zeros((n, h.size)),
            "length": np.full(n, np.inf),
            "nugget": np.float64(0.0),
            "likelihood": np.float64(np.nan),
            "points": points,
        }
    scale = y.std()
    # with values of order one the bounds of the nugget mean the same for every response
    fits = [_fit(unit, (y - y.mean()) / scale, name) for name in kernels]
    best = max(range(len(fits)), key=lambda number: fits[number][0])
    likelihood, length, nugget, variance = fits[best]
    correlation = KERNELS[kernels[best]](h / length[:, None])[0]
    return {
        "kernel": kernels[best],
        "gamma": scale**2 * variance * (1.0 - correlation),
        "length": length,
        "nugget": np.float64(nugget / (1.0 + nugget)),
        "likelihood": np.float64(likelihood - y.size * np.log(scale)),
        "points": points,
    }


def _fit(unit: np.ndarray, y: np.ndarray, kernel: str) -> tuple[float, np.ndarray, float, float]:
    """Likelihood, lengths, nugget and variance of the greatest likelihood; two starts, the better counts."""
    from scipy.optimize import minimize

    n = unit.shape[1]
    bounds = [tuple(np.log(LENGTHS))] * n + [tuple(np.log(NUGGETS))]
    best = None
    for length in (0.5, 3.0):
        start = np.append(np.full(n, np.log(length)), np.log(1e-3))
        found = minimize(_misfit, start, (unit, y, kernel), "L-BFGS-B", jac=True, bounds=bounds)
        best = found if best is None or found.fun < best.fun else best
    best = not_none(best)
    length, nugget = np.exp(best.x[:-1]), float(np.exp(best.x[-1]))
    residual, _, solved = _solve(_correlation(unit, length, kernel), nugget, y)
    return -float(best.fun), length, nugget, float(residual @ solved) / y.size


def _correlation(unit: np.ndarray, length: np.ndarray, kernel: str) -> np.ndarray:
    found = np.ones((len(unit), len(unit)))
    for k, size in enumerate(length):
        found *= KERNELS[kernel](np.abs(unit[:, None, k] - unit[:, k]) / size)[0]
    return found


def _solve(correlation: np.ndarray, nugget: float, y: np.ndarray):
    """Residual from the mean of greatest likelihood, the Cholesky factor, and the solved residual."""
    from scipy.linalg import cho_factor, cho_solve

    matrix = correlation.copy()
    matrix[np.diag_indices_from(matrix)] += nugget
    factor = cho_factor(matrix, lower=True, overwrite_a=True)
    ones = cho_solve(factor, np.ones_like(y))
    residual = y - (ones @ y) / ones.sum()
    return residual, factor, cho_solve(factor, residual)


def _misfit(x: np.ndarray, unit: np.ndarray, y: np.ndarray, kernel: str) -> tuple[float, np.ndarray]:
    """Negative logarithm of the likelihood, mean and variance at their best, and its gradient."""
    from scipy.linalg import LinAlgError, cho_solve

    length, nugget = np.exp(x[:-1]), float(np.exp(x[-1]))
    correlation = _correlation(unit, length, kernel)
    try:
        residual, factor, solved = _solve(correlation, nugget, y)
    except LinAlgError:
        return 1e25, np.zeros_like(x)
    variance = (residual @ solved) / y.size
    value = 0.5 * y.size * (np.log(2.0 * np.pi * variance) + 1.0) + np.log(np.diagonal(factor[0])).sum()
    inner = cho_solve(factor, np.eye(y.size)) - np.outer(solved, solved) / variance
    weighted = inner * correlation
    gradient = np.empty_like(x)
    for k, size in enumerate(length):
        growth = KERNELS[kernel](np.abs(unit[:, None, k] - unit[:, k]) / size)[1]
        gradient[k] = 0.5 * np.vdot(weighted, growth)
    gradient[-1] = 0.5 * nugget * np.trace(inner)
    return float(value), gradient

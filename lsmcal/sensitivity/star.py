"""STAR samples: centres spread over the unit cube, and through each centre one ray along every parameter.

Razavi and Gupta (2016, doi 10.1002/2015WR017559). The order of the points, which :func:`labels` spells out: star after
star; in each star the centre, then for each parameter in the order of the problem the other points of its ray, the
coordinate ascending. ``centers * (n * (1 / delta_h - 1) + 1)`` points altogether, all distinct.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lsmcal.core.errors import InputError, Problem, Problems
from lsmcal.core.memory import check_memory
from lsmcal.sensitivity.problem import is_count, points_of_ray, read_problem

SAMPLERS = ("lhs", "sobol", "halton", "random")


def sample(
    problem: Mapping, centers: int = 100, delta_h: float = 0.1, *, sampler: str = "lhs", seed: int | None = None
) -> np.ndarray:
    """Points at which the model has to be run.

    Parameters
    ----------
    problem : mapping
        SALib's: ``names``, ``bounds``, where wanted ``dists``.
    centers : int
        Number m of stars.
    delta_h : float
        Distance of neighbours on a ray, as a part of the parameter's range; any for which 1 / ``delta_h`` is whole.
    sampler : {"lhs", "sobol", "halton", "random"}
        How the centres are drawn: Latin hypercube, scrambled Sobol or Halton sequence (SciPy's), or independently.
    seed : int, optional
        The same seed gives the same points. Without one they differ from call to call.

    Returns
    -------
    (m * (n * (1 / delta_h - 1) + 1), n) array
        In the units of the bounds; ordered as the module says.

    Raises
    ------
    InputError
        For bounds low above high or not finite, a ``delta_h`` that does not divide 1, an unknown sampler.
    """
    problems = Problems()
    parameters = _tried(read_problem, problem, problems)
    number = _tried(points_of_ray, delta_h, problems)
    if not is_count(centers, 1):
        problems.add(
            "invalid number of stars", source="sample", variable="centers", value=centers, expected="1 or more"
        )
    if sampler not in SAMPLERS:
        problems.add(
            "unknown sampler", source="sample", variable="sampler", value=sampler, expected=" or ".join(SAMPLERS)
        )
    problems.raise_if_any()
    points = float(centers) * (parameters.count * (number - 1) + 1)
    check_memory(24.0 * points * parameters.count, f"a sample of {points:,.0f} points", problems, source="sample")
    problems.raise_if_any()
    return parameters.scale(stars(draw_centers(int(centers), parameters.count, sampler, seed), number))


def _tried(read, given, problems: Problems):
    try:
        return read(given)
    except InputError as error:
        problems.extend(error)
        return None


def draw_centers(centers: int, parameters: int, sampler: str = "lhs", seed: int | None = None) -> np.ndarray:
    """(centers, parameters) array in [0, 1)."""
    rng = np.random.default_rng(seed)
    if sampler == "random":
        return rng.random((centers, parameters))
    # scipy.stats takes most of a second
    from scipy.stats import qmc

    if sampler == "lhs":
        return np.clip(qmc.LatinHypercube(parameters, seed=rng).random(centers), 0.0, np.nextafter(1.0, 0.0))
    if sampler == "halton":
        return qmc.Halton(parameters, scramble=True, seed=rng).random(centers)
    # whole powers of two are what SciPy draws without a warning; the first points of a sequence stay the same
    return qmc.Sobol(parameters, scramble=True, seed=rng).random_base2((centers - 1).bit_length())[:centers]


def stars(centers: np.ndarray, number: int) -> np.ndarray:
    """Points of the stars around some centres.

    Parameters
    ----------
    centers : (m, n) array
        In [0, 1).
    number : int
        Points of a ray.

    Returns
    -------
    (m * (n * (number - 1) + 1), n) array

    Notes
    -----
    Every ray has exactly ``number`` points, ``c - floor(c / dh) dh + j dh`` with j = 0, 1, ...: the cube is open above,
    so a centre that happens to lie on a multiple of dh brings no further point.
    """
    centers = np.asarray(centers, np.float64)
    m, n = centers.shape
    cell = np.minimum((centers * number).astype(np.int64), number - 1)
    lowest = np.maximum(centers - cell / number, 0.0)
    points = np.repeat(centers[:, None, :], n * (number - 1) + 1, axis=1)
    step = np.arange(number - 1)
    for k in range(n):
        other = step + (step >= cell[:, k, None])
        rows = slice(1 + k * (number - 1), 1 + (k + 1) * (number - 1))
        points[:, rows, k] = np.minimum(lowest[:, k, None] + other / number, 1.0)
    return points.reshape(-1, n)


def labels(centers: int, parameters: int, delta_h: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Star and ray of each point of :func:`sample`.

    Returns
    -------
    star : (points,) array of int
        From 0.
    ray : (points,) array of int
        Number of the parameter along which the point lies, from 0; -1 for the centre, which is on every ray.
    """
    number = points_of_ray(delta_h)
    ray = np.concatenate([[-1], np.repeat(np.arange(parameters), number - 1)])
    return np.repeat(np.arange(centers), ray.size), np.tile(ray, centers)


def stars_in(points: int, parameters: int, delta_h: float) -> int:
    """Number of stars in so many points of :func:`sample`.

    Raises
    ------
    InputError
        When the points do not form complete stars.
    """
    size = parameters * (points_of_ray(delta_h) - 1) + 1
    if points == 0 or points % size:
        text = f"a multiple of {size} for {parameters} parameters at delta_h {delta_h:g}, or star and ray of each point"
        raise InputError(
            [Problem("the points do not form complete stars", "analyze", "X", value=str(points), expected=text)]
        )
    return points // size

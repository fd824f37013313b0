"""A SALib ``problem`` as parameters with names and bounds, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real

import numpy as np

from lsmcal.core.errors import InputError, Problem, Problems

#: Distributions that SALib scales to, and how many numbers each takes as ``bounds``.
DISTRIBUTIONS = {"unif": 2, "logunif": 2, "triang": 3, "norm": 2, "truncnorm": 4, "lognorm": 2}
_ORDERED = ("unif", "logunif", "truncnorm", "triang")


@dataclass(frozen=True)
class Parameters:
    """The parameters of a problem.

    Parameters
    ----------
    names : tuple of str
    bounds : tuple of tuple of float
        What ``dists`` makes of them; lower and upper end for uniform parameters.
    dists : tuple of str
        Keys of :data:`DISTRIBUTIONS`.
    """

    names: tuple[str, ...]
    bounds: tuple[tuple[float, ...], ...]
    dists: tuple[str, ...]

    @property
    def count(self) -> int:
        """Number of parameters."""
        return len(self.names)

    @property
    def uniform(self) -> bool:
        """Whether every parameter is uniform, so that points can be mapped back to the unit cube."""
        return all(dist == "unif" for dist in self.dists)

    def scale(self, unit: np.ndarray) -> np.ndarray:
        """Points of the unit cube in the parameters' own units: (points, parameters), uniform or by SALib.

        Raises
        ------
        InputError
            When a distribution rejects its numbers or makes a point that is not finite.
        """
        if self.uniform:
            lower, upper = np.array(self.bounds).T
            return lower + unit * (upper - lower)
        # SALib brings pandas with it
        from SALib.util import scale_samples

        problem = {"num_vars": self.count, "names": list(self.names), "dists": list(self.dists)}
        problem["bounds"] = [list(pair) for pair in self.bounds]
        try:
            points = np.asarray(scale_samples(unit.copy(), problem))
        except ValueError as error:
            raise InputError([Problem(f"invalid distributions: {error}", "problem", "dists")]) from None
        bad = ~np.isfinite(points).all(axis=0)
        if bad.any():
            names = ", ".join(np.array(self.names)[bad])
            raise InputError([Problem("gives points that are not finite", "problem", "dists", value=names)])
        return points

    def to_unit(self, points: np.ndarray) -> np.ndarray:
        """Points of uniform parameters in the unit cube."""
        lower, upper = np.array(self.bounds).T
        return (np.asarray(points, np.float64) - lower) / (upper - lower)


def read_problem(problem: Mapping) -> Parameters:
    """The parameters of a SALib ``problem``.

    Parameters
    ----------
    problem : mapping
        ``names``, ``bounds`` and, where wanted, ``num_vars`` and ``dists`` (:data:`DISTRIBUTIONS`). ``groups`` may name
        every parameter for itself only: a star has one ray for each parameter.

    Raises
    ------
    InputError
        With everything that is wrong.
    """
    problems = Problems()
    for key in ("names", "bounds"):
        if problem.get(key) is None:
            problems.add("missing", source="problem", variable=key)
    problems.raise_if_any()
    names = tuple(str(name) for name in problem["names"])
    dists = tuple(problem.get("dists") or ("unif",) * len(names))
    _check_names(problem, names, dists, problems)
    problems.raise_if_any()
    bounds = [
        _bounds_of(name, given, dist, problems)
        for name, given, dist in zip(names, problem["bounds"], dists, strict=True)
    ]
    problems.raise_if_any()
    return Parameters(names, tuple(bounds), dists)


def _check_names(problem: Mapping, names: tuple[str, ...], dists: tuple[str, ...], problems: Problems) -> None:
    if not names:
        problems.add("no parameter", source="problem", variable="names")
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        problems.add("is a duplicate", source="problem", variable="names", value=", ".join(twice))
    sizes = {"bounds": len(problem["bounds"]), "dists": len(dists), "num_vars": problem.get("num_vars", len(names))}
    for key, size in sizes.items():
        if size != len(names):
            problems.add("does not fit the names", source="problem", variable=key, value=size, expected=len(names))
    groups = problem.get("groups")
    if groups is not None and len(set(groups)) < len(names):
        problems.add("groups of parameters have no rays", source="problem", variable="groups", expected="no groups")


def _bounds_of(name: str, given, dist: str, problems: Problems) -> tuple[float, ...]:
    about = {"source": "problem", "variable": name, "value": given}
    if dist not in DISTRIBUTIONS:
        about |= {"value": dist, "expected": " or ".join(DISTRIBUTIONS)}
        problems.add("unknown distribution", **about)
        return ()
    try:
        numbers = tuple(float(value) for value in given)
    except (TypeError, ValueError):
        problems.add("the bounds are no numbers", **about)
        return ()
    if len(numbers) != DISTRIBUTIONS[dist]:
        problems.add(f"the bounds of {dist} do not fit", expected=f"{DISTRIBUTIONS[dist]} numbers", **about)
    elif not all(map(math.isfinite, numbers)):
        problems.add("the bounds are not finite", **about)
    elif dist in _ORDERED and not numbers[0] < numbers[1]:
        problems.add("the lower bound is not below the upper", **about)
    elif dist == "unif" and not math.isfinite(numbers[1] - numbers[0]):
        problems.add("the bounds are too far apart", **about)
    elif dist == "logunif" and not numbers[0] > 0.0:
        problems.add("the lower bound of logunif is not above 0", **about)
    elif dist in ("norm", "lognorm") and not numbers[1] > 0.0:
        problems.add(f"the standard deviation of {dist} is not above 0", **about)
    return numbers


def is_count(value, least: int) -> bool:
    """Whether a value is a whole number, and not below the least that makes sense."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    return float(value) == float(value) // 1 and float(value) >= least


def points_of_ray(delta_h: float) -> int:
    """Points of a ray, 1 / ``delta_h``.

    Raises
    ------
    InputError
        When that is not a whole number of at least 2.
    """
    try:
        number = 1.0 / float(delta_h)
    except (TypeError, ValueError, ZeroDivisionError):
        number = math.nan
    if not math.isfinite(number) or round(number) < 2 or abs(number - round(number)) > 1e-6:
        expected = "a distance that divides 1, for example 0.1 or 0.05"
        raise InputError([Problem("does not divide 1", "sample", "delta_h", value=str(delta_h), expected=expected)])
    return round(number)

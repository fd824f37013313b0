"""From a sample and the outputs of its runs to indices of sensitivity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lsmcal.core.errors import InputError, Problem, Problems
from lsmcal.sensitivity import bootstrap as resampling
from lsmcal.sensitivity.indices import check_scales, competition_ranks, ivars, total_order
from lsmcal.sensitivity.pairs import StarSums, star_sums
from lsmcal.sensitivity.problem import Parameters, read_problem
from lsmcal.sensitivity.result import Result
from lsmcal.sensitivity.sections import Sections, find_sections
from lsmcal.sensitivity.star import labels, stars_in
from lsmcal.sensitivity.variograms import variograms

SCALES = (0.1, 0.3, 0.5)


def analyze(
    problem: Mapping,
    X: np.ndarray,
    Y: np.ndarray,
    *,
    delta_h: float = 0.1,
    star: Sequence[int] | np.ndarray | None = None,
    ray: Sequence[int] | np.ndarray | None = None,
    scales: Sequence[float] | np.ndarray = SCALES,
    bootstrap: int = 0,
    resamples: np.ndarray | None = None,
    confidence: float = 0.9,
    seed: int | None = None,
    responses: Sequence[str] | None = None,
) -> Result:
    """Directional variograms, IVARS, VARS-TO, and how sure they are, of one or many responses.

    Parameters
    ----------
    problem : mapping
        SALib's, as given to :func:`lsmcal.sensitivity.sample`.
    X : (points, n) array
        Points, in the order of ``sample`` unless ``star`` and ``ray`` say otherwise.
    Y : (points,) or (points, responses) array
        Outputs. What is not finite is a failed run: its pairs are left out, and their share is reported.
    delta_h : float
        Distance of neighbours on a ray.
    star, ray : (points,) sequences of int, optional
        For samples made elsewhere: the star of each point, and the number of the parameter along whose ray it lies,
        from 0; -1 for a centre listed once. A centre may also be listed in each of its rays.
    scales : sequence of float
        Of IVARS, above 0 and at most the largest lag.
    bootstrap : int
        Replicates of stars drawn with replacement; 0 for none.
    resamples : (replicates, stars) array of int, optional
        Star numbers of each replicate instead of drawing them.
    confidence : float
        Part of the replicates between the limits.
    seed : int, optional
        Of the drawing; the same seed gives the same limits.
    responses : sequence of str, optional
        Names of the columns of ``Y``.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        For outputs that do not fit the points, points that are no stars, and settings that cannot be.
    """
    prepared = checked_sample(problem, X, Y, delta_h=delta_h, star=star, ray=ray, responses=responses)
    scales = check_scales(scales, prepared.sections.h)
    resampling.check_settings(bootstrap, confidence)
    if resamples is None and bootstrap:
        resamples = resampling.draw_stars(prepared.sections.stars, int(bootstrap), seed)
    weights = None if resamples is None else resampling.multiplicities(resamples, prepared.sections.stars)
    return _result(prepared, scales, weights, confidence)


def _result(prepared: CheckedSample, scales: np.ndarray, weights: np.ndarray | None, confidence: float) -> Result:
    """All fields of all responses; ``weights`` of the replicates of the stars."""
    parts = [
        _one(sums, prepared.sections.h, scales, weights, confidence) | _losses(sums, complete, prepared)
        for sums, complete in prepared.each()
    ]
    fields = {name: np.stack([part[name] for part in parts]) for name in parts[0]}
    if prepared.single:
        fields = {name: values[0] for name, values in fields.items()}
    return Result(
        names=prepared.parameters.names,
        responses=prepared.responses,
        h=prepared.sections.h,
        scales=scales,
        stars=prepared.sections.stars,
        runs=len(prepared.points),
        confidence=confidence,
        replicates=0 if weights is None else len(weights),
        fields=fields,
    )


@dataclass(frozen=True)
class CheckedSample:
    """A sample with its outputs, checked.

    Parameters
    ----------
    parameters : Parameters
    points : (rows, n) array
    sections : Sections
    outputs : (rows, responses) array
    responses : tuple of str
    single : bool
        Whether there was no axis of responses.
    """

    parameters: Parameters
    points: np.ndarray
    sections: Sections
    outputs: np.ndarray
    responses: tuple[str, ...]
    single: bool

    def each(self) -> Iterator[tuple[StarSums, np.ndarray]]:
        """Sums of each response, and the number of pairs (n, lags) that there would be without failed runs.

        One response after the other through arithmetic of the same shape: its numbers do not depend on the others.
        """
        complete = star_sums(self.sections, np.zeros(len(self.points))).count.sum(axis=0)
        for column in self.outputs.T:
            yield star_sums(self.sections, column), complete


def checked_sample(problem: Mapping, X, Y, *, delta_h: float, star=None, ray=None, responses=None) -> CheckedSample:
    """Check a sample with its outputs and find its rays; arguments as of :func:`analyze`."""
    parameters, problems = read_problem(problem), Problems()
    points, outputs = _numbers(X, "X", problems), _numbers(Y, "Y", problems)
    problems.raise_if_any()
    _check_shapes(parameters, points, outputs, problems)
    problems.raise_if_any()
    single = outputs.ndim == 1
    outputs = outputs.reshape(len(points), -1)
    names = tuple(str(name) for name in responses) if responses is not None else _numbered(outputs.shape[1])
    if len(names) != outputs.shape[1] or len(set(names)) < len(names):
        expected = f"{outputs.shape[1]} different names"
        problems.add("do not match the outputs", source="analyze", variable="responses", value=names, expected=expected)
    problems.raise_if_any()
    if star is None and ray is None:
        star, ray = labels(stars_in(len(points), parameters.count, delta_h), parameters.count, delta_h)
    star, ray = _check_labels(star, ray, len(points), parameters.count)
    sections = find_sections(parameters, points, star, ray, delta_h)
    return CheckedSample(parameters, points, sections, outputs, names, single)


def _numbered(count: int) -> tuple[str, ...]:
    return ("y",) if count == 1 else tuple(f"y{k + 1}" for k in range(count))


def _numbers(given, name: str, problems: Problems) -> np.ndarray:
    try:
        return np.asarray(given, np.float64)
    except (TypeError, ValueError) as error:
        problems.add(f"no numbers: {error}", source="analyze", variable=name)
        return np.empty(0)


def _check_shapes(parameters: Parameters, points: np.ndarray, outputs: np.ndarray, problems: Problems) -> None:
    n = parameters.count
    if points.ndim != 2 or points.shape[1] != n or not len(points):
        expected = f"(points, {n})"
        problems.add("the shape is wrong", source="analyze", variable="X", value=points.shape, expected=expected)
    elif not np.isfinite(points).all():
        row = int(np.flatnonzero(~np.isfinite(points).all(axis=1))[0])
        problems.add("a point that is not finite", source="analyze", variable="X", where=f"row {row}")
    if outputs.ndim not in (1, 2) or 0 in outputs.shape:
        problems.add(
            "the shape is wrong",
            source="analyze",
            variable="Y",
            value=outputs.shape,
            expected="(points,) or (points, responses)",
        )
    elif points.ndim == 2 and len(outputs) != len(points):
        problems.add(
            "not one output for each point", source="analyze", variable="Y", value=len(outputs), expected=len(points)
        )


def _check_labels(star, ray, points: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    problems = Problems()
    if star is None or ray is None:
        raise InputError([Problem("star and ray of the points belong together", "analyze", "star, ray")])
    star, ray = np.asarray(star), np.asarray(ray)
    for name, values in (("star", star), ("ray", ray)):
        if values.shape != (points,) or values.dtype.kind not in "iu":
            value = f"shape {values.shape}, {values.dtype}"
            problems.add("not a whole number for each point", source="analyze", variable=name, value=value)
    if not problems and (ray.min() < -1 or ray.max() >= n):
        wrong = int(ray.min() if ray.min() < -1 else ray.max())
        problems.add("unknown parameter", source="analyze", variable="ray", value=wrong, expected=f"-1 to {n - 1}")
    if not problems and not (ray >= 0).any():
        problems.add("no point on a ray", source="analyze", variable="ray")
    problems.raise_if_any()
    return star, ray


def _one(sums: StarSums, h: np.ndarray, scales: np.ndarray, weights, confidence: float) -> dict[str, np.ndarray]:
    """Everything about one response, by name."""
    found = variograms(sums)
    fields = {name: getattr(found, name)[..., 0] for name in resampling.DIRECTIONAL}
    fields |= {"mean": found.mean[0], "variance": found.variance[0]}
    fields |= {"ivars": ivars(found.gamma, h, scales)[..., 0], "vars_to": total_order(found)[:, 0]}
    ranks = {f"rank_{name}": competition_ranks(fields[name]) for name in ("ivars", "vars_to")}
    fields |= ranks
    if weights is None:
        return fields
    drawn = resampling.replicate(sums, weights, h, scales, confidence)
    limits = dict(drawn.limits)
    for name in ("ivars", "vars_to"):
        values = getattr(drawn, name)
        limits[name] = resampling.percentile_limits(values, confidence, axis=0)
        fields[f"reliability_{name}"] = resampling.reliability(ranks[f"rank_{name}"], values)
        fields[f"{name}_replicates"] = values
    for name, (low, high) in limits.items():
        fields |= {f"{name}_low": low, f"{name}_high": high}
    return fields


def _losses(sums: StarSums, complete: np.ndarray, prepared: CheckedSample) -> dict[str, np.ndarray]:
    """What failed runs took away from one response, and whether anything varies."""
    pairs, stars = sums.count.sum(axis=0), prepared.sections.stars
    distinct = int((prepared.sections.distinct >= 0).sum())
    return {
        "pairs": pairs.astype(np.int64),
        "failed_runs": np.float64(1.0 - sums.points.sum() / distinct),
        "dropped_pairs": 1.0 - pairs.sum(axis=1) / np.maximum(complete.sum(axis=1), 1.0),
        "failed_stars": np.int64(stars - np.count_nonzero(sums.points)),
        "constant": np.bool_(sums.points.sum() > 0 and not sums.total_squares.any()),
    }

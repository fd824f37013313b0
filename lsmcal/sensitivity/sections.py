"""Where on which ray each point of a sample lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.sensitivity.problem import Parameters, points_of_ray

#: Largest deviation from a multiple of delta_h, as a part of it, and of a coordinate that should not change.
_UNEVEN, _ASTRAY = 1e-3, 1e-6


@dataclass(frozen=True)
class Sections:
    """The rays of a sample, as rows of its points.

    Parameters
    ----------
    rows : (stars, parameters, positions) array of int
        Row of the point at each multiple of ``delta_h`` along each ray; -1 where there is none.
    distinct : (stars, points) array of int
        Rows of the distinct points of each star, filled up with -1: the centre once.
    delta_h : float
    points : int
        Number of rows.
    """

    rows: np.ndarray
    distinct: np.ndarray
    delta_h: float
    points: int

    @property
    def stars(self) -> int:
        """Number of stars."""
        return self.rows.shape[0]

    @property
    def h(self) -> np.ndarray:
        """The lags: multiples of ``delta_h``."""
        return np.arange(1, self.rows.shape[2]) * self.delta_h

    def values(self, y: np.ndarray) -> np.ndarray:
        """Outputs (rows,) as (stars, parameters, positions); NaN where there is no point."""
        return np.where(self.rows < 0, np.nan, y[self.rows])

    def distinct_values(self, y: np.ndarray) -> np.ndarray:
        """Outputs (rows,) of the distinct points of each star; NaN where there is none."""
        return np.where(self.distinct < 0, np.nan, y[self.distinct])


def find_sections(
    parameters: Parameters, points: np.ndarray, star: np.ndarray, ray: np.ndarray, delta_h: float
) -> Sections:
    """The rays of points with known star and ray.

    Parameters
    ----------
    parameters : Parameters
    points : (rows, n) array
        In the units of the bounds.
    star : (rows,) array of int
        Any numbers; stars are taken in ascending order.
    ray : (rows,) array of int
        Parameter along which the point lies, from 0; -1 for a centre that is listed once for all its rays.
    delta_h : float

    Raises
    ------
    InputError
        When a ray changes another parameter, has a point twice or points that are not multiples of ``delta_h`` apart.

    Notes
    -----
    Positions come from the coordinates, so a run that was never made leaves a gap. Parameters of other distributions
    than the uniform one cannot be mapped back; there the rays must be whole, and the order of the coordinates counts.
    """
    number, problems = points_of_ray(delta_h), Problems()
    _, star = np.unique(star, return_inverse=True)
    m, n = int(star.max()) + 1, parameters.count
    row, star_of, ray_of = _members(star.ravel(), np.asarray(ray), n)
    order = np.lexsort((points[row, ray_of], ray_of, star_of))
    row, section = row[order], (star_of * n + ray_of)[order]
    start = np.flatnonzero(np.concatenate([[True], np.diff(section) != 0]))
    lengths = np.diff(np.append(start, section.size))
    first = np.repeat(start, lengths)
    unit = parameters.to_unit(points) if parameters.uniform else None
    along = section % n
    _check_fixed(parameters, points if unit is None else unit, row, first, along, section // n, problems)
    if unit is None:
        position = np.arange(section.size) - first
        _check_complete(parameters, lengths, along[start], section[start] // n, number, problems)
    else:
        coordinate = unit[row, along]
        position = _positions(parameters, coordinate - coordinate[first], first, along, section // n, number, problems)
    problems.raise_if_any()
    rows = np.full((m * n, max(int(position.max()) + 1, 2)), -1, np.int64)
    rows[section, position] = row
    rows = rows.reshape(m, n, -1)
    return Sections(rows, _distinct(points, star.ravel()), 1.0 / number, len(points))


def _members(star: np.ndarray, ray: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, star and ray of every place of a ray: centres that are listed once belong to all rays of their star."""
    centre, other = np.flatnonzero(ray < 0), np.flatnonzero(ray >= 0)
    row = np.concatenate([np.repeat(centre, n), other])
    return row, star[row], np.concatenate([np.tile(np.arange(n), centre.size), ray[other]])


def _check_fixed(parameters, values, row, first, along, star, problems: Problems) -> None:
    """Along a ray only its own parameter changes."""
    spread = np.ptp(values, axis=0)
    astray = np.abs(values[row] - values[row[first]]) > _ASTRAY * np.where(spread > 0.0, spread, 1.0)
    astray[np.arange(row.size), along] = False
    for entry in np.flatnonzero(astray.any(axis=1))[:1]:
        other = parameters.names[int(astray[entry].argmax())]
        problems.add(
            f"{other} changes along the ray of {parameters.names[along[entry]]}",
            source="analyze",
            variable="X",
            where=f"star {star[entry]}, row {row[entry]}",
            expected="the order of sample, or the right star and ray",
        )


def _check_complete(parameters, lengths, along, star, number: int, problems: Problems) -> None:
    for entry in np.flatnonzero((lengths < number) | (lengths > number + 1))[:1]:
        problems.add(
            f"the ray of {parameters.names[along[entry]]} is incomplete",
            source="analyze",
            variable="X",
            where=f"star {star[entry]}",
            value=f"{lengths[entry]} points",
            expected=f"{number}",
        )


def _positions(parameters, distance, first, along, star, number: int, problems: Problems) -> np.ndarray:
    """Positions in multiples of delta_h from the lowest point of the ray."""
    exact = distance * number
    position = np.rint(exact).astype(np.int64)
    uneven = np.abs(exact - position) > _UNEVEN
    repeated = np.concatenate([[False], (np.diff(position) == 0) & (np.diff(first) == 0)]) & ~uneven
    texts = {"points that are no multiples of delta_h apart": uneven | (position > number), "a point twice": repeated}
    for text, wrong in texts.items():
        for entry in np.flatnonzero(wrong)[:1]:
            problems.add(
                f"the ray of {parameters.names[along[entry]]} has {text}",
                source="analyze",
                variable="X",
                where=f"star {star[entry]}",
            )
    return np.clip(position, 0, number)


def _distinct(points: np.ndarray, star: np.ndarray) -> np.ndarray:
    """Rows of the distinct points of each star, filled up with -1."""
    _, rows = np.unique(np.column_stack([star, points]), axis=0, return_index=True)
    rows = np.sort(rows)
    rows = rows[np.argsort(star[rows], kind="stable")]
    counts = np.bincount(star[rows])
    place = np.arange(rows.size) - np.repeat(np.cumsum(counts) - counts, counts)
    found = np.full((counts.size, counts.max()), -1, np.int64)
    found[star[rows], place] = rows
    return found

"""Goals of a calibration over many cells: what each needs of a simulation, and how several combine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Simulated:
    """What one parameter set gives at the cells and years that were asked for.

    Parameters
    ----------
    cell : (n,) array of int64
        Numbers of the cells, ascending.
    years : (y,) array of int
        Calendar years, ascending.
    depth : (nz,) array
        Nodes of the layers [m].
    minimum, maximum, mean : (n, y, nz) arrays
        Soil temperature of each year [K].
    days : (d,) datetime64[D]
        Days of the daily series; empty where no goal asked for any.
    daily : mapping of cell number to (d, nz) array
        Daily mean soil temperature of the cells that have a series [K].
    """

    cell: np.ndarray
    years: np.ndarray
    depth: np.ndarray
    minimum: np.ndarray
    maximum: np.ndarray
    mean: np.ndarray
    days: np.ndarray = field(default_factory=lambda: np.zeros(0, "datetime64[D]"))
    daily: Mapping[int, np.ndarray] = field(default_factory=dict)

    def rows(self, cells: np.ndarray) -> np.ndarray:
        """Rows of some cells, by their numbers.

        Raises
        ------
        KeyError
            When one of them was not simulated.
        """
        place = np.searchsorted(self.cell, cells)
        found = np.clip(place, 0, max(self.cell.size - 1, 0))
        missing = self.cell[found] != cells if self.cell.size else np.ones(np.shape(cells), bool)
        if np.any(missing):
            raise KeyError(f"cell {int(np.asarray(cells)[missing][0])} was not simulated")
        return found

    def year(self, year: int) -> int:
        """Place of a calendar year; KeyError when it was not stored."""
        found = np.flatnonzero(self.years == year)
        if not found.size:
            raise KeyError(f"year {year} was not stored")
        return int(found[0])


@dataclass(frozen=True)
class Score:
    """How well one parameter set does.

    Parameters
    ----------
    value : float
        In the goal's own measure; NaN when it is undefined.
    details : mapping
        Plain values kept with the trial (confusion counts, errors by site ...).
    """

    value: float
    details: Mapping[str, object] = field(default_factory=dict)


class Goal(Protocol):
    """One criterion by which a parameter set is evaluated.

    Parameters
    ----------
    name : str
        Short, different from those of the other goals: ``map 2010``.
    measure : str
        What :attr:`Score.value` is: ``Kappa``, ``RMSE [m]``, ``NSE``.
    maximise : bool
    weight : float
        In a weighted sum.
    scale : float
        Error that counts as much as 1 of Kappa or NSE; 1 for those themselves.
    limits : (float, float)
        Least and greatest value there can be; infinite where there is no bound.
    cells : (m,) array of int64
        Cells it needs, ascending.
    years : tuple of int
        Calendar years whose statistics it needs.
    daily : tuple of int
        Cells whose daily series it needs.
    days : (str, str) or None
        First and last day of these series.
    """

    @property
    def name(self) -> str: ...

    @property
    def measure(self) -> str: ...

    @property
    def maximise(self) -> bool: ...

    @property
    def weight(self) -> float: ...

    @property
    def scale(self) -> float: ...

    @property
    def limits(self) -> tuple[float, float]: ...

    @property
    def cells(self) -> np.ndarray: ...

    @property
    def years(self) -> tuple[int, ...]: ...

    @property
    def daily(self) -> tuple[int, ...]: ...

    @property
    def days(self) -> tuple[str, str] | None: ...

    def score(self, simulated: Simulated) -> Score: ...

    def describe(self) -> dict[str, object]:
        """Everything the score depends on, as plain values: part of the history's fingerprint."""

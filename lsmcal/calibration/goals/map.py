"""A map of permafrost in one year as the goal of a calibration."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lsmcal.calibration.goals.protocol import Score, Simulated
from lsmcal.core.digest import SHORT, digest_of_parts
from lsmcal.core.words import counted
from lsmcal.evaluation.agreement import BINARY, UNKNOWN, Confusion, binary, confusion
from lsmcal.evaluation.scores import LIMITS
from lsmcal.inputs.domain.permafrost_map import check_target
from lsmcal.permafrost.classes import class_of_year


@dataclass(frozen=True)
class MapGoal:
    """Agreement of the simulated permafrost with a map, by Kappa.

    Parameters
    ----------
    name : str
    year : int
        Year of the map. The class rests on it and on the year before.
    cells : (m,) array of int64
        Cells that count, ascending.
    target : (m,) array of int8
        1 permafrost, 0 none.
    weight : float
        In a weighted sum.

    Raises
    ------
    ValueError
        Cells that do not ascend; a target of another size or with other codes.
    """

    name: str
    year: int
    cells: np.ndarray
    target: np.ndarray
    weight: float = 1.0
    measure: str = field(default="Kappa", init=False)
    maximise: bool = field(default=True, init=False)
    scale: float = field(default=1.0, init=False)
    limits: tuple[float, float] = field(default=LIMITS["Kappa"], init=False)
    daily: tuple[int, ...] = field(default=(), init=False)
    days: tuple[str, str] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        cells, target = np.asarray(self.cells, np.int64), np.asarray(self.target)
        if cells.ndim != 1 or (np.diff(cells) <= 0).any():
            raise ValueError("the cells of a map must ascend")
        if target.shape != cells.shape or not np.isin(target, BINARY).all():
            raise ValueError(f"need a target of 1 or 0 for each of {cells.size} cells")
        object.__setattr__(self, "cells", cells)
        object.__setattr__(self, "target", target.astype(np.int8))

    @property
    def years(self) -> tuple[int, int]:
        """Years whose extremes the class needs."""
        return self.year - 1, self.year

    def classes(self, simulated: Simulated) -> np.ndarray:
        """Class of all simulated cells in the year of the map, (n,) int8: codes of lsmcal.permafrost.CLASS_NAMES."""
        before, now = (simulated.year(year) for year in self.years)
        return class_of_year(simulated.maximum[:, before], simulated.maximum[:, now], simulated.minimum[:, now])

    def confusion(self, simulated: Simulated) -> Confusion:
        """Counts over the cells of the goal; ValueError when the class of one of them is undetermined."""
        return confusion(self.target, self._found(simulated), BINARY)

    def score(self, simulated: Simulated) -> Score:
        """Kappa, with the counts it comes from; NaN and a reason where it is undefined."""
        classes = self._found(simulated)
        missing = int((classes == UNKNOWN).sum())
        if missing:
            reason = f"the class of {missing} of {counted(self.cells.size, 'cell')} in {self.year} is undetermined"
            return Score(float("nan"), {"undefined": reason})
        found = confusion(self.target, classes, BINARY)
        details = {**found.as_dict(), "accuracy": found.accuracy}
        if found.undefined:
            details["undefined"] = found.undefined
        return Score(found.kappa, details)

    def describe(self) -> dict[str, object]:
        """Everything the score depends on, as plain values."""
        return {
            "kind": "map",
            "name": self.name,
            "year": self.year,
            "weight": self.weight,
            "count": int(self.cells.size),
            "cells": _sha(self.cells, "<i8"),
            "target": _sha(self.target, "<i1"),
        }

    def _found(self, simulated: Simulated) -> np.ndarray:
        return binary(self.classes(simulated))[simulated.rows(self.cells)]


def _sha(values: np.ndarray, kind: str) -> str:
    return digest_of_parts([np.ascontiguousarray(values, kind)])[:SHORT]


def map_goal(
    name: str,
    year: int,
    cell: np.ndarray,
    target: np.ndarray,
    chosen: np.ndarray,
    weight: float = 1.0,
    source: str = "case",
    variable: str = "target",
) -> MapGoal:
    """The goal of a target map over some cells of a region.

    Parameters
    ----------
    name, year, weight
        As of :class:`MapGoal`.
    cell : (n,) array of int64
        Numbers of the region's cells, ascending.
    target : (n,) array of int
        1 permafrost, 0 none, -1 unknown.
    chosen : (n,) array of bool
        Cells to calibrate on; those of them whose target is unknown are left out.
    source, variable : str
        Of the target, for the messages.

    Returns
    -------
    MapGoal

    Raises
    ------
    InputError
        The chosen cells hold no class or a single one: Kappa could not tell one parameter set from another.
    """
    cell, target = np.asarray(cell), np.asarray(target)
    used = np.asarray(chosen, bool) & np.isin(target, BINARY)
    check_target(target[used], source, variable, "the cells to calibrate on")
    return MapGoal(name, int(year), cell[used], target[used], float(weight))

"""Boreholes and probes as the goal of a calibration: the error of one variable over the cells they lie in."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lsmcal.calibration.goals.protocol import Score, Simulated
from lsmcal.core.digest import SHORT, digest_of_parts
from lsmcal.core.errors import not_none
from lsmcal.evaluation.network import Matched, errors, simulated_values
from lsmcal.evaluation.scores import LIMITS
from lsmcal.inputs.observed.network import VARIABLES


@dataclass(frozen=True)
class NetworkGoal:
    """Root mean square error of one variable over an observation network.

    Where the model has no permafrost table, or no depth of zero amplitude, within its column, the last node stands
    for it (see :mod:`lsmcal.evaluation.network`); these values are counted.

    Parameters
    ----------
    name : str
    observed : Matched
        Rows of one variable.
    weight : float
        In a weighted sum.
    scale : float
        Error that counts as much as 1 of Kappa [m or K].
    deepest : float, optional
        Of ``alt``: thaw that is deeper, or goes through the column, counts as this [m]; the last node by default.

    Raises
    ------
    ValueError
        No observation, several variables, a scale that is not positive, or a thaw observed below ``deepest``.
    """

    name: str
    observed: Matched
    weight: float = 1.0
    scale: float = 1.0
    deepest: float | None = None
    maximise: bool = field(default=False, init=False)
    limits: tuple[float, float] = field(default=LIMITS["rmse"], init=False)
    daily: tuple[int, ...] = field(default=(), init=False)
    days: tuple[str, str] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        kinds = set(self.observed.variable.tolist())
        if len(kinds) != 1:
            raise ValueError(f"a goal needs observations of one variable, got {', '.join(sorted(kinds)) or 'none'}")
        if not self.scale > 0.0:
            raise ValueError(f"scale must be positive, got {self.scale:g}")
        if self.deepest is not None and self.variable == "alt" and not self.deepest >= self.observed.value.max():
            raise ValueError(f"thaw is observed to {self.observed.value.max():g} m, below {self.deepest:g} m")

    @property
    def variable(self) -> str:
        """Key of :data:`lsmcal.inputs.observed.network.VARIABLES`."""
        return str(self.observed.variable[0])

    @property
    def measure(self) -> str:
        """``RMSE [m]`` or ``RMSE [K]``."""
        return f"RMSE [{VARIABLES[self.variable].model_unit}]"

    @property
    def cells(self) -> np.ndarray:
        """Cells that hold a site, ascending."""
        return np.unique(self.observed.cell)

    @property
    def years(self) -> tuple[int, ...]:
        """Years with an observation."""
        return tuple(int(year) for year in np.unique(self.observed.year))

    def simulated(self, simulated: Simulated) -> np.ndarray:
        """Simulated value of every row of ``observed`` [m or K]; NaN where a column has no temperature."""
        return simulated_values(self.observed, simulated, bounded=True, deepest=self.deepest)

    def score(self, simulated: Simulated) -> Score:
        """The error, with its bias and counts; NaN and a reason where a value is missing.

        A missing value is not left out: a set that fails at the coldest site must not look better for it.
        """
        found = self.simulated(simulated)
        missing = int((~np.isfinite(found)).sum())
        if missing:
            return Score(float("nan"), {"undefined": f"{missing} of {found.size} simulated values are missing"})
        plain = simulated_values(self.observed, simulated)
        all_ = errors(self.observed.value, found)
        details = {
            "rmse": all_["rmse"],
            "mbe": all_["mbe"],
            "values": all_["pairs"],
            "penalised": int((~np.isfinite(plain)).sum()),
        }
        return Score(not_none(all_["rmse"]), details)

    def describe(self) -> dict[str, object]:
        """Everything the score depends on, as plain values."""
        seen = self.observed
        return {
            "kind": "network",
            "name": self.name,
            "variable": self.variable,
            "weight": self.weight,
            "scale": self.scale,
            "deepest": self.deepest,
            "years": list(self.years),
            "count": len(seen),
            "observed": _sha(seen),
        }


def _sha(seen: Matched) -> str:
    parts = ((seen.cell, "<i8"), (seen.year, "<i8"), (seen.depth, "<f8"), (seen.value, "<f8"))
    return digest_of_parts(np.ascontiguousarray(values, kind) for values, kind in parts)[:SHORT]

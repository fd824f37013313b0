"""Soil temperature measured at one place as a goal among others: mean NSE over depths at the cell that holds it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lsmcal.calibration.goals.protocol import Score, Simulated
from lsmcal.core.digest import SHORT, digest_of_parts
from lsmcal.evaluation import site
from lsmcal.evaluation.scores import LIMITS
from lsmcal.evaluation.site import Target
from lsmcal.permafrost.profiles import at_depths


@dataclass(frozen=True)
class SiteGoal:
    """Mean Nash-Sutcliffe efficiency over depths of daily soil temperature at one cell.

    Parameters
    ----------
    name : str
    cell : int
        Number of the cell.
    target : Target
        Daily soil temperature [K]; its calibration days count, its validation days are scored beside them.
    weight : float
        In a weighted sum.

    Raises
    ------
    ValueError
        Another quantity than soil temperature; no depth at which the calibration days vary.
    """

    name: str
    cell: int
    target: Target
    weight: float = 1.0
    measure: str = field(default="NSE", init=False)
    maximise: bool = field(default=True, init=False)
    scale: float = field(default=1.0, init=False)
    limits: tuple[float, float] = field(default=LIMITS["NSE"], init=False)
    years: tuple[int, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        if self.target.kind != "soil_temperature":
            raise ValueError(f"a site goal needs soil_temperature, got {self.target.kind}")
        if not np.isfinite(site.score(self.target, self.target.values, "nse")).any():
            raise ValueError("NSE is undefined: at no depth do the observations of the calibration days vary")

    @property
    def cells(self) -> np.ndarray:
        """The cell."""
        return np.array([self.cell], np.int64)

    @property
    def daily(self) -> tuple[int, ...]:
        """The cell."""
        return (int(self.cell),)

    @property
    def days(self) -> tuple[str, str]:
        """First and last day of calibration and validation."""
        used = self.target.days[self.target.calibration | self.target.validation]
        return str(used.min()), str(used.max())

    def simulated(self, simulated: Simulated) -> np.ndarray:
        """Simulated counterpart of the target's values, (days, depths) [K]; NaN on days that were not simulated."""
        series = at_depths(simulated.daily[int(self.cell)], simulated.depth, self.target.depth)
        days = simulated.days.astype("datetime64[D]")
        place = np.clip(np.searchsorted(days, self.target.days), 0, max(days.size - 1, 0))
        if not days.size:
            return np.full(self.target.values.shape, np.nan)
        return np.where((days[place] == self.target.days)[:, None], series[place], np.nan)

    def score(self, simulated: Simulated) -> Score:
        """Mean NSE, with that of each depth and of the validation days; NaN and a reason where a day is missing."""
        found = self.simulated(simulated)
        needed = self.target.calibration[:, None] & np.isfinite(self.target.values)
        missing = int((needed & ~np.isfinite(found)).any(1).sum())
        if missing:
            return Score(float("nan"), {"undefined": f"{missing} calibration days were not simulated"})
        details = {}
        for period in ("calibration", "validation"):
            if self.target.mask(period).any():
                by_depth = site.score(self.target, found, "nse", period)
                details[period] = {"nse": site.plain(site.mean_of(by_depth)), "nse_by_depth": site.plain(by_depth)}
        return Score(site.mean_of(site.score(self.target, found, "nse")), details)

    def describe(self) -> dict[str, object]:
        """Everything the score depends on, as plain values."""
        parts = (
            (self.target.days.astype(np.int64), "<i8"),
            (self.target.values, "<f8"),
            (self.target.calibration, "u1"),
            (self.target.validation, "u1"),
        )
        digest = digest_of_parts(np.ascontiguousarray(values, kind) for values, kind in parts)
        return {
            "kind": "site",
            "name": self.name,
            "cell": int(self.cell),
            "weight": self.weight,
            "depths": [float(depth) for depth in self.target.depth],
            "days": list(self.days),
            "observed": digest[:SHORT],
        }

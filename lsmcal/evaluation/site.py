"""A site's run against its observations: matching days and depths, scores by depth and period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np

from lsmcal.evaluation import scores
from lsmcal.inputs.observed.series import Observations
from lsmcal.simulate.results import Run

#: Variable of a run that an observed kind is compared with.
MODELLED = {
    "soil_temperature": "soil_temperature",
    "soil_moisture_liquid": "soil_liquid",
    "snow_depth": "snow_depth",
    "skin_temperature": "skin_temperature",
}
OBJECTIVES = {"nse": True, "kge": True, "rmse": False, "skill": True}
#: Share of the observed days whose day of the year the climatology must know to be called a forecast.
LEAST_KNOWN = 0.9


@dataclass(frozen=True)
class Target:
    """Daily observations of one kind on the days that count, with their climatology.

    Parameters
    ----------
    kind : str
        Key of :data:`MODELLED`.
    depth : (d,) array
        Observed depths [m].
    days : (n,) datetime64[D]
        Days on the clock of the source.
    values : (n, d) array
        Daily means in the model's unit, NaN where missing.
    calibration, validation : (n,) arrays of bool
    climatology : (n, d) array
        Day-of-year mean of the calibration days.
    """

    kind: str
    depth: np.ndarray
    days: np.ndarray
    values: np.ndarray
    calibration: np.ndarray
    validation: np.ndarray
    climatology: np.ndarray

    def simulated(self, run: Run) -> np.ndarray:
        """The run's counterpart of ``values``; NaN on days it does not cover."""
        name = MODELLED[self.kind]
        profile = name in ("soil_temperature", "soil_liquid")
        series = run.at_depth(self.depth, name) if profile else run.variables[name][:, None]
        days = run.time.astype("datetime64[D]")
        if run.step < 86400.0:
            days, row = np.unique(days, return_inverse=True)
            total = np.zeros((days.size, series.shape[1]))
            np.add.at(total, row, series)
            series = total / np.bincount(row)[:, None]
        place = np.searchsorted(days, self.days)
        found = np.clip(place, 0, days.size - 1)
        return np.where((days[found] == self.days)[:, None], series[found], np.nan)

    def mask(self, period: str) -> np.ndarray:
        """Days of "calibration" or "validation"."""
        return self.calibration if period == "calibration" else self.validation


def _inside(days: np.ndarray, periods: Sequence[tuple[str, str]]) -> np.ndarray:
    """Days in any of the periods, both ends included."""
    keep = np.zeros(days.shape, bool)
    for first, last in periods:
        keep |= (days >= np.datetime64(first, "D")) & (days <= np.datetime64(last, "D"))
    return keep


def make_target(
    observations: Observations,
    calibration: Sequence[tuple[str, str]],
    validation: Sequence[tuple[str, str]] = (),
    depths: Sequence[float] | None = None,
) -> Target:
    """Daily target from observations.

    Parameters
    ----------
    observations : Observations
    calibration, validation : sequences of (first, last) dates
        Both ends included.
    depths : sequence of float, optional
        Observed depths that count [m]; all by default, the skin (depth 0) excepted.
    """
    daily = observations.daily_means()
    if daily.kind == "soil_temperature" and depths is None:
        depths = [depth for depth in daily.depth if depth > 0.0]
    if depths is not None and daily.kind in ("soil_temperature", "soil_moisture_liquid"):
        daily = daily.at_depths(depths)
    days = daily.days
    used = _inside(days, calibration)
    year = scores.day_of_year_climatology(days[used], daily.values[used])
    return Target(
        kind=daily.kind,
        depth=daily.depth,
        days=days,
        values=daily.values,
        calibration=used,
        validation=_inside(days, validation),
        climatology=scores.climatology_at(year, days),
    )


def score(target: Target, simulated: np.ndarray, name: str, period: str = "calibration") -> np.ndarray:
    """One score by depth, (d,); ``name`` is a key of :data:`OBJECTIVES`. KGE is the 2021 variant, fit for °C or K."""
    keep = target.mask(period)
    observed, model = target.values[keep], simulated[keep]
    if name == "nse":
        return scores.nse(observed, model)
    if name == "kge":
        return scores.kge(observed, model, variant="2021")
    if name == "rmse":
        return scores.rmse(observed, model)
    if name == "skill":
        return scores.skill(observed, model, _climatology(target, keep))
    raise ValueError(f"unknown score {name!r}; known are {', '.join(OBJECTIVES)}")


def _climatology(target: Target, keep: np.ndarray) -> np.ndarray:
    """Climatology on the chosen days, NaN at depths where it knows too few of the observed days."""
    observed, climatology = np.isfinite(target.values[keep]), target.climatology[keep]
    known = (observed & np.isfinite(climatology)).sum(axis=0)
    return np.where(known >= LEAST_KNOWN * observed.sum(axis=0), climatology, np.nan)


def why_not_scored(target: Target, days: np.ndarray, name: str) -> str:
    """Why no run of some days could have a score, in words; empty if one could. Most scores need values that vary.

    Parameters
    ----------
    target : Target
    days : array of datetime64[D]
        Of the run.
    name : str
        Key of :data:`OBJECTIVES`.
    """
    there = replace(target, calibration=target.calibration & np.isin(target.days, days))
    seen = there.values[there.calibration]
    if np.isfinite(seen).any():
        # of values that are met exactly every score is known that can be known
        known = np.isfinite(score(there, there.values, name))
        if (known & (_varies(seen) | (name == "rmse"))).any():
            return ""
    return f"nothing to score: {name.upper()} of {target.kind.replace('_', ' ')} is undefined at every depth"


def _varies(values: np.ndarray) -> np.ndarray:
    """Whether the values of each column differ by more than the rounding of a sum, (d,)."""
    plain = np.where(np.isfinite(values), values, np.nan)
    counted = np.isfinite(plain).any(axis=0)
    high, low = np.full(counted.shape, 0.0), np.full(counted.shape, 0.0)
    high[counted], low[counted] = np.nanmax(plain[:, counted], axis=0), np.nanmin(plain[:, counted], axis=0)
    return high - low > 1e-9 * np.maximum(np.abs(high), np.abs(low))


class PeriodScores(TypedDict):
    """Scores of a run in one period: by depth, None where there is none, their means, and the number of pairs."""

    nse: list[float | None]
    kge: list[float | None]
    skill: list[float | None]
    rmse: list[float | None]
    mbe: list[float | None]
    nse_climatology: list[float | None]
    mean_nse: float | None
    mean_kge: float | None
    mean_skill: float | None
    mean_rmse: float | None
    pairs: list[int]


class ScoredKind(TypedDict):
    """Scores of runs against one observed kind: depths [m], and run to period to scores."""

    kind: str
    depths: list[float]
    scores: dict[str, dict[str, PeriodScores]]


def score_table(target: Target, simulated: np.ndarray) -> dict[str, PeriodScores]:
    """All scores by period and depth, as plain lists (NaN as None).

    Skill and the climatology's NSE are None where the calibration days leave the climatology unknown for more than a
    tenth of the observed days.
    """
    table: dict[str, PeriodScores] = {}
    for period in ("calibration", "validation"):
        keep = target.mask(period)
        if not keep.any():
            continue
        observed, model = target.values[keep], simulated[keep]
        seasonal = _climatology(target, keep)
        nse, kge = scores.nse(observed, model), scores.kge(observed, model, variant="2021")
        skill, rmse = scores.skill(observed, model, seasonal), scores.rmse(observed, model)
        table[period] = {
            "nse": plain(nse),
            "kge": plain(kge),
            "skill": plain(skill),
            "rmse": plain(rmse),
            "mbe": plain(scores.mbe(observed, model)),
            "nse_climatology": plain(scores.nse(observed, seasonal)),
            "mean_nse": plain(mean_of(nse)),
            "mean_kge": plain(mean_of(kge)),
            "mean_skill": plain(mean_of(skill)),
            "mean_rmse": plain(mean_of(rmse)),
            "pairs": [int(count) for count in scores.pairs(observed, model)],
        }
    return table


def mean_of(values: np.ndarray) -> float:
    """Mean of the finite values, NaN if there are none."""
    finite = np.asarray(values)[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")


def plain(value):
    """Numbers as JSON has them: NaN becomes None."""
    if np.ndim(value):
        return [plain(item) for item in value]
    number = float(value)
    return number if np.isfinite(number) else None


def objective_of(target: Target, run: Run, name: str) -> tuple[float, Mapping[str, object]]:
    """Mean score over depths in the calibration period, and the details to keep with a trial."""
    simulated = target.simulated(run)
    by_depth = score(target, simulated, name)
    return mean_of(by_depth), {f"{name}_by_depth": plain(by_depth)}


def spans_of(days: np.ndarray) -> list[list[str]]:
    """Contiguous runs of days as [first, last]."""
    if not days.size:
        return []
    breaks = np.flatnonzero(np.diff(days).astype(int) > 1)
    firsts, lasts = np.concatenate([[0], breaks + 1]), np.concatenate([breaks, [days.size - 1]])
    return [[str(days[a]), str(days[b])] for a, b in zip(firsts, lasts, strict=True)]

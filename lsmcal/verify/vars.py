"""Verification of the sensitivity analysis: our indices of stored samples with outputs."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lsmcal.core.errors import InputError
from lsmcal.sensitivity.analysis import SCALES, CheckedSample, checked_sample
from lsmcal.sensitivity.bootstrap import multiplicities, percentile_limits, reliability
from lsmcal.sensitivity.indices import check_scales, ivars, ordered_ranks, total_order
from lsmcal.sensitivity.pairs import StarSums
from lsmcal.sensitivity.variograms import Variograms, variograms
from lsmcal.verify.rows import Row, deviation_row, failure

TOLERANCE = 1e-10
#: Members of which each makes a file one of these.
MEMBERS = ("star_points", "star_centres_unit", "idx_centre", "idx_param", "textbook_gamma")
#: Fields without which nothing is shown, and those that belong to stored replicates.
_ALWAYS = ("gamma", "ecov", "textbook_ivars", "textbook_mu", "textbook_var", "textbook_vars_to")
_DRAWN = ("bootstrap_ci", "gamma_lb", "gamma_ub", "textbook_rel_ivars")
#: The step at which the reference's integrals end where they should, and how equal two of its variances are.
_TOOL_STEP, _SAME = 0.1, 1e-12


def check_vars(path: Path, source: str = "") -> list[Row]:
    """Rows of one stored sample, one for each quantity that its reference states.

    Parameters
    ----------
    path : Path
    source : str
        How to call the file in the rows; its name by default.
    """
    source = source or path.name
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
            data = {name: file[name] for name in file.files}
        return list(_Case(data, source).rows())
    except InputError as error:
        return [failure(source, f"the analysis rejects the sample: {'; '.join(map(str, error.problems))}")]
    except (OSError, ValueError, LookupError, TypeError, zipfile.BadZipFile) as error:
        return [failure(source, f"cannot be read as a sample: {error}")]


@dataclass
class _Case:
    """One file: our numbers, computed once, and the rows that compare them."""

    data: Mapping[str, np.ndarray]
    source: str

    def __post_init__(self) -> None:
        self.delta_h = float(self.data["delta_h"])
        self.prepared = _prepare(self.data, self.delta_h)
        ((self.sums, _),) = self.prepared.each()
        self.full = variograms(self.sums)
        h = self.prepared.sections.h
        self.scales = check_scales(self.data.get("ivars_scales", np.array(SCALES)), h)
        self.ivars = self.integrals(self.full)[..., 0]
        self.vars_to = total_order(self.full)[:, 0]

    def integrals(self, found: Variograms) -> np.ndarray:
        return ivars(found.gamma, self.prepared.sections.h, self.scales)

    def compare(self, name: str, ours, note: str = "") -> list[Row]:
        """The row of a stored field; none where the file does not state it."""
        if name not in self.data:
            return []
        return [deviation_row(self.source, name, ours, self.data[name], 0.0, TOLERANCE, note=note)]

    def rows(self) -> list[Row]:
        """Everything the file states and our definitions share."""
        needed = (*_ALWAYS, *_DRAWN) if "bootstrap_indices" in self.data else _ALWAYS
        missing = [failure(self.source, "no such field", name) for name in needed if name not in self.data]
        if missing:
            return missing
        found = []
        for prefix in ("", "textbook_"):
            for name in ("gamma", "ecov"):
                found += self.compare(prefix + name, getattr(self.full, name)[..., 0])
        found += self.compare("maee", self.full.abe[..., 0]) + self.compare("mee", self.full.ace[..., 0])
        if "mu_overall" not in self.data or np.isfinite(self.data["mu_overall"]):
            found += self.compare("cov", *_about_stored_mean(self.data, self.sums, self.full))
        found += self.compare("textbook_ivars", self.ivars) + self.compare("textbook_mu", self.full.mean[0])
        found += self.compare("textbook_var", self.full.variance[0]) + self.compare("textbook_vars_to", self.vars_to)
        found += self.compare("n_unique_points", (self.prepared.sections.distinct >= 0).sum())
        found += self.compare("rank_vars_to", ordered_ranks(self.vars_to) - 1)
        if self.integrals_are_right:
            found += self.compare("ivars", self.ivars)
            found += self.compare("rank_ivars", ordered_ranks(self.ivars) - 1)
        if self.variance_is_right:
            found += self.compare("vars_to", self.vars_to)
        return found + (self.bootstrap_rows() if "bootstrap_indices" in self.data else [])

    @property
    def integrals_are_right(self) -> bool:
        """Whether the reference's own integrals end at the scale: its limit is right at this step alone."""
        return abs(self.delta_h - _TOOL_STEP) < 1e-9

    @property
    def variance_is_right(self) -> bool:
        """Whether no tie in the outputs changed the reference's own variance."""
        stored = [float(self.data.get(name, np.nan)) for name in ("var_overall", "textbook_var")]
        return bool(abs(stored[0] - stored[1]) <= _SAME * abs(stored[1]))

    def bootstrap_rows(self) -> list[Row]:
        """Limits and reliability from the stored replicates."""
        weights = multiplicities(self.data["bootstrap_indices"], self.prepared.sections.stars)
        drawn, confidence = variograms(self.sums, weights), float(self.data["bootstrap_ci"])
        integrals, orders = self.integrals(drawn), total_order(drawn)
        found = self.limits("gamma", drawn.gamma, confidence)
        if self.integrals_are_right:
            found += self.limits("ivars", integrals, confidence)
        ranks, values = ordered_ranks(self.ivars), np.moveaxis(integrals, -1, 0)
        share = reliability(ranks, values, ordered_ranks)
        found += self.compare("textbook_rel_ivars", share, "ties by the order of parameters")
        share = reliability(ordered_ranks(self.vars_to), orders.T, ordered_ranks)
        found += self.compare("rel_vars_to", share)
        if self.variance_is_right:
            # the reference's variance of a replicate is that of the stars drawn, however often
            once = variograms(self.sums, (weights > 0.0).astype(np.float64)).variance
            note = "variance of the stars drawn, each once"
            found += self.limits("vars_to", (drawn.gamma[:, 0] + drawn.ecov[:, 0]) / once, confidence, note)
        return found

    def limits(self, name: str, values: np.ndarray, confidence: float, note: str = "") -> list[Row]:
        low, high = percentile_limits(values, confidence)
        return self.compare(f"{name}_lb", low, note) + self.compare(f"{name}_ub", high, note)


def _prepare(data: Mapping[str, np.ndarray], delta_h: float) -> CheckedSample:
    bounds = np.asarray(data["bounds"], np.float64)
    problem = {"names": [f"x{k + 1}" for k in range(len(bounds))], "bounds": bounds.tolist()}
    return checked_sample(
        problem, data["star_points"], data["y"], delta_h=delta_h, star=data["idx_centre"], ray=data["idx_param"]
    )


def _about_stored_mean(data: Mapping[str, np.ndarray], sums: StarSums, full: Variograms) -> tuple[np.ndarray, str]:
    """Covariogram about the mean that the file states, which may be that of different values instead of points."""
    cov, stored = full.cov[..., 0], float(data.get("mu_overall", np.nan))
    if np.isnan(stored) or abs(stored - full.mean[0]) <= _SAME:
        return cov, ""
    mean, shift = full.mean[0] - sums.shift, stored - sums.shift
    with np.errstate(invalid="ignore", divide="ignore"):
        ends = sums.ends.sum(axis=0) / sums.count.sum(axis=0)
    return cov + (mean - shift) * ends - mean**2 + shift**2, "about the stored mean of different values"

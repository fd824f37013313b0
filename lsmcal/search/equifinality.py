"""Equifinality: where the near-best sets of a search lie, and which parameters the data constrain.

Where a search looked does not show what the data constrain. An engine that learns crowds its trials around the best
it has, in the directions that matter and in those that do not. Near-best sets that lie close together, or unlike the
rest of the trials, prove nothing by themselves. Each parameter therefore gets three measures:

- ``width``: the 5-95 % span of the near-best sets over that of a uniform distribution on the range, 1 for sets that
  lie anywhere, 0 for sets that agree;
- ``ks``: the greatest distance between the distributions of near-best and of all other trials (regional sensitivity
  analysis, Hornberger and Spear 1981, J. Environ. Manage. 12:7-18). It sees every shape of dependence, but also
  where the engine looked late in the search, when most trials were good;
- ``effect``: is the score sensitive to the parameter among trials of the same stage of the search, the others being
  accounted for? The rank of the score is regressed on ten stretches of the search, on x and x^2 of all parameters
  and on the products of this one with the others; the effect is the share of what the rest leave unexplained that
  this parameter explains (partial R2), its p that of the F test, corrected for the number of parameters (Benjamini
  and Hochberg 1995, J. R. Stat. Soc. B 57:289-300).

The verdict: *constrained* if the score is sensitive to the parameter (p < 0.01) and the near-best sets span at most
half of the range (width <= 0.5); *weakly* if it is sensitive, but near-best sets lie wider than that: other
parameters make up for it, or the score is flat near its best; *not constrained* if no sensitivity was seen, however
close together the sets lie. With fewer than ten near-best sets or too few trials for the regression it is
*undetermined*.

Checked on a known function (``python -m benchmarks.equifinality``, docs/equifinality.md): of 245 idle parameters of
OpenBox searches and of greedy walks 1 was called constrained; by narrow sets with a small p of ``ks`` it would have
been 83. The price: a parameter that a search fixed at once and never varied again looks like an idle one,
and *not constrained* then means not shown to be.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lsmcal.core import files
from lsmcal.core.words import agreeing, counted
from lsmcal.search.history import History

CONSTRAINED, WEAKLY, NOT, UNDETERMINED = "constrained", "weakly", "not constrained", "undetermined"
VERDICTS = (CONSTRAINED, WEAKLY, NOT, UNDETERMINED)
SIGNIFICANT = 0.01
NARROW = 0.5
FEWEST = 10
#: Least trials for each coefficient of the regression.
PER_COEFFICIENT = 2
#: Parts of a search within which trials are compared.
STRETCHES = 10
#: Least share of the successful trials that near-best sets are taken from.
SHARE = 0.1
#: Least |rank correlation| of a pair that is listed.
CORRELATED = 0.4
LOW, HIGH = 0.05, 0.95


def near_best(losses: np.ndarray, optimal: Sequence[int]) -> tuple[tuple[int, ...], str]:
    """The trials whose spread is measured: the optimal set, or the best tenth of all where that is larger.

    Parameters
    ----------
    losses : (n,) array
        NaN for failed trials.
    optimal : sequence of int
        Trials at or beyond the threshold.

    Returns
    -------
    tuple of int
        Ascending.
    str
        What was done, when the optimal set was too small; else empty. A search that still improves as it ends has
        an optimal set of a few trials, whose spread says little.
    """
    losses = np.asarray(losses, np.float64)
    wanted = max(FEWEST, int(np.ceil(SHARE * np.isfinite(losses).sum())))
    chosen = tuple(sorted(set(optimal)))
    if len(chosen) >= wanted:
        return chosen, ""
    ranked = [trial for trial in np.argsort(losses, kind="stable").tolist() if np.isfinite(losses[trial])]
    rest = [trial for trial in ranked if trial not in set(chosen)]
    widened = tuple(sorted([*chosen, *rest[: wanted - len(chosen)]]))
    reach = f"{counted(len(chosen), 'trial')} {agreeing(len(chosen), 'reaches', 'reach')}"
    note = f"only {reach} the threshold: the spread is that of the best {len(widened)}"
    return widened, note


def equifinality(history: History, near: Sequence[int]) -> list[dict[str, object]]:
    """What the search shows of each parameter.

    Parameters
    ----------
    history : History
        Trial 0 is the default set.
    near : sequence of int
        Its near-best trials: of :func:`near_best`, or a Pareto front.

    Returns
    -------
    list of dict
        One for each parameter, in the order of the space: ``parameter``, ``unit``, ``low``, ``high`` (the range);
        ``default``, ``best``, ``median``, ``q05``, ``q95`` (values) and the same with ``_place`` (in 0 to 1 of the
        range); ``width``, ``ks``, ``ks_p``, ``effect``, ``effect_p``; ``verdict`` and ``sentence``. None where a
        number is not defined.

    Raises
    ------
    ValueError
        When no trial succeeded.
    """
    if history.best is None:
        raise ValueError("no trial of this search succeeded")
    chosen = np.array(sorted(set(near)), int)
    points, losses = history.points, history.losses
    names = list(history.records[0].parameters)
    values = np.array([[record.parameters[name] for name in names] for record in history.records])
    ok = np.isfinite(losses)
    others = ok & ~np.isin(np.arange(len(losses)), chosen)
    effect, effect_p = effects(points[ok], losses[ok])
    space = history.header["fingerprint"].get("space", {})
    rows = []
    for k, name in enumerate(names):
        row: dict[str, Any] = {"parameter": name, **_range(space.get(name, {}))}
        row |= _places(values[:, k], chosen, history.best.trial, "")
        row |= _places(points[:, k], chosen, history.best.trial, "_place")
        row["width"] = (row["q95_place"] - row["q05_place"]) / (HIGH - LOW) if chosen.size else None
        row["ks"], row["ks_p"] = distance(points[chosen, k], points[others, k])
        row["effect"], row["effect_p"] = _number(effect[k]), _number(effect_p[k])
        row["verdict"] = verdict(chosen.size, row["width"], row["effect_p"])
        rows.append(row | {"sentence": sentence(row)})
    return rows


def _range(known: dict) -> dict[str, object]:
    return {"unit": known.get("unit", ""), "low": known.get("low"), "high": known.get("high")}


def _places(column: np.ndarray, near: np.ndarray, best: int, suffix: str) -> dict[str, float | None]:
    """Quantiles that were tried themselves, so that whole numbers stay whole."""
    found = {"default": column[0], "best": column[best]}
    for name, level in (("median", 0.5), ("q05", LOW), ("q95", HIGH)):
        found[name] = np.quantile(column[near], level, method="inverted_cdf") if near.size else None
    return {f"{name}{suffix}": _number(value) for name, value in found.items()}


def _number(value) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def distance(near: np.ndarray, others: np.ndarray) -> tuple[float | None, float | None]:
    """Kolmogorov-Smirnov distance of two samples and its p; None where one is empty."""
    from scipy.stats import ks_2samp

    if not len(near) or not len(others):
        return None, None
    found = ks_2samp(near, others)
    return float(found.statistic), float(found.pvalue)


def effects(points: np.ndarray, losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What each parameter alone explains of the rank of the loss.

    Parameters
    ----------
    points : (n, d) array
        In the unit cube, in the order they were tried.
    losses : (n,) array
        Finite; only their order by size counts.

    Returns
    -------
    (d,) ndarray
        Partial R2; NaN with too few trials, 0 for a parameter that did not vary.
    (d,) ndarray
        p of the F test, corrected for the number of parameters.
    """
    from scipy.stats import f, false_discovery_control, rankdata

    count, dimensions = points.shape
    if count < PER_COEFFICIENT * (STRETCHES + 3 * dimensions) or np.ptp(losses) == 0.0:
        return np.full(dimensions, np.nan), np.full(dimensions, np.nan)
    ranks, centred = rankdata(losses), points - points.mean(axis=0)
    stretch = np.arange(count) * STRETCHES // count
    stages = (stretch[:, None] == np.arange(STRETCHES)).astype(np.float64)
    share, p = np.zeros(dimensions), np.ones(dimensions)
    for k in range(dimensions):
        own, others = centred[:, [k]], np.delete(centred, k, axis=1)
        rest = np.hstack([stages, others, others**2])
        without, fewer = _unexplained(rest, ranks)
        left, more = _unexplained(np.hstack([rest, own, own**2, own * others]), ranks)
        if more > fewer and without > 0.0:
            share[k] = 1.0 - left / without
            ratio = (without - left) / (more - fewer) / max(left / (count - more), float(np.finfo(float).tiny))
            p[k] = f.sf(ratio, more - fewer, count - more)
    return share, false_discovery_control(p)


def _unexplained(design: np.ndarray, ranks: np.ndarray) -> tuple[float, int]:
    """Residual sum of squares of a least-squares fit, and the rank of its design."""
    solution, _, rank, _ = np.linalg.lstsq(design, ranks, rcond=None)
    return float(((ranks - design @ solution) ** 2).sum()), int(rank)


def verdict(count: int, width: float | None, effect_p: float | None) -> str:
    """Constrained, weakly, not constrained or undetermined, by the rule at the top of this file.

    Parameters
    ----------
    count : int
        Of the near-best sets.
    width, effect_p : float or None
    """
    if count < FEWEST or width is None or effect_p is None:
        return UNDETERMINED
    if effect_p >= SIGNIFICANT:
        return NOT
    return CONSTRAINED if width <= NARROW else WEAKLY


def sentence(row: dict[str, Any]) -> str:
    """The verdict in a sentence with the numbers it rests on."""
    name, found = row["parameter"], row["verdict"]
    if found == UNDETERMINED:
        return f"{name}: too few trials or near-best sets to tell."
    span = f"near-best sets span {100.0 * min(row['width'], 1.0):.0f} % of a uniform spread"
    share = f"{100.0 * row['effect']:.0f} % of the variance in the score's rank that the others leave"
    if found == CONSTRAINED:
        return f"{name} is constrained: it explains {share}, and {span}."
    if found == WEAKLY:
        return f"{name} is weakly constrained: it explains {share}, but {span}."
    narrow = "; their agreement is an effect of the search" if row["width"] <= NARROW else ""
    return f"{name} is not constrained: the score is not sensitive to it beside the others; {span}{narrow}."


def compensations(history: History, near: Sequence[int]) -> list[dict[str, object]]:
    """Pairs of parameters that go together in the near-best sets: one makes up for the other.

    Parameters
    ----------
    history : History
    near : sequence of int

    Returns
    -------
    list of dict
        ``first``, ``second``, ``correlation`` (Spearman's, of the near-best), ``others`` (of the other successful
        trials), ``p`` (corrected for the number of pairs); strongest first. Only pairs of at least ``CORRELATED``
        with p < ``SIGNIFICANT`` that go together more by ``CORRELATED`` / 2 than in the other trials, or the other
        way round, since an engine makes correlated trials by itself.
    """
    from scipy.stats import false_discovery_control

    chosen = np.array(sorted(set(near)), int)
    points, names = history.points, list(history.records[0].parameters)
    others = np.isfinite(history.losses) & ~np.isin(np.arange(len(history)), chosen)
    if chosen.size < FEWEST or len(names) < 2:
        return []
    rho, p = rank_correlations(points[chosen])
    elsewhere = rank_correlations(points[others])[0] if others.sum() >= FEWEST else np.zeros_like(rho)
    first, second = np.triu_indices(len(names), 1)
    corrected = false_discovery_control(p[first, second])
    rows = []
    for i, j, p_pair in zip(first, second, corrected, strict=True):
        here, there = float(rho[i, j]), float(elsewhere[i, j])
        more = abs(here) - np.sign(here) * there
        if abs(here) >= CORRELATED and p_pair < SIGNIFICANT and more >= CORRELATED / 2:
            rows.append(
                {"first": names[i], "second": names[j], "correlation": here, "others": there, "p": float(p_pair)}
            )
    return sorted(rows, key=lambda row: -abs(row["correlation"]))


def rank_correlations(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spearman's correlations of the columns, (d, d), and their p; 0 and 1 for a column that does not vary."""
    from scipy.stats import rankdata, t

    ranks = rankdata(points, axis=0)
    ranks = ranks - ranks.mean(axis=0)
    length = np.sqrt((ranks**2).sum(axis=0))
    scaled = ranks / np.where(length > 0.0, length, 1.0)
    rho = np.clip(scaled.T @ scaled, -1.0, 1.0)
    freedom = max(len(points) - 2, 1)
    statistic = np.abs(rho) * np.sqrt(freedom / np.maximum(1.0 - rho**2, np.finfo(float).eps))
    return rho, 2.0 * t.sf(statistic, freedom)


def write_csv(rows: Sequence[dict[str, object]], path: str | os.PathLike) -> Path:
    """Rows as a table with a head, whole or not at all; nothing is written for None."""
    head = list(rows[0]) if rows else []
    return files.write_rows(path, [head, *([row.get(name, "") for name in head] for row in rows)] if rows else [])


def read_csv(path: str | os.PathLike) -> list[dict[str, object]]:
    """Rows as :func:`write_csv` wrote them: numbers where there are numbers, None where there is nothing."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        return [{key: _read(key, text) for key, text in row.items()} for row in csv.DictReader(file)]


_TEXT = ("parameter", "unit", "verdict", "sentence")


def _read(key: str, text: str) -> object:
    if key in _TEXT:
        return text
    return float(text) if text else None

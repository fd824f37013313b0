"""The search, the parameters it found, and the fit to the observations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lsmcal.core.errors import not_none
from lsmcal.core.words import counted
from lsmcal.evaluation.scores import day_of_leap_year
from lsmcal.parameters.table import find_parameter
from lsmcal.report.page import Page, number, short
from lsmcal.search.history import History
from lsmcal.simulate.output.read import read_series

_NAMES = {"nse": "NSE", "kge": "KGE", "rmse": "RMSE", "skill": "skill"}
#: Title, axis label, unit of errors, what is subtracted from the model's unit.
_KINDS = {
    "soil_temperature": ("Soil temperature", "temperature [°C]", "K", 273.15),
    "soil_moisture_liquid": ("Soil moisture (liquid)", "water [m$^3$ m$^{-3}$]", "m³ m⁻³", 0.0),
    "snow_depth": ("Snow depth", "snow depth [m]", "m", 0.0),
    "skin_temperature": ("Surface temperature", "temperature [°C]", "K", 273.15),
}
_RUNS = ("observed", "default", "calibrated")
_EDGE = 0.02


def site_summary(page: Page, evaluation: dict) -> None:
    """The improvement by the search in both periods, and its cost."""
    found, scores = evaluation.get("search", {}), evaluation["scores"]
    kind = _KINDS[evaluation["kind"]][0].lower()
    text = []
    if found:
        name = _NAMES.get(found["objective"], found["objective"])
        text.append(
            f"In the calibration period the mean {name} of daily {kind} is {number(found['default'], 3)} with the "
            f"default set and {number(found['best'], 3)} after {counted(found['evaluations'], 'evaluation')} "
            f"({found['engine']})."
        )
    if "validation" in scores["default"]:
        before, after = (scores[name]["validation"] for name in ("default", "calibrated"))
        skill = ""
        if not _is_unseen(evaluation["periods"]):
            skill = (
                f", and the mean skill against a day-of-year climatology from {number(before.get('mean_skill'))} to "
                f"{number(after.get('mean_skill'))}"
            )
        text.append(
            f"In the validation period the mean NSE changed from {number(before['mean_nse'], 3)} to "
            f"{number(after['mean_nse'], 3)}{skill}."
        )
    if found:
        text.append(
            f"The model took {found['model_seconds']:.1f} s, {found['model_seconds'] / found['evaluations']:.2f} s an "
            f"evaluation, the optimiser {found['optimiser_seconds']:.1f} s."
        )
        if found["failed"]:
            text.append(f"{counted(found['failed'], 'evaluation')} failed.")
    page.paragraph(" ".join(text))


def show_failures(page: Page, history: History) -> None:
    """How many trials failed, and for which reasons; nothing if none did."""
    reasons = Counter(record.reason.partition(":")[0] for record in history.records if not record.ok)
    if reasons:
        each = "; ".join(f"{reason} ({count})" for reason, count in reasons.most_common(5))
        last = next(record.reason for record in reversed(history.records) if not record.ok)
        page.note(f"{counted(reasons.total(), 'evaluation')} failed: {each}. The last: {last}.")


def show_search(page: Page, history: History, ensemble: dict, truth: Mapping[str, float] | None = None) -> None:
    """The trajectory and the parameters; of an unfinished search without ensemble, of a twin with the truth."""
    from lsmcal.figures.search import search_trajectory

    header: dict[str, Any] = history.header
    objective = header["fingerprint"]["objective"]["name"]
    label = f"mean {_NAMES.get(objective, objective)}"
    members = [member["trial"] for member in ensemble.get("members", [])]
    trajectory = search_trajectory(
        history.objectives,
        history.maximise,
        label,
        ensemble.get("threshold"),
        ensemble.get("breaks", ()),
        members=members,
    )
    crosses = "; crosses mark the ensemble members" if members else ""
    page.figure(trajectory, f"Every evaluation, the best so far and the level of the default set{crosses}.")
    show_failures(page, history)
    if history.best is not None:
        _parameters(page, history, ensemble, truth or {})
    if ensemble.get("note"):
        page.note(ensemble["note"][:1].upper() + ensemble["note"][1:] + ".")
    packages = header.get("information", {}).get("packages")
    if packages:
        page.paragraph("Packages: " + ", ".join(f"{name} {text}" for name, text in packages.items()) + ".")


def _parameters(page: Page, history: History, ensemble: dict, truth: Mapping[str, float]) -> None:
    from lsmcal.figures.search import parameters_in_range

    default, best = history.records[0], not_none(history.best)
    header: dict[str, Any] = history.header
    space = header["fingerprint"].get("space", {})
    names = list(best.parameters)
    near = [history.records[member["trial"]] for member in ensemble.get("members", [])]
    ranges = [_range(space.get(name)) for name in names]
    points = np.array([record.x for record in near]).reshape(-1, len(names))
    figure = parameters_in_range(names, np.array(best.x), np.array(default.x), points, ranges)
    caption = "Calibrated parameters within their ranges"
    page.figure(figure, caption + ("; bars span the ensemble members." if near else "."))
    head = ["parameter", "meaning", "unit", "range", "default", "best", "ensemble"]
    rows = [
        [
            name,
            _meaning(name),
            space.get(name, {}).get("unit", ""),
            ranges[k],
            short(default.parameters[name]),
            short(best.parameters[name]),
            _span([record.parameters[name] for record in near]),
        ]
        for k, name in enumerate(names)
    ]
    if truth:
        head.append("truth")
        rows = [[*row, short(truth.get(row[0], default.parameters[row[0]]))] for row in rows]
    page.table(head, rows)
    ends = [name for name, x in zip(names, best.x, strict=True) if x < _EDGE or x > 1.0 - _EDGE]
    if ends:
        page.note(f"The best value is at a limit of the range of {', '.join(ends)}; the optimum may lie outside.")


def _range(row: dict | None) -> str:
    return f"{short(row['low'])} to {short(row['high'])}" if row else ""


def _span(values: list[float]) -> str:
    ends = [short(min(values)), short(max(values))] if values else ["–"]
    return " to ".join(dict.fromkeys(ends))


def _meaning(name: str) -> str:
    try:
        return find_parameter(name.partition("[")[0]).meaning
    except (KeyError, ValueError):
        return ""


def observations(page: Page, evaluation: dict, series: Path) -> None:
    """Series and scores of what the search fitted, and of what was observed beside it."""
    from lsmcal.figures.scores import scores_by_depth

    page.heading("Fit to the observations")
    _series(page, evaluation, series, "", evaluation["periods"])
    if evaluation["scores"]["default"]:
        page.figure(scores_by_depth(evaluation["depths"], evaluation["scores"]), "Scores by depth.")
    _scores(page, evaluation)
    for text in climatology_notes(evaluation["periods"]):
        page.note(text)
    for kind, other in evaluation.get("other", {}).items():
        page.heading(f"{_KINDS[kind][0]} (not calibrated)")
        _series(page, {**other, "kind": kind}, series, kind, evaluation["periods"])
        _scores(page, {**other, "kind": kind})


def _series(page: Page, evaluation: dict, path: Path, prefix: str, periods: dict) -> None:
    from lsmcal.figures.series import series_by_depth
    from lsmcal.figures.snow import snow_through_time

    title, label, _, offset = _KINDS[evaluation["kind"]]
    try:
        series = read_series(path, prefix)
    except (OSError, IndexError, KeyError):
        page.note(f"There is no series of {title.lower()}; lsmcal calibrate writes it.")
        return
    lines = {name: series[name] for name in _RUNS}
    if evaluation["kind"] == "snow_depth":
        figure = snow_through_time(series["time"], {name: values[:, 0] for name, values in lines.items()})
    else:
        options: dict[str, Any] = {"offset": offset, "zero_line": offset > 0, "periods": periods}
        figure = series_by_depth(series["time"], series["depth"], lines, label, **options)
    page.figure(figure, f"{title}: daily observations, default set and calibrated set.")


def _scores(page: Page, evaluation: dict) -> None:
    unit = _KINDS[evaluation["kind"]][2]
    for period in ("calibration", "validation"):
        if period not in evaluation["scores"]["default"]:
            continue
        before, after = (evaluation["scores"][name][period] for name in ("default", "calibrated"))
        head = (
            "depth [m]",
            "NSE default",
            "NSE calibrated",
            "NSE of climatology",
            "skill default",
            "skill calibrated",
            f"RMSE default [{unit}]",
            f"RMSE calibrated [{unit}]",
            f"bias default [{unit}]",
            f"bias calibrated [{unit}]",
            "days",
        )
        none = [None] * len(evaluation["depths"])
        columns = (
            before["nse"],
            after["nse"],
            before.get("nse_climatology", none),
            before["skill"],
            after["skill"],
            before["rmse"],
            after["rmse"],
            before["mbe"],
            after["mbe"],
        )
        rows = [
            (_depth(depth, evaluation["kind"]), *(_score(column[k], column) for column in columns), before["pairs"][k])
            for k, depth in enumerate(evaluation["depths"])
        ]
        page.paragraph(f"{period.capitalize()} period:")
        page.table(head, rows)


def _score(value: float | None, column: list) -> str:
    """Three decimals for a column of small numbers, such as errors of soil moisture."""
    largest = max((abs(v) for v in column if v is not None), default=1.0)
    return number(value, 3 if largest < 0.2 else 2)


def _depth(depth: float, kind: str) -> str:
    return "–" if kind == "snow_depth" else "surface" if depth == 0 else f"{depth:g}"


def climatology_notes(periods: dict) -> list[str]:
    """Where the day-of-year climatology is not a fair benchmark: a single year, or days of the year it has not seen."""
    notes = []
    if 0 < _days(periods.get("calibration", [])).size < 2 * 365 - 10:
        notes.append(
            "The calibration period is shorter than two years. There the climatology is little more than the smoothed "
            "observations, so a low skill is no evidence against the model."
        )
    if _is_unseen(periods):
        notes.append(
            "Many validation days fall on days of the year that the calibration period lacks. The climatology has no "
            "forecast there, so NSE of climatology and skill are not given."
        )
    return notes


def _is_unseen(periods: dict) -> bool:
    """Whether more than a tenth of the validation days are days of the year without a climatology."""
    seen, later = (_days(periods.get(name, [])) for name in ("calibration", "validation"))
    return bool(later.size and np.isin(day_of_leap_year(later), day_of_leap_year(seen)).mean() < 0.9)


def _days(spans: list) -> np.ndarray:
    parts = [np.arange(np.datetime64(a, "D"), np.datetime64(b, "D") + 1) for a, b in spans]
    return np.concatenate(parts) if parts else np.array([], "datetime64[D]")

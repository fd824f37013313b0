"""Results as tables on the terminal, JSON or CSV."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from lsmcal.parameters.table import Parameter, parameter_table


def _console():
    from rich.console import Console

    # Redirected output keeps whole rows instead of the 80 columns rich assumes.
    return Console(highlight=False, width=None if sys.stdout.isatty() else 200)


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], title: str = "", left: int = 1) -> None:
    """Print a table; the first ``left`` columns are text, the others numbers."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False)
    for number, header in enumerate(headers):
        shown.add_column(Text(header), justify="left" if number < left else "right", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(_text(value)) for value in row))
    _console().print(shown)


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def show_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Label and text on each line."""
    width = max(len(label) for label, _ in pairs)
    for label, text in pairs:
        print(f"{label:<{width}}  {text}")


def show_json(content: object) -> None:
    """Plain values as JSON, numbers that are not finite as null."""
    print(json.dumps(_finite(content), indent=1, allow_nan=False))


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_finite(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


# -- parameters ---------------------------------------------------------------------------------------------------
def show_parameters(case, derived: bool, form: str) -> None:
    """The parameter table; with a case, its values for each class.

    Parameters
    ----------
    case : Case or None
    derived : bool
        With the three that only follow others.
    form : {"table", "json", "csv"}
    """
    values = {} if case is None else case_values(case, derived)
    rows = [parameter_row(row, values.get(row.name)) for row in parameter_table(derived)]
    if form == "json":
        show_json(rows)
    elif form == "csv":
        _write_csv(rows)
    else:
        marks = ["*" if row.sensitive else "" for row in parameter_table(derived)]
        kept = ("group", "status", "unit", "range")
        shown = [
            (row["name"] + mark, *(row[key] for key in kept), _values(row), row["meaning"])
            for row, mark in zip(rows, marks, strict=True)
        ]
        headers = ("name", "group", "status", "unit", "range", "value by class" if case else "default from", "meaning")
        table(headers, shown, left=len(headers))


def parameter_row(row: Parameter, values: Mapping[str, float] | None) -> dict[str, object]:
    """One row of the table as plain values."""
    plain = {
        "name": row.name,
        "group": row.group,
        "status": row.status,
        "unit": row.unit,
        "kind": row.kind or None,
        "low": row.low,
        "high": row.high,
        "range": row.range_text,
        "default_source": row.default_source,
        "integer": row.integer,
        "sensitive": row.sensitive,
        "meaning": row.meaning,
    }
    return plain if values is None else {**plain, "values": dict(values)}


def _values(row: Mapping[str, object]) -> str:
    if "values" not in row:
        return str(row["default_source"])
    return ", ".join(f"{key}: {value:.4g}" if key else f"{value:.4g}" for key, value in row["values"].items())


def _write_csv(rows: Sequence[Mapping[str, object]]) -> None:
    flat = [{**row, "values": _values(row)} if "values" in row else row for row in rows]
    writer = csv.DictWriter(sys.stdout, fieldnames=list(flat[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: "" if _text(value) == "-" else value for key, value in row.items()} for row in flat)


def case_values(case, derived: bool) -> dict[str, dict[str, float]]:
    """Values a case's column has: parameter to class number (empty for what has no class) to value."""
    from lsmcal.case import column_of

    column = column_of(case)
    tables = case.parameters.apply(column.tables, case.choices().passive)
    soils = list(dict.fromkeys(column.soil.tolist()))
    values = {}
    for row in parameter_table():
        numbers = {"vegetation": [column.vegetation], "soil": soils}.get(row.group, [None])
        values[row.name] = {str(number or ""): row.default(tables, number) for number in numbers}
    values["TBOT"] = {"": column.tbot + case.parameters.bottom_temperature_offset}
    return values | (_derived(tables, soils) if derived else {})


def _derived(tables, soils: Sequence[int]) -> dict[str, dict[str, float]]:
    """F11 of the table, KDT and FRZX by their formulas (PHYSICS 7)."""
    soil, general = tables.soil, tables.general
    ratio = {n: soil.value("MAXSMC", n) / soil.value("REFSMC", n) for n in soils}
    return {
        "F11": {str(n): soil.value("F11", n) for n in soils},
        "KDT": {str(n): general["REFKDT"] * soil.value("SATDK", n) / general["REFDK"] for n in soils},
        "FRZX": {str(n): general["FRZK"] * ratio[n] * 0.412 / 0.468 for n in soils},
    }


# -- runs and searches ------------------------------------------------------------------------------------------
def show_evaluation(evaluation: Mapping[str, object], as_json: bool = False) -> None:
    """Scores by depth and period of every run in an evaluation."""
    if as_json:
        show_json(evaluation)
        return
    _show_scores(evaluation)
    for other in evaluation["other"].values():
        _show_scores(other)


def _show_scores(part: Mapping[str, object]) -> None:
    kind = str(part["kind"]).replace("_", " ")
    headers = ("period", "run", "depth [m]", "NSE", "KGE", "skill", "RMSE", "bias", "days")
    rows = []
    periods = dict.fromkeys(period for scores in part["scores"].values() for period in scores)
    for period in periods:
        for run, scores in part["scores"].items():
            found = scores[period]
            for index, depth in enumerate(part["depths"]):
                named = [found[name][index] for name in ("nse", "kge", "skill", "rmse", "mbe")]
                rows.append((period, run, f"{depth:g}", *_rounded(named), found["pairs"][index]))
            means = [found[f"mean_{name}"] for name in ("nse", "kge", "skill", "rmse")]
            rows.append((period, run, "mean", *_rounded(means), "", ""))
    table(headers, rows, title=kind, left=2)


def _rounded(values: Iterable[float | None]) -> list[str]:
    return ["-" if value is None else f"{value:.3f}" for value in values]


def show_calibration(evaluation: Mapping[str, object], best: Mapping[str, float], folder: Path) -> None:
    """What a search came to, and what it cost."""
    show_evaluation(evaluation)
    table(("parameter", "best"), list(best.items()))
    search = evaluation["search"]
    default, found = _rounded([search["default"], search["best"]])
    pairs = [
        (f"mean {search['objective'].upper()}", f"{default} (default), {found} (trial {search['best_trial']})"),
        ("evaluations", f"{search['evaluations']}, {search['failed']} failed; ended by {search['stopped']}"),
        ("time", f"model {search['model_seconds']:.1f} s, optimiser {search['optimiser_seconds']:.1f} s"),
        ("written to", str(folder)),
    ]
    show_pairs(pairs)


def show_campaign(result) -> None:
    """Stages of a campaign with their times."""
    rows = [(stage, what, f"{result.seconds[stage]:.1f}") for stage, what in result.stages.items()]
    table(("stage", "what", "seconds"), rows, left=2)
    if result.page:
        print(f"wrote {result.page}")


def show_run_differences(rows: Sequence[Mapping[str, object]], as_json: bool = False) -> None:
    """Differences of two runs by variable."""
    if as_json:
        show_json(list(rows))
        return
    headers = ("variable", "unit", "mean", "rms", "largest")
    table(headers, [(row["variable"], row["unit"], *_difference(row)) for row in rows], left=2)


def _difference(row: Mapping[str, object]) -> tuple:
    if row["identical"]:
        return "same", "", ""
    return row["mean_difference"], row["rms_difference"], row["largest"]


def show_set_differences(rows: Sequence[tuple], as_json: bool = False) -> None:
    """Parameters that differ between two sets."""
    if as_json:
        show_json([{"parameter": name, "first": first, "second": second} for name, first, second in rows])
    elif rows:
        table(("parameter", "first", "second"), rows)
    else:
        print("the sets are the same")


# -- the inside of a run ----------------------------------------------------------------------------------------
def show_inspection(inspection, terms: Sequence[str], every: bool, as_json: bool) -> None:
    """Budgets, profile and terms of the inspected steps.

    Raises
    ------
    InputError
        For a term that does not exist.
    """
    _check_terms(inspection, terms)
    series = _series(inspection, terms)
    if as_json:
        content = {"time": np.datetime_as_string(inspection.time, unit="m").tolist(), "depth": inspection.depth}
        units = {name: _unit(inspection, name) for name in series}
        show_json({**content, "budget": inspection.budget(), "terms": series, "units": units})
        return
    if not terms:
        for title, budget in inspection.budget().items():
            table((title, "mean"), [(name, f"{value:.4g}") for name, value in budget.items()])
    if every:
        _show_steps(inspection, series)
    else:
        _show_means(inspection, series)


_BY_LAYER = " by layer"


def _series(inspection, terms: Sequence[str]) -> dict[str, np.ndarray]:
    """The chosen terms, all if none is named; a name that column and layers share is told apart."""
    layer = {name + _BY_LAYER * (name in inspection.column): values for name, values in inspection.layer.items()}
    series = {**inspection.column, **layer}
    return {name: values for name, values in series.items() if not terms or name.removesuffix(_BY_LAYER) in terms}


def _unit(inspection, name: str) -> str:
    return inspection.unit(name.removesuffix(_BY_LAYER))


def _check_terms(inspection, terms: Sequence[str]) -> None:
    from difflib import get_close_matches

    from lsmcal.core.errors import Problems

    problems = Problems()
    known = [*inspection.column, *inspection.layer]
    for name in terms:
        if name not in known:
            near = get_close_matches(name, known, n=3, cutoff=0.5)
            problems.add("no such term", source="--term", value=name, expected=", ".join(near or known))
    problems.raise_if_any()


def _show_means(inspection, series: Mapping[str, np.ndarray]) -> None:
    flat = {name: values for name, values in series.items() if values.ndim == 1}
    deep = {name: values for name, values in series.items() if values.ndim == 2}
    if flat:
        rows = [(n, _unit(inspection, n), *(f"{f(v):.6g}" for f in (np.mean, np.min, np.max))) for n, v in flat.items()]
        table(("column", "unit", "mean", "least", "most"), rows, left=2)
    depths = [f"{depth:.3g} m" for depth in inspection.depth]
    for name, values in deep.items():
        columns = [[f"{x:.6g}" for x in f(values, axis=0)] for f in (np.mean, np.min, np.max)]
        table((f"{name} [{_unit(inspection, name)}]", "mean", "least", "most"), zip(depths, *columns, strict=True))


def _show_steps(inspection, series: Mapping[str, np.ndarray]) -> None:
    times = np.datetime_as_string(inspection.time, unit="m")
    for name, values in series.items():
        wide = values if values.ndim == 2 else values[:, None]
        heads = [f"{depth:.3g} m" for depth in inspection.depth] if values.ndim == 2 else [_unit(inspection, name)]
        rows = [(time, *(f"{x:.6g}" for x in row)) for time, row in zip(times, wide, strict=True)]
        table((name, *heads), rows)


def show_plans(plans: Mapping[str, object], as_json: bool, cores: Sequence[int] = (16, 128, 1024)) -> None:
    """What cases cost, stage by stage."""
    if as_json:
        show_json({name: _plan_as_json(plan) for name, plan in plans.items()})
        return
    headers = ("stage", "column-steps", "disk", "1 core", *(f"{count} cores" for count in cores))
    for name, plan in plans.items():
        rows = [(s.name, f"{s.column_steps:.3g}", _size(s.disk), *_on(s, cores)) for s in plan.stages]
        rows.append(("sum", "", _size(sum(s.disk for s in plan.stages)), *_on(plan, cores)))
        table(headers, rows, title=name)
        pairs = [("a column-step", f"{plan.nanoseconds:.0f} ns on one core, weather included")]
        pairs.append(("memory of a process", _size(plan.memory)))
        show_pairs([*pairs, *(("assumed", note) for note in plan.notes)])


def _plan_as_json(plan) -> dict[str, object]:
    stages = [{**asdict(stage), "core_hours": stage.core_hours} for stage in plan.stages]
    return {**asdict(plan), "stages": stages, "core_hours": plan.core_hours}


def _on(stage_or_plan, cores: Sequence[int]) -> list[str]:
    return [_duration(3600.0 * stage_or_plan.hours(count)) for count in (1, *cores)]


def _duration(seconds: float) -> str:
    if seconds < 120.0:
        return f"{seconds:.2g} s" if seconds < 10.0 else f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 7200.0 else f"{seconds / 3600.0:,.0f} h"


def _size(size: float) -> str:
    if size < 1.0:
        return "-"
    power = min(int(math.log10(size) // 3), 4)
    return f"{size / 1000.0**power:.3g} {('B', 'kB', 'MB', 'GB', 'TB')[power]}"

"""What ``lsmcal params`` prints: the table of parameters with the values of a site or a region."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lsmcal.case import column_of
from lsmcal.case.column import case_tables
from lsmcal.case.sections.model import Tables
from lsmcal.cli.tables import plain_text, show_json, table
from lsmcal.core.errors import Problems, not_none
from lsmcal.core.words import printable
from lsmcal.noah.parameters.options import PRESET_TABLES, preset
from lsmcal.noah.parameters.tables import load_tables, with_roots_by_depth
from lsmcal.parameters.table import GROUPS, Parameter, ParameterSet, parameter_table
from lsmcal.simulate.from_case.weather import cells_of

#: Classes with a value of their own in the table for people; JSON and CSV have all.
_SHOWN = 4


def show_parameters(case, derived: bool, form: str) -> None:
    """The parameter table; with a case, its values for each class.

    Parameters
    ----------
    case : Case or None
    derived : bool
        With the three that only follow others.
    form : {"table", "json", "csv"}
    """
    found = default_values(derived) if case is None else values_of(case, derived)
    rows = [parameter_row(row, found.values.get(row.name)) for row in parameter_table(derived)]
    if form == "json":
        show_json(rows)
    elif form == "csv":
        _write_csv(rows)
    else:
        for line in found.classes:
            print(printable(line))
        _show_groups(rows, "default" if case is None else "value")


def _show_groups(rows: Sequence[Mapping[str, Any]], header: str) -> None:
    """A table for each group of parameters."""
    for group in GROUPS:
        of_classes = group in ("vegetation", "soil")
        title = f"{group} parameters, by class" if of_classes else f"{group} parameters"
        values = _span if of_classes and header == "default" else _few
        shown = [
            (row["name"] + "*" * row["sensitive"], values(row), row["range"], _meaning(row))
            for row in rows
            if row["group"] == group
        ]
        table(("name", header, "range", "meaning"), shown, title=title, left=4, folded=(1, 3))


def _meaning(row: Mapping[str, Any]) -> str:
    unit = "" if row["unit"] == "1" else f" [{row['unit']}]"
    return row["meaning"] + unit + ("" if row["status"] == "tunable" else f" ({row['status']})")


def _few(row: Mapping[str, Any]) -> str:
    return _values(row, _SHOWN)


def _span(row: Mapping[str, Any]) -> str:
    """Least and greatest value of all classes."""
    low, high = min(row["values"].values()), max(row["values"].values())
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"


def parameter_row(row: Parameter, values: Mapping[str, float] | None) -> dict[str, object]:
    """One row of the table as plain values."""
    plain: dict[str, object] = {
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


def _values(row: Mapping[str, object], most: int | None = None) -> str:
    values = row.get("values")
    if not isinstance(values, Mapping):
        return str(row["default_source"])
    texts = [f"{key}: {value:.4g}" if key else f"{value:.4g}" for key, value in values.items()]
    left_out = len(texts) - len(texts[:most])
    return ", ".join([*texts[:most], *([f"{left_out} more"] if left_out else [])])


def _write_csv(rows: Sequence[Mapping[str, object]]) -> None:
    flat = [{**row, "values": _values(row)} if "values" in row else row for row in rows]
    writer = csv.DictWriter(sys.stdout, fieldnames=list(flat[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: "" if plain_text(value) == "-" else value for key, value in row.items()} for row in flat)


@dataclass(frozen=True)
class Values:
    """What a case's columns have.

    Parameters
    ----------
    values : dict
        Parameter to class number (empty for what has no class) to value; the most widespread class first.
    classes : list of str
        What the numbers mean; of a region, how widespread they are.
    """

    values: dict[str, dict[str, float]]
    classes: list[str] = field(default_factory=list)


def values_of(case, derived: bool) -> Values:
    """Values of the parameters in the column of a site, or in the cells of a region.

    Raises
    ------
    InputError
        When what the case names is bad.
    """
    return _of_region(case, derived) if case.kind == "region" else _of_site(case, derived)


def default_values(derived: bool) -> Values:
    """Values of the packaged tables that a case has unless it names others, for every class."""
    chosen = Tables()
    names = {**PRESET_TABLES[chosen.preset], "vegetation": chosen.vegetation_table}
    tables = load_tables(**names)
    if preset(chosen.preset).root_layers == "depth":
        tables = with_roots_by_depth(tables)
    numbers = {group: list(range(1, len(getattr(tables, group)) + 1)) for group in ("vegetation", "soil")}
    named = ", ".join(f"{kind} {name}" for kind, name in names.items())
    lines = [f"defaults of preset {chosen.preset} ({named})"]
    lines.append("lsmcal params CASE shows a case's values; --json and --csv have all classes")
    values = _by_class(tables, numbers, derived)
    values.pop("TBOT")  # the site's own
    return Values(values, lines)


def _of_site(case, derived: bool) -> Values:
    column = column_of(case)
    tables = case.parameters.apply(column.tables, case.choices().passive)
    soils = list(dict.fromkeys(column.soil.tolist()))
    values = _by_class(tables, {"vegetation": [column.vegetation], "soil": soils}, derived)
    return Values(values | {"TBOT": {"": column.tbot + case.parameters.bottom_temperature_offset}})


def _of_region(case, derived: bool) -> Values:
    problems = Problems()
    tables, (domain, _) = case_tables(case, problems, []), cells_of(case, problems)
    problems.raise_if_any()
    domain = not_none(domain)
    ParameterSet(case.parameters, tables, f"{case.source}: [parameters]")
    tables = case.parameters.apply(tables, case.choices().passive)
    layers = np.broadcast_to(domain.area[:, None], domain.soil.shape)
    shares = {"vegetation": _shares(domain.vegetation, domain.area), "soil": _shares(domain.soil, layers)}
    named = {group: _named(shares[group], getattr(tables, group).classes) for group in shares}
    lines = [f"vegetation by area: {named['vegetation']}", f"soil by area and layers: {named['soil']}"]
    values = _by_class(tables, {group: list(share) for group, share in shares.items()}, derived)
    bottom = domain.tbot + case.parameters.bottom_temperature_offset
    of_cells = {"lowest": bottom.min(), "mean": np.average(bottom, weights=domain.area), "highest": bottom.max()}
    return Values(values | {"TBOT": {name: float(value) for name, value in of_cells.items()}}, lines)


def _shares(classes, weights) -> dict[int, float]:
    """Share of each class that occurs, the largest first."""
    sums = np.bincount(classes.ravel(), weights.ravel())
    order = sorted(np.flatnonzero(sums).tolist(), key=lambda number: -sums[number])
    return {number: float(sums[number] / sums.sum()) for number in order}


def _named(shares: Mapping[int, float], classes: Sequence[str]) -> str:
    return ", ".join(f"{number} {classes[number - 1]} {100 * share:.0f} %" for number, share in shares.items())


def _by_class(tables, numbers: Mapping[str, list[int]], derived: bool) -> dict[str, dict[str, float]]:
    values = {}
    for row in parameter_table():
        values[row.name] = {str(n or ""): row.default(tables, n) for n in numbers.get(row.group, [None])}
    return values | (_derived(tables, numbers["soil"]) if derived else {})


def _derived(tables, soils: Sequence[int]) -> dict[str, dict[str, float]]:
    """F11 of the table, KDT and FRZX by their formulas (Chen and Dudhia 2001; Koren et al. 1999)."""
    soil, general = tables.soil, tables.general
    ratio = {n: soil.value("MAXSMC", n) / soil.value("REFSMC", n) for n in soils}
    return {
        "F11": {str(n): soil.value("F11", n) for n in soils},
        "KDT": {str(n): general["REFKDT"] * soil.value("SATDK", n) / general["REFDK"] for n in soils},
        "FRZX": {str(n): general["FRZK"] * ratio[n] * 0.412 / 0.468 for n in soils},
    }

"""What ``lsmcal inspect`` prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from textwrap import fill

import numpy as np

from lsmcal.cli.tables import PAGE, show_json, side_by_side, table
from lsmcal.core.words import counted
from lsmcal.simulate.inspect import BY_LAYER, COLUMN_GROUPS, Inspection

_STATISTICS: Mapping[str, Callable[..., np.ndarray]] = {"mean": np.mean, "lowest": np.min, "highest": np.max}
_KELVIN = 273.15
#: Terms of the layers that are in the profile.
_IN_PROFILE = ("temperature", "water", "liquid")


def show_inspection(inspection: Inspection, terms: Sequence[str], every: bool, as_json: bool) -> None:
    """Budgets, profile and terms of the inspected steps; of chosen terms range and meaning too.

    Parameters
    ----------
    inspection : Inspection
    terms : sequence of str
        Names of terms; empty: all.
    every : bool
        Each step instead of the means.
    as_json : bool
        Every step of the terms as JSON.
    """
    wanted = {name for term in terms for name in (term, term + BY_LAYER)}
    series = {name: values for name, values in inspection.series().items() if not terms or name in wanted}
    if as_json:
        content = {"time": np.datetime_as_string(inspection.time, unit="m").tolist(), "clock_hours": inspection.clock}
        units = {name: inspection.unit(name) for name in series}
        meanings = {name: inspection.meaning(name) for name in series}
        content |= {"depth": inspection.depth, "budget": inspection.budget()}
        show_json({**content, "terms": series, "units": units, "meanings": meanings})
        return
    if not terms:
        _show_budget(inspection)
        _show_profile(inspection)
    if every:
        _show_steps(inspection, series)
    elif terms:
        _show_chosen(inspection, series)
    else:
        _show_all(inspection, series)


def _number(value: float, digits: int = 5) -> str:
    if np.isnan(value):
        return "not given"
    return f"{value + 0.0:.{digits}g}"  # no minus before zero


def _numbers(values: np.ndarray) -> list[str]:
    return [_number(value) for value in values]


def _depths(inspection: Inspection) -> list[str]:
    return [f"{depth:.3g}" for depth in inspection.depth]


def _show_budget(inspection: Inspection) -> None:
    """Energy and water of each day."""
    single = {day: inspection.of_day(day).budget() for day in inspection.days}
    for title, terms in inspection.budget().items():
        columns = [(str(day), [_number(budget[title][name], 4) for name in terms]) for day, budget in single.items()]
        side_by_side((f"{title}, gains positive", list(terms)), columns)


def _show_profile(inspection: Inspection) -> None:
    state = inspection.layer
    celsius, water = state["temperature"] - _KELVIN, state["water"].mean(axis=0)
    liquid = state["liquid"].mean(axis=0)
    columns = [(f"{name}\n[°C]", [f"{x + 0.0:.3f}" for x in f(celsius, axis=0)]) for name, f in _STATISTICS.items()]
    waters = {"water": water, "liquid": liquid, "ice": water - liquid}
    columns += [(f"{name}\n[m3 m-3]", [f"{x + 0.0:.4f}" for x in values]) for name, values in waters.items()]
    print("soil temperature; mean total water, liquid water and ice")
    side_by_side(("depth\n[m]", _depths(inspection)), columns)


def _show_all(inspection: Inspection, series: Mapping[str, np.ndarray]) -> None:
    """The column's terms, each with its meaning below it, and means of those of the layers side by side."""
    for title, fields in COLUMN_GROUPS.items():
        print(f"\n{title:<24}" + "".join(f"{name:>12}" for name in _STATISTICS) + "  unit")
        zero = [field.name for field in fields if not np.any(series[field.name])]
        for name in (field.name for field in fields if field.name not in zero):
            numbers = [f"{_number(float(f(series[name]))):>12}" for f in _STATISTICS.values()]
            print(f" {name:<23}{''.join(numbers)}  {inspection.unit(name)}")
            if inspection.meaning(name) != name.replace("_", " "):
                _show_text(inspection.meaning(name), "    ")
        if zero:
            _show_text(f"zero in all steps: {', '.join(zero)}", " ")
    layers = {name: values for name, values in series.items() if values.ndim == 2 and name not in _IN_PROFILE}
    print("\nmeans of the layers")
    for name in layers:
        _show_text(f"{name}: {inspection.meaning(name)}", " ")
    columns = [(f"{name}\n[{inspection.unit(name)}]", _numbers(values.mean(axis=0))) for name, values in layers.items()]
    side_by_side(("depth\n[m]", _depths(inspection)), columns)
    print("--term NAME shows the range of one term; --every-step shows every step")


def _show_text(text: str, indent: str) -> None:
    print(fill(text, PAGE, initial_indent=indent, subsequent_indent=f"{indent}    "))


def _title(inspection: Inspection, name: str) -> str:
    return f"{name} [{inspection.unit(name)}]: {inspection.meaning(name)}"


def _show_chosen(inspection: Inspection, series: Mapping[str, np.ndarray]) -> None:
    """Meaning, mean and range of each term."""
    for name, values in series.items():
        _show_text(_title(inspection, name), "")
        if values.ndim == 1:
            table(tuple(_STATISTICS), [[_number(float(f(values))) for f in _STATISTICS.values()]], left=0)
        else:
            columns = [_numbers(f(values, axis=0)) for f in _STATISTICS.values()]
            table(("depth [m]", *_STATISTICS), zip(_depths(inspection), *columns, strict=True), left=0)


def _show_steps(inspection: Inspection, series: Mapping[str, np.ndarray]) -> None:
    """Terms of the column side by side by step, and each term of the layers by step and depth."""
    times = "start of step", np.char.replace(np.datetime_as_string(inspection.time, unit="m"), "T", " ").tolist()
    flat = [(f"{n}\n[{inspection.unit(n)}]", _numbers(v)) for n, v in series.items() if v.ndim == 1]
    if flat:
        side_by_side(times, flat)
    heads = [f"{depth} m" for depth in _depths(inspection)]
    for name, values in series.items():
        if values.ndim == 2:
            _show_text(_title(inspection, name), "")
            side_by_side(times, list(zip(heads, map(_numbers, values.T), strict=True)))


def steps_in_words(inspection: Inspection) -> str:
    """Days, steps and clock in words."""
    found = inspection.days.astype(str)
    hours = float(np.min(np.diff(inspection.time)).astype(float)) / 3600.0 if inspection.time.size > 1 else 24.0
    clock = "UTC" if inspection.clock == 0.0 else f"UTC{inspection.clock:+g} h"
    return f"{', '.join(found)}, {counted(inspection.time.size, 'step')} of {hours:g} h ({clock})"

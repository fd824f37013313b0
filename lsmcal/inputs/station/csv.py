"""CSV forcing: columns named in the case, or by their headers (``air_temperature [K]``)."""

from __future__ import annotations

import difflib
from typing import TypeVar

from lsmcal.core import csv_table
from lsmcal.core.errors import Problems
from lsmcal.core.units import QUANTITIES, check_unit, convert
from lsmcal.inputs.station.raw import RawForcing, place_in_time, usual_interval
from lsmcal.inputs.station.spec import FORCING_ROLES, ForcingSpec, SourceColumn

Value = TypeVar("Value")


def read_csv_forcing(spec: ForcingSpec, problems: Problems) -> RawForcing | None:
    """Read a CSV forcing file.

    Parameters
    ----------
    spec : ForcingSpec
    problems : Problems
        Collects what is wrong.

    Returns
    -------
    RawForcing or None
        None if the file, its times or its mapping cannot be used.
    """
    table = csv_table.read_table(spec.file, problems)
    if table is None:
        return None
    stamps = csv_table.times(table, spec.time_column, spec.time_format, problems, spec.time_zone_hours)
    if stamps is None:
        return None
    step = spec.step or usual_interval(stamps)
    values, units, notes = {}, {}, {}
    for role, wanted in known_roles(matched_columns(table, spec), table.source, problems).items():
        column = csv_table.numbers(table, wanted.column, spec.missing, problems, role)
        unit = table.unit_of(wanted.column, wanted.unit, problems, role)
        if check_unit(unit, role, problems, table.source, f"column {wanted.column}") and column is not None:
            values[role] = wanted.scale * convert(column, unit, QUANTITIES[role], step)
            units[role] = unit
            if wanted.scale != 1.0:
                notes[f"scaled_{role}"] = f"by {wanted.scale:g}"
    raw = RawForcing(stamps, step, values, table.source, stamps, table.lines, units, attributes=notes)
    return place_in_time(raw, spec.stamp, spec.calendar)


def matched_columns(table: csv_table.Table, spec: ForcingSpec) -> dict[str, SourceColumn]:
    """The mapping of the case, or headers that are themselves role names."""
    if spec.columns:
        return spec.columns
    return {name: SourceColumn(name) for name in table.header if name in FORCING_ROLES}


def known_roles(columns: dict[str, Value], source: str, problems: Problems) -> dict[str, Value]:
    """The mapping without unknown roles, each of which is a problem naming the nearest known one."""
    for role in columns:
        if role not in FORCING_ROLES:
            near = difflib.get_close_matches(role, FORCING_ROLES)
            hint = f" (nearest: {', '.join(near)})" if near else ""
            problems.add(
                "unknown forcing variable",
                source=source,
                variable=role,
                expected=f"one of {', '.join(FORCING_ROLES)}{hint}",
            )
    return {role: column for role, column in columns.items() if role in FORCING_ROLES}

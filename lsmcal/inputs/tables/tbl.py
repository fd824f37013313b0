"""A user's own parameter tables: ``SOILPARM.TBL``, ``VEGPARM.TBL`` and ``GENPARM.TBL``.

Two dialects are told apart by the file's first line. WRF: named sections (``STAS``, ``USGS`` ...), each with
a line ``count,1 'COLUMNS ...'`` and rows ``number, values ..., 'name'`` whose commas may be missing. NoahPy:
one comma-separated table under a header ``NUMBER,...,TYPE``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lsmcal.core.errors import Problem, Problems, not_none
from lsmcal.core.text import read_text_file
from lsmcal.inputs.tables.checks import check_general, check_slope, check_soil, check_vegetation
from lsmcal.noah.parameters.tables import (
    GENERAL_NAMES,
    SOIL_COLUMNS,
    VEGETATION_COLUMNS,
    ClassTable,
    Tables,
    load_tables,
)

COUNT_LINE = re.compile(r"\s*(\d+)\s*,\s*\d+\s*,?\s*'([^']*)'")
VEGETATION_GENERAL = ("TOPT", "CMCMAX", "CFACTR", "RSMAX")


#: Largest table [bytes].
_LARGEST = 10_000_000.0


@dataclass
class _Source:
    """Lines of one file, and where its problems go."""

    path: Path
    lines: list[str]
    problems: Problems

    def complain(self, message: str, **details: object) -> None:
        self.problems.add(message, source=self.path, **details)

    def number(self, text: str, variable: str, line: int) -> float:
        """Fortran or C number; NaN, with a problem, for anything else."""
        try:
            value = float(text.strip().lower().replace("d", "e"))
        except ValueError:
            self.complain("is not a number", variable=variable, where=f"line {line + 1}", value=text.strip())
            return float("nan")
        if not np.isfinite(value):
            self.complain("is not finite", variable=variable, where=f"line {line + 1}", value=text.strip())
        return value


def read_soil_table(path: str | os.PathLike, section: str = "STAS", notes: list[Problem] | None = None) -> ClassTable:
    """Read a soil table of either dialect.

    Parameters
    ----------
    path : path
    section : str
        Section of a WRF file; ignored for NoahPy's dialect.
    notes : list, optional
        Filled with oddities that are accepted: a class that is no soil, REFSMC above MAXSMC, DRYSMC above
        WLTSMC.

    Returns
    -------
    ClassTable
        With :data:`lsmcal.noah.parameters.tables.SOIL_COLUMNS`; further columns of the file are left out.

    Raises
    ------
    InputError
        With every problem found: missing file, section or column, text or NaN among the numbers, rows out of
        order, values that cannot be (MAXSMC outside 0 to 1, WLTSMC not below REFSMC ...).
    """
    problems = Problems()
    table = _soil(path, section, problems, [] if notes is None else notes)
    problems.raise_if_any()
    return table


def read_vegetation_table(
    path: str | os.PathLike, section: str = "USGS", notes: list[Problem] | None = None
) -> tuple[ClassTable, dict[str, float]]:
    """Read a vegetation table of either dialect.

    Returns
    -------
    table : ClassTable
        With :data:`lsmcal.noah.parameters.tables.VEGETATION_COLUMNS`.
    extra : dict of str to float
        What stands behind the rows of a WRF section: TOPT, CMCMAX, CFACTR, RSMAX, BARE ...; empty for NoahPy.

    Raises
    ------
    InputError
        As :func:`read_soil_table`.
    """
    problems = Problems()
    table, extra = _vegetation(path, section, problems, [] if notes is None else notes)
    problems.raise_if_any()
    return table, extra


def read_general_table(path: str | os.PathLike) -> tuple[dict[str, float], np.ndarray]:
    """Read a ``GENPARM.TBL``.

    Returns
    -------
    general : dict of str to float
        Without the ``_DATA`` of the file; ZBOT in m, negative downward.
    slope : (slope classes,) float64

    Raises
    ------
    InputError
        With every problem found.
    """
    problems = Problems()
    general, slope = _general(path, problems)
    problems.raise_if_any()
    return general, slope


def read_tables(
    soil: str | os.PathLike | None = None,
    vegetation: str | os.PathLike | None = None,
    general: str | os.PathLike | None = None,
    *,
    soil_section: str = "STAS",
    vegetation_section: str = "USGS",
    default: Tables | None = None,
    notes: list[Problem] | None = None,
) -> Tables:
    """Tables from the files given and ``default`` for the rest.

    Parameters
    ----------
    soil, vegetation, general : path, optional
    soil_section, vegetation_section : str
    default : Tables, optional
        The packaged ``noahtibet`` tables unless given.
    notes : list, optional
        Filled with accepted oddities.

    Raises
    ------
    InputError
        With the problems of all files.
    """
    tables = default or load_tables()
    problems, notes = Problems(), [] if notes is None else notes
    if general is not None:
        values, slope = _general(general, problems)
        tables = replace(tables, general={**tables.general, **values}, slope=slope)
    if vegetation is not None:
        table, extra = _vegetation(vegetation, vegetation_section, problems, notes)
        values = {name: extra[name] for name in VEGETATION_GENERAL if name in extra}
        tables = replace(tables, vegetation=table, general={**tables.general, **values})
        tables = replace(tables, **_special_classes(table, extra))
    if soil is not None:
        tables = replace(tables, soil=_soil(soil, soil_section, problems, notes))
    problems.raise_if_any()
    return tables


def _special_classes(table: ClassTable, extra: dict[str, float]) -> dict[str, Any]:
    """The bare class as the file says, and the urban class by its name; nothing where it does not say."""
    special: dict[str, Any] = {}
    if np.isfinite(extra.get("BARE", np.nan)):
        special["bare"] = int(extra["BARE"])
    urban = [number for number, name in enumerate(table.classes, start=1) if name.startswith("urban")]
    if urban:
        special["urban"] = urban[0]
    return special


def _soil(path, section: str, problems: Problems, notes: list[Problem]) -> ClassTable:
    source = _open(path, problems)
    table, _ = _class_table(source, section, SOIL_COLUMNS)
    check_soil(table, str(source.path), problems, notes)
    return table


def _vegetation(path, section: str, problems: Problems, notes: list[Problem]):
    source = _open(path, problems)
    table, end = _class_table(source, section, VEGETATION_COLUMNS)
    check_vegetation(table, str(source.path), problems, notes)
    extra = {} if end is None else _named_values(source, end, VEGETATION_GENERAL)
    check_general({name: extra[name] for name in VEGETATION_GENERAL if name in extra}, str(source.path), problems)
    if "BARE" in extra and len(table) and not 1 <= extra["BARE"] <= len(table):
        source.complain("is not a class of this table", variable="BARE", value=f"{extra['BARE']:g}")
    return table, extra


def _general(path, problems: Problems) -> tuple[dict[str, float], np.ndarray]:
    source = _open(path, problems)
    wanted = tuple(name for name in GENERAL_NAMES if name not in VEGETATION_GENERAL)
    values = _named_values(source, 0, wanted) if source.lines else {}
    slope = _slope(source)
    values = {name: values[name] for name in GENERAL_NAMES if name in values}
    check_general(values, str(source.path), problems)
    check_slope(slope, str(source.path), problems)
    return values, slope


def _open(path, problems: Problems) -> _Source:
    path = Path(path)
    expected = "a table in the format of Noah's .TBL files"
    text = read_text_file(path, problems, expected, _LARGEST, encoding="utf-8", errors="replace")
    if text is None:
        return _Source(path, [], problems)
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        problems.add("is empty", source=path)
        lines = []
    return _Source(path, lines, problems)


def _class_table(source: _Source, section: str, wanted: Sequence[str]) -> tuple[ClassTable, int | None]:
    """Table and, in WRF's dialect, the line behind its rows."""
    if not source.lines:
        return _assembled(source, "", [], wanted, []), None
    filled = [i for i, line in enumerate(source.lines) if line.strip()]
    if source.lines[filled[0]].strip().upper().startswith("NUMBER"):
        header, body = [name.strip().upper() for name in source.lines[filled[0]].split(",")], filled[1:]
        return _assembled(source, "", [n for n in header[1:] if n != "TYPE"], wanted, body), None
    start = _section_start(source, section)
    if start is None:
        return _assembled(source, section, [], wanted, []), None
    count, columns = not_none(COUNT_LINE.match(source.lines[start])).groups()
    body = _section_body(source, start + 1)
    if len(body) != int(count):
        source.complain("has the wrong number of rows", variable=section, value=len(body), expected=count)
    end = body[-1] + 1 if body else start + 1
    return _assembled(source, section, columns.upper().split(), wanted, body), end


def _section_start(source: _Source, section: str) -> int | None:
    """Line with count and columns of a section."""
    starts = {}
    for i in range(1, len(source.lines)):
        if COUNT_LINE.match(source.lines[i]):
            starts[source.lines[i - 1].strip().upper()] = i
    if section.upper() not in starts:
        expected = "one of " + ", ".join(starts) if starts else "a table in WRF's or NoahPy's form"
        source.complain("has no such section", variable=section, expected=expected)
    return starts.get(section.upper())


def _section_body(source: _Source, start: int) -> list[int]:
    body = []
    for i in range(start, len(source.lines)):
        if not re.match(r"\s*\d", source.lines[i]):
            break
        body.append(i)
    return body


def _assembled(source, section: str, header: list[str], wanted: Sequence[str], body: list[int]) -> ClassTable:
    missing = [name for name in wanted if name not in header]
    for name in missing if header else []:
        source.complain("column is missing", variable=name, expected="columns " + " ".join(wanted))
    rows = [_row(source, line, header, order) for order, line in enumerate(body, start=1)]
    present = [name for name in wanted if name in header]
    columns = {name: np.array([row[1].get(name, np.nan) for row in rows]) for name in present}
    # Missing columns are filled so that the values which are there are still judged.
    columns.update({name: np.full(len(rows), np.nan) for name in wanted if name not in present})
    label = f"{source.path.name}:{section}" if section else source.path.name
    return ClassTable(label, tuple(row[0] for row in rows), columns)


def _row(source: _Source, line: int, header: list[str], order: int) -> tuple[str, dict[str, float]]:
    """Class name and values by column of one row."""
    text, _, rest = source.lines[line].partition("'")
    name = " ".join(rest.rsplit("'", 1)[0].lower().split()) or f"class {order}"
    where = f"line {line + 1}"
    if re.search(r",\s*,", text):
        source.complain("has an empty field", variable=f"class {order}", where=where)
        return name, {}
    fields = text.replace(",", " ").split()
    if fields[0] != str(order):
        source.complain("rows are out of order", where=where, value=fields[0], expected=f"class {order}")
    if len(fields) != len(header) + 1:
        source.complain(
            "has the wrong number of values",
            variable=f"class {order}",
            where=where,
            value=len(fields) - 1,
            expected=len(header),
        )
        return name, {}
    return name, {
        column: source.number(field, f"{column} of class {order}", line)
        for column, field in zip(header, fields[1:], strict=True)
    }


def _named_values(source: _Source, start: int, required: Sequence[str]) -> dict[str, float]:
    """``NAME`` or ``NAME_DATA`` over its value, up to the next section; names without ``_DATA``."""
    values: dict[str, float] = {}
    for i in range(start, len(source.lines) - 1):
        title = source.lines[i].strip().upper()
        if title.endswith("PARAMETERS") and i > start:
            break
        if re.fullmatch(r"[A-Z][A-Z0-9_]*", title) and title != "SLOPE_DATA":
            name = title.removesuffix("_DATA")
            values[name] = source.number(source.lines[i + 1], name, i + 1)
    for name in required:
        if name not in values:
            source.complain("is missing", variable=f"{name}_DATA", expected="the name and its value below it")
    return values


def _slope(source: _Source) -> np.ndarray:
    titles = [line.strip().upper() for line in source.lines]
    if "SLOPE_DATA" not in titles:
        if source.lines:
            source.complain("is missing", variable="SLOPE_DATA", expected="a count and as many values")
        return np.zeros(0)
    start = titles.index("SLOPE_DATA") + 1
    count = source.number(titles[start] if start < len(titles) else "", "SLOPE_DATA", start)
    last = min(start + 1 + int(count), len(titles)) if np.isfinite(count) else start
    return np.array([source.number(titles[i], "SLOPE_DATA", i) for i in range(start + 1, last)])

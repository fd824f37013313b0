"""One CSV file read into text columns, times and numbers; what is wrong is named by line."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.core.text import read_text_file

_BRACKETED = re.compile(r"^(.*?)\s*\[([^\]]*)\]\s*$")


@dataclass
class Table:
    """A CSV file as text.

    Parameters
    ----------
    source : str
        File name for messages.
    header : dict of str to int
        Column name (without a bracketed unit) to index.
    header_units : dict of str to str
        Unit in square brackets at the end of a header, where there is one.
    rows : list of list of str
    lines : (n,) int array
        Line number of each row.
    repeated : frozenset of str
        Column names that occur more than once.
    """

    source: str
    header: dict[str, int]
    header_units: dict[str, str]
    rows: list[list[str]]
    lines: np.ndarray
    repeated: frozenset[str] = frozenset()

    def unit_of(self, column: str, given: str, problems: Problems, role: str) -> str:
        """Unit given in the case, or else in the header; a problem where the two differ."""
        written = self.header_units.get(column, "")
        if given and written and given.replace(" ", "") != written.replace(" ", ""):
            problems.add(
                "the unit in the case differs from the header's",
                source=self.source,
                variable=role,
                where=f"column {column}",
                value=given,
                expected=written,
            )
        return given or written


def read_table(path: Path, problems: Problems) -> Table | None:
    """Read a comma- or semicolon-separated file with one header line; ``#`` lines are comments.

    Returns None, with a problem noted, when the file is missing, unreadable, empty or ragged.
    """
    path = Path(path)
    text = read_text_file(path, problems, "a CSV file")
    if text is None:
        return None
    numbered = [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not numbered:
        problems.add("the file is empty", source=str(path), expected="a header line and records")
        return None
    return _build(str(path), numbered, problems)


def _build(source: str, numbered: list[tuple[int, str]], problems: Problems) -> Table | None:
    first = numbered[0][1]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    records, begins = _records(source, numbered, delimiter, problems)
    if not records:
        return None
    names, *rows = records
    ragged = next((index for index, row in enumerate(rows) if len(row) != len(names)), None)
    if ragged is not None:
        problems.add(
            "wrong number of fields",
            source=source,
            where=f"line {begins[ragged + 1]}",
            value=len(rows[ragged]),
            expected=f"{len(names)} as in the header",
        )
        return None
    header, units = {}, {}
    for index, name in enumerate(names):
        match = _BRACKETED.match(name.strip())
        plain = match.group(1) if match else name.strip()
        header[plain] = index
        if match:
            units[plain] = match.group(2)
    lines = np.array(begins[1:], dtype=np.int64)
    plain = [_BRACKETED.sub(r"\1", name.strip()) for name in names]
    repeated = frozenset(name for name in plain if plain.count(name) > 1)
    return Table(source, header, units, rows, lines, repeated)


def _records(
    source: str, numbered: list[tuple[int, str]], delimiter: str, problems: Problems
) -> tuple[list[list[str]], list[int]]:
    """Fields of all records, and the line that each begins on; nothing, with a problem, where a quotation stays open.

    A field in quotes may go over lines. One that has swallowed other fields was never closed.
    """
    reader = csv.reader((line for _, line in numbered), delimiter=delimiter)
    records: list[list[str]] = []
    begins: list[int] = []
    next_line, is_open = 0, False
    try:
        for record in reader:
            over_lines = reader.line_num > next_line + 1
            is_open = over_lines and any(delimiter in field for field in record)
            if is_open:
                break
            records.append(record)
            begins.append(numbered[next_line][0])
            next_line = reader.line_num
    except csv.Error:  # a field longer than any can be: the rest of the file
        is_open = True
    if is_open:
        where = f"line {numbered[next_line][0]}"
        problems.add('a quotation mark (") is not closed', source=source, where=where, expected="one record a line")
        return [], []
    return records, begins


def times(
    table: Table, column: str, time_format: str, problems: Problems, time_zone_hours: float = 0.0
) -> np.ndarray | None:
    """Time stamps, datetime64[s]; the first column when ``column`` is empty. None if any cannot be read.

    Stamps that carry an offset from UTC of their own must agree with ``time_zone_hours``.
    """
    name = column or next(iter(table.header))
    if name not in table.header:
        problems.add(
            "time column not found",
            source=table.source,
            variable=name,
            expected=f"one of {', '.join(table.header)}",
        )
        return None
    index = table.header[name]
    stamps = np.empty(len(table.rows), dtype="datetime64[s]")
    for row, fields in enumerate(table.rows):
        try:
            stamps[row], offset = parse_time(fields[index], time_format)
        except ValueError:
            problems.add(
                "time cannot be read",
                source=table.source,
                variable=name,
                where=f"line {table.lines[row]}",
                value=fields[index],
                expected=time_format or "ISO 8601, for example 2016-01-31T12:00",
            )
            return None
        if offset is not None and offset != time_zone_hours:
            problems.add(
                "the time stamp has another offset from UTC than time_zone_hours",
                source=table.source,
                variable=name,
                where=f"line {table.lines[row]}",
                value=fields[index],
                expected=f"time_zone_hours = {offset:g} instead of {time_zone_hours:g}",
            )
            return None
    return stamps


def parse_time(text: str, time_format: str = "") -> tuple[np.datetime64, float | None]:
    """One time stamp, ISO 8601 unless there is a format: the clock's reading, and the hours it says it is
    ahead of UTC (None: it does not say). Raises ValueError."""
    text = text.strip()
    moment = datetime.strptime(text, time_format) if time_format else datetime.fromisoformat(text)
    offset = moment.utcoffset()
    hours = None if offset is None else offset.total_seconds() / 3600.0
    return np.datetime64(moment.replace(tzinfo=None), "s"), hours


def numbers(table: Table, column: str, missing: tuple[float, ...], problems: Problems, role: str) -> np.ndarray | None:
    """One column as float64; empty fields, NaN and the ``missing`` numbers become NaN."""
    if column not in table.header:
        problems.add(
            f"column '{column}' not found",
            source=table.source,
            variable=role,
            expected=f"one of {', '.join(table.header)}",
        )
        return None
    if column in table.repeated:
        problems.add("duplicate column name", source=table.source, variable=role, value=column)
        return None
    index = table.header[column]
    values = np.empty(len(table.rows))
    for row, fields in enumerate(table.rows):
        text = fields[index].strip()
        try:
            values[row] = float(text) if text and text.lower() not in ("na", "null") else np.nan
        except ValueError:
            problems.add(
                "not a number",
                source=table.source,
                variable=role,
                where=f"line {table.lines[row]}",
                value=text,
                expected="a number",
            )
            return None
    for mark in missing:
        values[values == mark] = np.nan
    return values

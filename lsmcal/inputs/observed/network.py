"""A table of what boreholes and probes saw in single years: one observed value a line."""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lsmcal.core import csv_table, units
from lsmcal.core.errors import Problems, not_none

COLUMNS = ("site", "lon", "lat", "year", "variable", "depth", "value")
_OTHER_NAMES = {"lon": ("longitude", "lon_deg"), "lat": ("latitude", "lat_deg")}
_HINT = {"length": "is it in m?", "temperature": "is it in degC?"}


class Kind(NamedTuple):
    """An observed variable: its quantity, the unit where none is given, accepted values and depths in m and K."""

    quantity: str
    unit: str
    low: float
    high: float
    meaning: str
    depth: str = "no"

    @property
    def model_unit(self) -> str:
        """Unit after reading."""
        return units.known_units(self.quantity)[0]


#: Variables of a network. ``depth``: "no" has none, "needed", or "may" be given.
VARIABLES = {
    "alt": Kind("length", "m", 0.0, 100.0, "active layer thickness"),
    "ttop": Kind("temperature", "degC", 210.0, 310.0, "mean annual temperature at the permafrost table"),
    "magt": Kind("temperature", "degC", 210.0, 310.0, "temperature at the depth of zero annual amplitude", "may"),
    "dzaa": Kind("length", "m", 0.0, 200.0, "depth of zero annual amplitude"),
    "soil_temperature": Kind("temperature", "degC", 210.0, 320.0, "mean annual temperature at a depth", "needed"),
}


@dataclass(frozen=True)
class NetworkTable:
    """Observed values of single years. All arrays have one row a value.

    Parameters
    ----------
    source : str
        The file, for messages.
    site : (n,) array of str
    longitude, latitude : (n,) arrays
        [degrees]
    year : (n,) array of int64
    variable : (n,) array of str
        Keys of :data:`VARIABLES`.
    depth : (n,) array
        [m]; NaN where the variable has none.
    value : (n,) array
        In m or K.
    """

    source: str
    site: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray
    year: np.ndarray
    variable: np.ndarray
    depth: np.ndarray
    value: np.ndarray

    def __len__(self) -> int:
        return self.year.size


def read_network(path: str | os.PathLike, missing: tuple[float, ...] = (-9999.0,)) -> NetworkTable:
    """Read a table of observations with the columns site, lon, lat, year, variable, depth, value, and perhaps unit.

    Units stand in the column ``unit``, or in square brackets in the headers of ``value`` and ``depth`` (several apart
    by commas: each value takes the one that fits its variable); without any, lengths are in m and temperatures in
    degC. Lines without a value are left out.

    Parameters
    ----------
    path : path
        A comma- or semicolon-separated file with one header line; lines that begin with # are comments.
    missing : tuple of float
        Numbers that mean: no value.

    Returns
    -------
    NetworkTable

    Raises
    ------
    InputError
        With everything that is wrong with the table.
    """
    problems = Problems()
    table = csv_table.read_table(Path(path), problems)
    problems.raise_if_any()
    table = not_none(table)
    columns = _columns(table, problems)
    problems.raise_if_any()
    reader = _Reader(table, columns, missing, problems)
    found = reader.read()
    problems.raise_if_any()
    return not_none(found)


def _columns(table: csv_table.Table, problems: Problems) -> dict[str, str]:
    """Column of the file by what it is; a problem for each that is not there."""
    by_name = {name.lower(): name for name in table.header}
    columns = {}
    for wanted in (*COLUMNS, "unit"):
        names = [by_name[name] for name in (wanted, *_OTHER_NAMES.get(wanted, ())) if name in by_name]
        if names:
            columns[wanted] = names[0]
        elif wanted not in ("unit", "depth"):
            problems.add(
                "column not found",
                source=table.source,
                variable=wanted,
                value=", ".join(table.header),
                expected=f"the columns {', '.join(COLUMNS)}",
            )
    for name in sorted(table.repeated & set(columns.values())):
        problems.add("more than one column has this name", source=table.source, variable=name)
    return columns


class _Reader:
    """Reads the columns of one file and says what is wrong with their values, the first line of each kind."""

    def __init__(self, table: csv_table.Table, columns: dict[str, str], missing, problems: Problems):
        self.table, self.columns, self.missing, self.problems = table, columns, missing, problems

    def read(self) -> NetworkTable | None:
        text = {name: self._text(name) for name in ("site", "variable")}
        read = {name: self._numbers(name) for name in ("lon", "lat", "year", "depth", "value")}
        number = {name: values for name, values in read.items() if values is not None}
        if len(number) < len(read):
            return None
        keep = np.isfinite(number["value"])
        variable = np.char.lower(text["variable"])
        self._check_variables(variable)
        number["depth"] = self._metres(number["depth"])
        value = self._in_model_units(number["value"], variable)
        self._check_places(text["site"], number, keep)
        self._check_depths(variable, number["depth"], keep)
        self._check_values(variable, value, keep)
        if not keep.any():
            self.problems.add("no values", source=self.table.source, expected="lines with a value")
        if self.problems:
            return None
        return self._without_repeats(text["site"], variable, number, value, keep)

    # -- columns ---------------------------------------------------------------------------------------------------
    def _text(self, name: str) -> np.ndarray:
        index = self.table.header[self.columns[name]]
        return np.array([row[index].strip() for row in self.table.rows], dtype=np.str_)

    def _numbers(self, name: str) -> np.ndarray | None:
        if name not in self.columns:
            return np.full(len(self.table.rows), np.nan)
        return csv_table.numbers(self.table, self.columns[name], self.missing, self.problems, name)

    def _header_units(self, name: str) -> list[str]:
        given = self.table.header_units.get(self.columns.get(name, ""), "")
        return [unit.strip() for unit in re.split(r"[,;]", given) if unit.strip()]

    def _metres(self, depth: np.ndarray) -> np.ndarray:
        for unit in self._header_units("depth"):
            conversion = units.find(unit, "length")
            if conversion is not None:
                return depth * conversion.factor
            self.problems.add(
                "unknown unit of depth",
                source=self.table.source,
                variable="depth",
                value=unit,
                expected=f"one of {', '.join(units.known_units('length'))}",
            )
        return depth

    def _in_model_units(self, value: np.ndarray, variable: np.ndarray) -> np.ndarray:
        unit = self._text("unit") if "unit" in self.columns else np.full(value.size, "", dtype=np.str_)
        found = np.full(value.shape, np.nan)
        for name in [name for name in VARIABLES if (variable == name).any()]:
            for given in np.unique(unit[variable == name]):
                rows = (variable == name) & (unit == given)
                used = self._unit(str(given), name, rows)
                if used:
                    found[rows] = units.convert(value[rows], used, VARIABLES[name].quantity)
        return found

    def _unit(self, given: str, name: str, rows: np.ndarray) -> str:
        """The unit of some rows of a variable; empty, with a problem, if it cannot be one."""
        kind, written = VARIABLES[name], self._header_units("value")
        candidates = [given] if given else written or [kind.unit]
        fits = [unit for unit in candidates if units.find(unit, kind.quantity) is not None]
        if not fits:
            self._say(
                f"unknown unit for a {kind.quantity}",
                name,
                rows,
                ", ".join(candidates),
                f"one of {', '.join(units.known_units(kind.quantity))}",
            )
        return fits[0] if fits else ""

    # -- what is wrong ---------------------------------------------------------------------------------------------
    def _say(self, message: str, variable: str, wrong: np.ndarray, value: object, expected: str) -> None:
        rows = np.flatnonzero(wrong)
        if rows.size:
            more = f" and {rows.size - 1} more" if rows.size > 1 else ""
            shown = value[rows[0]] if isinstance(value, np.ndarray) else value
            self.problems.add(
                message,
                source=self.table.source,
                variable=variable,
                expected=expected,
                where=f"line {self.table.lines[rows[0]]}{more}",
                value=_shown(shown),
            )

    def _check_variables(self, variable: np.ndarray) -> None:
        for name in sorted(set(variable.tolist()) - set(VARIABLES)):
            near = difflib.get_close_matches(name, VARIABLES, n=1)
            hint = f" (nearest: {near[0]})" if near else ""
            self._say(
                "unknown variable",
                "variable",
                variable == name,
                name or "nothing",
                f"one of {', '.join(VARIABLES)}{hint}",
            )

    def _check_places(self, site: np.ndarray, number: dict[str, np.ndarray], keep: np.ndarray) -> None:
        lon, lat, year = (number[name] for name in ("lon", "lat", "year"))
        self._say("the site has no name", "site", keep & (site == ""), "", "a name")
        self._say("is not a longitude", "lon", keep & ~((lon >= -180.0) & (lon <= 360.0)), lon, "degrees east")
        self._say("is not a latitude", "lat", keep & ~((lat >= -90.0) & (lat <= 90.0)), lat, "degrees north")
        whole = (year == np.round(year)) & (year >= 1) & (year <= 9999)
        self._say("is not a calendar year", "year", keep & ~whole, year, "a whole number such as 2010")
        for name in np.unique(site[keep]):
            rows = np.flatnonzero(keep & (site == name))
            moved = (np.abs(lon[rows] - lon[rows[0]]) > 1e-6) | (np.abs(lat[rows] - lat[rows[0]]) > 1e-6)
            if moved.any():
                there = rows[int(np.argmax(moved))]
                self.problems.add(
                    "a site has two locations",
                    source=self.table.source,
                    variable=str(name),
                    where=f"line {self.table.lines[there]}",
                    value=f"{lon[there]:g}, {lat[there]:g}",
                    expected=f"{lon[rows[0]]:g}, {lat[rows[0]]:g}, or another name",
                )

    def _check_depths(self, variable: np.ndarray, depth: np.ndarray, keep: np.ndarray) -> None:
        for name, kind in VARIABLES.items():
            rows = keep & (variable == name)
            if kind.depth == "needed":
                self._say("has no depth", name, rows & np.isnan(depth), "", "m below the surface, 0 or more")
            if kind.depth == "no":
                self._say("takes no depth", name, rows & np.isfinite(depth), depth, "an empty field")
        self._say("depth must not be negative", "depth", keep & (depth < 0.0), depth, "m below the surface")

    def _check_values(self, variable: np.ndarray, value: np.ndarray, keep: np.ndarray) -> None:
        for name, kind in VARIABLES.items():
            wrong = keep & (variable == name) & ((value < kind.low) | (value > kind.high))
            unit = kind.model_unit
            self._say(
                f"out of range ({_HINT[kind.quantity]})", name, wrong, value, f"{kind.low:g} to {kind.high:g} {unit}"
            )

    def _without_repeats(self, site, variable, number, value, keep) -> NetworkTable | None:
        """The rows with a value; a problem where a site has two of one variable, depth and year."""
        seen: dict = {}
        rows, again = np.flatnonzero(keep), np.zeros(keep.size, bool)
        for row in rows:
            depth = number["depth"][row]
            key = (site[row], variable[row], "" if np.isnan(depth) else round(float(depth), 3), number["year"][row])
            again[row] = key in seen
            seen.setdefault(key, row)
        self._say(
            "duplicate value of a site for one variable, depth and year", "value", again, value, "one line for each"
        )
        if again.any():
            return None
        year = number["year"][rows].astype(np.int64)
        east, north = (number[name][rows] for name in ("lon", "lat"))
        return NetworkTable(
            self.table.source, site[rows], east, north, year, variable[rows], number["depth"][rows], value[rows]
        )


def _shown(value: object) -> str:
    if not isinstance(value, (float, np.floating)):
        return str(value)
    return f"{value:.6g}" if np.isfinite(value) else "nothing"

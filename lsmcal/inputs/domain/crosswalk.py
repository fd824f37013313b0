"""Legends of other data sets, as classes of the model's tables.

A crosswalk is a CSV file with one row for each class of the data set: ``class,name,vegetation``, or
``class,name,to_depth,soil`` with a row for each stretch of depth, from the top, the last of which may leave
``to_depth`` empty. What a class becomes is the name or number of a class of the model's table; empty means: none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from lsmcal.core import csv_table
from lsmcal.core.errors import Problems
from lsmcal.noah.parameters.tables import ClassTable, UnknownClassError

#: Packaged crosswalks by kind.
CROSSWALKS = {"vegetation": ("igbp", "esa-cci"), "soil": ("soilgrids", "statsgo")}
#: Finds a file of the case: name, key, problems.
Find = Callable[[str, str, Problems], Path | None]


@dataclass(frozen=True)
class Crosswalk:
    """What the classes of a data set are in the model.

    Parameters
    ----------
    name : str
        Packaged name or file, for messages and attributes; empty if the data set has the model's own classes.
    table : ClassTable
        Table of the classes that come out.
    rows : dict of int to list of (float, int), optional
        For each class of the data set, downward: depth to which it holds [m], class (0: none). None: all numbers stand
        for themselves.
    """

    name: str
    table: ClassTable
    rows: dict[int, list[tuple[float, int]]] | None = None

    def unknown(self, classes: np.ndarray) -> np.ndarray:
        """Which of some classes of the data set have no row."""
        if self.rows is None:
            return classes[(classes < 1) | (classes > len(self.table))]
        return classes[~np.isin(classes, np.array(list(self.rows), dtype=np.int64))]

    def layers(self, classes: np.ndarray, middle: np.ndarray) -> np.ndarray:
        """Class of the model at some depths.

        Parameters
        ----------
        classes : (...) array of int
            Classes of the data set, all of them known.
        middle : (nz,) array
            [m]; below its last row a class extends.

        Returns
        -------
        (..., nz) int32 array
            0: no class.
        """
        if self.rows is None:
            return np.broadcast_to(classes[..., None], (*classes.shape, middle.size)).astype(np.int32)
        known = np.unique(classes)
        profiles = np.zeros((known.size, middle.size), dtype=np.int32)
        for row, number in enumerate(known):
            depths, found = zip(*self.rows[int(number)], strict=True)
            profiles[row] = np.array(found)[np.minimum(np.searchsorted(depths, middle), len(found) - 1)]
        return profiles[np.searchsorted(known, classes)]


def load_crosswalk(
    kind: str, name: str, table: ClassTable, find: Find, problems: Problems, key: str = ""
) -> Crosswalk | None:
    """A packaged crosswalk or a file of the user.

    Parameters
    ----------
    kind : str
        "vegetation" or "soil".
    name : str
        One of ``CROSSWALKS[kind]``, a file that ends in .csv, or empty: the data set has the classes of the table.
    table : ClassTable
        The model's classes.
    find : callable
        Finds the file.
    problems : Problems
        Gets all that is wrong with the file, by line.
    key : str
        Key of the case, for messages.

    Returns
    -------
    Crosswalk or None
    """
    if not name:
        return Crosswalk("", table)
    if name in CROSSWALKS[kind]:
        with resources.as_file(resources.files(__package__) / "crosswalks" / f"{kind}-{name}.csv") as path:
            return _read(kind, name, path, table, problems)
    if not name.lower().endswith(".csv"):
        expected = f"one of {', '.join(CROSSWALKS[kind])}, or a .csv file"
        problems.add("no such crosswalk", source="case", variable=key, value=name, expected=expected)
        return None
    file = find(name, key, problems)
    return None if file is None else _read(kind, file.name, file, table, problems)


def _read(kind: str, name: str, path: Path, table: ClassTable, problems: Problems) -> Crosswalk | None:
    text = csv_table.read_table(path, problems)
    if text is None:
        return None
    wanted = ("class", kind) if kind == "vegetation" else ("class", "to_depth", kind)
    absent = [column for column in wanted if column not in text.header]
    if absent:
        expected = f"the header {','.join(('class', 'name', *wanted[1:]))}"
        problems.add(f"no column {absent[0]}", source=path, value=",".join(text.header), expected=expected)
        return None
    before = len(problems.found)
    rows: dict[int, list[tuple[float, int]]] = {}
    for line, fields in zip(text.lines, text.rows, strict=True):
        given = {column: fields[text.header[column]].strip() for column in wanted}
        _add_row(given, kind, table, rows, path, f"line {line}", problems)
    return Crosswalk(name, table, rows) if len(problems.found) == before else None


def _add_row(given: dict[str, str], kind: str, table: ClassTable, rows, path: Path, where: str, problems: Problems):
    """One line into ``rows``, or what is wrong with it into ``problems``."""
    try:
        number = int(given["class"])
        depth = float(given.get("to_depth") or "inf")
    except ValueError:
        value = ",".join(given.values())
        expected = "a whole number as class" + (" and metres as to_depth" if "to_depth" in given else "")
        problems.add("is not valid", source=path, where=where, value=value, expected=expected)
        return
    above = rows[number][-1][0] if number in rows else 0.0
    if not depth > above:
        message = f"class {number} " + ("is a duplicate" if np.isinf(above) else "has decreasing depths")
        expected = "one row per class" if kind == "vegetation" else f"to_depth below {above:g} m"
        problems.add(message, source=path, where=where, expected=expected if above < np.inf else "no further row")
        return
    try:
        found = table.number(given[kind]) if given[kind] else 0
    except UnknownClassError as error:
        problems.add(str(error), source=path, variable=kind, where=where, value=given[kind])
        return
    rows.setdefault(number, []).append((depth, found))

"""A folder of reference data: what is in it, and which check belongs to which file.

The root holds any of ``functions/``, ``functions_modified/``, ``columns/``, ``vars/`` and ``tables_*.npz``; each of the
subfolders can be given by itself, and so can a folder with the printed values of a sensitivity analysis. ``.md`` and
``.csv`` are no data. Everything else must be understood.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from lsmcal.core.errors import InputError, Problem
from lsmcal.verify.functions.routines import check_functions
from lsmcal.verify.reference_tables import ReferenceTables, check_tables
from lsmcal.verify.rows import Row, Verification, failure
from lsmcal.verify.vars import MEMBERS, check_vars
from lsmcal.verify.vars_printed import PRINTED, check_printed

#: The parts that ``only`` selects, and the subfolders of each.
PARTS = {"functions": ("functions", "functions_modified"), "columns": ("columns",), "vars": ("vars",)}
_NO_DATA = (".md", ".csv")


class Entry(NamedTuple):
    """A file to check: its path, how rows call it, and the part it belongs to (empty where it fits none)."""

    path: Path
    source: str
    part: str


def part_of_folder(path: Path) -> str:
    """Part that a file belongs to by its kind: tables and samples are ``.npz``, trajectories ``.nc``."""
    if path.suffix == ".npz":
        return "tables" if path.name.startswith("tables_") else _kind(path)
    if path.name == PRINTED:
        return "vars"
    return "columns" if path.suffix == ".nc" else ""


def _kind(path: Path) -> str:
    """Part of an ``.npz`` by its members; none of a damaged one, which is so reported whatever part is asked for."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {name.removesuffix(".npy") for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return ""
    if members & set(MEMBERS):
        return "vars"
    return "functions" if any(name.startswith(("in_", "out_")) for name in members) else ""


def _files(folder: Path, prefix: str, part: str = "") -> Iterator[Entry]:
    """Entries of one subfolder; with ``part`` given, a file of another kind fits none."""
    for path in sorted(folder.iterdir()):
        if path.suffix in _NO_DATA and path.is_file():
            continue
        own = part_of_folder(path) if path.is_file() else ""
        yield Entry(path, prefix + path.name, own if part in ("", own) else "")


def _is_root(folder: Path) -> bool:
    known = [name for names in PARTS.values() for name in names]
    return any((folder / name).is_dir() for name in known)


def entries(folder: Path) -> Iterator[Entry]:
    """Everything in a folder of reference data that has to be checked."""
    if not _is_root(folder):
        yield from _files(folder, "")
        return
    subfolders = {name: part for part, names in PARTS.items() for name in names}
    for entry in _files(folder, ""):
        name = entry.path.name
        if not entry.path.is_dir():
            # function tables, trajectories and samples belong into their subfolders
            yield entry if entry.part == "tables" else entry._replace(part="")
        elif name in subfolders:
            yield from _files(entry.path, f"{name}/", subfolders[name])
        else:
            yield entry


def _check_columns(path: Path, source: str) -> list[Row]:
    # netCDF4 is needed for trajectories only
    from lsmcal.verify.columns import check_columns

    return check_columns(path, source)


def _check(entry: Entry, tables: ReferenceTables) -> list[Row]:
    if entry.part == "functions":
        return check_functions(entry.path, tables, entry.source)
    if entry.part == "columns":
        return _check_columns(entry.path, entry.source)
    if entry.path.name == PRINTED:
        return check_printed(entry.path, entry.source)
    if entry.part == "vars":
        return check_vars(entry.path, entry.source)
    if entry.part == "tables":
        return [check_tables(entry.path, entry.source)]
    return [failure(entry.source, "not a file of this format")]


def verify(path: str | Path, only: str | None = None, tell: Callable[[str], None] | None = None) -> Verification:
    """Compare our model with a folder of reference data.

    Parameters
    ----------
    path : path
        The root of the data or one of its subfolders.
    only : {"functions", "columns", "vars"}, optional
        Check this part alone. What fits no part is reported in any case.
    tell : callable of str, optional
        Told the name of each file before it is checked.

    Returns
    -------
    Verification
        ``passed`` is the verdict; nothing compared is no pass.

    Raises
    ------
    InputError
        When the folder does not exist or ``only`` names no part.
    """
    folder = Path(path)
    if only is not None and only not in PARTS:
        expected = " or ".join(PARTS)
        raise InputError([Problem("no such part of a verification", "--only", value=only, expected=expected)])
    if not folder.is_dir():
        raise InputError([Problem("no such folder", str(path), expected="a folder of reference data")])
    result, tables = Verification(str(path)), ReferenceTables([folder, folder.resolve().parent])
    for entry in entries(folder):
        if only is not None and entry.part not in (only, "") and not (entry.part == "tables" and only == "functions"):
            continue
        if tell is not None:
            tell(entry.source)
        result.extend(_check(entry, tables))
    return result

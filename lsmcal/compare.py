"""Two results of one kind, or two parameter sets, side by side."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from lsmcal.core.checksums import look_at_netcdf
from lsmcal.core.errors import InputError, Problem, Problems
from lsmcal.core.text import parsed_json, why_no_file
from lsmcal.parameters.table import ParameterSet

#: Kinds of NetCDF files by the dimensions they have and have not.
_KINDS = {
    "run of a site (run.nc)": ({"time", "layer"}, {"cell"}),
    "years of a region (region.nc)": ({"year", "layer", "cell"}, {"time"}),
    "series of cells (series.nc)": ({"time", "layer", "cell"}, set()),
    "equilibrium of a region": ({"layer", "cell"}, {"time", "year"}),
}
#: What can be compared, in words.
COMPARABLE = "run.nc, region.nc, series.nc, an equilibrium, a parameter set such as best.json, or evaluation.json"
#: What files with other endings are.
_OTHERS = {".toml": "a case file", ".jsonl": "the history of a search", ".log": "a log", ".csv": "a table of text"}
_PARAMETERS, _SCORES = "parameter set", "evaluation"
#: Dimensions of which two files are compared where both have them, with what an entry is called.
_COMMON = {"time": "day", "year": "year", "cell": "cell"}
_SAME_PLACE = 1e-6


def kind_of(path: str | os.PathLike) -> str:
    """What a file holds, by its content.

    Raises
    ------
    InputError
        When it is missing, cannot be read, or is nothing that can be compared.
    """
    path, problems = Path(path), Problems()
    if path.is_dir():
        within = _within(path)
        expected = f"a file in it, such as {' or '.join(within)}" if within else COMPARABLE
        problems.add("is a folder", source=path, expected=expected)
    elif reason := why_no_file(path):
        problems.add(reason, source=path, expected=COMPARABLE)
    elif path.suffix == ".json":
        return _kind_of_json(path)
    elif path.suffix in _OTHERS:
        problems.add(f"{_OTHERS[path.suffix]} cannot be compared", source=path, expected=COMPARABLE)
    elif (found := _dimensions(path, problems)) is not None:
        for kind, (has, lacks) in _KINDS.items():
            if has <= found and not lacks & found:
                return kind
        what, expected = "is not a result that can be compared", COMPARABLE
        if found >= {"time", "depth"} and (path.parent / "best.json").is_file():
            what = "the series of a calibration, observed and simulated, cannot be compared"
            expected = "evaluation.json beside it for its scores, or best.json for its best set"
        problems.add(what, source=path, expected=expected)
    raise InputError(problems.found)


def _within(folder: Path) -> list[str]:
    """Files of a folder, or of the output folder in it, that could be meant."""
    names = ("run.nc", "region.nc", "series.nc", "best.json", "evaluation.json")
    for place in (folder, folder / "output"):
        paths = [place / name for name in names if name != "series.nc" or not (place / "history.jsonl").exists()]
        paths += [place / "calibration" / name for name in names[-2:]]
        found = [str(path) for path in paths if path.is_file()]
        if found:
            return found
    return []


def _dimensions(path: Path, problems: Problems) -> set[str] | None:
    found = look_at_netcdf(path)
    if found.readable:
        return set(found.sizes)
    expected = f"{COMPARABLE}, complete as lsmcal wrote it"
    problems.add(found.damage.replace("cannot be read", "cannot be opened as NetCDF"), source=path, expected=expected)
    return None


def _kind_of_json(path: Path) -> str:
    try:
        plain = parsed_json(path.read_text(encoding="utf-8"))
    except ValueError:
        return _PARAMETERS  # whose reader says what is wrong
    return _SCORES if isinstance(plain, dict) and ("scores" in plain or "goals" in plain) else _PARAMETERS


def compare_files(first: str | os.PathLike, second: str | os.PathLike) -> tuple[str, list]:
    """Kind of two files, "parameters", "scores" or "fields", and how they differ.

    Parameters
    ----------
    first, second : path
        Both run.nc, region.nc, series.nc, an equilibrium, a parameter set or evaluation.json.

    Returns
    -------
    kind : str
    rows : list
        Of :func:`compare_sets` for parameters and scores, of :func:`compare_fields` for fields.

    Raises
    ------
    InputError
        Files that are missing or damaged, of two kinds, or without anything in common.
    """
    problems, kinds = Problems(), []
    for path in (first, second):
        try:
            kinds.append(kind_of(path))
        except InputError as error:
            problems.extend(error)
    problems.raise_if_any()
    if kinds[0] != kinds[1]:
        problems.add("is a different kind of result", source=second, value=kinds[1], expected=f"{kinds[0]}, as {first}")
        problems.raise_if_any()
    if kinds[0] == _PARAMETERS:
        return "parameters", compare_sets(ParameterSet.read(first), ParameterSet.read(second))
    if kinds[0] == _SCORES:
        scores = read_scores(first), read_scores(second)
        if not scores[0].keys() & scores[1].keys():
            problems.add("the evaluations have no score in common", source=second)
        problems.raise_if_any()
        return "scores", compare_sets(*scores)
    return "fields", compare_fields(first, second)


def compare_sets(
    first: Mapping[str, float], second: Mapping[str, float]
) -> list[tuple[str, float | None, float | None]]:
    """Names whose values differ: name, first, second (None where one does not have it)."""
    names = list(dict.fromkeys([*first, *second]))
    return [(name, first.get(name), second.get(name)) for name in names if first.get(name) != second.get(name)]


def read_scores(path: str | os.PathLike) -> dict[str, float]:
    """Scores of an evaluation.json by run, period and depth, or goals and maps of a region by run."""
    plain = parsed_json(Path(path).read_text(encoding="utf-8"))
    depths = plain.get("depths", [])
    found: dict[str, float] = {}
    for part in ("scores", "goals", "maps"):
        found |= dict(_leaves(plain.get(part) or {}, depths, "map, " if part == "maps" else ""))
    return found


def _leaves(plain, depths: list, name: str) -> Iterator[tuple[str, float]]:
    """Numbers of nested tables by their path; of lists by depth."""
    if isinstance(plain, Mapping):
        for key, value in plain.items():
            yield from _leaves(value, depths, f"{name}{key}, ")
    elif isinstance(plain, list) and len(plain) == len(depths):
        for depth, value in zip(depths, plain, strict=True):
            yield from _leaves(value, depths, f"{name}{depth:g} m, ")
    elif isinstance(plain, (int, float)) and not isinstance(plain, bool):
        yield name.removesuffix(", "), float(plain)


def compare_fields(first: str | os.PathLike, second: str | os.PathLike) -> list[dict[str, object]]:
    """How far two result files of the same kind are apart, variable by variable, on their common days, years and cells.

    Parameters
    ----------
    first, second : path
        run.nc, region.nc, series.nc or the equilibrium of a region.

    Returns
    -------
    list of dict
        ``variable``, ``unit``, ``mean_difference`` (second less first), ``rms_difference``, ``largest``, ``identical``.

    Raises
    ------
    InputError
        When the files have no common day, year or cell, or other layers or places.
    """
    from netCDF4 import Dataset

    with Dataset(first) as a, Dataset(second) as b:
        a.set_auto_mask(False)
        b.set_auto_mask(False)
        common = _common(a, b, str(second))
        names = [name for name in a.variables if name in b.variables and _is_result(a[name])]
        return [_row(name, a[name], b[name], common) for name in names]


def _is_result(variable) -> bool:
    """Whether a variable is computed: it has days, years or cells, and is no coordinate, place or bound."""
    about = {*_COMMON, "time_bounds", "lon", "lat", "cell_area", "elevation"}
    return variable.name not in about and bool(set(variable.dimensions) & set(_COMMON))


def _common(a, b, source: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Places in both files of the days, years and cells they share."""
    problems, common = Problems(), {}
    for name, noun in _COMMON.items():
        if name in a.variables:
            _, here, there = np.intersect1d(a[name][:], b[name][:], return_indices=True)
            common[name] = here, there
            if not here.size:
                problems.add(f"the files have no common {noun}", source=source)
    if a.dimensions["layer"].size != b.dimensions["layer"].size or not np.allclose(a["depth"][:], b["depth"][:]):
        problems.add("the files have different soil layers", source=source)
    if "cell" in common and not problems:
        here, there = common["cell"]
        apart = [np.abs(a[name][:][here] - b[name][:][there]).max() for name in ("lon", "lat")]
        if max(apart) > _SAME_PLACE:
            problems.add(
                "cells with the same number have other coordinates", source=source, expected="files on one grid"
            )
    problems.raise_if_any()
    return common


def _row(name: str, a, b, common) -> dict[str, object]:
    if a.dimensions != b.dimensions:
        raise InputError([Problem("has different dimensions in the two files", source="compare", variable=name)])
    first, second = np.asarray(a[...], np.float64), np.asarray(b[...], np.float64)
    for axis, dimension in enumerate(a.dimensions):
        if dimension in common:
            here, there = common[dimension]
            first, second = first.take(here, axis), second.take(there, axis)
    difference = second - first
    known = difference[np.isfinite(difference)]
    return {
        "variable": name,
        "unit": getattr(a, "units", ""),
        "mean_difference": float(known.mean()) if known.size else float("nan"),
        "rms_difference": float(np.sqrt((known**2).mean())) if known.size else float("nan"),
        "largest": float(np.abs(known).max()) if known.size else float("nan"),
        "identical": bool(np.array_equal(first, second, equal_nan=True)),
    }

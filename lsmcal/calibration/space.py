"""What a calibration varies: parameters, named or screened, expanded by the classes of those cells."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.core.text import parsed_json, read_text_file
from lsmcal.noah.parameters.overrides import apply_parameter_set, bottom_temperature_offset
from lsmcal.parameters.space import LEVELS, SHARE_THRESHOLD, Space, around_offset, build_space, class_shares
from lsmcal.parameters.table import find_parameter, limits_text, value_problem
from lsmcal.simulate.region import Region

GROUPS = ("vegetation", "soil")


def space_of_region(
    region: Region,
    index: np.ndarray,
    names: Sequence[str] | os.PathLike,
    *,
    ranges: Mapping[str, Sequence[float]] | None = None,
    threshold: float = SHARE_THRESHOLD,
    levels: int = LEVELS,
    source: str = "calibrate.parameters",
) -> Space:
    """The dimensions of a calibration over some cells of a region.

    A vegetation parameter gets a dimension for each class that enough of the cells have, a soil parameter one for
    each class that enough of all their layers have (Table S1 of Ji et al. 2026). The defaults are those of the region
    itself, its own overrides laid over the tables.

    Parameters
    ----------
    region : Region
    index : (m,) array of int, or (n,) array of bool
        Cells whose classes count, as indices into the domain: those the calibration is sensitive to.
    names : sequence of str, or path
        Parameters, with or without class; or the ``chosen.json`` of a screening.
    ranges : mapping of key to (low, high), optional
        As in :func:`lsmcal.parameters.space.build_space`.
    threshold : float
        Smallest share of a class that gets dimensions.
    levels : int
    source : str
        For messages, when ``names`` is no path.

    Returns
    -------
    Space

    Raises
    ------
    InputError
        With everything that is wrong with the file, the names, the ranges, or if there is no cell.
    """
    named = os.fspath(names) if isinstance(names, os.PathLike) else source
    shares = {group: class_shares(classes) for group, classes in _classes(region, index, named).items()}
    how = {"ranges": ranges, "threshold": threshold, "levels": levels, "source": source}
    passive, layers = region.choices.passive, region.thickness.size
    return _space(names, region.tables, region.parameters, passive, shares, layers, **how)


def space_of_site(case, column) -> Space:
    """The dimensions of a calibration of a site: those of a region with its column as the only cell.

    Parameters
    ----------
    case : Case
        Of a site.
    column : Column or ColumnSetup
        Its ground, before the case's own parameters.

    Returns
    -------
    Space

    Raises
    ------
    InputError
        As :func:`space_of_region`.
    """
    search = case.calibrate
    shares = {"vegetation": class_shares([column.vegetation]), "soil": class_shares(np.asarray(column.soil).tolist())}
    how = {"ranges": search.ranges, "threshold": search.threshold, "levels": LEVELS, "source": names_source(case)}
    passive, layers = case.choices().passive, column.thickness.size
    return _space(searched_names(case), column.tables, case.parameters, passive, shares, layers, **how)


def _space(names, tables, parameters, passive: str, shares, layers: int, *, ranges, threshold, levels, source) -> Space:
    """One space for all: expanded by class, its defaults those of the tables under the case's own parameters."""
    if isinstance(names, os.PathLike):
        names, source = chosen_parameters(names), os.fspath(names)
    own = dict(parameters)
    changed = apply_parameter_set(tables, own, passive)
    how = {"ranges": ranges, "threshold": threshold, "layers": layers, "levels": levels, "source": source}
    space = around_offset(build_space(names, changed, **shares, **how), bottom_temperature_offset(own), ranges or {})
    _check_defaults(space, source)
    return space


def searched_names(case) -> list[str] | Path:
    """What a case varies: names, or the file of a screening beside the case or among the data.

    Raises
    ------
    InputError
        When the file is nowhere to be found.
    """
    if not case.calibrate.screening:
        return case.calibrated_names()
    problems = Problems()
    path = case.find(case.calibrate.screening, "calibrate.screening", problems)
    problems.raise_if_any()
    return path


def names_source(case) -> str:
    """Where a case names what it varies, for messages."""
    return f"{case.source}: calibrate.parameters"


def chosen_parameters(path: str | os.PathLike) -> list[str]:
    """Names that a screening chose, from its ``chosen.json``.

    Raises
    ------
    InputError
        For a file that is missing, is not such a file, or names anything but tunable parameters.
    """
    problems, source = Problems(), os.fspath(path)
    names = _names_of_file(Path(path), problems)
    for place, name in enumerate(names):
        trouble = "is given twice" if name in names[:place] else _name_problem(name)
        if trouble:
            problems.add(trouble, source=source, variable="names", value=name)
    problems.raise_if_any()
    return names


def class_table(region: Region, index: np.ndarray, threshold: float = SHARE_THRESHOLD) -> list[dict[str, object]]:
    """How often each class occurs among cells (vegetation) and their layers (soil), as in Table S1 of Ji et al. (2026).

    Parameters
    ----------
    region, index, threshold
        As for :func:`space_of_region`.

    Returns
    -------
    list of dict
        ``group``, ``class``, ``name``, ``count``, ``share``, and ``varied``: whether its share reaches the
        threshold. By group, then by class.
    """
    rows = []
    for group, classes in _classes(region, index, "cells").items():
        labels = getattr(region.tables, group).classes
        numbers, counts = np.unique(classes, return_counts=True)
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            share = count / classes.size
            rows.append(
                {
                    "group": group,
                    "class": number,
                    "name": labels[number - 1],
                    "count": count,
                    "share": share,
                    "varied": share >= threshold,
                }
            )
    return rows


def _classes(region: Region, index: np.ndarray, source: str) -> dict[str, np.ndarray]:
    found = {group: getattr(region.domain, group)[index] for group in GROUPS}
    if not found["vegetation"].size:
        problems = Problems()
        problems.add("no cell to take classes from", source=source, expected="at least one cell")
        problems.raise_if_any()
    return found


def _check_defaults(space: Space, source: str) -> None:
    """Trial 0 is the default set: the table may hold a class, such as water, that no set can have."""
    problems = Problems()
    for dimension in space.dimensions:
        trouble = value_problem(dimension.parameter, dimension.default)
        if trouble:
            problems.add(
                f"has a default value that {trouble}",
                source=source,
                variable=dimension.name,
                value=dimension.default,
                expected=limits_text(dimension.parameter),
            )
    problems.raise_if_any()


def _names_of_file(path: Path, problems: Problems) -> list:
    """The list under ``names``; empty, with a problem noted, if there is none."""
    expected = 'a file written by "lsmcal screen": {"names": ["MAXSMC", ...]}'
    text = read_text_file(path, problems, expected)
    if text is None:
        return []
    try:
        content = parsed_json(text)
    except ValueError as error:
        problems.add(f"is not JSON: {error}", source=path, expected=expected)
        return []
    names = content.get("names") if isinstance(content, dict) else None
    if not isinstance(names, list):
        problems.add("has no list of names", source=path, variable="names", expected=expected)
        return []
    if not names:
        problems.add("has an empty list of names", source=path, variable="names", expected="at least one name")
    return names


def _name_problem(name: object) -> str:
    if not isinstance(name, str):
        return "is not a name"
    try:
        parameter = find_parameter(name)
    except KeyError as error:
        return error.args[0]
    return "" if parameter.status == "tunable" else f"is {parameter.status} and cannot be varied"

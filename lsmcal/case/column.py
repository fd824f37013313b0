"""The ground of a case with its tables: classes by layer, bottom temperature, initial profile; all checked."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lsmcal.case.checks.ground import layer_values
from lsmcal.case.checks.partial import Faulty
from lsmcal.core.errors import InputError, Problem, Problems, not_none
from lsmcal.inputs.tables.tbl import read_tables
from lsmcal.noah.parameters.tables import (
    GENERAL_TABLES,
    SOIL_TABLES,
    VEGETATION_TABLES,
    Tables,
    UnknownClassError,
    load_tables,
    with_roots_by_depth,
)
from lsmcal.parameters.table import ParameterSet

_PACKAGED = {"soil": SOIL_TABLES, "vegetation": VEGETATION_TABLES, "general": GENERAL_TABLES}


@dataclass(frozen=True)
class Column:
    """The column of a case, before any parameter set.

    Parameters
    ----------
    tables : Tables
        NROOT already on this grid.
    thickness : (nz,) array
        m.
    soil : (nz,) array of int
        Class of each layer, from 1.
    column_soil : int or None
        Class of what holds for the whole column.
    vegetation : int
    snow_albedo : float
    tbot : float
        K.
    temperature, water, liquid : (nz,) array or None
        Initial profile of the case; None where the model finds it.
    notes : list of Problem
        Oddities of tables that are accepted.
    """

    tables: Tables
    thickness: np.ndarray
    soil: np.ndarray
    column_soil: int | None
    vegetation: int
    snow_albedo: float
    tbot: float
    temperature: np.ndarray | None
    water: np.ndarray | None
    liquid: np.ndarray | None
    notes: list[Problem]


def column_of(case) -> Column:
    """Look up and check everything about the ground of a case.

    Parameters
    ----------
    case : Case
        Of a site.

    Raises
    ------
    InputError
        With every unknown table, class and parameter, too deep roots, and water above porosity.
    """
    problems = Problems()
    try:
        column = _column(case, problems)
    except Faulty:
        problems.raise_if_any()
        raise
    problems.raise_if_any()
    return not_none(column)


def _column(case, problems: Problems) -> Column | None:
    """The column, or None and the reasons in ``problems``; first what needs no layers."""
    notes: list[Problem] = []
    tables = case_tables(case, problems, notes)
    if tables is None:
        return None
    changed = _parameters(case, tables, problems)
    vegetation = _number(tables.vegetation, case.site.vegetation, "site.vegetation", case, problems)
    own = case.site.column_soil
    own = None if own is None else _number(tables.soil, own, "site.column_soil", case, problems)
    soil = _soil(case, tables, problems)
    thickness = np.array(case.grid.thickness)
    profile = {
        name: None if getattr(case.initial, name) is None else layer_values(getattr(case.initial, name), thickness)
        for name in ("temperature", "water", "liquid")
    }
    if vegetation is not None:
        _check_roots(case, changed, vegetation, problems)
        _check_heights(case, changed, vegetation, problems)
    if soil is not None:
        _check_water(case, changed, soil, profile["water"], profile["liquid"], problems)
    if problems or vegetation is None or soil is None:
        return None
    share = case.site.snow_albedo
    albedo = tables.vegetation.value("MAXALB", vegetation) / 100.0 if share == "table" else float(share)
    tbot = case.bottom_temperature()
    return Column(tables, thickness, soil, own, vegetation, albedo, tbot, **profile, notes=notes)


def case_tables(case, problems: Problems, notes: list[Problem]) -> Tables | None:
    """Tables of a site's or a region's case, NROOT on its grid; None, with the reasons noted, if any is bad."""
    names, files, packaged = case.table_names(), {}, {}
    for kind, name in names.items():
        key = f"model.{kind}_table"
        if name in _PACKAGED[kind]:
            packaged[kind] = name
        elif Path(name).suffix.lower() == ".tbl" or "/" in name:
            files[kind] = case.find(name, key, problems)
        else:
            expected = f"one of {', '.join(_PACKAGED[kind])}, or a .TBL file"
            problems.add("no such table", source=case.file, variable=key, value=name, expected=expected)
    try:
        found = {kind: path for kind, path in files.items() if path is not None}
        sections = {"soil_section": case.model.soil_section, "vegetation_section": case.model.vegetation_section}
        tables = read_tables(**found, **sections, default=load_tables(**packaged), notes=notes)
    except InputError as error:
        problems.extend(error)
        return None
    if problems:
        return None
    return with_roots_by_depth(tables) if case.choices().root_layers == "depth" else tables


def _number(table, key: int | str, name: str, case, problems: Problems) -> int | None:
    try:
        return table.number(key)
    except UnknownClassError as error:
        text = str(error)
        message = text.partition(" (known: ")[0] if "did you mean" in text else text
        problems.add(message, source=case.file, variable=name)
        return None


def _soil(case, tables: Tables, problems: Problems) -> np.ndarray | None:
    """Class number of each layer, each unknown class named once."""
    given = case.site.soil
    named = given if isinstance(given, list) else [given]
    classes = dict.fromkeys(item.soil if hasattr(item, "soil") else item for item in named)
    numbers = {key: _number(tables.soil, key, "site.soil", case, problems) for key in classes}
    if None in numbers.values():
        return None
    thickness = case.grid.thickness
    wanted = layer_values(given, thickness, "soil").tolist() if isinstance(given, list) else [given] * len(thickness)
    return np.array([numbers[key] for key in wanted], dtype=int)


def _parameters(case, tables: Tables, problems: Problems) -> Tables:
    """Tables under the case's own parameters; those of a twin are only checked."""
    sets = {"parameters": dict(case.parameters)}
    with suppress(Faulty):
        sets["observations.hidden"] = case.observations.hidden if case.observations else {}
    for name, values in sets.items():
        try:
            plain = ParameterSet(values)
        except InputError:  # complained of when the case was read
            continue
        try:
            ParameterSet(plain, tables, f"{case.file}: [{name}]")
        except InputError as error:
            problems.extend(error)
    if problems:
        return tables
    return case.parameters.apply(tables, case.choices().passive)


def _check_roots(case, tables: Tables, vegetation: int, problems: Problems) -> None:
    roots, layers = int(tables.vegetation.value("NROOT", vegetation)), len(case.grid.thickness)
    if roots > layers:
        problems.add(
            f"the roots of {tables.vegetation.classes[vegetation - 1]} reach deeper than the column",
            source=case.file,
            variable="grid.thickness",
            value=f"{layers} layers",
            expected=f'at least {roots} layers, or root_layers = "table" or NROOT[{vegetation}] in [parameters]',
        )


def _check_heights(case, tables: Tables, vegetation: int, problems: Problems) -> None:
    """The logarithmic profile of the wind begins at the roughness length: instruments stand above it."""
    roughness = float(tables.vegetation.value("Z0MAX", vegetation))
    for name in ("height_temperature", "height_wind"):
        if getattr(case.site, name) <= roughness:
            problems.add(
                "lies within the plants",
                source=case.file,
                variable=f"site.{name}",
                value=f"{getattr(case.site, name):g} m",
                expected=f"above the roughness length of the class, {roughness:g} m",
            )


def _check_water(case, tables: Tables, soil: np.ndarray, water, liquid, problems: Problems) -> None:
    """Total water of the profile against porosity; liquid against the total the column gets where none is given."""
    porosity, share = tables.soil["MAXSMC"][soil - 1], case.initial.saturation
    for name, given, limit, word in (
        ("water", water, porosity, "the porosity"),
        ("liquid", liquid if water is None else None, share * porosity, f"the total water, {share:g} of the porosity,"),
    ):
        if given is None or given.shape != soil.shape or not (excess := np.flatnonzero(given > limit)).size:
            continue
        k = int(excess[0])
        problems.add(
            f"is more than {word}",
            source=case.file,
            variable=f"initial.{name}",
            where=f"layer {k + 1} ({tables.soil.classes[soil[k] - 1]})",
            value=f"{given[k]:g} m3 m-3",
            expected=f"at most {limit[k]:g}",
        )

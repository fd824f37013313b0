"""Whether the numbers of a parameter table can be used: errors, and notes about what is merely odd."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lsmcal.core.errors import Problem, Problems
from lsmcal.noah.parameters.tables import ClassTable

Rule = tuple[Callable[[np.ndarray], np.ndarray], str]

POSITIVE: Rule = (lambda x: x > 0.0, "a positive number")
NOT_NEGATIVE: Rule = (lambda x: x >= 0.0, "a number of at least 0")
SHARE: Rule = (lambda x: (x >= 0.0) & (x <= 1.0), "a number from 0 to 1")
INNER_SHARE: Rule = (lambda x: (x > 0.0) & (x < 1.0), "a number between 0 and 1")
EMISSIVITY: Rule = (lambda x: (x > 0.0) & (x <= 1.0), "a number above 0, at most 1")
PERCENT: Rule = (lambda x: (x >= 0.0) & (x <= 100.0), "per cent from 0 to 100")
WHOLE: Rule = (lambda x: (x >= 0.0) & (x == np.rint(x)), "a whole number of layers")
NEGATIVE: Rule = (lambda x: x < 0.0, "a depth below the surface, negative, in m")
ANY: Rule = (lambda x: np.ones_like(x, dtype=bool), "")

SOIL_RULES = {
    "BB": POSITIVE,
    "DRYSMC": NOT_NEGATIVE,
    "F11": ANY,
    "MAXSMC": INNER_SHARE,
    "REFSMC": INNER_SHARE,
    "SATPSI": POSITIVE,
    "SATDK": POSITIVE,
    "SATDW": POSITIVE,
    "WLTSMC": NOT_NEGATIVE,
    "QTZ": SHARE,
}
VEGETATION_RULES = {
    "SHDFAC": SHARE,
    "NROOT": WHOLE,
    "RS": POSITIVE,
    "RGL": POSITIVE,
    "HS": NOT_NEGATIVE,
    "SNUP": POSITIVE,
    "MAXALB": PERCENT,
    "LAIMIN": POSITIVE,
    "LAIMAX": POSITIVE,
    "EMISSMIN": EMISSIVITY,
    "EMISSMAX": EMISSIVITY,
    "ALBEDOMIN": SHARE,
    "ALBEDOMAX": SHARE,
    "Z0MIN": POSITIVE,
    "Z0MAX": POSITIVE,
}
GENERAL_RULES = {
    "SBETA": ANY,
    "FXEXP": NOT_NEGATIVE,
    "CSOIL": POSITIVE,
    "SALP": POSITIVE,
    "REFDK": POSITIVE,
    "REFKDT": NOT_NEGATIVE,
    "FRZK": POSITIVE,
    "ZBOT": NEGATIVE,
    "CZIL": NOT_NEGATIVE,
    "SMLOW": ANY,
    "SMHIGH": ANY,
    "LVCOEF": SHARE,
    "TOPT": POSITIVE,
    "CMCMAX": POSITIVE,
    "CFACTR": POSITIVE,
    "RSMAX": POSITIVE,
}


def no_soil(table: ClassTable) -> np.ndarray:
    """Rows without hydraulic values, such as WRF's water class; (classes,) bool."""
    return np.all([table[column] == 0.0 for column in ("BB", "SATPSI", "SATDK")], axis=0)


def placeholders(table: ClassTable) -> np.ndarray:
    """Rows of a vegetation table filled with 999, such as NLCD40's "unclassified"; (classes,) bool."""
    return np.all([table[column] == 999.0 for column in ("EMISSMIN", "ALBEDOMIN")], axis=0)


def check_soil(table: ClassTable, source: str, problems: Problems, notes: list[Problem]) -> None:
    """Collect what is wrong with a soil table.

    Errors: values outside their rules (:data:`SOIL_RULES`), WLTSMC >= REFSMC, DRYSMC >= MAXSMC. Notes,
    because published tables have them: a class that is no soil, REFSMC > MAXSMC, DRYSMC > WLTSMC.
    """
    empty = no_soil(table)
    for row in np.flatnonzero(empty):
        notes.append(Problem("is not a soil and cannot be assigned to a layer", source, where=_class(table, row)))
    _check_values(table, SOIL_RULES, ~empty, source, problems.found)
    _check_order(table, "WLTSMC", "REFSMC", True, ~empty, source, problems.found)
    _check_order(table, "DRYSMC", "MAXSMC", True, ~empty, source, problems.found)
    _check_order(table, "REFSMC", "MAXSMC", False, ~empty, source, notes)
    _check_order(table, "DRYSMC", "WLTSMC", False, ~empty, source, notes)


def check_vegetation(table: ClassTable, source: str, problems: Problems, notes: list[Problem]) -> None:
    """Collect what is wrong with a vegetation table; a minimum above its maximum is a note only."""
    filled = placeholders(table)
    for row in np.flatnonzero(filled):
        notes.append(Problem("contains placeholders and cannot be used", source, where=_class(table, row)))
    _check_values(table, VEGETATION_RULES, ~filled, source, problems.found)
    for name in ("LAI", "EMISS", "ALBEDO", "Z0"):
        _check_order(table, f"{name}MIN", f"{name}MAX", False, ~filled, source, notes)


def check_general(general: dict[str, float], source: str, problems: Problems) -> None:
    """Collect what is wrong with general parameters."""
    for name, value in general.items():
        admissible, expected = GENERAL_RULES.get(name, ANY)
        if np.isfinite(value) and not admissible(np.array(value)):
            problems.add("is invalid", source=source, variable=name, value=f"{value:g}", expected=expected)


def check_slope(slope: np.ndarray, source: str, problems: Problems) -> None:
    """Collect drainage factors outside 0 to 1."""
    admissible, expected = SHARE
    for row in np.flatnonzero(~admissible(slope)):
        problems.add(
            "is invalid",
            source=source,
            variable="SLOPE_DATA",
            where=f"slope class {row + 1}",
            value=f"{slope[row]:g}",
            expected=expected,
        )


def _class(table: ClassTable, row: int) -> str:
    return f"class {row + 1} ({table.classes[row]})"


def _check_values(table: ClassTable, rules, rows: np.ndarray, source: str, found: list[Problem]) -> None:
    for column, (admissible, expected) in rules.items():
        values = table[column]
        for row in np.flatnonzero(rows & np.isfinite(values) & ~admissible(values)):
            found.append(Problem("is invalid", source, column, _class(table, row), f"{values[row]:g}", expected))


def _check_order(
    table: ClassTable,
    small: str,
    large: str,
    strict: bool,
    rows: np.ndarray,
    source: str,
    found: list[Problem],
) -> None:
    bad = table[small] >= table[large] if strict else table[small] > table[large]
    for row in np.flatnonzero(rows & bad):
        message = f"is {'not below' if strict else 'above'} {large} {table[large][row]:g}"
        value = f"{table[small][row]:g}"
        found.append(Problem(message, source, small, _class(table, row), value, f"{small} below {large}"))

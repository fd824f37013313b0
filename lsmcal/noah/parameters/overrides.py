"""Parameter sets laid over the tables: ``{"SBETA": -1.7, "EMISSMIN[7]": 0.93, "MAXSMC[12]": 0.36}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from lsmcal.noah.parameters.passive import FOLLOWERS, update_followers
from lsmcal.noah.parameters.tables import SOIL_COLUMNS, VEGETATION_COLUMNS, ClassTable, Tables

KEY = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*(?:\[\s*(\d+)\s*\])?\s*")
BOTTOM_TEMPERATURE = "TBOT"


def split_key(key: str) -> tuple[str, int | None]:
    """``"MAXSMC[12]"`` as ``("MAXSMC", 12)``, ``"SBETA"`` as ``("SBETA", None)``.

    Raises
    ------
    ValueError
        When the text is neither a name nor a name with a class number in brackets.
    """
    match = KEY.fullmatch(key)
    if match is None:
        raise ValueError(f"{key!r} is not of the form NAME or NAME[class number]")
    name, number = match.groups()
    return name, None if number is None else int(number)


def join_key(name: str, number: int | None = None) -> str:
    """Inverse of :func:`split_key`."""
    return name if number is None else f"{name}[{number}]"


def bottom_temperature_offset(parameters: Mapping[str, float]) -> float:
    """What a set adds to a site's TBOT, K; 0 when it does not name TBOT.

    TBOT belongs to the site and not to a table, so :func:`apply_parameter_set` leaves it to the caller.
    """
    return float(parameters.get(BOTTOM_TEMPERATURE, 0.0))


def _sorted_out(tables: Tables, parameters: Mapping[str, float]):
    general: dict[str, float] = {}
    by_class: dict[str, dict[int, float]] = {}
    for key, value in parameters.items():
        name, number = split_key(key)
        if name == BOTTOM_TEMPERATURE and number is None:
            continue
        if name in tables.general and number is None:
            general[name] = float(value)
        elif name in SOIL_COLUMNS + VEGETATION_COLUMNS and number is not None:
            by_class.setdefault(name, {})[number] = float(value)
        else:
            raise ValueError(f"{key!r} is no parameter of the tables (class parameters need a class number)")
    return general, by_class


def _overlaid(table: ClassTable, by_class: Mapping[str, Mapping[int, float]]) -> ClassTable:
    for column, values in by_class.items():
        if column in table.columns:
            table = table.with_values(column, values)
    return table


def apply_parameter_set(tables: Tables, parameters: Mapping[str, float], passive: str = "ratio") -> Tables:
    """New tables with a parameter set laid over them and the passive parameters brought along.

    Parameters
    ----------
    tables : Tables
        The defaults; with NROOT already mapped to the grid if the case does so (values of NROOT in a set
        are absolute layer counts).
    parameters : mapping of str to float
        Absolute values by ``NAME`` or ``NAME[class]``. TBOT, an offset to the site's value, is left out:
        see :func:`bottom_temperature_offset`.
    passive : {"ratio", "formula", "table"}
        See :func:`lsmcal.noah.parameters.passive.update_followers`. A passive parameter that the set names wins.

    Returns
    -------
    Tables
        Equal to ``tables`` for an empty set, except in mode ``formula``.

    Raises
    ------
    ValueError
        For a key that is no parameter of the tables.
    UnknownClassError
        For a class number outside the table.
    """
    general, by_class = _sorted_out(tables, parameters)
    explicit = [(name, number) for name in FOLLOWERS for number in by_class.get(name, ())]
    soil = update_followers(_overlaid(tables.soil, by_class), tables.soil, passive, explicit)
    return replace(
        tables,
        soil=soil,
        vegetation=_overlaid(tables.vegetation, by_class),
        general={**tables.general, **general},
    )

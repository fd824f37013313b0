"""Parameter tables of the column: soil and vegetation classes, general parameters, slope classes.

Packaged soil tables: ``wrf`` (Noah 3.4.1, STAS order, 1 = sand), ``noahtibet`` (released modified model,
1 = clay ... 12 = sand, 13 = gravel, 14 = bedrock) and ``noahpy`` (the same order, five rows retuned).
Vegetation: ``usgs``, 27 classes. The barren class (19) keeps the standard placeholders 999 for RS, RGL and
HS; they have no effect because the column sets the green fraction of that class to zero.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources

import numpy as np

SOIL_COLUMNS = ("BB", "DRYSMC", "F11", "MAXSMC", "REFSMC", "SATPSI", "SATDK", "SATDW", "WLTSMC", "QTZ")
VEGETATION_COLUMNS = (
    "SHDFAC",
    "NROOT",
    "RS",
    "RGL",
    "HS",
    "SNUP",
    "MAXALB",
    "LAIMIN",
    "LAIMAX",
    "EMISSMIN",
    "EMISSMAX",
    "ALBEDOMIN",
    "ALBEDOMAX",
    "Z0MIN",
    "Z0MAX",
)
GENERAL_NAMES = (
    "SBETA",
    "FXEXP",
    "CSOIL",
    "SALP",
    "REFDK",
    "REFKDT",
    "FRZK",
    "ZBOT",
    "CZIL",
    "SMLOW",
    "SMHIGH",
    "LVCOEF",
    "TOPT",
    "CMCMAX",
    "CFACTR",
    "RSMAX",
)
SOIL_TABLES = ("noahtibet", "wrf", "noahpy")
VEGETATION_TABLES = ("usgs",)
GENERAL_TABLES = ("noahtibet", "noah341", "ji2026")


class UnknownClassError(LookupError):
    """A class number, class name, column or table that does not exist; the message names near ones."""


def _frozen(values) -> np.ndarray:
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


def _plain(name: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def _no_such(what: str, given: object, known: tuple[str, ...]) -> UnknownClassError:
    near = get_close_matches(_plain(str(given)), [_plain(name) for name in known], n=3, cutoff=0.5)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    return UnknownClassError(f"no {what} {given!r}{hint} (known: {', '.join(known)})")


@dataclass(frozen=True, eq=False)
class ClassTable:
    """One table of classes; row 0 holds class 1.

    Parameters
    ----------
    name : str
        Where the rows come from, for messages and output attributes.
    classes : tuple of str
        Class names, lower case.
    columns : dict of str to (classes,) float64
        Values by column; read-only arrays.
    """

    name: str
    classes: tuple[str, ...]
    columns: dict[str, np.ndarray]

    def __post_init__(self) -> None:
        columns = {key: _frozen(values) for key, values in self.columns.items()}
        for key, values in columns.items():
            if values.shape != (len(self.classes),):
                count = len(self.classes)
                raise ValueError(f"{self.name}: {key} has {values.size} values for {count} classes")
        object.__setattr__(self, "columns", columns)

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, column: str) -> np.ndarray:
        if column not in self.columns:
            raise _no_such(f"column of table {self.name}", column, tuple(self.columns))
        return self.columns[column]

    def index(self, key: int | str) -> int:
        """Row of a class given by number (from 1) or by name.

        Raises
        ------
        UnknownClassError
            Naming the nearest class names, or the range of numbers.
        """
        if isinstance(key, str) and not key.strip().isdecimal():
            return self._row_of_name(key)
        if isinstance(key, bool) or int(key) != float(key) or not 1 <= int(key) <= len(self):
            raise UnknownClassError(f"no class {key} in table {self.name}: classes are 1 to {len(self)}")
        return int(key) - 1

    def _row_of_name(self, key: str) -> int:
        names = [_plain(name) for name in self.classes]
        if _plain(key) not in names:
            raise _no_such(f"class of table {self.name}", key, self.classes)
        return names.index(_plain(key))

    def number(self, key: int | str) -> int:
        """Class number, from 1, of a class given by number or by name."""
        return self.index(key) + 1

    def value(self, column: str, key: int | str) -> float:
        """Value of ``column`` for a class given by number or by name."""
        return float(self[column][self.index(key)])

    def with_values(self, column: str, values: Mapping[int, float]) -> ClassTable:
        """Copy with some classes (numbers) of one column replaced."""
        changed = np.array(self[column])
        for key, value in values.items():
            changed[self.index(key)] = value
        return replace(self, columns={**self.columns, column: changed})


def _slope_of_classes() -> np.ndarray:
    return packaged_slope()


@dataclass(frozen=True, eq=False)
class Tables:
    """Everything the parameter read of the column needs.

    Parameters
    ----------
    soil, vegetation : ClassTable
        With at least :data:`SOIL_COLUMNS` and :data:`VEGETATION_COLUMNS`.
    general : dict of str to float
        :data:`GENERAL_NAMES`; ZBOT negative downward, m.
    slope : (9,) float64
        SLOPE factor of the bottom drainage by slope class, 0 to 1.
    bare, urban : int
        Vegetation classes, from 1, that the column treats specially.
    """

    soil: ClassTable
    vegetation: ClassTable
    general: dict[str, float]
    slope: np.ndarray = field(default_factory=_slope_of_classes)
    bare: int = 19
    urban: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "general", {key: float(value) for key, value in self.general.items()})
        object.__setattr__(self, "slope", _frozen(self.slope))


def root_layers_by_depth(layers: np.ndarray) -> np.ndarray:
    """Root layers of the 18-layer grid with the depth that the classic 4-layer grid gives them.

    ``max(4, 2 n)``: 1.0 m becomes layer 6 (0.83 m), 2.0 m becomes layer 8 (2.30 m).
    """
    return np.maximum(4.0, 2.0 * np.asarray(layers, dtype=np.float64))


def with_roots_by_depth(tables: Tables) -> Tables:
    """Copy of ``tables`` whose NROOT follows :func:`root_layers_by_depth`; for a table as read, once."""
    roots = root_layers_by_depth(tables.vegetation["NROOT"])
    columns = {**tables.vegetation.columns, "NROOT": roots}
    return replace(tables, vegetation=replace(tables.vegetation, columns=columns))


def _rows(file: str) -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath("data").joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _packaged_classes(name: str, file: str, columns: tuple[str, ...]) -> ClassTable:
    rows = _rows(file)
    values = {column: np.array([float(row[column]) for row in rows]) for column in columns}
    return ClassTable(name, tuple(row["name"] for row in rows), values)


@lru_cache
def packaged_soil(name: str = "noahtibet") -> ClassTable:
    """Packaged soil table ``noahtibet``, ``wrf`` or ``noahpy``."""
    if name not in SOIL_TABLES:
        raise _no_such("soil table", name, SOIL_TABLES)
    return _packaged_classes(name, f"soil_{name}.csv", SOIL_COLUMNS)


@lru_cache
def packaged_vegetation(name: str = "usgs") -> ClassTable:
    """Packaged vegetation table ``usgs``, 27 classes."""
    if name not in VEGETATION_TABLES:
        raise _no_such("vegetation table", name, VEGETATION_TABLES)
    return _packaged_classes(name, f"vegetation_{name}.csv", VEGETATION_COLUMNS)


@lru_cache
def packaged_slope() -> np.ndarray:
    """SLOPE of the nine slope classes, read-only."""
    return _frozen([float(row["SLOPE"]) for row in _rows("slope.csv")])


def packaged_general(name: str = "noahtibet") -> dict[str, float]:
    """General parameters: ``noah341`` (ZBOT -8 m), ``noahtibet`` (-40 m), ``ji2026`` (-40 m, CZIL 0.2)."""
    if name not in GENERAL_TABLES:
        raise _no_such("general table", name, GENERAL_TABLES)
    return {row["name"]: float(row[name]) for row in _rows("general.csv")}


@lru_cache
def load_tables(soil: str = "noahtibet", vegetation: str = "usgs", general: str = "noahtibet") -> Tables:
    """Packaged tables by name, cached; never changed in place.

    Parameters
    ----------
    soil : {"noahtibet", "wrf", "noahpy"}
    vegetation : {"usgs"}
    general : {"noahtibet", "noah341", "ji2026"}

    Returns
    -------
    Tables

    Raises
    ------
    UnknownClassError
        For a name that is not packaged.
    """
    return Tables(packaged_soil(soil), packaged_vegetation(vegetation), packaged_general(general))

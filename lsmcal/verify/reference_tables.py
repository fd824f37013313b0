"""The parameter tables a reference folder brings along, and ours where it brings none."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lsmcal.noah.parameters.tables import GENERAL_NAMES, SOIL_COLUMNS, ClassTable, Tables, load_tables
from lsmcal.verify.rows import Row, failure
from lsmcal.verify.table import NotUnderstood, read_arrays

#: File and packaged twin of the original and the modified model's tables.
FILES = {False: "tables_std.npz", True: "tables_mod.npz"}
_PACKAGED = {False: ("wrf", "noah341"), True: ("noahtibet", "noahtibet")}
#: Stored name of each vegetation column of ours.
_VEGETATION = {
    "SHDFAC": "SHDTBL",
    "NROOT": "NROTBL",
    "RS": "RSTBL",
    "RGL": "RGLTBL",
    "HS": "HSTBL",
    "SNUP": "SNUPTBL",
    "MAXALB": "MAXALB",
    "LAIMIN": "LAIMINTBL",
    "LAIMAX": "LAIMAXTBL",
    "EMISSMIN": "EMISSMINTBL",
    "EMISSMAX": "EMISSMAXTBL",
    "ALBEDOMIN": "ALBEDOMINTBL",
    "ALBEDOMAX": "ALBEDOMAXTBL",
    "Z0MIN": "Z0MINTBL",
    "Z0MAX": "Z0MAXTBL",
}


def packaged(modified: bool) -> Tables:
    """Our tables of the original or the modified model."""
    soil, general = _PACKAGED[modified]
    return load_tables(soil, general=general)


def read_reference_tables(path: Path) -> Tables:
    """Tables from a ``tables_*.npz``.

    Raises
    ------
    NotUnderstood
        When something is missing or has the wrong shape.
    """
    raw = read_arrays(path)
    try:
        names = tuple(str(name).lower() for name in raw["soil_names"])
        soil = ClassTable(path.name, names, {name: raw[name] for name in SOIL_COLUMNS})
        vegetation = {name: raw[stored] for name, stored in _VEGETATION.items()}
        classes = tuple(f"class {number + 1}" for number in range(raw["SHDTBL"].size))
        general = {name: float(raw[f"{name}_DATA"]) for name in GENERAL_NAMES}
        return Tables(
            soil, ClassTable(path.name, classes, vegetation), general, raw["SLOPE_DATA"], bare=int(raw["BARE"])
        )
    except KeyError as error:
        raise NotUnderstood(f"missing {error.args[0]}") from None
    except (ValueError, TypeError) as error:
        raise NotUnderstood(f"not a parameter table: {error}") from None


def _differences(ours: Tables, theirs: Tables) -> list[str]:
    """Names in which a file's tables differ from the packaged ones, over the classes both have."""
    found = [name for name in GENERAL_NAMES if ours.general[name] != theirs.general[name]]
    for one, other in ((ours.soil, theirs.soil), (ours.vegetation, theirs.vegetation)):
        count = min(len(one), len(other))
        found += [name for name in one.columns if not np.array_equal(one[name][:count], other[name][:count])]
    return found + ([] if np.array_equal(ours.slope, theirs.slope) else ["SLOPE"])


@dataclass
class ReferenceTables:
    """Tables of both models for a folder: its own files where it has them, else the packaged ones.

    Parameters
    ----------
    folders : list of Path
        Where to look, the nearest first.
    """

    folders: list[Path]
    _read: dict[bool, Tables] = field(default_factory=dict)

    def __call__(self, modified: bool) -> Tables:
        if modified not in self._read:
            paths = [folder / FILES[modified] for folder in self.folders]
            path = next((path for path in paths if path.is_file()), None)
            self._read[modified] = packaged(modified) if path is None else read_reference_tables(path)
        return self._read[modified]


def check_tables(path: Path, source: str) -> Row:
    """Row that says whether a table file is understood and whether it holds what we ship."""
    modified = {name: key for key, name in FILES.items()}.get(path.name)
    if modified is None:
        return failure(source, f"no table file of this name is known (known: {', '.join(FILES.values())})")
    try:
        theirs = read_reference_tables(path)
    except NotUnderstood as error:
        return failure(source, str(error))
    different = _differences(packaged(modified), theirs)
    note = f"differs from the packaged tables in {', '.join(different)}" if different else "equal to the packaged ones"
    return Row(source, "(parameter tables)", note=f"read; {note}")

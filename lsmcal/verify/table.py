"""A table of direct calls of one routine of the reference: its inputs and outputs, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from lsmcal.core.errors import not_none
from lsmcal.noah.parameters.options import Choices, preset
from lsmcal.noah.parameters.tables import Tables
from lsmcal.verify.arguments import ARGUMENTS, WITH_CLASSES, Arguments

#: Boundary depth [m] of the reference's deep columns, where the tables' own lies inside them.
_DEEP_BOUNDARY = 40.0


class NotUnderstood(Exception):
    """A file that is not what it should be; the text says why."""


@dataclass(frozen=True)
class Call:
    """Rows of one table.

    Parameters
    ----------
    routine : str
    inputs, outputs : mapping of str to (rows,) or (rows, layers) float64
        Under the argument names of the reference.
    tables : Tables
        Parameter tables that the reference read.
    leak : bool
        With the parameter leak of the published modified model.
    """

    routine: str
    inputs: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]
    tables: Tables
    leak: bool = False

    def __getitem__(self, name: str) -> np.ndarray:
        return self.inputs[name]

    def __contains__(self, name: str) -> bool:
        return name in self.inputs

    @property
    def modified(self) -> bool:
        """Whether every layer has its own class: the modified model."""
        return "STYPE" in self.inputs

    @property
    def rows(self) -> int:
        """Number of calls."""
        return next(iter(self.inputs.values())).shape[0]

    @property
    def layers(self) -> int:
        """Number of layers; 0 where no argument is a profile."""
        return max((array.shape[1] for array in self.inputs.values() if array.ndim == 2), default=0)

    @property
    def step(self) -> np.ndarray | None:
        """Time step of each row [s], where the routine has one."""
        return self.inputs.get("DT", self.inputs.get("DTSEC"))

    @property
    def dt(self) -> float:
        """The one time step of all rows [s]."""
        return float(not_none(self.step)[0])

    @cached_property
    def thickness(self) -> np.ndarray:
        """Layer thicknesses, (rows, layers) [m]."""
        return self["SLDPTH"] if "SLDPTH" in self else -np.diff(self["ZSOIL"], axis=1, prepend=0.0)

    @property
    def zbot(self) -> np.ndarray:
        """Depth of the lower boundary [m, positive downward]; some depth below the column where none is given."""
        if "ZBOT" in self:
            return -self["ZBOT"]
        depth, bottom = -self.tables.general["ZBOT"], self.thickness.sum(axis=1)
        return np.where(depth > bottom, depth, _DEEP_BOUNDARY)

    @property
    def choices(self) -> Choices:
        """Named choices of the model that was called."""
        if not self.modified:
            return preset("original")
        return preset("noahtibet", layer_parameters="released" if self.leak else "consistent")

    @property
    def urban(self) -> np.ndarray:
        """Rows of the urban class, (rows,) bool."""
        return self["VEGTYP"] == self["ISURBAN"]

    def select(self, rows: np.ndarray) -> Call:
        """The same for some rows."""
        return replace(
            self,
            inputs={name: array[rows] for name, array in self.inputs.items()},
            outputs={name: array[rows] for name, array in self.outputs.items()},
        )

    def by_layer(self, argument: str, column: str) -> np.ndarray:
        """A soil parameter of every layer, (rows, layers).

        The scalar argument serves the first layer, in the original model all of them; in the modified one deeper layers
        have the value of their own class.
        """
        own = np.broadcast_to(self[argument][:, None], (self.rows, self.layers))
        if not self.modified:
            return own
        values = self.tables.soil[column][self["STYPE"].astype(int) - 1]
        return np.concatenate([own[:, :1], values[:, 1:]], axis=1)


def routine_of(path: Path) -> str:
    """Routine whose table a file holds, after its name without layer count and variant.

    Raises
    ------
    NotUnderstood
        For a name that is no routine's.
    """
    name = path.stem.removesuffix("_fixed")
    base, _, last = name.rpartition("_")
    routine = base if base and last[:1] == "n" and last[1:].isdecimal() else name
    if routine not in ARGUMENTS:
        raise NotUnderstood(f"no routine {routine!r} is known")
    return routine


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a ``.npz`` file.

    Raises
    ------
    NotUnderstood
        For a file that is damaged or no archive of arrays.
    """
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception as error:
        # a damaged byte can surface anywhere in zip, zlib and numpy's header, as almost any exception
        raise NotUnderstood(f"cannot be read: {error}") from None


def _as_numbers(name: str, array: np.ndarray, profile: bool, shape: tuple[int, int]) -> np.ndarray:
    wanted = shape if profile else shape[:1]
    if array.shape != wanted:
        raise NotUnderstood(f"{name} has shape {array.shape}, expected {wanted}")
    if array.dtype.kind not in "fiub":
        raise NotUnderstood(f"{name} holds {array.dtype}, not numbers")
    return array.astype(np.float64)


def _expect(what: str, found: set[str], known: set[str]) -> None:
    for problem, names in (("missing", known - found), ("unknown", found - known)):
        if names:
            raise NotUnderstood(f"{problem} {what} {', '.join(sorted(names))}")


def _shape(arrays: Mapping[str, np.ndarray], known: Arguments) -> tuple[int, int]:
    """Rows and layers, from the first argument that has them."""
    rows = [array.shape[0] for array in arrays.values() if array.ndim]
    profiles = [name for name, profile in known.inputs.items() if profile]
    layers = arrays[f"in_{profiles[0]}"].shape[1:] if profiles else (0,)
    if not rows or not rows[0] or len(layers) != 1:
        raise NotUnderstood("holds no rows, or a profile without layers")
    return rows[0], layers[0]


def read_call(path: Path, tables_of) -> Call:
    """Read the table of a routine.

    Parameters
    ----------
    path : Path
    tables_of : callable of bool to Tables
        Parameter tables of the original (False) or modified (True) model.

    Raises
    ------
    NotUnderstood
        For an unknown routine, missing or unknown arguments, wrong shapes.
    """
    routine, arrays = routine_of(path), read_arrays(path)
    known = ARGUMENTS[routine]
    if "in_STYPE" in arrays and routine in WITH_CLASSES:
        known = Arguments({"STYPE": True, **known.inputs}, known.outputs)
    strange = [name for name in arrays if not name.startswith(("in_", "out_", "diag_"))]
    if strange:
        raise NotUnderstood(f"unknown arrays {', '.join(strange)}")
    _expect("input", {name[3:] for name in arrays if name.startswith("in_")}, set(known.inputs))
    _expect("output", {name[4:] for name in arrays if name.startswith("out_")}, set(known.outputs))
    shape = _shape(arrays, known)
    inputs = {n: _as_numbers(n, arrays[f"in_{n}"], profile, shape) for n, profile in known.inputs.items()}
    outputs = {n: _as_numbers(n, arrays[f"out_{n}"], profile, shape) for n, profile in known.outputs.items()}
    if "NSOIL" in inputs and np.any(inputs["NSOIL"] != shape[1]):
        raise NotUnderstood(f"NSOIL is not the {shape[1]} layers that the profiles have")
    modified = "STYPE" in inputs or routine == "TDFCND_C05"
    leak = "STYPE" in inputs and not path.stem.endswith("_fixed")
    return Call(routine, inputs, outputs, tables_of(modified), leak)

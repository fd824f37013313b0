"""How well two maps of classes agree: confusion counts, Kappa, accuracy, rates of each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lsmcal.core.words import counted
from lsmcal.permafrost.classes import PERMAFROST, SEASONALLY_FROZEN, UNFROZEN

#: Codes of a map of permafrost: there, not there, not known.
PRESENT, ABSENT, UNKNOWN = 1, 0, -1
BINARY = (PRESENT, ABSENT)
BINARY_NAMES = {PRESENT: "permafrost", ABSENT: "no permafrost"}


@dataclass(frozen=True)
class Rate:
    """How well one class is met.

    Parameters
    ----------
    found : float
        Share of the target's cells of the class that the simulation finds (producer's accuracy); NaN if there are none.
    right : float
        Share of the simulated cells of the class that the target confirms (user's accuracy); NaN if there are none.
    target, simulated, both : int
        Cells of the class in the target, in the simulation, in both.
    """

    found: float
    right: float
    target: int
    simulated: int
    both: int


@dataclass(frozen=True)
class Confusion:
    """Counts of cells by their class in two maps.

    Parameters
    ----------
    codes : tuple of int
        The classes, different from each other.
    counts : (k, k) array of int64
        Rows: class of the target; columns: class of the simulation.

    Raises
    ------
    ValueError
        Codes that repeat, counts that are negative, no whole numbers or of another shape.
    """

    codes: tuple[int, ...]
    counts: np.ndarray

    def __post_init__(self) -> None:
        codes, given = tuple(int(code) for code in self.codes), np.asarray(self.counts)
        if not codes or len(set(codes)) != len(codes):
            raise ValueError(f"need classes that differ, got {codes}")
        if given.shape != (len(codes),) * 2 or given.dtype.kind not in "iu" or (given < 0).any():
            raise ValueError(f"need {len(codes)} x {len(codes)} counts, got {given.tolist()}")
        object.__setattr__(self, "codes", codes)
        object.__setattr__(self, "counts", given.astype(np.int64))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Confusion):
            return NotImplemented
        return self.codes == other.codes and np.array_equal(self.counts, other.counts)

    __hash__ = None  # type: ignore[assignment]  # the way of Python, which object is not typed for

    def __add__(self, other: Confusion) -> Confusion:
        """Counts of two sets of cells together; ValueError when their classes differ."""
        if self.codes != other.codes:
            raise ValueError(f"cannot add counts of the classes {other.codes} to those of {self.codes}")
        return Confusion(self.codes, self.counts + other.counts)

    @property
    def total(self) -> int:
        """Number of cells."""
        return int(self.counts.sum())

    @property
    def kappa(self) -> float:
        """Cohen's Kappa, the agreement beyond that of chance over the most there could be; NaN where undefined.

        One division of whole numbers: the value does not depend on the order of the cells or on how they were shared
        out. Cohen 1960, Educ. Psychol. Meas. 20, 37-46.
        """
        chance, total, agreed = self._chance(), self.total, int(np.trace(self.counts))
        room = total * total - chance
        return (total * agreed - chance) / room if room else float("nan")

    @property
    def undefined(self) -> str:
        """Why Kappa is undefined, as a sentence without a full stop; empty where it is not."""
        if not self.total:
            return "Kappa is undefined: no cell has a class in the target"
        if self.total**2 == self._chance():
            only = self.codes[int(np.argmax(self.counts.sum(axis=1)))]
            cells = counted(self.total, "cell")
            return f"Kappa is undefined: target and simulation hold the single class {only} in all {cells}"
        return ""

    @property
    def accuracy(self) -> float:
        """Share of the cells on which both agree; NaN without cells."""
        return _share(int(np.trace(self.counts)), self.total)

    def rates(self) -> dict[int, Rate]:
        """How well each class is met, by its code."""
        found = {}
        for place, code in enumerate(self.codes):
            target, simulated = int(self.counts[place].sum()), int(self.counts[:, place].sum())
            both = int(self.counts[place, place])
            found[code] = Rate(_share(both, target), _share(both, simulated), target, simulated, both)
        return found

    def measures(self, names: Mapping[int, str] = BINARY_NAMES) -> dict[str, float]:
        """Kappa, overall accuracy and the rates of each class, by what they are called; for tables and figures."""
        found = {"Kappa": self.kappa, "overall accuracy": self.accuracy}
        for code, rate in self.rates().items():
            name = names.get(code, f"class {code}")
            found |= {f"{name}: share found": rate.found, f"{name}: share right": rate.right}
        return found

    def as_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return {"codes": list(self.codes), "counts": self.counts.tolist()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Confusion:
        """From :meth:`as_dict`."""
        return cls(tuple(values["codes"]), np.array(values["counts"], np.int64))

    def _chance(self) -> int:
        """Agreement to be expected of maps with these shares of the classes, times the number of cells squared."""
        pairs = zip(self.counts.sum(axis=1).tolist(), self.counts.sum(axis=0).tolist(), strict=True)
        return sum(row * column for row, column in pairs)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def confusion(target: np.ndarray, simulated: np.ndarray, codes: Sequence[int] = BINARY) -> Confusion:
    """Count the cells of two maps by their classes.

    Parameters
    ----------
    target, simulated : (n,) arrays of int
        Class of each cell. Cells whose target is none of the codes are unknown and left out.
    codes : sequence of int
        Classes that count.

    Returns
    -------
    Confusion

    Raises
    ------
    ValueError
        Shapes that differ; a cell with a target whose simulated class is none of the codes. To leave such a cell out
        would reward a parameter set for it: the caller decides what it is.
    """
    target, simulated = np.asarray(target), np.asarray(simulated)
    if target.shape != simulated.shape:
        raise ValueError(f"need two maps alike, got {target.shape} and {simulated.shape}")
    known = np.isin(target, codes)
    target, simulated = target[known], simulated[known]
    other = ~np.isin(simulated, codes)
    if other.any():
        raise ValueError(
            f"{int(other.sum())} of {counted(target.size, 'cell')} are simulated as none of the classes "
            f"{list(codes)}, the first as {simulated[other][0]}"
        )
    counts = [[np.count_nonzero((target == row) & (simulated == column)) for column in codes] for row in codes]
    return Confusion(tuple(codes), np.array(counts, np.int64).reshape(len(codes), len(codes)))


def binary(classes: np.ndarray) -> np.ndarray:
    """From classes of the ground to a map of permafrost.

    Parameters
    ----------
    classes : (...) array of int
        Codes of :data:`lsmcal.permafrost.CLASS_NAMES`.

    Returns
    -------
    (...) array of int8
        1 permafrost, 0 seasonally frozen or unfrozen, -1 out or undetermined.
    """
    classes = np.asarray(classes)
    bare = np.isin(classes, (SEASONALLY_FROZEN, UNFROZEN))
    return np.where(classes == PERMAFROST, PRESENT, np.where(bare, ABSENT, UNKNOWN)).astype(np.int8)

"""What a region needs of its weather, wherever it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lsmcal.core.errors import InputError, Problems
from lsmcal.core.words import counted


class RegionalForcing(Protocol):
    """Weather of many cells on one time axis; cells are named by their number on the target grid.

    A source whose files hold whole maps says so with an attribute ``by_map = True``: then few steps of many cells are
    cheap to read, otherwise many steps of few cells are. It may also say in ``bytes_per_step(cells)`` what reading one
    step of so many cells takes [bytes], and in ``take_notes()`` what it corrected since it was last asked.

    Attributes
    ----------
    time : (steps,) datetime64[s]
        START of each step, UTC.
    step : float
        Length of a step [s].
    calendar : str
        "standard" or "noleap".
    attributes : dict of str to str
        What was estimated, converted or assumed.
    """

    @property
    def time(self) -> np.ndarray: ...

    @property
    def step(self) -> float: ...

    @property
    def calendar(self) -> str: ...

    @property
    def attributes(self) -> dict[str, str]: ...

    def read(self, cells: np.ndarray, first: int, last: int) -> np.ndarray:
        """Steps ``first`` to ``last`` (exclusive) of some cells; the same for a cell whatever else is read.

        Parameters
        ----------
        cells : (n,) array of int
            Cell numbers (:attr:`lsmcal.inputs.domain.domain.Domain.cell`).
        first, last : int

        Returns
        -------
        (last - first, 8, n) float32 array
            In the order of ``lsmcal.inputs.station.forcing.FORCING_VARIABLES``, C-contiguous.

        Raises
        ------
        InputError
            For a cell without weather.
        """
        ...

    def identity(self) -> dict[str, object]:
        """Plain values that change whenever any number of the weather would: seed and settings, or a checksum."""
        ...


@dataclass(frozen=True)
class Places:
    """Where cells lie: the part of a :class:`lsmcal.inputs.domain.domain.Domain` that its weather depends on.

    Parameters
    ----------
    cell : (n,) array of int
        Numbers on the target grid.
    longitude, latitude : (n,) arrays
        Centres [degrees].
    elevation : (n,) array
        [m]; NaN where unknown.
    """

    cell: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray
    elevation: np.ndarray

    def __len__(self) -> int:
        return self.cell.size

    def name(self, index: int) -> str:
        """A cell in words, for messages."""
        return cell_name(int(self.cell[index]), float(self.latitude[index]), float(self.longitude[index]))


def places_of(cells) -> Places:
    """Places of a Domain, or of anything with ``cell``, ``longitude``, ``latitude`` and, perhaps, ``elevation``."""
    number = np.asarray(cells.cell, dtype=np.int64)
    longitude, latitude = (np.asarray(getattr(cells, name), dtype=np.float64) for name in ("longitude", "latitude"))
    elevation = getattr(cells, "elevation", None)
    elevation = np.full(number.shape, np.nan) if elevation is None else np.asarray(elevation, dtype=np.float64)
    return Places(number, longitude, latitude, elevation)


def cell_name(number: int, latitude: float, longitude: float) -> str:
    """For example "cell 17 (34.05 N, 92.15 E)"; south and west are negative."""
    return f"cell {number} ({latitude:g} N, {longitude:g} E)"


def positions(cells: np.ndarray, known: np.ndarray, source: str) -> np.ndarray:
    """Position of each cell number in ``known`` (in any order, without duplicates).

    Raises
    ------
    InputError
        Naming ``source``, how many cells it does not hold, and the first.
    """
    cells = np.asarray(cells, dtype=np.int64)
    order = np.argsort(known, kind="stable")
    place = order[np.minimum(np.searchsorted(known, cells, sorter=order), known.size - 1)]
    absent = known[place] != cells
    if absent.any():
        problems = Problems()
        expected = f"one of the {counted(known.size, 'cell')} opened"
        count = int(absent.sum())
        message = f"{count} cell{'s' if count > 1 else ''} without forcing"
        problems.add(message, source=source, variable="cell", value=cells[absent][0], expected=expected)
        raise InputError(problems.found)
    return place

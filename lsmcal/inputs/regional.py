"""What a region needs of its weather, wherever it comes from."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class RegionalForcing(Protocol):
    """Weather of many cells on one time axis; cells are named by their number on the target grid.

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

    time: np.ndarray
    step: float
    calendar: str
    attributes: dict[str, str]

    def read(self, cells: np.ndarray, first: int, last: int) -> np.ndarray:
        """Steps ``first`` to ``last`` (exclusive) of some cells; the same for a cell whatever else is read.

        Parameters
        ----------
        cells : (n,) array of int
            Cell numbers (:attr:`lsmcal.inputs.domain.Domain.cell`).
        first, last : int

        Returns
        -------
        (last - first, 8, n) float32 array
            In the order of ``lsmcal.inputs.forcing.FORCING_VARIABLES``, C-contiguous.

        Raises
        ------
        InputError
            For a cell without weather.
        """
        ...

    def identity(self) -> dict[str, object]:
        """Plain values that change whenever any number of the weather would: seed and settings, or a checksum."""
        ...

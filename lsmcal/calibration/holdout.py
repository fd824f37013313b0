"""Cells withheld from a calibration: validation bands of longitude; and every k-th cell of the others."""

from __future__ import annotations

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.inputs.domain.domain import Domain

#: Keeps a centre that lies on the edge of two bands on one side of it.
_EDGE = 1e-6


def validation_cells(
    domain: Domain, every: int = 3, width: float | None = None, source: str = "hold_out"
) -> np.ndarray:
    """Cells in every k-th band of longitude.

    Neighbouring cells are alike, so cells withheld one by one would tell little that the calibrated ones did not;
    whole bands are withheld instead. They are counted from the western edge of the grid: which band a cell is in
    does not depend on the other cells there are.

    Parameters
    ----------
    domain : Domain
    every : int
        Of so many bands, the last is withheld.
    width : float, optional
        Of a band [degrees], at least that of a cell, which is the default.
    source : str
        Case key, for messages.

    Returns
    -------
    (n,) array of bool

    Raises
    ------
    InputError
        When this leaves no cell on one of the two sides.
    """
    problems = Problems()
    if every < 2:
        problems.add("leaves no cell to calibrate", source=source, variable="every", value=every, expected="at least 2")
    size = _cell_width(domain)
    width = (size or 1.0) if width is None else width
    if not width >= size * (1.0 - _EDGE):
        problems.add(
            "is narrower than a cell",
            source=source,
            variable="width",
            value=width,
            expected=f"at least {size:g} degrees",
        )
    problems.raise_if_any()
    west = domain.grid.longitude[0] - 0.5 * size
    band = np.floor((domain.longitude - west) / width + _EDGE).astype(np.int64)
    withheld = band % every == every - 1
    if withheld.all() or not withheld.any():
        what = "every cell" if withheld.size and withheld.all() else "no cell"
        problems.add(
            f"{what} lies in a validation band",
            source=source,
            value=f"every {every}, {width:g}",
            expected=f"bands narrower than the {np.unique(band).size * width:g} degrees of cells",
        )
    problems.raise_if_any()
    return withheld


def thinned(index: np.ndarray, every: int) -> np.ndarray:
    """Every k-th of some cells.

    Parameters
    ----------
    index : (m,) array of int
        Indices into a domain, in any order; they count in the order of cell numbers, each once.
    every : int
        1 keeps all of them.

    Returns
    -------
    array of int64
        Ascending, the first of them included.

    Raises
    ------
    ValueError
        For ``every`` below 1.
    """
    if every < 1:
        raise ValueError(f"every {every}: at least 1")
    return np.unique(np.asarray(index, np.int64))[::every]


def _cell_width(domain: Domain) -> float:
    longitude = domain.grid.longitude
    return float(longitude[-1] - longitude[0]) / (longitude.size - 1) if longitude.size > 1 else 0.0

"""The cells a map can teach something about: where the default run disagrees with it, and their neighbours."""

from __future__ import annotations

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.core.words import counted
from lsmcal.evaluation.agreement import BINARY
from lsmcal.inputs.domain.domain import Grid


def disagreement(simulated: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Cells with a class in both maps that is not the same.

    Parameters
    ----------
    simulated, target : (n,) arrays of int
        1 permafrost, 0 none; anything else is unknown.

    Returns
    -------
    (n,) array of bool
    """
    return _known(simulated, target) & (np.asarray(simulated) != np.asarray(target))


def sensitive_cells(
    grid: Grid, cell: np.ndarray, simulated: np.ndarray, target: np.ndarray, reach: int = 1
) -> np.ndarray:
    """Disagreement of the default run with the target, grown by the neighbourhood of each cell.

    Parameters
    ----------
    grid : Grid
    cell : (n,) array of int
        Numbers of the cells, ``row * nx + column``.
    simulated, target : (n,) arrays of int
        Map of the default run and target: 1 permafrost, 0 none; anything else is unknown.
    reach : int
        Rows and columns by which a cell reaches each way: 1 is 3 x 3, 0 the disagreement itself. The first and the
        last column are no neighbours, even where the grid goes round the globe.

    Returns
    -------
    (n,) array of bool
        Never a cell that is unknown in either map.

    Raises
    ------
    ValueError
        A negative reach; arrays of different sizes; cells that are not on the grid.

    References
    ----------
    Ji et al. (2026): the cells of the calibration by Kappa.
    """
    cell, shape = np.asarray(cell), (grid.latitude.size, grid.longitude.size)
    if reach < 0 or int(reach) != reach:
        raise ValueError(f"the reach must be a whole number from 0, not {reach}")
    if not cell.shape == np.shape(simulated) == np.shape(target):
        raise ValueError(f"need one value a cell, got {cell.shape}, {np.shape(simulated)} and {np.shape(target)}")
    if cell.size and not 0 <= cell.min() <= cell.max() < shape[0] * shape[1]:
        raise ValueError(f"cells {cell.min()} to {cell.max()} are not on a grid of {shape[0]} x {shape[1]}")
    whole = np.zeros(shape, bool)
    whole.reshape(-1)[cell] = disagreement(simulated, target)
    return _grown(whole, int(reach)).reshape(-1)[cell] & _known(simulated, target)


def check_disagreement(simulated: np.ndarray, target: np.ndarray, source: str, variable: str = "") -> None:
    """Refuse a target that the default run meets everywhere.

    Parameters
    ----------
    simulated, target : (n,) arrays of int
        As of :func:`disagreement`.
    source, variable : str
        Of the target, for the message.

    Raises
    ------
    InputError
        There is nothing to calibrate.
    """
    if disagreement(simulated, target).any():
        return
    problems, count = Problems(), int(_known(simulated, target).sum())
    if count:
        message = f"nothing to calibrate: the default run agrees with the target in all {counted(count, 'cell')}"
    else:
        message = "nothing to calibrate: no cell has a class in both the target and the default run"
    problems.add(message, source=source, variable=variable, expected="a target that differs from the default run")
    problems.raise_if_any()


def _known(simulated: np.ndarray, target: np.ndarray) -> np.ndarray:
    return np.isin(simulated, BINARY) & np.isin(target, BINARY)


def _grown(cells: np.ndarray, reach: int) -> np.ndarray:
    """With all cells that lie no more than so many rows and columns away."""
    from scipy.ndimage import binary_dilation

    return binary_dilation(cells, np.ones((2 * reach + 1,) * 2, bool)) if reach else cells

"""The cells of a region: where they are and what stands still in them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Grid:
    """A regular longitude/latitude grid, by the centres of its cells.

    Parameters
    ----------
    longitude, latitude : (nx,), (ny,) arrays
        Centres, both ascending, evenly spaced [degrees].
    """

    longitude: np.ndarray
    latitude: np.ndarray


@dataclass(frozen=True)
class Domain:
    """Cells of a region. All arrays have one row for each cell that is modelled, in ascending order of ``cell``.

    Parameters
    ----------
    grid : Grid
        Target grid.
    cell : (n,) array of int64
        Number on the grid, ``row * nx + column`` from the south-west; never changes when cells are masked.
    longitude, latitude : (n,) arrays
        Centre [degrees].
    area : (n,) array
        On the WGS84 ellipsoid [m2].
    elevation : (n,) array
        [m].
    vegetation : (n,) array of int
        Vegetation class, from 1.
    soil : (n, nz) array of int
        Soil class of each layer, from 1.
    thickness : (nz,) array
        Layer thicknesses [m].
    tbot : (n,) array
        Temperature at the lower boundary [K].
    dense : (n,) array of bool
        Dense vegetation (exchange scheme "by-cover").
    greenness : (n, 12) array, optional
        Green fraction of each month.
    leaf_area : (n, 12) array, optional
        Leaf area index of each month.
    target : (n,) array of int8, optional
        Permafrost map to compare with: 1 permafrost, 0 none, -1 unknown.
    attributes : dict of str to str
        Where each field came from.
    """

    grid: Grid
    cell: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray
    area: np.ndarray
    elevation: np.ndarray
    vegetation: np.ndarray
    soil: np.ndarray
    thickness: np.ndarray
    tbot: np.ndarray
    dense: np.ndarray
    greenness: np.ndarray | None = None
    leaf_area: np.ndarray | None = None
    target: np.ndarray | None = None
    attributes: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.cell.size


def regular_grid(bounds: tuple[float, float, float, float], resolution: tuple[float, float]) -> Grid:
    """The grid whose cells fill a rectangle.

    Parameters
    ----------
    bounds : (float, float, float, float)
        West, east, south and north edge [degrees].
    resolution : (float, float)
        Width and height of a cell [degrees]; they divide the rectangle.

    Raises
    ------
    ValueError
        If they do not.
    """
    axes = []
    for low, high, size in ((bounds[0], bounds[1], resolution[0]), (bounds[2], bounds[3], resolution[1])):
        count = round((high - low) / size)
        if count < 1 or abs(count * size - (high - low)) > 1e-6 * size * max(count, 1):
            raise ValueError(f"cells of {size:g} degrees do not fill {low:g} to {high:g}")
        axes.append(np.round(low + (np.arange(count) + 0.5) * (high - low) / count, 10))
    return Grid(*axes)

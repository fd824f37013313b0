"""Small columns for tests: blocks with uniform ground, prescribed boundaries and simple weather."""

import numpy as np

from lsmcal.noah.physics.constants import HEAT_AIR, HEAT_WATER
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.runtime.grid import layer_geometry

POROSITY, WATER = 0.4, 0.2


def uniform_ground(thickness, temperature, conductivity, capacity, zbot=None) -> Blocks:
    """One column of constant thermal properties, insulated at the bottom, its surface temperature in ``yy``.

    Parameters
    ----------
    thickness : (nz,) array
    temperature : (nz,) array or float
        Initial temperature, above freezing [K].
    conductivity, capacity : float
        [W m-1 K-1], [J m-3 K-1]
    zbot : float, optional
        Depth of the lower boundary; only geometry, since the last layer does not conduct.
    """
    thickness = np.asarray(thickness, np.float64)
    blocks = Blocks(1, len(thickness))
    blocks.set(layer_geometry(thickness, zbot or 2.0 * thickness.sum()))
    conductivities = np.full(len(thickness), conductivity)
    conductivities[-1] = 0.0
    held = WATER * HEAT_WATER + (POROSITY - WATER) * HEAT_AIR
    blocks.set(
        {
            "temperature": temperature,
            "water": WATER,
            "liquid": WATER,
            "porosity": POROSITY,
            "solid_heat": capacity - held,
            "fixed_conductivity": conductivities,
            "log_freezing": 0.0,
            "freezing_b": 1.0,
            "conductivity_top": conductivity,
            "zz1": 1.0,
            "tbot": 285.0,
        }
    )
    return blocks


def nodes(thickness) -> np.ndarray:
    """Depths of the layers' mid-points [m]."""
    return np.cumsum(thickness) - 0.5 * np.asarray(thickness)

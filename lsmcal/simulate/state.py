"""States of columns: initial profiles, saving and loading, other porosities and other layers.

A state is a mapping from the names of the column's state variables to (columns,) and (columns, nz) arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lsmcal.noah.physics.freezing import solve_freezing_curve
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.runtime.grid import bottom_depths
from lsmcal.noah.runtime.state import NAMES

COLUMN_NAMES, LAYER_NAMES = NAMES["column_state"], NAMES["layer_state"]


@dataclass(frozen=True)
class InitialProfile:
    """Start of a column.

    Parameters
    ----------
    temperature : (nz,) array, optional
        Soil temperature [K]; None: linear from ``surface_mean`` at the surface to TBOT at its depth.
    water : (nz,) array, optional
        Total water [m3 m-3]; None: ``saturation`` times porosity.
    liquid : (nz,) array, optional
        Liquid water [m3 m-3]; None: on the freezing curve.
    surface_mean : float, optional
        Mean annual surface temperature [K] of the linear profile.
    saturation : float
        Total water over porosity where ``water`` is not given.
    skin_temperature : float, optional
        [K]; None: the first air temperature.
    canopy_water, snow_water, snow_depth : float
        [m].
    """

    temperature: np.ndarray | None = None
    water: np.ndarray | None = None
    liquid: np.ndarray | None = None
    surface_mean: float | None = None
    saturation: float = 0.5
    skin_temperature: float | None = None
    canopy_water: float = 0.0
    snow_water: float = 0.0
    snow_depth: float = 0.0


def save_state(blocks: Blocks) -> dict[str, np.ndarray]:
    """The state of all columns."""
    return blocks.get(COLUMN_NAMES, LAYER_NAMES)


def load_state(blocks: Blocks, state: Mapping[str, np.ndarray]) -> None:
    """Set the state of all columns; one saved column serves all."""
    blocks.set({name: state[name] for name in (*COLUMN_NAMES, *LAYER_NAMES)})


def fit_to_porosity(blocks: Blocks) -> None:
    """Bring a state from another parameter set within the porosity of this one."""
    water = np.minimum(blocks.layer_field("water"), blocks.layer_field("porosity"))
    blocks.set({"water": water, "liquid": np.minimum(blocks.layer_field("liquid"), water)})


def freezing_curve_liquid(blocks: Blocks) -> np.ndarray:
    """Liquid water on the freezing curve at the present temperature and total water, (columns, nz) [m3 m-3]."""
    scratch = blocks.copy()
    scratch.set({"mean_temperature": blocks.layer_field("temperature"), "liquid": blocks.layer_field("water")})
    for layers in scratch.layer:
        for k in range(scratch.layers):
            solve_freezing_curve(layers[k], True)
    return scratch.layer_field("free_liquid")


def regrid(values: np.ndarray, from_thickness, to_thickness) -> np.ndarray:
    """Values of layers, conserved by depth, on other layers; below the source its last value goes on.

    Parameters
    ----------
    values : (n,) array
        Values of the source layers.
    from_thickness, to_thickness : arrays
        Layer thicknesses [m].
    """
    source = np.concatenate([[0.0], bottom_depths(from_thickness)])
    target = np.concatenate([[0.0], bottom_depths(to_thickness)])
    integral = np.concatenate([[0.0], np.cumsum(np.asarray(values) * np.asarray(from_thickness))])
    beyond = np.maximum(target - source[-1], 0.0) * values[-1]
    return np.diff(np.interp(target, source, integral) + beyond) / np.diff(target)

"""Initial and saved states of columns.

A state is a mapping from the names of the column's state variables to (columns,) and (columns, nz) arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lsmcal.noah.physics.freezing import solve_freezing_curve
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.runtime.grid import bottom_depths
from lsmcal.noah.runtime.state import NAMES
from lsmcal.simulate.column_setup import ColumnSetup

COLUMN_NAMES, LAYER_NAMES = NAMES["column_state"], NAMES["layer_state"]
#: First values of what only the surface scheme remembers (the reference driver's).
_FIRST_EXCHANGE, _FIRST_EMISSIVITY = 1e-4, 0.96
#: Depth to which the linear profile runs to TBOT [m] is that of TBOT itself.


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


def linear_profile(setup: ColumnSetup, surface_mean, tbot) -> np.ndarray:
    """Temperature linear from the mean at the surface to TBOT at its depth, (columns, nz) [K]. PHYSICS 8.3."""
    surface = np.asarray(surface_mean, np.float64).reshape(-1, 1)
    bottom = np.asarray(tbot, np.float64).reshape(-1, 1)
    return surface + (bottom - surface) * setup.depth / float(np.asarray(setup.around.zbot))


def initialise(blocks: Blocks, setup: ColumnSetup, profile: InitialProfile, first_air: float, humidity: float) -> None:
    """Set the state of all columns to the start of a run.

    Parameters
    ----------
    blocks : Blocks
        With parameters filled in.
    setup : ColumnSetup
    profile : InitialProfile
    first_air, humidity : float
        Air temperature [K] and humidity [kg kg-1] of the first step.
    """
    surface = first_air if profile.surface_mean is None else profile.surface_mean
    temperature = profile.temperature
    if temperature is None:
        temperature = linear_profile(setup, np.full(blocks.columns, surface), blocks.column_field("tbot"))
    porosity = blocks.layer_field("porosity")
    water = profile.saturation * porosity if profile.water is None else np.broadcast_to(profile.water, porosity.shape)
    water = np.clip(water, 0.02, porosity)
    albedo, rough = blocks.column_field("albedo_max"), blocks.column_field("z0_min")
    skin = first_air if profile.skin_temperature is None else profile.skin_temperature
    blocks.set(
        {
            "temperature": np.broadcast_to(temperature, porosity.shape),
            "water": water,
            "liquid": water,
            "skin_temperature": skin,
            "canopy_water": profile.canopy_water,
            "snow_water": profile.snow_water,
            "snow_depth": profile.snow_depth,
            "exchange_heat": _FIRST_EXCHANGE,
            "exchange_momentum": _FIRST_EXCHANGE,
            "albedo": albedo,
            "emissivity": _FIRST_EMISSIVITY,
            "roughness": rough,
            "roughness_background": rough,
            "snow_age": 0.0,
            "richardson": 0.0,
            "surface_humidity": humidity,
        }
    )
    if profile.liquid is None:
        blocks.set({"liquid": freezing_curve_liquid(blocks)})
    else:
        blocks.set({"liquid": np.minimum(np.broadcast_to(profile.liquid, porosity.shape), water)})


def refine_linear_profile(
    blocks: Blocks, setup: ColumnSetup, mean_air, mean_skin: Callable[[Blocks], np.ndarray]
) -> None:
    """Start from the linear profile of the mean surface temperature of a trial run. PHYSICS 8.3.

    Parameters
    ----------
    blocks : Blocks
        After :func:`initialise`.
    setup : ColumnSetup
        Or anything with its ``depth`` and ``around``.
    mean_air : float or (columns,) array
        Mean air temperature of the trial, which the trial itself starts from [K].
    mean_skin : callable
        Runs the trial with a copy of the blocks and returns the mean surface temperature, (columns,) [K].
    """
    tbot = blocks.column_field("tbot")
    blocks.set({"temperature": linear_profile(setup, np.full(blocks.columns, mean_air), tbot)})
    blocks.set({"liquid": freezing_curve_liquid(blocks)})
    surface = mean_skin(blocks.copy())
    blocks.set({"temperature": linear_profile(setup, surface, tbot), "liquid": blocks.layer_field("water")})
    blocks.set({"liquid": freezing_curve_liquid(blocks)})


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

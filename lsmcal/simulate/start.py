"""Where columns begin: a state from elsewhere, or an initial profile."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.statistics import Series
from lsmcal.simulate.advance import advance
from lsmcal.simulate.columns import Columns, Ground, Stretch
from lsmcal.simulate.state import InitialProfile, fit_to_porosity, freezing_curve_liquid, load_state

#: First values of what only the surface scheme remembers (the reference driver's).
_FIRST_EXCHANGE, _FIRST_EMISSIVITY = 1e-4, 0.96


def start(columns: Columns, cycle: Stretch, state: Mapping[str, np.ndarray] | None = None) -> None:
    """Set the state of all columns to where the spin-up begins.

    A linear profile whose surface temperature the case does not give runs from the mean surface temperature of a
    trial cycle to TBOT at its depth.

    Parameters
    ----------
    columns : Columns
        With parameters filled in.
    cycle : Stretch
        Of the spin-up.
    state : mapping of str to array, optional
        Warm start instead of the initial profile, fitted to the porosity of each column: a row for each, or one for
        all.

    Raises
    ------
    RunFailed
        When a column goes non-finite in the trial cycle.
    """
    if state is not None:
        load_state(columns.blocks, state)
        fit_to_porosity(columns.blocks)
        return
    profile = columns.ground.profile
    initialise(columns.blocks, columns.ground, profile, *first_air(columns, cycle))
    if profile.temperature is None and profile.surface_mean is None:
        _refine_linear_profile(columns, cycle)


def first_air(columns: Columns, stretch: Stretch) -> tuple[np.ndarray, np.ndarray]:
    """Air temperature [K] and humidity [kg kg-1] of the first step of each column."""
    first = stretch.drivers.forcing[:, 0]
    return _by_column(first[:, 0], len(columns)), _by_column(first[:, 1], len(columns))


def _by_column(values: np.ndarray, count: int) -> np.ndarray:
    """(blocks, LANES), or (1, 1) for all columns, as (count,) float64."""
    flat = np.asarray(values, np.float64).reshape(-1)
    return np.full(count, flat[0]) if flat.size == 1 else flat[:count]


def linear_profile(ground: Ground, surface_mean, tbot) -> np.ndarray:
    """Temperature linear from the mean at the surface to TBOT at its depth, (columns, nz) [K]."""
    surface = np.asarray(surface_mean, np.float64).reshape(-1, 1)
    bottom = np.asarray(tbot, np.float64).reshape(-1, 1)
    return surface + (bottom - surface) * ground.depth / float(np.asarray(ground.around.zbot))


def initialise(blocks: Blocks, ground: Ground, profile: InitialProfile, air, humidity) -> None:
    """Set the state of all columns to an initial profile.

    Parameters
    ----------
    blocks : Blocks
        With parameters filled in.
    ground : Ground
        Or anything with its ``depth`` and ``around``.
    profile : InitialProfile
    air, humidity : float or (columns,) array
        Air temperature [K] and humidity [kg kg-1] of the first step.
    """
    surface = air if profile.surface_mean is None else profile.surface_mean
    temperature = profile.temperature
    if temperature is None:
        temperature = linear_profile(ground, np.full(blocks.columns, surface), blocks.column_field("tbot"))
    porosity = blocks.layer_field("porosity")
    water = profile.saturation * porosity if profile.water is None else np.broadcast_to(profile.water, porosity.shape)
    water = np.clip(water, 0.02, porosity)
    albedo, rough = blocks.column_field("albedo_max"), blocks.column_field("z0_min")
    skin = air if profile.skin_temperature is None else profile.skin_temperature
    first: dict[str, np.ndarray | float] = {
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
    blocks.set({name: np.asarray(value) for name, value in first.items()})
    if profile.liquid is None:
        blocks.set({"liquid": freezing_curve_liquid(blocks)})
    else:
        blocks.set({"liquid": np.minimum(np.broadcast_to(profile.liquid, porosity.shape), water)})


def _refine_linear_profile(columns: Columns, cycle: Stretch) -> None:
    """Start from the linear profile of the mean surface temperature of a trial cycle, which starts from that of air."""
    blocks, ground = columns.blocks, columns.ground
    mean_air = _by_column(cycle.drivers.forcing[:, :, 0].mean(axis=1, dtype=np.float64), len(columns))
    tbot = blocks.column_field("tbot")
    blocks.set({"temperature": linear_profile(ground, mean_air, tbot)})
    blocks.set({"liquid": freezing_curve_liquid(blocks)})
    surface = _mean_skin(columns.copy(), cycle)
    blocks.set({"temperature": linear_profile(ground, surface, tbot), "liquid": blocks.layer_field("water")})
    blocks.set({"liquid": freezing_curve_liquid(blocks)})


def _mean_skin(trial: Columns, cycle: Stretch) -> np.ndarray:
    """Mean surface temperature of columns over a cycle, (columns,) [K]."""
    skin = Series(trial.blocks, np.zeros(len(cycle), int), column=("skin_temperature",))
    advance(trial, cycle, series=skin, steps_at_once=trial.ground.steps_at_once)
    return skin.column_mean("skin_temperature")[:, 0]

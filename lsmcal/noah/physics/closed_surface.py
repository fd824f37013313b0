"""The energy balance of the surface, closed: what ``surface_energy = "closed"`` changes.

The reference takes outgoing longwave radiation linear around air temperature, drops heat that is left when the last
snow has melted, and gives the heat equation another flux than the one that leaves the snow. Here the surface
temperature solves the balance with its fourth power, in Newton steps; the heat equation takes the flux of the balance.
Derivation: docs/model.md, "Surface energy that is closed".
"""

from __future__ import annotations

from lsmcal.noah.physics.constants import CP_AIR, CP_AIR_PENMAN, CP_WATER, L_VAPOUR, SIGMA, T0
from lsmcal.noah.physics.heat import layer_conductivity, soil_heat_capacity
from lsmcal.noah.runtime.jit import LANES, formula, kernel

#: As ``zz1`` it makes the flux into the soil a given one, which no temperature changes; a power of 2.
GIVEN_FLUX = 2.0**100
#: Ground below this does not follow the surface within a step [m]; heat goes 0.25 m in a day.
DEEP = 0.5


@formula
def fourth_power(x):
    squared = x * x
    return squared * squared


@formula
def _newton(temperature, gain, exchange, emissivity, conductance, below):
    """One Newton step for the root of ``gain - exchange s - emissivity sigma s**4 - conductance (s - below)``."""
    emitted = emissivity * SIGMA * fourth_power(temperature)
    left = gain - exchange * temperature - emitted - conductance * (temperature - below)
    return temperature + left / (exchange + 4.0 * emitted / temperature + conductance)


@formula
def balanced_temperature(first, gain, exchange, emissivity, conductance, below):
    """Surface temperature [K] that closes the energy balance.

    Parameters
    ----------
    first : float
        First guess [K]. The balance is concave, so Newton steps converge from anywhere; from 30 K away three leave
        less than 1e-6 K.
    gain : float
        Heat that does not depend on the surface temperature [W m-2].
    exchange : float
        Heat given to the air for each kelvin [W m-2 K-1].
    emissivity : float
    conductance : float
        Heat given to the ground for each kelvin [W m-2 K-1].
    below : float
        Temperature of the ground [K].
    """
    second = _newton(first, gain, exchange, emissivity, conductance, below)
    third = _newton(second, gain, exchange, emissivity, conductance, below)
    return _newton(third, gain, exchange, emissivity, conductance, below)


@formula
def _through(conductance, ground):
    """Conductance [W m-2 K-1] of a path and, behind it, of ground that follows."""
    return conductance * ground / (ground + conductance)


@kernel
def _deep(layers):
    """The first layer, but not the uppermost, that begins below :data:`DEEP`; else the last."""
    depth = 0.0
    for k in range(layers.shape[0] - 1):
        if k > 0 and depth >= DEEP:
            return k
        depth += layers[k].thickness[0]
    return layers.shape[0] - 1


@kernel
def ground_that_follows(layers, column, dt):
    """How the ground answers to the temperature above it within the step, without phase change.

    Sets ``ground_conductance`` C + D of the first layer, of its storage and the conductance into what lies below, and
    ``ground_temperature``, which it would take without heat from above. Through a path of conductance G the surface
    gives it ``G (C + D) / (C + D + G)`` times the difference. This is the elimination of the heat equation upward,
    from a layer too deep to follow.
    """
    deep = _deep(layers)
    for k in range(deep - 1, -1, -1):
        layer, below = layers[k], layers[k + 1]
        if k > 0:
            layer_conductivity(layer)
        for j in range(LANES):
            conductance = (layer.conductivity[j] if k > 0 else column.conductivity_top[j]) / layer.spacing[j]
            fixed = k + 1 == deep
            downward = conductance if fixed else _through(conductance, column.ground_conductance[j])
            lower = below.temperature[j] if fixed else column.ground_temperature[j]
            capacity = soil_heat_capacity(layer.water[j], layer.liquid[j], layer.porosity[j], layer.solid_heat[j])
            storage = capacity * layer.thickness[j] / dt
            column.ground_conductance[j] = storage + downward
            column.ground_temperature[j] = (storage * layer.temperature[j] + downward * lower) / (storage + downward)


@kernel
def guess_ground_heat(layers, column):
    """The ground heat that potential evaporation reckons with, ``ground_heat``: into ground that follows.

    From the old temperature of a thin first layer it would be thousands of W m-2.
    """
    top = layers[0]
    for j in range(LANES):
        half = 0.5 * top.thickness[j]
        path = column.snow_depth[j] + half if column.snowpack[j] > 0.5 else half
        followed = _through(column.conductivity_top[j] / path, column.ground_conductance[j])
        column.ground_heat[j] = followed * (column.skin_temperature[j] - column.ground_temperature[j])


@kernel
def one_heat_capacity(column):
    """From here on air has the heat capacity of the sensible heat flux; that of the potential evaporation differs."""
    for j in range(LANES):
        column.rch[j] *= CP_AIR / CP_AIR_PENMAN


@kernel
def close_snow_free(layers, column):
    """Boundary ``yy`` and ``zz1`` of the heat equation where no snow lies, linear around the balanced temperature.

    ``yy`` is the surface temperature if no heat went into the ground. The balance foresees how the first layer follows;
    the heat equation then finds its temperature.
    """
    top = layers[0]
    for j in range(LANES):
        free = column.snowpack[j] < 0.5
        soil = top.temperature[j]
        potential = column.potential_evaporation[j]
        actual = column.soil_evaporation[j] + column.canopy_evaporation[j] + column.transpiration[j]
        latent = (actual * 1000.0 if potential > 0.0 else potential) * L_VAPOUR
        rain = CP_WATER * column.precipitation[j]
        gain = column.absorbed[j] + column.rch[j] * column.potential_temperature[j]
        gain += rain * column.air_temperature[j] - latent
        exchange = column.rch[j] + rain
        emissivity = column.emissivity[j]
        conductance = column.conductivity_top[j] / (0.5 * top.thickness[j])
        first = (column.yy[j] + (column.zz1[j] - 1.0) * soil) / column.zz1[j]
        followed, below = _through(conductance, column.ground_conductance[j]), column.ground_temperature[j]
        skin = balanced_temperature(first, gain, exchange, emissivity, followed, below)
        emitted = emissivity * SIGMA * fourth_power(skin)
        slope = exchange + 4.0 * emitted / skin
        column.yy[j] = (gain + 3.0 * emitted) / slope if free else column.yy[j]
        column.zz1[j] = 1.0 + conductance / slope if free else column.zz1[j]


@kernel
def balance_trial(column):
    """Iterate ``surface_trial`` over snow, with ground that follows: ``path_below`` and ``temperature_below``.

    Melt is decided before the heat equation, so the flux into the soil is given beforehand there. Such a flux cannot
    carry the ground beyond the temperature of the surface.
    """
    for j in range(LANES):
        conductivity = column.conductivity_top[j]
        conductance = conductivity / column.path_below[j]
        gain = column.absorbed[j] - column.other_heat[j] + column.rch[j] * column.potential_temperature[j]
        followed, below = _through(conductance, column.ground_conductance[j]), column.ground_temperature[j]
        first, rch, emissivity = column.surface_trial[j], column.rch[j], column.emissivity[j]
        column.surface_trial[j] = balanced_temperature(first, gain, rch, emissivity, followed, below)
        column.path_below[j] = conductivity / followed
        column.temperature_below[j] = below


@kernel
def close_over_snow(layers, column):
    """Boundary of the heat equation under snow: that of the surface, or where snow melts the flux itself.

    Heat that is left when all snow has melted warms the surface.
    """
    top = layers[0]
    for j in range(LANES):
        lies = column.snowpack[j] > 0.5
        melting = column.surface_trial[j] > T0
        half = 0.5 * top.thickness[j]
        conductivity, below = column.conductivity_top[j], column.temperature_below[j]
        path = column.snow_depth[j] + half
        conductance, emissivity, rch = conductivity / path, column.emissivity[j], column.rch[j]
        followed = conductivity / column.path_below[j]
        gain = column.absorbed[j] - column.other_heat[j] + rch * column.potential_temperature[j] - column.melt_heat[j]
        skin = balanced_temperature(column.skin_temperature[j], gain, rch, emissivity, followed, below)
        ground = followed * (skin - below)
        emitted = emissivity * SIGMA * fourth_power(skin)
        slope = rch + 4.0 * emitted / skin
        free = (gain + 3.0 * emitted) / slope
        ratio = (1.0 + conductance / slope) * path / half
        given = top.temperature[j] + ground * half / conductivity * GIVEN_FLUX
        column.skin_temperature[j] = skin if lies else column.skin_temperature[j]
        column.ground_heat[j] = ground if lies else column.ground_heat[j]
        column.yy[j] = (given if melting else free) if lies else column.yy[j]
        column.zz1[j] = (GIVEN_FLUX if melting else ratio) if lies else column.zz1[j]


@kernel
def close_after_heat(layers, column, weight):
    """Surface temperature and ground heat after the heat step, of the temperature that the heat equation works with.

    With a weight of the new state below 1 that is the weighted mean, so that ground heat is what the soil took up.
    Under snow ``yy`` becomes the temperature of its base, for the compaction.
    """
    top = layers[0]
    for j in range(LANES):
        lies = column.snowpack[j] > 0.5
        half = 0.5 * top.thickness[j]
        path = column.snow_depth[j] + half if lies else half
        conductivity = column.conductivity_top[j]
        soil = top.temperature[j] - (1.0 - weight) * top.change[j]
        given = column.zz1[j] == GIVEN_FLUX
        base = soil + (column.yy[j] - soil) / column.zz1[j]
        skin = soil + (base - soil) * path / half
        base = soil + column.ground_heat[j] * half / conductivity if given else base
        skin = column.skin_temperature[j] if given else skin
        rain_heat = CP_WATER * column.precipitation[j] * (skin - column.air_temperature[j])
        column.skin_temperature[j] = skin
        column.ground_heat[j] = column.ground_heat[j] if given else conductivity * (skin - soil) / path
        column.precipitation_heat[j] = column.precipitation_heat[j] if lies else rain_heat
        column.yy[j] = base if lies else column.yy[j]
        column.zz1[j] = 1.0 if lies else column.zz1[j]


@kernel
def latent_heat_over_snow(column):
    """Latent heat as it stands in the balance: that of frost is not taken anew when the last snow has melted."""
    for j in range(LANES):
        lies = column.snowpack[j] > 0.5
        column.latent_heat[j] = column.evaporation_heat[j] if lies else column.latent_heat[j]

"""What a run of one column gives: series, yearly statistics, ledger, and its end state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.statistics import ANNUAL_LAYER, Annual, Series
from lsmcal.permafrost.profiles import at_depths

_WATER = 1000.0  # kg m-3: metres of water to kg m-2


class Output(NamedTuple):
    """One output variable: the kernel's field it comes from, a factor, its unit and CF names."""

    field: str
    factor: float
    unit: str
    long_name: str
    standard_name: str = ""


#: Profiles, by layer.
PROFILES = {
    "soil_temperature": Output("temperature", 1.0, "K", "soil temperature", "soil_temperature"),
    "soil_water": Output("water", 1.0, "m3 m-3", "total water, liquid and ice", ""),
    "soil_liquid": Output("liquid", 1.0, "m3 m-3", "liquid water", ""),
}
#: Surface variables; fluxes of heat are positive upward except ground heat, which is positive into the ground.
SURFACE = {
    "skin_temperature": Output("skin_temperature", 1.0, "K", "surface temperature", "surface_temperature"),
    "air_temperature": Output("air_temperature", 1.0, "K", "air temperature", "air_temperature"),
    "snow_water": Output("snow_water", 1.0, "m", "snow water equivalent", "lwe_thickness_of_surface_snow_amount"),
    "snow_depth": Output("snow_depth", 1.0, "m", "snow depth", "surface_snow_thickness"),
    "snow_cover": Output("snow_cover", 1.0, "1", "snow cover fraction", "surface_snow_area_fraction"),
    "albedo": Output("albedo", 1.0, "1", "surface albedo", "surface_albedo"),
    "canopy_water": Output("canopy_water", 1.0, "m", "water on the canopy"),
    "absorbed_radiation": Output("absorbed", 1.0, "W m-2", "absorbed shortwave and longwave radiation"),
    "sensible_heat": Output("sensible_heat", 1.0, "W m-2", "sensible heat flux", "surface_upward_sensible_heat_flux"),
    "latent_heat": Output("latent_heat", 1.0, "W m-2", "latent heat flux", "surface_upward_latent_heat_flux"),
    "ground_heat": Output("ground_heat", 1.0, "W m-2", "ground heat flux", "downward_heat_flux_in_soil"),
    "precipitation": Output("precipitation", 1.0, "kg m-2 s-1", "precipitation", "precipitation_flux"),
    "evaporation": Output("evaporation", 1.0, "kg m-2 s-1", "evaporation", "water_evapotranspiration_flux"),
    "transpiration": Output("transpiration", _WATER, "kg m-2 s-1", "transpiration", "transpiration_flux"),
    "soil_evaporation": Output("soil_evaporation", _WATER, "kg m-2 s-1", "direct evaporation from soil"),
    "canopy_evaporation": Output("canopy_evaporation", _WATER, "kg m-2 s-1", "evaporation from the canopy"),
    "snow_evaporation": Output("snow_evaporation", 1.0, "kg m-2 s-1", "sublimation of snow"),
    "surface_runoff": Output("surface_runoff", _WATER, "kg m-2 s-1", "surface runoff", "surface_runoff_flux"),
    "drainage": Output("drainage", _WATER, "kg m-2 s-1", "drainage from the bottom layer"),
    "exchange_heat": Output("exchange_heat", 1.0, "m s-1", "exchange coefficient for heat"),
}
#: Closure of the budgets, yearly mean and largest magnitude in a step.
LEDGER = {
    "energy_surface": Output("energy_surface", 1.0, "W m-2", "residual of the linearised surface balance"),
    "energy_interface": Output("energy_interface", 1.0, "W m-2", "ground heat flux minus heat uptake of the soil"),
    "energy_soil": Output("energy_soil", 1.0, "W m-2", "residual of the soil's heat budget"),
    "water_known": Output(
        "water_known", 1.0, "kg m-2 s-1", "water created or lost by known leaks of the reference scheme"
    ),
    "water_residual": Output("water_residual", 1.0, "kg m-2 s-1", "residual of the water budget"),
}
#: Yearly sums of water [kg m-2 per year].
ANNUAL_SUMS = {"precipitation": "precipitation", "evaporation": "evaporation"}
#: Yearly sums of what the budgets do not account for: the field, and a factor to kg m-2 or MJ m-2.
ANNUAL_LEAKS = {
    "water_created": ("water_gained", 1.0),
    "water_lost": ("water_dropped", 1.0),
    "ice_lost_heat": ("ice_unheated", 1e-6),
    "surface_residual": ("energy_surface", 1e-6),
    "interface_residual": ("energy_interface", 1e-6),
}
#: Yearly means [K].
ANNUAL_MEANS = {"air_temperature_mean": "air_temperature", "surface_temperature_mean": "skin_temperature"}


@dataclass
class Run:
    """One column's run.

    Parameters
    ----------
    time : (n,) datetime64[s]
        Start of each record, on the clock of the forcing's source.
    step : float
        Length of a record [s].
    depth, thickness : (nz,) arrays
        Node depths and layer thicknesses [m].
    variables : dict
        Name to (n,) or (n, nz) array; see :data:`PROFILES` and :data:`SURFACE`.
    years : (m,) array of int
    annual : dict
        Name to (m,) or (m, nz) array.
    ledger : dict
        Name to ``{"mean": (m,), "largest": (m,)}``.
    state : dict
        State at the end, to start another run from.
    attributes : dict
        What is known of forcing, spin-up and parameters.
    """

    time: np.ndarray
    step: float
    depth: np.ndarray
    thickness: np.ndarray
    variables: dict[str, np.ndarray]
    years: np.ndarray
    annual: dict[str, np.ndarray]
    ledger: dict[str, dict[str, np.ndarray]]
    state: dict[str, np.ndarray] = field(default_factory=dict)
    attributes: dict[str, object] = field(default_factory=dict)

    @property
    def units(self) -> dict[str, str]:
        """Unit of every variable."""
        return {name: output.unit for name, output in (PROFILES | SURFACE).items() if name in self.variables}

    def at_depth(self, depth, name: str = "soil_temperature") -> np.ndarray:
        """A profile at given depths, (n, len(depth)): linear between nodes; the first and last node hold beyond."""
        return at_depths(self.variables[name], self.depth, depth)


@dataclass(frozen=True)
class Results:
    """What was recorded of some columns, under the names and in the units of the output; runs are views of it.

    Parameters
    ----------
    variables : dict
        Name to (columns, records) or (columns, records, nz) array; empty without a series.
    annual : dict
        Name to (columns, years) or (columns, years, nz) array.
    ledger : dict
        Name to ``{"mean": (columns, years), "largest": (columns, years)}``.
    """

    variables: dict[str, np.ndarray]
    annual: dict[str, np.ndarray]
    ledger: dict[str, dict[str, np.ndarray]]

    def of_column(self, column: int) -> dict[str, dict]:
        """One column's ``variables``, ``annual`` and ``ledger``, as :class:`Run` has them."""
        return {
            "variables": {name: values[column] for name, values in self.variables.items()},
            "annual": {name: values[column] for name, values in self.annual.items()},
            "ledger": {
                name: {kind: values[column] for kind, values in both.items()} for name, both in self.ledger.items()
            },
        }

    def of_year(self, year: int) -> dict[str, np.ndarray]:
        """One year's statistics, (columns,) or (columns, nz), single precision; the ledger's begin with ``ledger_``."""
        found = dict(self.annual)
        for name, both in self.ledger.items():
            found |= {f"ledger_{name}": both["mean"], f"ledger_{name}_largest": both["largest"]}
        return {name: values[:, year].astype(np.float32) for name, values in found.items()}

    def series_of(self, index: np.ndarray) -> dict[str, np.ndarray]:
        """Series of some columns, single precision."""
        return {name: self.variables[name][index].astype(np.float32) for name in (*SURFACE, *PROFILES)}


def series_of_all(blocks: Blocks, row: np.ndarray) -> Series:
    """A record of every output variable; ``row`` as of :class:`lsmcal.noah.integrate.Series`."""
    surface, profiles = ([output.field for output in outputs.values()] for outputs in (SURFACE, PROFILES))
    return Series(blocks, row, column=surface, layer=profiles)


def results_of(annual: Annual, step: float, series: Series | None = None) -> Results:
    """What was recorded, under the names of the output.

    Parameters
    ----------
    annual : Annual
        With the column fields :data:`ANNUAL_FIELDS`.
    step : float
        Forcing step [s].
    series : Series, optional
        Of :func:`series_of_all`.
    """
    variables = {}
    if series is not None:
        variables = {name: series.layer_mean(output.field) * output.factor for name, output in PROFILES.items()}
        variables |= {name: series.column_mean(output.field) * output.factor for name, output in SURFACE.items()}
    return Results(
        variables=variables,
        annual={name: annual.layer_value(name) for name in ANNUAL_LAYER} | annual_sums(annual, step),
        ledger={name: {"mean": annual.column_mean(name), "largest": annual.column_worst(name)} for name in LEDGER},
    )


def annual_sums(annual: Annual, step: float) -> dict[str, np.ndarray]:
    """Yearly water [kg m-2], leaks, greatest snow depth [m], mean temperature of air and surface [K] of every column.

    Each (columns, years); ``step`` in seconds.
    """
    seconds = annual.counts * step
    sums = {name: annual.column_mean(field) * seconds for name, field in ANNUAL_SUMS.items()}
    runoff = annual.column_mean("surface_runoff") + annual.column_mean("drainage")
    sums["runoff"] = runoff * _WATER * seconds
    sums["snow_depth_max"] = annual.column_worst("snow_depth")
    sums["temperature_excess"] = annual.column_worst("temperature_excess")
    sums |= {name: annual.column_mean(field) * factor * seconds for name, (field, factor) in ANNUAL_LEAKS.items()}
    return sums | {name: annual.column_mean(field) for name, field in ANNUAL_MEANS.items()}


#: Column fields the yearly statistics need.
_OTHERS = ("surface_runoff", "drainage", "snow_depth", "temperature_excess")
_LEAKS = [field for field, _ in ANNUAL_LEAKS.values()]
ANNUAL_FIELDS = tuple(dict.fromkeys([*ANNUAL_SUMS.values(), *ANNUAL_MEANS.values(), *_OTHERS, *LEDGER, *_LEAKS]))

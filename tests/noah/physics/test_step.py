"""The budgets of energy and water of a year with frost, snow, rain and melt, for each preset."""

from types import SimpleNamespace

import numpy as np
import pytest

from lsmcal.inputs.station.forcing import FORCING_VARIABLES
from lsmcal.inputs.synthetic.station_generator import Climate, generate
from lsmcal.noah.integrate import Drivers, integrate
from lsmcal.noah.parameters.options import PRESET_TABLES, preset
from lsmcal.noah.parameters.parameters import Surroundings, column_parameters
from lsmcal.noah.parameters.tables import load_tables
from lsmcal.noah.physics.constants import L_FUSION, RHO_WATER, SIGMA
from lsmcal.noah.physics.step import ledger
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.runtime.grid import PAPER_THICKNESS
from lsmcal.noah.statistics import Series
from tests.noah.physics.test_water import bare_column

STEP, COLUMNS = 10800.0, 12
FIELDS = (
    "energy_soil",
    "energy_surface",
    "energy_interface",
    "water_residual",
    "water_known",
    "water_created",
    "snow_lost",
    "ice_lost_heat",
    "heat_into_soil",
    "heat_at_bottom",
    "ground_heat",
    "precipitation",
    "evaporation",
    "surface_runoff",
    "drainage",
    "overflow",
    "snowpack",
    "snow_water",
    "melt_heat",
    "melt",
    "absorbed",
    "emissivity",
    "skin_temperature",
    "air_temperature",
    "potential_temperature",
    "rr",
    "rch",
    "sensible_heat",
    "precipitation_heat",
)


def weather():
    climate = Climate(mean_temperature=270.5, precipitation=900.0, summer_share=0.3, annual_range=24.0)
    forcing = generate(climate, (2001, 2001), seed=5)
    rows = np.stack([forcing.values[name] for name in FORCING_VARIABLES], axis=1)
    phenology = np.array([0.4, -1.0, -1.0]).reshape(1, 1, 3, 1)
    return Drivers(rows[None, :, :, None], phenology, np.zeros(len(rows), np.int64), STEP)


def columns(name, choices):
    """Columns of several soils and plants, at 271 K and half saturated with a little liquid water."""
    tables = load_tables(PRESET_TABLES[name]["soil"], "usgs", PRESET_TABLES[name]["general"])
    index = np.arange(COLUMNS)
    layers = len(PAPER_THICKNESS)
    soil = 1 + (index[:, None] + np.arange(layers) // 6) % 12
    around = Surroundings(tbot=270.0 + 0.3 * index, dense=index % 2 == 0)
    fields = column_parameters(tables, PAPER_THICKNESS, soil, np.where(index % 3, 7, 19), around, choices)
    blocks = Blocks(COLUMNS, layers)
    blocks.set(fields)
    water = 0.6 * fields["porosity"]
    blocks.set({"temperature": 271.0, "water": water, "liquid": 0.4 * water, "skin_temperature": 271.0})
    blocks.set({"exchange_heat": 1e-4, "exchange_momentum": 1e-4, "albedo": 0.2, "emissivity": 0.96})
    blocks.set({"roughness": 0.05, "roughness_background": 0.05, "surface_humidity": 2e-3})
    # too thin to be kept by the released form
    blocks.set({"snow_water": np.where(index == 0, 8e-8, 0.0), "snow_depth": np.where(index == 0, 4e-7, 0.0)})
    return blocks


@pytest.fixture(scope="module", params=["original", "noahtibet", "ji2026"])
def year(request):
    """The year's terms by name as (columns, steps), the blocks before and after."""
    choices = preset(request.param)
    blocks, drivers = columns(request.param, choices), weather()
    before = blocks.copy()
    series = Series(blocks, np.arange(len(drivers)), column=FIELDS)
    integrate(blocks, drivers, choices.kernel_options(), series=series)
    terms = {name: series.column_mean(name) for name in FIELDS}
    return SimpleNamespace(name=request.param, before=before, after=blocks, **terms)


def test_the_year_has_everything(year):
    assert (year.melt > 0.0).any() and (year.surface_runoff > 0.0).any() and (year.drainage > 0.0).any()
    assert 0.05 < (year.snowpack > 0.5).mean() < 0.95
    temperature = year.after.layer_field("temperature")
    assert (temperature < 273.0).any() and np.isfinite(temperature).all()


def test_heat_of_the_soil_closes(year):
    scale = np.abs(year.heat_into_soil).max()
    assert np.abs(year.energy_soil).max() <= 1e-10 * scale


def test_water_closes_step_by_step(year):
    assert np.abs(year.water_residual).max() <= 1e-10 * year.precipitation.max()


def storage(blocks):
    """Water in soil, snow and canopy [kg m-2]."""
    soil = (blocks.layer_field("water") * blocks.layer_field("thickness")).sum(axis=1)
    return RHO_WATER * (soil + blocks.column_field("snow_water") + blocks.column_field("canopy_water"))


def test_water_of_the_year_adds_up_without_the_ledger(year):
    runoff = RHO_WATER * ((year.surface_runoff + year.drainage) * STEP + year.overflow)
    leaks = RHO_WATER * (year.water_created - year.snow_lost)
    supply = (year.precipitation - year.evaporation) * STEP
    change = storage(year.after) - storage(year.before)
    np.testing.assert_allclose((supply - runoff + leaks).sum(axis=1), change, atol=1e-10 * 900.0, rtol=0.0)


def test_only_the_reproducing_presets_lose_snow(year):
    if year.name == "ji2026":
        assert (year.snow_lost == 0.0).all()
        np.testing.assert_allclose(year.water_known, year.water_created * RHO_WATER / STEP, atol=1e-20)
    else:
        assert year.snow_lost[0, 0] == pytest.approx(8e-8)


def test_melt_takes_its_heat(year):
    off = np.abs(year.melt_heat - year.melt * RHO_WATER * L_FUSION / STEP)
    assert off.max() <= 1e-9


def test_ground_takes_the_heat_it_is_given_where_no_snow_lies(year):
    """Over snow the flux to the ground is not renewed after the heat step: a known difference."""
    free = year.snowpack < 0.5
    assert np.abs(year.energy_interface[free]).max() < 1e-9
    assert np.abs(year.energy_interface[~free]).max() > 1e-3


def test_surface_residual_is_the_linear_longwave_radiation_where_no_snow_lies(year):
    """And two values of the heat capacity of air (1004.5 and 1004.6); nothing else."""
    skin, air, emissivity = year.skin_temperature, year.air_temperature, year.emissivity
    linear = (year.rr - 1.0) * year.rch * (skin - air) - year.precipitation_heat
    radiation = linear - emissivity * SIGMA * (skin**4 - air**4)
    turbulent = year.rch * (skin - year.potential_temperature) - year.sensible_heat
    free = year.snowpack < 0.5
    explained = radiation + turbulent
    assert np.abs(year.energy_surface - explained)[free].max() < 1e-8
    assert np.abs(year.energy_surface[free]).mean() < 5.0


def test_a_surface_beyond_any_on_earth_is_in_the_ledger():
    blocks = bare_column(PAPER_THICKNESS, 0.2, 0.2, preset("ji2026"))
    column = blocks.column[0]
    for skin, excess in ((418.0, 58.0), (360.0, 0.0), (170.0, 0.0), (169.0, 1.0)):
        column["skin_temperature"] = skin
        ledger(blocks.layer[0], column, 10800.0)
        np.testing.assert_allclose(column["temperature_excess"], excess)

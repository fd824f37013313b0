"""Soil water is conserved in any soil, layers, step and weather; limits and divided steps do what they promise."""

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from lsmcal.noah.integrate import Drivers, IntegrationError, integrate
from lsmcal.noah.parameters.options import CHOICES, PRESET_TABLES, preset
from lsmcal.noah.parameters.parameters import Surroundings, column_parameters
from lsmcal.noah.parameters.tables import load_tables
from lsmcal.noah.physics.constants import RHO_WATER
from lsmcal.noah.physics.water import water_step
from lsmcal.noah.physics.water_limits import PARTS_MAX
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.runtime.grid import PAPER_THICKNESS
from lsmcal.noah.runtime.jit import LANES
from lsmcal.noah.statistics import Series
from tests.noah.physics.test_water import TABLES, bare_column

STEPS = 40
FIELDS = (
    "water_residual",
    "water_known",
    "water_created",
    "ice_lost_heat",
    "snow_lost",
    "precipitation",
    "evaporation",
    "surface_runoff",
    "drainage",
    "overflow",
)
COUNT = 2 * LANES


def weather(random):
    """Hours of rain, drought, frost and heat that change from one step to the next, (blocks, steps, 8, lanes)."""
    shape = (COUNT, STEPS)
    air = np.clip(random.uniform(240, 305, (COUNT, 1)) + random.normal(0, 8, shape), 220, 320)
    pressure = random.uniform(5.5e4, 1.0e5, (COUNT, 1)) * np.ones(shape)
    saturated = 611.2 * np.exp(17.67 * (air - 273.15) / (air - 29.65))
    humidity = np.clip(0.622 * random.uniform(0.05, 1.0, shape) * saturated / pressure, 0.0, 0.05)
    rain = np.where(random.random(shape) < 0.3, random.exponential(5e-4, shape), 0.0)
    rows = [
        air,
        humidity,
        pressure,
        random.uniform(0, 1000, shape),
        random.uniform(150, 420, shape),
        rain,
        random.uniform(0, 20, shape),
        np.full(shape, -1.0),
    ]
    return np.ascontiguousarray(np.stack(rows, axis=2).reshape(-1, LANES, STEPS, 8).transpose(0, 2, 3, 1))


def crowd(name, thickness, random):
    """Columns of random soils in random layers, from bone dry to full, frozen and thawed."""
    tables = load_tables(PRESET_TABLES[name]["soil"], "usgs", PRESET_TABLES[name]["general"])
    classes = [i for i, held in enumerate(tables.soil["MAXSMC"], start=1) if 0.05 < held < 0.9]
    soil = np.where(random.random((COUNT, 1)) < 0.5, classes[0], random.choice(classes, (COUNT, len(thickness))))
    around = Surroundings(
        tbot=random.uniform(255, 285, COUNT),
        dense=random.random(COUNT) < 0.5,
        zbot=max(40.0, 1.5 * sum(thickness)),
        slope_class=random.integers(1, 8, COUNT),
    )
    fields = column_parameters(tables, thickness, soil, random.choice([7, 19, 2, 10], COUNT), around, preset(name))
    blocks = Blocks(COUNT, len(thickness))
    blocks.set(fields)
    porosity = blocks.layer_field("porosity")
    temperature = random.uniform(250, 295, (COUNT, 1)) + random.normal(0, 4, porosity.shape)
    water = np.clip(random.choice([0.02, 0.3, 0.7, 1.0], (COUNT, 1)) * porosity, 0.02, porosity)
    liquid = np.where(temperature < 273.15, 0.2 * water, water)
    blocks.set({"temperature": temperature, "water": water, "liquid": liquid, "skin_temperature": temperature[:, 0]})
    blocks.set({"exchange_heat": 1e-3, "exchange_momentum": 1e-3, "albedo": 0.2, "emissivity": 0.96})
    blocks.set({"roughness": 0.05, "roughness_background": 0.05, "surface_humidity": 2e-3})
    return blocks


def stored(blocks):
    """Water of soil, snow and canopy [mm]."""
    soil = (blocks.layer_field("water") * blocks.layer_field("thickness")).sum(axis=1)
    return RHO_WATER * (soil + blocks.column_field("snow_water") + blocks.column_field("canopy_water"))


def run(name, thickness, dt, seed, **changes):
    """Columns before and after, their terms by step, and water and liquid after every step."""
    random = np.random.default_rng(seed)
    blocks = crowd(name, np.asarray(thickness), random)
    before = blocks.copy()
    phenology = np.array([0.4, -1.0, -1.0]).reshape(1, 1, 3, 1)
    drivers = Drivers(weather(random), phenology, np.zeros(STEPS, np.int64), dt)
    series = Series(blocks, np.arange(STEPS), column=FIELDS, layer=("water", "liquid"))
    integrate(blocks, drivers, preset(name, **changes).kernel_options(), series=series)
    terms = {field: series.column_mean(field) for field in FIELDS}
    return before, blocks, terms, series.layer_mean("water"), series.layer_mean("liquid")


#: From a millimetre to five metres.
layers = st.lists(st.floats(-3.0, 0.699).map(lambda power: 10.0**power), min_size=8, max_size=12)
steps = st.sampled_from([600.0, 1800.0, 10800.0, 86400.0])
seeds = st.integers(0, 2**32 - 1)


def ran(name, thickness, dt, seed, **changes):
    """As :func:`run`; a column that becomes too hot or cold ends with an error, which is no answer to look at."""
    try:
        return run(name, thickness, dt, seed, **changes)
    except IntegrationError as error:
        assert "is not finite" in str(error)
        reject()


def assert_sound(after, water, liquid):
    porosity = after.layer_field("porosity")[:, None, :]
    assert np.isfinite(water).all() and np.isfinite(after.layer_field("temperature")).all()
    assert (liquid >= 0.0).all() and (liquid <= water).all() and (water <= porosity * (1.0 + 1e-12)).all()


@settings(max_examples=10, deadline=None)
@given(name=st.sampled_from(["noahtibet", "original"]), thickness=layers, dt=steps, seed=seeds)
def test_published_forms_stay_within_bounds(name, thickness, dt, seed):
    _, after, _, water, liquid = ran(name, thickness, dt, seed)
    assert_sound(after, water, liquid)


@settings(max_examples=25, deadline=None)
@given(thickness=layers, dt=steps, seed=seeds, energy=st.sampled_from(CHOICES["surface_energy"]))
def test_no_water_from_nothing(thickness, dt, seed, energy):
    before, after, terms, water, liquid = ran("ji2026", thickness, dt, seed, surface_energy=energy)
    assert_sound(after, water, liquid)
    # rounding of the largest storage, in mm
    rounding = 1e-12 * stored(before).max()
    for name in ("water_created", "snow_lost"):
        assert np.abs(terms[name].sum(axis=1) * RHO_WATER).max() <= rounding
    assert (terms["ice_lost_heat"] == 0.0).all()
    assert (terms["overflow"] == 0.0).all()
    runoff = (terms["surface_runoff"] + terms["drainage"]).sum(axis=1) * dt * RHO_WATER
    supply = (terms["precipitation"] - terms["evaporation"]).sum(axis=1) * dt
    np.testing.assert_allclose(stored(after) - stored(before), supply - runoff, atol=100.0 * rounding, rtol=0.0)


@pytest.mark.parametrize("name", ["original", "noahtibet", "ji2026"])
def test_the_published_form_makes_water_and_says_so(name):
    created = run(name, PAPER_THICKNESS, 10800.0, 1, soil_water="clipped")[2]["water_created"]
    assert created.sum(axis=1).max() * RHO_WATER > 10.0
    assert run(name, PAPER_THICKNESS, 10800.0, 1, soil_water="conserved")[2]["water_created"].max() * RHO_WATER < 1e-9


def step(blocks, dt, choices, rain=0.0, evaporation=0.0):
    column = blocks.column[0]
    column["water_input"], column["water_created"], column["soil_evaporation"] = rain, 0.0, evaporation
    water_step(blocks.layer[0], column, dt, choices.kernel_options())
    return {name: float(column[name][0]) for name in ("surface_runoff", "drainage", "water_parts", "water_created")}


def test_where_no_limit_binds_both_forms_have_the_same_bits():
    water = np.linspace(0.2, 0.35, len(PAPER_THICKNESS))
    found = []
    for form in ("conserved", "clipped"):
        choices = preset("ji2026", soil_water=form)
        blocks = bare_column(PAPER_THICKNESS, water, water, choices)
        for rain in (0.0, 3e-7, 0.0):
            step(blocks, 10800.0, choices, rain)
        found.append(blocks.layer_field("water"))
    np.testing.assert_array_equal(*found)


def test_what_rises_into_a_layer_full_of_ice_stays_below():
    """A frozen layer draws water up; what it has no room for neither passes it nor runs off."""
    choices = preset("ji2026", soil_water="conserved")
    thickness = np.full(8, 0.1)
    water = np.full(8, 0.40)
    liquid = water.copy()
    porosity = TABLES.soil.value("MAXSMC", "loam")
    water[3], liquid[3] = porosity, 0.05
    blocks = bare_column(thickness, water, liquid, choices)
    blocks.set({"ice_decay_diffusivity": 0.0, "ice_decay_conductivity": 0.0})  # ice that does not hinder the flow
    said = step(blocks, 10800.0, choices)
    after = blocks.layer_field("water")[0]
    assert said["surface_runoff"] == 0.0
    assert after[3] <= porosity
    gone = (water - after).sum() * 0.1 - said["drainage"] * 10800.0
    assert gone == pytest.approx(0.0, abs=1e-15)


def test_rain_that_finds_no_room_runs_off():
    choices = preset("ji2026", soil_water="conserved", frozen_infiltration="none")
    thickness = np.full(8, 0.05)
    porosity = TABLES.soil.value("MAXSMC", "loam")
    blocks = bare_column(thickness, 0.99 * porosity, 0.99 * porosity, choices)
    blocks.set({"slope": 0.0})  # nothing drains
    rain, room = 50e-3 / 10800.0, 0.01 * porosity * thickness.sum()
    said = step(blocks, 10800.0, choices, rain)
    gained = (blocks.layer_field("water")[0] - 0.99 * porosity).sum() * 0.05
    assert said["drainage"] == 0.0 and gained <= room + 1e-15
    assert (rain - said["surface_runoff"]) * 10800.0 == pytest.approx(gained, abs=1e-15)
    assert said["surface_runoff"] > 0.9 * rain


def test_evaporation_is_left_its_water_while_the_layer_drains():
    choices = preset("ji2026", soil_water="conserved")
    soil = TABLES.soil.number("gravel")
    porosity = TABLES.soil.value("MAXSMC", "gravel")
    blocks = bare_column(np.full(8, 0.05), 0.9 * porosity, 0.9 * porosity, choices, soil)
    held = (0.9 * porosity - 0.02) * 0.05
    said = step(blocks, 10800.0, choices, evaporation=0.9 * held / 10800.0)
    assert said["water_parts"] > 1.0 and abs(said["water_created"]) < 1e-16
    assert blocks.layer_field("water").min() >= 0.02 - 1e-14


def drained(dt, hours=24):
    """Water of 18 layers of gravel that began nearly full, after a day."""
    choices = preset("ji2026", soil_water="conserved")
    porosity = TABLES.soil.value("MAXSMC", "gravel")
    soil = TABLES.soil.number("gravel")
    blocks = bare_column(PAPER_THICKNESS, 0.9 * porosity, 0.9 * porosity, choices, soil)
    parts = [step(blocks, dt, choices)["water_parts"] for _ in range(round(hours * 3600 / dt))]
    return blocks.layer_field("water")[0], parts


def test_a_divided_step_drains_gravel_as_short_steps_do():
    exact, one = drained(30.0)
    coarse, parts = drained(10800.0)
    finer, _ = drained(3600.0)
    assert max(one) == 1.0 and 1.0 < max(parts) <= PARTS_MAX
    scale = (exact * PAPER_THICKNESS).sum()
    assert abs(((coarse - exact) * PAPER_THICKNESS).sum()) < 0.15 * scale
    assert abs(((finer - exact) * PAPER_THICKNESS).sum()) < 0.04 * scale

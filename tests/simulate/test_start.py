"""Where columns begin: initial profiles, a trial cycle, a state from elsewhere."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lsmcal.noah.statistics import Series
from lsmcal.simulate import start as module
from lsmcal.simulate.advance import advance
from lsmcal.simulate.start import first_air, start
from lsmcal.simulate.state import InitialProfile, save_state
from tests.simulate.small_region import small_region


@pytest.fixture(scope="module")
def region():
    return small_region(years=1)


def test_the_linear_profile_runs_from_the_surface_of_a_trial_cycle_to_tbot(region):
    index = np.array([4, 9, 33])
    columns, cycle = region.columns(index), region.stretch(index, 0, 400)
    start(columns, cycle)
    temperature, tbot = columns.blocks.layer_field("temperature"), columns.blocks.column_field("tbot")
    share = region.depth / float(region.around.zbot)
    surface = (temperature[:, 0] - tbot * share[0]) / (1.0 - share[0])
    assert_allclose(temperature, surface[:, None] + (tbot - surface)[:, None] * share, rtol=1e-12)
    mean_air = cycle.drivers.forcing[0, :, 0, :3].mean(axis=0)
    assert (np.abs(surface - mean_air) > 0.05).all()  # the surface is not as warm as the air
    # the trial itself begins with the mean of the air
    trial = region.columns(index)
    start(trial, cycle)
    blocks = trial.blocks
    blocks.set({"temperature": module.linear_profile(region, mean_air, tbot), "liquid": blocks.layer_field("water")})
    blocks.set({"liquid": module.freezing_curve_liquid(blocks)})
    skin = Series(blocks, np.zeros(400, int), column=("skin_temperature",))
    advance(trial, cycle, series=skin)
    assert_allclose(skin.column_mean("skin_temperature")[:, 0], surface, atol=1e-4)


def test_every_column_begins_with_the_air_of_its_own_first_step(region, small_site):
    index = np.array([4, 9, 33])
    columns, stretch = region.columns(index, [{}, {}]), region.stretch(index, 5, 8)
    air, humidity = first_air(columns, columns.over_sets(stretch))
    weather = region.weather.read(region.domain.cell[index], 5, 6)[0]
    assert_array_equal(air, np.tile(weather[0], 2))
    assert_array_equal(humidity, np.tile(weather[1], 2))
    several = small_site.columns([{}, {}])
    forcing = small_site.forcing
    assert_array_equal(first_air(several, small_site.stretch(forcing))[0], [forcing.values["air_temperature"][0]] * 2)


def test_a_given_surface_needs_no_trial(small_site, monkeypatch):
    site = replace(
        small_site, profile=InitialProfile(surface_mean=271.0, saturation=0.7, snow_depth=0.2, snow_water=0.05)
    )
    monkeypatch.setattr(module, "advance", None)
    columns = site.columns()
    site.start(columns)
    blocks = columns.blocks
    assert_allclose(blocks.layer_field("water"), 0.7 * blocks.layer_field("porosity"))
    expected = 271.0 + (272.5 - 271.0) * site.depth / float(site.around.zbot)
    assert_allclose(blocks.layer_field("temperature")[0], expected)
    assert blocks.column_field("snow_depth")[0] == 0.2
    assert (blocks.layer_field("liquid") < blocks.layer_field("water")).any()


def test_a_warm_state_is_fitted_to_each_porosity(small_site):
    wet = small_site.columns([{}])
    small_site.start(wet)
    state = save_state(wet.blocks)
    state["water"][:] = wet.blocks.layer_field("porosity")
    columns = small_site.columns([{}, {"MAXSMC[9]": 0.38, "MAXSMC[11]": 0.36}])
    small_site.start(columns, state)
    water, porosity = columns.blocks.layer_field("water"), columns.blocks.layer_field("porosity")
    assert_array_equal(water[0], state["water"][0])
    assert (water <= porosity).all() and (water[1] < water[0]).any()
    assert (columns.blocks.layer_field("liquid") <= water).all()
    assert_array_equal(columns.blocks.layer_field("temperature")[1], state["temperature"][0])

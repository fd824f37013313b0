"""The one failure message: cell, set where there are several, layer, time; the last good state beside it."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from lsmcal.noah.integrate import IntegrationError
from lsmcal.simulate.advance import advance
from lsmcal.simulate.failures import RunFailed, run_failed
from lsmcal.simulate.start import start
from tests.simulate.small_region import Waves, small_region


@pytest.fixture(scope="module")
def columns():
    region, index = small_region(years=1), np.array([4, 9])
    found = region.columns(index, [{}, {"TBOT": 1.0}])
    start(found, found.over_sets(region.stretch(index, 0, 8)))
    return found


def test_the_message_names_cell_set_layer_and_time(columns):
    time = columns.ground.weather.time[100:110]
    failure = run_failed(columns, IntegrationError(3, 2, 6), time)
    what = "temperature or water became non-finite in layer 7 at 2001-01-13T18:00:00"
    assert str(failure) == f"cell 29 (33.0000 N, 92.9000 E), parameter set 2 of 2: {what}"
    assert failure.number == 1
    assert str(failure.alone()) == f"cell 29 (33.0000 N, 92.9000 E): {what}"
    assert failure.alone().number is None


def test_the_surface_is_named_as_such(columns):
    failure = run_failed(columns.some(np.array([0])), IntegrationError(0, 0, -1), columns.ground.weather.time)
    assert "non-finite at the surface at 2001-01-01T00:00:00" in str(failure)


def test_the_last_good_state_is_that_of_the_column(columns):
    failure = run_failed(columns, IntegrationError(3, 2, 6), columns.ground.weather.time)
    assert_array_equal(failure.state["temperature"], columns.blocks.layer_field("temperature")[[3]])
    assert_array_equal(failure.alone().state["snow_water"], columns.blocks.column_field("snow_water")[[3]])


def test_a_site_with_one_set_needs_no_name(small_site):
    found = small_site.columns([{}])
    failure = run_failed(found, IntegrationError(0, 1, 0), small_site.forcing.time)
    assert str(failure) == f"temperature or water became non-finite in layer 1 at {small_site.forcing.time[1]}"


def test_a_cell_of_a_region_that_fails_on_the_way_is_named():
    good, bad = (small_region(years=1, weather=Waves(1, fail_at=cell)) for cell in (-1, 29))
    columns = bad.columns(np.arange(40))
    start(columns, good.cycle_of(np.arange(40)))
    where = r"^cell 29 \(33.0000 N, 92.9000 E\): .* at the surface at 2001-05-06T03:00:00$"
    with pytest.raises(RunFailed, match=where) as caught:
        advance(columns, bad.cycle_of(np.arange(40)))
    assert np.isfinite(caught.value.state["temperature"]).all()

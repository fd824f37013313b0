"""Cells times parameter sets: where each stands, what drives it, what it is called; neighbours leave no trace."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from lsmcal.noah.runtime.jit import LANES
from lsmcal.noah.runtime.state import COLUMN, LAYER
from lsmcal.noah.statistics import Annual
from lsmcal.simulate.advance import advance
from lsmcal.simulate.start import start
from lsmcal.simulate.state import save_state
from tests.simulate.small_region import small_region

SETS = [{}, {"CSOIL": 1.5e6, "TBOT": 0.4}, {"MAXSMC[6]": 0.41, "SNUP[7]": 0.05}]


@pytest.fixture(scope="module")
def region():
    return small_region(years=1, parameters={"FXEXP": 2.2, "TBOT": -0.3})


def test_columns_stand_set_after_set_with_the_parameters_of_their_own(region):
    index = np.array([4, 9, 30, 33])
    together = region.columns(index, SETS)
    assert len(together) == 12 and together.sets == 3
    assert together.cell.tolist() == index.tolist() * 3
    assert together.number.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    for column in range(12):
        alone = region.columns(index[[column % 4]], [SETS[column // 4]]).blocks
        for name in COLUMN.names:
            assert alone.column_field(name)[0] == together.blocks.column_field(name)[column], name
        for name in LAYER.names:
            assert_array_equal(alone.layer_field(name)[0], together.blocks.layer_field(name)[column], err_msg=name)


def test_a_set_lies_over_the_parameters_of_the_ground(region):
    tbot = region.columns(np.array([4]), SETS[:2]).blocks.column_field("tbot")
    assert_array_equal(tbot, region.domain.tbot[4] + np.array([-0.3, 0.4]))


def test_weather_is_laid_over_every_set(region):
    index = np.array([4, 9, 30])
    columns, cells = region.columns(index, SETS), region.stretch(index, 8, 24)
    laid = columns.over_sets(cells)
    assert len(laid) == 16 and laid.time[0] == region.weather.time[8]
    for column in range(9):
        block, lane = divmod(column, LANES)
        block_of_cell, lane_of_cell = divmod(column % 3, LANES)
        assert_array_equal(
            laid.drivers.forcing[block, ..., lane], cells.drivers.forcing[block_of_cell, ..., lane_of_cell]
        )
    assert region.columns(index).over_sets(cells) is cells


def test_weather_of_a_site_serves_all_sets_as_it_is(small_site):
    columns, stretch = small_site.columns(SETS[:2]), small_site.stretch(small_site.forcing)
    assert np.shares_memory(columns.over_sets(stretch).drivers.forcing, stretch.drivers.forcing)


def test_columns_are_named_by_cell_and_by_set_where_there_are_several(region, small_site):
    index = np.array([4, 9])
    assert region.columns(index).name(1) == region.cell_name(9)
    several = region.columns(index, SETS)
    assert several.name(3) == f"{region.cell_name(9)}, parameter set 2 of 3"
    assert several.some(np.array([5, 3])).name(1) == several.name(3)
    assert several.name(3, with_set=False) == region.cell_name(9)
    assert small_site.columns().name(0) == ""
    assert small_site.columns(SETS).name(2) == "parameter set 3 of 3"


def test_values_of_columns_by_set(region):
    columns = region.columns(np.array([4, 9]), SETS)
    by_set = columns.by_set(np.arange(12).reshape(6, 2))
    assert by_set.shape == (3, 2, 2) and by_set[1].tolist() == [[4, 5], [6, 7]]


def after_some_days(region, index, sets):
    """State and yearly statistics of a cold start and twenty days."""
    columns = region.columns(index, sets)
    stretch = columns.over_sets(region.stretch(index, 0, 160))
    start(columns, stretch)
    annual = Annual(columns.blocks, np.zeros(160, int))
    advance(columns, stretch, annual=annual)
    return save_state(columns.blocks) | {"mean": annual.layer_value("temperature_mean")[:, 0]}


def test_bits_of_a_column_depend_neither_on_other_sets_nor_on_other_cells(region):
    index = np.arange(8, 48)  # two blocks, of which the second is not full
    together = after_some_days(region, index, SETS)
    for number, one in enumerate(SETS):
        alone = after_some_days(region, index, [one])
        single = after_some_days(region, index[[35]], [one])
        for name, values in together.items():
            assert_array_equal(values[40 * number : 40 * number + 40], alone[name], err_msg=name)
            assert_array_equal(values[40 * number + 35], single[name][0], err_msg=name)
    assert (together["mean"][:40] != together["mean"][40:80]).any()


def test_one_row_of_weather_for_any_number_of_sets(region):
    """As a screening does it: the lanes of one cell's weather are the same, so one is enough."""
    index = np.array([9])
    columns, lanes = region.columns(index, SETS), region.stretch(index, 0, 160)
    one = lanes.for_any_number()
    assert one.drivers.forcing.nbytes * LANES == lanes.drivers.forcing.nbytes
    state = save_state(after_start(columns, columns.over_sets(lanes)).blocks)
    shared = columns.copy()
    advance(columns, columns.over_sets(lanes))
    advance(shared, columns.over_sets(one))
    for name, values in save_state(columns.blocks).items():
        assert_array_equal(values, save_state(shared.blocks)[name], err_msg=name)
    assert (state["temperature"] != save_state(columns.blocks)["temperature"]).any()


def after_start(columns, stretch):
    start(columns, stretch)
    return columns

"""A region in one process: cells alone, series, what is done is not done again, weather that does not fit."""

import shutil

import netCDF4
import numpy as np
import pytest

from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.parallel.job import Job
from lsmcal.simulate.output.region import read_equilibrium
from lsmcal.simulate.region import by_block
from lsmcal.simulate.stage import run_whole_region
from tests.simulate.small_region import small_domain, small_region


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The small region with daily series of two cells, and its files."""
    region = small_region(chosen=np.array([5, 170]), series="daily")
    return region, run_whole_region(region, tmp_path_factory.mktemp("whole"), Job())


def values(path, names=None):
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        return {name: np.asarray(file[name][...]) for name in (names or file.variables)}


@pytest.fixture(scope="module")
def alone(whole, tmp_path_factory):
    """Files of single cells: one whose days are known, the first of another block, and the last."""
    region, _ = whole

    def files_of(index):
        return run_whole_region(region.only(np.array([index]), "daily"), tmp_path_factory.mktemp("alone"), Job())

    return {index: files_of(index) for index in (1, 32, 69)}


@pytest.mark.parametrize("index", [1, 32, 69])
def test_a_cell_alone_has_the_same_bits(whole, alone, index):
    _, files = whole
    together = values(files.years)
    for name, found in values(alone[index].years).items():
        expected = together[name]
        if "cell" in netCDF4.Dataset(files.years)[name].dimensions:
            expected = expected[..., index : index + 1]
        np.testing.assert_array_equal(found, expected, err_msg=name)


def test_series_are_those_of_the_chosen_cells(whole, alone):
    _, files = whole
    series = values(files.series)
    assert series["cell"].tolist() == [5, 170] and series["soil_temperature"].shape == (365 * 3, 8, 2)
    np.testing.assert_array_equal(
        values(alone[1].series)["soil_temperature"][..., 0], series["soil_temperature"][..., 0]
    )
    year = values(files.years)
    mean = series["soil_temperature"][:365, :, 1].mean(axis=0)
    np.testing.assert_allclose(mean, year["annual_temperature_mean"][0, :, 56], atol=1e-3)


def test_yearly_means_of_air_and_surface(whole):
    region, files = whole
    year, series = values(files.years), values(files.series)
    first, last = region.steps_of(2001, 2001)
    air = region.weather.read(region.domain.cell, first, last)[:, 0].mean(axis=0, dtype=float)
    np.testing.assert_allclose(year["annual_air_temperature_mean"][0], air, atol=1e-3)
    surface = series["skin_temperature"][:365, 1].mean(dtype=float)
    assert year["annual_surface_temperature_mean"][0, 56] == pytest.approx(surface, abs=1e-3)


def test_monthly_series_are_means_of_the_daily_ones(whole, tmp_path):
    region, files = whole
    monthly = run_whole_region(region.only(np.array([1]), "monthly"), tmp_path, Job())
    daily, found = values(files.series)["soil_temperature"][:31, :, 0], values(monthly.series)
    assert found["time"].size == 36
    np.testing.assert_allclose(found["soil_temperature"][0, :, 0], daily.mean(axis=0), atol=1e-3)


def test_what_is_done_is_not_done_again_and_an_equilibrium_serves_other_years(whole, tmp_path):
    region, files = whole
    for path in files.paths:
        shutil.copy(path, tmp_path)
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    first = run_whole_region(region, tmp_path, Job())
    assert set(first.paths) == set(stamps)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == stamps
    fewer = small_region(years=2, weather=region.weather)
    again = run_whole_region(fewer, tmp_path, Job())
    assert again.equilibrium.stat().st_mtime_ns == stamps[first.equilibrium]
    assert values(again.years, ["year"])["year"].tolist() == [2001, 2002]


def test_equilibrium_is_found_by_cell_number(whole):
    region, files = whole
    state = read_equilibrium(files.equilibrium, np.array([8, 2]))
    together = values(files.equilibrium)
    np.testing.assert_array_equal(state["temperature"], together["state_temperature"][[2, 0]])
    with pytest.raises(KeyError, match="cell 3"):
        read_equilibrium(files.equilibrium, np.array([3]))


def test_files_are_read_by_others_and_say_what_they_hold(whole):
    xarray = pytest.importorskip("xarray")
    region, files = whole
    with xarray.open_dataset(files.years) as data:
        assert data.attrs["Conventions"] == "CF-1.11" and set(data["lon"].dims) == {"cell"}
        assert data["annual_temperature_max"].dims == ("year", "layer", "cell")
        assert (data["annual_temperature_max"] >= data["annual_temperature_min"]).all()
        assert float(abs(data["ledger_water_residual_largest"]).max()) < 1e-12
        assert set(data["spinup_cycles"].values.tolist()) <= {3, 4, 5, 6} and int(data["spinup_steps"].max()) > 0
    with xarray.open_dataset(files.series) as data:
        assert str(data["time"].values[0])[:10] == "2001-01-01"


def test_lanes_of_weather_are_those_of_columns():
    numbers = np.arange(70.0)
    blocks = Blocks(70, 2)
    blocks.set({"tbot": numbers})
    weather = by_block(np.broadcast_to(numbers, (3, 8, 70)))
    np.testing.assert_array_equal(weather[:, 1, 5], np.asarray(blocks.column["tbot"]))


def test_pieces_depend_on_the_number_of_cells_alone():
    region = small_region()
    assert [len(piece) for piece in region.pieces] == [32, 32, 6]
    assert np.array_equal(np.concatenate(region.pieces), np.arange(70))


def test_years_the_weather_does_not_hold_are_refused():
    region = small_region()
    with pytest.raises(ValueError, match="not all of 2001 to 2004"):
        region.steps_of(2001, 2004)
    assert region.steps_of(2002, 2002) == (2920, 5840)


def test_leaf_area_and_greenness_by_cell_reach_the_columns():
    from dataclasses import replace

    domain = small_domain(40)
    leaf_area = np.broadcast_to(np.linspace(0.1, 4.0, 40)[:, None], (40, 12))
    region = small_region(domain=replace(domain, leaf_area=leaf_area, greenness=0.2 * leaf_area))
    drivers = region.drivers(np.arange(40), 0, 8)
    assert drivers.phenology.shape == (2, 1, 3, 32)
    np.testing.assert_allclose(drivers.phenology[1, 0, 2, :8], leaf_area[32:, 0])
    np.testing.assert_allclose(drivers.phenology[0, 0, 0], 0.2 * leaf_area[:32, 0])
    assert (drivers.phenology[:, 0, 1] == -1.0).all()

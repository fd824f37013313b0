"""Soil temperature in files of many layouts: the same ground gives the same permafrost."""

from dataclasses import replace

import netCDF4
import numpy as np
import pytest

from lsmcal.permafrost import (
    OUT,
    PERMAFROST,
    SEASONALLY_FROZEN,
    UNDETERMINED,
    UNFROZEN,
    SoilNames,
    permafrost_of_file,
    permafrost_of_profiles,
)
from tests.permafrost.soil_files import DEPTH, FRONT, ZERO, Ground, ground, write, write_extremes

CLASSES = [PERMAFROST] * 4 + [SEASONALLY_FROZEN, UNFROZEN]
ACTIVE = [*FRONT[:4], np.nan, np.nan]


def alike(found, expected, within=1e-9):
    """Whether two results say the same, apart from names and coordinates."""
    for name in ("classes", "closed_talik", "thawed_through", "known"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
    assert np.array_equal(found.years, expected.years)
    assert found.thaw_depth == pytest.approx(expected.thaw_depth, abs=within, nan_ok=True)
    return True


@pytest.fixture(scope="module")
def soil() -> Ground:
    return ground()


@pytest.fixture(scope="module")
def truth(soil):
    return permafrost_of_profiles(soil.time, soil.celsius + ZERO, DEPTH)


def test_known_ground(truth):
    assert truth.years.tolist() == [2001, 2002, 2003]
    assert truth.classes.tolist() == [[UNDETERMINED] * 6, CLASSES, CLASSES]
    assert truth.active_layer[0] == pytest.approx(np.full(6, np.nan), nan_ok=True)
    for row in (1, 2):
        assert truth.active_layer[row] == pytest.approx(ACTIVE, abs=1e-9, nan_ok=True)
    assert truth.thaw_depth[0] == pytest.approx(ACTIVE, abs=1e-9, nan_ok=True)
    assert truth.thawed_through[1].tolist() == [False] * 4 + [True] * 2
    assert not truth.closed_talik.any() and truth.known.all()


# -- layouts -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"unit": "K"},
        {"depth_unit": "cm"},
        {"depth_unit": "mm", "flipped": True},
        {"order": ("cell", "time", "depth")},
        {"order": ("depth", "cell", "time"), "unit": "K", "flipped": True},
        {"name": "tsl", "standard_name": ""},
        {"name": "boden", "standard_name": ""},
        {"kind": "NETCDF3_CLASSIC"},
        {"upward": True},
        {"calendar": "gregorian"},
    ],
)
def test_layouts(tmp_path, soil, truth, options):
    write(tmp_path / "soil.nc", soil, **options)
    found = permafrost_of_file(tmp_path / "soil.nc")
    assert alike(found, truth)
    assert found.depth == pytest.approx(DEPTH)
    assert found.places.coordinate("latitude") == pytest.approx(33.0 + 0.25 * np.arange(6))
    assert found.attributes["soil_temperature_records"] == "daily values"


@pytest.mark.parametrize("unit", ["degC", "K"])
def test_packed(tmp_path, soil, truth, unit):
    write(tmp_path / "soil.nc", soil, packed=True, unit=unit)
    found = permafrost_of_file(tmp_path / "soil.nc")
    # half of 0.01 K over the summer's gradient of 3 K/m
    assert alike(found, truth, within=0.005 / 3.0 + 1e-9)


@pytest.mark.parametrize("unit", ["degC", "K"])
def test_exactly_zero_stays_so_when_packed(tmp_path, unit):
    """The lowest layer just reaches 0 degC; 27315 times 0.01 is a little more than 273.15."""
    write(tmp_path / "soil.nc", ground(front=DEPTH[-1:]), packed=True, unit=unit)
    found = permafrost_of_file(tmp_path / "soil.nc")
    assert found.classes[1:].tolist() == [[PERMAFROST]] * 2 and found.active_layer[1] == pytest.approx(4.0)


def test_map(tmp_path, soil, truth):
    write(tmp_path / "soil.nc", soil, grid=(2, 3))
    found = permafrost_of_file(tmp_path / "soil.nc")
    assert found.classes.shape == (3, 2, 3) and found.places.dimensions == ("lat", "lon")
    assert np.array_equal(found.classes.reshape(3, 6), truth.classes)
    assert found.places.coordinate("longitude").tolist() == [92.0, 92.25, 92.5]


def test_single_column(tmp_path, soil, truth):
    with netCDF4.Dataset(tmp_path / "soil.nc", "w") as data:
        data.createDimension("time", soil.time.size)
        data.createDimension("level", DEPTH.size)
        time = data.createVariable("day", "i4", ("time",))
        time.units = "days since 2001-01-01"
        time[:] = np.arange(soil.time.size)
        made = data.createVariable("stc", "f8", ("level", "time"))
        made.units = "Celsius"
        made[...] = soil.celsius[:, :, 2].T
    found = permafrost_of_file(tmp_path / "soil.nc", SoilNames(depths=tuple(DEPTH)))
    assert found.classes.shape == (3,)
    assert found.classes.tolist() == truth.classes[:, 2].tolist()
    assert found.active_layer[1:] == pytest.approx(1.3, abs=1e-9)


def test_a_variable_for_each_layer(tmp_path, soil, truth):
    with netCDF4.Dataset(tmp_path / "soil.nc", "w") as data:
        data.createDimension("time", soil.time.size)
        data.createDimension("cell", 6)
        time = data.createVariable("time", "i4", ("time",))
        time.units = "days since 2001-01-01"
        time[:] = np.arange(soil.time.size)
        for layer in range(DEPTH.size):
            made = data.createVariable(f"stl{layer + 1}", "f8", ("time", "cell"))
            made.units = "K"
            made[...] = soil.celsius[:, layer] + ZERO
    names = SoilNames(temperature=tuple(f"stl{n}" for n in range(1, 6)), depths=tuple(DEPTH))
    assert alike(permafrost_of_file(tmp_path / "soil.nc", names), truth)


@pytest.mark.parametrize("cut", [["2002-01-01", "2003-01-01"], ["2001-07-12", "2002-12-31"]])
def test_files_behind_each_other(tmp_path, soil, truth, cut):
    edges = [soil.time[0], *np.array(cut, "datetime64[D]"), soil.time[-1] + 1]
    paths = []
    for number, (first, end) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        rows = (soil.time >= first) & (soil.time < end)
        paths.append(tmp_path / f"{number}.nc")
        write(paths[-1], Ground(soil.time[rows], soil.celsius[rows]))
    assert alike(permafrost_of_file(paths[::-1]), truth)


@pytest.mark.parametrize("memory", [1.0, 3e4, 3e5, 1e9])
def test_any_pieces_give_the_same(tmp_path, memory):
    """To the bit, however many places and records are read at once."""
    random, soil = np.random.default_rng(4), ground("2000-12-01", "2003-01-10")
    noisy = Ground(soil.time, soil.celsius + random.normal(0, 0.3, soil.celsius.shape))
    hole = random.random(noisy.celsius.shape) < 0.02
    write(tmp_path / "soil.nc", noisy, grid=(2, 3), hole=hole)
    whole = permafrost_of_file(tmp_path / "soil.nc")
    assert alike(permafrost_of_file(tmp_path / "soil.nc", memory=memory), whole, within=0.0)


def test_order_of_places_does_not_matter(tmp_path, soil):
    order = np.array([3, 0, 5, 1, 4, 2])
    write(tmp_path / "one.nc", soil)
    write(tmp_path / "other.nc", Ground(soil.time, soil.celsius[:, :, order]))
    one, other = (permafrost_of_file(tmp_path / name) for name in ("one.nc", "other.nc"))
    assert np.array_equal(other.classes, one.classes[:, order])
    assert np.array_equal(other.thaw_depth, one.thaw_depth[:, order], equal_nan=True)


# -- steps ---------------------------------------------------------------------------------------------------------
def test_yearly_extremes_of_a_region(tmp_path, soil, truth):
    celsius = soil.celsius.reshape(3, 365, DEPTH.size, 6)
    write_extremes(tmp_path / "region.nc", celsius.max(1) + ZERO, celsius.min(1) + ZERO, [2001, 2002, 2003])
    found = permafrost_of_file(tmp_path / "region.nc")
    assert np.array_equal(found.classes, truth.classes)
    deeper = found.active_layer[1, :4] - FRONT[:4]
    # the envelope of the maxima is too deep between nodes, but within the same pair of nodes
    assert (deeper >= -1e-5).all() and (
        np.searchsorted(DEPTH, found.active_layer[1, :4] - 1e-4) == np.searchsorted(DEPTH, FRONT[:4])
    ).all()
    assert found.attributes["soil_temperature_records"] == "yearly values"


@pytest.mark.parametrize("standard_name", ["soil_temperature", ""])
def test_extremes_with_cell_methods_and_time_bounds(tmp_path, soil, truth, standard_name):
    """As CDO's yearmax and yearmin, merged: stamps at the end of the year belong to the year of their bounds."""
    celsius = soil.celsius.reshape(3, 365, DEPTH.size, 6)
    with netCDF4.Dataset(tmp_path / "soil.nc", "w") as data:
        for name, size in (("time", 3), ("depth", DEPTH.size), ("cell", 6), ("bnds", 2)):
            data.createDimension(name, size)
        time = data.createVariable("time", "f8", ("time",))
        time.units, time.bounds = "days since 2001-01-01", "time_bnds"
        time[:] = [365, 730, 1095]
        data.createVariable("time_bnds", "f8", ("time", "bnds"))[...] = [[0, 365], [365, 730], [730, 1095]]
        depth = data.createVariable("depth", "f8", ("depth",))
        depth.units, depth.axis = "m", "Z"
        depth[:] = DEPTH
        for name, values in (("tsl_max", celsius.max(1)), ("tsl_min", celsius.min(1))):
            made = data.createVariable(name, "f8", ("time", "depth", "cell"))
            made.units = "degC"
            if standard_name:
                made.standard_name = standard_name
            made.cell_methods = "time: maximum" if name == "tsl_max" else "time: minimum"
            made[...] = values
    found = permafrost_of_file(tmp_path / "soil.nc")
    assert np.array_equal(found.years, truth.years) and np.array_equal(found.classes, truth.classes)


@pytest.mark.parametrize("calendar", ["noleap", "360_day"])
def test_other_calendars(tmp_path, soil, truth, calendar):
    """A model's year of 365 or 360 days; the front is deepest a few days earlier or later."""
    days = {"noleap": 365, "360_day": 360}[calendar]
    celsius = np.concatenate([soil.celsius[365 * n : 365 * n + days] for n in range(3)])
    write(tmp_path / "soil.nc", Ground(soil.time[: 3 * days], celsius), calendar=calendar)
    assert alike(permafrost_of_file(tmp_path / "soil.nc", least=1.0), truth)


def test_monthly_means(tmp_path, soil):
    month = soil.time.astype("datetime64[M]")
    first = np.unique(month)
    means = np.stack([soil.celsius[month == one].mean(axis=0) for one in first])
    write(tmp_path / "soil.nc", Ground(first.astype("datetime64[D]"), means))
    found = permafrost_of_file(tmp_path / "soil.nc")
    assert found.attributes["soil_temperature_records"] == "monthly values"
    assert found.classes[1:].tolist() == [CLASSES] * 2
    shallower = FRONT[:4] - found.active_layer[1, :4]
    assert (shallower > 0.01).all() and (shallower < 0.15).all()  # a monthly mean misses the deepest day


@pytest.mark.parametrize("days", [7, 8, 10, 16])
def test_steps_of_several_days(tmp_path, soil, truth, days):
    write(tmp_path / "soil.nc", Ground(soil.time[::days], soil.celsius[::days]))
    found = permafrost_of_file(tmp_path / "soil.nc")
    assert np.array_equal(found.classes, truth.classes)
    assert found.active_layer[1, :4] == pytest.approx(FRONT[:4], abs=0.03)


def test_steps_of_hours():
    """A daily wave of the surface reaches deeper than the daily means say."""
    time = np.arange("2001-01-01", "2003-01-01", dtype="datetime64[3h]")
    season, hour = (2.0 * np.pi * time.astype("datetime64[h]").astype(float) / length for length in (8766.0, 24.0))
    celsius = -4.0 - 2.0 * DEPTH + 5.0 * np.sin(season)[:, None] + np.exp(-DEPTH / 0.3) * np.sin(hour)[:, None]
    fine = permafrost_of_profiles(time, celsius[:, :, None] + ZERO, DEPTH)
    daily = celsius.reshape(-1, 8, DEPTH.size).mean(axis=1)
    coarse = permafrost_of_profiles(time[::8].astype("datetime64[D]"), daily[:, :, None] + ZERO, DEPTH)
    assert fine.attributes["soil_temperature_records"] == "values every 3 h"
    assert fine.classes.tolist() == coarse.classes.tolist() == [[UNDETERMINED], [PERMAFROST]]
    # daily means: between 0.1 m (0.8 K) and 0.5 m (0 K, at the peak of the season)
    assert coarse.active_layer[1] == pytest.approx(0.5, abs=1e-3)
    peak = (1.0 - 2.0 * 0.5) + np.exp(-0.5 / 0.3)
    assert fine.active_layer[1] == pytest.approx(0.5 + 0.5 * peak / (peak + 1.0 - np.exp(-1.0 / 0.3)), abs=2e-3)


# -- years that are not whole --------------------------------------------------------------------------------------
def test_partial_years_are_left_out():
    soil = ground("2000-03-10", "2003-08-20")
    found = permafrost_of_profiles(soil.time, soil.celsius + ZERO, DEPTH)
    assert found.years.tolist() == [2001, 2002]
    assert found.classes.tolist() == [[UNDETERMINED] * 6, CLASSES]


def test_gap_of_a_month_loses_the_year_and_the_next():
    soil = ground("2001-01-01", "2005-01-01")
    keep = soil.time.astype("datetime64[M]") != np.datetime64("2002-07")
    found = permafrost_of_profiles(soil.time[keep], soil.celsius[keep] + ZERO, DEPTH)
    assert found.years.tolist() == [2001, 2003, 2004]
    assert found.classes.tolist() == [[UNDETERMINED] * 6] * 2 + [CLASSES]


def test_a_missing_summer_is_not_taken_for_frozen_ground(tmp_path):
    """Values of one cell are missing in one July: that year is not known there, nor is the class a year later."""
    soil = ground("2001-01-01", "2005-01-01")
    month = soil.time.astype("datetime64[M]")
    july = np.flatnonzero(month == np.datetime64("2002-07"))
    write(tmp_path / "soil.nc", soil, hole=(july, slice(None), 4))
    found = permafrost_of_file(tmp_path / "soil.nc")
    assert found.classes[:, 4].tolist() == [UNDETERMINED, UNDETERMINED, UNDETERMINED, SEASONALLY_FROZEN]
    assert found.known[:, 4].tolist() == [True, False, True, True]
    assert found.classes[1:, 5].tolist() == [UNFROZEN] * 3


def test_share_of_a_month(tmp_path, soil, truth):
    hole = (np.arange(200, 204), slice(None), 1)  # four days of July 2001
    write(tmp_path / "soil.nc", soil, hole=hole)
    assert not permafrost_of_file(tmp_path / "soil.nc").known[0, 1]
    assert alike(permafrost_of_file(tmp_path / "soil.nc", least=0.85), truth)


def test_layer_without_values_is_not_there(tmp_path, soil):
    write(tmp_path / "soil.nc", soil, hole=(slice(None), 2, slice(None)))
    found = permafrost_of_file(tmp_path / "soil.nc")
    assert found.classes[1].tolist() == CLASSES


def test_places_without_values_and_excluded_ones_are_out(tmp_path, soil):
    write(tmp_path / "soil.nc", soil, hole=(slice(None), slice(None), 3))
    found = permafrost_of_file(tmp_path / "soil.nc", excluded=np.arange(6) == 0)
    assert found.classes[1].tolist() == [OUT, PERMAFROST, PERMAFROST, OUT, SEASONALLY_FROZEN, UNFROZEN]
    assert np.isnan(found.active_layer[:, [0, 3]]).all() and not found.known[:, [0, 3]].any()
    with pytest.raises(ValueError, match="excluded has shape"):
        permafrost_of_file(tmp_path / "soil.nc", excluded=np.zeros(5, bool))


def test_undeclared_missing_number(tmp_path, soil, truth):
    some = soil.celsius.copy()
    some[[30, 400], :, 2] = -9999.0
    write(tmp_path / "soil.nc", Ground(soil.time, some))
    assert alike(permafrost_of_file(tmp_path / "soil.nc", SoilNames(missing=(-9999.0,))), truth)


def test_thaw_through_and_talik_over_the_years(tmp_path):
    """Ground that warms by a degree a year, by its extremes: permafrost, closed talik, thawed through."""
    base = np.array([6.0, 2.0, -0.5, -2.5, -3.5])
    maximum = np.stack([base + shift for shift in (0.0, 0.0, 1.0, 2.0, 3.0, 4.0)])[:, :, None] + ZERO
    spread = np.array([14.0, 8.0, 1.0, 0.4, 0.2])[:, None]
    write_extremes(tmp_path / "region.nc", maximum, maximum - spread, np.arange(2001, 2007))
    found = permafrost_of_file(tmp_path / "region.nc")
    kinds = [UNDETERMINED] + [PERMAFROST] * 4 + [SEASONALLY_FROZEN]
    assert found.classes[:, 0].tolist() == kinds
    # zero between 2 and -0.5 at 0.5 and 1 m; 0.5 and -1.5 at 1 and 2 m; 1.5, -0.5; 0.5 and -0.5 at 2 and 4 m
    depths = [0.9, 1.25, 1.75, 3.0]
    assert found.active_layer[1:5, 0] == pytest.approx(depths, abs=1e-4)
    assert found.closed_talik[:, 0].tolist() == [False, False, False, True, True, False]
    assert found.thawed_through[:, 0].tolist() == [False] * 5 + [True]


def test_profiles_go_before_extremes(tmp_path, soil, truth):
    """A site's file holds both; extremes of its incomplete first year must not count."""
    late = replace(soil, time=soil.time[100:], celsius=soil.celsius[100:])
    write(tmp_path / "run.nc", late, order=("time", "depth", "cell"))
    with netCDF4.Dataset(tmp_path / "run.nc", "a") as data:
        data.createDimension("year", 3)
        data.createVariable("year", "i4", ("year",))[:] = [2001, 2002, 2003]
        for name in ("annual_temperature_max", "annual_temperature_min"):
            made = data.createVariable(name, "f8", ("year", "depth", "cell"))
            made.units = "K"
            made[...] = 270.0
    found = permafrost_of_file(tmp_path / "run.nc")
    assert found.years.tolist() == [2002, 2003] and found.classes[1].tolist() == CLASSES
    names = SoilNames(maximum="annual_temperature_max", minimum="annual_temperature_min")
    assert (permafrost_of_file(tmp_path / "run.nc", names).classes[1:] == PERMAFROST).all()

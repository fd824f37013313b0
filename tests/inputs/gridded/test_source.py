"""Gridded forcing: published layouts, mapping of cells to points, elevation, real files."""

from dataclasses import replace

import netCDF4
import numpy as np
import pytest

from benchmarks.forcing_files import CMFD, weather, write_cells, write_cmfd, write_era5_land
from lsmcal.core.errors import InputError
from lsmcal.inputs.gridded.protocol import Places
from lsmcal.inputs.gridded.source import open_gridded
from lsmcal.inputs.gridded.spec import GriddedSpec
from lsmcal.inputs.gridded.values import boxes_around
from lsmcal.inputs.station.forcing import FORCING_VARIABLES, average
from lsmcal.inputs.station.humidity import relative_from_specific
from lsmcal.inputs.station.read import read_forcing
from lsmcal.inputs.station.spec import ForcingSpec, SourceColumn
from tests.inputs.cmfd_files import LATITUDE, LONGITUDE, change, file_of, make, places


# -- layouts -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("options", [{}, {"unit": "Y", "zlib": True}, {"kind": "NETCDF3_CLASSIC"}])
def test_cmfd_as_published(tmp_path, options):
    xarray = pytest.importorskip("xarray")
    source, spec = make(tmp_path, **options)
    forcing = open_gridded(spec, places(source))
    found = forcing.read(source.cell, 0, forcing.time.size)
    assert np.array_equal(forcing.time, source.time) and forcing.step == 10800.0
    for number, (role, (name, _, scale, _)) in enumerate(CMFD.items()):
        label = "1980" if "unit" in options else "198001"
        with xarray.open_dataset(file_of(tmp_path, role, label)) as data:
            truth = data[name].values.reshape(-1, source.cell.size) / (3600.0 if name == "prec" else 1.0)
        rows = source.time >= np.datetime64("1980")
        # precipitation in the files reaches a few mm/h: single precision of xarray's decoding
        assert found[rows, number] == pytest.approx(truth, rel=3e-6, abs=1e-9)
        half = 0.5 * scale / (3600.0 if name == "prec" else 1.0)
        assert np.abs(found[:, number] - source.values[:, number]).max() < 1.01 * half + 4e-3 * (name == "pres")
    assert np.all(found[:, 7] == -1.0)
    assert "prec [mm hr-1]" in forcing.attributes["read_precipitation"]


def test_any_steps_and_cells_give_the_same_bits(tmp_path):
    source, spec = make(tmp_path)
    forcing = open_gridded(spec, places(source))
    whole = forcing.read(source.cell, 0, forcing.time.size)
    chosen = np.array([33, 4, 18, 4])
    assert np.array_equal(forcing.read(chosen, 30, 37), whole[30:37][:, :, chosen])
    assert forcing.read(chosen[:1], 31, 32).flags["C_CONTIGUOUS"]
    assert forcing.read(chosen, 5, 5).shape == (0, 8, 4)
    alone = open_gridded(spec, Places(*(getattr(places(source), name)[18:19] for name in vars(places(source)))))
    assert np.array_equal(alone.read(np.array([18]), 0, 56)[:, :, 0], whole[:, :, 18])


@pytest.mark.parametrize("together", [True, False])
def test_era5_land_sums_instants_and_wind(tmp_path, together):
    # as downloaded: the first stamp, 00 UTC, closes the day before
    hourly = weather(LONGITUDE[:3], LATITUDE[:2], "1980-01-29T23:00", "1980-02-03T06:00", 3600.0)
    write_era5_land(hourly, tmp_path, together)
    forcing = open_gridded(GriddedSpec("era5-land", tmp_path), places(hourly))
    found = forcing.read(hourly.cell, 0, forcing.time.size)
    truth = hourly.values[1:].astype(float).reshape(-1, 3, 8, 6).mean(axis=1)
    assert str(forcing.time[0]) == "1980-01-30T00:00:00" and forcing.time.size == truth.shape[0] == 34
    for number, name in enumerate(FORCING_VARIABLES[:7]):
        # a day's sum in single precision ends within 2 J m-2, 2e-9 m: a few 1e-4 W m-2, 1e-9 kg m-2 s-1
        rounding = 1e-3 if name in ("shortwave", "longwave") else 3e-9
        assert found[:, number] == pytest.approx(truth[:, number], rel=2e-6, abs=rounding), name
    assert "summed since 00 UTC" in forcing.attributes["read_shortwave"]


def test_era5_land_at_its_own_hours(tmp_path):
    hourly = weather(LONGITUDE[:2], LATITUDE[:2], "1980-01-29T23:00", "1980-02-01", 3600.0)
    write_era5_land(hourly, tmp_path)
    forcing = open_gridded(GriddedSpec("era5-land", tmp_path, target_step=None), places(hourly))
    assert str(forcing.time[0]) == "1980-01-30T00:00:00"  # the sum before the first stamp is in no file
    found = forcing.read(hourly.cell, 20, 30)
    assert found[:, 3] == pytest.approx(hourly.values[21:31, 3], abs=2e-3)


def test_cells_in_a_list_and_standard_names(tmp_path):
    source = weather(LONGITUDE[:4], LATITUDE[:3], "2001-01-01", "2001-01-03")
    write_cells(source, tmp_path / "cells.nc")
    forcing = open_gridded(GriddedSpec("netcdf", tmp_path), places(source))
    assert np.array_equal(forcing.read(source.cell, 0, 16), source.values)


def test_same_numbers_as_the_reader_of_sites(tmp_path):
    """Conversion, noise, humidity and averages are the same code: a column alone gives the same bits."""
    hourly = weather(LONGITUDE[:2], LATITUDE[:2], "2001-03-01", "2001-03-03", 3600.0)
    hourly.values[5, 3] = -4.0  # night noise of a sensor
    path = write_cells(hourly, tmp_path / "cells.nc")
    cells = places(hourly)
    forcing = open_gridded(GriddedSpec("netcdf", tmp_path), cells)
    found = forcing.read(hourly.cell, 0, forcing.time.size)
    for i in range(4):
        site = ForcingSpec("netcdf", path, latitude=cells.latitude[i], longitude=cells.longitude[i])
        truth = average(read_forcing(site), 10800.0).stacked().astype(np.float32)
        assert np.array_equal(found[:, :, i], truth)
    assert forcing.take_notes() == {"clipped_shortwave": 4} and forcing.take_notes() == {}


def test_relative_humidity_in_percent_and_components_of_wind(tmp_path):
    source = weather(LONGITUDE[:2], LATITUDE[:1], "2001-03-01", "2001-03-02")
    path = write_cells(source, tmp_path / "cells.nc")

    def act(data):
        q, t, p = (data["v1"][:], data["v0"][:], data["v2"][:])
        data["v1"][:] = 100.0 * relative_from_specific(q, t, p)
        data["v1"].units, data["v1"].standard_name = "%", "relative_humidity"
        data["v6"].standard_name = "eastward_wind"
        north = data.createVariable("north", "f4", ("time", "cell"))
        north.standard_name, north.units, north[:] = "northward_wind", "km h-1", 36.0

    change(path, act)
    found = open_gridded(GriddedSpec("netcdf", tmp_path), places(source)).read(source.cell, 0, 8)
    assert found[:, 1] == pytest.approx(source.values[:, 1], rel=1e-5)
    assert found[:, 6] == pytest.approx(np.hypot(source.values[:, 6], 10.0), rel=1e-6)


@pytest.mark.parametrize("stamp, first", [("start", "12-28T00:00"), ("middle", "12-27T22:30"), ("end", "12-27T21:00")])
def test_stamps(tmp_path, stamp, first):
    source, spec = make(tmp_path)
    assert str(open_gridded(replace(spec, stamp=stamp), places(source)).time[0]) == f"1979-{first}:00"


def test_stamp_of_one_variable(tmp_path):
    source, spec = make(tmp_path)
    forcing = open_gridded(replace(spec, stamps={"precipitation": "end"}), places(source))
    found = forcing.read(source.cell, 0, forcing.time.size)
    as_usual = open_gridded(spec, places(source)).read(source.cell, 0, source.time.size)
    assert forcing.time.size == source.time.size - 1
    assert np.array_equal(found[:, 5], as_usual[1:, 5]) and np.array_equal(found[:, 0], as_usual[:-1, 0])


def test_period_and_leap_days(tmp_path):
    source = weather(LONGITUDE[:2], LATITUDE[:1], "1980-02-27", "1980-03-03")
    write_cmfd(source, tmp_path)
    spec = GriddedSpec("cmfd", tmp_path, start="1980-02-28", end="1980-03-01")
    standard = open_gridded(spec, places(source))
    assert standard.time.size == 24 and standard.calendar == "standard"
    noleap = open_gridded(replace(spec, calendar="noleap"), places(source))
    assert noleap.time.size == 16 and noleap.calendar == "noleap"
    kept = np.r_[0:8, 16:24]
    assert np.array_equal(noleap.read(source.cell, 0, 16), standard.read(source.cell, 0, 24)[kept])


# -- places ------------------------------------------------------------------------------------------------------------
def test_finer_cells_take_the_nearest_centre_on_a_grid_in_any_order(tmp_path):
    turned = replace(weather(LONGITUDE, LATITUDE, "2001-01-01", "2001-01-02"), latitude=LATITUDE[::-1])
    turned = replace(turned, longitude=LONGITUDE - 360.0)
    write_cmfd(turned, tmp_path)
    latitude = np.array([33.0, 33.09, 33.11, 33.499])
    cells = Places(np.array([7, 3, 9, 1]), np.array([90.0, 90.14, 90.16, 90.69]), latitude, np.full(4, np.nan))
    forcing = open_gridded(GriddedSpec("cmfd", tmp_path), cells)
    found = forcing.read(cells.cell, 0, 8)[:, 0]
    grid = open_gridded(GriddedSpec("cmfd", tmp_path), places(turned)).read(turned.cell, 0, 8)[:, 0].reshape(8, 5, 7)
    assert np.array_equal(found, np.stack([grid[:, 4, 0], grid[:, 4, 0 + 1], grid[:, 3, 1], grid[:, 0, 6]], axis=1))
    assert "4 of 35 forcing points serve 4 cells, the furthest from 7." in forcing.attributes["mapping"]


def test_few_cells_far_apart_are_read_in_small_boxes(tmp_path):
    source = weather(80.05 + 0.1 * np.arange(90), 30.05 + 0.1 * np.arange(80), "2001-01-01", "2001-01-01T06:00")
    write_cmfd(source, tmp_path)
    whole = places(source)
    far = np.array([7199, 0, 3650, 89, 1, 7110])
    boxes = boxes_around(np.stack(np.divmod(far, 90), axis=1))
    assert sorted(np.concatenate(boxes)) == list(range(6)) and len(boxes) > 2
    forcing = open_gridded(GriddedSpec("cmfd", tmp_path), Places(*(getattr(whole, name)[far] for name in vars(whole))))
    assert forcing.bytes_per_step(6) < 16e3  # the box around them has 7200 points
    truth = open_gridded(GriddedSpec("cmfd", tmp_path), whole).read(far, 0, 2)
    assert np.array_equal(forcing.read(far, 0, 2), truth)
    assert len(boxes_around(np.stack(np.divmod(whole.cell, 90), axis=1))) == 1


def test_points_that_lie_askew(tmp_path):
    """Latitude and longitude in two dimensions, time last; other names, an idle dimension."""
    source = weather(LONGITUDE[:4], LATITUDE[:3], "2001-01-01", "2001-01-02")
    y, x = np.meshgrid(np.arange(3.0), np.arange(4.0), indexing="ij")
    latitude, longitude = 33.0 + 0.1 * y + 0.03 * x, 359.9 + 0.1 * x - 0.03 * y  # about the meridian of Greenwich
    with netCDF4.Dataset(tmp_path / "askew.nc", "w") as data:
        for name, size in (("member", 1), ("y", 3), ("x", 4), ("valid_time", 8)):
            data.createDimension(name, size)
        clock = data.createVariable("valid_time", "i8", ("valid_time",))
        clock.units = "seconds since 1970-01-01"
        clock[:] = source.time.astype(np.int64)
        for name, values in (("lat", latitude), ("lon", longitude)):
            data.createVariable(name, "f8", ("y", "x"))[:] = values
        for role, (name, unit, _, _) in CMFD.items():
            variable = data.createVariable(name, "f8", ("member", "y", "x", "valid_time"))
            variable.units = unit
            factor = 3600.0 if name == "prec" else 1.0
            variable[0] = factor * np.moveaxis(source.field(role).astype(float), 0, -1)
    cells = Places(np.arange(2), np.array([0.05, 0.05]), np.array([33.17, 33.25]), np.full(2, np.nan))
    forcing = open_gridded(GriddedSpec("cmfd", tmp_path, files=("*.nc",)), cells)
    assert forcing.read(cells.cell, 0, 8)[:, :7] == pytest.approx(source.values[:, :7, [4 + 2, 8 + 2]], rel=1e-6)
    with pytest.raises(InputError, match="within 0.05"):
        open_gridded(GriddedSpec("cmfd", tmp_path, files=("*.nc",)), replace(cells, longitude=cells.longitude + 0.4))


def test_lapse_rate(tmp_path):
    source, spec = make(tmp_path)
    path = file_of(tmp_path, "longwave", "197912")  # the first file by name

    def act(data):
        height = data.createVariable("elevation", "f4", ("lat", "lon"))
        height.units, height[:] = "m", 4000.0

    change(path, act)
    height = np.where(np.arange(source.cell.size) % 2, 4000.0, 5000.0)
    cells = places(source, height)
    level = open_gridded(spec, cells).read(cells.cell, 0, 56)
    forcing = open_gridded(replace(spec, lapse="constant"), cells)
    found = forcing.read(cells.cell, 0, 56)
    assert np.array_equal(found[:, :, 1::2], level[:, :, 1::2]) and "6.5 K km-1" in forcing.attributes["lapse"]
    up, below = found[:, :, ::2].astype(float), level[:, :, ::2].astype(float)
    assert up[:, 0] == pytest.approx(below[:, 0] - 6.5, abs=1e-4)
    assert up[:, [3, 5, 6, 7]] == pytest.approx(below[:, [3, 5, 6, 7]], abs=0.0)
    relative = [relative_from_specific(x[:, 1], x[:, 0], x[:, 2]) for x in (up, below)]
    assert relative[0] == pytest.approx(relative[1], rel=1e-5)
    # hydrostatic: d ln p = -g z / (R T) at the mean temperature of the layer, to second order
    mean = 0.5 * (up[:, 0] + below[:, 0])
    assert np.log(up[:, 2] / below[:, 2]) == pytest.approx(-9.80665e3 / (287.04 * mean), rel=1e-4)
    # Brutsaert: (e/T)^(1/7) T^4, and at these temperatures e falls as T^21
    assert up[:, 4] / below[:, 4] == pytest.approx((up[:, 0] / below[:, 0]) ** (4 + 20 / 7), rel=0.01)


# -- real files --------------------------------------------------------------------------------------------------------
def test_arctic_sites(shared):
    folder = shared / "data/arctic_era5land_3h"
    names = {
        "air_temperature": "ta",
        "specific_humidity": "q",
        "air_pressure": "pres",
        "wind_speed": "wind",
        "shortwave": "swd",
        "longwave": "lwd",
        "precipitation": "precip",
    }
    spec = GriddedSpec("netcdf", folder, columns={role: SourceColumn(name) for role, name in names.items()})
    with netCDF4.Dataset(next(folder.glob("*.nc"))) as data:
        cells = Places(np.arange(7), data["lon"][:].filled(), data["lat"][:].filled(), np.full(7, np.nan))
        raw = np.stack([data[names[name]][:].filled() for name in FORCING_VARIABLES[:7]])
    forcing = open_gridded(spec, cells)
    assert forcing.calendar == "noleap" and forcing.time.size == 8760 and str(forcing.time[-1]) == "2024-12-31T21:00:00"
    found = forcing.read(np.array([4, 0]), 0, 8760)
    assert np.abs(found[:, :7] - raw[:, [4, 0]].transpose(2, 0, 1)).max() < 1e-5
    assert "lacks 29 February" in forcing.attributes["leap_days"]


def test_mountains_around_finse(shared, tmp_path):
    folder = shared / "data/era5_finse_2018"
    columns = {
        "air_temperature": "t2m",
        "dew_point": "d2m",
        "air_pressure": "sp",
        "shortwave": "swd",
        "longwave": "lwd",
        "precipitation": "precip",
    }
    spec = GriddedSpec(
        "netcdf",
        folder,
        columns={role: SourceColumn(name) for role, name in columns.items()},
        constants={"wind_speed": 4.0},
        stamp="end",
        start="2018-10-02",
        end="2018-12-30",
    )
    cells = Places(np.array([5, 11]), np.array([7.53, 8.0]), np.array([60.6, 60.1]), np.array([1222.0, 900.0]))
    forcing = open_gridded(spec, cells)
    assert str(forcing.time[0]) == "2018-10-02T00:00:00" and forcing.time.size == 90 * 8
    found = forcing.read(cells.cell, 0, forcing.time.size).astype(float)
    with netCDF4.Dataset(next(folder.glob("*.nc"))) as data:
        row = int(np.argmin(np.abs(data["latitude"][:] - 60.6)))
        column = int(np.argmin(np.abs(data["longitude"][:] - 7.53)))
        height = float(data["elevation"][row, column])
        assert np.array_equal(found[:, 0, 0].astype(np.float32), data["t2m"][8:728, row, column].filled())
    same = {name: getattr(spec, name) for name in ("stamp", "start", "end", "columns", "constants")}
    site = ForcingSpec("netcdf", next(folder.glob("*.nc")), latitude=60.6, longitude=7.53, **same)
    assert np.array_equal(found[:, :, 0].astype(np.float32), read_forcing(site).stacked().astype(np.float32))
    carried = open_gridded(replace(spec, lapse="constant"), cells).read(cells.cell, 0, 8).astype(float)
    assert carried[:, 0, 0] - found[:8, 0, 0] == pytest.approx(-0.0065 * (1222.0 - height), abs=1e-4)

"""CF NetCDF forcing: names, packing, times, points."""

import os
from dataclasses import replace

import netCDF4
import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.inputs.station.read import read_forcing
from lsmcal.inputs.station.spec import ForcingSpec, SourceColumn

NAMES = {
    "tas": ("air_temperature", "K", 265.0),
    "huss": ("specific_humidity", "kg kg-1", 0.003),
    "ps": ("surface_air_pressure", "Pa", 58000.0),
    "rsds": ("surface_downwelling_shortwave_flux_in_air", "W m-2", 200.0),
    "rlds": ("surface_downwelling_longwave_flux_in_air", "W m-2", 220.0),
    "pr": ("precipitation_flux", "kg m-2 s-1", 1e-5),
    "uas": ("eastward_wind", "m s-1", 3.0),
    "vas": ("northward_wind", "m s-1", -4.0),
}


def make(path, calendar="standard", count=16, units="days since 2016-02-28 00:00", bounds=False):
    """A 3 x 2 grid whose air temperature tells the point and the step."""
    with netCDF4.Dataset(path, "w") as data:
        for name, size in (("time", count), ("lat", 3), ("lon", 2), ("nv", 2)):
            data.createDimension(name, size)
        time = data.createVariable("time", "f8", ("time",))
        time.units, time.calendar = units, calendar
        time[:] = np.arange(count) / 8.0
        if bounds:
            time.bounds = "time_bnds"
            limits = data.createVariable("time_bnds", "f8", ("time", "nv"))
            limits[:] = np.stack([np.arange(count) / 8.0 - 0.125, np.arange(count) / 8.0], axis=1)
        for name, unit, values in (("lat", "degrees_north", [32, 33, 34]), ("lon", "degrees_east", [91, 92])):
            axis = data.createVariable(name, "f8", (name,))
            axis.units, axis[:] = unit, values
        for name, (standard, unit, value) in NAMES.items():
            packed = name == "tas"
            kind = "i2" if packed else "f4"
            variable = data.createVariable(name, kind, ("time", "lat", "lon"), fill_value=-32767 if packed else None)
            variable.standard_name, variable.units = standard, unit
            if packed:
                variable.scale_factor, variable.add_offset = 0.01, 260.0
            field = np.full((count, 3, 2), value)
            if packed:
                field += np.arange(6).reshape(3, 2) + 0.1 * np.arange(count)[:, None, None]
            variable[:] = field
    return ForcingSpec(format="netcdf", file=path, latitude=33.2, longitude=91.9)


def test_nearest_point_packed_and_wind_components(tmp_path):
    forcing = read_forcing(make(tmp_path / "met.nc"))
    assert forcing.values["air_temperature"] == pytest.approx(268.0 + 0.1 * np.arange(16), abs=0.006)
    assert np.all(forcing.values["wind_speed"] == 5.0)
    assert forcing.step == 10800.0 and str(forcing.time[1]) == "2016-02-28T03:00:00"


def test_bounds_go_before_the_stamp(tmp_path):
    forcing = read_forcing(replace(make(tmp_path / "met.nc", bounds=True), stamp="middle"))
    assert str(forcing.time[0]) == "2016-02-27T21:00:00"


def test_noleap_calendar_skips_29_february(tmp_path):
    forcing = read_forcing(make(tmp_path / "met.nc", calendar="noleap"))
    assert forcing.calendar == "noleap" and str(forcing.time[8]) == "2016-03-01T00:00:00"
    gregorian = read_forcing(make(tmp_path / "other.nc"))
    assert gregorian.calendar == "standard" and str(gregorian.time[8]) == "2016-02-29T00:00:00"


def test_mapping_and_units_of_the_case(tmp_path):
    spec = make(tmp_path / "met.nc")
    columns = {
        "air_temperature": SourceColumn("tas"),
        "specific_humidity": SourceColumn("huss"),
        "air_pressure": SourceColumn("ps"),
        "shortwave": SourceColumn("rsds"),
        "longwave": SourceColumn("rlds"),
        "precipitation": SourceColumn("pr", "m s-1"),
        "wind_speed": SourceColumn("uas", "knots"),
    }
    values = read_forcing(replace(spec, columns=columns)).values
    assert values["precipitation"][0] == pytest.approx(0.01, rel=1e-6)
    assert values["wind_speed"][0] == pytest.approx(3.0 * 0.514444, rel=1e-5)


def test_problems_are_collected(tmp_path):
    path = tmp_path / "met.nc"
    spec = make(path)
    with netCDF4.Dataset(path, "a") as data:
        data["tas"][3, 1, 1] = np.ma.masked
        data["rlds"].units = "Wm"
        data["pr"][5, 1, 1] = -1e-3
    with pytest.raises(InputError) as caught:
        read_forcing(spec)
    text = str(caught.value)
    assert "air_temperature: 1 missing or non-finite values at 2016-02-28T09:00" in text
    assert "longwave: unknown unit" in text and "precipitation negative at 2016-02-28T15:00" in text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"latitude": float("nan")}, "several points, and none is selected"),
        ({"columns": {"air_temperature": SourceColumn("t2m")}}, "variable 't2m' not found"),
        ({"time_column": "hours"}, "no time variable"),
    ],
)
def test_wrong_descriptions(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        read_forcing(replace(make(tmp_path / "met.nc"), **changes))


def test_wrong_files(tmp_path):
    spec = make(tmp_path / "met.nc", calendar="360_day")
    with pytest.raises(InputError, match="calendar not supported"):
        read_forcing(spec)
    (tmp_path / "text.nc").write_text("no NetCDF")
    with pytest.raises(InputError, match="cannot be opened"):
        read_forcing(replace(spec, file=tmp_path / "text.nc"))
    with pytest.raises(InputError, match="file not found"):
        read_forcing(replace(spec, file=tmp_path / "none.nc"))


def test_a_real_grid(shared):
    spec = ForcingSpec(
        format="netcdf",
        file=shared / "data" / "era5_finse_2018" / "era5_finse_3hourly.nc",
        columns={
            "air_temperature": SourceColumn("t2m"),
            "dew_point": SourceColumn("d2m"),
            "air_pressure": SourceColumn("sp"),
            "shortwave": SourceColumn("swd"),
            "longwave": SourceColumn("lwd"),
            "precipitation": SourceColumn("precip"),
        },
        constants={"wind_speed": 4.0},
        stamp="end",
        latitude=60.6,
        longitude=7.5,
    )
    forcing = read_forcing(spec)
    assert len(forcing) == 735 and str(forcing.time[0]) == "2018-10-01T00:00:00"
    assert 8.3e4 < forcing.values["air_pressure"].mean() < 9.0e4


def test_sites_along_one_dimension_and_a_365_day_file(shared):
    spec = ForcingSpec(
        format="netcdf",
        file=shared / "data" / "arctic_era5land_3h" / "arctic_era5land_3h_2022_2024.nc",
        columns={
            "air_temperature": SourceColumn("ta"),
            "specific_humidity": SourceColumn("q"),
            "air_pressure": SourceColumn("pres"),
            "shortwave": SourceColumn("swd"),
            "longwave": SourceColumn("lwd"),
            "precipitation": SourceColumn("precip"),
            "wind_speed": SourceColumn("wind"),
        },
    )
    sites = [read_forcing(replace(spec, cell=cell)) for cell in (0, 6)]
    assert all(len(forcing) == 3 * 365 * 8 for forcing in sites)
    assert not np.array_equal(sites[0].values["air_temperature"], sites[1].values["air_temperature"])
    with pytest.raises(InputError, match="cell index is too large"):
        read_forcing(replace(spec, cell=7))


@pytest.mark.parametrize("bounds", [False, True])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "time: missing time at index 5"),
        (np.inf, "time: missing time at index 5"),
        (np.ma.masked, "time: missing time at index 5"),
        (1e30, "time: cannot be decoded"),
        (-2e6, "time: is no time at index 5; expected a year from 1 to 9999"),
        (5e6, "time: is no time at index 5"),
    ],
)
def test_times_that_are_none(tmp_path, value, message, bounds):
    spec = make(tmp_path / "met.nc", bounds=bounds)
    with netCDF4.Dataset(tmp_path / "met.nc", "a") as data:
        data["time_bnds" if bounds else "time"][5] = value
    with pytest.raises(InputError, match=message):
        read_forcing(spec)


def test_what_is_no_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.nc")
    with pytest.raises(InputError, match="is a named pipe, not a file"):
        read_forcing(ForcingSpec(format="netcdf", file=tmp_path / "pipe.nc"))


def test_a_small_file_of_more_records_than_memory_holds(tmp_path):
    with netCDF4.Dataset(tmp_path / "long.nc", "w") as data:
        data.createDimension("time", 10**12)
        data.createVariable("time", "f8", ("time",), zlib=True, chunksizes=(1000,)).units = "hours since 2000-01-01"
    assert (tmp_path / "long.nc").stat().st_size < 1e6
    with pytest.raises(InputError, match="a series of 1,000,000,000,000 records would need about 500 TB of memory"):
        read_forcing(ForcingSpec(format="netcdf", file=tmp_path / "long.nc"))

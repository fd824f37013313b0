"""Files that cannot be read say what is wrong, where, and what was expected."""

import os

import netCDF4
import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.permafrost import SoilNames, permafrost_of_file, permafrost_of_profiles
from tests.permafrost.soil_files import DEPTH, ZERO, Ground, ground, write, write_extremes


@pytest.fixture(scope="module")
def soil():
    return ground("2001-01-01", "2003-01-01")


def refused(paths, names=None):
    with pytest.raises(InputError) as error:
        permafrost_of_file(paths, names)
    return error.value.problems


def only(problems):
    assert len(problems) == 1, [str(problem) for problem in problems]
    return str(problems[0])


def change(path, **attributes):
    """Change or (None) delete attributes, given as VARIABLE__NAME."""
    with netCDF4.Dataset(path, "a") as data:
        for name, value in attributes.items():
            variable, attribute = name.split("__")
            if value is None:
                data[variable].delncattr(attribute)
            else:
                data[variable].setncattr(attribute, value)


# -- the files -----------------------------------------------------------------------------------------------------
def test_no_file_no_netcdf_and_a_cut_one(tmp_path, soil):
    assert "no files" in only(refused([]))
    (tmp_path / "text.nc").write_text("no NetCDF")
    write(tmp_path / "whole.nc", soil, kind="NETCDF3_CLASSIC")
    content = (tmp_path / "whole.nc").read_bytes()
    (tmp_path / "cut.nc").write_bytes(content[: len(content) * 2 // 3])
    found = refused([tmp_path / name for name in ("text.nc", "cut.nc", "none.nc")])
    assert [problem.source.rsplit("/")[-1] for problem in found] == ["text.nc", "cut.nc", "none.nc"]
    assert "truncated" in str(found[1]) and "No such file" in str(found[2])


def test_damaged_inside(tmp_path, soil):
    random = Ground(soil.time, soil.celsius + np.random.default_rng(0).normal(0, 1, soil.celsius.shape))
    write(tmp_path / "soil.nc", random)
    with netCDF4.Dataset(tmp_path / "soil.nc") as good, netCDF4.Dataset(tmp_path / "bad.nc", "w") as bad:
        for name, dimension in good.dimensions.items():
            bad.createDimension(name, len(dimension))
        for name, variable in good.variables.items():
            kept = {key: variable.getncattr(key) for key in variable.ncattrs() if key != "_FillValue"}
            made = bad.createVariable(name, variable.dtype, variable.dimensions, zlib=True, fletcher32=True)
            made.setncatts(kept)
            made[...] = variable[...]
    content = bytearray((tmp_path / "bad.nc").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    (tmp_path / "bad.nc").write_bytes(content)
    assert "cannot be read" in only(refused(tmp_path / "bad.nc"))


def test_all_files_are_looked_at(tmp_path, soil):
    first, second = soil.time < np.datetime64("2002"), soil.time >= np.datetime64("2002")
    one, other = (Ground(soil.time[rows], soil.celsius[rows]) for rows in (first, second))
    write(tmp_path / "1.nc", one)
    write(tmp_path / "2.nc", other, unit="K")
    write(tmp_path / "3.nc", Ground(other.time, other.celsius[:, :, :4]))
    write(tmp_path / "5.nc", other)
    with netCDF4.Dataset(tmp_path / "5.nc", "a") as data:
        data["lon"][3] = 99.0
    write(tmp_path / "4.nc", other, standard_name="", name="snow")
    change(tmp_path / "4.nc", snow__units="m")
    found = refused([tmp_path / f"{n}.nc" for n in (1, 2, 3, 4, 5)])
    assert [problem.source[-4:] for problem in found] == ["2.nc", "3.nc", "4.nc", "5.nc"]
    assert "no soil temperature" in str(found.pop(2))
    assert all("other variables, units, cells or layers" in str(problem) for problem in found)


def test_files_that_overlap_or_differ_in_calendar(tmp_path, soil):
    write(tmp_path / "1.nc", soil)
    assert "time does not increase" in only(refused([tmp_path / "1.nc"] * 2))
    write(tmp_path / "2.nc", Ground(soil.time + 730, soil.celsius), calendar="noleap")
    assert "calendars differ" in only(refused([tmp_path / "1.nc", tmp_path / "2.nc"]))


# -- the variable --------------------------------------------------------------------------------------------------
def test_no_or_several_soil_temperatures(tmp_path, soil):
    write(tmp_path / "soil.nc", soil)
    with netCDF4.Dataset(tmp_path / "soil.nc", "a") as data:
        other = data.createVariable("tsoi", "f8", ("time", "depth", "cell"))
        other.units, other.standard_name = "K", "soil_temperature"
    message = only(refused(tmp_path / "soil.nc"))
    assert "several variables" in message and "soil_temperature, tsoi" in message
    with pytest.raises(InputError, match="'bodentemperatur' not found"):
        permafrost_of_file(tmp_path / "soil.nc", SoilNames(temperature="bodentemperatur"))
    assert permafrost_of_file(tmp_path / "soil.nc", SoilNames(temperature="soil_temperature")).known.all()


def test_a_maximum_without_its_minimum(tmp_path, soil):
    write(tmp_path / "soil.nc", soil)
    change(tmp_path / "soil.nc", soil_temperature__cell_methods="time: maximum")
    assert "a maximum and a minimum" in only(refused(tmp_path / "soil.nc"))


def test_only_one_extreme_is_named(tmp_path, soil):
    write(tmp_path / "soil.nc", soil)
    message = only(refused(tmp_path / "soil.nc", SoilNames(maximum="soil_temperature")))
    assert "only one of maximum and minimum" in message and "expected both --maximum and --minimum" in message


@pytest.mark.parametrize("unit", ["", "furlong"])
def test_unit(tmp_path, soil, unit):
    write(tmp_path / "soil.nc", soil)
    change(tmp_path / "soil.nc", soil_temperature__units=unit)
    assert "K, degC, degF" in only(refused(tmp_path / "soil.nc"))
    assert permafrost_of_file(tmp_path / "soil.nc", SoilNames(unit="degC")).known.all()


@pytest.mark.parametrize("unit", ["degC", "K"])
def test_wrong_unit_shows_in_the_numbers(tmp_path, soil, unit):
    write(tmp_path / "soil.nc", soil, unit=unit)
    change(tmp_path / "soil.nc", soil_temperature__units={"degC": "K", "K": "degC"}[unit])
    message = only(refused(tmp_path / "soil.nc"))
    assert "the unit may be wrong" in message and "record 0, depth 0.1 m" in message


def test_undeclared_missing_number(tmp_path, soil):
    some = soil.celsius.copy()
    some[33, 2, 1] = -9999.0
    write(tmp_path / "soil.nc", Ground(soil.time, some))
    message = only(refused(tmp_path / "soil.nc"))
    assert "record 33, depth 1 m" in message and "-9725.85 K" in message


def test_extremes_the_wrong_way_round(tmp_path):
    maximum = np.full((2, DEPTH.size, 3), ZERO)
    write_extremes(tmp_path / "region.nc", maximum - 1.0, maximum, [2001, 2002])
    assert "the maximum is below the minimum" in only(refused(tmp_path / "region.nc"))


# -- layers --------------------------------------------------------------------------------------------------------
def test_depths(tmp_path, soil):
    path = tmp_path / "soil.nc"
    write(path, soil)
    change(path, depth__units="level")
    assert "unknown unit of depth" in only(refused(path))
    assert permafrost_of_file(path, SoilNames(depth_unit="cm")).depth == pytest.approx(DEPTH / 100.0)
    assert "3 for 5 layers" in only(refused(path, SoilNames(depth="depth", depths=(0.1, 0.2, 0.3))))
    assert "the depths do not match" in only(refused(path, SoilNames(depths=(0.1, 0.2, 0.3, 0.3, 1.0))))
    with netCDF4.Dataset(path, "a") as data:
        data["depth"].units = "m"
        data["depth"][2] = np.nan
    assert "none for layer 3" in only(refused(path))


def test_no_depths(tmp_path, soil):
    write(tmp_path / "soil.nc", soil)
    with netCDF4.Dataset(tmp_path / "soil.nc", "a") as data:
        data.renameVariable("depth", "number")
        data["number"].delncattr("standard_name")
        data["number"].units = "1"
    assert "no layer depths" in only(refused(tmp_path / "soil.nc"))


# -- time ----------------------------------------------------------------------------------------------------------
def test_time(tmp_path, soil):
    path = tmp_path / "soil.nc"
    write(path, soil)
    change(path, time__units="days")
    assert "no time axis" in " ".join(map(str, refused(path)))
    change(path, time__units="days since yesterday")
    assert "cannot be decoded" in only(refused(path))
    change(path, time__units="days since 2001-01-01", time__calendar="mayan")
    assert "cannot be decoded" in only(refused(path))
    change(path, time__calendar="standard")
    with netCDF4.Dataset(path, "a") as data:
        data["time"][100] = 50.0
    assert "record 100 of all (2001-02)" in only(refused(path))
    with netCDF4.Dataset(path, "a") as data:
        data["time"][100] = np.nan
    assert "missing time" in only(refused(path))
    with netCDF4.Dataset(path, "a") as data:
        data["time"][100] = 1e30
    assert "cannot be decoded" in only(refused(path))


def test_what_is_no_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.nc")
    assert "is a named pipe, not a file" in only(refused(tmp_path / "pipe.nc"))


def test_no_whole_year(tmp_path):
    write(tmp_path / "soil.nc", ground("2001-02-10", "2001-12-01"))
    message = only(refused(tmp_path / "soil.nc"))
    assert "no complete year" in message and "2001-02 to 2001-11" in message


def test_a_single_record(tmp_path, soil):
    write(tmp_path / "soil.nc", Ground(soil.time[:1], soil.celsius[:1]))
    assert "single record" in only(refused(tmp_path / "soil.nc"))
    write(tmp_path / "none.nc", Ground(soil.time[:0], soil.celsius[:0]))
    assert "no records" in only(refused(tmp_path / "none.nc"))


def test_means_of_years_are_no_extremes(tmp_path, soil):
    years = np.arange("2001", "2004", dtype="datetime64[Y]").astype("datetime64[D]")
    write(tmp_path / "soil.nc", Ground(years, soil.celsius[:3]))
    assert "no maximum and minimum (found yearly values)" in only(refused(tmp_path / "soil.nc"))
    with pytest.raises(ValueError, match="no complete year from"):
        permafrost_of_profiles(years, soil.celsius[:3] + ZERO, DEPTH)


@pytest.mark.parametrize(
    ("times", "shape", "depth", "words"),
    [
        (slice(None), (5,), DEPTH, "need temperature"),
        (slice(1), (1, 5, 2), DEPTH, "at least two times"),
        (slice(None, None, -1), (730, 5, 2), DEPTH, "in increasing order"),
        (slice(None), (730, 4), DEPTH, "4 depths"),
        (slice(200), (200, 5), DEPTH, "no complete year"),
    ],
)
def test_bad_arrays(soil, times, shape, depth, words):
    with pytest.raises(ValueError, match=words):
        permafrost_of_profiles(soil.time[times], np.full(shape, ZERO), depth)


def test_bad_years(tmp_path):
    maximum = np.full((2, DEPTH.size, 3), ZERO)
    write_extremes(tmp_path / "region.nc", maximum, maximum, [2001, -5])
    assert "not a calendar year" in only(refused(tmp_path / "region.nc"))
    write_extremes(tmp_path / "region.nc", maximum, maximum, [2002, 2001])
    assert "time does not increase" in only(refused(tmp_path / "region.nc"))

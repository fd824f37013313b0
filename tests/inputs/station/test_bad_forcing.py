"""What is wrong with descriptions, times and values is said once, for all, and nothing is guessed."""

from dataclasses import replace

import netCDF4
import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.inputs.observed.series import read_observations
from lsmcal.inputs.station.read import read_forcing
from lsmcal.inputs.station.spec import ForcingSpec, ObservationSpec, ObservedColumn, SourceColumn
from tests.inputs.station.test_csv import COLUMNS, rows, write
from tests.inputs.station.test_netcdf import make


@pytest.fixture
def spec(tmp_path):
    return write(tmp_path / "met.csv", rows())


def complaints(read, spec):
    with pytest.raises(InputError) as caught:
        read(spec)
    return caught.value.problems


def the_complaint(spec, read=read_forcing):
    (problem,) = complaints(read, spec)
    return str(problem)


def change(tmp_path, record, column, text):
    records = rows()
    records[record][column] = text
    return write(tmp_path / "met.csv", records)


@pytest.mark.parametrize(
    ("column", "text", "role", "found"),
    [
        (1, "nan", "air_temperature", "nan"),
        (1, "inf", "air_temperature", "inf"),
        (1, "-9999", "air_temperature", "nan"),
        (2, "180", "relative_humidity", "1.8 1"),
        (3, "58", "air_pressure", "5800 Pa"),
        (4, "-21", "shortwave", "-21 W m-2"),
        (4, "1700", "shortwave", "1700 W m-2"),
        (5, "0", "longwave", "0 W m-2"),
        (6, "-0.1", "precipitation", "-9.25926e-06 kg m-2 s-1"),
        (7, "-0.5", "wind_speed", "-0.5 m s-1"),
    ],
)
def test_one_bad_value_is_named_with_line_and_value(tmp_path, column, text, role, found):
    problem = the_complaint(change(tmp_path, 9, column, text))
    assert f"met.csv: {role}: " in problem and "2016-02-28T03:00 (line 11)" in problem
    assert f"(found {found})" in problem and "expected" in problem


@pytest.mark.parametrize(("column", "text"), [(4, "-19"), (6, "-0.003"), (7, "-0.005"), (2, "112")])
def test_noise_of_an_instrument_is_no_fault(tmp_path, column, text):
    assert len(read_forcing(change(tmp_path, 9, column, text))) == 32


def test_all_of_a_file_s_faults_come_at_once_with_the_description_s(tmp_path):
    records = rows()
    records[3][1], records[5][4], records[6][6] = "nan", "-300", "-4"
    records[11] = list(records[10])
    del records[25]
    spec = write(tmp_path / "met.csv", records)
    few = {role: column for role, column in COLUMNS.items() if role != "longwave"}
    spec = replace(spec, columns={**few, "air_pressure": SourceColumn("p", "hPaa")}, target_step=7200.0)
    found = {problem.variable: problem for problem in complaints(read_forcing, spec) if problem.variable != "time"}
    assert set(found) == {"air_temperature", "shortwave", "precipitation", "longwave", "air_pressure", "target_step"}
    assert "nearest: hPa" in found["air_pressure"].expected
    times = [p.message for p in complaints(read_forcing, spec) if p.variable == "time"]
    assert times == ["duplicate time", "gap in time (and 1 more)"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": "29.2.2016"}, "start: cannot be read"),
        ({"start": "2016-02-28", "end": "2016-02-27"}, "the period is empty"),
        ({"step": -5.0}, "step: must be positive"),
        ({"target_step": -10800.0}, "target_step: must be positive"),
        ({"target_step": 10800.5}, "the step does not match"),
        ({"constants": {"wind": 3.0}}, "wind: unknown forcing variable"),
        ({"constants": {"longwave": 3.0}}, "longwave out of range"),
        ({"end": "2016-03-02T03:00"}, "the forcing ends too early"),
    ],
)
def test_a_description_that_cannot_be_followed(spec, changes, message):
    assert message in the_complaint(replace(spec, **changes))


def stamped(tmp_path, form, **changes):
    records = rows()
    for record in records:
        record[0] = form(record[0])
    return replace(write(tmp_path / "met.csv", records), **changes)


@pytest.mark.parametrize(
    ("suffix", "zone", "other"), [("Z", 0.0, 8.0), (":00+08:00", 8.0, 0.0), (":00-03:30", -3.5, 3.5)]
)
def test_offsets_in_the_stamps_must_be_those_of_the_case(tmp_path, suffix, zone, other):
    def form(text):
        return text + (":00Z" if suffix == "Z" else suffix)

    plain = read_forcing(replace(write(tmp_path / "plain.csv", rows()), time_zone_hours=zone))
    told = read_forcing(stamped(tmp_path, form, time_zone_hours=zone))
    assert np.array_equal(plain.time, told.time)
    problem = the_complaint(stamped(tmp_path, form, time_zone_hours=other))
    assert f"time_zone_hours = {zone:g} instead of {other:g}" in problem and "line 2" in problem


def test_offsets_by_a_format_and_stamps_without_dashes(tmp_path):
    read = read_forcing(stamped(tmp_path, lambda text: text.replace("-", "")))
    assert str(read.time[8]) == "2016-02-28T00:00:00"
    spec = stamped(tmp_path, lambda text: text + " +0100", time_format="%Y-%m-%dT%H %z")
    assert "time_zone_hours = 1 instead of 0" in the_complaint(spec)
    assert str(read_forcing(replace(spec, time_zone_hours=1.0)).time[0]) == "2016-02-26T23:00:00"


def test_a_column_name_that_occurs_twice_is_refused_only_where_it_is_wanted(tmp_path):
    records = [[*row, "9"] for row in rows()]
    twice = write(tmp_path / "met.csv", records, "time,ta,rh,p,sw,lw,pr,u,ta")
    assert "duplicate column" in the_complaint(twice)
    unused = write(tmp_path / "met.csv", [[*row, "8"] for row in records], "time,ta,rh,p,sw,lw,pr,u,x,x")
    assert len(read_forcing(unused)) == 32


def test_too_short_for_one_step_of_the_model(tmp_path):
    spec = replace(write(tmp_path / "met.csv", rows()[:7]), target_step=86400.0)
    assert "is shorter than one step" in the_complaint(spec)


def test_minimum_above_the_maximum(tmp_path):
    records = [[*row, "-9", "-1"] for row in rows()]
    records[4][8:] = ["-1", "-9"]
    spec = write(tmp_path / "met.csv", records, "time,ta,rh,p,sw,lw,pr,u,lo,hi")
    extremes = {
        "air_temperature_minimum": SourceColumn("lo", "degC"),
        "air_temperature_maximum": SourceColumn("hi", "degC"),
    }
    spec = replace(spec, columns={**COLUMNS, **extremes})
    problem = the_complaint(spec)
    assert "above the maximum in 1 records" in problem and "line 6" in problem
    records[4][8:] = ["-4.5", "-5"]
    write(tmp_path / "met.csv", records, "time,ta,rh,p,sw,lw,pr,u,lo,hi")
    assert read_forcing(spec).attributes["crossed_extremes"].startswith("1 records")


def test_snow_or_rain_beside_the_total(tmp_path):
    records = [[*row, part] for row, part in zip(rows(), ["0.1", "0"] * 16, strict=True)]
    spec = write(tmp_path / "met.csv", records, "time,ta,rh,p,sw,lw,pr,u,part")
    for role, shares in (("snowfall", [1 / 3, 0.0]), ("rainfall", [2 / 3, 1.0])):
        forcing = read_forcing(replace(spec, columns={**COLUMNS, role: SourceColumn("part", "mm")}))
        assert forcing.values["snow_fraction"][:2] == pytest.approx(shares), role
        assert forcing.values["precipitation"] == pytest.approx(0.3 / 10800)


def test_rain_alone_is_said_to_be_all(tmp_path):
    columns = {role: column for role, column in COLUMNS.items() if role != "precipitation"}
    spec = write(tmp_path / "met.csv", rows())
    forcing = read_forcing(replace(spec, columns={**columns, "rainfall": SourceColumn("pr", "mm")}))
    assert np.all(forcing.values["snow_fraction"] == 0.0)
    assert "all precipitation is rain" in forcing.attributes["assumed_snowfall"]


def test_a_point_far_from_the_site_is_refused_and_a_near_one_said(tmp_path):
    spec = make(tmp_path / "met.nc")
    assert "latitude 33, longitude 92" in read_forcing(spec).attributes["grid_point"]
    assert "24 km" in read_forcing(spec).attributes["grid_point"]
    assert "no point near the site" in the_complaint(replace(spec, longitude=-91.9))
    assert "grid_point" in read_forcing(replace(spec, longitude=91.9 - 360.0)).attributes


@pytest.mark.parametrize("units", ["months since 2000-01-01", "days since the flood"])
def test_times_of_netcdf_that_cannot_be_decoded(tmp_path, units):
    assert "cannot be decoded" in the_complaint(make(tmp_path / "met.nc", units=units))


def test_netcdf_variables_that_are_no_series_of_numbers(tmp_path):
    spec = make(tmp_path / "met.nc")
    with netCDF4.Dataset(spec.file, "a") as data:
        data.createVariable("word", str, ("time",)).units = "K"
    for column, message in (("word", "is not numeric"), ("lat", "does not depend on time")):
        found = complaints(read_forcing, replace(spec, columns={"air_temperature": SourceColumn(column, "K")}))
        assert message in str(found[0])
    assert "no time variable" in the_complaint(replace(spec, time_column="lat"))


def observed(tmp_path, text, **changes):
    (tmp_path / "obs.csv").write_text(text)
    columns = (ObservedColumn("ts", "soil_temperature", 0.1, "degC"),)
    return ObservationSpec(tmp_path / "obs.csv", columns, **changes)


@pytest.mark.parametrize(
    ("text", "changes", "message"),
    [
        ("time,ts\n", {}, "no records"),
        ("time,ts\n2016-01-01,3\n", {}, "the step cannot be derived"),
        ("time,ts\n2016-01-01,3\n2016-01-02,3\n", {"step": -1.0}, "must not be negative"),
        ("time,ts\n2016-01-01,3\n2016-01-02,3\n", {"start": "2018-01-01"}, "no record in the period"),
        ("time,ts\n2016-01-01,3\n2016-01-02,3\n", {"start": "x"}, "start: cannot be read"),
        ("time,ts\n2016-01-01T00+05,3\n2016-01-02T00+05,3\n", {}, "time_zone_hours = 5"),
        ("time,ts\n2016-01-01,3\n2016-01-02,300\n", {}, "out of range"),
        ("time,ts\n2016-01-01,3\n2016-01-02,x\n", {}, "not a number at line 3"),
        ("time,t\n2016-01-01,3\n2016-01-02,x\n", {}, "column 'ts' not found"),
    ],
)
def test_observations_that_cannot_be_used(tmp_path, text, changes, message):
    assert message in the_complaint(observed(tmp_path, text, **changes), read_observations)


def test_a_cell_below_zero(tmp_path):
    path = tmp_path / "cells.nc"
    with netCDF4.Dataset(path, "w") as data:
        data.createDimension("time", 8)
        data.createDimension("cell", 3)
        time = data.createVariable("time", "f8", ("time",))
        time.units, time[:] = "hours since 2016-01-01", 3.0 * np.arange(8)
        tas = data.createVariable("tas", "f4", ("time", "cell"))
        tas.units, tas[:] = "K", 270.0
    spec = ForcingSpec("netcdf", path, {"air_temperature": SourceColumn("tas")}, cell=-1)
    assert "cell index is negative" in str(complaints(read_forcing, spec)[0])

"""What can be wrong with gridded forcing: all of it is found, each with file, time, cell and value."""

import os
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.forcing_files import CMFD, part, weather, write_cmfd, write_era5_land
from lsmcal.core.errors import InputError
from lsmcal.inputs.gridded.protocol import Places
from lsmcal.inputs.gridded.source import open_gridded
from lsmcal.inputs.gridded.spec import GriddedSpec
from lsmcal.inputs.station.spec import SourceColumn
from tests.inputs.cmfd_files import LATITUDE, LONGITUDE, change, file_of, make, places, problems


def test_everything_wrong_with_the_files_is_said_at_once(tmp_path):
    source, spec = make(tmp_path)
    whole = file_of(tmp_path, "air_pressure", "197912").read_bytes()
    file_of(tmp_path, "air_pressure", "197912").write_bytes(whole[: len(whole) // 2])
    change(file_of(tmp_path, "wind_speed", "198001"), lambda data: data["wind"].setncattr("units", "furlongs"))
    for label in ("197912", "198001"):
        file_of(tmp_path, "longwave", label).unlink()
    path = file_of(tmp_path, "air_temperature", "198001")
    change(path, lambda data: data["lat"].__setitem__(slice(None), LATITUDE + 3))
    cells = places(source)
    cells.latitude[0] = 10.0
    text = str(InputError(problems(spec, cells, read=False)))
    for part_of_it in (
        "pres_CMFD_V0106_B-01_03hr_010deg_197912.nc: cannot be opened as NetCDF",
        "wind_CMFD_V0106_B-01_03hr_010deg_198001.nc: wind_speed: unknown unit for a speed at wind (found furlongs)",
        "longwave: missing variable; expected longwave (variable lrad)",
        "temp_CMFD_V0106_B-01_03hr_010deg_198001.nc: latitude, longitude: is on another grid",
        "1 cell without forcing at cell 0 (10 N, 90.05 E)",
    ):
        assert part_of_it in text, text
    assert text.startswith("5 problems")  # and not the gaps that the refused files leave


def test_a_classic_file_cut_short_is_not_read_as_zeros(tmp_path):
    source, spec = make(tmp_path, kind="NETCDF3_CLASSIC")
    path = file_of(tmp_path, "shortwave", "198001")
    os.truncate(path, path.stat().st_size - 200)
    found = problems(spec, places(source), read=False)
    assert found[0].message == "the file is truncated" and found[0].source == str(path)


def test_damage_inside_a_file_is_found_on_reading(tmp_path):
    source, spec = make(tmp_path, end="1980-02-04", zlib=True, chunksizes=(8, 5, 7))
    path = file_of(tmp_path, "air_temperature", "198001")
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 400] = bytes(400)
    path.write_bytes(raw)
    found = problems(spec, places(source))
    assert found[0].source == str(path) and "cannot be read" in found[0].message
    assert found[0].variable == "temp" and found[0].where.startswith("1980-01-01T00:00:00 to")


@pytest.mark.parametrize(
    "stamps, message, where",
    [
        (lambda hours: hours + 3.0, "gap in time", "1980-01-01T03:00"),
        (lambda hours: hours - 3.0, "duplicate time", "1979-12-31T21:00"),
        (lambda hours: hours - 6.0, "times are not in order", "1979-12-31T18:00"),
        (lambda hours: hours[[0, 2, 1, *range(3, 24)]], "times are not in order", "1980-01-01T03:00"),
        (lambda hours: np.maximum(hours, hours[1]), "duplicate time", "1980-01-01T03:00"),
    ],
)
def test_times_between_and_within_files(tmp_path, stamps, message, where):
    source, spec = make(tmp_path)
    path = file_of(tmp_path, "air_temperature", "198001")
    change(path, lambda data: data["time"].__setitem__(slice(None), stamps(data["time"][:])))
    found = {problem.message.split(" (")[0]: problem for problem in problems(spec, places(source), read=False)}
    assert found[message].where == f"{where} in {path.name}"


@pytest.mark.parametrize("value", [np.nan, np.inf, 9.969209968386869e36])
@pytest.mark.parametrize("record", [0, 5])
def test_times_that_are_none(tmp_path, value, record):
    source, spec = make(tmp_path)
    path = file_of(tmp_path, "air_temperature", "198001")
    change(path, lambda data: data["time"].__setitem__(record, value))
    found = problems(spec, places(source), read=False)
    assert [(one.message, one.where) for one in found] == [("missing time", f"index {record}")], found


@pytest.mark.parametrize("value", [1e30, 1e15, -1e15])
def test_times_beyond_any_calendar(tmp_path, value):
    source, spec = make(tmp_path)
    path = file_of(tmp_path, "air_temperature", "198001")
    change(path, lambda data: data["time"].__setitem__(0, value))
    assert problems(spec, places(source), read=False)[0].message.startswith("cannot be decoded")


def test_axes_that_differ_between_variables(tmp_path):
    source, spec = make(tmp_path)
    file_of(tmp_path, "wind_speed", "198001").unlink()
    change(file_of(tmp_path, "longwave", "198001"), lambda data: data["time"].setncattr("calendar", "noleap"))
    found = problems(spec, places(source), read=False)
    assert "calendars differ" in [p.message for p in found]
    change(file_of(tmp_path, "longwave", "198001"), lambda data: data["time"].setncattr("calendar", "standard"))
    found = problems(spec, places(source), read=False)
    assert [p.message for p in found] == ["the time axis differs from that of air_temperature"]
    assert found[0].where == "1980-01-01T00:00:00" and "wind (wind_speed)" in found[0].source
    assert found[0].value.startswith("32 steps") and found[0].expected.startswith("56 steps")
    # the period wanted may be one that all of them cover
    assert open_gridded(replace(spec, end="1979-12-31"), places(source)).time.size == 32


def test_one_step_too_few_is_another_axis(tmp_path):
    source, spec = make(tmp_path)
    path = file_of(tmp_path, "wind_speed", "198001")
    path.unlink()
    (tmp_path / "short").mkdir()
    write_cmfd(part(source, 32, 55), tmp_path / "short")
    os.replace(file_of(tmp_path / "short", "wind_speed", "198001"), path)
    spec = replace(spec, files=("*_03hr_*.nc",))
    found = problems(spec, places(source), read=False)
    assert len(found) == 1 and found[0].where == "1980-01-03T21:00:00" and "wind_speed" in found[0].source


def test_forcing_shorter_than_asked(tmp_path):
    source, spec = make(tmp_path)
    found = problems(replace(spec, start="1979-01-01", end="1990-12-31"), places(source), read=False)
    messages = {p.message for p in found}
    assert messages == {"the forcing begins too late", "the forcing ends too early"}
    assert len(found) == 2 and "and 6 more variables" in found[0].source
    assert {p.where for p in found} == {"1979-12-28T00:00:00", "1980-01-04T00:00:00"}


def test_missing_and_impossible_values_name_file_time_and_cell(tmp_path):
    source, spec = make(tmp_path)

    def damage(name, record, row, column, value):
        role = next(role for role, entry in CMFD.items() if entry[0] == name)
        change(file_of(tmp_path, role, "198001"), lambda data: data[name].__setitem__((record, row, column), value))

    damage("temp", 3, 1, 2, -32767)
    damage("temp", 5, 4, 4, -32767)
    damage("temp", 6, 0, 0, -11000)  # 163 K
    damage("srad", 2, 0, 1, 4000)  # 1685 W m-2
    found = {(p.variable, p.message.split(" (")[0]): p for p in problems(spec, places(source))}
    assert len(found) == 3
    lost = found["temp (air_temperature)", "1 missing or non-finite values"]
    assert lost.where == "1980-01-01T09:00, cell 9 (33.15 N, 90.25 E)" and "(2 values in 2 cells)" in lost.message
    assert lost.source.endswith("temp_CMFD_V0106_B-01_03hr_010deg_198001.nc") and lost.value == "nan"
    cold = found["temp (air_temperature)", "air temperature out of range"]
    assert cold.where == "1980-01-01T18:00, cell 0 (33.05 N, 90.05 E)" and cold.value == "163.15 K"
    assert cold.expected == "170 to 340 K"
    assert found["srad (shortwave)", "shortwave out of range"].value == "1685 W m-2"


def test_a_unit_mistake_is_guessed(tmp_path):
    source, spec = make(tmp_path)
    for label in ("197912", "198001"):
        change(file_of(tmp_path, "air_temperature", label), lambda data: data["temp"].setncattr("add_offset", 0.0))
    found = problems(spec, places(source))
    assert found[0].message.startswith("looks like degC, but was read as 'K'")


@pytest.mark.parametrize("accumulated, found", [("step", "sums over the step"), ("day", "sums since 00 UTC")])
def test_sums_of_another_kind(tmp_path, accumulated, found):
    hourly = weather(LONGITUDE[:2], LATITUDE[:2], "1980-06-29T23:00", "1980-07-02", 3600.0)
    write_era5_land(hourly, tmp_path)
    spec = GriddedSpec("era5-land", tmp_path, accumulated=accumulated)
    if accumulated == "day":  # amounts of the step, read as sums of the day
        for path in tmp_path.glob("*.nc"):
            change(path, lambda data: data["ssrd"].__setitem__(..., np.diff(data["ssrd"][:], axis=0, prepend=0.0)))
    said = [problem for problem in problems(spec, places(hourly)) if "ssrd" in problem.variable]
    assert len(said) == 1 and found in said[0].expected and "1500 W m-2" in said[0].expected


def test_a_wrong_description(tmp_path):
    source, spec = make(tmp_path)
    wrong = replace(
        spec, stamp="begin", stamps={"precipitation": "late"}, lapse="dry", target_step=-1.0, accumulated="week"
    )
    assert {p.variable for p in problems(wrong, places(source), False)} == {
        "stamp",
        "stamps.precipitation",
        "lapse",
        "target_step",
        "accumulated",
    }
    columns = {"air_temp": SourceColumn("temp"), "wind_speed": SourceColumn("ff")}
    found = problems(replace(spec, columns=columns), places(source), False)
    assert "unknown forcing variable" in found[0].message and "'ff' is in no file" in found[1].message
    assert problems(replace(spec, target_step=7200.0), places(source), False)[0].variable == "target_step"
    assert "no forcing files" in problems(replace(spec, files=("*.grb",)), places(source), False)[0].message
    missing = replace(spec, folder=tmp_path / "nowhere")
    assert problems(missing, places(source), False)[0].message == "folder not found"


def test_cells_it_was_not_opened_for(tmp_path):
    source, spec = make(tmp_path)
    forcing = open_gridded(spec, places(source))
    with pytest.raises(InputError, match="2 cells without forcing .found 35"):
        forcing.read(np.array([3, 35, 99]), 0, 1)


def test_identity_follows_files_and_settings(tmp_path):
    source, spec = make(tmp_path)
    first = open_gridded(spec, places(source)).identity()
    assert open_gridded(spec, places(source)).identity() == first
    assert open_gridded(replace(spec, missing=()), places(source)).identity()["settings"] != first["settings"]
    change(file_of(tmp_path, "wind_speed", "198001"), lambda data: data["wind"].__setitem__((0, 0, 0), -29000))
    assert open_gridded(spec, places(source)).identity()["files"] != first["files"]


def test_cells_without_forcing(tmp_path):
    source, spec = make(tmp_path)
    cells = places(source)
    cells.longitude[[20, 27]] += 0.3
    found = problems(spec, cells, read=False)
    assert len(found) == 1 and found[0].message == "2 cells without forcing"  # 20 and 27 end a row
    assert "cell 20 (33.25 N, 90.95 E)" in found[0].where and "0.05 degrees" in found[0].expected
    assert "27.9 km away" in found[0].value
    assert open_gridded(replace(spec, within=0.4), cells).time.size == 56
    cells.longitude[:] += 40.0
    assert problems(spec, cells, read=False)[0].message == "no cell has a forcing point within reach"
    nobody = Places(*(np.zeros(0) for _ in range(4)))
    assert "no cells" in problems(spec, nobody, read=False)[0].message


def test_lapse_without_elevations(tmp_path):
    source, spec = make(tmp_path)
    assert problems(replace(spec, lapse="constant"), places(source), False)[0].variable == "elevation"
    found = problems(replace(spec, lapse="constant"), places(source, 4500.0), False)
    assert found[0].message == "no elevation of the forcing points" and "elevation_file" in found[0].expected

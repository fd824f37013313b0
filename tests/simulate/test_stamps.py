"""Weather with stamps in the middle of intervals: packed, checked and run as that with stamps at their starts."""

import shutil

import netCDF4
import numpy as np
import pytest

from benchmarks.forcing_files import weather, write_cmfd
from lsmcal.core import calendars
from lsmcal.inputs.gridded.packed import PackedForcing
from tests.region_cases import case_of_files, told, typed

#: Days and chosen cells, so that records and phenology are compared too.
SERIES = ("--set", 'run.series="daily"', "--set", "run.cells=[[90.45, 33.05]]")


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """A case run on stamps at the start of their intervals; its results."""
    folder = case_of_files(tmp_path_factory.mktemp("start"))
    typed("domain", folder)
    typed("forcing", "pack", folder, "-q")
    typed("run", folder, "-q", *SERIES)
    return folder


def _middle(started, tmp_path):
    """The same maps and weather, of which the stamps are said to stand in the middle."""
    folder = tmp_path / "middle"
    shutil.copytree(started, folder, ignore=shutil.ignore_patterns("output"))
    text = (folder / "case.toml").read_text()
    (folder / "case.toml").write_text(text.replace('format = "cmfd"', 'format = "cmfd"\nstamp = "middle"'))
    return folder


def _values(path):
    with netCDF4.Dataset(path) as data:
        data.set_auto_mask(False)
        return {name: variable[:] for name, variable in data.variables.items()}


def _same(one, other):
    for name in ("region.nc", "series.nc"):
        first, second = (_values(folder / "output" / name) for folder in (one, other))
        assert first.keys() == second.keys()
        for key, values in first.items():
            np.testing.assert_array_equal(second[key], values, err_msg=f"{name} {key}")


def test_a_year_of_middle_stamps_is_checked_packed_and_run_with_the_same_numbers(started, tmp_path):
    folder = _middle(started, tmp_path)
    assert "not packed yet" in told("check", folder)
    typed("forcing", "pack", folder, "-q")
    packed = PackedForcing(folder / "output" / "forcing")
    assert str(packed.time[0]) == "1979-12-31T22:30:00" and packed.time.size == 366 * 8
    assert [path.name for path in sorted((folder / "output" / "forcing").glob("*.bin"))] == ["1980.bin"]
    assert "1979-12-31T22:30:00 to 1980-12-31T19:30:00" in typed("check", folder).stdout
    typed("run", folder, "-q", *SERIES)
    _same(started, folder)


def test_days_wanted_of_middle_stamps_are_those_of_their_middles(started, tmp_path):
    folder = _middle(started, tmp_path)
    limits = ("--set", "forcing.start=1980-01-01", "--set", "forcing.end=1980-12-31")
    typed("forcing", "pack", folder, "-q", *limits)
    assert PackedForcing(folder / "output" / "forcing").time.size == 366 * 8
    assert "lies outside the forcing" in told("check", folder, "--set", "run.years=[1980, 1981]")
    typed("check", folder)


def test_hours_with_middle_stamps_make_whole_days(started, tmp_path):
    folder = _middle(started, tmp_path)
    shutil.rmtree(folder / "weather")
    (folder / "weather").mkdir()
    source = weather(90.05 + 0.1 * np.arange(7), 33.05 + 0.1 * np.arange(3), "1980-01-01", "1981-01-01", 3600.0)
    write_cmfd(source, folder / "weather", unit="Y")
    typed("forcing", "pack", folder, "-q")
    packed = PackedForcing(folder / "output" / "forcing")
    assert str(packed.time[0]) == "1979-12-31T23:30:00" and packed.time.size == 366 * 8
    typed("check", folder)


def test_a_folder_packed_in_calendar_years_of_starts_still_serves(started, tmp_path, monkeypatch):
    folder = _middle(started, tmp_path)
    with monkeypatch.context() as before:  # as it was done once
        before.setattr(calendars, "nominal_start", lambda time, step, calendar: time)
        typed("forcing", "pack", folder, "-q")
    names = [path.name for path in sorted((folder / "output" / "forcing").glob("*.bin"))]
    assert names == ["1979.bin", "1980.bin"]
    typed("forcing", "pack", folder, "-q")  # complete: taken as it is
    typed("run", folder, "-q", *SERIES)
    _same(started, folder)
    (folder / "output" / "forcing" / "1979.bin").unlink()  # years that would overlap are not mixed
    typed("forcing", "pack", folder, "-q")
    assert [path.name for path in (folder / "output" / "forcing").glob("*.bin")] == ["1980.bin"]
    assert "2928 steps" in typed("forcing", "verify", folder / "output" / "forcing").stdout
    typed("check", folder)

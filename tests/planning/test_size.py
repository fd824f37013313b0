"""Steps, memory and disk that a case implies, before anything is allocated."""

import pytest

from lsmcal.campaign import run_stage
from lsmcal.case import case_of, load_case
from lsmcal.checking.case import check_file
from lsmcal.core import memory
from lsmcal.core.errors import InputError, Problems
from lsmcal.inputs.station.read import read_forcing
from lsmcal.planning import size
from tests.case.test_load import SMALL, TWIN, refused

ONE_YEAR = SMALL.replace("[2001, 2002]", "[2001, 2001]")


@pytest.fixture
def path(tmp_path):
    (tmp_path / "case.toml").write_text(ONE_YEAR)
    return tmp_path / "case.toml"


def of(path, *overrides):
    case = load_case(path, overrides)
    return size.size_of_site(case, read_forcing(case.forcing_spec()))


def test_what_a_site_implies(path):
    plain = of(path)
    assert plain.steps == 365 * 8 * (1 + 100)
    assert of(path, "spinup.method=none", "model.substeps=3").steps == 365 * 8 * 3
    steps = of(path, "run.output=step")
    assert 7.0 < steps.memory / plain.memory < 8.0 and 5.0 < steps.disk / plain.disk < 8.0
    fitted = of(path, *TWIN.split("; "), "calibrate.evaluations=9", "calibrate.batch=9")
    assert fitted.steps == 10 * plain.steps and fitted.memory == plain.memory
    assert of(path, *TWIN.split("; "), "calibrate.evaluations=5000", "calibrate.batch=5000").memory > 5 * plain.memory
    assert "about 7.29 MB of memory" in plain.words() and "on disk" in plain.words()


def test_check_says_it_and_refuses_what_no_memory_holds(path, monkeypatch):
    assert dict(check_file(path).summary())["size"].startswith("at most 2.95e+05 steps of a column")
    monkeypatch.setattr(memory, "physical_memory", lambda: 5e6)
    (line,) = refused(check_file, path)
    assert "run, calibrate.batch: the case would need about" in line and "less than the 5 MB of this machine" in line


def test_a_disk_without_room_is_noted(path, monkeypatch):
    case = load_case(path)
    assert size.check_size(case, size.Size(1.0, 1.0, 1.0), Problems()) == ""
    note = size.check_size(case, size.Size(1.0, 1.0, 1e30), Problems())
    assert note.startswith("the results need about 1e+12 EB; the disk has") and note.endswith("free")


def test_weather_that_no_memory_holds_is_not_made(path):
    (line,) = refused(check_file, path, ["forcing.years=[1001, 2000]", "forcing.target_step=1"])
    assert "generated weather of 31,622,400,000 steps would need about 7.59 TB of memory" in line


@pytest.mark.parametrize("cells", [10_000_000, 20_000_000])
def test_cells_that_no_memory_holds_are_not_made(cells, monkeypatch):
    monkeypatch.setattr(memory, "physical_memory", lambda: 1.6e10)
    with pytest.raises(InputError, match="region.cells: (10,000,000 cells would need|is out of range)"):
        case_of({"region": {"source": "plateau", "cells": cells}})


def test_a_grid_that_no_memory_holds(monkeypatch):
    monkeypatch.setattr(memory, "physical_memory", lambda: 1.6e10)
    domain = {"bounds": [-180.0, 180.0, -90.0, 90.0], "resolution": 0.001}
    maps = {"elevation": {"file": "a.nc"}, "vegetation": {"class": 7}, "soil": {"class": 3}}
    with pytest.raises(InputError, match=r"domain.resolution: a grid of 6.48e\+10 cells would need about 20.7 TB"):
        case_of({"region": {"file": "a.nc"}, "forcing": {"format": "packed", "folder": "a"}, "domain": domain | maps})


@pytest.mark.parametrize("verb", [run_stage, lambda case: check_file(case.file)])
def test_a_region_that_no_memory_holds_is_not_begun(tmp_path, monkeypatch, verb):
    text = '[region]\nsource = "plateau"\ncells = 50\n[run]\nyears = [1980, 1981]\n[spinup]\nyears = [1979, 1979]\n'
    (tmp_path / "case.toml").write_text(text)
    monkeypatch.setattr(memory, "physical_memory", lambda: 2e5)
    with pytest.raises(InputError, match=r"region, run: the case would need about .* less than the 200 kB"):
        verb(load_case(tmp_path / "case.toml"))
    assert not (tmp_path / "output").exists()

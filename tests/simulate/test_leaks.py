"""What the scheme gives and takes without a cause is summed by year, and said above its limits."""

import logging

import numpy as np
import pytest
from netCDF4 import Dataset

from lsmcal.campaign import run_stage
from lsmcal.case import case_of
from lsmcal.simulate.leaks import find_leaks, leaks_of_file, say_leaks, water_leak, why_flagged

GRAVEL = {
    "site": {
        "latitude": 35.2,
        "longitude": 93.1,
        "elevation": 4720.0,
        "soil": "gravel",
        "vegetation": "grassland",
        "cover": "dense",
        "tbot": 272.4,
    },
    "grid": {"thickness": [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.8, 2.0]},
    "forcing": {
        "format": "generator",
        "years": [2001, 2002],
        "seed": 7,
        "climate": {"mean_temperature": 274.0, "annual_range": 23.0, "precipitation": 1200.0},
    },
    "run": {"start": "2001-01-01", "end": "2002-12-31", "output": "none"},
    "spinup": {"method": "fixed", "cycles": 1, "years": [2001, 2001]},
}


def run(folder, **changes):
    case = case_of(GRAVEL | {"case": {"name": "gravel", "output": str(folder)}} | changes)
    return run_stage(case)[0]


@pytest.fixture(scope="module")
def clipped(tmp_path_factory):
    return run(tmp_path_factory.mktemp("clipped"), model={"soil_water": "clipped"})


def test_gravel_that_makes_water_is_said(clipped, caplog):
    found = {one.leak.name: one for one in leaks_of_file(clipped)}
    assert found["water_created"].value > 1000.0 and found["water_created"].exceeds
    with Dataset(clipped) as file:
        yearly = file["annual_water_created"][:]
        assert file.worst_year_water_created == yearly.max() == found["water_created"].value
        known = (file["ledger_water_known"][:] * 365.0 * 86400.0)[1]
    # what the ledger knows of is what was created, less what was lost
    assert yearly[1] == pytest.approx(known, rel=1e-6)
    with caplog.at_level(logging.WARNING, "lsmcal"):
        say_leaks(list(found.values()), "run.nc")
    assert "run.nc: soil water created from nothing: up to" in caplog.text and "mm a year" in caplog.text


def test_conserved_soil_water_has_nothing_to_say(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "lsmcal"):
        found = {one.leak.name: one for one in leaks_of_file(run(tmp_path, model={"soil_water": "conserved"}))}
    assert found["water_created"].value < 1e-6 and found["ice_lost_heat"].value == 0.0
    assert "created" not in caplog.text


def test_worst_cell_and_year_and_how_many_cells():
    annual = {"water_created": np.array([[0.0, 2.0, 0.5], [3.0, 0.0, 0.9]]), "ice_lost_heat": np.zeros((2, 3))}
    created, ice = find_leaks(annual, np.array([1990, 1991]))
    assert (created.value, created.year, created.cell, created.above, created.cells) == (3.0, 1991, 0, 2, 3)
    assert "up to 3 mm a year (1991) in 2 of 3 cells" in str(created)
    assert not ice.exceeds


def test_results_of_earlier_versions_hold_no_sums():
    assert find_leaks({}, np.array([1990])) == []
    assert water_leak({}) == 0.0


def test_a_trial_above_the_limit_is_flagged():
    assert why_flagged(9.9, 10.0) == ""
    assert "57,000 mm a year, above model.leak_limit = 10 mm" in why_flagged(57000.0, 10.0)


def test_a_surface_hotter_or_colder_than_any_on_earth_is_said():
    hot, *_ = find_leaks({"temperature_excess": np.array([0.0, 58.0])}, np.array([1990, 1991]))
    assert hot.exceeds and "up to 58 K (1991)" in str(hot)
    sound, *_ = find_leaks({"temperature_excess": np.zeros(2)}, np.array([1990, 1991]))
    assert not sound.exceeds

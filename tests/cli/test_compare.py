"""``lsmcal compare``: what of two results it finds the same and what not, and what it refuses."""

import json
import re
import shutil

import netCDF4
import numpy as np
import pytest

from tests.region_cases import told, typed


def rows(*words):
    """What compare prints as JSON, by variable."""
    return {row["variable"]: row for row in json.loads(typed("compare", *words, "--json").stdout)}


@pytest.mark.parametrize("name", ["region.nc", "series.nc", "equilibrium"])
def test_a_result_of_a_region_is_the_same_as_itself(region, name):
    (path,) = (region[0] / "output").glob(f"{name}*")
    found = rows(path, path)
    assert len(found) > 15 and all(row["identical"] and row["largest"] in (0.0, None) for row in found.values())
    table = typed("compare", path, path).stdout
    assert all(re.search(rf"{variable} .*same", table) for variable in found)


def change(source, target, edit):
    """A copy of a NetCDF file, edited."""
    shutil.copy(source, target)
    with netCDF4.Dataset(target, "a") as data:
        edit(data)
    return target


def test_a_changed_cell_and_year_is_found(region, tmp_path):
    source = region[0] / "output" / "region.nc"

    def warm(data):
        data["annual_temperature_mean"][1, 3, 7] += 2.0

    found = rows(source, change(source, tmp_path / "warm.nc", warm))
    changed = found.pop("annual_temperature_mean")
    assert changed["largest"] == pytest.approx(2.0, rel=1e-5) and changed["unit"] == "K"
    assert changed["mean_difference"] == pytest.approx(2.0 / (2 * 8 * 50), rel=1e-4) and not changed["identical"]
    assert all(row["identical"] for row in found.values())


def test_cells_and_years_in_common_are_compared(region, tmp_path):
    folder = region[0]
    words = ("--set", f'case.output="{tmp_path}"', "--set", "run.years=[1979, 1979]", "-q")
    typed("run", folder, *words)
    found = rows(folder / "output" / "region.nc", tmp_path / "region.nc")
    assert found["annual_temperature_mean"]["identical"] and found["spinup_drift_water"]["identical"]

    def move(data):
        data["lon"][:] = data["lon"][:] + 0.5

    def later(data):
        data["year"][:] = data["year"][:] + 10

    source = folder / "output" / "region.nc"
    assert "have other coordinates" in told("compare", source, change(source, tmp_path / "moved.nc", move))
    assert "no common year" in told("compare", source, change(source, tmp_path / "later.nc", later))


def test_two_runs_of_a_site(site, tmp_path):
    folder = site[0]
    typed("run", folder, "-q", "--set", f'case.output="{tmp_path}"', "--set", "parameters.TBOT=0.5")
    first, second = folder / "output" / "run.nc", tmp_path / "run.nc"
    assert all(row["identical"] for row in rows(first, first).values())
    found = rows(first, second)
    with netCDF4.Dataset(first) as a, netCDF4.Dataset(second) as b:
        apart = b["soil_temperature"][:].astype(float) - a["soil_temperature"][:].astype(float)
    assert found["soil_temperature"]["mean_difference"] == pytest.approx(apart.mean(), rel=1e-9)
    assert found["soil_temperature"]["rms_difference"] == pytest.approx(np.sqrt((apart**2).mean()), rel=1e-9)
    assert found["air_temperature"]["identical"] and not found["annual_temperature_mean"]["identical"]


def test_parameter_sets(tmp_path):
    (tmp_path / "a.json").write_text('{"SBETA": -1.0, "CZIL": 0.3}')
    (tmp_path / "b.json").write_text('{"parameters": {"SBETA": -2.0, "CZIL": 0.3}}')
    plain = json.loads(typed("compare", tmp_path / "a.json", tmp_path / "b.json", "--json").stdout)
    assert plain == [{"parameter": "SBETA", "first": -1.0, "second": -2.0}]
    assert "all parameters are equal" in typed("compare", tmp_path / "a.json", tmp_path / "a.json").stdout
    assert "no such file" in told("compare", tmp_path / "a.json", tmp_path / "c.json")
    (tmp_path / "b.json").write_text("{")
    assert "b.json" in told("compare", tmp_path / "a.json", tmp_path / "b.json")


def test_evaluations(site, searched, tmp_path):
    path = site[0] / "output" / "calibration" / "evaluation.json"
    assert "all scores are equal" in typed("compare", path, path).stdout
    plain = json.loads(path.read_text())
    plain["scores"]["default"]["calibration"]["nse"][1] -= 0.25
    (tmp_path / "evaluation.json").write_text(json.dumps(plain))
    (row,) = json.loads(typed("compare", path, tmp_path / "evaluation.json", "--json").stdout)
    assert row["score"] == "default, calibration, nse, 0.8 m" and row["first"] - row["second"] == pytest.approx(0.25)
    of_region = searched[0] / "output" / "calibration" / "evaluation.json"
    assert "all scores are equal" in typed("compare", of_region, of_region).stdout
    assert "no score in common" in told("compare", path, of_region)


def test_files_of_two_kinds_and_of_none_are_refused(region, site, tmp_path):
    years, days = (region[0] / "output" / name for name in ("region.nc", "series.nc"))
    text = told("compare", years, days)
    assert "is a different kind of result" in text and "region.nc" in text and "series of cells" in text
    run = site[0] / "output" / "run.nc"
    assert "is a different kind of result" in told("compare", run, days)
    assert "is a different kind of result" in told("compare", run, site[0] / "output" / "calibration" / "best.json")
    (tmp_path / "text.nc").write_text("no NetCDF")
    text = told("compare", tmp_path / "text.nc", tmp_path / "none.nc")
    assert "2 problems" in text and "cannot be opened as NetCDF" in text and "no such file" in text
    assert "complete as lsmcal wrote it" in text
    with netCDF4.Dataset(tmp_path / "other.nc", "w") as data:
        data.createDimension("lat", 3)
    assert "is not a result that can be compared" in told("compare", tmp_path / "other.nc", run)


def test_folders_and_other_files_say_what_could_be_meant(site, tmp_path):
    folder = site[0]
    calibration, run = folder / "output" / "calibration", folder / "output" / "run.nc"
    text = told("compare", folder, run)
    assert f"{folder}: is a folder; expected a file in it, such as {run} or {calibration / 'best.json'}" in text
    assert f"{calibration / 'evaluation.json'}\n" in told("compare", run, calibration)
    assert "is a folder; expected run.nc, region.nc" in told("compare", tmp_path, run)
    text = told("compare", folder / "case.toml", calibration / "history.jsonl")
    assert "a case file cannot be compared; expected run.nc" in text and "the history of a search cannot" in text
    text = told("compare", calibration / "series.nc", calibration / "series.nc")
    assert "the series of a calibration, observed and simulated" in text and "evaluation.json beside it" in text

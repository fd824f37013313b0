"""Verbs of a region, from the command to its files: domain, forcing, check, run, calibrate, evaluate, report."""

import json
import re
import shutil

import netCDF4
import numpy as np
import pytest

from lsmcal.inputs.domain.file import read_domain
from lsmcal.search.history import load_history
from tests.cli.conftest import TRIALS
from tests.region_cases import files_of, garble, told, typed


def test_domain_says_which_cells_are_left_out(maps):
    folder, (said, _) = maps
    assert re.search(r"modelled\s+23\s", said) and re.search(r"water or ice by class\s+1\s", said)
    domain = read_domain(folder / "output" / "domain.nc")
    assert len(domain) == 23 and set(domain.vegetation) == {7, 19} and set(domain.soil[:, 0]) == {7, 9, 12}


def test_forcing_is_packed_and_damage_is_found(maps, tmp_path):
    folder, (_, said) = maps
    packed = folder / "output" / "forcing"
    assert said == f"wrote {packed}\n" and files_of(packed) == ["2000.bin", "forcing.json"]
    text = typed("forcing", "verify", packed).stdout
    assert "23 cells, 2928 steps, 3.0 MB, all checksums agree" in text
    shutil.copytree(packed, tmp_path / "copy")
    garble(tmp_path / "copy" / "2000.bin", 0.3)
    assert "1 of 1 blocks are damaged" in told("forcing", "verify", tmp_path / "copy")


def test_check_sums_a_region_up(maps):
    folder, _ = maps
    said = typed("check", folder).stdout
    assert "grassland 52 %, barren or sparsely vegetated 48 %" in said and "steps of 10800 s" in said
    assert "lies outside the forcing" in told("check", folder, "--set", "run.years=[2000, 2001]")


def test_run_of_a_region_writes_years_and_chosen_days(region):
    folder, said = region
    output = folder / "output"
    assert [line.split("/")[-1].split("-")[0] for line in said.splitlines()] == [
        "equilibrium",
        "region.nc",
        "series.nc",
    ]
    with netCDF4.Dataset(output / "region.nc") as years, netCDF4.Dataset(output / "series.nc") as days:
        mean = years["annual_temperature_mean"][:]
        assert mean.shape == (2, 8, 50) and ((230.0 < mean) & (mean < 310.0)).all()
        cell = int(np.flatnonzero(years["cell"][:] == days["cell"][0])[0])
        of_days = days["soil_temperature"][:365, :, 0].mean(axis=0, dtype=float)
        np.testing.assert_allclose(of_days, mean[0, :, cell], rtol=1e-5)


def test_run_of_one_cell_gives_its_days(region):
    folder, _ = region
    said = typed("run", folder, "-q", "--cell", "79.3,31.3").stdout
    path = said.split("wrote ")[-1].strip()
    with netCDF4.Dataset(path) as alone, netCDF4.Dataset(folder / "output" / "series.nc") as series:
        np.testing.assert_array_equal(alone["soil_temperature"][:], series["soil_temperature"][:])
    assert "is not LON,LAT" in told("run", folder, "--cell", "here")


def test_report_of_a_region_has_maps(region):
    folder, _ = region
    said = typed("report", folder).stdout
    page = folder / "output" / "report.html"
    assert said == f"wrote {page}\n" and "data:image/png;base64" in page.read_text(encoding="utf-8")
    assert any(name.endswith(".png") for name in files_of(folder / "output" / "report"))


def test_calibrate_writes_history_scores_and_maps(searched):
    folder, said = searched
    output = folder / "output" / "calibration"
    history = load_history(output / "history.jsonl")
    evaluation = json.loads((output / "evaluation.json").read_text())
    assert len(history) == TRIALS == evaluation["search"]["evaluations"]
    best = history.records[evaluation["search"]["best_trial"]].objective
    assert evaluation["search"]["best"] in (pytest.approx(best), pytest.approx(1.0 - best))
    goals = evaluation["goals"]["map 1986"]
    assert goals["calibrated"] >= goals["default"] and f"{goals['calibrated']:.3f}" in said
    assert {"maps.nc", "best.json", "ensemble.json"} <= set(files_of(output))
    assert any(name.startswith("figures/") for name in files_of(output))


def test_evaluate_of_a_region_scores_a_set_beside_the_default(searched):
    folder, _ = searched
    output = folder / "output" / "calibration"
    stored = json.loads((output / "evaluation.json").read_text())
    found = json.loads(typed("evaluate", folder, "--json", "-q", "--parameters", output / "best.json").stdout)
    (goal,) = found["goals"]
    values = list(found["goals"][goal].values())
    assert values[0] == pytest.approx(stored["goals"][goal]["default"], abs=1e-12)
    for cells in ("held-out", "all"):
        default, *_ = found["maps"][cells].values()
        assert default["kappa"] == pytest.approx(stored["maps"][cells]["default"]["kappa"])

"""Verbs that come before a run: init, check, plan."""

import json
import re

from lsmcal.case import load_case
from tests.region_cases import files_of, told, typed


def test_init_writes_cases_that_load(tmp_path):
    assert typed("init", tmp_path / "new", "--template", "generator").stdout == f"wrote {tmp_path / 'new/case.toml'}\n"
    case = load_case(tmp_path / "new")
    assert case.forcing.format == "generator" and case.observations is not None
    typed("check", tmp_path / "new")
    assert "already exists" in told("init", tmp_path / "new")
    assert files_of(tmp_path) == ["new/case.toml"]


def test_check_sums_a_site_up_and_lists_every_problem(site):
    folder, _ = site
    said = typed("check", folder).stdout
    assert "grassland (7); roots to layer 6" in said and "4 parameters, cmaes, 5 evaluations" in said
    words = ("--set", "run.end=2009-01-01", "--set", 'observations.depths="0.1"')
    text = told("check", folder, *words)
    assert "observations.depths" in text
    assert "2009" in told("check", folder, *words[:2])


def test_plan_says_what_a_site_and_a_search_cost(site):
    folder, _ = site
    (own,) = json.loads(typed("plan", folder, "--seconds", "1", "--json").stdout).values()
    stages = {stage["name"]: stage for stage in own["stages"]}
    assert list(stages) == ["run", "calibration, model"]
    # spin-up of two years and a trial of one, then 545 days
    assert stages["calibration, model"]["column_steps"] == 5 * stages["run"]["column_steps"] > 5 * 8 * 545
    table = typed("plan", folder, "--seconds", "1").stdout
    assert re.search(r"stage\s+column-steps\s+disk\s+1 core", table) and "memory per process" in table


def test_cases_and_options_that_name_such_files(tiny, tmp_path):
    folder, latin = tmp_path / "folder.csv", tmp_path / "latin.csv"
    folder.mkdir()
    latin.write_bytes("time,temperature °C\n".encode("latin-1"))
    words = ("--set", "forcing.format=csv", "--set")
    assert "forcing.file: is a folder" in told("check", tiny, *words, f"forcing.file={folder}")
    text = told("check", tiny, *words, f"forcing.file={latin}")
    assert f"{latin}: is not a text file in UTF-8" in text and "codec" not in text
    assert "is not a text file in UTF-8" in told("check", latin)
    text = told("check", tiny, "--parameters", folder)
    assert f"--parameters: is a folder (found {folder}); expected a parameter set such as best.json" in text
    assert "is not a text file in UTF-8" in told("check", tiny, "--parameters", latin)
    text = told("check", tiny, "--set", f"model.soil_table={folder}/x.TBL", "--set", f"calibrate.screening={latin}")
    assert "x.TBL" in text and "Errno" not in text


def test_inspect_points_to_what_there_is_for_a_region(region):
    folder, _ = region
    text = told("inspect", folder, "--day", "1979-07-01")
    assert "this command needs a site; expected [site], not [region]" in text
    assert f"lsmcal run {folder} --cell LON,LAT runs one cell of a region" in text

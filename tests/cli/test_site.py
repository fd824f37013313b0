"""Verbs of a site, from the command to its files: run, inspect, calibrate, evaluate, report, campaign."""

import json
import re
import shutil

import netCDF4
import numpy as np
import pytest

from lsmcal.search.history import load_history
from tests.cli.conftest import TRIALS
from tests.region_cases import files_of, told, typed


def results(path):
    """Variables of a NetCDF file."""
    with netCDF4.Dataset(path) as data:
        data.set_auto_mask(False)
        return {name: variable[:] for name, variable in data.variables.items()}


def test_run_writes_days_and_years(site, tmp_path):
    folder, _ = site
    said = typed("run", folder, "-q", "--set", f'case.output="{tmp_path / "out"}"').stdout
    assert said == f"wrote {tmp_path / 'out' / 'run.nc'}\n"
    run = results(tmp_path / "out" / "run.nc")
    assert run["soil_temperature"].shape == (365 + 181, 8) and run["year"].tolist() == [2001, 2002]
    assert 230.0 < run["soil_temperature"].min() < run["soil_temperature"].max() < 310.0
    first = run["soil_temperature"][:365]
    np.testing.assert_allclose(first.mean(axis=0, dtype=float), run["annual_temperature_mean"][0], rtol=1e-6)
    for name, values in results(folder / "output" / "run.nc").items():
        np.testing.assert_array_equal(values, run[name], err_msg=name)
    assert files_of(tmp_path) == [
        "out/case.resolved.toml",
        "out/lsmcal.log",
        "out/run.nc",
    ]


@pytest.mark.drawn
def test_inspect_shows_what_the_run_did(site, tmp_path):
    folder, _ = site
    where = ("--set", f'case.output="{tmp_path}"')
    plain = json.loads(typed("inspect", folder, "--day", "2001-07-01", "--json", "-q", *where).stdout)
    terms, run = plain["terms"], results(folder / "output" / "run.nc")
    day = 31 + 28 + 31 + 30 + 31 + 30
    assert len(terms["latent_heat"]) == 8 and plain["time"][0] == "2001-07-01T00:00"
    for name in ("latent_heat", "ground_heat", "skin_temperature"):
        assert np.mean(terms[name]) == pytest.approx(run[name][day], rel=1e-6)
    np.testing.assert_allclose(np.mean(terms["temperature"], axis=0), run["soil_temperature"][day], rtol=1e-6)
    assert plain["units"]["transpiration by layer"] == "m s-1"
    assert plain["meanings"]["transpiration by layer"] == "water taken by roots from the layer"
    for budget in plain["budget"].values():
        assert sum(budget.values()) == pytest.approx(0.0, abs=1e-6)
    for name in ("inspect-energy.png", "inspect-profile.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_inspect_prints_days_apart_within_the_width_of_a_terminal(site, tmp_path, monkeypatch):
    folder, _ = site
    monkeypatch.setattr("lsmcal.cli.tables.sys.stdout.isatty", lambda: True, raising=False)
    words = ("inspect", folder, "--no-spinup", "-q", "--set", f'case.output="{tmp_path}"')
    result = typed(*words, "--day", "2001-01-02", "--day", "2001-07-01")
    text = result.stdout
    assert "2001-01-02, 2001-07-01, 16 steps of 3 h (UTC), no spin-up" in text
    assert re.search(r"energy \[W m-2\], gains positive\s+2001-01-02\s+2001-07-01", text)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    assert re.search(r"^ snow_fraction +not given +not given +not given  1$", text, re.MULTILINE)
    assert re.search(r"^ yy .* K\n    surface temperature if no heat went into the soil", text, re.MULTILINE)
    assert "\n phase_heat: latent heat taken from (positive) the layer" in text
    assert "soil temperature; mean total water, liquid water and ice" in text and "phase_heat" in text
    assert f"wrote {tmp_path / 'inspect-energy.png'}" in result.stderr
    text = typed(*words, "--day", "2001-01-02", "--every-step", "--term", "phase_heat").stdout
    assert text.count("2001-01-02 21:00") >= 1 and "latent heat taken from (positive) the layer" in text


def test_inspect_says_which_days_and_terms_there_are(site):
    folder, _ = site
    text = told("inspect", folder, "-q")
    assert "no day is given" in text and "2001-01-01 to 2002-06-30" in text
    text = told("inspect", folder, "--day", "2003-01-01", "--day", "2001-01-01", "-q")
    assert text.count("--day: the run does not have this day (found 2003-01-01)") == 1 and "1 problem" in text
    assert "expected phase_heat" in told("inspect", folder, "--day", "2001-01-01", "--term", "phaseheat", "-q")
    assert "'July' is not a day" in told("inspect", folder, "--day", "July")


def test_campaign_runs_calibrates_and_reports(site):
    folder, said = site
    assert [re.search(rf"{stage}\s+done", said) is not None for stage in ("run", "calibrate", "report")] == [True] * 3
    assert f"wrote {folder / 'output' / 'report.html'}" in said


def test_calibrate_goes_on_to_more_evaluations(site, tmp_path):
    folder, _ = site
    shutil.copytree(folder, tmp_path / "more")
    history = tmp_path / "more" / "output" / "calibration" / "history.jsonl"
    first = load_history(history)
    assert len(first) == TRIALS
    said = typed("calibrate", tmp_path / "more", "-q", "--set", f"calibrate.evaluations={TRIALS + 4}").stdout
    assert len(load_history(history)) == TRIALS + 4 and f"{TRIALS + 4}, 0 failed" in said
    best = json.loads((history.parent / "best.json").read_text())
    assert set(best) == {"SBETA", "TBOT", "MAXSMC[7]", "MAXSMC[14]"}
    evaluation = json.loads((history.parent / "evaluation.json").read_text())
    assert f"{evaluation['search']['best']:.3f} (trial {evaluation['search']['best_trial']})" in said
    assert evaluation["search"]["best"] >= evaluation["search"]["default"]


def test_evaluate_scores_the_best_set_as_the_search_did(site):
    folder, _ = site
    stored = json.loads((folder / "output" / "calibration" / "evaluation.json").read_text())
    best = folder / "output" / "calibration" / "best.json"
    means = {}
    for words, name in (((), "default"), (("--parameters", best), "calibrated")):
        found = json.loads(typed("evaluate", folder, "--json", "-q", *words).stdout)["scores"]["run"]
        for period in ("calibration", "validation"):
            assert found[period] == stored["scores"][name][period]  # both start from the default set's equilibrium
        means[name] = found["calibration"]["mean_nse"]
    assert means["default"] < means["calibrated"] < 1.0
    table = typed("evaluate", folder, "-q").stdout
    assert re.search(r"calibration\s+run\s+0\.1\s+0\.9\d\d", table)


@pytest.mark.drawn
def test_report_holds_figures_and_scores(site):
    folder, _ = site
    page = folder / "output" / "report.html"
    drawn = page.read_text(encoding="utf-8").count("data:image/png;base64")  # by the campaign
    page.unlink()
    assert typed("report", folder).stdout == f"wrote {page}\n"
    text = page.read_text(encoding="utf-8")
    search = json.loads((folder / "output" / "calibration" / "evaluation.json").read_text())["search"]
    assert text.count("data:image/png;base64") == drawn >= 3 and f"{search['best']:.3f}" in text

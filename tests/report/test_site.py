"""The report page: whole, self-contained, and plain about what is missing."""

import json
import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import numpy as np
import pytest
from netCDF4 import Dataset

from lsmcal.case import case_of, load_case
from lsmcal.case.toml import to_toml
from lsmcal.report.fit import climatology_notes
from lsmcal.report.ground import finished_years
from lsmcal.report.write import write_report
from lsmcal.search.history import Trial, journal
from lsmcal.simulate.output.run import write_run
from lsmcal.simulate.results import LEDGER, PROFILES, SURFACE, Run

CONTENT = {
    "case": {"name": "a <b> site", "description": "Ground & snow."},
    "site": {
        "latitude": 33.0,
        "longitude": -92.0,
        "elevation": 4800.0,
        "vegetation": "grassland",
        "soil": "loam",
        "tbot": 272.4,
    },
    "forcing": {"format": "generator", "years": [2001, 2002]},
    "observations": {"format": "twin", "depths": [0.1, 0.8], "hidden": {"SBETA": -1.4321}},
    "spinup": {"method": "none"},
}
PERIODS = {"calibration": [["2001-01-01", "2001-12-31"]], "validation": [["2002-01-01", "2002-06-30"]]}
DEPTHS = [0.1, 0.8]
EXTREMES = {"min": 262.0, "mean": 271.0, "max": 280.0}


class Links(HTMLParser):
    """Collects open tags and everything a browser would fetch."""

    def __init__(self):
        super().__init__()
        self.open, self.fetched = [], []

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "img"):
            self.open.append(tag)
        self.fetched += [value for name, value in attributes if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def a_run(**attributes) -> Run:
    """A year and a half of a column of four layers, smooth and seasonal."""
    time = np.arange("2001-01-01", "2002-07-01", dtype="datetime64[D]").astype("datetime64[s]")
    season = np.sin(np.arange(time.size) / 365.0 * 2.0 * np.pi - 2.0)
    depth = np.array([0.1, 0.4, 1.0, 2.5])
    variables = {name: 5.0 + season for name in SURFACE} | {"snow_depth": np.maximum(-season, 0.0)}
    variables |= {name: 0.3 + 0.1 * season[:, None] * np.exp(-depth) for name in PROFILES}
    variables["soil_temperature"] = 271.0 + 9.0 * season[:, None] * np.exp(-depth)
    yearly = {"precipitation": [411.0, 205.0], "evaporation": [300.0, 90.0], "runoff": [77.0, 20.0]}
    annual = {name: np.array(values) for name, values in yearly.items()} | {"snow_depth_max": np.array([1.0, 0.8])}
    annual |= {
        f"temperature_{name}": np.full((2, 4), t) for name, t in (("min", 262.0), ("mean", 271.0), ("max", 280.0))
    }
    ledger = {name: {"mean": np.array([0.0, 1e-16]), "largest": np.array([0.0, 3.25e-13])} for name in LEDGER}
    known = {"forcing_step": 10800.0, "forcing_estimated_longwave": "by <Brutsaert>", **attributes}
    return Run(
        time,
        86400.0,
        depth,
        np.array([0.2, 0.4, 0.8, 2.2]),
        variables,
        np.array([2001, 2002]),
        annual,
        ledger,
        attributes=known,
    )


def a_history(folder, case, records: int) -> None:
    row = {"name": "SBETA", "unit": "1", "low": -3.0, "high": -1.0, "default": -2.0}
    fingerprint = {
        "case": case.fingerprint_of("calibrate"),
        "space": {"SBETA": row},
        "objective": {"name": "nse", "direction": "maximise"},
    }
    with journal(folder / "history.jsonl", fingerprint, {"packages": {"numpy": "1.2.3"}}) as opened:
        for trial in range(records):
            x = 0.5 + 0.05 * trial
            record = Trial(trial, trial, (x,), {"SBETA": -3.0 + 2.0 * x}, 0.7 + 0.0123 * trial)
            opened.append(replace(record, status="failed", objective=None, reason="x") if trial == 2 else record)


def a_calibration(folder, other: str = "") -> None:
    scores = {
        name: {
            period: {
                "nse": [nse, None],
                "skill": [-0.4, None],
                "rmse": [1.234, None],
                "mbe": [-0.567, None],
                "nse_climatology": [0.9, None],
                "mean_nse": nse,
                "mean_skill": -0.4,
                "pairs": [321, 0],
            }
            for period in PERIODS
        }
        for name, nse in (("default", 0.71), ("calibrated", 0.84))
    }
    found = {
        "engine": "cmaes",
        "objective": "nse",
        "evaluations": 11,
        "failed": 1,
        "default": 0.7,
        "best": 0.823,
        "best_trial": 10,
        "stopped": "budget",
        "model_seconds": 22.0,
        "optimiser_seconds": 1.5,
    }
    one = {"kind": "soil_temperature", "depths": DEPTHS, "scores": scores}
    others = {other: {**one, "kind": other}} if other else {}
    evaluation = {**one, "periods": PERIODS, "search": found, "other": others}
    (folder / "evaluation.json").write_text(json.dumps(evaluation))
    members = [{"trial": trial, "parameters": {}} for trial in (9, 10)]
    ensemble = {"threshold": 0.8, "breaks": [4], "note": "only 2 reach it", "members": members}
    (folder / "ensemble.json").write_text(json.dumps(ensemble))


def series(folder, kind: str = "") -> None:
    prefix = f"{kind}_" if kind else ""
    with Dataset(folder / "series.nc", "a" if (folder / "series.nc").exists() else "w") as file:
        file.createDimension(f"{prefix}time", 500)
        file.createDimension(f"{prefix}depth", 2)
        file.createVariable(f"{prefix}time", "f8", (f"{prefix}time",))[:] = 11323.0 + np.arange(500)
        file.createVariable(f"{prefix}depth", "f8", (f"{prefix}depth",))[:] = DEPTHS
        for name in ("observed", "default", "calibrated"):
            variable = file.createVariable(prefix + name, "f8", (f"{prefix}time", f"{prefix}depth"))
            variable[:] = np.where(np.arange(500)[:, None] % 90 < 9, np.nan, 272.0)


@pytest.fixture
def case(tmp_path):
    return case_of(CONTENT, tmp_path)


@pytest.fixture
def folder(case):
    folder = case.output_folder / "calibration"
    folder.mkdir(parents=True)
    return folder


def page_of(case) -> str:
    return write_report(case).read_text(encoding="utf-8")


def test_without_results_the_page_says_which_commands_make_them(case):
    page = page_of(case)
    assert "Start it with lsmcal run" in page
    assert "Start it with lsmcal calibrate" in page
    assert "data:image" not in page


def test_the_commands_of_the_page_repeat_what_was_typed(case, tmp_path):
    (tmp_path / "case.toml").write_text(to_toml(case.resolved()))
    (tmp_path / "best set.json").write_text('{"SBETA": -1.5}')
    page = page_of(load_case(tmp_path, ["run.start=2001-02-01", "case.name=a b"], tmp_path / "best set.json"))
    options = f"--parameters '{tmp_path}/best set.json' --set run.start=2001-02-01 --set 'case.name=a b'"
    assert f"lsmcal calibrate case.toml {escape(options)}\n" in page
    assert "lsmcal calibrate case.toml\n" in page_of(case)


def test_a_fixed_number_of_cycles_is_no_maximum(tmp_path):
    for method, words in (("fixed", "not converged after the 7 cycles"), ("converged", "maximum number of cycles")):
        case = case_of({**CONTENT, "spinup": {"method": method, "cycles": 7}}, tmp_path)
        write_run(a_run(spinup_converged="false"), case.output_folder / "run.nc")
        assert words in page_of(case)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> str:
    """The page of a case with everything done."""
    case = case_of(CONTENT, tmp_path_factory.mktemp("whole"))
    folder = case.output_folder / "calibration"
    folder.mkdir(parents=True)
    write_run(a_run(fingerprint=case.fingerprint("run")), case.output_folder / "run.nc")
    a_history(folder, case, 11)
    a_calibration(folder, other="soil_moisture_liquid")
    series(folder)
    series(folder, "soil_moisture_liquid")
    return page_of(case)


@pytest.mark.drawn
def test_the_whole_page_is_well_formed_escaped_and_fetches_nothing(whole):
    links = Links()
    links.feed(whole)
    assert not links.open
    assert len(links.fetched) == 12
    assert all(link.startswith("data:image/png;base64,") for link in links.fetched)
    assert "url(" not in whole and "@import" not in whole
    for text in (
        "a &lt;b&gt; site",
        "Ground &amp; snow.",
        "by &lt;Brutsaert&gt;",
        "33° N, 92° W",
        "Closure of the budgets",
    ):
        assert text in whole
    for absent in ("Start it", "has changed", "unfinished", "scores are those after", "cannot be read"):
        assert absent not in whole


def test_the_page_holds_the_numbers(whole):
    text = re.sub(r"<[^>]+>", "|", whole)
    assert "0.700 with the default set and 0.823 after" in text
    assert "2.00 s an evaluation, the optimiser 1.5 s. 1 evaluation failed." in text
    assert re.search(
        r"\|0\.1\|+0\.71\|+0\.84\|+0\.90\|+-0\.40\|+-0\.40\|+1\.23\|+1\.23\|+-0\.57\|+-0\.57\|+321\|", text
    )
    assert re.search(r"SBETA\|+[^|]+\|+1\|+-3 to -1\|+-2\|+-1\|+-1\.1 to -1\|+-1\.432\|", text)
    assert "limit of the range of SBETA" in text
    assert '<td class="short">-3 to -1</td>' in whole and "<td>-2</td>" not in whole
    assert "3.25e-13" in text and "2002 (part)" in text and "|411|" in text


def test_a_search_that_goes_on_is_shown_so_far(case, folder):
    a_history(folder, case, 4)
    page = page_of(case)
    assert "unfinished, after 4 evaluations. Resume it with lsmcal calibrate" in page
    assert page.count("data:image/png") == 2


def bare(**attributes) -> Run:
    """A run whose series were not kept."""
    run = a_run(**attributes)
    return replace(run, time=run.time[:0], variables={})


def test_results_of_another_state_of_the_case_are_called_so(case, folder, tmp_path):
    write_run(bare(fingerprint=case.fingerprint("run")), case.output_folder / "run.nc")
    a_history(folder, case, 12)
    a_calibration(folder)
    changed = case_of({**CONTENT, "site": {**CONTENT["site"], "tbot": 273.9}}, tmp_path)
    page = page_of(changed)
    assert "The case has changed since this run" in page
    assert "site.tbot: 273.9, was 272.4" in page
    assert "after 11 evaluations. The search now has 12" in page
    assert "no series of soil temperature; lsmcal calibrate writes it" in page


def test_an_unreadable_history_does_not_stop_the_page(case, folder):
    (folder / "history.jsonl").write_text("not a history\n")
    assert "The search history cannot be read" in page_of(case)


def test_a_case_without_observations_has_nothing_to_calibrate(tmp_path):
    content = {name: section for name, section in CONTENT.items() if name != "observations"}
    page = page_of(case_of(content, tmp_path))
    assert "cannot be calibrated" in page and "lsmcal calibrate" not in page


def test_a_run_without_series_still_has_its_years(case):
    write_run(bare(), case.output_folder / "run.nc")
    page = page_of(case)
    assert "run.output is none" in page and "|411|" in re.sub(r"<[^>]+>", "|", page)


def test_only_years_covered_wholly_count_as_whole():
    assert finished_years(a_run()).tolist() == [True, False]


def test_a_climatology_that_is_no_rival_is_called_so():
    full = {"calibration": [["2001-01-01", "2002-12-31"]], "validation": [["2003-01-01", "2003-12-31"]]}
    assert climatology_notes(full) == []
    assert len(climatology_notes(PERIODS)) == 1
    apart = {"calibration": [["2001-01-01", "2001-03-31"]], "validation": [["2001-04-01", "2001-06-30"]]}
    assert len(climatology_notes(apart)) == 2

"""Whole tiny campaigns through the command line: run, calibrate, report; killed and resumed; changed cases refused."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lsmcal.search.history import load_history
from tests.region_cases import files_of, told, typed

CASE = """
[site]
latitude = 33.0
longitude = 92.0
elevation = 4800.0
vegetation = "grassland"
soil = [{ to_depth = 1.0, class = "loam" }, { to_depth = 99.0, class = "bedrock" }]
tbot = 272.4

[grid]
thickness = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.8, 2.0]

[forcing]
format = "generator"
years = [2001, 2002]
seed = 5

[spinup]
years = [2001, 2001]
method = "fixed"
cycles = 2

[run]
start = "2001-01-01"
end = "2002-06-30"

[observations]
format = "twin"
depths = [0.1, 0.8]
hidden = { SBETA = -1.2, TBOT = -0.5, "MAXSMC[7]" = 0.42 }
noise = 0.05

[calibrate]
parameters = ["SBETA", "TBOT", "MAXSMC"]
engine = "cmaes"
evaluations = 25
batch = 4
seed = 3
calibration = [["2001-01-01", "2001-12-31"]]
validation = [["2002-01-01", "2002-06-30"]]
"""


@pytest.fixture
def case(tmp_path) -> Path:
    path = tmp_path / "case.toml"
    path.write_text(CASE, encoding="utf-8")
    return path


def test_a_campaign_runs_calibrates_and_reports(case):
    typed("campaign", case, "-q")
    output = case.parent / "output"
    evaluation = json.loads((output / "calibration" / "evaluation.json").read_text())
    search = evaluation["search"]
    assert search["evaluations"] == 25
    assert search["best"] > search["default"]
    scores = evaluation["scores"]
    assert scores["calibrated"]["validation"]["mean_nse"] > scores["default"]["validation"]["mean_nse"]
    page = (output / "report.html").read_text(encoding="utf-8")
    assert "data:image/png;base64" in page
    assert f"{search['best']:.3f}"[:5] in page
    assert {path.name for path in case.parent.iterdir()} == {"case.toml", "output"}
    typed("campaign", case, "-q")
    assert len(load_history(output / "calibration" / "history.jsonl")) == 25


def test_a_killed_calibration_ends_as_if_it_had_not_been(case, tmp_path):
    other, text = tmp_path / "other", CASE.replace("evaluations = 25", "evaluations = 17")
    other.mkdir()
    for folder in (other, case.parent):
        (folder / "case.toml").write_text(text, encoding="utf-8")
    typed("calibrate", other, "-q")
    journal = case.parent / "output" / "calibration" / "history.jsonl"
    for lines in (3, 8):
        killed = False
        process = subprocess.Popen(
            [sys.executable, "-c", "from lsmcal.cli.main import main; main()", "calibrate", str(case), "-q"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        limit = time.monotonic() + 120
        while time.monotonic() < limit and process.poll() is None:
            if journal.is_file() and journal.read_bytes().count(b"\n") > lines:
                os.kill(process.pid, signal.SIGKILL)
                killed = True
                break
            time.sleep(0.005)
        assert killed, "the search ended before it could be killed"
        assert process.wait() == -signal.SIGKILL
        assert lines <= journal.read_bytes().count(b"\n") < 18  # some of it is written, not all
    typed("calibrate", case, "-q")
    assert load_history(journal).same_as(load_history(other / "output" / "calibration" / "history.jsonl"))


def test_a_changed_case_is_refused_and_says_what_changed(case):
    typed("calibrate", case, "-q", "--set", "calibrate.evaluations=3")
    before = {name: (case.parent / name).read_bytes() for name in files_of(case.parent)}
    for verb in ("calibrate", "campaign"):
        assert "forcing.seed: 6, was" in told(verb, case, "--set", "forcing.seed=6")
        assert {name: (case.parent / name).read_bytes() for name in files_of(case.parent)} == before
    typed("calibrate", case, "-q", "--set", "calibrate.evaluations=5")
    assert len(load_history(case.parent / "output" / "calibration" / "history.jsonl")) == 5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([("latitude = 33.0", "latitude = 133.0"), ("tbot = 272.4", "tbott = 272.4")], ["latitude", "'tbot'"]),
        ([('class = "bedrock"', 'class = "bedrok"'), ('"grassland"', '"gras land"')], ["bedrock", "grassland"]),
        ([('end = "2002-06-30"', 'end = "2012-06-30"'), ('class = "loam"', 'class = "lomb"')], ["2012", "loam"]),
    ],
)
def test_bad_input_is_refused_with_every_problem_and_writes_nothing(case, changes, words):
    text = CASE
    for good, bad in changes:
        text = text.replace(good, bad)
    case.write_text(text, encoding="utf-8")
    said = told("run", case)
    for word in words:
        assert word in said
    assert not (case.parent / "output").exists()


def test_the_same_case_gives_the_same_bits(case, tmp_path):
    typed("run", case, "-q")
    typed("run", case, "-q", "--set", "case.output=second", "--set", "run.threads=2")
    first, second = case.parent / "output" / "run.nc", case.parent / "second" / "run.nc"
    rows = json.loads(typed("compare", first, second, "--json").stdout)
    rows = rows["rows"] if isinstance(rows, dict) else rows
    assert rows and all(row["identical"] for row in rows)

"""``lsmcal campaign`` on a region that is calibrated: its stages, and what is not done again."""

import pytest

from tests.region_cases import PLATEAU, told, typed

CALIBRATE = """
[target]
source = "twin"
year = 1980
hidden = { SBETA = -1.2, TBOT = -2.0 }
[calibrate]
parameters = ["SBETA", "TBOT"]
engine = "random"
evaluations = 3
batch = 2
members = 2
cells = "all"
every = 5
[calibrate.spinup]
method = "fixed"
cycles = 1
"""


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("case")
    (folder / "case.toml").write_text(PLATEAU + CALIBRATE)
    return folder


def test_all_is_checked_before_anything_is_simulated(case):
    assert "gp: is not an option of random" in told("campaign", case, "-q", "--set", "calibrate.engine_options={gp=1}")
    assert not list(case.rglob("*.nc")) and not list(case.rglob("history.jsonl"))


def test_a_calibration_is_not_done_again(case):
    first = stages_of(typed("campaign", case, "--quiet").stdout)
    assert first == {"check": "done", "calibrate": "done", "report": "done"}
    results = case / "output" / "calibration"
    history, kept = results / "history.jsonl", results / "best.npz"
    before = history.read_bytes(), kept.stat().st_mtime_ns
    assert not (case / "output" / "region.nc").exists() and "Kappa" in (case / "output" / "report.html").read_text()

    again = stages_of(typed("campaign", case, "--quiet").stdout)
    assert again == first | {"calibrate": "up to date"}
    assert (history.read_bytes(), kept.stat().st_mtime_ns) == before


def test_the_search_of_another_case_is_refused(case):
    text = told("campaign", case, "--quiet", "--set", "calibrate.seed=7")
    assert "the search in this folder was started with other settings" in text and "calibrate.seed: 7, was" in text


def stages_of(text: str) -> dict[str, str]:
    """What became of each stage."""
    rows = [line.split() for line in text.splitlines()]
    return {row[0]: " ".join(row[1:-1]) for row in rows if row and row[0] in ("check", "run", "calibrate", "report")}

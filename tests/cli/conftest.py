"""Small cases, run once, that the tests of all verbs look at; and a way to type commands."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lsmcal.cli.main import app
from tests.calibration.small_map_case import map_case
from tests.campaign.test_site_campaign import CASE as SITE
from tests.region_cases import PLATEAU, TINY, typed

ROOT = Path(__file__).resolve().parents[2]
#: Evaluations of the searches.
TRIALS = 5


@pytest.fixture
def call(monkeypatch):
    """Type a command; returns its result."""
    monkeypatch.delenv("LSMCAL_DATA", raising=False)
    try:
        runner = CliRunner(mix_stderr=False)
    except TypeError:  # newer versions keep them apart by themselves
        runner = CliRunner()

    def typed(*words):
        return runner.invoke(app, [str(word) for word in words])

    return typed


@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "case.toml"
    path.write_text(TINY)
    return path


@pytest.fixture(autouse=True)
def _no_data_folder(monkeypatch):
    monkeypatch.delenv("LSMCAL_DATA", raising=False)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Folder of a site whose campaign is done, and what the command said."""
    folder = tmp_path_factory.mktemp("site")
    text = SITE.replace("evaluations = 25", f"evaluations = {TRIALS}")
    (folder / "case.toml").write_text(text)
    said = typed("campaign", folder, "-q").stdout
    return folder, said


@pytest.fixture(scope="session")
def region(tmp_path_factory):
    """Folder of a region of 50 cells that has been run, with the days of one cell, and what the command said."""
    folder = tmp_path_factory.mktemp("region")
    series = 'series = "daily"\ncells = [[79.3, 31.3]]\n'
    (folder / "case.toml").write_text(PLATEAU + series)
    return folder, typed("run", folder, "-q").stdout


@pytest.fixture(scope="session")
def searched(tmp_path_factory):
    """Folder of a region that has been calibrated to a map, and what the command said."""
    folder = map_case(tmp_path_factory.mktemp("searched"), {"evaluations = 9": f"evaluations = {TRIALS}"})
    return folder, typed("calibrate", folder, "-q").stdout


@pytest.fixture(scope="session")
def maps(tmp_path_factory):
    """Folder of the case of maps that comes with the project: cells made, weather packed; what the commands said."""
    folder = tmp_path_factory.mktemp("maps") / "case"
    shutil.copytree(ROOT / "cases" / "demo-maps", folder, ignore=shutil.ignore_patterns("output*"))
    said = [typed("domain", folder).stdout, typed("forcing", "pack", folder, "-q").stdout]
    return folder, said

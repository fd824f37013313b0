"""A second command on the same output folder is refused; one that was killed stands in nobody's way."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from lsmcal.core import folder_lock
from lsmcal.core.folder_lock import LOCK, locked
from tests.region_cases import PLATEAU, case_of_files, finished, told, typed

ROOT = Path(__file__).resolve().parents[2]
SITE = (ROOT / "cases" / "demo-site" / "case.toml").read_text()
SCREEN = """
[screen]
parameters = ["TBOT", "SBETA"]
centers = 2
keep = 1
depths = [0.1, 1.0]
cells = [{ name = "a", at = [93.0, 34.0] }]
year = 1979
"""


@pytest.fixture(autouse=True)
def no_patience(monkeypatch):
    monkeypatch.setattr(folder_lock, "PATIENCE", 0.0)


@pytest.fixture
def region(tmp_path):
    (tmp_path / "case.toml").write_text(PLATEAU + SCREEN)
    return tmp_path


@pytest.fixture
def site(tmp_path):
    (tmp_path / "case.toml").write_text(SITE)
    return tmp_path


@contextmanager
def held(folder):
    """Another thread holds the folder: for the lock that is another process."""
    begun, end = threading.Event(), threading.Event()

    def hold():
        with locked(folder, "lsmcal run"):
            begun.set()
            end.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait()
    try:
        yield
    finally:
        end.set()
        thread.join()


def refused(folder, *words):
    """The command says who works there, and writes nothing."""
    with held(folder / "output"):
        result = typed(*words, status=1)
        assert [path.name for path in (folder / "output").iterdir()] == [LOCK]
    who = f"(lsmcal run, process {os.getpid()} on "
    assert result.stderr.startswith(f"{folder / 'output'}: another process is running this case {who}")
    assert result.stdout == "" and result.stderr.count("\n") == 1
    assert not (folder / "output").exists()


REGION = [["run"], ["campaign"], ["screen"], ["calibrate"], ["evaluate"], ["forcing", "pack"]]
SITE_VERBS = [["run"], ["calibrate"], ["campaign"]]


@pytest.mark.parametrize("verb", REGION, ids=" ".join)
def test_every_verb_that_writes_into_a_region_is_refused(region, verb):
    refused(region, *verb, region)


@pytest.mark.parametrize("verb", SITE_VERBS, ids=" ".join)
def test_every_verb_that_writes_into_a_site_is_refused(site, verb):
    refused(site, *verb, site)


def test_domain_is_refused(tmp_path):
    folder = case_of_files(tmp_path)
    with held(folder / "output"):
        text = told("domain", folder, status=1)
    assert "another process is running this case (lsmcal run, " in text and not (folder / "domain.nc").exists()


def test_what_changes_no_result_is_not_refused(region, site):
    """A check, the page so far of a search that runs, and the terms of a day."""
    with held(region / "output"):
        typed("check", region)
        typed("report", site)
        assert (site / "output" / "report.html").exists()


def begun(folder):
    process = subprocess.Popen(
        [sys.executable, "-m", "lsmcal", "run", str(folder), "--quiet", "--set", "run.years=[1979, 1983]"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    limit = time.monotonic() + 60.0
    while not (folder / "output" / "case.resolved.toml").exists() and time.monotonic() < limit:
        time.sleep(0.02)
    assert process.poll() is None
    return process


@pytest.mark.parametrize("ranks", [0, 2])
def test_a_second_run_is_refused_on_all_ranks_and_the_first_goes_on(region, ranks):
    process = begun(region)
    try:
        process.send_signal(signal.SIGSTOP)  # it lives, however fast it is
        started = time.monotonic()
        if ranks:
            text = finished(ranks, "run", region, "--quiet", status=1)
        else:
            text = told("run", region, "--quiet", status=1)
        assert time.monotonic() - started < 60.0
        assert text.count(f"another process is running this case (lsmcal run, process {process.pid} on ") == 1
        assert "Traceback" not in text
    finally:
        process.send_signal(signal.SIGCONT)
    assert process.wait(timeout=600) == 0
    assert (region / "output" / "region.nc").exists() and not (region / "output" / LOCK).exists()


def test_a_killed_run_does_not_stand_in_the_way(region):
    process = begun(region)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (region / "output" / LOCK).exists()
    typed("run", region, "--quiet", "--set", "run.years=[1979, 1983]")
    assert (region / "output" / "region.nc").exists() and not list((region / "output").glob(".*"))

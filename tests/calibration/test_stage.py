"""lsmcal calibrate on a region from end to end: its files, ranks and threads, kills, stops, a larger budget."""

import json
import random
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from lsmcal.calibration import output as map_output
from lsmcal.evaluation.agreement import Confusion
from lsmcal.parallel.stop import REQUEUE
from lsmcal.search.history import load_history
from tests.calibration.small_map_case import (
    NO_FIGURES,
    came_to,
    content,
    map_case,
    map_case_with,
    maps,
    records,
    results,
)
from tests.parallel.ranks import kill_all
from tests.region_cases import files_of, finished, started, typed

#: Stops this rank when it is about to simulate its third batch; the signal's name goes in.
_SIGNAL = (
    NO_FIGURES
    + """
import os, signal
import lsmcal.calibration.stage as stage
evaluate_sets, called = stage.evaluate_sets, []
def stopping(*words):
    called.append(1)
    if len(called) == 3:
        os.kill(os.getpid(), signal.{})
    return evaluate_sets(*words)
stage.evaluate_sets = stopping
"""
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A case calibrated by one process without a stop."""
    folder = map_case(tmp_path_factory.mktemp("whole"))
    typed("calibrate", folder, "-q")
    return folder


@pytest.fixture
def no_figures(monkeypatch):
    """Results without figures."""
    monkeypatch.setattr(map_output, "write_calibration_figures", lambda *words: [])


# -- what is written --------------------------------------------------------------------------------------------------
@pytest.mark.drawn
def test_every_file_is_there_and_nothing_else(whole):
    figures = ("agreement", "constraints", "equifinality", "scores", "sensitive", "trajectory")
    assert files_of(results(whole)) == sorted(
        [
            "SHA256SUMS",
            "best.json",
            "best.npz",
            "case.resolved.toml",
            "default.npz",
            "ensemble.json",
            "equifinality.csv",
            "evaluation.json",
            "hidden-warm.npz",
            "hidden.npz",
            "history.jsonl",
            "maps.nc",
            *(f"figures/{name}.png" for name in figures),
        ]
    )


def test_the_best_set_scores_the_same_when_it_is_evaluated_anew(whole, tmp_path):
    best = load_history(results(whole) / "history.jsonl").best
    elsewhere = map_case(tmp_path)
    said = typed("evaluate", elsewhere, "--parameters", results(whole) / "best.json", "--json", "-q").stdout
    found = json.loads(said)
    assert found["goals"]["map 1986"] == {"default": records(whole)[0].objective, "run": best.objective}
    assert best.objective > records(whole)[0].objective
    assert found["maps"]["calibrated"]["run"]["counts"] == best.details["map 1986"]["counts"]
    kept = content(whole, "evaluation.json")["maps"]
    assert {cells: runs["run"] for cells, runs in found["maps"].items()} == {
        cells: runs["calibrated"] for cells, runs in kept.items()
    }


def test_the_first_trial_is_the_default_set(whole):
    first, kept = records(whole)[0], content(whole, "evaluation.json")
    assert first.parameters["SBETA"] == -2.0 and first.parameters["TBOT"] == 0.0
    assert first.objective == kept["goals"]["map 1986"]["default"] == kept["search"]["default"]
    assert first.details["map 1986"]["counts"] == kept["maps"]["calibrated"]["default"]["counts"]


def test_counts_are_those_of_the_maps(whole):
    kept, found = content(whole, "evaluation.json")["maps"], maps(whole)
    target, held, sensitive = found["target"], found["held_out"] == 1, found["sensitive"] == 1
    cells = {"held-out": held & sensitive, "all": np.ones(60, bool)}
    assert set(kept) == {"calibrated", *cells}
    for name, mask in cells.items():
        for run, one in kept[name].items():
            simulated = found[f"permafrost_{run}"]
            counts = [[int(((target == a) & (simulated == b) & mask).sum()) for b in (1, 0)] for a in (1, 0)]
            assert one["counts"] == counts and one["kappa"] == Confusion.from_dict(one).kappa
    used = np.array(kept["calibrated"]["default"]["counts"]).sum()
    assert used == np.ceil((sensitive & ~held).sum() / 2) and all(
        np.sum(record.details["map 1986"]["counts"]) == used for record in records(whole)
    )


def test_wrong_cells_are_where_the_hidden_run_is_not_the_target(whole, tmp_path):
    found = maps(whole)
    assert found["wrong"].sum() == 6
    cold = np.load(results(whole) / "hidden.npz")
    frozen = (cold["maximum"] <= 273.15).all(axis=1).any(axis=1)  # a layer, through both years
    assert np.array_equal(frozen != (found["target"] == 1), found["wrong"] == 1)


def test_the_ensemble_reaches_the_threshold(whole):
    ensemble, trials = content(whole, "ensemble.json"), records(whole)
    assert ensemble["members"] and ensemble["candidates"] == sum(
        record.objective >= ensemble["threshold"] for record in trials
    )
    for member in ensemble["members"]:
        assert trials[member["trial"]].objective >= ensemble["threshold"]
        assert member["parameters"] == trials[member["trial"]].parameters


def test_maps_open_in_xarray(whole):
    xarray = pytest.importorskip("xarray")
    with xarray.open_dataset(results(whole) / "maps.nc") as data:
        assert data.sizes["cell"] == 60 and data.attrs["target_year"] == 1986
        assert {"lon", "lat"} <= set(data["permafrost_calibrated"].coords)
        assert set(np.unique(data["target"])) == {0, 1}


# -- ranks, threads, budget -------------------------------------------------------------------------------------------
def test_ranks_change_nothing(whole, tmp_path):
    folder = map_case(tmp_path)
    finished(3, "calibrate", folder, "-q", before=NO_FIGURES)  # two ranks come to the end after kills
    assert came_to(folder) == came_to(whole)


def test_threads_change_nothing(whole, tmp_path, no_figures):
    folder = map_case_with(whole, tmp_path)
    typed("calibrate", folder, "-q", "--set", "run.threads=2")
    assert came_to(folder) == came_to(whole)


def test_a_larger_budget_goes_on_the_same_way(whole, tmp_path, no_figures):
    folder = map_case_with(whole, tmp_path)
    for evaluations in (1, 6, 9):  # the second ends within a batch
        typed("calibrate", folder, "-q", "--set", f"calibrate.evaluations={evaluations}")
        assert content(folder, "evaluation.json")["search"]["evaluations"] == evaluations == len(records(folder))
    assert came_to(folder) == came_to(whole)


def test_a_finished_calibration_simulates_nothing_again(whole, tmp_path, no_figures, monkeypatch):
    from lsmcal.calibration.evaluation import Evaluation

    folder = tmp_path / "again"
    shutil.copytree(whole, folder)
    monkeypatch.setattr(Evaluation, "run", None)
    typed("calibrate", folder, "-q")
    assert came_to(folder) == came_to(whole)


# -- kills and stops --------------------------------------------------------------------------------------------------
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to find all processes of a job")
def test_kills_at_random_moments_change_nothing(whole, tmp_path):
    folder = map_case(tmp_path)
    history = results(folder) / "history.jsonl"
    moments, reached = random.Random(3), []
    for ranks, lines in [(0, 0), (2, 2), (0, 5)]:
        process = begin(ranks, folder)
        wait_for(lambda least=lines: lines_of(history) >= least and (folder / "output").exists(), process)
        time.sleep(moments.uniform(0.0, 0.25))
        assert process.poll() is None
        kill_all(process)
        reached.append(lines_of(history))
    assert sorted(reached) == reached and len(set(reached)) == 3
    finished(2, "calibrate", folder, "-q", before=NO_FIGURES)
    assert came_to(folder) == came_to(whole)
    assert not list(folder.rglob("*.tmp*")) and not list(folder.rglob("batch-*"))


def begin(ranks, folder):
    """A calibration in processes of its own."""
    how = started(ranks, "calibrate", folder, "-q", before=NO_FIGURES, PYTHONUNBUFFERED="1")
    return subprocess.Popen(**how, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def wait_for(happened, process, seconds=60.0):
    """Wait until something is so; the process must not end before."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)


def lines_of(path):
    """Whole lines of a file; 0 if there is none."""
    return path.read_bytes().count(b"\n") if path.is_file() else 0


@pytest.mark.parametrize("ranks, name", [(0, "SIGTERM"), (2, "SIGUSR1")])
def test_a_signal_asks_for_another_turn_which_ends_the_same(whole, tmp_path, no_figures, ranks, name):
    folder = map_case_with(whole, tmp_path)
    said = finished(ranks, "calibrate", folder, "-q", before=_SIGNAL.format(name), status=REQUEUE)
    assert "the same command resumes" in said and "Traceback" not in said
    assert 0 < len(records(folder)) < 9 and not (results(folder) / "evaluation.json").exists()
    typed("calibrate", folder, "-q")
    assert came_to(folder) == came_to(whole)

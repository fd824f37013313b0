"""lsmcal screen from end to end: what it writes, going on after a stop, ranks."""

import csv
import json
import shutil

import numpy as np
import pytest
from netCDF4 import Dataset

from lsmcal.case import load_case
from tests.region_cases import files_of, finished, typed
from tests.screening.small import small_case

#: Ends the process by a signal when the first samples are in the store.
_STOPPED = """
import os, signal
from lsmcal.parallel.checkpoints import Store
put = Store.put
def first_then_stop(self, records, latest=None):
    records = list(records)
    put(self, records, latest)
    if records[0].kind == "runs":
        os.kill(os.getpid(), signal.SIGTERM)
Store.put = first_then_stop
"""
#: Enough samples for several pieces of work.
_MORE = ("--set", "screen.delta_h=0.125", "-q")
#: 2 stars of 5 parameters at a distance of 1/4.
_SAMPLES = 2 * (5 * 3 + 1)


@pytest.fixture(scope="module")
def screened(tmp_path_factory):
    """A folder that was screened by one process without a stop, and what was printed."""
    folder = small_case(tmp_path_factory.mktemp("whole"))
    said = typed("screen", folder, "--json", "-q").stdout
    return folder / "output" / "screening", json.loads(said)


def results_of(folder):
    """All arrays of screening.nc."""
    with Dataset(folder / "screening.nc") as file:
        return {name: variable[:] for name, variable in file.variables.items()}


@pytest.mark.drawn
def test_everything_is_written(screened):
    folder, said = screened
    assert files_of(folder) == sorted(
        [
            "SHA256SUMS",
            "case.resolved.toml",
            "chosen.json",
            "indices.csv",
            "ivars-bare.png",
            "ivars-grass.png",
            "ranking.csv",
            "ranking.json",
            "ranks.png",
            "screening.nc",
            "variograms-bare.png",
            "variograms-grass.png",
        ]
    )
    assert json.loads((folder / "ranking.json").read_text()) == said
    found = results_of(folder)
    assert found["temperature"].shape == (2, _SAMPLES, 8) and np.isfinite(found["temperature"]).all()
    assert said["samples"] == _SAMPLES and said["failed"] == {"bare": 0, "grass": 0}
    with (folder / "indices.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 8 * 5


def test_ranks_of_the_table_are_those_of_the_indices(screened):
    folder, said = screened
    with (folder / "indices.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        same = [float(other["IVARS-50"]) for other in rows if other["response"] == row["response"]]
        better = sum(value > float(row["IVARS-50"]) * (1 + 1e-9) for value in same)
        place = next(item for item in said["parameters"] if item["name"] == row["parameter"])
        if row["response"] in place["ranks"]:
            assert place["ranks"][row["response"]] == 1 + better


def test_chosen_names_can_be_searched_by_a_calibration(screened):
    folder, said = screened
    chosen = json.loads((folder / "chosen.json").read_text())
    assert chosen["names"] == said["chosen"] and len(chosen["names"]) == 2
    typed("init", folder / "site", "--template", "generator")
    assert load_case(folder / "site", [chosen["set"]]).calibrated_names() == chosen["names"]


def test_the_table_for_people_has_every_parameter_and_what_has_to_be_said(screened, tmp_path, monkeypatch):
    folder, _ = screened
    from lsmcal.screening.case_columns import CellColumn

    monkeypatch.setattr(CellColumn, "run", None)  # the runs are there; only the analysis is done again
    shutil.copytree(folder.parents[1], tmp_path / "again")
    said = typed("screen", tmp_path / "again", "--set", "screen.keep=3", "--set", "screen.bootstrap=0", "-q").stdout
    for text in ("FXEXP", "CZIL", "TBOT", "ALBEDOMAX", "MAXSMC", "best 2 of", "layer 7, 1.6 m", "N, 79.3000 E"):
        assert text in said


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A folder of which a part was screened."""
    folder = small_case(tmp_path_factory.mktemp("stopped"), {"keep = 2": 'keep = 2\nsoil = ""'})
    typed("check", folder)
    finished(0, "screen", folder, *_MORE, before=_STOPPED, status=75)
    here = folder / "output" / "screening"
    assert not (here / "screening.nc").exists() and list((here / "checkpoint").glob("*.sqlite"))
    return folder


def test_stopped_and_gone_on_with_by_two_ranks_is_the_same(stopped, tmp_path):
    folder = shutil.copytree(stopped, tmp_path / "copy")
    here = folder / "output" / "screening"
    finished(2, "screen", folder, *_MORE)
    other = small_case(tmp_path / "other")
    typed("screen", other, *_MORE)
    there = other / "output" / "screening"
    for name, values in results_of(there).items():
        np.testing.assert_array_equal(results_of(here)[name], values, err_msg=name)
    for name in ("ranking.csv", "indices.csv", "ranking.json"):
        assert (here / name).read_text() == (there / name).read_text()
    assert not (here / "checkpoint").exists()


def test_work_of_another_sample_is_not_gone_on_with(stopped, tmp_path):
    folder = shutil.copytree(stopped, tmp_path / "copy")
    before = {name: (folder / name).read_bytes() for name in files_of(folder)}
    said = typed("screen", folder, *_MORE, "--set", "screen.seed=2", status=2).stderr
    assert {name: (folder / name).read_bytes() for name in files_of(folder)} == before
    assert "belongs to another case" in said and "screen.seed: 1 -> 2" in said

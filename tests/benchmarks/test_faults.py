"""The benchmark of faults: it knows each outcome when it sees one, repeats a trial, and finds nothing at a site."""

import shutil
from dataclasses import replace
from random import Random

import pytest

import benchmarks.faults.prepare
from benchmarks.faults.__main__ import table_of
from benchmarks.faults.commands import HUNG, Kill, Said, forked
from benchmarks.faults.damage import WAYS, spoil
from benchmarks.faults.events import Hindrance
from benchmarks.faults.prepare import prepare
from benchmarks.faults.results import differences_of
from benchmarks.faults.trials import Trial, outcome_of_damage, run_trial

KINDS = ("damage", "kill", "full")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The run of a site, before and after."""
    with pytest.MonkeyPatch.context() as patch:  # tests draw no figures anyway, and those after this one may
        patch.setattr(benchmarks.faults.prepare, "draw_no_figures", lambda: None)
        return prepare(tmp_path_factory.mktemp("faults"), ["site run"], say=lambda text: None)


def test_trials_of_a_site_find_no_fault_and_can_be_repeated(site, tmp_path):
    trials = [run_trial(site, 4, number, tmp_path / "trial", KINDS) for number in range(5)]
    assert {trial.outcome for trial in trials} <= {"found", "harmless"}, [trial.line(4) for trial in trials]
    assert [trial.kind for trial in trials] == ["damage", "damage", "damage", "kill", "full"]
    again = run_trial(site, 4, 0, tmp_path / "trial", KINDS)
    assert (again.what, again.outcome) == (trials[0].what, trials[0].outcome)
    last = table_of(trials).splitlines()[-1].split()
    assert last[:2] == ["all", "5"] and last[-3:] == ["0", "0", "0"]


def test_a_write_is_hindered_by_number(site, tmp_path):
    one = site[0]
    folder = one.copy(one.before, tmp_path / "a")
    killed = forked(one.stage.words(folder), Hindrance(event=one.writes - 2, number=9))
    assert killed.status == -9 and killed.writes == one.writes - 2 and killed.broken
    full = forked(one.stage.words(folder), Hindrance(event=1, room=200))
    assert full.status == 1 and "File too large" in full.text and not full.broken
    assert forked(one.stage.words(folder), kill=Kill(0.0)).killed
    assert differences_of(folder / "output", one.whole / "output", by_bytes=True) == ["run.nc"]
    assert forked(one.stage.words(folder)).status == 0
    assert not differences_of(folder / "output", one.whole / "output", by_bytes=True)


def test_outcomes_of_damage_are_told_apart(site, tmp_path):
    one = site[0]
    folder = one.copy(one.whole, tmp_path / "b")
    good, bad = Said(0, "", 0.1), Said(1, "damaged  run.nc  the checksum is wrong", 0.1)

    def outcome(checked, again):
        return outcome_of_damage(one, folder, "run.nc", checked, again)[0]

    assert outcome(good, good) == "harmless" and outcome(bad, good) == "found"
    assert outcome(good, replace(good, text="warning: run.nc: is damaged: it is made again")) == "found"
    assert outcome(good, replace(bad, text="run.nc: is damaged")) == "found"
    trace = "Traceback (most recent call last):\n"
    for broken in (replace(bad, text=trace), replace(good, status=-11), replace(good, status=HUNG)):
        assert outcome(broken, good) == outcome(good, broken) == "traceback"
    shutil.copy(one.whole / "case.toml", folder / "output" / "run.nc")
    assert outcome(bad, good) == "found"  # by check, which says so afterwards
    (folder / "output" / "more.nc").write_bytes(b"")
    (folder / "output" / "run.nc").unlink()
    assert outcome(good, good) == "silent"


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_damage_changes_the_file(tmp_path, way):
    path, content = tmp_path / "file", bytes(range(1, 256)) * 40
    path.write_bytes(content)
    said = spoil(path, Random(3), way)
    assert path.read_bytes() != content and said
    assert (path.stat().st_size == len(content)) == (way in ("flip", "bytes", "zeros"))


def test_the_table_counts_by_kind_and_target():
    trials = [Trial(0, "kill", "run", "", "harmless"), Trial(1, "damage", "run: a.nc", "", "silent")]
    lines = table_of([*trials, replace(trials[0], number=2)]).splitlines()
    assert lines[0].split() == ["kind", "target", "trials", "found", "harmless", "silent", "traceback", "stuck"]
    assert lines[1].split() == ["damage", "run:", "a.nc", *"100100"] and lines[2].split() == ["kill", "run", *"202000"]

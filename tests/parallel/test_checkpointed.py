"""A stage that is stopped or killed anywhere, on any number of ranks, comes to the same bits."""

import json
import os
import random
import signal
import time
from functools import partial

import pytest

from lsmcal.core.errors import InputError
from lsmcal.parallel.checkpointed import ResumableStage, checkpointed, records_of
from lsmcal.parallel.checkpoints import Record, StoreError
from lsmcal.parallel.job import Job
from lsmcal.parallel.stop import REQUEUE, Stop, Stopped
from tests.parallel.counting import advanced, gathered, turned
from tests.parallel.ranks import begin, descendants, finish, kill_all

PIECES, STEPS = 7, 5
WORK = partial(advanced, pieces=PIECES, steps=STEPS, seconds=0.0)
GATHER = partial(gathered, pieces=PIECES, steps=STEPS)
ABOUT = {"pieces": PIECES}


class StopAfter(Stop):
    """Asks to stop after so many looks."""

    def __init__(self, looks):
        super().__init__()
        self.looks = looks

    def __bool__(self):
        self.looks -= 1
        return self.looks < 0 or super().__bool__()


def expected():
    found = []
    for piece in range(PIECES):
        values = [0.1 + 0.8 * piece / PIECES]
        for _ in range(STEPS):
            values.append(turned(values[-1]))
        found.append([*values[1:], values[-1] ** 2])
    return found


def test_what_is_gathered_and_nothing_is_left(tmp_path):
    assert checkpointed(tmp_path / "checkpoint" / "a", ABOUT, Job(), WORK, GATHER) == expected()
    assert list(tmp_path.iterdir()) == []


def test_a_stage_stopped_again_and_again_resumes(tmp_path):
    stops = 0
    while True:
        try:
            found = checkpointed(tmp_path / "a", ABOUT, Job(stop=StopAfter(9), checkpoint_seconds=0.0), WORK, GATHER)
            break
        except Stopped:
            stops += 1
    assert stops >= 3 and found == expected()


def test_what_is_done_is_not_done_again(tmp_path):
    stage, done = ResumableStage.opened(tmp_path, ABOUT, Job()), []

    def work(piece, report):
        done.append(piece)
        return {"x": piece}

    stage.compute("a", "end", [0, 2], work, str)
    stage.compute("a", "end", range(4), work, str)
    assert sorted(done) == [0, 1, 2, 3] and done[:2] == [0, 2]
    assert [int(one["x"]) for one in records_of(stage.store, "end", [3, 1])] == [3, 1]


def test_checkpoints_lie_apart_as_asked(tmp_path):
    """Without a wish to stop and with long times between checkpoints there is one, at the end."""
    stage, kept = ResumableStage.opened(tmp_path, ABOUT, Job(checkpoint_seconds=1000.0)), []
    put = stage.store.put
    stage.store.put = lambda records, latest=None: (kept.append(len(records)), put(records, latest))
    advanced(stage, 1, STEPS, 0.0)
    assert kept == [STEPS, 1]


def test_another_case_is_refused(tmp_path):
    ResumableStage.opened(tmp_path, ABOUT, Job()).store.put([Record(0, "state", 1, {"value": 1.0})])
    with pytest.raises(InputError, match="pieces: 7 -> 8"):
        checkpointed(tmp_path, {"pieces": 8}, Job(), WORK, GATHER)


def test_the_checkpoints_stay_if_gathering_fails(tmp_path):
    def gather(store):
        raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="the disk is full"):
        checkpointed(tmp_path / "a", ABOUT, Job(), WORK, gather)
    assert checkpointed(tmp_path / "a", ABOUT, Job(), lambda stage: None, GATHER) == expected()


def test_a_record_that_is_missing_is_named(tmp_path):
    stage = ResumableStage.opened(tmp_path, ABOUT, Job())
    stage.compute("a", "end", [0, 1], lambda piece, report: {"x": piece}, str)
    with pytest.raises(StoreError, match="the checkpoints lack end of block 2"):
        records_of(stage.store, "end", range(3))


@pytest.mark.parametrize("ranks, threads", [(0, 2), (3, 1), (2, 2)])
def test_ranks_and_threads_do_not_matter(tmp_path, ranks, threads):
    finish(ranks, tmp_path, "--threads", threads)
    assert json.loads((tmp_path / "found.json").read_text()) == expected()
    assert [path.name for path in tmp_path.iterdir()] == ["found.json"]


def test_kills_at_random_moments_on_any_ranks(tmp_path):
    moments, kills, options = random.Random(3), 0, ("--seconds", 0.05)
    while kills < 4:
        process = begin(moments.choice([0, 2, 3]), tmp_path, *options)
        limit = time.monotonic() + 60.0
        before = len(list((tmp_path / "checkpoint").glob("*.sqlite")))
        while process.poll() is None and time.monotonic() < limit:
            if kills or len(list((tmp_path / "checkpoint").glob("*.sqlite"))) > before:
                break
            time.sleep(0.02)
        time.sleep(moments.uniform(0.2, 1.2))
        if process.poll() is not None:
            break
        kill_all(process)
        kills += 1
    assert kills
    finish(2, tmp_path, *options)
    assert json.loads((tmp_path / "found.json").read_text()) == expected()


@pytest.mark.parametrize("ranks", [0, 2])
def test_a_signal_writes_a_checkpoint_and_asks_for_another_turn(tmp_path, ranks):
    process = begin(ranks, tmp_path, "--seconds", 0.05, "--steps", 2000)
    limit = time.monotonic() + 60.0
    while len(list((tmp_path / "checkpoint").glob("*.sqlite"))) < max(ranks, 1) and time.monotonic() < limit:
        time.sleep(0.02)
    for pid in descendants(process.pid) if ranks else [process.pid]:
        if b"mpiexec" not in (words := open(f"/proc/{pid}/cmdline", "rb").read()) and b"hydra" not in words:
            os.kill(pid, signal.SIGTERM)
    assert process.wait(timeout=600) == REQUEUE and (tmp_path / "checkpoint").is_dir()


def test_a_failure_on_any_rank_ends_all_with_its_status(tmp_path):
    said = finish(3, tmp_path, "--fail", 5, "--seconds", 0.01, status=2)
    assert "piece 5: made to fail" in said and "failed at piece 5; all ranks stop" in said and "Traceback" not in said

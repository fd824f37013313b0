"""How a job is set up from a case, and how its progress adds up."""

import os
import signal
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from lsmcal.core.folder_lock import FolderInUse, locked
from lsmcal.parallel.job import Job, job_of
from lsmcal.parallel.stop import Stopped


def a_case(folder):
    def write_resolved(path: Path) -> None:
        path.write_text("resolved")

    run = SimpleNamespace(threads=2, checkpoint_seconds=7.0)
    return SimpleNamespace(run=run, output_folder=folder, write_resolved=write_resolved)


def test_progress_is_the_sum_over_pieces():
    told = []

    def work(piece, report):
        report(1, 2)
        report(2, 2)
        return True

    Job(progress=lambda *given: told.append(given)).do("stage", [4, 5], work, str)
    # of reports that come quickly the latest is passed on
    found = [done for _, done, _ in told]
    assert found == sorted(found) and set(found) <= {25, 50, 75, 100} and found[-1] == 100
    assert {(stage, of) for stage, _, of in told} == {("stage, percent", 100)}


def test_the_settings_of_a_case_and_its_resolved_text(tmp_path):
    folder = tmp_path / "output" / "calibration"
    with job_of(a_case(tmp_path / "output"), folder) as job:
        assert (job.threads, job.checkpoint_seconds, job.world.size) == (2, 7.0, 1)
        assert not folder.exists()  # a stage may yet refuse the case
        job.accepted()
        assert (folder / "case.resolved.toml").read_text() == "resolved"


def test_the_folder_of_results_is_locked_meanwhile(tmp_path):
    refused = []

    def other():
        try:
            with locked(tmp_path / "output", "lsmcal run"):
                pass
        except FolderInUse:
            refused.append(True)

    with job_of(a_case(tmp_path / "output"), tmp_path / "output" / "calibration"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    other()
    assert refused == [True]


@pytest.mark.parametrize("number, kind", [(signal.SIGTERM, Stopped), (signal.SIGINT, KeyboardInterrupt)])
def test_a_stop_is_an_interrupt_where_it_was_one(tmp_path, number, kind):
    with pytest.raises(kind), job_of(a_case(tmp_path), tmp_path) as job:
        os.kill(os.getpid(), number)
        job.do("stage", [1], lambda piece, report: False, str)

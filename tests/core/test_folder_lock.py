"""One process at a time in a folder of results, whatever ends the one that holds it."""

import errno
import fcntl
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lsmcal.core import folder_lock
from lsmcal.core.folder_lock import EXPIRED, LEASE, LOCK, FolderInUse, locked

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys, time
from lsmcal.core.folder_lock import locked
with locked(sys.argv[1], "lsmcal run"):
    print("held", flush=True)
    time.sleep(60.0)
"""


@pytest.fixture(autouse=True)
def no_patience(monkeypatch):
    monkeypatch.setattr(folder_lock, "PATIENCE", 0.0)


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock of ``output``."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "output")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_process_is_told_who_works_there(holder, tmp_path):
    with pytest.raises(FolderInUse) as refused, locked(tmp_path / "output", "lsmcal report"):
        pass
    name = re.escape(os.uname().nodename)
    who = rf"\(lsmcal run, process {holder.pid} on {name}, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d\)"
    text = rf"{re.escape(str(tmp_path / 'output'))}: another process is running this case {who}; wait until .*folder"
    assert re.fullmatch(text, str(refused.value))
    assert holder.poll() is None and (tmp_path / "output" / LOCK).exists()


def test_who_is_about_to_go_is_waited_for(holder, tmp_path, monkeypatch):
    monkeypatch.setattr(folder_lock, "PATIENCE", 60.0)
    threading.Timer(0.3, holder.kill).start()
    with locked(tmp_path / "output", "lsmcal run"):
        assert str(os.getpid()) in (tmp_path / "output" / LOCK).read_text()


def test_a_killed_holder_leaves_no_lock(holder, tmp_path):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with locked(tmp_path / "output", "lsmcal run"):
        assert str(os.getpid()) in (tmp_path / "output" / LOCK).read_text()
    assert list((tmp_path / "output").iterdir()) == []  # not made by us, so not removed


def test_inner_stages_share_the_lock_and_threads_do_not(tmp_path):
    refused = []

    def other():
        try:
            with locked(tmp_path / "new" / "output", "another thread"):
                pass
        except FolderInUse as error:
            refused.append(str(error))

    with locked(tmp_path / "new" / "output", "lsmcal campaign"):
        with locked(tmp_path / "new" / "output" / "calibration", "lsmcal calibrate"):
            pass
        with locked(tmp_path / "new" / "output", "lsmcal run"):
            pass
        assert [path.name for path in (tmp_path / "new" / "output").iterdir()] == [LOCK]
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(refused) == 1 and f"lsmcal campaign, process {os.getpid()}" in refused[0]
    assert list(tmp_path.iterdir()) == []  # what was made for nothing is removed


def test_results_stay(tmp_path):
    with locked(tmp_path / "output", "lsmcal run"):
        (tmp_path / "output" / "run.nc").write_text("")
    assert [path.name for path in (tmp_path / "output").iterdir()] == ["run.nc"]


def test_the_lock_goes_with_an_error(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path / "output", "lsmcal run"):
        raise KeyError
    with locked(tmp_path / "output", "lsmcal run"):
        pass


@pytest.fixture
def no_locks(monkeypatch):
    """A file system without locks."""

    def without(descriptor, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", without)
    monkeypatch.setattr(folder_lock, "_warned", set())


@pytest.fixture
def lease_holder(tmp_path):
    """A process that works in ``output`` where there are no locks."""
    without = "import errno, fcntl\ndef flock(*a):\n    raise OSError(errno.ENOLCK, '')\nfcntl.flock = flock\n"
    command = [sys.executable, "-c", without + HOLDER, str(tmp_path / "output")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_file_system_without_locks_is_said_once_and_nothing_is_left(tmp_path, no_locks, caplog):
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            with locked(tmp_path, "lsmcal run"):
                assert [path.name for path in tmp_path.iterdir()] == [LEASE]
    assert len(caplog.records) == 1 and "the file system has no locks" in caplog.text
    assert not list(tmp_path.iterdir())


def test_without_locks_a_second_process_is_refused_too(lease_holder, no_locks, tmp_path):
    with (
        pytest.raises(FolderInUse, match=f"lsmcal run, process {lease_holder.pid} on"),
        locked(tmp_path / "output", ""),
    ):
        pass
    assert lease_holder.poll() is None and (tmp_path / "output" / LEASE).exists()


def test_without_locks_a_killed_process_is_noticed(lease_holder, no_locks, tmp_path, caplog):
    lease_holder.kill()
    lease_holder.wait()
    with caplog.at_level(logging.WARNING), locked(tmp_path / "output", "lsmcal run"):
        assert str(os.getpid()) in (tmp_path / "output" / LEASE).read_text()
    assert f"process {lease_holder.pid} on" in caplog.text and "there is no such process any more" in caplog.text
    assert not (tmp_path / "output").exists() or not list((tmp_path / "output").iterdir())


def test_another_machine_is_believed_while_it_renews(no_locks, tmp_path, caplog):
    """Nobody can look at its processes; the clock is that of the file system."""
    about = {"work": "lsmcal run", "process": 1, "machine": "node17", "since": "2026-01-01 00:00:00+00:00"}
    (tmp_path / LEASE).write_text(json.dumps(about))
    with pytest.raises(FolderInUse, match="process 1 on node17"), locked(tmp_path, "lsmcal run"):
        pass
    long_ago = (tmp_path / LEASE).stat().st_mtime - 2.0 * EXPIRED
    os.utime(tmp_path / LEASE, (long_ago, long_ago))
    with caplog.at_level(logging.WARNING), locked(tmp_path, "lsmcal run"):
        pass
    assert "process 1 on node17" in caplog.text and "not renewed for 2" in caplog.text


def test_the_owner_renews(no_locks, tmp_path, monkeypatch):
    monkeypatch.setattr(folder_lock, "RENEWED", 0.01)
    with locked(tmp_path, "lsmcal run"):
        os.utime(tmp_path / LEASE, (0.0, 0.0))
        deadline = time.monotonic() + 30.0
        while (tmp_path / LEASE).stat().st_mtime < 1.0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert (tmp_path / LEASE).stat().st_mtime > 1.0


def test_of_many_that_take_over_one_works(no_locks, tmp_path):
    """Threads stand for processes: a lease of this very process counts as that of another."""
    about = {"work": "lsmcal run", "process": 1, "machine": "node17", "since": ""}
    inside, most, refused = [], [], []

    def work():
        try:
            with locked(tmp_path, "lsmcal run"):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.05)
                inside.pop()
        except FolderInUse:
            refused.append(1)

    for _ in range(5):
        (tmp_path / LEASE).write_text(json.dumps(about))
        os.utime(tmp_path / LEASE, (0.0, 0.0))
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most and set(most) == {1} and len(most) + len(refused) == 40


def test_a_folder_that_cannot_be_written_is_left_to_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    with locked(tmp_path / "file" / "output", "lsmcal run"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path):
    (tmp_path / "precious").write_text("x")
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / LOCK).symlink_to(tmp_path / "precious")
    with locked(tmp_path / "output", "lsmcal run"):
        pass
    assert (tmp_path / "precious").read_text() == "x"

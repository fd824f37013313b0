"""One process at a time in a folder of results, whatever ends the one that holds it."""

import errno
import fcntl
import logging
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lsmcal.core import folder_lock
from lsmcal.core.folder_lock import LOCK, FolderInUse, locked

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


def test_a_file_system_without_locks_is_said_once(tmp_path, monkeypatch, caplog):
    def without(descriptor, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", without)
    monkeypatch.setattr(folder_lock, "_warned", set())
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            with locked(tmp_path, "lsmcal run"):
                pass
    assert len(caplog.records) == 1 and "not locked, because the file system has no locks" in caplog.text


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

"""Files that appear whole or not at all: two writers, killed writers, links, full disks."""

import csv
import errno
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from lsmcal.core import files
from lsmcal.core.files import damage_of, forget_sums, read_sums, write_sums

ROOT = Path(__file__).resolve().parents[2]
#: Writes the same file again and again with a content of its own, or sleeps in the middle of writing it.
WRITER = """
import sys, time
from pathlib import Path
from lsmcal.core.files import replacement, write_text
path, letter, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for _ in range(count):
    write_text(path, letter * 200_000)
if not count:
    with replacement(path) as temporary:
        temporary.write_text("half")
        print("half", flush=True)
        time.sleep(60.0)
"""


def writer(path, letter, count):
    command = [sys.executable, "-c", WRITER, str(path), letter, str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@contextmanager
def room_for(size):
    """No file grows beyond so many bytes: writing fails in the middle, as on a full disk."""
    before, compiled = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # Python would leave half of a module that is imported meanwhile
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = compiled


def only(folder, *names):
    return sorted(path.name for path in folder.iterdir()) == sorted(names)


def test_every_kind_is_read_back(tmp_path):
    files.write_bytes(tmp_path / "a.png", b"\x89PNG")
    files.write_text(tmp_path / "a.txt", "grün\n")
    files.write_json(tmp_path / "a.json", {"b": [1, 0.1]})
    files.write_rows(tmp_path / "a.csv", [["x", "y"], [1, "a,b"]])
    files.write_npz(tmp_path / "a.npz", x=np.arange(3.0))
    with files.new_netcdf(tmp_path / "new" / "a.nc") as file:
        file.title = "a"
    assert (tmp_path / "a.png").read_bytes() == b"\x89PNG"
    assert (tmp_path / "a.txt").read_bytes() == "grün\n".encode()
    assert json.loads((tmp_path / "a.json").read_text()) == {"b": [1, 0.1]}
    with (tmp_path / "a.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["x", "y"], ["1", "a,b"]]
    with np.load(tmp_path / "a.npz") as file:
        np.testing.assert_array_equal(file["x"], np.arange(3.0))
    with netCDF4.Dataset(tmp_path / "new" / "a.nc") as file:
        assert file.title == "a"
    assert only(tmp_path, "a.png", "a.txt", "a.json", "a.csv", "a.npz", "new") and only(tmp_path / "new", "a.nc")


def test_numbers_that_json_does_not_have_are_refused(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        files.write_json(tmp_path / "a.json", [float("nan")])
    assert only(tmp_path)


def test_two_processes_write_the_same_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    writers = [writer(path, letter, 60) for letter in "ab"]
    seen = set()
    while any(process.poll() is None for process in writers):
        text = path.read_text()
        assert text == "before" or text in ("a" * 200_000, "b" * 200_000)
        seen.add(text[0])
    assert [process.returncode for process in writers] == [0, 0] and seen >= {"a", "b"}
    assert only(tmp_path, "a.txt")


def test_two_threads_write_the_same_file(tmp_path):
    path, failures = tmp_path / "a.nc", []

    def write(value):
        try:
            for _ in range(40):
                files.write_bytes(path, bytes([value]) * 100_000)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(value,)) for value in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    content = path.read_bytes()
    assert failures == [] and len(set(content)) == 1 and len(content) == 100_000 and only(tmp_path, "a.nc")


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    killed, living = writer(path, "a", 0), writer(path, "b", 0)
    try:
        assert [process.stdout.readline() for process in (killed, living)] == ["half\n", "half\n"]
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert path.read_text() == "before" and len(list(tmp_path.glob(".a.txt.*.tmp"))) == 2
        files.write_text(path, "after")
        left = list(tmp_path.glob(".a.txt.*.tmp"))
        assert path.read_text() == "after" and len(left) == 1 and f"-{living.pid}-" in left[0].name
    finally:
        living.kill()
        living.wait()
    assert files.remove_leftovers(tmp_path) == left and only(tmp_path, "a.txt")


def test_leftovers_of_another_machine_or_an_earlier_version_stay_for_a_day(tmp_path):
    names = [".a.nc.00000000-1-0123456789abcdef.tmp", ".a.nc.17.tmp"]
    for name in names:
        (tmp_path / name).write_text("")
    (tmp_path / "mine.tmp").write_text("")
    assert files.remove_leftovers(tmp_path) == []
    for path in tmp_path.iterdir():
        os.utime(path, (time.time() - 2 * 86_400,) * 2)
    assert sorted(path.name for path in files.remove_leftovers(tmp_path)) == sorted(names)
    assert only(tmp_path, "mine.tmp")


def test_a_link_is_followed(tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / "b.txt").write_text("before")
    (tmp_path / "a.txt").symlink_to(tmp_path / "scratch" / "b.txt")
    (tmp_path / "new.txt").symlink_to("scratch/new.txt")
    files.write_text(tmp_path / "a.txt", "after")
    files.write_text(tmp_path / "new.txt", "first")
    assert (tmp_path / "a.txt").is_symlink() and (tmp_path / "scratch" / "b.txt").read_text() == "after"
    assert (tmp_path / "new.txt").is_symlink() and (tmp_path / "scratch" / "new.txt").read_text() == "first"
    assert only(tmp_path, "a.txt", "new.txt", "scratch") and only(tmp_path / "scratch", "b.txt", "new.txt")


def test_what_is_no_regular_file_is_not_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to("circle")
    for name, reason in (("folder", "is a folder"), ("pipe", "is not a regular file"), ("circle", "symbolic links")):
        with pytest.raises(OSError, match=f"cannot be written: .*{reason}"):
            files.write_text(tmp_path / name, "x")
    assert only(tmp_path, "folder", "pipe", "circle")


def test_a_full_disk_leaves_the_old_file_and_says_so(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with room_for(1000), pytest.raises(OSError) as refused:
        files.write_text(path, "x" * 5000)
    assert refused.value.errno == errno.EFBIG and refused.value.filename == str(path)
    assert refused.value.strerror.startswith("cannot be written: File too large; the disk has ")
    assert refused.value.strerror.endswith(" MB free")
    with room_for(1000), pytest.raises(OSError, match="cannot be written: NetCDF: .* MB free"):
        with files.new_netcdf(path) as file:
            file.createDimension("x", 5000)
            file.createVariable("x", "f8", ("x",))[:] = np.arange(5000.0)
    assert path.read_text() == "before" and only(tmp_path, "a.txt")


def test_a_disk_without_any_room_is_not_called_a_lack_of_permission(tmp_path, monkeypatch):
    with room_for(0), pytest.raises(OSError, match="cannot be written: NetCDF: the file cannot be begun; .* MB free"):
        with files.new_netcdf(tmp_path / "a.nc"):
            pass
    monkeypatch.setattr(files.os, "access", lambda *words: False)
    with room_for(0), pytest.raises(OSError, match="cannot be written: Permission denied"):
        with files.new_netcdf(tmp_path / "a.nc"):
            pass
    monkeypatch.undo()
    with pytest.raises(PermissionError, match="mine"), files.new_netcdf(tmp_path / "a.nc"):
        raise PermissionError(errno.EACCES, "mine", "other")


def test_an_error_of_the_writer_leaves_the_old_file_and_stays_what_it_is(tmp_path):
    path = tmp_path / "a.nc"
    path.write_text("before")
    with pytest.raises(KeyError), files.new_netcdf(path):
        raise KeyError("x")
    with pytest.raises(RuntimeError, match="mine"), files.new_netcdf(path):
        raise RuntimeError("mine")
    with pytest.raises(FileNotFoundError) as missing, files.replacement(path):
        (tmp_path / "other").read_text()
    assert missing.value.filename == str(tmp_path / "other")
    assert path.read_text() == "before" and only(tmp_path, "a.nc")


def test_a_disk_that_may_only_be_read_is_named_by_the_file_that_was_asked_for(tmp_path, monkeypatch):
    def refused(path, *arguments, **options):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(files.Path, "write_bytes", refused)
    monkeypatch.setattr(files.Path, "unlink", refused)
    with pytest.raises(OSError, match="cannot be written: Read-only file system") as error:
        files.write_text(tmp_path / "a.txt", "x")
    assert error.value.filename == str(tmp_path / "a.txt")


def test_a_folder_in_the_way_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot be written") as refused:
        files.write_text(tmp_path / "file" / "a.txt", "x")
    assert refused.value.filename == str(tmp_path / "file" / "a.txt")


def test_a_long_name_of_any_letters_has_room_for_the_temporary_one(tmp_path):
    name = "雪" * 80 + ".txt"
    files.write_text(tmp_path / name, "x")
    assert only(tmp_path, name)


def test_a_list_of_checksums_is_that_of_sha256sum(tmp_path):
    (tmp_path / "b.json").write_text("{}")
    (tmp_path / "a.csv").write_text("x\n")
    path = write_sums(tmp_path, ["b.json", "a.csv"])
    done = subprocess.run(["sha256sum", "--check", path.name], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.count(": OK") == 2
    assert set(read_sums(tmp_path)) == {"a.csv", "b.json"} and not damage_of(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text("y\n")
    assert damage_of(tmp_path / "a.csv") == "the checksum is wrong"
    path.write_text(path.read_text()[3:])
    with pytest.raises(ValueError, match="line 1 is damaged"):
        read_sums(tmp_path)
    forget_sums(tmp_path)
    assert read_sums(tmp_path) == {} and not damage_of(tmp_path / "a.csv")
    (tmp_path / "b.json").write_text("{")
    assert damage_of(tmp_path / "b.json") == "it is not JSON"

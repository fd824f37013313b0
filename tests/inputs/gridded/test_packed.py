"""The packed forcing: its bytes, its checks, and what happens when packing is killed or the disk is full."""

import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import time
import tracemalloc
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.forcing_files import CMFD, weather, write_cmfd
from lsmcal.core.errors import InputError, Problems
from lsmcal.inputs.gridded.pack import pack_forcing, pieces
from lsmcal.inputs.gridded.packed import PackedForcing
from lsmcal.inputs.gridded.protocol import Places
from lsmcal.inputs.gridded.source import open_gridded
from tests.inputs.cmfd_files import change, file_of, make, places

#: 40 cells: a whole block and one with idle lanes.
LONGITUDE, LATITUDE = 90.05 + 0.1 * np.arange(8), 33.05 + 0.1 * np.arange(5)
ORDER = np.r_[39:19:-1, 0:20]


@pytest.fixture(scope="module")
def source():
    """Weather of a few days over the turns of three years."""
    one = weather(LONGITUDE, LATITUDE, "1979-12-30", "1980-01-03")
    rest = weather(LONGITUDE, LATITUDE, "1980-01-03", "1981-01-02")
    both = (np.concatenate([one.time, rest.time]), np.concatenate([one.values, rest.values]))
    return replace(one, time=both[0], values=both[1], attributes={"source": "made up"})


@pytest.fixture(scope="module")
def cells(source):
    """The cells in an order of their own."""
    whole = places(source)
    return Places(*(getattr(whole, name)[ORDER] for name in vars(whole)))


@pytest.fixture
def folder(source, cells, tmp_path):
    """A packed folder."""
    pack_forcing(source, cells, tmp_path / "packed")
    return tmp_path / "packed"


def contents(folder):
    """Bytes of all files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refusal(call, *arguments, **options):
    """The message with which something is refused."""
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    return str(caught.value)


def flip(path, place):
    """Change one bit."""
    with open(path, "r+b") as file:
        file.seek(place, os.SEEK_END if place < 0 else os.SEEK_SET)
        old = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([old ^ 1]))


# -- bytes -------------------------------------------------------------------------------------------------------------
def test_layout_of_the_files(folder, source, cells):
    assert sorted(contents(folder)) == ["1979.bin", "1980.bin", "1981.bin", "forcing.json"]
    raw = np.fromfile(folder / "1980.bin", "<f4", count=2 * 2928 * 8 * 32).reshape(2, 2928, 8, 32)
    truth = source.read(cells.cell, 16, 16 + 2928)
    assert np.array_equal(raw[0], truth[:, :, :32]) and np.array_equal(raw[1, :, :, :8], truth[:, :, 32:])
    assert np.array_equal(raw[1, :, :, 8:], np.repeat(truth[:, :, 32:33], 24, axis=2))
    header = json.loads((folder / "forcing.json").read_text())
    assert header["variables"]["precipitation"] == "kg m-2 s-1" and header["cells"]["number"] == ORDER.tolist()
    assert header["time"] == {"start": "1979-12-30T00:00:00", "step": 10800.0, "steps": 2952, "calendar": "standard"}
    assert header["source"] == source.identity() and header["attributes"] == {"source": "made up"}


def test_reads_what_the_source_reads(folder, source, cells):
    packed = PackedForcing(folder, cells, source.identity())
    assert np.array_equal(packed.time, source.time) and (packed.step, packed.calendar) == (10800.0, "standard")
    for chosen in (cells.cell, cells.cell[32:], cells.cell[:64:5], np.array([7]), np.array([3, 39, 3]), cells.cell[:0]):
        for first, last in ((0, 2952), (14, 18), (2940, 2952), (100, 101), (9, 9)):
            found = packed.read(chosen, first, last)
            assert found.flags["C_CONTIGUOUS"] and found.dtype == np.float32
            assert np.array_equal(found, source.read(chosen, first, last))
    blocks = packed.read_blocks(0, 2, 10, 2950)
    assert np.array_equal(blocks[0], source.read(cells.cell[:32], 10, 2950))
    assert np.array_equal(blocks[1, :, :, :8], source.read(cells.cell[32:], 10, 2950))
    packed.verify()


def test_reads_as_the_kernel_takes_it(folder, source, cells):
    packed = PackedForcing(folder)
    for chosen in (cells.cell, cells.cell[:32], cells.cell[32:], cells.cell[1:33], cells.cell[:7], np.array([5, 3])):
        found, truth = packed.read_lanes(chosen, 10, 2945), source.read(chosen, 10, 2945)
        assert found.shape == (-(-chosen.size // 32), 2935, 8, 32)
        for i in range(found.shape[0] * 32):
            column = i if i < chosen.size else (chosen.size - 1) // 32 * 32
            assert np.array_equal(found[i // 32, :, :, i % 32], truth[:, :, column])


@pytest.mark.parametrize("memory, by_map", [(0.02, False), (0.4, False), (0.02, True), (0.5, True), (1e4, True)])
def test_same_bytes_whatever_the_memory(folder, source, cells, tmp_path, memory, by_map):
    other = replace(source)
    other.by_map = by_map
    pack_forcing(other, cells, tmp_path / "other", memory=memory)
    assert contents(tmp_path / "other") == contents(folder)


@pytest.mark.parametrize("memory", [0.001, 0.1, 1.0, 30.0, 1e5])
@pytest.mark.parametrize("by_map", [False, True])
def test_pieces_fit_memory_and_cover_all_once_in_order(memory, by_map):
    @dataclass
    class Source:
        by_map: bool

        def bytes_per_step(self, cells):
            return 200 * cells

    done = np.zeros((7, 100), int)
    for blocks, steps in pieces(Source(by_map), 200, 100, memory):
        cost = 200 * min(len(blocks) * 32, 200) * len(steps)
        assert cost <= max(memory * 1e6, 200 * 32)  # one step of a block is the least
        part = done[blocks.start : blocks.stop]
        assert (part[:, : steps.start] == 1).all() and (part[:, steps.start :] == 0).all()
        part[:, steps.start : steps.stop] += 1
    assert (done == 1).all()


def test_memory_stays_within_what_is_granted(tmp_path):
    source, spec = make(tmp_path, "1979-12-01", "1980-01-01")
    cells = places(source)
    tracemalloc.start()
    try:
        pack_forcing(open_gridded(spec, cells), cells, tmp_path / "first", memory=0.5)  # imports and the like
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        pack_forcing(open_gridded(spec, cells), cells, tmp_path / "packed", memory=0.5)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert 0.1e6 < peak < 0.6e6  # files and header take some; all of the month would be 2.5 MB


def test_identity_is_that_of_the_numbers(folder, source, cells, tmp_path):
    again = pack_forcing(replace(source, attributes={"source": "moved"}), cells, tmp_path / "again")
    assert again.identity() == PackedForcing(folder).identity()
    values = source.values.copy()
    values[2000, 0, 5] += np.float32(0.001)
    warmer = pack_forcing(replace(source, values=values), cells, tmp_path / "warmer")
    assert warmer.identity() != again.identity()


def test_from_published_files_with_noise_and_a_short_year(tmp_path):
    source, spec = make(tmp_path)
    cells = places(source)
    for label, value in (("197912", -2760), ("198001", -2765)):  # -5 and -6.25 W m-2
        role = "shortwave"
        change(file_of(tmp_path, role, label), lambda data, v=value: data["srad"].__setitem__((0, 0, slice(0, 3)), v))
    files = open_gridded(replace(spec, calendar="noleap"), cells)
    packed = pack_forcing(files, cells, tmp_path / "packed", memory=0.05)
    assert packed.calendar == "noleap" and np.array_equal(packed.time, files.time)
    assert np.array_equal(packed.read(cells.cell, 0, 56), files.read(cells.cell, 0, 56))
    assert packed.attributes["clipped_shortwave"] == "6 values just outside their limits clipped"
    assert packed.attributes["read_shortwave"] == "srad [W m-2]"


# -- interruptions -----------------------------------------------------------------------------------------------------
SLOW = """
import sys, time
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[1])
from benchmarks.forcing_files import weather
from tests.inputs.cmfd_files import places
from lsmcal.inputs.gridded.pack import pack_forcing
source = weather(90.05 + 0.1 * np.arange(8), 33.05 + 0.1 * np.arange(5), "1979-12-30", "1981-01-02")
quick = source.read
def slow(*arguments):
    time.sleep(float(sys.argv[3]))
    return quick(*arguments)
source.read = slow
print("ready", flush=True)
pack_forcing(source, places(source), Path(sys.argv[2]), memory=0.4)
"""


def start(folder, seconds):
    """Packing in another process that takes its time."""
    root = str(Path(__file__).resolve().parents[3])
    process = subprocess.Popen([sys.executable, "-c", SLOW, root, str(folder), str(seconds)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    process.stdout.close()
    return process


def test_killed_and_resumed_gives_the_same_bytes(tmp_path):
    process = start(tmp_path / "whole", 0.0)
    assert process.wait() == 0
    process = start(tmp_path / "killed", 0.02)
    part = ".1980.bin.*.tmp"
    limit = time.monotonic() + 20.0
    while not list((tmp_path / "killed").glob(part)) and time.monotonic() < limit:
        time.sleep(0.005)
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list((tmp_path / "killed").glob(part)) and not (tmp_path / "killed" / "1980.bin").exists()
    text = refusal(PackedForcing, tmp_path / "killed")
    assert "packing is incomplete at 1980 (found 2 of 3 years are missing)" in text
    made = (tmp_path / "killed" / "1979.bin").stat().st_mtime_ns
    assert start(tmp_path / "killed", 0.0).wait() == 0
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    assert (tmp_path / "killed" / "1979.bin").stat().st_mtime_ns == made


def test_an_exception_leaves_no_partial_file(source, cells, tmp_path):
    broken = replace(source)

    def read(chosen, first, last):
        if last > 1000:
            raise KeyboardInterrupt
        return source.read(chosen, first, last)

    broken.read = read
    with pytest.raises(KeyboardInterrupt):
        pack_forcing(broken, cells, tmp_path / "packed", memory=0.4)
    assert sorted(contents(tmp_path / "packed")) == ["1979.bin", "forcing.json"]


def test_a_full_disk_is_said_and_leaves_no_partial_file(folder, source, cells, tmp_path):
    target = tmp_path / "small"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))  # the year 1980 takes 6 MB
    try:
        text = refusal(pack_forcing, source, cells, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "1980.bin: the disk or quota is full; expected free space; complete years are kept" in text
    assert sorted(contents(target)) == ["1979.bin", "forcing.json"]
    pack_forcing(source, cells, target)
    assert contents(target) == contents(folder)


def test_too_little_room_is_seen_before_the_work(tmp_path):
    @dataclass
    class Endless:
        time = np.arange(np.datetime64("1600", "s"), np.datetime64("2000", "s"), np.timedelta64(3, "h"))
        step, calendar, attributes = 10800.0, "standard", {}

        def identity(self):
            return {"kind": "endless"}

    number = np.arange(300_000)
    many = Places(number, 0.001 * number, np.zeros(number.size), np.zeros(number.size))
    text = refusal(pack_forcing, Endless(), many, tmp_path / "big")
    size = 9375 * (146097 * 8 * 1024 + 400 * 32)  # blocks of 3-hourly steps of 400 years, and digests
    assert "not enough disk space" in text and f"expected {size / 1e9:.3f} GB" in text
    assert contents(tmp_path / "big") == {}


def test_a_folder_that_cannot_be_written(source, cells, tmp_path):
    (tmp_path / "file").write_text("")
    assert "file/packed: cannot be written: Not a directory" in refusal(
        pack_forcing, source, cells, tmp_path / "file" / "packed"
    )
    if os.getuid():
        (tmp_path / "locked").mkdir(mode=0o500)
        assert "cannot be written: Permission denied" in refusal(pack_forcing, source, cells, tmp_path / "locked")


def test_what_is_packed_needs_no_right_to_write(folder, source, cells):
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    place = os.open(folder, os.O_RDONLY)
    fcntl.flock(place, fcntl.LOCK_EX)  # nor the lock
    assert pack_forcing(source, cells, folder).identity() == PackedForcing(folder).identity()
    os.close(place)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_two_cannot_pack_into_one_folder(folder, source, cells):
    (folder / "1980.bin").unlink()
    place = os.open(folder, os.O_RDONLY)
    fcntl.flock(place, fcntl.LOCK_EX)
    try:
        assert "another process is packing" in refusal(pack_forcing, source, cells, folder)
    finally:
        os.close(place)
    pack_forcing(source, cells, folder)


def test_problems_of_the_source_are_those_of_the_whole_year(tmp_path):
    source = weather(LONGITUDE, LATITUDE, "1979-12-28", "1980-02-03")
    (tmp_path / "files").mkdir()
    write_cmfd(source, tmp_path / "files")
    _, spec = make(tmp_path, "1979-12-31", "1980-01-01")
    spec = replace(spec, folder=tmp_path / "files")
    for role, label, record, value in (
        ("air_temperature", "198001", 3, -32767),
        ("air_temperature", "198001", 200, -32767),
        ("air_temperature", "198002", 1, -11000),
        ("wind_speed", "198002", 4, -32767),
    ):
        name, path = CMFD[role][0], file_of(spec.folder, role, label)
        change(path, lambda data, n=name, r=record, v=value: data[n].__setitem__((r, 1, 1), v))
    cells = places(source)
    with pytest.raises(InputError) as caught:
        pack_forcing(open_gridded(spec, cells), cells, tmp_path / "packed", memory=0.2)
    found = [(problem.variable, problem.where.split(",")[0]) for problem in caught.value.problems]
    assert found == [
        ("temp (air_temperature)", "1980-01-01T09:00"),
        ("temp (air_temperature)", "1980-02-01T03:00"),
        ("wind (wind_speed)", "1980-02-01T12:00"),
    ]
    assert sorted(contents(tmp_path / "packed")) == ["1979.bin", "forcing.json"]


# -- caches that must be refused ---------------------------------------------------------------------------------------
def test_damage_in_the_numbers(folder, cells):
    flip(folder / "1980.bin", 2928 * 8 * 32 * 4 + 77)
    packed = PackedForcing(folder, cells)  # opening does not read the numbers
    text = refusal(packed.verify)
    assert f"1980.bin: sha256: 1 of 2 blocks are damaged at block 1, from cell {ORDER[32]} on" in text


def test_damage_that_shows_on_opening(folder, source, cells):
    flip(folder / "1979.bin", -1)
    os.truncate(folder / "1980.bin", 5_000_000)
    (folder / "1981.bin").unlink()
    text = refusal(PackedForcing, folder)
    assert "3 problems" in text and "1979.bin: sha256: the checksum is wrong" in text
    assert "1980.bin: the file has a wrong size (found 5000000 bytes)" in text
    assert "1981.bin: a year's file is missing" in text
    pack_forcing(source, cells, folder).verify()  # packing again mends it


def test_a_changed_header(folder, tmp_path):
    path = folder / "forcing.json"
    text = path.read_text()
    path.write_text(text.replace('"step": 10800.0', '"step": 3600.0'))
    assert "the header was changed or is damaged" in refusal(PackedForcing, folder)
    path.write_text(text[:200])
    assert "no packed forcing" in refusal(PackedForcing, folder)
    path.write_text(text.replace('"version": 1', '"version": 9'))
    assert "another format" in refusal(PackedForcing, folder)
    assert "no packed forcing" in refusal(PackedForcing, tmp_path / "nowhere")


def test_other_cells_time_and_source(folder, source, cells, tmp_path):
    another = {"cell": 77, "longitude": 99.0, "latitude": 40.0, "elevation": 0.0}
    more = Places(**{name: np.append(getattr(cells, name), value) for name, value in another.items()})
    moved = replace(cells, longitude=cells.longitude + 0.02)
    text = refusal(PackedForcing, folder, more, {**source.identity(), "sum": 1.0})
    assert "1 of 41 are not in the packed forcing at cell 77 (40 N, 99 E)" in text and "40 cells" in text
    assert "sum: packed from another source" in text and "expected 1.0" in text
    text = refusal(PackedForcing, folder, moved)
    assert "40 of 40 are at other coordinates at cell 39 (33.45 N, 90.77 E)" in text
    assert "(found cell 39 (33.45 N, 90.75 E))" in text
    text = refusal(pack_forcing, replace(source, time=source.time[8:], values=source.values[8:]), cells, folder)
    assert "packed for another period (found 2952 steps" in text and "expected 2944 steps" in text
    turned = Places(*(getattr(cells, name)[::-1] for name in vars(cells)))
    assert "in another order" in refusal(pack_forcing, source, turned, folder)
    before = contents(folder)
    pack_forcing(source, turned, folder, overwrite=True)
    assert np.array_equal(PackedForcing(folder).read(turned.cell, 0, 20), source.read(turned.cell, 0, 20))
    assert contents(folder) != before


def test_cells_it_does_not_hold(folder):
    assert "1 cell without forcing (found 40); expected one of the 40 cells" in refusal(
        PackedForcing(folder).read, np.array([3, 40]), 0, 1
    )


def test_nothing_to_pack(source, tmp_path):
    nobody = Places(*(np.zeros(0) for _ in range(4)))
    assert "no cells to pack" in refusal(pack_forcing, source, nobody, tmp_path)


def test_pieces_of_a_problem_are_not_repeated():
    from lsmcal.inputs.gridded.pack import _add_new

    found = Problems()
    for count, where in ((3, "a"), (12, "b")):
        one = Problems()
        one.add(f"{count} missing values ({count} values in {count} cells)", variable="x", where=where)
        _add_new(found, InputError(one.found))
    assert [problem.where for problem in found.found] == ["a"]

"""A disk that fills up, files that a run finds damaged: what was good stays, and the run goes on to the same bits."""

import hashlib
import shutil
import sqlite3
import subprocess
import sys

import pytest

from tests.core.test_files import room_for
from tests.region_cases import PLATEAU, case_of_files, cut, files_of, finished, garble, told, typed

#: Bytes that hold the checkpoints of some years of the run, but not of all.
_SOME_YEARS = 70_000


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.nc"))}


def records(path, kind):
    with sqlite3.connect(path) as file:
        return file.execute("SELECT piece, step FROM record WHERE kind = ?", (kind,)).fetchall()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The plateau run without a hindrance; all runs lie in a folder of the same name, which is in their files."""
    folder = tmp_path_factory.mktemp("whole") / "plateau"
    folder.mkdir()
    (folder / "case.toml").write_text(PLATEAU)
    typed("run", folder, "--quiet")
    assert len(digests(folder / "output")) == 2
    return folder


@pytest.fixture
def plateau(whole, tmp_path):
    """The plateau before anything was run."""
    folder = tmp_path / "plateau"
    folder.mkdir()
    shutil.copy(whole / "case.toml", folder)
    return folder


@pytest.fixture
def settled(whole, plateau):
    """The plateau in equilibrium."""
    (plateau / "output").mkdir()
    for path in (whole / "output").glob("equilibrium-*.nc"):
        shutil.copy(path, plateau / "output")
    return plateau


def test_a_full_disk_during_a_checkpoint(whole, settled):
    with room_for(_SOME_YEARS):
        text = told("run", settled, "--quiet", status=1)
    path = settled / "output" / "checkpoint" / "run" / "rank-00000.sqlite"
    assert text.startswith(f"{path}: no checkpoint written: ") and "the previous one is intact" in text
    reached = records(path, "state")
    assert 0 < len(records(path, "year")) < 4 and reached and not (settled / "output" / "region.nc").exists()
    typed("run", settled, "--quiet")
    assert digests(settled / "output") == digests(whole / "output")
    assert not (settled / "output" / "checkpoint").exists()


_HINDERED = """
import resource, sys
from mpi4py import MPI  # which needs files of its own
from lsmcal.simulate import warm_up
rank, touch = MPI.COMM_WORLD.rank, warm_up.touch_kernels
warm_up.touch_kernels = lambda region: (print("kernels first on rank", rank, flush=True), touch(region))
if rank:
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, resource.RLIM_INFINITY))
"""


def test_a_full_disk_on_one_of_two_ranks(whole, settled):
    """Rank 0 has been through the kernels before both begin."""
    text = finished(2, "run", settled, "--quiet", before=_HINDERED, status=1)
    assert text.startswith("kernels first on rank 0\n") and text.count("kernels first") == 1
    assert "rank-00001.sqlite: no checkpoint written: " in text and "rank 1 of 2 failed at cells" in text
    assert "Traceback" not in text
    typed("run", settled, "--quiet")
    assert digests(settled / "output") == digests(whole / "output")


@pytest.mark.parametrize("stage, name", [("spinup", "equilibrium-"), ("run", "region.nc")])
def test_a_full_disk_while_the_results_are_gathered(whole, plateau, monkeypatch, stage, name):
    from lsmcal.simulate import stage as region_stage

    writer = "write_equilibrium" if stage == "spinup" else "write_region"
    write = getattr(region_stage, writer)

    def hindered(*given):
        with room_for(20_000):
            return write(*given)

    with monkeypatch.context() as patch:
        patch.setattr(region_stage, writer, hindered)
        text = told("run", plateau, "--quiet", status=1)
    output = plateau / "output"
    assert text.startswith(f"{output / name}") and ": cannot be written: " in text and " MB free; " in text
    assert "the results are stored in the checkpoints" in text
    assert f"checkpoint/{stage}/rank-00000.sqlite" in files_of(output)
    assert not list(output.glob(f"{name}*")) and not list(output.glob(".*"))
    typed("run", plateau, "--quiet")
    assert digests(output) == digests(whole / "output")


def test_a_full_disk_before_the_run(tmp_path):
    folder = case_of_files(tmp_path)
    with room_for(9_000):
        text = told("domain", folder, status=1)
    assert text.startswith(f"{folder / 'domain.nc'}: cannot be written: ") and not list(folder.glob("*domain.nc*"))
    typed("domain", folder)
    with room_for(900_000):
        text = told("forcing", "pack", folder, "--quiet")
    assert "1980.bin: the disk or quota is full" in text and "1 problem" in text
    typed("forcing", "pack", folder, "--quiet")
    typed("forcing", "verify", folder / "output" / "forcing")


# -- damaged files of a run --------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def half(whole, tmp_path_factory):
    """A run that came to its end on a full disk, with some years in its checkpoint."""
    folder = shutil.copytree(whole, tmp_path_factory.mktemp("half") / "plateau")
    (folder / "output" / "region.nc").unlink()
    with room_for(_SOME_YEARS):
        told("run", folder, "--quiet", status=1)
    return folder


@pytest.fixture
def stopped(half, tmp_path):
    folder = shutil.copytree(half, tmp_path / "plateau")
    return folder, folder / "output" / "checkpoint" / "run" / "rank-00000.sqlite"


def test_a_checkpoint_that_is_no_database_any_more(whole, stopped):
    folder, path = stopped
    path.write_bytes(b"no database " * 1000)
    text = typed("run", folder).stderr
    assert f"warning: {path}: the checkpoint is damaged: file is not a database; 0 records are good" in text
    assert not path.parent.exists() and digests(folder / "output") == digests(whole / "output")


def test_damage_inside_a_checkpoint(whole, stopped):
    """Numbers that changed behind a sound database are not computed with."""
    folder, path = stopped
    with sqlite3.connect(path) as file:
        piece, step, data = file.execute("SELECT piece, step, data FROM record WHERE kind = 'state'").fetchone()
        middle = len(data) // 2
        data = data[:middle] + bytes(byte ^ 1 for byte in data[middle : middle + 8]) + data[middle + 8 :]
        file.execute("UPDATE record SET data = ? WHERE kind = 'state' AND piece = ? AND step = ?", (data, piece, step))
    text = typed("run", folder).stderr
    assert f"warning: {path}: the checkpoint is damaged: a record has a wrong checksum; " in text
    assert not path.parent.exists() and digests(folder / "output") == digests(whole / "output")


def test_checkpoints_that_lack_a_year(whole, stopped):
    """Some other rank had computed it, and its file was removed: the piece is computed again."""
    folder, path = stopped
    with sqlite3.connect(path) as file:
        file.execute("DELETE FROM record WHERE kind = 'year' AND step = 1979 AND piece = 0")
    typed("run", folder, "--quiet")
    assert digests(folder / "output") == digests(whole / "output")


@pytest.mark.parametrize("spoil", [lambda path: cut(path, 0.7), lambda path: garble(path, 0.5, 2000)])
def test_a_damaged_equilibrium_is_made_again(whole, settled, spoil):
    """As a killed copy or a bad disk leaves it; the run says so."""
    path = next((settled / "output").glob("equilibrium-*.nc"))
    spoil(path)
    text = typed("run", settled).stderr
    assert f"warning: {path}: is damaged: cannot be read: " in text and "it is made again" in text and "spin-up" in text
    assert digests(settled / "output") == digests(whole / "output")


def test_a_region_file_cut_short_is_made_again(whole, settled):
    shutil.copy(whole / "output" / "region.nc", settled / "output")
    script = "import sys, os, lsmcal.core.files as files\nwith files.replacement(sys.argv[1]) as path:\n"
    script += "    path.write_text('half')\n    os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", script, settled / "output" / "region.nc"])
    assert len(list((settled / "output").glob(".region.nc.*"))) == 1
    cut(settled / "output" / "region.nc", 0.5)
    text = typed("run", settled).stderr
    assert (
        f"warning: {settled / 'output' / 'region.nc'}: is damaged: cannot be read: " in text and "spin-up" not in text
    )
    assert digests(settled / "output") == digests(whole / "output") and not list((settled / "output").glob(".*"))


def test_a_half_done_run_of_another_case(stopped):
    folder, path = stopped
    before = path.read_bytes()
    text = told("run", folder, "--quiet", "--set", "run.years=[1979, 1981]")
    assert (
        "the unfinished work in this folder belongs to another case (found run.years: [1979, 1980] -> [1979, 1981])"
        in text
    )
    assert path.read_bytes() == before

"""A region's files are the same bytes for any number of ranks and threads, and however often the job is killed."""

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from lsmcal.core.errors import InputError
from lsmcal.parallel.stop import REQUEUE
from tests.parallel.ranks import ROOT, descendants, kill_all, launched
from tests.simulate.small_region import main


def command(ranks: int, folder: Path, *options: str) -> list[str]:
    return launched(ranks, "-m", "tests.simulate.small_region", folder, *options)


def finish(ranks: int, folder: Path, *options: str, status: int = 0) -> str:
    if not ranks and not status:  # within this process, which has loaded all
        assert main([str(folder), *options]) == 0
        return ""
    done = subprocess.run(command(ranks, folder, *options), cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == status, done.stderr
    return done.stderr


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.nc"))}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Files of one process with one thread."""
    folder = tmp_path_factory.mktemp("alone")
    finish(0, folder)
    found = digests(folder)
    assert len(found) == 2 and not (folder / "checkpoint").exists()
    return found


@pytest.mark.parametrize("ranks, threads", [(0, 2), (1, 1), (2, 2), (3, 1)])
def test_ranks_and_threads_do_not_matter(alone, tmp_path, ranks, threads):
    finish(ranks, tmp_path, "--threads", str(threads))
    assert digests(tmp_path) == alone


def begin(ranks: int, folder: Path, *options: str) -> subprocess.Popen:
    return subprocess.Popen(
        command(ranks, folder, *options),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to find all processes of a job")
def test_kills_at_random_moments_change_nothing(tmp_path):
    """Each hits a job at work, as it has written something; the second hits it while it starts."""
    years = ("--years", "6")
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    finish(0, whole, *years)
    moments, kills = random.Random(5), []
    while len(kills) < 5:
        before = written(broken)
        process = begin((2, 0, 3, 0, 1)[len(kills)], broken, *years)
        deadline = time.monotonic() + 60.0
        while len(kills) != 1 and written(broken) == before and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.03)
        time.sleep(moments.uniform(0.0, 0.5))
        if process.poll() is not None:  # it was done before it was killed: begin anew
            for path in broken.glob("*.nc"):
                path.unlink()
            continue
        kill_all(process)
        kills.append(written(broken))
    assert len(set(map(str, kills))) >= 4
    finish(2, broken, *years)
    assert digests(broken) == digests(whole) and not list(broken.glob(".*"))


def written(folder: Path) -> dict[Path, tuple[int, int]]:
    """Size and time of every file of a job."""
    found = {}
    for path in folder.rglob("*.*"):
        with contextlib.suppress(FileNotFoundError):
            found[path] = path.stat().st_size, path.stat().st_mtime_ns
    return found


@pytest.mark.parametrize("ranks, number", [(0, signal.SIGTERM), (2, signal.SIGUSR1)])
def test_a_signal_writes_a_checkpoint_and_asks_for_another_turn(tmp_path, ranks, number):
    process = begin(ranks, tmp_path, "--years", "200")
    deadline = time.monotonic() + 60.0
    while not list((tmp_path / "checkpoint").glob("run/*.sqlite")) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in [process.pid] if not ranks else [p for p in descendants(process.pid) if is_rank(p)]:
        os.kill(pid, number)
    assert process.wait(timeout=600) == REQUEUE
    assert list((tmp_path / "checkpoint" / "run").glob("*.sqlite")) and not (tmp_path / "region.nc").exists()
    if not ranks:  # the checkpoint is of this case alone
        with pytest.raises(InputError) as caught:
            main([str(tmp_path), "--years", "150"])
        said = str(caught.value)
        assert "run.years: [2001, 2200] -> [2001, 2150]" in said and "another output folder" in said


def is_rank(pid: int) -> bool:
    words = Path(f"/proc/{pid}/cmdline").read_bytes()
    return b"tests.simulate.small_region" in words and not any(name in words for name in (b"mpiexec", b"hydra"))


@pytest.mark.parametrize("ranks", [0, 2])
def test_a_failure_on_one_rank_ends_the_job_and_names_the_cell(tmp_path, ranks):
    started = time.monotonic()
    said = finish(ranks, tmp_path, "--fail-at", "146", "--years", "1", status=1)
    assert time.monotonic() - started < 60.0
    assert "cell 146 (33.0000 N, 104.6000 E)" in said and "non-finite" in said and "Traceback" in said
    assert not (tmp_path / "region.nc").exists()

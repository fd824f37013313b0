"""Processes of a job for tests: :mod:`tests.parallel.counting` on some ranks."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: The launcher of the MPI that is installed beside this Python, whether or not its environment is active.
MPIEXEC = shutil.which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))


def launched(ranks: int, *arguments: object) -> list[str]:
    """A command of Python under mpiexec, or as one process for 0 ranks."""
    if ranks and MPIEXEC is None:
        pytest.skip("no mpiexec: install the extra mpich")
    launcher = [MPIEXEC, "-n", str(ranks)] if ranks else []
    return [*launcher, sys.executable, *map(str, arguments)]


def begin(ranks: int, folder: Path, *options: object) -> subprocess.Popen:
    """The work begun."""
    return subprocess.Popen(
        launched(ranks, "-m", "tests.parallel.counting", folder, *options),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(ranks: int, folder: Path, *options: object, status: int = 0) -> str:
    """The work brought to its end; what it says."""
    process = begin(ranks, folder, *options)
    said = process.communicate(timeout=600)[1]
    assert process.returncode == status, said
    return said


def kill_all(process: subprocess.Popen) -> None:
    """Kill launcher and ranks; ranks of mpiexec have sessions of their own and die with their launcher's proxy."""
    children = descendants(process.pid)
    for pid in [process.pid, *children]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


def descendants(pid: int) -> list[int]:
    """Processes below one, from /proc."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
    found, front = [], [pid]
    while front:
        front = [child for child, parent in parents.items() if parent in front]
        found += front
    return found

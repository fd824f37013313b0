"""Commands in a process of their own: forked from this one, which has loaded everything, or started on some ranks."""

from __future__ import annotations

import contextlib
import io
import mmap
import os
import select
import shutil
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.cases import ROOT
from benchmarks.faults.events import UNHINDERED, Hindrance, Writes, draw_no_figures

_PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
MPIEXEC = shutil.which("mpiexec", path=_PATH)
#: Seconds after which a command hangs.
PATIENCE = 300.0
HUNG = -1000


@dataclass(frozen=True)
class Kill:
    """A signal from outside.

    Parameters
    ----------
    seconds : float
        After the start.
    number : int
    """

    seconds: float
    number: int = signal.SIGKILL


@dataclass(frozen=True)
class Said:
    """What a command said.

    Parameters
    ----------
    status : int
        Exit status; negative: the signal it died of; :data:`HUNG`.
    text : str
        Both streams.
    seconds : float
    writes : int
        How many it began, if it was counted.
    killed : bool
        Whether a signal from outside met it.
    """

    status: int
    text: str
    seconds: float
    writes: int = 0
    killed: bool = False

    @property
    def broken(self) -> bool:
        """A traceback, the death by a signal that nobody sent, a status that is not one of the command, or no end."""
        return "Traceback (most recent" in self.text or self.status not in (0, 1, 2, 75)


def forked(words: list[str], hindrance: Hindrance = UNHINDERED, kill: Kill | None = None) -> Said:
    """Run a command in a copy of this process."""
    counter = mmap.mmap(-1, 8)
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.dup2(writing, 1)
            os.dup2(writing, 2)
            sys.stdout = open(1, "w", encoding="utf-8", closefd=False)
            sys.stderr = open(2, "w", encoding="utf-8", closefd=False)
            status = _command(words, hindrance, counter)
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)
    os.close(writing)
    text, status, killed = _watched(pid, reading, began, kill)
    return Said(status, text, time.monotonic() - began, int.from_bytes(counter[:], "little"), killed)


def _command(words: list[str], hindrance: Hindrance, counter: mmap.mmap) -> int:
    """Within the copy: the command's exit status."""
    from lsmcal.__main__ import start_command

    sys.argv = ["lsmcal", *words]
    draw_no_figures()
    Writes(words, hindrance, counter).install()
    try:
        start_command()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _watched(pid: int, reading: int, began: float, kill: Kill | None) -> tuple[str, int, bool]:
    """What a child says until it ends, its status, and whether the signal met it."""
    said, killed, open_ = [], False, True
    try:
        while True:
            passed = time.monotonic() - began
            wait = 0.5 if kill is None or killed else max(0.0, min(kill.seconds - passed, 0.5))
            if open_ and select.select([reading], [], [], wait)[0]:
                part = os.read(reading, 65536)
                said.append(part)
                open_ = bool(part)
            elif not open_:
                time.sleep(min(wait, 0.002))
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                while open_ and select.select([reading], [], [], 0.0)[0] and (part := os.read(reading, 65536)):
                    said.append(part)
                return b"".join(said).decode(errors="replace"), os.waitstatus_to_exitcode(status), killed
            if kill is not None and not killed and time.monotonic() - began >= kill.seconds:
                os.kill(pid, kill.number)
                killed = True
            if time.monotonic() - began > PATIENCE:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return b"".join(said).decode(errors="replace"), HUNG, killed
    finally:
        os.close(reading)


def load_everything(words: list[str]) -> None:
    """Run a command in this process, so that its copies find modules and kernels loaded.

    Raises
    ------
    RuntimeError
        With what it said, if it failed.
    """
    from lsmcal.cli.main import app

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            app(words, prog_name="lsmcal")
        except SystemExit as end:
            if end.code:
                raise RuntimeError(said.getvalue()) from None


def on_ranks(ranks: int, words: list[str], hindrance: Hindrance = UNHINDERED, kill: Kill | None = None) -> Said:
    """Run a command on some ranks; 0: one process without a launcher. A signal goes to every rank, SIGKILL to all."""
    launcher = [str(MPIEXEC), "-n", str(ranks)] if ranks else []
    command = [*launcher, sys.executable, "-m", "benchmarks.faults.events", hindrance.text(), *words]
    began, killed, status = time.monotonic(), False, None
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        text, _ = process.communicate(timeout=PATIENCE if kill is None else kill.seconds)
    except subprocess.TimeoutExpired:
        if kill is not None:
            killed = True
            signalled(process, kill.number)
        try:
            text, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            status = HUNG
            signalled(process, signal.SIGKILL)
            text, _ = process.communicate()
    status = process.returncode if status is None else status
    return Said(status, text.decode(errors="replace"), time.monotonic() - began, killed=killed)


def signalled(process: subprocess.Popen, number: int) -> None:
    """Send a signal to the processes of a job that are commands, or SIGKILL to all of them."""
    for pid in [process.pid, *descendants(process.pid)]:
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if number == signal.SIGKILL or (b"benchmarks.faults.events" in words and b"-n" not in words):
                os.kill(pid, number)


def descendants(pid: int) -> list[int]:
    """Processes below one, from /proc."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
    found, front = [], [pid]
    while front:
        front = [child for child, parent in parents.items() if parent in front]
        found += front
    return found

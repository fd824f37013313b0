"""What a launcher means for a command: all its ranks take part, or the first works and the others leave at once."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from lsmcal.core.words import counted, printable
from lsmcal.parallel.launch import launched_rank, launched_ranks, launched_world, work_alone

#: Verbs whose work on a region is that of all ranks.
TOGETHER = ("run", "screen", "calibrate", "evaluate", "campaign")
#: Options of these verbs that a value follows.
_WITH_VALUE = ("--set", "--parameters", "--data", "--cell")
#: Tasks of an allocation, as schedulers say it.
_TASKS = ("SLURM_NTASKS", "PBS_NP", "LSB_DJOB_NUMPROC")


def take_part(arguments: Sequence[str]) -> None:
    """Start MPI on all ranks, or end all ranks but the first; to be called by every rank before anything is done.

    No rank starts MPI later: those that have left would be waited for.

    Parameters
    ----------
    arguments : sequence of str
        Those of the command: verb, case, options.

    Raises
    ------
    InputError
        When there are several ranks but no MPI.
    """
    together, ranks = _is_for_all(arguments), launched_ranks()
    if ranks < 2:
        if together:
            _note_idle_tasks()
    elif together:
        launched_world()
    elif launched_rank():
        sys.stdout.flush()
        os._exit(0)
    else:
        work_alone()
        _say(f"{counted(ranks, 'rank')} started: this command is the work of one, and the others have left")


def _is_for_all(arguments: Sequence[str]) -> bool:
    """Whether the command is one that the ranks share: work on a region."""
    words = [word for word in arguments if not word.startswith("-")]
    if not words or words[0] not in TOGETHER:
        return False
    after = list(arguments[arguments.index(words[0]) + 1 :])
    values = {place + 1 for place, word in enumerate(after) if word in _WITH_VALUE}
    cases = [word for place, word in enumerate(after) if place not in values and not word.startswith("-")]
    return bool(cases) and _is_region(Path(cases[0]))


def _is_region(path: Path) -> bool:
    """Whether a case file, or the one in a folder, is that of a region; False for what cannot be read."""
    try:
        if path.is_dir():
            path /= "case.toml"
        return path.stat().st_size < 1e7 and "region" in tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False


def _note_idle_tasks() -> None:
    """Say that a job has more tasks than it uses."""
    tasks = max((int(text) for name in _TASKS if (text := os.environ.get(name, "")).isdigit()), default=1)
    if tasks > 1:
        _say(f"the job has {tasks} tasks and this command uses one; start it with srun or mpiexec to use all of them")


def _say(words: str) -> None:
    print(f"note: {printable(words)}", file=sys.stderr)

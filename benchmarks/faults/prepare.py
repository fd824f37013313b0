"""Finished and half-done folders of every stage, made once."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.cases import STAGES, Stage
from benchmarks.faults.commands import forked, load_everything
from benchmarks.faults.events import Hindrance, draw_no_figures
from benchmarks.faults.results import is_result

#: Lists of checksums are damaged too, though they are no results that can be compared.
_SUMS = "SHA256SUMS"


@dataclass
class Prepared:
    """A stage with its folders.

    Parameters
    ----------
    stage : Stage
    before, whole : Path
        Folders of the case before and after the command.
    seconds : float
        That the command takes.
    writes : int
        How many there are.
    half : list of Path
        Folders of commands that were killed, with checkpoints.
    """

    stage: Stage
    before: Path
    whole: Path
    seconds: float
    writes: int
    half: list[Path] = field(default_factory=list)

    @property
    def largest(self) -> int:
        """Bytes of the largest file of the results."""
        return max(path.stat().st_size for path in (self.whole / "output").rglob("*") if path.is_file())

    def copy(self, source: Path, top: Path) -> Path:
        """A folder of its own, of the same name, which is in its files."""
        shutil.rmtree(top, ignore_errors=True)
        return Path(shutil.copytree(source, top / self.stage.case))

    def artefacts(self) -> list[tuple[Path, str]]:
        """Every file of results and of half-done work: the folder that has it, and its name in the output folder."""
        names = [name for name in _files(self.whole) if name not in self.stage.unread]
        found = [(self.whole, name) for name in names if is_result(name) or name.endswith(_SUMS)]
        for folder in self.half:
            found += [(folder, name) for name in _files(folder) if name.endswith(".sqlite")]
        return found


def _files(folder: Path) -> list[str]:
    output = folder / "output"
    return sorted(path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file())


def prepare(top: Path, names: Iterable[str] = (), say=print) -> list[Prepared]:
    """Make the folders of all stages, or of some.

    Parameters
    ----------
    top : Path
    names : iterable of str
        Of the stages; all if empty.
    say : callable
        Told what is made.

    Raises
    ------
    RuntimeError
        When a command fails without any hindrance.
    """
    draw_no_figures()
    names, found = tuple(names), []
    for stage in STAGES:
        if names and stage.name not in names:
            continue
        say(f"prepare {stage.name}")
        folder = top / stage.name.replace(" ", "-")
        before = folder / "before" / stage.case
        stage.write(before)
        for command in stage.before:
            load_everything(stage.words(before, command))
        loaded = shutil.copytree(before, folder / "loaded" / stage.case)
        load_everything(stage.words(loaded))
        load_everything(["check", "--outputs", str(loaded)])
        whole = Path(shutil.copytree(before, folder / "whole" / stage.case))
        said = forked(stage.words(whole))
        if said.status:
            raise RuntimeError(f"{stage.name} fails by itself: {said.text}")
        one = Prepared(stage, before, whole, said.seconds, said.writes)
        one.half = _half_done(one, folder) if stage.checkpoints else []
        found.append(one)
    return found


def _half_done(one: Prepared, top: Path) -> list[Path]:
    """Folders with the checkpoints of commands that were killed at some of their writes, one for each set of files."""
    found: dict[frozenset[str], Path] = {}
    for event in sorted({one.writes * part // 8 for part in range(1, 8)}):
        folder = one.copy(one.before, top / f"half-{event}")
        forked(one.stage.words(folder), Hindrance(event, signal.SIGKILL))
        stores = frozenset(name for name in _files(folder) if name.endswith(".sqlite"))
        if stores and stores not in found:
            found[stores] = folder
        else:
            shutil.rmtree(folder.parent)
    return list(found.values())

"""How far a long command is: a bar on a terminal, plain timed lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from lsmcal.core.words import printable

#: Seconds between two lines of a stage where there is no terminal.
_INTERVAL = 20.0


class Progress:
    """Called with (stage, done, of); a context manager that tidies up after itself.

    Parameters
    ----------
    quiet : bool
        Show nothing.
    begin : callable, optional
        Called once, before the first report: the input has been accepted by then.
    stream : text stream
        Standard error by default.
    """

    def __init__(self, quiet: bool = False, begin: Callable[[], None] | None = None, stream: TextIO | None = None):
        self._stream = stream or sys.stderr
        self._quiet, self._begin = quiet, begin
        self._bar: Any = None
        self._tasks: dict[str, tuple[Any, int]] = {}
        self._stage, self._shown = "", 0.0
        self._started = time.monotonic()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, stage: str, done: int, of: int) -> None:
        """Report that ``done`` of ``of`` parts of a stage are done."""
        if self._begin is not None:
            self._begin()
            self._begin = None
        if self._quiet:
            return
        stage = printable(stage)
        if self._stream.isatty():
            self._draw(stage, done, of)
        else:
            self._line(stage, done, of)

    def _draw(self, stage: str, done: int, of: int) -> None:
        if self._bar is None:
            self._bar = _bar(self._stream)
            self._bar.start()
        task, before = self._tasks.get(stage, (None, 0))
        if task is not None and done < before:  # the stage begins anew, for another batch
            self._bar.remove_task(task)
            task = None
        if task is None:
            task = self._bar.add_task(stage, total=of)
        self._tasks[stage] = task, done
        self._bar.update(task, completed=done, total=of)

    def _line(self, stage: str, done: int, of: int) -> None:
        now = time.monotonic()
        if stage == self._stage and now - self._shown < _INTERVAL and done < of:
            return
        self._stage, self._shown = stage, now
        print(f"{now - self._started:8.1f} s  {stage} {done} of {of}", file=self._stream, flush=True)


def part_of(progress: Callable[[str, int, int], None] | None, whole: str) -> Callable[[str, int, int], None] | None:
    """A progress whose stages are named as parts of a larger one: "twin: spin-up"."""
    return None if progress is None else lambda stage, done, of: progress(f"{whole}: {stage}", done, of)


def _bar(stream: TextIO):
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Bar(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=Console(file=stream), transient=True)

"""The wish to stop: from a signal or from another rank, looked at between the steps of the work."""

from __future__ import annotations

import signal
import threading

#: Exit status of a job that was asked to stop and should be started again (EX_TEMPFAIL).
REQUEUE = 75


#: Set when a signal came before any work that can be stopped began.
_early = threading.Event()


def stop_when_work_begins() -> None:
    """Let the next work stop as soon as it begins: so all ranks of a job come to the same end."""
    _early.set()


class Stopped(Exception):
    """The job was asked to stop; its checkpoints are written."""

    def __init__(self):
        super().__init__("stopped on request; the checkpoints are written, and the same command resumes from them")


class Stop:
    """A wish to stop, from a signal or another rank; work looks at it between its steps.

    As a context manager it catches SIGTERM, SIGUSR1 (Slurm's warning) and Ctrl-C; a second Ctrl-C ends at once.
    """

    _SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)

    def __init__(self):
        self._event = threading.Event()
        if _early.is_set():
            self._event.set()
        self._before: dict = {}
        self.interrupted = False

    def __bool__(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        """Wish to stop."""
        self._event.set()

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._caught) for number in self._SIGNALS}
        return self

    def _caught(self, number, _frame) -> None:
        self.set()
        if number == signal.SIGINT:
            self.interrupted = True
            signal.signal(number, signal.default_int_handler)

    def __exit__(self, *error) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

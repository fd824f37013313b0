"""Where messages go: warnings to the terminal, every line to a log file once there is somewhere to write it."""

from __future__ import annotations

import logging
from logging.handlers import MemoryHandler
from pathlib import Path

from lsmcal.core.words import printable

_LINE = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_MEMORY = 10_000


class _Terminal(logging.Formatter):
    """The bare message; its level in front unless it is information."""

    def format(self, record: logging.LogRecord) -> str:
        text = printable(record.getMessage())
        return text if record.levelno <= logging.INFO else f"{record.levelname.lower()}: {text}"


class _File(logging.Formatter):
    """Lines of the log file, control characters escaped."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


class Log:
    """The messages of one command.

    Lines are kept in memory until :meth:`keep` names a file, so that a command that is refused writes nothing.

    Parameters
    ----------
    quiet : bool
        Show errors only.
    """

    def __init__(self, quiet: bool = False):
        self.logger = logging.getLogger("lsmcal")
        self.logger.setLevel(logging.INFO)
        self._terminal = logging.StreamHandler()
        self._terminal.setLevel(logging.ERROR if quiet else logging.WARNING)
        self._terminal.setFormatter(_Terminal())
        self._memory = MemoryHandler(_MEMORY, flushLevel=logging.CRITICAL + 1, flushOnClose=False)
        for handler in (self._terminal, self._memory):
            self.logger.addHandler(handler)

    def keep(self, path: Path) -> None:
        """Write what was said, and what will be, to a file; the first call decides which."""
        if self._memory.target is not None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        file = logging.FileHandler(path, encoding="utf-8")
        file.setFormatter(_File(_LINE))
        self._memory.setTarget(file)
        self._memory.flush()
        self._memory.flushLevel = logging.NOTSET

    def close(self) -> None:
        """Let go of the file and of the terminal."""
        target = self._memory.target
        for handler in (self._terminal, self._memory):
            self.logger.removeHandler(handler)
            handler.close()
        if target is not None:
            target.close()

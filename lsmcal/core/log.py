"""Where messages go: warnings to the terminal, every line to a log file once there is somewhere to write it."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
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


class _Line(logging.Formatter):
    """Lines of the log file, control characters escaped."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


class _File(logging.FileHandler):
    """A log that cannot be written, as on a full disk, ends no command; one warning says so."""

    def __init__(self, path: Path, terminal: logging.Handler):
        super().__init__(path, encoding="utf-8")
        self._terminal, self._warned = terminal, False

    def handleError(self, record: logging.LogRecord) -> None:
        """Of what was being logged."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
        elif not self._warned and logging.WARNING >= self._terminal.level:
            self._warned = True
            words = f"{self.baseFilename}: the log cannot be written: {error.strerror}"
            self._terminal.handle(logging.makeLogRecord({"levelno": 30, "levelname": "WARNING", "msg": words}))

    def close(self) -> None:
        """Let go of the file, whether or not the last lines have room in it."""
        with suppress(OSError):
            super().close()


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
        file = _File(path, self._terminal)
        file.setFormatter(_Line(_LINE))
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

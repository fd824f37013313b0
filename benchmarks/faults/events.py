"""What happens inside a command that is hindered: writes are counted, and at one of them it is killed or has no room.

``python -m benchmarks.faults.events HINDRANCE WORDS`` is ``lsmcal WORDS``, on one rank with a hindrance, as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict, dataclass
from typing import Any

#: Auditing events of Python that come before something is written.
_AUDITED = {"os.rename", "os.remove", "os.mkdir", "sqlite3.connect"}
_WRITING = os.O_WRONLY | os.O_RDWR


@dataclass(frozen=True)
class Hindrance:
    """What is done to a command.

    Parameters
    ----------
    event : int
        Number of the write before which it happens, from 1; 0: never.
    number : int
        Signal that the process then gets; 0: none.
    room : int
        Bytes beyond which no file grows from then on, if there is no signal.
    rank : int
        Where.
    """

    event: int = 0
    number: int = 0
    room: int = 0
    rank: int = 0

    def text(self) -> str:
        """As an argument of this module."""
        return json.dumps(asdict(self))


#: Nothing happens.
UNHINDERED = Hindrance()


class Writes:
    """Counts what a process writes, and hinders one of the writes; for a process that does nothing else afterwards."""

    def __init__(self, words: list[str], hindrance: Hindrance, count: Any = None):
        self.folder = next((word for word in words if os.path.isdir(word)), "/")
        self.hindrance, self.count, self.done = hindrance, count if count is not None else bytearray(8), 0

    def install(self) -> None:
        """From now on, until the process ends."""
        from lsmcal.parallel.checkpoints import Store

        sync, put = os.fsync, Store.put

        def counted_sync(descriptor: int) -> None:
            self.happened()
            sync(descriptor)

        def counted_put(store: Store, records: Any, latest: Any = None) -> None:
            self.happened()
            put(store, records, latest)

        os.fsync, Store.put = counted_sync, counted_put
        sys.addaudithook(self._audited)

    def _audited(self, event: str, words: tuple) -> None:
        if event in _AUDITED or (event == "open" and isinstance(words[2], int) and words[2] & _WRITING):
            if isinstance(words[0], str | os.PathLike) and os.fspath(words[0]).startswith(self.folder):
                self.happened()

    def happened(self) -> None:
        """One more write begins."""
        self.done += 1
        self.count[:8] = self.done.to_bytes(8, "little")
        if self.done != self.hindrance.event:
            return
        if self.hindrance.number:
            os.kill(os.getpid(), self.hindrance.number)
        else:
            limit(self.hindrance.room)


def limit(room: int) -> None:
    """No file of this process grows beyond so many bytes: writing fails in the middle, as on a full disk."""
    # Python ignores the signal that comes with it
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def draw_no_figures() -> None:
    """Drawing takes longer than all else."""
    import lsmcal.figures.style as style

    style.to_png = lambda figure, dpi=0: b"PNG"


def main() -> None:
    """The command, hindered."""
    from lsmcal.__main__ import start_command
    from lsmcal.parallel.launch import launched_rank, launched_ranks

    hindrance = Hindrance(**json.loads(sys.argv.pop(1)))
    if launched_ranks() > 1:
        from mpi4py import MPI  # noqa: F401  # which writes files of its own
    draw_no_figures()
    Writes(sys.argv[1:], hindrance if launched_rank() == hindrance.rank else UNHINDERED).install()
    start_command()


if __name__ == "__main__":
    main()

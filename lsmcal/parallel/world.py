"""The ranks of a job, and what they tell each other."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

#: Seconds between two looks at whether something has arrived.
POLL = 0.01


@dataclass(frozen=True)
class World:
    """The ranks of a job.

    Parameters
    ----------
    rank, size : int
    comm : mpi4py communicator or None
    """

    rank: int = 0
    size: int = 1
    comm: Any = None

    @property
    def is_root(self) -> bool:
        """Whether this is rank 0, which alone talks to the user."""
        return self.rank == 0

    def barrier(self) -> None:
        """Return when every rank has come here; waiting ranks sleep."""
        if self.comm is not None:
            request = self.comm.Ibarrier()
            while not request.Test():
                time.sleep(POLL)

    def bcast(self, value):
        """The value that rank 0 has; the others wait for it."""
        if self.comm is None:
            return value
        self.barrier()
        return self.comm.bcast(value, root=0)

    def message(self) -> tuple[int, int, Any] | None:
        """Sender, tag and content of a message that has arrived; None if there is none."""
        if self.comm is None:
            return None
        from mpi4py import MPI

        status = MPI.Status()
        if not self.comm.Iprobe(source=MPI.ANY_SOURCE, tag=MPI.ANY_TAG, status=status):
            return None
        sender, tag = status.Get_source(), status.Get_tag()
        return sender, tag, self.comm.recv(source=sender, tag=tag)

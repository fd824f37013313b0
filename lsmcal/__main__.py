"""``python -m lsmcal``: the command of the same name."""

import os
import signal
import sys

from lsmcal.parallel.launch import launched_ranks
from lsmcal.parallel.stop import REQUEUE, stop_when_work_begins


def start_command() -> None:
    """Entry point of the command; signals that come while its modules are loaded are no errors either.

    SIGTERM and SIGUSR1 end with the status that asks for another turn. Work that stores its state catches them itself.
    """
    for number in (signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, _stop)
    try:
        from lsmcal.cli.main import main
    except KeyboardInterrupt:
        print("interrupted before anything was done", file=sys.stderr)
        raise SystemExit(130) from None
    main()


def _stop(number: int, frame: object) -> None:
    """End at once: what is stored is whole. One of several ranks must not go alone; they stop where the work begins."""
    if launched_ranks() > 1:
        stop_when_work_begins()
        return
    print("stopped on request; the same command resumes from what is stored, or begins again", file=sys.stderr)
    sys.stderr.flush()
    os._exit(REQUEUE)  # an exception could be lost in a callback of a library that is being loaded


if __name__ == "__main__":
    start_command()

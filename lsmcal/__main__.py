"""``python -m lsmcal``: the command of the same name."""

import signal
import sys
from typing import NoReturn

from lsmcal.parallel.stop import REQUEUE


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


def _stop(number: int, frame: object) -> NoReturn:
    print("stopped on request; the same command resumes from what is stored, or begins again", file=sys.stderr)
    raise SystemExit(REQUEUE)


if __name__ == "__main__":
    start_command()

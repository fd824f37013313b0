"""``python -m lsmcal``: the command of the same name."""

import sys


def start_command() -> None:
    """Entry point of the command; an interrupt while its modules are loaded is no error either."""
    try:
        from lsmcal.cli.main import main
    except KeyboardInterrupt:
        print("interrupted before anything was done", file=sys.stderr)
        raise SystemExit(130) from None
    main()


if __name__ == "__main__":
    start_command()

"""``python -m lsmcal``: the command of the same name."""

from lsmcal.cli.main import main

main()

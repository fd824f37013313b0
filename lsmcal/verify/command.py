"""What the verb ``verify`` does: run the checks, print the rows, say the verdict as an exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from lsmcal.verify.folder import verify

PASSED, FAILED = 0, 1


def _tell(source: str) -> None:
    print(f"checking {source}", file=sys.stderr, flush=True)


def run(
    path: str | Path,
    only: str | None = None,
    as_json: bool = False,
    only_failures: bool = False,
    echo: Callable[[str], None] = print,
    tell: Callable[[str], None] | None = _tell,
) -> int:
    """Verify a folder of reference data and print the result.

    Parameters
    ----------
    path : path
    only : {"functions", "columns"}, optional
    as_json : bool
        Print one JSON object instead of a table.
    only_failures : bool
        Leave out the rows of the table that pass.
    echo : callable of str
        Prints the result.
    tell : callable of str, optional
        Told each file before it is checked; by default a line on standard error.

    Returns
    -------
    int
        Exit status: 0 everything compared passes, 1 something fails or nothing was compared.

    Raises
    ------
    InputError
        For a folder that does not exist or an unknown part; the command line's exit status is 2 then.
    """
    result = verify(path, only, tell)
    echo(result.to_json() if as_json else result.table(only_failures))
    return PASSED if result.passed else FAILED

"""``lsmcal params``: the parameters, and the values a case gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lsmcal.cli.options import AsJson, Data, Parameters, Sets, load


def params(
    case: Annotated[
        Path | None, typer.Argument(metavar="CASE", help="A case: show its values for its classes.")
    ] = None,
    derived: Annotated[bool, typer.Option("--derived", help="Also F11, KDT and FRZX, which follow others.")] = False,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
    sets: Sets = None,
    parameters: Parameters = None,
    data: Data = None,
) -> None:
    """List the parameters: unit, range, meaning, and a case's values.

    30 are tunable; 5 are passive: they follow others but may be set. Those marked * are the ten that the
    published screening found most sensitive. Names of vegetation and soil parameters take a class: MAXSMC[12]. A case
    of a region shows the classes of its cells, the most widespread first, and the range of TBOT.

    Example: `lsmcal params cases/demo-site`
    """
    from lsmcal.cli.params_tables import show_parameters

    loaded = None if case is None else load(case, sets, parameters, data)
    show_parameters(loaded, derived, "json" if as_json else "csv" if as_csv else "table")

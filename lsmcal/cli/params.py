"""``lsmcal params``: the parameters, and the values a case gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lsmcal.cli.options import AsJson, Data, Parameters, Sets, load


def params(
    case: Annotated[Path | None, typer.Argument(metavar="CASE", help="Case whose values are shown, by class.")] = None,
    derived: Annotated[
        bool, typer.Option("--derived", help="Also F11, KDT and FRZX, which derive from other parameters.")
    ] = False,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
    sets: Sets = None,
    parameters: Parameters = None,
    data: Data = None,
) -> None:
    """List the parameters: unit, range, meaning, and the values of a case.

    30 are tunable. 5 are passive: they derive from others unless they are set. The ten most sensitive in the screening
    of Ji et al. (2026) are marked *. Vegetation and soil parameters take a class number: MAXSMC[12].

    Without a case, the defaults are shown. For a region, the classes of its cells are shown, the most widespread first,
    and the range of TBOT.

    Example:

        lsmcal params cases/demo-site
    """
    from lsmcal.cli.params_tables import show_parameters

    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv exclude each other")
    loaded = None if case is None else load(case, sets, parameters, data)
    show_parameters(loaded, derived, "json" if as_json else "csv" if as_csv else "table")

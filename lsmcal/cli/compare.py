"""``lsmcal compare``: two results of one kind side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from lsmcal.cli.options import AsJson

_EXPECTED = "A run.nc, region.nc, series.nc, equilibrium, parameter set (JSON) or evaluation.json."


def compare(
    first: Annotated[Path, typer.Argument(metavar="FIRST", help=_EXPECTED)],
    second: Annotated[Path, typer.Argument(metavar="SECOND", help="Another file of the same kind.")],
    as_json: AsJson = False,
) -> None:
    """Compare two results or two parameter sets.

    Two runs: mean, root-mean-square and largest difference (second minus first) of every variable, over the days,
    years and cells that both contain. Parameter sets and evaluations: the values that differ.

    Example:

        lsmcal run cases/demo-site
        lsmcal run cases/demo-site --set model.preset=noahtibet --set case.output=output-tibet
        lsmcal compare cases/demo-site/output/run.nc cases/demo-site/output-tibet/run.nc
    """
    from lsmcal.compare import compare_files

    kind, rows = compare_files(first, second)
    if kind == "fields":
        show_fields(rows, as_json)
    else:
        show_values(rows, "parameter" if kind == "parameters" else "score", as_json)


def show_fields(rows: Sequence[Mapping[str, object]], as_json: bool = False) -> None:
    """Differences of two results by variable."""
    from lsmcal.cli.tables import show_json, table

    if as_json:
        show_json(list(rows))
        return
    headers = ("variable", "unit", "mean", "rms", "largest")
    table(headers, [(row["variable"], row["unit"], *_difference(row)) for row in rows], left=2)


def _difference(row: Mapping[str, object]) -> tuple:
    if row["identical"]:
        return "same", "", ""
    return tuple(f"{row[name]:.3g}" for name in ("mean_difference", "rms_difference", "largest"))


def show_values(rows: Sequence[tuple], noun: str, as_json: bool = False) -> None:
    """Values that differ between two sets of them."""
    from lsmcal.cli.tables import show_json, table

    if as_json:
        show_json([{noun: name, "first": first, "second": second} for name, first, second in rows])
    elif rows:
        table((noun, "first", "second"), rows)
    else:
        print(f"all {noun}s are equal")

"""``lsmcal inspect``: the inside of a run on chosen days."""

from __future__ import annotations

from typing import Annotated

import typer

from lsmcal.cli.options import AsJson, CasePath, Data, Parameters, Quiet, Sets, at_work, day, load_site
from lsmcal.cli.written import say

Days = Annotated[list[str] | None, typer.Option("--day", metavar="DATE", parser=day, help="A day to show. Repeatable.")]
Terms = Annotated[
    list[str] | None,
    typer.Option("--term", metavar="NAME", help="Show only this term, with its meaning and range. Repeatable."),
]


def inspect(
    case: CasePath,
    days: Days = None,
    no_spinup: Annotated[
        bool, typer.Option("--no-spinup", help="Start from the initial profile, without spin-up.")
    ] = False,
    every: Annotated[bool, typer.Option("--every-step", help="Print every step instead of means.")] = False,
    term: Terms = None,
    as_json: AsJson = False,
    sets: Sets = None,
    parameters: Parameters = None,
    data: Data = None,
    quiet: Quiet = False,
) -> None:
    """Show every internal term of the model at a site on selected days.

    Runs to the last selected day. Prints the energy and water budgets, the soil profile, and every variable that the
    model computes. Days and times are on the clock of the forcing. Two figures are written to the output folder. With
    NUMBA_DISABLE_JIT=1 a debugger can step through the same functions.

    Example:

        lsmcal inspect cases/demo-site --day 2003-07-01 --term phase_heat
    """
    from lsmcal.cli.inspect_tables import show_inspection, steps_in_words
    from lsmcal.simulate.inspect import check_terms, write_inspection_figures
    from lsmcal.simulate.inspect import inspect as look_into
    from lsmcal.simulate.site import Site

    loaded = load_site(case, sets, parameters, data)
    with at_work(loaded, quiet, None):
        check_terms(term or [])
        inspection = look_into(Site.from_case(loaded), days or [], dict(loaded.parameters), spin_up=not no_spinup)
        paths = write_inspection_figures(inspection, loaded.output_folder)
    spun_up = not no_spinup and loaded.spinup.method != "none"
    if not as_json:
        say(f"{loaded.name}: {steps_in_words(inspection)}, {'after the' if spun_up else 'no'} spin-up")
    show_inspection(inspection, term or [], every, as_json)
    for path in paths:
        say(f"wrote {path}", err=True)

"""The ``lsmcal`` command: every verb reads its arguments, calls one function, and prints what it returns."""

from __future__ import annotations

import atexit
import gc
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lsmcal.cli.calibrate import calibrate, evaluate
from lsmcal.cli.compare import compare
from lsmcal.cli.domain import domain
from lsmcal.cli.forcing import forcing
from lsmcal.cli.inspect import inspect
from lsmcal.cli.options import (
    FAILED,
    AsJson,
    CasePath,
    Data,
    Parameters,
    Quiet,
    Sets,
    Verbs,
    at_work,
    load,
    place,
)
from lsmcal.cli.params import params
from lsmcal.cli.permafrost import permafrost
from lsmcal.cli.screen import screen


class Template(StrEnum):
    """Cases that ``init`` writes."""

    site = "site"
    generator = "generator"
    region = "region"
    map_calibration = "map-calibration"
    cluster = "cluster"


class Part(StrEnum):
    """Parts of a reference folder."""

    functions = "functions"
    columns = "columns"
    vars = "vars"


app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Entry point of the command."""
    # the collections at interpreter exit would take longer than a short run
    atexit.register(gc.freeze)
    app(prog_name="lsmcal")


def _print_version(wanted: bool) -> None:
    if wanted:
        from lsmcal import __version__

        typer.echo(f"lsmcal {__version__}")
        raise typer.Exit


@app.callback()
def _about(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Calibrate a permafrost land-surface model against what can be observed.

    A case is one TOML file. `lsmcal init` writes one, `check` says what is wrong with it,
    `campaign` does all the rest. Everything goes into the case's output folder; a command that was
    stopped goes on when it is typed again.

    Exit status: 0 done, 1 failed, 2 bad input, 75 stopped as asked and to be started again, 130 interrupted.
    """


@app.command()
def init(
    path: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or the name of a new .toml file.")],
    template: Annotated[Template, typer.Option(help="What the case is of; see above.")] = Template.site,
) -> None:
    """Write a commented case to start from.

    Every key stands in it with its meaning and its default; what must be filled in is not commented out.
    Files that exist are left alone.

    site: a site with weather and measurements of your own. generator: a site with generated weather.
    region: many cells. map-calibration: the parameters of a region that agree best with a map of permafrost.
    cluster: the same for a cluster, with a job script for Slurm. All but site run as they are.

    Example: `lsmcal init my-site --template generator`
    """
    from lsmcal.case.templates import write_template

    for written in write_template(path, template.value):
        typer.echo(f"wrote {written}")


@app.command()
def check(case: CasePath, sets: Sets = None, parameters: Parameters = None, data: Data = None) -> None:
    """Find everything that is wrong with a case before it runs.

    Reads the case and every file it names, and lists all problems at once with file, line or time, value,
    and what was expected. A case without problems is summed up: period, climate, layers, roots, and what was
    estimated or converted.

    Example: `lsmcal check cases/demo-site`
    """
    from lsmcal.checking.case import check_file
    from lsmcal.cli.tables import show_pairs
    from lsmcal.core.log import Log

    log = Log()
    try:
        checked = check_file(case, sets or [], parameters, data)
    finally:
        log.close()
    show_pairs(checked.summary())


app.command()(domain)


@app.command()
def run(
    case: CasePath,
    cell: Annotated[
        str | None,
        typer.Option(metavar="LON,LAT", parser=place, help="Of a region only the cell that holds it, day by day."),
    ] = None,
    sets: Sets = None,
    parameters: Parameters = None,
    data: Data = None,
    quiet: Quiet = False,
) -> None:
    """Spin the column, or all cells of a region, up and run them.

    A site: writes run.nc (CF-1.11: profiles, fluxes, snow, yearly statistics, closure of the budgets). A region: writes
    the equilibrium, region.nc with the yearly statistics of every cell, and series.nc of chosen cells; `mpiexec -n 16
    lsmcal run CASE` uses 16 processes. Stopped in whatever way, a region goes on when the same command is typed again,
    with any number of processes. The case with all its defaults is written beside the results.

    Example: `lsmcal run cases/demo-site --set model.preset=noahtibet`
    """
    from lsmcal.campaign import run_stage

    loaded = load(case, sets, parameters, data)
    if cell is not None and loaded.kind != "region":
        raise typer.BadParameter("the case is of one site; --cell takes a cell out of a region")
    with at_work(loaded, quiet, "run") as progress:
        paths = run_stage(loaded, progress, cell)
    for path in paths:
        typer.echo(f"wrote {path}")


@app.command()
def plan(
    case: CasePath,
    paper: Annotated[bool, typer.Option("--paper", help="Also the paper's campaign at this cost.")] = False,
    seconds: Annotated[float, typer.Option(min=1.0, help="About how long to measure.")] = 10.0,
    as_json: AsJson = False,
    sets: Sets = None,
    parameters: Parameters = None,
    data: Data = None,
) -> None:
    """Say what a case will cost, from some seconds of it on this machine.

    Prints column-steps, hours on one core and on many, disk, and the memory of a process, stage by stage.

    Example: `lsmcal plan cases/demo-plateau --set region.cells=25000 --paper`
    """
    from lsmcal.cli.tables import show_plans
    from lsmcal.planning.plan import plan_case

    show_plans(plan_case(load(case, sets, parameters, data), seconds, paper), as_json)


app.add_typer(forcing, name="forcing")


app.command()(inspect)


app.command()(screen)


app.command()(calibrate)
app.command()(evaluate)


@app.command()
def report(case: CasePath, sets: Sets = None, parameters: Parameters = None, data: Data = None) -> None:
    """Make one HTML page of a case's results.

    The page holds its figures and tables and can be sent as it is. Of a region it holds maps of ground, temperature,
    permafrost and equilibrium; they also lie in output/report as PNG files.

    Example: `lsmcal report cases/demo-site` after `lsmcal run cases/demo-site`
    """
    loaded = load(case, sets, parameters, data)
    if loaded.kind == "region":
        from lsmcal.report.region import write_region_report as write_report
    else:
        from lsmcal.report import write_report

    typer.echo(f"wrote {write_report(loaded)}")


@app.command()
def campaign(
    case: CasePath, sets: Sets = None, parameters: Parameters = None, data: Data = None, quiet: Quiet = False
) -> None:
    """Run, calibrate and report: all stages of a case.

    What is done already is left alone; what was begun goes on. A region is checked, run and reported, or calibrated
    instead of run where its case has [calibrate]; `mpiexec -n 16 lsmcal campaign CASE` uses 16 processes.

    Example: `lsmcal campaign cases/demo-site`
    """
    from lsmcal.campaign import run_campaign
    from lsmcal.cli.tables import show_campaign

    loaded = load(case, sets, parameters, data)
    with at_work(loaded, quiet, "campaign") as progress:
        result = run_campaign(loaded, progress)
    if result is not None:
        show_campaign(result)


app.command()(compare)
app.command()(permafrost)


app.command()(params)


@app.command()
def verify(
    path: Annotated[Path, typer.Argument(metavar="DIR", help="Tables, trajectories, samples, or some of them.")],
    only: Annotated[Part | None, typer.Option(help="Only one kind; vars: samples of a sensitivity analysis.")] = None,
    failures: Annotated[bool, typer.Option("--failures", help="Print failing rows only.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare the model with a reference's numbers.

    Prints the largest and the 99 % deviation of every routine and trajectory, its tolerance, and whether it
    passes; the exit status is 1 if anything does not, or if there was nothing to compare.

    Example: `lsmcal verify tests/verify/tables`
    """
    from lsmcal.verify import verify as compare_with

    result = compare_with(path, only=only and only.value)
    typer.echo(result.to_json() if as_json else result.table(only_failures=failures))
    if not result.passed:
        raise typer.Exit(FAILED)


if __name__ == "__main__":
    main()

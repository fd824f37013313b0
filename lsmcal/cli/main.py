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
    place_text,
)
from lsmcal.cli.params import params
from lsmcal.cli.permafrost import permafrost
from lsmcal.cli.screen import screen
from lsmcal.cli.written import say


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

    A case is one TOML file. `lsmcal init` writes a template, `check` lists every problem of a case, and
    `campaign` runs all its stages. Results go into the case's output folder. A command that was stopped
    resumes when it is repeated.

    Exit status: 0 done, 1 failed, 2 invalid input, 75 stopped on request and to be restarted, 130 interrupted.
    """


@app.command()
def init(
    path: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or the name of a new .toml file.")],
    template: Annotated[Template, typer.Option(help="Kind of case; see above.")] = Template.site,
) -> None:
    """Write a commented template of a case.

    It lists every key with its meaning and its default. What you must fill in is not commented out.
    Existing files are not overwritten.

    - site: a site with your own forcing and measurements
    - generator: a site with synthetic forcing
    - region: a grid of cells
    - map-calibration: parameters of a region, calibrated against a permafrost map
    - cluster: the same for a cluster, with a job script for Slurm

    All but site run without changes.

    Example:

        lsmcal init my-site --template generator
    """
    from lsmcal.case.templates import write_template

    for written in write_template(path, template.value):
        say(f"wrote {written}")


@app.command()
def check(
    case: CasePath,
    outputs: Annotated[
        bool, typer.Option("--outputs", help="Check the files in the output folder instead; see above.")
    ] = False,
    sets: Sets = None,
    parameters: Parameters = None,
    data: Data = None,
) -> None:
    """Find every problem of a case before it runs, or every damaged file of its results.

    Reads the case and every file it names. Lists all problems at once: file, line or time, value found, and
    value expected. A valid case is summarised: period, climate, layers, roots, and what was estimated or
    converted.

    With --outputs it reads every file in the output folder and prints a line for each: ok, damaged, missing, made by
    another case, or without checksum (written by an earlier version). Nothing is changed. The exit status is 1 if a
    file is damaged, missing or of another case; equilibria of other cases do not count.

    Example:

        lsmcal check cases/demo-site
        lsmcal run cases/demo-site
        lsmcal check --outputs cases/demo-site
    """
    if outputs:
        from lsmcal.checking.outputs import check_outputs
        from lsmcal.cli.tables import show_outputs

        loaded = load(case, sets, parameters, data)
        if not show_outputs(check_outputs(loaded), loaded.output_folder):
            raise typer.Exit(FAILED)
        return
    from lsmcal.checking.case import check_file
    from lsmcal.cli.compiling import announced_compilation
    from lsmcal.cli.tables import show_pairs
    from lsmcal.core.log import Log

    log = Log()
    try:
        with announced_compilation():
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
        typer.Option(
            metavar="LON,LAT",
            parser=place_text,
            help="Of a region, run only the cell that contains this point, with daily output.",
        ),
    ] = None,
    sets: Sets = None,
    parameters: Parameters = None,
    data: Data = None,
    quiet: Quiet = False,
) -> None:
    """Spin up and run the column of a site, or all cells of a region.

    A site writes run.nc (CF-1.11): profiles, fluxes, snow, yearly statistics, and closure of the budgets. A region
    writes its equilibrium, region.nc with the yearly statistics of every cell, and series.nc of selected cells.

    `mpiexec -n 16 lsmcal run CASE` runs a region on 16 processes. If it is stopped, the same command resumes, with any
    number of processes. The case with all defaults filled in is written beside the results.

    Example:

        lsmcal run cases/demo-site --set model.preset=noahtibet
    """
    from lsmcal.campaign import run_stage
    from lsmcal.cli.written import FilesBefore

    loaded = load(case, sets, parameters, data)
    if cell is not None and loaded.kind != "region":
        raise typer.BadParameter("this case is a site; --cell selects a cell of a region")
    before = FilesBefore(loaded.output_folder)
    with at_work(loaded, quiet, "run") as progress:
        paths = run_stage(loaded, progress, None if cell is None else place(cell))
    before.show(paths)


@app.command()
def plan(
    case: CasePath,
    paper: Annotated[
        bool, typer.Option("--paper", help="Also the campaign of Ji et al. (2026), at the measured cost.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=1.0, help="Approximate time to measure.")] = 10.0,
    as_json: AsJson = False,
    sets: Sets = None,
    parameters: Parameters = None,
    data: Data = None,
) -> None:
    """Estimate the cost of a case from a short run on this machine.

    Prints for each stage the column-steps, the hours on one core and on many, and the disk space; also the memory of
    a process.

    Example:

        lsmcal plan cases/demo-plateau --set region.cells=25000 --paper
    """
    from lsmcal.cli.compiling import announced_compilation
    from lsmcal.cli.tables import show_plans
    from lsmcal.planning.plan import plan_case

    with announced_compilation():
        plans = plan_case(load(case, sets, parameters, data), seconds, paper)
    show_plans(plans, as_json)


app.add_typer(forcing, name="forcing")


app.command()(inspect)


app.command()(screen)


app.command()(calibrate)
app.command()(evaluate)


@app.command()
def report(case: CasePath, sets: Sets = None, parameters: Parameters = None, data: Data = None) -> None:
    """Write the results of a case as one HTML page.

    The page contains its figures and tables, so it can be sent as a single file. For a region it shows maps of soil,
    temperature, permafrost and equilibrium. They are also written to output/report as PNG files.

    Example:

        lsmcal run cases/demo-site
        lsmcal report cases/demo-site
    """
    from lsmcal.report import write_report

    say(f"wrote {write_report(load(case, sets, parameters, data))}")


@app.command()
def campaign(
    case: CasePath, sets: Sets = None, parameters: Parameters = None, data: Data = None, quiet: Quiet = False
) -> None:
    """Run all stages of a case: run, calibrate, report.

    Finished stages are skipped, and unfinished ones resume. A region is checked, then run or (with [calibrate])
    calibrated, then reported. `mpiexec -n 16 lsmcal campaign CASE` runs it on 16 processes.

    Example:

        lsmcal campaign cases/demo-site
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
    path: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with tables, trajectories or samples.")],
    only: Annotated[
        Part | None, typer.Option(help="Compare one kind only; vars: samples of a sensitivity analysis.")
    ] = None,
    failures: Annotated[bool, typer.Option("--failures", help="Print only the rows that fail.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare the model with the numbers of a reference model.

    Prints for every routine and trajectory the largest and the 99th-percentile deviation, the tolerance, and whether
    it passes. The exit status is 1 if a row fails, or if there was nothing to compare.

    Example:

        lsmcal verify tests/verify/tables
    """
    from lsmcal.cli.compiling import announced_compilation
    from lsmcal.verify import verify as compare_with

    with announced_compilation():
        result = compare_with(path, only=only and only.value)
    say(result.to_json() if as_json else result.table(only_failures=failures))
    if not result.passed:
        raise typer.Exit(FAILED)


if __name__ == "__main__":
    main()

"""The ``lsmcal`` command: every verb reads its arguments, calls one function, and prints what it returns."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130

CasePath = Annotated[Path, typer.Argument(metavar="CASE", help="The case file, or the folder that holds case.toml.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one key, as in run.end=2018-01-01. Repeatable."),
]
Parameters = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A parameter set (JSON) laid over [parameters], such as best.json.")
]
Data = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder of your data; otherwise LSMCAL_DATA, then the case's folder.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show neither progress nor warnings.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


class Template(StrEnum):
    """Cases that ``init`` writes."""

    site = "site"
    generator = "generator"


class Part(StrEnum):
    """Parts of a reference folder."""

    functions = "functions"
    columns = "columns"


class Verbs(TyperGroup):
    """The verbs, with one place for what can go wrong in any of them."""

    def list_commands(self, context) -> list[str]:
        """In the order of a study, not of the alphabet."""
        return list(self.commands)

    def invoke(self, context):
        """Run a verb; bad input is a list of problems and status 2, a failed run its reason and status 1."""
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            typer.echo("interrupted; the same command goes on from what is written", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            status = _status(error)
            if status is None:
                raise
            typer.echo(_words(error), err=True)
            raise typer.Exit(status) from None


def _status(error: Exception) -> int | None:
    """Exit status of the errors that are messages to the user; None for all others."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return FAILED
    if any(kind.__name__ == "InputError" for kind in type(error).__mro__):
        return BAD_INPUT
    expected = {"RunFailed", "EngineError", "SearchError", "HistoryError"}
    return FAILED if expected & {kind.__name__ for kind in type(error).__mro__} else None


def _words(error: Exception) -> str:
    """What an error says; of files without their error number."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror.lower()}"
    return str(error)


def _day(text: str) -> str:
    """A calendar day, or wrong usage."""
    from datetime import date

    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day such as 2003-07-01") from None


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

    Exit status: 0 done, 1 failed, 2 bad input, 130 interrupted.
    """


def _load(path: Path, sets: list[str] | None, parameters: Path | None, data: Path | None):
    """The case; if there is anything wrong with it, all that is wrong with its files too."""
    from lsmcal.case import load_case
    from lsmcal.problems import InputError

    try:
        return load_case(path, sets or [], parameters, data)
    except InputError:
        from lsmcal.check import check_file

        check_file(path, sets or [], parameters, data)
        raise


@contextmanager
def _at_work(case, quiet: bool) -> Iterator:
    """Progress for a stage; its log beside its results; every problem of the case if it is refused."""
    from lsmcal.log import Log
    from lsmcal.problems import InputError
    from lsmcal.progress import Progress

    log = Log(quiet)
    try:
        with Progress(quiet, begin=lambda: log.keep(case.output_folder / "lsmcal.log")) as progress:
            yield progress
    except InputError as error:
        from lsmcal.check import everything_wrong

        raise everything_wrong(case, error) from None
    finally:
        log.close()


@app.command()
def init(
    path: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or the name of a new .toml file.")],
    template: Annotated[
        Template, typer.Option(help="Your own measurements, or generated weather.")
    ] = Template.site,
) -> None:
    """Write a commented case to start from.

    Every key stands in it with its meaning and its default; what must be filled in is not commented out.
    The template "generator" runs as it is. Files that exist are left alone.

    Example: `lsmcal init my-site --template generator`
    """
    from lsmcal.templates import write_template

    typer.echo(f"wrote {write_template(path, template.value)}")


@app.command()
def check(case: CasePath, sets: Sets = None, parameters: Parameters = None, data: Data = None) -> None:
    """Find everything that is wrong with a case before it runs.

    Reads the case and every file it names, and lists all problems at once with file, line or time, value,
    and what was expected. A case without problems is summed up: period, climate, layers, roots, and what was
    estimated or converted.

    Example: `lsmcal check cases/yakou --data ~/data`
    """
    from lsmcal.check import check_file
    from lsmcal.log import Log
    from lsmcal.show import show_pairs

    log = Log()
    try:
        checked = check_file(case, sets or [], parameters, data)
    finally:
        log.close()
    show_pairs(checked.summary())


@app.command()
def run(
    case: CasePath, sets: Sets = None, parameters: Parameters = None, data: Data = None, quiet: Quiet = False
) -> None:
    """Spin the column up and run it.

    Writes run.nc (CF-1.11: profiles, fluxes, snow, yearly statistics, closure of the budgets) and the case
    with all its defaults into the output folder.

    Example: `lsmcal run cases/demo-site --set model.preset=noahtibet`
    """
    from lsmcal.campaign import run_stage

    loaded = _load(case, sets, parameters, data)
    with _at_work(loaded, quiet) as progress:
        path = run_stage(loaded, progress)
    typer.echo(f"wrote {path}")


@app.command()
def inspect(
    case: CasePath,
    day: Annotated[
        list[str], typer.Option(metavar="DATE", parser=_day, help="A day to look into, as 2003-07-01. Repeatable.")
    ],
    no_spinup: Annotated[bool, typer.Option("--no-spinup", help="Start at once, without spin-up.")] = False,
    every: Annotated[bool, typer.Option("--every-step", help="Print each step, not only means.")] = False,
    term: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this term. Repeatable.")] = None,
    as_json: AsJson = False,
    sets: Sets = None,
    parameters: Parameters = None,
    data: Data = None,
    quiet: Quiet = False,
) -> None:
    """Show every internal term of chosen days.

    Runs to the last of the days and prints the budgets of energy and water, the profile, and every variable
    the model computes on the way; two figures go into the output folder. With NUMBA_DISABLE_JIT=1 a debugger
    can step through the same functions.

    Example: `lsmcal inspect cases/demo-site --day 2003-07-01 --term phase_heat`
    """
    from lsmcal.show import show_inspection
    from lsmcal.simulate.inspect import inspect as look_into
    from lsmcal.simulate.inspect import write_figures
    from lsmcal.simulate.site import Site

    loaded = _load(case, sets, parameters, data)
    with _at_work(loaded, quiet):
        inspection = look_into(Site.from_case(loaded), day, dict(loaded.parameters), spin_up=not no_spinup)
    show_inspection(inspection, term or [], every, as_json)
    for path in write_figures(inspection, loaded.output_folder):
        typer.echo(f"wrote {path}", err=True)


@app.command()
def calibrate(
    case: CasePath, sets: Sets = None, parameters: Parameters = None, data: Data = None, quiet: Quiet = False
) -> None:
    """Search the parameters that fit the observations best.

    Every evaluation is written down as it ends. Stopped in whatever way, the search goes on when the same
    command is typed again, and ends as if it had not been stopped. Writes history.jsonl, best.json,
    ensemble.json and evaluation.json into output/calibration.

    Example: `lsmcal calibrate cases/yakou --data ~/data --set calibrate.evaluations=500`
    """
    from lsmcal.calibration.stage import calibrate as search
    from lsmcal.show import show_calibration

    loaded = _load(case, sets, parameters, data)
    with _at_work(loaded, quiet) as progress:
        result = search(loaded, progress)
    show_calibration(result.evaluation, dict(result.best), loaded.output_folder / "calibration")


@app.command()
def evaluate(
    case: CasePath,
    as_json: AsJson = False,
    sets: Sets = None,
    parameters: Parameters = None,
    data: Data = None,
    quiet: Quiet = False,
) -> None:
    """Score one run against the observations.

    Runs the case with its own parameters, or those of --parameters (the best set of another site, say), and
    prints NSE, skill, RMSE and bias by depth and period. Writes nothing.

    Example: `lsmcal evaluate cases/toolik --parameters cases/yakou/output/calibration/best.json`
    """
    from lsmcal.calibration.assemble import calibration_of
    from lsmcal.calibration.stage import evaluate_runs
    from lsmcal.show import show_evaluation

    loaded = _load(case, sets, parameters, data)
    with _at_work(loaded, quiet):
        calibration = calibration_of(loaded)
        evaluation = evaluate_runs(calibration, {"run": calibration.site.run(dict(loaded.parameters))})
    show_evaluation(evaluation, as_json)


@app.command()
def report(case: CasePath, sets: Sets = None, parameters: Parameters = None, data: Data = None) -> None:
    """Make one HTML page of a case's results.

    The page holds its figures and tables and can be sent as it is.

    Example: `lsmcal report cases/demo-site`
    """
    from lsmcal.report import write_report

    typer.echo(f"wrote {write_report(_load(case, sets, parameters, data))}")


@app.command()
def campaign(
    case: CasePath, sets: Sets = None, parameters: Parameters = None, data: Data = None, quiet: Quiet = False
) -> None:
    """Run, calibrate and report: all stages of a case.

    What is done already is left alone; what was begun goes on.

    Example: `lsmcal campaign cases/demo-site`
    """
    from lsmcal.campaign import run_campaign
    from lsmcal.show import show_campaign

    loaded = _load(case, sets, parameters, data)
    with _at_work(loaded, quiet) as progress:
        result = run_campaign(loaded, progress)
    show_campaign(result)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="FIRST", help="A run file (.nc) or a parameter set (.json).")],
    second: Annotated[Path, typer.Argument(metavar="SECOND", help="Another of the same kind.")],
    as_json: AsJson = False,
) -> None:
    """Compare two runs, or two parameter sets.

    Runs: mean, root-mean-square and largest difference of every variable on common days. Sets: the
    parameters that differ.

    Example: `lsmcal compare a/output/run.nc b/output/run.nc`
    """
    from lsmcal.compare import compare_runs, compare_sets
    from lsmcal.show import show_run_differences, show_set_differences

    if first.suffix == second.suffix == ".json":
        from lsmcal.parameters import ParameterSet

        show_set_differences(compare_sets(ParameterSet.read(first), ParameterSet.read(second)), as_json)
    else:
        show_run_differences(compare_runs(first, second), as_json)


@app.command()
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
    published screening found most sensitive. Names of vegetation and soil parameters take a class: MAXSMC[12].

    Example: `lsmcal params cases/demo-site`
    """
    from lsmcal.show import show_parameters

    loaded = None if case is None else _load(case, sets, parameters, data)
    show_parameters(loaded, derived, "json" if as_json else "csv" if as_csv else "table")


@app.command()
def verify(
    path: Annotated[Path, typer.Argument(metavar="DIR", help="Reference tables and trajectories, or a part of them.")],
    only: Annotated[
        Part | None, typer.Option(help="Only function tables, or only trajectories.")
    ] = None,
    failures: Annotated[bool, typer.Option("--failures", help="Print failing rows only.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare the model with a reference's numbers.

    Prints the largest and the 99 % deviation of every routine and trajectory, its tolerance, and whether it
    passes; the exit status is 1 if anything does not, or if there was nothing to compare.

    Example: `lsmcal verify ../shared/oracle --only functions`
    """
    from lsmcal.verify import verify as compare_with

    result = compare_with(path, only=only and only.value)
    typer.echo(result.to_json() if as_json else result.table(only_failures=failures))
    if not result.passed:
        raise typer.Exit(FAILED)


if __name__ == "__main__":
    main()

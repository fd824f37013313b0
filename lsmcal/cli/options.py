"""What all verbs of the command line share: their options, how a case is loaded, and what an error becomes."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from lsmcal.core.words import printable

#: Exit statuses; that of a job which was asked to stop and should be started again is EX_TEMPFAIL.
BAD_INPUT, FAILED, INTERRUPTED, REQUEUE = 2, 1, 130, 75

CasePath = Annotated[Path, typer.Argument(metavar="CASE", help="Case file, or the folder that contains case.toml.")]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Override a key of the case, such as run.end=2018-01-01. Repeatable."
    ),
]
Parameters = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Parameter set (JSON) that overrides [parameters], such as best.json."),
]
Data = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of your data. Default: LSMCAL_DATA, then the folder of the case."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print neither progress nor warnings.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


#: The commands at the end of a help text, indented.
_EXAMPLE = re.compile(r"\n(\n {4}\S.*)+\s*\Z")


class Verbs(TyperGroup):
    """The verbs, with one place for what can go wrong in any of them."""

    def list_commands(self, context) -> list[str]:
        """In the order of a study, not of the alphabet."""
        names = list(self.commands)
        if "forcing" in names:  # groups come last by themselves
            names.insert(names.index("domain") + 1, names.pop(names.index("forcing")))
        return names

    def get_command(self, context, name: str):
        """With the commands of its example on lines of their own, where a block of code would have a frame."""
        command = super().get_command(context, name)
        if command is not None and command.help and (block := _EXAMPLE.search(command.help)):
            lines = [f"`{line.strip()}`" for line in block[0].strip().split("\n")]
            command.help = command.help[: block.start()] + "".join(f"\\\n{line}" for line in lines)
        return command

    def invoke(self, context):
        """Run a verb; bad input is a list of problems and status 2, a failed run its reason and status 1."""
        try:
            _take_part([*getattr(context, "_protected_args", ()), *context.args])
            return super().invoke(context)
        except KeyboardInterrupt:
            _say("interrupted; the same command resumes")
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            if hasattr(error, "exit_code"):  # wrong usage, or an inner group has said what there is to say
                if isinstance(error, typer.BadParameter):  # the library that reads options puts its own words before
                    error.message = error.message.removeprefix("Value error, ")
                raise
            status = _status(error)
            if status is None:
                _end_other_ranks(FAILED, "".join(traceback.format_exception(error)), said=False)
                raise
            _say(_words(error))
            if status == REQUEUE:
                _leave_together(status)
            else:
                _end_other_ranks(status, _words(error), said=True)
            raise typer.Exit(status) from None


def _take_part(arguments: list[str]) -> None:
    """Settle which ranks of a launcher do the work, before anything else is done."""
    from lsmcal.parallel.taking_part import take_part

    take_part(arguments)


def _say(words: str) -> None:
    """To the user; of many ranks only the first speaks."""
    from lsmcal.parallel.launch import launched_rank

    if launched_rank() == 0:
        typer.echo(printable(words), err=True)


def _end_other_ranks(status: int, words: str, said: bool) -> None:
    """End the whole job if it has several ranks: those that wait for this one would wait for ever."""
    from lsmcal.parallel.ending import end_all

    end_all(status, words, said)


def _leave_together(status: int) -> None:
    """End the other ranks of a stopped job, so that its launcher reports the status of this one."""
    from lsmcal.parallel.ending import leave_together

    leave_together(status)


def _status(error: Exception) -> int | None:
    """Exit status of the errors that are messages to the user; None for all others."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return FAILED
    if any(kind.__name__ == "InputError" for kind in type(error).__mro__):
        return BAD_INPUT
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "Stopped" in kinds:
        return REQUEUE
    expected = {"RunFailed", "EngineError", "SearchError", "HistoryError", "StoreError", "FolderInUse"}
    return FAILED if expected & kinds else None


def _words(error: Exception) -> str:
    """What an error says; of files without their error number."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror[:1].lower()}{error.strerror[1:]}"
    return str(error)


def place(text: str) -> tuple[float, float]:
    """Longitude and latitude, or wrong usage."""
    try:
        longitude, latitude = (float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not LON,LAT such as 92.5,34.2") from None
    return longitude, latitude


def place_text(text: str) -> str:
    """The text of a longitude and latitude, or wrong usage."""
    place(text)
    return text


def day(text: str) -> str:
    """A calendar day, or wrong usage."""
    from datetime import date

    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day such as 2003-07-01") from None


def load(path: Path, sets: list[str] | None, parameters: Path | None, data: Path | None):
    """The case; if there is anything wrong with it, all that is wrong with its files too."""
    from lsmcal.case import load_case
    from lsmcal.core.errors import InputError

    try:
        return load_case(path, sets or [], parameters, data)
    except InputError:
        from lsmcal.checking.case import check_file

        check_file(path, sets or [], parameters, data)
        raise


def load_site(path: Path, sets: list[str] | None, parameters: Path | None, data: Path | None):
    """The case of a site; that of a region is an error."""
    instead = f"; lsmcal run {path} --cell LON,LAT runs one cell of a region, with daily output"
    return _of_kind("site", "region", load(path, sets, parameters, data), instead)


def load_region(path: Path, sets: list[str] | None, parameters: Path | None, data: Path | None):
    """The case of a region; that of a site is an error."""
    return _of_kind("region", "site", load(path, sets, parameters, data))


def _of_kind(wanted: str, other: str, case, instead: str = ""):
    from lsmcal.core.errors import Problems

    problems = Problems()
    if case.kind != wanted:
        message = f"this command needs a {wanted}"
        problems.add(message, source=case.source, expected=f"[{wanted}], not [{other}]{instead}")
    problems.raise_if_any()
    return case


@contextmanager
def alone(case, verb: str) -> Iterator[None]:
    """Keep other processes out of a case's results while a verb works on them; of many ranks the first holds the lock.

    Raises
    ------
    FolderInUse
        With the verb, process and machine that work there.
    """
    from lsmcal.core.folder_lock import locked
    from lsmcal.parallel.launch import launched_rank

    if launched_rank() != 0:
        yield
        return
    with locked(case.output_folder, f"lsmcal {verb}"):
        yield


@contextmanager
def at_work(case, quiet: bool, verb: str | None) -> Iterator:
    """Progress for a stage; its log beside its results; every problem of the case if it is refused.

    A folder of results that cannot be written is one of the problems. Other processes are kept out of the folder, with
    the verb in the message to them. None for what changes no result: pages may be made meanwhile.
    """
    from lsmcal.cli.compiling import announced_compilation
    from lsmcal.core.errors import InputError
    from lsmcal.core.log import Log
    from lsmcal.core.progress import Progress
    from lsmcal.parallel.launch import launched_rank

    first = launched_rank() == 0
    log = Log(quiet or not first)
    begin = (lambda: log.keep(case.output_folder / "lsmcal.log")) if first else None
    try:
        with (
            alone(case, verb) if verb else nullcontext(),
            announced_compilation(quiet or not first),
            Progress(quiet or not first, begin=begin) as progress,
        ):
            yield progress
    except (InputError, OSError) as error:
        from lsmcal.checking.case import all_problems
        from lsmcal.core.folders import output_problem

        refusal = error if isinstance(error, InputError) else output_problem(case, error)
        if refusal is None:
            raise
        raise all_problems(case, refusal) from None
    finally:
        log.close()

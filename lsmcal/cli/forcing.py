"""``lsmcal forcing``: the gridded forcing of a region, packed by cell and verified."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lsmcal.cli.options import CasePath, Data, Quiet, Sets, Verbs, at_work, load_region
from lsmcal.cli.written import say
from lsmcal.core.words import counted

forcing = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Pack the gridded forcing of a region; verify packed forcing.",
)


@forcing.command()
def pack(
    case: CasePath,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace forcing that is already packed.")] = False,
    sets: Sets = None,
    data: Data = None,
    quiet: Quiet = False,
) -> None:
    """Pack gridded forcing by cell, once, before a region is run.

    Reads the files in pieces that fit into memory ([forcing] memory). Writes one file per year, with checksums, into
    the output folder. If it is stopped, the same command resumes.

    Example:

        lsmcal domain cases/demo-maps
        lsmcal forcing pack cases/demo-maps
    """
    from lsmcal.cli.written import FilesBefore
    from lsmcal.simulate.from_case.weather import pack_case

    loaded = load_region(case, sets, None, data)
    before = FilesBefore(loaded.output_folder)
    with at_work(loaded, quiet, "forcing pack") as progress:
        folder = pack_case(loaded, progress, overwrite)
    before.show([folder])


@forcing.command("verify")
def verify_packed(folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of packed forcing.")]) -> None:
    """Verify packed forcing: read it all and compare checksums.

    Example:

        lsmcal domain cases/demo-maps
        lsmcal forcing pack cases/demo-maps
        lsmcal forcing verify cases/demo-maps/output/forcing
    """
    from lsmcal.inputs.gridded.packed import PackedForcing

    packed = PackedForcing(folder)
    packed.verify()
    size = f"{counted(packed.cell.size, 'cell')}, {counted(packed.time.size, 'step')}, {packed.nbytes / 1e6:,.1f} MB"
    say(f"{folder}: {size}, all checksums agree")

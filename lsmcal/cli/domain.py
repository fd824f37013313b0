"""``lsmcal domain``: from the maps of a case to the cells of its region."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lsmcal.cli.options import AsJson, CasePath, Data, Sets, alone
from lsmcal.cli.written import say
from lsmcal.core.errors import not_none

if TYPE_CHECKING:
    from lsmcal.case import Case
    from lsmcal.inputs.domain.domain import Domain
    from lsmcal.inputs.domain.report import DomainReport

Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Output file; by default that of [region] file, beside the case."
    ),
]
NoForcing = Annotated[bool, typer.Option("--no-forcing", help="Do not mask the cells that the gridded forcing lacks.")]


def domain(
    case: CasePath,
    output: Output = None,
    no_forcing: NoForcing = False,
    as_json: AsJson = False,
    sets: Sets = None,
    data: Data = None,
) -> None:
    """Build the domain of a region from the maps in [domain].

    Regrids vegetation, soil, elevation and the other maps, and masks cells that cannot be modelled. Writes one CF
    NetCDF file. Prints the number and area of modelled cells and of masked cells, with the reason. With gridded
    forcing, cells that have no value in its first step are masked.

    Example:

        lsmcal domain cases/demo-maps
    """
    from lsmcal.inputs.domain.file import write_domain

    loaded = _load(case, sets, data)
    path = output or loaded.folder / not_none(loaded.region).file
    _check_place(path)
    with alone(loaded, "domain"):
        made, report = _build(loaded, not no_forcing)
        write_domain(made, path, report)
    _show(made, report, path, as_json)
    _warn_of_another(loaded, path)


def _load(path: Path, sets: list[str] | None, data: Path | None) -> Case:
    """The case, if it says of what to make its cells; its files are not looked for: the domain's is yet to be."""
    from lsmcal.case import load_case
    from lsmcal.core.errors import Problems

    case, problems = load_case(path, sets or [], None, data), Problems()
    if case.kind != "region":
        problems.add("this command needs a region", source=case.source, expected="[region], not [site]")
    elif case.domain is None:
        expected = "[domain] with bounds, resolution and maps"
        problems.add("section is missing", source=case.source, variable="domain", expected=expected)
    problems.raise_if_any()
    return case


def _check_place(path: Path) -> None:
    """Refuse a place that cannot be written before the maps are read."""
    from lsmcal.core.errors import Problems

    problems = Problems()
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if path.is_dir():
        problems.add("is a folder", source=path, expected="a file name")
    elif not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        problems.add("cannot be written", source=path, expected=f"write permission in {folder}")
    problems.raise_if_any()


def _build(case: Case, look_for_weather: bool) -> tuple[Domain, DomainReport]:
    """Domain and report of a case; everything wrong with its tables, maps and forcing in one error."""
    from lsmcal.case.column import case_tables
    from lsmcal.core.errors import InputError, Problems
    from lsmcal.inputs.domain.build import build_domain

    problems = Problems()
    tables = case_tables(case, problems, [])
    has_weather = _weather(case, problems) if look_for_weather else None
    if tables is None:
        raise InputError(problems.found)
    try:
        keys, weather = not_none(case.domain), None if problems else has_weather
        made = build_domain(keys, case.find, case.grid.thickness, tables, weather)
    except InputError as error:
        problems.extend(error)
    problems.raise_if_any()
    return made


def _weather(case: Case, problems) -> Callable | None:
    """Says which cells have weather, where the case names gridded forcing."""
    from lsmcal.case.sections.gridded_forcing import GriddedForcingKeys, gridded_spec
    from lsmcal.inputs.domain.build import weather_of

    if not isinstance(case.forcing, GriddedForcingKeys):
        return None
    return weather_of(gridded_spec(case.forcing, case.places, problems))


def _show(made: Domain, report: DomainReport, path: Path, as_json: bool) -> None:
    from lsmcal.cli.tables import show_json

    if as_json:
        grid = {"columns": made.grid.longitude.size, "rows": made.grid.latitude.size}
        show_json({"file": str(path), "grid": grid, **report.as_dict(), "origin": dict(made.attributes)})
        return
    say(report.table())
    say(f"wrote {path}")


def _warn_of_another(case: Case, path: Path) -> None:
    """A run takes the first file of that name, which an older one in a data folder would be."""
    name = not_none(case.region).file
    places = [place for place in case.places(name) if place.is_file()]
    if not any(place.samefile(path) for place in places[:1]):
        found = places[0] if places else f"{case.folder / name}, which does not exist"
        say(f"note: a run of this case reads {found}", err=True)

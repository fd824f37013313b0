"""Cells and weather of a regional case, from wherever they come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeGuard

import numpy as np

from lsmcal.case import Case
from lsmcal.case.checks.partial import Faulty
from lsmcal.case.sections.gridded_forcing import GriddedForcingKeys, found_folder, gridded_spec
from lsmcal.case.sections.kinds import RegionForcing
from lsmcal.case.sections.region import MADE, GeneratedForcing
from lsmcal.core.errors import InputError, Problems, not_none
from lsmcal.core.words import counted
from lsmcal.inputs.domain.domain import Domain
from lsmcal.inputs.domain.rasters import Wanted
from lsmcal.inputs.gridded.protocol import RegionalForcing


def cells_and_weather(case: Case, problems: Problems) -> tuple[Domain | None, RegionalForcing | None]:
    """Domain and weather of a case; None, with the reasons noted, for what is bad.

    Raises
    ------
    InputError
        With what is wrong inside a file.
    """
    domain, weather = cells_of(case, problems)
    if domain is None or case.region_forcing.format in MADE:
        return domain, weather
    return domain, _from_files(case, domain, problems)


def cells_of(case: Case, problems: Problems) -> tuple[Domain | None, RegionalForcing | None]:
    """Cells of a case, with their weather where the package makes both; None, with the reasons noted, for bad ones."""
    region, thickness = not_none(case.region), np.array(case.grid.thickness)
    if region.source == "plateau":
        from lsmcal.inputs.synthetic.plateau import LEAST, MOST, make_plateau

        if not LEAST <= region.cells <= MOST:
            problems.add(
                "invalid number of cells",
                source=case.source,
                variable="region.cells",
                value=region.cells,
                expected=f"{LEAST} to {MOST:,}",
            )
            return None, None
        return make_plateau(region.cells, region.seed, thickness)
    if region.source == "climatology":
        from lsmcal.inputs.synthetic.climatology import make_climatology

        generated = case.region_forcing
        if not _is_generated(generated):
            raise Faulty("forcing.format")
        file = case.find(generated.file, "forcing.file", problems)
        return (None, None) if file is None else make_climatology(file, region.seed, thickness)
    if region.source == "indices":
        return _of_indices(case, thickness, problems)
    from lsmcal.inputs.domain.file import read_domain

    file = case.find(region.file, "region.file", problems)
    return (None if file is None else read_domain(file)), None


def _is_generated(forcing: RegionForcing) -> TypeGuard[GeneratedForcing]:
    return forcing.format in ("plateau", "climatology")


def _is_gridded(forcing: RegionForcing) -> TypeGuard[GriddedForcingKeys]:
    """Whether the weather lies in gridded files, which are packed before the run."""
    return forcing.format not in (*MADE, "packed")


def _of_indices(case: Case, thickness: np.ndarray, problems: Problems) -> tuple[Domain | None, RegionalForcing | None]:
    """Cells and weather of maps of degree days."""
    from lsmcal.inputs.synthetic.degree_days import make_indexed

    given = case.region_forcing
    if given.format != "indices":
        raise Faulty("forcing.format")
    maps = {"thawing": given.thawing, "freezing": given.freezing, "survey": given.survey}
    wanted = {name: keys for name, keys in maps.items() if keys is not None}
    found: dict[str, tuple[Wanted, Path]] = {}
    for name, keys in wanted.items():
        path = case.find(keys.file, f"forcing.{name}.file", problems)
        if path is not None:
            found[name] = keys, path
    climate = case.find(given.file, "forcing.file", problems)
    if climate is None or len(found) < len(wanted):
        return None, None
    return make_indexed(climate, found, given, not_none(case.region).seed, thickness)


def _from_files(case: Case, domain: Domain, problems: Problems) -> RegionalForcing | None:
    from lsmcal.inputs.gridded.packed import PackedForcing

    forcing = case.region_forcing
    if forcing.format == "packed":
        packed = found_folder(forcing.folder, case.places, problems)
        return None if packed is None else PackedForcing(packed, domain)
    assert _is_gridded(forcing)
    folder = _packed_folder(case, forcing)
    if not folder.is_dir():
        message = "is no folder" if folder.exists() else "the forcing is not packed yet"
        problems.add(
            message,
            source=case.source,
            variable="forcing.cache",
            value=str(folder),
            expected=f"the folder written by 'lsmcal forcing pack {case.source}'",
        )
        return None
    return PackedForcing(folder, domain)


def look_at_unpacked(case: Case, domain: Domain, problems: Problems) -> RegionalForcing | None:
    """The forcing of files that wait to be packed, closed again; None, with the reasons noted, if it is bad."""
    from lsmcal.inputs.gridded.source import open_gridded

    before = len(problems.found)
    forcing = case.region_forcing
    assert _is_gridded(forcing)
    spec = gridded_spec(forcing, case.places, problems)
    if len(problems.found) > before:
        return None
    try:
        source = open_gridded(spec, domain)
    except InputError as error:
        problems.extend(error)
        return None
    source.close()
    return source


def is_unpacked(case: Case) -> bool:
    """Whether the weather of a case lies in gridded files that wait to be packed."""
    forcing = case.region_forcing
    return _is_gridded(forcing) and not _packed_folder(case, forcing).is_dir()


def _packed_folder(case: Case, forcing: GriddedForcingKeys) -> Path:
    """Where the packed forcing of a case lies."""
    return case.output_folder / forcing.cache


def pack_case(case: Case, progress: Callable | None = None, overwrite: bool = False) -> Path:
    """Pack the gridded forcing of a case by cell, or go on doing so.

    Raises
    ------
    InputError
        With every problem of case and files; of what is packed already only what stands in the way.
    """
    try:
        return _pack(case, progress, overwrite)
    except InputError as error:
        raise InputError(error.problems, complete=True) from error


def _pack(case: Case, progress: Callable | None, overwrite: bool) -> Path:
    from lsmcal.inputs.gridded.pack import pack_forcing
    from lsmcal.inputs.gridded.source import open_gridded
    from lsmcal.parallel.launch import launched_ranks

    problems = Problems()
    if launched_ranks() > 1:
        problems.add(
            "forcing must be packed by one process",
            source=case.source,
            variable="forcing",
            value=f"{counted(launched_ranks(), 'rank')}",
            expected="'lsmcal forcing pack' without mpiexec",
        )
    forcing = case.region_forcing
    if not _is_gridded(forcing):
        problems.add(
            "needs no packing",
            source=case.source,
            variable="forcing.format",
            value=forcing.format,
            expected="a gridded format such as cmfd",
        )
        raise InputError(problems.found)
    spec = gridded_spec(forcing, case.places, problems)
    try:
        domain, _ = cells_of(case, problems)
    except InputError as error:
        problems.extend(error)
    problems.raise_if_any()
    folder = _packed_folder(case, forcing)
    source = open_gridded(spec, domain)
    try:
        pack_forcing(source, domain, folder, forcing.memory, progress, overwrite)
    finally:
        source.close()
    return folder

"""Cells and weather of a regional case, from wherever they come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from lsmcal.case import RegionCase
from lsmcal.case.regional_forcing_keys import found_folder, gridded_spec
from lsmcal.inputs.domain import Domain
from lsmcal.inputs.regional import RegionalForcing
from lsmcal.problems import Problems

MADE = ("plateau", "climatology")


def cells_and_weather(case: RegionCase, problems: Problems) -> tuple[Domain | None, RegionalForcing | None]:
    """Domain and weather of a case; None, with the reasons noted, for what is bad.

    Raises
    ------
    InputError
        With what is wrong inside a file.
    """
    domain, weather = _cells(case, problems)
    if domain is None or case.forcing.format in MADE:
        return domain, weather
    return domain, _from_files(case, domain, problems)


def _cells(case: RegionCase, problems: Problems) -> tuple[Domain | None, RegionalForcing | None]:
    region, thickness = case.region, np.array(case.grid.thickness)
    if region.source == "plateau":
        from lsmcal.inputs.plateau import make_plateau

        return make_plateau(region.cells, region.seed, thickness)
    if region.source == "climatology":
        from lsmcal.inputs.climatology import make_climatology

        file = case.find(case.forcing.file, "forcing.file", problems)
        return (None, None) if file is None else make_climatology(file, region.seed, thickness)
    from lsmcal.inputs.domain import read_domain

    file = case.find(region.file, "region.file", problems)
    return (None if file is None else read_domain(file)), None


def _from_files(case: RegionCase, domain: Domain, problems: Problems) -> RegionalForcing | None:
    from lsmcal.inputs.packed import PackedForcing

    if case.forcing.format == "packed":
        folder = found_folder(case.forcing.folder, case.places, problems)
        return None if folder is None else PackedForcing(folder, domain)
    folder = packed_folder(case)
    if not folder.is_dir():
        problems.add(
            "the forcing is not packed yet", source=case.source, variable="forcing.cache", value=str(folder),
            expected=f"it after 'lsmcal forcing pack {case.source}'",
        )  # fmt: skip
        return None
    return PackedForcing(folder, domain)


def packed_folder(case: RegionCase) -> Path:
    """Where the packed forcing of a case lies."""
    return case.output_folder / case.forcing.cache


def pack_case(case: RegionCase, progress: Callable | None = None, overwrite: bool = False) -> Path:
    """Pack the gridded forcing of a case by cell, or go on doing so.

    Raises
    ------
    InputError
        With every problem of case and files.
    """
    from lsmcal.inputs.gridded import open_gridded
    from lsmcal.inputs.pack import pack_forcing

    problems = Problems()
    if case.forcing.format in (*MADE, "packed"):
        problems.add("is nothing to pack", source=case.source, variable="forcing.format", value=case.forcing.format)
        problems.raise_if_any()
    domain, _ = _cells(case, problems)
    spec = gridded_spec(case.forcing, case.places, problems)
    problems.raise_if_any()
    folder = packed_folder(case)
    source = open_gridded(spec, domain)
    try:
        pack_forcing(source, domain, folder, case.forcing.memory, progress, overwrite)
    finally:
        source.close()
    return folder

"""The page of a region: maps of its ground, temperature and permafrost, its equilibrium, its budgets."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lsmcal import __version__
from lsmcal.calibration.output import has_results, read_results
from lsmcal.core.digest import digest
from lsmcal.core.files import write_bytes
from lsmcal.report import region_ground, region_permafrost, region_spinup
from lsmcal.report.map_calibration import map_calibration
from lsmcal.report.page import Page, options_text
from lsmcal.report.region_results import RegionResults, read_region_results
from lsmcal.simulate.from_case.region import region_of
from lsmcal.simulate.region import Region
from lsmcal.simulate.stage import equilibrium_of

_LIBRARIES = ("numpy", "numba", "netCDF4", "matplotlib", "mpi4py")


def region_page(page: Page, case, region: Region | None = None) -> None:
    """Put the results of a region on its page, and their figures into ``<output>/report/`` too.

    Parameters
    ----------
    page : Page
    case : Case
    region : Region, optional
        The case's, if it has been read already.

    Raises
    ------
    InputError
        With every problem of the case; when there is neither run nor calibration, or a run of other cells.
    """
    folder = Path(case.output_folder)
    calibrated = has_results(folder / "calibration")
    results = None
    if not calibrated or (folder / "region.nc").is_file():
        results = read_region_results(region or region_of(case), folder)
    show = _shower(page, folder / "report")
    if results is not None:
        _run(page, results, show)
    if calibrated:
        map_calibration(page, read_results(folder / "calibration"), show)
    _again(page, case, results)


def _run(page: Page, results: RegionResults, show: Callable[[str, object, str], None]) -> None:
    """What the run of the region gave."""
    if not results.is_current:
        page.note("The case or the model has changed since this run. Repeat it with lsmcal run.")
    region_permafrost.region_summary(page, results)
    region_ground.ground(page, results, show)
    region_ground.temperature(page, results, show)
    region_permafrost.permafrost_maps(page, results, show)
    region_spinup.spinup(page, results, show)
    region_spinup.region_ledger(page, results, show)


def _shower(page: Page, folder: Path) -> Callable[[str, object, str], None]:
    """A function that takes the name of a file, a figure and its caption, and puts it on the page and into a file."""
    folder.mkdir(parents=True, exist_ok=True)

    def show(name: str, figure, caption: str) -> None:
        write_bytes(folder / f"{name}.png", page.figure(figure, caption))

    return show


def _again(page: Page, case, results: RegionResults | None) -> None:
    page.heading("Provenance and reproduction")
    rows = [("case", f"{case.name} ({case.file.name})"), *(_origin(results) if results is not None else ())]
    rows.append(("page written by", f"lsmcal {__version__}, {_versions()}"))
    page.table(("", ""), rows, text=True)
    data = "" if case.region.source == "plateau" and case.forcing.format == "plateau" else " --data FOLDER"
    command = f"lsmcal campaign {case.file.name}{options_text(case)}{data}"
    page.code(f"{command}\nmpiexec -n 4 {command}")
    page.paragraph("The second command uses four processes and gives the same numbers.")
    if data:
        page.paragraph("FOLDER contains the files named in the case.")
    page.folded("The case with all defaults filled in", case.resolved_text())


def _origin(results: RegionResults) -> list[tuple[str, str]]:
    """What the run was made of."""
    attributes = results.attributes
    rows = [
        ("fingerprint of the run", str(attributes.get("fingerprint", "–"))),
        ("fingerprint of the equilibrium", digest(equilibrium_of(results.region)) if results.is_current else "–"),
        ("written by", str(attributes.get("source", "–"))),
    ]
    for name, value in attributes.items():
        if name.startswith(("domain_", "forcing_")):
            label = name.replace("domain_", "cells: ").replace("forcing_", "forcing: ").replace("_", " ")
            rows.append((label, str(value)))
    return rows


def _versions() -> str:
    found = [f"Python {platform.python_version()}"]
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)

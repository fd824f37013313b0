"""The page of a case, of a site or of a region."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from lsmcal import __version__
from lsmcal.core.checksums import look_at_netcdf
from lsmcal.core.files import damage_of, write_text
from lsmcal.parallel.store_files import StoreError
from lsmcal.report.page import Page
from lsmcal.report.region import region_page
from lsmcal.report.site import site_page
from lsmcal.simulate.region import Region

#: Results that a page shows.
_READ = (
    "run.nc",
    "region.nc",
    *(
        f"calibration/{name}"
        for name in ("series.nc", "maps.nc", "evaluation.json", "ensemble.json", "best.json", "equifinality.csv")
    ),
)


def write_report(case, out: str | os.PathLike | None = None, region: Region | None = None) -> Path:
    """Write the page of a case.

    Parameters
    ----------
    case : Case
    out : path, optional
        Default ``<output>/report.html``.
    region : Region, optional
        That of a regional case, if it has been read already.

    Returns
    -------
    Path
        The page; it is written completely or not at all.

    Raises
    ------
    InputError
        For a region with every problem of the case; when there is neither run nor calibration, or a run of other cells.
    StoreError
        When a file of the results is damaged.
    """
    _refuse_damaged(Path(case.output_folder))
    page = Page()
    page.title(case.title)
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    page.paragraph(f"{case.about.description.strip()} Made by lsmcal {__version__}, {made}.".strip(), "lead")
    if case.kind == "region":
        region_page(page, case, region)
    else:
        site_page(page, case)
    return write_text(out or Path(case.output_folder) / "report.html", page.html(case.title))


def _refuse_damaged(folder: Path) -> None:
    """Refuse results that are not as they were written, all at once."""
    found = []
    for name in _READ:
        path = folder / name
        if path.is_file():
            damage = look_at_netcdf(path).damage if path.suffix == ".nc" else damage_of(path)
            verb = "calibrate" if name.startswith("calibration") else "run"
            found += [f"{path}: is damaged: {damage}; lsmcal {verb} makes it again"] if damage else []
    if found:
        raise StoreError("\n".join(found))

"""Checks of a regional case that concern several keys and need no file."""

from __future__ import annotations

from collections.abc import Mapping

from lsmcal.case.checks.site import check_bottom_depth, check_greenness, check_spinup_cycles, check_spinup_period
from lsmcal.case.messages import Complaints
from lsmcal.case.sections import region as region_keys
from lsmcal.case.sections.degree_days import INDICES_CHECKS
from lsmcal.case.sections.domain import DOMAIN_CHECKS
from lsmcal.case.sections.screen import SCREEN_CHECKS
from lsmcal.case.types import Section


def _source(region: region_keys.Region, forcing: Section, out: Complaints) -> None:
    made = region.source in region_keys.MADE
    if not made and not region.file:
        out.add("region.file", "key is missing", "", "the domain file that lsmcal domain writes")
    if region.source == "indices" and forcing.format != "indices":
        out.add("forcing.format", "does not belong to the cells", forcing.format, '"indices"')
    elif made and forcing.format in region_keys.MADE and forcing.format != region.source:
        expected = f'"{region.source}", or a format of files'
        out.add("forcing.format", "does not belong to the cells", forcing.format, expected)
    if not made and forcing.format in region_keys.MADE:
        out.add("forcing.format", "makes weather only for cells of its own", forcing.format, "a format of files")


def _climatology_file(forcing: Section, out: Complaints) -> None:
    if forcing.format == "climatology" and not forcing.file:
        out.add("forcing.file", "key is missing", "", "elevation and monthly climate")


def _whole_years(spinup: region_keys.RegionSpinUp, out: Complaints) -> None:
    for name in ("start", "end"):
        if getattr(spinup, name):
            out.add(f"spinup.{name}", "is not used for a region", getattr(spinup, name), "years")


def _run_years(run: region_keys.RegionRun, out: Complaints) -> None:
    if run.years[1] < run.years[0]:
        out.add("run.years", "is upside down", run.years, "[first, last]")
    if run.series != "none" and not run.cells:
        out.add("run.cells", "key is missing", "", f"[longitude, latitude] of cells with {run.series} records")
    if run.series == "none" and run.cells:
        out.add("run.series", "key is missing", "", 'records of the chosen cells, "monthly" or "daily"')
    for number, (longitude, latitude) in enumerate(run.cells, start=1):
        if not (-180.0 <= longitude <= 360.0 and -90.0 <= latitude <= 90.0):
            out.add(f"run.cells[{number}]", "is no place", [longitude, latitude], "[longitude, latitude] in degrees")


def _own_cells(region: region_keys.Region, domain: Section, out: Complaints) -> None:
    if region.source != "file":
        out.add("domain", "is not used for cells made by the package", region.source, 'region.source = "file"')


#: Checks of every regional case; those of its calibration come with the keys of that.
REGION_CHECKS = (
    (("region", "forcing"), _source),
    (("region", "domain"), _own_cells),
    (("region",), check_greenness("region")),
    (("region", "grid"), check_bottom_depth("region")),
    (("forcing",), _climatology_file),
    (("spinup",), _whole_years),
    (("spinup",), check_spinup_period),
    (("spinup",), check_spinup_cycles),
    (("run",), _run_years),
    *DOMAIN_CHECKS,
    *SCREEN_CHECKS,
    *INDICES_CHECKS,
)


def region_checks(sections: Mapping[str, object]) -> tuple:
    """The checks that a regional case with these sections needs."""
    if sections.get("target") is None and sections.get("calibrate") is None:
        return REGION_CHECKS
    from lsmcal.case.sections.calibrate import MAP_CHECKS

    return (*REGION_CHECKS, *MAP_CHECKS)

"""Checks of [region], and of [forcing], [spinup] and [run] as a region has them."""

from __future__ import annotations

from lsmcal.case.checks.ground import check_bottom_depth, check_greenness
from lsmcal.case.messages import Complaints
from lsmcal.case.sections.domain import Domain
from lsmcal.case.sections.ground import Grid
from lsmcal.case.sections.kinds import RegionForcing
from lsmcal.case.sections.region import MADE, Region, RegionRun, RegionSpinUp
from lsmcal.core.errors import Problems
from lsmcal.core.memory import check_memory


def _source(region: Region, forcing: RegionForcing, out: Complaints) -> None:
    made = region.source in MADE
    if not made and not region.file:
        out.add("region.file", "key is missing", "", "the domain file that lsmcal domain writes")
    if region.source in ("climatology", "indices") and forcing.format != region.source:  # the cells come with it
        out.add("forcing.format", "does not match region.source", forcing.format, f'"{region.source}"')
    elif made and forcing.format in MADE and forcing.format != region.source:
        expected = f'"{region.source}", or a format of files'
        out.add("forcing.format", "does not match region.source", forcing.format, expected)
    if not made and forcing.format in MADE:
        out.add("forcing.format", "generates forcing only for its own cells", forcing.format, "a format of files")


def _climatology_file(forcing: RegionForcing, out: Complaints) -> None:
    if forcing.format == "climatology" and not forcing.file:
        out.add("forcing.file", "key is missing", "", "elevation and monthly climate")


def _whole_years(spinup: RegionSpinUp, out: Complaints) -> None:
    for name in ("start", "end"):
        if getattr(spinup, name):
            out.add(f"spinup.{name}", "is not used for a region", getattr(spinup, name), "years")


def _run_years(run: RegionRun, out: Complaints) -> None:
    if run.years[1] < run.years[0]:
        out.add("run.years", "has its first year after its last", run.years, "[first, last]")
    if run.series != "none" and not run.cells:
        out.add("run.cells", "key is missing", "", f"[longitude, latitude] of cells with {run.series} records")
    if run.series == "none" and run.cells:
        out.add("run.series", "key is missing", "", 'records of the chosen cells, "monthly" or "daily"')
    for number, (longitude, latitude) in enumerate(run.cells, start=1):
        if not (-180.0 <= longitude <= 360.0 and -90.0 <= latitude <= 90.0):
            out.add(
                f"run.cells[{number}]",
                "is not a longitude and latitude",
                [longitude, latitude],
                "[longitude, latitude] in degrees",
            )


def _memory(region: Region, grid: Grid, out: Complaints) -> None:
    """Synthetic cells are made at once; those of a file are as many as the file holds."""
    if region.source != "plateau":
        return
    needed = Problems()
    check_memory(8.0 * region.cells * (60 + 24 * len(grid.thickness)), f"{region.cells:,} cells", needed)
    for problem in needed.found:
        out.add("region.cells", problem.message, region.cells, problem.expected)


def _own_cells(region: Region, domain: Domain, out: Complaints) -> None:
    if region.source != "file":
        out.add("domain", "is not used for synthetic cells", region.source, 'region.source = "file"')


def _indices(forcing: RegionForcing, out: Complaints) -> None:
    if forcing.format != "indices":
        return
    if not forcing.file:
        out.add("forcing.file", "key is missing", "", "elevation and monthly climate")
    for name in ("thawing", "freezing", "survey"):
        wanted = getattr(forcing, name)
        if wanted is not None and not wanted.file:
            out.add(f"forcing.{name}.file", "key is missing", "", "the file of the map")
    if forcing.survey is None and forcing.cells == "surveyed":
        out.add("forcing.survey", "key is missing", "", 'the map of the survey, or cells = "all"')
    both = sorted(set(forcing.permafrost) & set(forcing.absent))
    if both:
        out.add("forcing.absent", "shares class codes with permafrost", both, "different codes")
    if not 1979 <= forcing.years[0] <= forcing.years[1] <= 2020:
        out.add(
            "forcing.years", "is not a period of the generated forcing", forcing.years, "[first, last] of 1979 to 2020"
        )


#: Checks of the cells of a region, their weather and their run.
REGION_CHECKS = (
    (("region", "forcing"), _source),
    (("region", "domain"), _own_cells),
    (("region",), check_greenness("region")),
    (("region", "grid"), check_bottom_depth("region")),
    (("region", "grid"), _memory),
    (("forcing",), _climatology_file),
    (("spinup",), _whole_years),
    (("run",), _run_years),
)
#: Checks of weather made of maps of degree days.
INDICES_CHECKS = ((("forcing",), _indices),)

"""Checks of [observations]."""

from __future__ import annotations

from lsmcal.case.checks.parameters import complain_of_parameters
from lsmcal.case.checks.start import check_start_end
from lsmcal.case.messages import Complaints
from lsmcal.case.sections.ground import Grid
from lsmcal.case.sections.observations import Observations
from lsmcal.noah.runtime.grid import bottom_depths


def _observed(seen: Observations, out: Complaints) -> None:
    if seen.format == "csv" and not seen.file:
        out.add("observations.file", "key is missing", "", 'the table, or format = "twin"')
    if seen.format == "csv" and (seen.hidden or seen.depths):
        out.add("observations.hidden" if seen.hidden else "observations.depths", 'is only used by format = "twin"')
    if seen.format == "twin" and not seen.depths:
        out.add("observations.depths", "key is missing", "", "depths of the twin's sensors, m")


def _hidden(seen: Observations, out: Complaints) -> None:
    complain_of_parameters("observations.hidden", seen.hidden, out)


def _twin_depths(seen: Observations, grid: Grid, out: Complaints) -> None:
    bottom = float(bottom_depths(grid.thickness)[-1])
    for number, depth in enumerate(seen.depths, start=1):
        if depth > bottom:
            out.add(f"observations.depths[{number}]", "lies below the column", depth, f"at most {bottom:g} m")


#: Checks of the measurements at a site.
OBSERVATION_CHECKS = (
    (("observations",), check_start_end("observations")),
    (("observations",), _observed),
    (("observations",), _hidden),
    (("observations", "grid"), _twin_depths),
)

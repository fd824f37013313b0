"""Everything that a case of each kind is checked for before any file is opened."""

from __future__ import annotations

from lsmcal.case.checks.calibrate import REGION_SEARCH_CHECKS, SITE_SEARCH_CHECKS
from lsmcal.case.checks.ground import GRID_CHECKS, GROUND_CHECKS
from lsmcal.case.checks.observations import OBSERVATION_CHECKS
from lsmcal.case.checks.region import INDICES_CHECKS, REGION_CHECKS
from lsmcal.case.checks.start import SPINUP_CHECKS, START_CHECKS
from lsmcal.case.checks.weather import WEATHER_CHECKS
from lsmcal.case.sections.domain import DOMAIN_CHECKS
from lsmcal.case.sections.screen import SCREEN_CHECKS

#: Kind of case to pairs of the sections that a check looks at, and the check.
CHECKS: dict[str, tuple] = {
    "site": (*GRID_CHECKS, *GROUND_CHECKS, *WEATHER_CHECKS, *START_CHECKS, *OBSERVATION_CHECKS, *SITE_SEARCH_CHECKS),
    "region": (
        *GRID_CHECKS,
        *REGION_CHECKS,
        *SPINUP_CHECKS,
        *DOMAIN_CHECKS,
        *SCREEN_CHECKS,
        *INDICES_CHECKS,
        *REGION_SEARCH_CHECKS,
    ),
}

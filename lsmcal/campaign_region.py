"""All stages of a region: check, run, report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lsmcal.campaign import Campaign, is_current, run_stage
from lsmcal.case import RegionCase
from lsmcal.simulate.parallel import World, world
from lsmcal.simulate.region import Region
from lsmcal.simulate.region_assemble import region_of
from lsmcal.simulate.region_stage import digest, equilibrium_of, run_of


def run_region_campaign(case: RegionCase, progress: Callable | None = None) -> Campaign | None:
    """Check, run and report a region; to be called by all ranks. A run of this very case is not done again.

    Parameters
    ----------
    case : RegionCase
    progress : callable, optional
        Called with (stage, done, of).

    Returns
    -------
    Campaign or None
        None on all ranks but the first, which alone writes the report.

    Raises
    ------
    InputError
        With every problem of the case.
    Stopped
        When the job was asked to stop; the same call goes on.
    """
    campaign, there, regions = Campaign(), world(), []
    campaign.do("check", lambda: regions.append(region_of(case)))
    region = regions[0]
    campaign.do("run", lambda: _run(case, region, there, progress))
    if there.first:
        campaign.do("report", lambda: _report(campaign, case, region))
    there.wait_for_all()  # asleep, while the first rank draws
    return campaign if there.first else None


def _run(case: RegionCase, region: Region, there: World, progress) -> str | None:
    mark = digest(equilibrium_of(region) | run_of(region))
    if there.told_by_first(there.first and is_current(Path(case.output_folder) / "region.nc", mark)):
        return "was done before"
    run_stage(case, progress)
    return None


def _report(campaign: Campaign, case: RegionCase, region: Region) -> None:
    from lsmcal.report.region import write_region_report

    campaign.page = write_region_report(case, region)

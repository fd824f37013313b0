"""All stages of a region: check, run, report; or check, calibrate, report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lsmcal.campaign import Campaign, is_current, run_stage
from lsmcal.case import Case
from lsmcal.core.errors import Problems
from lsmcal.parallel.world import World, launched_world
from lsmcal.simulate.region import Region
from lsmcal.simulate.setup import region_of
from lsmcal.simulate.stage import digest, equilibrium_of, run_of


def run_region_campaign(case: Case, progress: Callable | None = None) -> Campaign | None:
    """Check, run and report a region; to be called by all ranks. What this very case has done is not done again.

    A case with [calibrate] is calibrated instead of run: the calibration simulates the default and the best set itself,
    and needs nothing of a run. :func:`lsmcal.campaign.run_stage` makes its yearly maps.

    Parameters
    ----------
    case : Case
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
    campaign, world, regions = Campaign(), launched_world(), []
    campaign.do("check", lambda: regions.append(_check(case, world)))
    region = regions[0]
    if case.calibrate is None:
        campaign.do("run", lambda: _run(case, region, world, progress))
    else:
        campaign.do("calibrate", lambda: _calibrate(case, world, progress))
    if world.is_root:
        campaign.do("report", lambda: _report(campaign, case, region))
    world.barrier()  # asleep, while the first rank draws
    return campaign if world.is_root else None


def _check(case: Case, world: World) -> Region:
    """The region; of a calibration the first rank checks all that shows before hours have gone by."""
    region = region_of(case)
    if case.calibrate is not None and world.is_root:
        from lsmcal.checking.calibration import check_calibration

        problems = Problems()
        check_calibration(case, region.domain, region, problems)
        problems.raise_if_any()
    return region


def _run(case: Case, region: Region, world: World, progress) -> str | None:
    mark = digest(equilibrium_of(region) | run_of(region))
    if world.bcast(world.is_root and is_current(Path(case.output_folder) / "region.nc", mark)):
        return "was done before"
    run_stage(case, progress)
    return None


def _calibrate(case: Case, world: World, progress) -> str | None:
    """A search that has ended goes on to nothing; whether it is this case's is for the search to say."""
    from lsmcal.calibration.output import has_results
    from lsmcal.calibration.stage import calibrate_region

    folder = Path(case.output_folder) / "calibration"
    history = folder / "history.jsonl"
    before = history.stat().st_size if world.is_root and has_results(folder) and history.is_file() else None
    calibrate_region(case, progress)
    return "was done before" if world.is_root and before == history.stat().st_size else None


def _report(campaign: Campaign, case: Case, region: Region) -> None:
    from lsmcal.report.region import write_region_report

    campaign.page = write_region_report(case, region)

"""All stages of a case, in order, leaving out what is done."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lsmcal.case import RegionCase

log = logging.getLogger(__name__)


@dataclass
class Campaign:
    """What a campaign did.

    Parameters
    ----------
    stages : dict of str to str
        Stage to "done", "was done before" or "left out", with the reason.
    seconds : dict of str to float
    page : Path or None
        The report.
    """

    stages: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    page: Path | None = None

    def do(self, name: str, action: Callable[[], str | None]) -> None:
        """Do a stage; ``action`` returns what became of it if that is not "done"."""
        log.info("stage %s begins", name)
        started = time.perf_counter()
        self.stages[name] = action() or "done"
        self.seconds[name] = time.perf_counter() - started
        log.info("stage %s: %s, %.1f s", name, self.stages[name], self.seconds[name])


def run_stage(case, progress=None, cell: tuple[float, float] | None = None) -> list[Path]:
    """Run a site's case and write ``<output>/run.nc``, or a region's; the resolved case is written beside it.

    Parameters
    ----------
    case : Case or RegionCase
    progress : callable, optional
        Called with (stage, done, of).
    cell : (float, float), optional
        Longitude and latitude of the only cell of a region to be run; its files go into a folder of their own.

    Returns
    -------
    list of Path
        The files written; empty on all ranks but the first.

    Raises
    ------
    InputError
        With every problem of the case, before anything is written.
    RunFailed
        When the column goes non-finite; the last good state is then in ``<output>/last-good-state.nc``.
    """
    if isinstance(case, RegionCase):
        return _run_region(case, progress, cell)
    from lsmcal.simulate.failures import RunFailed
    from lsmcal.simulate.output.run import write_run, write_state
    from lsmcal.simulate.site import Site

    site = Site.from_case(case)
    folder = Path(case.output_folder)
    try:
        run = site.run(dict(case.parameters), record=case.run.output != "none", progress=progress)
    except RunFailed as failure:
        write_state(failure.state, site.setup.thickness, folder / "last-good-state.nc")
        raise
    run.attributes |= {"fingerprint": case.fingerprint("run"), "parameters": str(dict(case.parameters))}
    folder.mkdir(parents=True, exist_ok=True)
    case.write_resolved(folder / "case.resolved.toml")
    return [write_run(run, folder / "run.nc")]


def _run_region(case: RegionCase, progress, cell) -> list[Path]:
    from lsmcal.simulate.setup import region_of
    from lsmcal.simulate.stage import run_whole_region
    from lsmcal.simulate.years import job_of

    region = region_of(case, cell)
    folder = Path(case.output_folder)
    if cell is not None:
        folder /= f"cell-{region.domain.cell[0]}"
    with job_of(case, folder, progress) as job:
        files = run_whole_region(region, folder, job)
    return files.paths if job.world.is_root else []


def is_current(path: Path, fingerprint: str) -> bool:
    """Whether a run file was made by this very case."""
    if not path.is_file():
        return False
    from netCDF4 import Dataset

    try:
        with Dataset(path) as file:
            return getattr(file, "fingerprint", "") == fingerprint
    except OSError:
        return False


def run_campaign(case, progress: Callable | None = None) -> Campaign:
    """Run, calibrate (where there are observations) and report; what this case has done already is not done again.

    A region is checked, run and reported, on all ranks there are.

    Parameters
    ----------
    case : Case or RegionCase
    progress : callable, optional
        Called with (stage, done, of).

    Returns
    -------
    Campaign
    """
    if isinstance(case, RegionCase):
        from lsmcal.campaign_region import run_region_campaign

        return run_region_campaign(case, progress)
    campaign = Campaign()
    folder = Path(case.output_folder)

    def run() -> str | None:
        if is_current(folder / "run.nc", case.fingerprint("run")):
            return "was done before"
        run_stage(case, progress)
        return None

    def calibrate() -> str | None:
        if case.observations is None or case.calibrate is None:
            return "left out: the case has no observations or no [calibrate]"
        from lsmcal.calibration.site_stage import calibrate

        calibrate(case, progress)
        return None

    def report() -> None:
        from lsmcal.report import write_report

        campaign.page = write_report(case)

    campaign.do("run", run)
    campaign.do("calibrate", calibrate)
    campaign.do("report", report)
    return campaign

"""All stages of a case in order; those up to date are skipped."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lsmcal.case import Case
from lsmcal.core.errors import Problems
from lsmcal.parallel.launch import launched_world
from lsmcal.parallel.world import World
from lsmcal.simulate.leaks import leaks_of_file, say_leaks

if TYPE_CHECKING:
    from lsmcal.simulate.region import Region

# What only one stage needs is imported by that stage: to run a case takes no figures and no search.
log = logging.getLogger(__name__)
DONE, CURRENT = "done", "up to date"


@dataclass
class Campaign:
    """What a campaign did.

    Parameters
    ----------
    stages : dict of str to str
        Stage to "done", "up to date" or "skipped", with the reason.
    seconds : dict of str to float
    page : Path or None
        The report.
    """

    stages: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    page: Path | None = None


@dataclass(frozen=True)
class Stage:
    """One stage of a campaign.

    Parameters
    ----------
    name : str
    is_current : callable
        Whether this very case has been through it.
    do : callable
        Does it; may return what became of it if that is not "done".
    on_root : bool
        Whether only the first rank does it; the others sleep meanwhile.
    """

    name: str
    is_current: Callable[[], bool]
    do: Callable[[], str | None]
    on_root: bool = False


def run_campaign(case: Case, progress: Callable | None = None) -> Campaign | None:
    """Run, calibrate and report; what this very case has done is not done again. Of a region to be called by all ranks.

    A site is run, and calibrated where there are observations. A region is checked first, and calibrated instead of run
    where it has [calibrate]: the calibration simulates the default and the best set itself, and needs nothing of a run;
    :func:`run_stage` makes its yearly maps.

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
        When the job was asked to stop; the same call resumes.
    """
    campaign, world = Campaign(), launched_world() if case.kind == "region" else World()
    if case.kind == "site" and case.observations is not None:  # before the run takes the place of an earlier one
        from lsmcal.calibration.site_stage import check_history_of_site

        check_history_of_site(case)
    for stage in _stages(campaign, case, progress, world):
        log.info("stage %s starts", stage.name)
        started, what = time.perf_counter(), DONE
        if stage.is_current():
            what = CURRENT
        elif world.is_root or not stage.on_root:
            what = stage.do() or DONE
        world.barrier()
        campaign.stages[stage.name], campaign.seconds[stage.name] = what, time.perf_counter() - started
        log.info("stage %s: %s, %.1f s", stage.name, what, campaign.seconds[stage.name])
    return campaign if world.is_root else None


def _stages(campaign: Campaign, case: Case, progress, world: World) -> list[Stage]:
    """The stages of a case, in order."""
    checked = _Checked(case, world)
    steps = {
        "check": Stage("check", _never, checked.look),
        "run": Stage("run", lambda: world.bcast(world.is_root and checked.is_run()), lambda: _run(case, progress)),
        "calibrate": Stage("calibrate", _never, lambda: _calibrate(case, world, progress)),
        "report": Stage("report", _never, lambda: _report(campaign, case, checked.region), on_root=True),
    }
    if case.kind == "site":
        names = ("run", "calibrate", "report")
    else:
        names = ("check", "run" if case.calibrate is None else "calibrate", "report")
    return [steps[name] for name in names]


def _never() -> bool:
    """A stage that finds out itself what of it is done."""
    return False


@dataclass
class _Checked:
    """A case and, of a region, its cells as read by the check."""

    case: Case
    world: World
    region: Region | None = None

    def look(self) -> None:
        """Read a region; of a calibration the first rank checks all that shows before hours have gone by."""
        from lsmcal.checking.calibration import check_calibration
        from lsmcal.simulate.from_case.region import region_of

        self.region = region_of(self.case)
        if self.case.calibrate is not None and self.world.is_root:
            problems = Problems()
            check_calibration(self.case, self.region.domain, self.region, problems)
            problems.raise_if_any()

    def is_run(self) -> bool:
        """Whether the case's run is in its folder."""
        from lsmcal.simulate.output.whole import is_whole
        from lsmcal.simulate.stage import region_is_current

        folder = Path(self.case.output_folder)
        if self.region is None:
            return is_whole(folder / "run.nc", self.case.fingerprint("run"))
        return region_is_current(self.region, folder)


def _run(case: Case, progress) -> None:
    run_stage(case, progress)


def _calibrate(case: Case, world: World, progress) -> str | None:
    """A search that has ended goes on to nothing; whether it is this case's is for the search to say."""
    from lsmcal.calibration.output import has_results
    from lsmcal.calibration.run_search import HISTORY
    from lsmcal.calibration.stage import calibrate

    if case.kind == "site" and case.observations is None:
        return "skipped: the case has no observations"
    folder = Path(case.output_folder) / "calibration"
    history = folder / HISTORY
    before = history.stat().st_size if world.is_root and has_results(folder, kind="") and history.is_file() else None
    calibrate(case, progress)
    return CURRENT if world.is_root and before == history.stat().st_size else None


def _report(campaign: Campaign, case: Case, region: Region | None) -> None:
    from lsmcal.report import write_report

    campaign.page = write_report(case, region=region)


def run_stage(case: Case, progress=None, cell: tuple[float, float] | None = None) -> list[Path]:
    """Run a site's case and write ``<output>/run.nc``, or a region's; the resolved case is written beside it.

    Parameters
    ----------
    case : Case
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
    paths = _run_site(case, progress) if case.kind == "site" else _run_region(case, progress, cell)
    for path in paths:
        if path.name in ("run.nc", "region.nc"):
            say_leaks(leaks_of_file(path), path.name)
    return paths


def _run_site(case: Case, progress) -> list[Path]:
    from lsmcal.planning.size import check_size, size_of_site
    from lsmcal.simulate.failures import RunFailed
    from lsmcal.simulate.output.run import write_run, write_state
    from lsmcal.simulate.site import Site

    site, problems = Site.from_case(case), Problems()
    check_size(case, size_of_site(case, site.forcing, searched=False), problems)
    problems.raise_if_any()
    folder = Path(case.output_folder)
    try:
        run = site.run(dict(case.parameters), record=case.site_run.output != "none", progress=progress)
    except RunFailed as failure:
        write_state(failure.state, site.setup.thickness, folder / "last-good-state.nc")
        raise
    run.attributes |= {"fingerprint": case.fingerprint("run"), "parameters": str(dict(case.parameters))}
    folder.mkdir(parents=True, exist_ok=True)
    case.write_resolved(folder / "case.resolved.toml")
    return [write_run(run, folder / "run.nc")]


def _run_region(case: Case, progress, cell) -> list[Path]:
    from lsmcal.parallel.job import job_of
    from lsmcal.planning.size import check_size, size_of_region
    from lsmcal.simulate.from_case.region import region_of
    from lsmcal.simulate.stage import run_whole_region

    region, problems = region_of(case, cell), Problems()
    check_size(case, size_of_region(case, region), problems)
    problems.raise_if_any()
    folder = Path(case.output_folder)
    if cell is not None:
        folder /= f"cell-{region.domain.cell[0]}"
    with job_of(case, folder, progress) as job:
        files = run_whole_region(region, folder, job)
    return files.paths if job.world.is_root else []

"""A checked case of a region."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from lsmcal.case.file import CaseFile
from lsmcal.case.sections import domain as domain_keys
from lsmcal.case.sections import region as region_keys
from lsmcal.case.sections import screen as screen_keys
from lsmcal.case.sections import site as site_keys
from lsmcal.case.types import Section
from lsmcal.parameters.table import ParameterSet

if TYPE_CHECKING:
    from lsmcal.case.sections import calibrate as calibrate_keys


@dataclass(frozen=True)
class RegionCase(CaseFile):
    """Everything a regional case file says, checked, with all defaults filled in.

    Parameters
    ----------
    file : Path
        The case file.
    parameters : ParameterSet
        [parameters], with the set of ``--parameters`` on top.
    about, region, grid, model, forcing, spinup, run, report : section
        See :mod:`lsmcal.case.sections.region`; ``about`` is [case].
    domain : section, optional
        See :mod:`lsmcal.case.sections.domain`; None where the case names no maps.
    screen : section, optional
        See :mod:`lsmcal.case.sections.screen`; None where nothing is screened.
    target, calibrate : section, optional
        See :mod:`lsmcal.case.sections.calibrate`; None where nothing is calibrated.
    data : tuple of Path
        Folders looked in for data before the case's own.
    """

    SECTIONS: ClassVar[tuple[str, ...]] = (
        "case",
        "region",
        "domain",
        "grid",
        "model",
        "forcing",
        "spinup",
        "run",
        "screen",
        "target",
        "calibrate",
        "report",
    )
    file: Path
    parameters: ParameterSet
    about: site_keys.About
    region: region_keys.Region
    grid: site_keys.Grid
    model: site_keys.Model
    forcing: Section
    spinup: region_keys.RegionSpinUp
    run: region_keys.RegionRun
    report: site_keys.Report
    domain: domain_keys.Domain | None = None
    screen: screen_keys.Screen | None = None
    target: calibrate_keys.Target | None = None
    calibrate: calibrate_keys.MapCalibrate | None = None
    data: tuple[Path, ...] = ()

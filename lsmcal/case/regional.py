"""A checked case of a region."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from lsmcal.case import domain_keys, keys, region_keys, screen_keys
from lsmcal.case.file import CaseFile
from lsmcal.case.types import Section
from lsmcal.parameters import ParameterSet

if TYPE_CHECKING:
    from lsmcal.case import map_keys


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
        See :mod:`lsmcal.case.region_keys`; ``about`` is [case].
    domain : section, optional
        See :mod:`lsmcal.case.domain_keys`; None where the case names no maps.
    screen : section, optional
        See :mod:`lsmcal.case.screen_keys`; None where nothing is screened.
    target, calibrate : section, optional
        See :mod:`lsmcal.case.map_keys`; None where nothing is calibrated.
    data : tuple of Path
        Folders looked in for data before the case's own.
    """

    SECTIONS: ClassVar[tuple[str, ...]] = (
        "case", "region", "domain", "grid", "model", "forcing", "spinup", "run", "screen", "target", "calibrate",
        "report",
    )  # fmt: skip
    file: Path
    parameters: ParameterSet
    about: keys.About
    region: region_keys.Region
    grid: keys.Grid
    model: keys.Model
    forcing: Section
    spinup: region_keys.RegionSpinUp
    run: region_keys.RegionRun
    report: keys.Report
    domain: domain_keys.Domain | None = None
    screen: screen_keys.Screen | None = None
    target: map_keys.Target | None = None
    calibrate: map_keys.MapCalibrate | None = None
    data: tuple[Path, ...] = ()

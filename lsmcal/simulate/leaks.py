"""Water, ice and heat that a run gave or took without a physical cause, summed by year.

The model's scheme may make water from nothing, drop water, melt ice without heat, and leave the energy balance of the
surface open. The sums stand in run.nc and region.nc; what exceeds a limit is said after the run and on its page.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lsmcal.core.words import counted

log = logging.getLogger(__name__)

#: Column fields whose sum is the water created and lost [kg m-2 s-1].
WATER_FIELDS = ("water_gained", "water_dropped")
#: Yearly sums above these are said: of water [kg m-2, mm] and of heat [MJ m-2].
WATER_LIMIT, HEAT_LIMIT = 1.0, 0.1


@dataclass(frozen=True)
class Leak:
    """One way in which a budget is not closed.

    Parameters
    ----------
    name : str
        Of the yearly sum, in ``Results.annual`` and, after ``annual_``, in run.nc and region.nc.
    unit : str
        As it is said.
    limit : float
        Yearly sum above which it is said.
    what : str
    advice : str
        What helps.
    """

    name: str
    unit: str
    limit: float
    what: str
    advice: str


LEAKS = (
    Leak(
        "water_created",
        "mm",
        WATER_LIMIT,
        "soil water created from nothing",
        'model.soil_water = "conserved" prevents it; more model.substeps make it less',
    ),
    Leak(
        "water_lost",
        "mm",
        WATER_LIMIT,
        "water lost to nowhere",
        'model.snow_remainder = "conserved" and model.soil_water = "conserved" prevent it',
    ),
    Leak(
        "ice_lost_heat",
        "MJ m-2",
        HEAT_LIMIT,
        "soil ice that vanished without heat",
        'model.soil_water = "conserved" prevents it',
    ),
    Leak(
        "temperature_excess",
        "K",
        0.0,
        "surface temperature beyond any measured on Earth (170 to 360 K)",
        "look at the forcing, at the first layer and at the step",
    ),
)


@dataclass(frozen=True)
class WorstYear:
    """The worst year of one leak.

    Parameters
    ----------
    leak : Leak
    value : float
        Of the worst cell and year.
    year : int
        That year.
    cell : int
        Index of that cell; 0 of a site.
    above, cells : int
        Cells with a year above the limit, and all cells.
    """

    leak: Leak
    value: float
    year: int
    cell: int
    above: int
    cells: int

    @property
    def exceeds(self) -> bool:
        """Whether it is above the limit."""
        return self.above > 0

    def __str__(self) -> str:
        leak = self.leak
        amount = _amount(self.value)
        rate = leak.unit if leak.limit == 0.0 else f"{leak.unit} a year"
        cells = f" in {self.above:,} of {counted(self.cells, 'cell')}" if self.cells > 1 else ""
        return f"{leak.what}: up to {amount} {rate} ({self.year}){cells}; {leak.advice}"


def _amount(value: float) -> str:
    return f"{value:,.3g}" if value < 1000.0 else f"{value:,.0f}"


def find_leaks(annual: Mapping[str, np.ndarray], years: np.ndarray) -> list[WorstYear]:
    """The worst year of every leak; empty where a result holds no sums, as those of earlier versions.

    Parameters
    ----------
    annual : mapping
        Name of a leak to its yearly sums, (years,) or (years, cells).
    years : (m,) array of int
    """
    found = []
    for leak in LEAKS:
        if leak.name not in annual or not np.size(annual[leak.name]):
            continue
        values = np.asarray(annual[leak.name], np.float64).reshape(len(years), -1)
        year, cell = np.unravel_index(int(np.nanargmax(values)), values.shape)
        above = int((np.nanmax(values, axis=0) > leak.limit).sum())
        found.append(WorstYear(leak, float(values[year, cell]), int(years[year]), int(cell), above, values.shape[1]))
    return found


def leaks_of_file(path: str | os.PathLike) -> list[WorstYear]:
    """The worst year of every leak in run.nc or region.nc."""
    from netCDF4 import Dataset

    with Dataset(path) as file:
        file.set_auto_mask(False)
        annual = {
            leak.name: file[f"annual_{leak.name}"][:] for leak in LEAKS if f"annual_{leak.name}" in file.variables
        }
        return find_leaks(annual, np.asarray(file["year"][:]))


def say_leaks(found: list[WorstYear], where: str) -> None:
    """Warn of what exceeds its limit; ``where`` names the file or the run."""
    for one in found:
        if one.exceeds:
            log.warning("%s: %s", where, one)


def water_leak(annual: Mapping[str, np.ndarray]) -> float:
    """Water created and lost in the worst year of a column [mm]; 0 where a result holds no sums."""
    both = [np.asarray(annual[name], float) for name in ("water_created", "water_lost") if name in annual]
    return float(np.max(sum(both))) if both and both[0].size else 0.0


def why_flagged(leak: float, limit: float) -> str:
    """Why a trial with so much water created and lost fails; empty where it does not.

    Parameters
    ----------
    leak, limit : float
        Water of the worst year, and what the case allows [mm].
    """
    if leak <= limit:
        return ""
    what = f"water created or lost by the scheme: {_amount(leak)} mm a year, above model.leak_limit = {limit:g} mm"
    return f'{what}; model.soil_water = "conserved" prevents it'


def leak_attributes(found: list[WorstYear]) -> dict[str, float]:
    """The worst years as attributes of a file."""
    return {f"worst_year_{one.leak.name}": one.value for one in found}

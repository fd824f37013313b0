"""What a regional run left in its output folder, as far as a report tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lsmcal.core.digest import digest
from lsmcal.core.errors import Problems
from lsmcal.core.words import counted
from lsmcal.figures.region_maps import CellGrid
from lsmcal.permafrost import CLASS_NAMES, PERMAFROST, UNDETERMINED, Permafrost, permafrost_of_file
from lsmcal.simulate.region import Region
from lsmcal.simulate.results import ANNUAL_LEAKS, LEDGER
from lsmcal.simulate.stage import equilibrium_of, run_of

#: Most years of the first and of the last period.
_PERIOD = 10
#: Depths reported [m]: near the surface, and below what a year reaches.
NEAR, DEEP = 0.1, 10.0


@dataclass(frozen=True)
class RegionResults:
    """A region and its years.

    Parameters
    ----------
    region : Region
        Cells, classes and weather.
    path : Path
        Of ``region.nc``.
    years : (m,) array of int
    attributes : dict
        Of the file.
    permafrost : Permafrost
    reached : dict of str to (n,) array
        About the equilibrium of each cell, as in the file without "spinup_"; empty without spin-up.
    ledger : dict
        Name to "mean" and "largest", (m, n) arrays.
    leaks : dict of str to (m, n) array
        Sums of what the budgets do not account for; empty in files of earlier versions.
    water : dict of str to (m, n) array
        Precipitation, evaporation and runoff of each year [mm].
    """

    region: Region
    path: Path
    years: np.ndarray
    attributes: dict[str, object]
    permafrost: Permafrost
    reached: dict[str, np.ndarray]
    ledger: dict[str, dict[str, np.ndarray]]
    leaks: dict[str, np.ndarray]
    water: dict[str, np.ndarray]

    # -- cells ----------------------------------------------------------------------------------------------------
    @property
    def raster(self) -> CellGrid:
        """Where the cells lie."""
        domain = self.region.domain
        return CellGrid(domain.grid.longitude, domain.grid.latitude, domain.cell)

    @property
    def area(self) -> np.ndarray:
        """Area of each cell [km2]."""
        return self.region.domain.area / 1e6

    def mean(self, values: np.ndarray) -> float:
        """Mean over the area of the cells that have a value."""
        there = np.isfinite(values)
        return float(np.average(values[there], weights=self.area[there])) if there.any() else float("nan")

    @property
    def is_current(self) -> bool:
        """Whether the file was made by the case as it is now."""
        return self.attributes.get("fingerprint") == digest(equilibrium_of(self.region) | run_of(self.region))

    # -- periods --------------------------------------------------------------------------------------------------
    @property
    def classified(self) -> np.ndarray:
        """Years that have a class: all but the first, which has no year before it."""
        return self.years[1:]

    @cached_property
    def periods(self) -> list[tuple[int, int]]:
        """First and last years of the two periods compared, at most ten years each; one if the run is too short."""
        known = self.classified if self.classified.size else self.years
        width = min(_PERIOD, known.size // 2)
        if not width:
            return [(int(known[0]), int(known[-1]))]
        return [(int(known[0]), int(known[width - 1])), (int(known[-width]), int(known[-1]))]

    def rows(self, period: tuple[int, int]) -> slice:
        """Rows of the years of a period."""
        return slice(*np.searchsorted(self.years, [period[0], period[1] + 1]))

    # -- fields ---------------------------------------------------------------------------------------------------
    def layer(self, depth: float) -> int:
        """The layer whose middle is nearest to a depth."""
        return int(np.argmin(np.abs(self.region.depth - depth)))

    def soil_temperature(self, depth: float, period: tuple[int, int]) -> np.ndarray:
        """Mean temperature of the layer nearest to a depth over a period, (n,) [K]."""
        from netCDF4 import Dataset

        with Dataset(self.path) as file:
            file.set_auto_mask(False)
            return file["annual_temperature_mean"][self.rows(period), self.layer(depth)].mean(axis=0, dtype=float)

    def air_temperature(self, period: tuple[int, int]) -> np.ndarray:
        """Mean air temperature over a period, (n,) [K]."""
        from netCDF4 import Dataset

        with Dataset(self.path) as file:
            file.set_auto_mask(False)
            return file["annual_air_temperature_mean"][self.rows(period)].mean(axis=0, dtype=float)

    def class_of_period(self, period: tuple[int, int]) -> np.ndarray:
        """Most frequent class of the years of a period, (n,); of equally frequent ones the colder."""
        return most_frequent(self.permafrost.classes[self.rows(period)])

    def active_layer(self, period: tuple[int, int]) -> np.ndarray:
        """Mean active layer thickness over the years of a period with permafrost, (n,) [m].

        NaN in cells whose class of the period is not permafrost.
        """
        depth = self.permafrost.active_layer[self.rows(period)]
        there = np.isfinite(depth)
        mean = np.where(there, depth, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
        keep = there.any(axis=0) & (self.class_of_period(period) == PERMAFROST)
        return np.where(keep, mean, np.nan)


def most_frequent(classes: np.ndarray) -> np.ndarray:
    """Most frequent class of some years (m, n) in each cell, undetermined only where all are; ties to the colder."""
    codes = [code for code in CLASS_NAMES if code > UNDETERMINED]
    counts = np.stack([(classes == code).sum(axis=0) for code in codes])
    return np.where(counts.any(axis=0), np.array(codes)[counts.argmax(axis=0)], UNDETERMINED).astype(np.int8)


def read_region_results(region: Region, folder: Path) -> RegionResults:
    """Read what a run of a region left.

    Parameters
    ----------
    region : Region
        Of the case.
    folder : Path
        Output folder of the case.

    Raises
    ------
    InputError
        When there is no run yet, or it is one of other cells or layers.
    """
    from netCDF4 import Dataset

    path = folder / "region.nc"
    problems = Problems()
    if not path.is_file():
        problems.add("no run to report yet", source=path, expected="the file written by lsmcal run")
        problems.raise_if_any()
    with Dataset(path) as file:
        file.set_auto_mask(False)
        if not np.array_equal(file["cell"][:], region.domain.cell) or not np.allclose(file["depth"][:], region.depth):
            problems.add(
                "has other cells or layers than the case",
                source=path,
                variable="cell",
                value=f"{counted(file.dimensions['cell'].size, 'cell')}, {file.dimensions['layer'].size} layers",
                expected=f"the {counted(len(region.domain), 'cell')} and {region.depth.size} layers of the case; "
                "repeat lsmcal run",
            )
            problems.raise_if_any()
        return RegionResults(region, path, permafrost=permafrost_of_file(path), **_read(file))


def _read(file) -> dict[str, Any]:
    names = [name for name in file.variables if name.startswith("spinup_")]
    return {
        "years": np.asarray(file["year"][:], int),
        "attributes": {name: file.getncattr(name) for name in file.ncattrs()},
        "reached": {name.removeprefix("spinup_"): np.asarray(file[name][:]) for name in names},
        "ledger": {
            name: {"mean": file[f"ledger_{name}"][:], "largest": file[f"ledger_{name}_largest"][:]} for name in LEDGER
        },
        "leaks": {
            name: np.asarray(file[f"annual_{name}"][:])
            for name in (*ANNUAL_LEAKS, "temperature_excess")
            if f"annual_{name}" in file.variables
        },
        "water": {name: np.asarray(file[f"annual_{name}"][:]) for name in ("precipitation", "evaporation", "runoff")},
    }

"""A small region on simple weather, for tests here and in other processes.

``python -m tests.simulate.small_region FOLDER [--threads N] [--years N] [--fail-at CELL]`` runs it.
It may stand under ``mpiexec``.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from lsmcal.inputs.domain.domain import Domain, Grid
from lsmcal.noah.parameters.options import preset
from lsmcal.noah.parameters.parameters import Surroundings
from lsmcal.noah.parameters.tables import load_tables, with_roots_by_depth
from lsmcal.parallel.ending import leave_together
from lsmcal.parallel.job import Job
from lsmcal.parallel.launch import launched_world
from lsmcal.parallel.stop import REQUEUE, Stop, Stopped
from lsmcal.simulate.region import Region
from lsmcal.simulate.spinup.spinup import SpinUp
from lsmcal.simulate.stage import run_whole_region

CELLS, FIRST_YEAR = 70, 2001
#: Layers, few so that tests are quick.
THICKNESS = np.array([0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.8, 2.0])
_TURN = 2.0 * np.pi


class Waves:
    """Sine waves of the year and the day whose level and size follow from the cell's number."""

    step, calendar = 10800.0, "standard"

    def __init__(self, years: int = 4, fail_at: int = -1):
        begin, end = (np.datetime64(f"{year:04d}", "s") for year in (FIRST_YEAR, FIRST_YEAR + years))
        self.time = np.arange(begin, end, np.timedelta64(10800, "s"))
        self.attributes = {"source": "sine waves"}
        self.fail_at = fail_at

    def read(self, cells: np.ndarray, first: int, last: int) -> np.ndarray:
        """As the protocol says."""
        cells = np.asarray(cells, np.float64)
        hours = np.arange(first, last)[:, None] * 3.0
        season, day = (-np.cos(_TURN * hours / length) for length in (8766.0, 24.0))
        level = 266.0 + 10.0 * ((cells * 0.618) % 1.0)
        air = level + 12.0 * season + 6.0 * day + 2.0 * np.sin(_TURN * hours / (97.0 + cells % 5.0))
        if self.fail_at >= 0:
            air = np.where((cells == self.fail_at) & (hours > 3000.0), np.nan, air)
        wet = np.sin(_TURN * hours / (50.0 + cells % 7.0)) > 0.7 - 0.3 * season
        values = np.empty((last - first, 8, cells.size), np.float32)
        values[:, 0], values[:, 1], values[:, 2] = air, 0.003 * np.exp(0.06 * (air - 273.15)), 57000.0
        values[:, 3] = np.maximum(0.0, 500.0 * day) * (1.0 + 0.3 * season)
        values[:, 4], values[:, 5] = 220.0 + 40.0 * season, np.where(wet, 8e-5, 0.0)
        values[:, 6], values[:, 7] = 4.0, -1.0
        return values

    def identity(self) -> dict[str, object]:
        """As the protocol says."""
        return {"source": "waves", "years": int(self.time.size), "fail_at": self.fail_at}


def small_domain(count: int = CELLS, thickness: np.ndarray = THICKNESS) -> Domain:
    """Cells of a row, every third of a longer one; soil, plants and cover differ."""
    cell = np.arange(count, dtype=np.int64) * 3 + 2
    grid = Grid(90.0 + 0.1 * np.arange(3 * count + 3), np.array([33.0]))
    soil = np.where((cell % 2)[:, None] == 0, 3, 6) + np.zeros((1, thickness.size), int)
    soil[:, 2 * thickness.size // 3 :] = 9
    return Domain(
        grid=grid,
        cell=cell,
        longitude=grid.longitude[cell],
        latitude=np.full(count, 33.0),
        area=np.full(count, 1e8),
        elevation=4500.0 + cell,
        vegetation=np.where(cell % 5 == 0, 19, 7),
        soil=soil,
        thickness=thickness,
        tbot=271.0 + 4.0 * ((cell * 0.618) % 1.0),
        dense=cell % 2 == 1,
    )


def small_region(years: int = 3, **changes) -> Region:
    """Two cycles of the first year, then some years from there."""
    settings = dict(
        domain=small_domain(),
        weather=Waves(years),
        tables=with_roots_by_depth(load_tables("noahtibet", "usgs", "ji2026")),
        choices=preset("ji2026"),
        around=Surroundings(tbot=272.0),
        years=(FIRST_YEAR, FIRST_YEAR + years - 1),
        cycle=(FIRST_YEAR, FIRST_YEAR),
        spinup=SpinUp(
            "accelerated",
            min_cycles=2,
            max_cycles=6,
            tolerance_temperature=0.1,
            tolerance_water=90.0,
            tolerance_ice=40.0,
        ),
    )
    return Region(**settings | changes)


def main(arguments: list[str] | None = None) -> int:
    """Run the small region, as a process of its own or, with arguments, within this one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--years", type=int, default=2)
    parser.add_argument("--fail-at", type=int, default=-1)
    given = parser.parse_args(arguments)
    region = small_region(given.years, weather=Waves(given.years, given.fail_at))
    region = replace(region, spinup=replace(region.spinup, max_cycles=3))
    world = launched_world()
    with Stop() as stop:
        try:
            run_whole_region(region, given.folder, Job(world, stop, given.threads, checkpoint_seconds=0.0))
        except Stopped:
            leave_together(REQUEUE)
            return REQUEUE
    return 0


if __name__ == "__main__":
    sys.exit(main())

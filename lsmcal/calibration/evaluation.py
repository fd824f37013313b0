"""Parameter sets evaluated over many cells: from an equilibrium, through the years that goals ask for.

Cells and sets are cut into pieces of work, which ranks and threads take as they are free: some cells times all sets of
a batch, so that blocks of columns stay full while columns converge one by one. A column's numbers depend neither on the
piece it is in nor on what was evaluated before it. Where every set starts, the default set's equilibrium, is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lsmcal.calibration.goals.protocol import Simulated
from lsmcal.core.digest import digest
from lsmcal.noah.statistics import Annual, Series
from lsmcal.simulate.advance import advance, without_failed_sets
from lsmcal.simulate.columns import Columns
from lsmcal.simulate.leaks import WATER_FIELDS
from lsmcal.simulate.region import Region
from lsmcal.simulate.spinup.spinup import SpinUp, spin_up
from lsmcal.simulate.stage import equilibrium_of
from lsmcal.simulate.start import start

#: Columns of a piece of work, about: many, since converged columns make room for others; and cells that it may
#: always hold.
_COLUMNS, _CELLS = 256, 32
#: Sets of a piece at most.
_SETS = 8
_STATISTICS = {"minimum": "temperature_min", "maximum": "temperature_max", "mean": "temperature_mean"}


@dataclass(frozen=True)
class Evaluation:
    """What parameter sets are put through.

    Parameters
    ----------
    region : Region
        All cells; its own parameter set lies under every set.
    index : (n,) array of int
        Cells to simulate, as ascending indices into the domain.
    state : mapping of str to array
        Where all sets start, one row for each cell of the domain: the default set's equilibrium. Empty for a cold
        start from the linear profile.
    spinup : SpinUp
        From there to the equilibrium of each set.
    years : tuple of int
        Years whose statistics are kept, ascending. The run begins with the region's first year.
    daily : tuple of int
        Cells with a daily series.
    days : (str, str) or None
        First and last day of that series.
    """

    region: Region
    index: np.ndarray
    state: Mapping[str, np.ndarray]
    spinup: SpinUp
    years: tuple[int, ...]
    daily: tuple[int, ...] = ()
    days: tuple[str, str] | None = None

    @property
    def cells(self) -> np.ndarray:
        """Numbers of the cells, (n,)."""
        return self.region.domain.cell[self.index]

    def everywhere(self) -> Evaluation:
        """The same for all cells."""
        return replace(self, index=np.arange(len(self.region.domain)))

    @property
    def last_year(self) -> int:
        """Last year of the run."""
        ends = [*self.years, *([int(self.days[1][:4])] if self.days else [])]
        return max(ends, default=self.region.years[0])

    @property
    def mark(self) -> str:
        """Hash of everything a result depends on besides the set."""
        return digest(self.describe())

    def describe(self) -> dict[str, object]:
        """Everything a result depends on besides the set, as plain values."""
        warm = {} if not self.state else {f"start.{k}": v for k, v in equilibrium_of(self.region).items()}
        return (
            equilibrium_of(replace(self.region, spinup=self.spinup))
            | warm
            | {
                "start": "equilibrium of the default set" if self.state else "linear profile",
                "run.first": self.region.years[0],
                "years": list(self.years),
                "cells": digest({"cells": self.cells.tolist()}),
                "daily": list(self.daily),
                "days": list(self.days or ()),
            }
        )

    def pieces(self, sets: int) -> list[np.ndarray]:
        """Cells of each piece for so many sets, as places in ``index``."""
        cells = self.index.size
        most = max(_COLUMNS // max(sets, 1), _CELLS)
        return np.array_split(np.arange(cells), -(-cells // most))

    @staticmethod
    def groups(sets: int) -> list[np.ndarray]:
        """Sets that are simulated side by side: a batch of many is cut, so that it keeps more ranks busy."""
        return np.array_split(np.arange(sets), max(-(-sets // _SETS), 1))

    def run(self, place: np.ndarray, sets: Sequence[Mapping[str, float]], report=None) -> dict[str, np.ndarray]:
        """Simulate some cells with some sets; each gives what it would alone.

        Parameters
        ----------
        place : (m,) array of int
            Places in ``index``.
        sets : sequence of mappings
        report : callable, optional
            Called with (done, of); what it raises ends the run.

        Returns
        -------
        dict
            ``minimum``, ``maximum``, ``mean`` (sets, m, years, nz) [K]; ``daily`` (sets, k, days, nz) of the k cells
            that have a series [K]; ``cycles``, ``converged`` (sets, m); ``leak`` (sets, m), water created and lost in
            the worst of the years [mm]; ``failure`` (sets,) texts, empty where there
            was none. All of a set that failed is NaN.
        """
        index, reported = self.index[place], report or (lambda done, of: None)
        ran = without_failed_sets(sets, lambda left: self._run(self.region.columns(index, left), index, reported))
        texts = np.array([str(ran.failures.get(s, "")) for s in range(len(sets))])
        if ran.result is None:
            return {"failure": texts}
        whole = {name: np.full((len(sets), *values.shape[1:]), np.nan) for name, values in ran.result.items()}
        for name, values in ran.result.items():
            whole[name][ran.left] = values
        return whole | {"failure": texts}

    def _run(self, columns: Columns, index: np.ndarray, report) -> dict[str, np.ndarray]:
        whole = self.spinup.most + self.last_year - self.region.years[0] + 1
        cycle = columns.over_sets(self.region.cycle_of(index))
        start(columns, cycle, {name: values[columns.cell] for name, values in self.state.items()} or None)
        reached = spin_up(columns, cycle, self.spinup, lambda done, _: report(done, whole))
        found = self._years(columns, index, lambda left: report(whole - left, whole))
        found |= {"cycles": reached.cycles, "converged": reached.converged}
        return {name: columns.by_set(values) for name, values in found.items()}

    def _years(self, columns: Columns, index: np.ndarray, report) -> dict[str, np.ndarray]:
        """The run from the region's first year on: statistics of the years asked for, and daily series."""
        region, blocks = self.region, columns.blocks
        chosen = np.flatnonzero(np.isin(region.domain.cell[columns.cell], self.daily))
        kept: dict[str, list] = {name: [] for name in (*_STATISTICS, "daily")}
        leak = np.zeros(blocks.columns)
        for year in range(region.years[0], self.last_year + 1):
            stretch = columns.over_sets(region.years_of_cells(index, year, year))
            whole_year = np.zeros(len(stretch), int)
            annual = Annual(blocks, whole_year, column=WATER_FIELDS) if year in self.years else None
            row = self._day_of_step(stretch.time)
            series = Series(blocks, row, layer=("temperature",)) if chosen.size and (row >= 0).any() else None
            advance(columns, stretch, annual=annual, series=series)
            if annual is not None:
                for name, field in _STATISTICS.items():
                    kept[name].append(annual.layer_value(field)[:, 0])
                lost = [annual.column_mean(field)[:, 0] for field in WATER_FIELDS]
                leak = np.maximum(leak, sum(lost) * len(stretch) * stretch.drivers.step)
            if series is not None:
                kept["daily"].append(series.layer_mean("temperature")[chosen])
            report(self.last_year - year)
        shape = (blocks.columns, 0, blocks.layers)
        found = {name: np.stack(kept[name], axis=1) if kept[name] else np.zeros(shape) for name in _STATISTICS}
        days = np.concatenate(kept["daily"], axis=1) if kept["daily"] else np.zeros((chosen.size, 0, blocks.layers))
        return found | {"daily": days, "leak": leak}

    def _day_of_step(self, time: np.ndarray) -> np.ndarray:
        """Day of the series, from 0, that each step belongs to; -1 for none."""
        if self.days is None:
            return np.full(time.size, -1)
        days = time.astype("datetime64[D]")
        wanted = (days >= np.datetime64(self.days[0], "D")) & (days <= np.datetime64(self.days[1], "D"))
        numbers = (days - days[0]).astype(np.int64)
        if not wanted.any():
            return np.full(time.size, -1)
        return np.where(wanted, numbers - numbers[wanted][0], -1)

    @property
    def _all_days(self) -> np.ndarray:
        if self.days is None or not self.daily:
            return np.zeros(0, "datetime64[D]")
        first = max(np.datetime64(self.days[0], "D"), np.datetime64(f"{self.region.years[0]:04d}", "D"))
        return np.arange(first, np.datetime64(self.days[1], "D") + 1)

    def simulated(self, parts: Sequence[Mapping[str, np.ndarray]], number: int) -> Simulated:
        """One set's results, from those of all pieces in their order."""
        of_set = [{name: values[number] for name, values in part.items()} for part in parts]
        joined = {name: np.concatenate([part[name] for part in of_set]) for name in _STATISTICS}
        series = [one for part in of_set for one in part["daily"]]
        cells = self.cells[np.isin(self.cells, self.daily)].tolist()
        daily = dict(zip(cells, series, strict=True))
        return Simulated(
            cell=self.cells,
            years=np.array(self.years),
            depth=self.region.depth,
            days=self._all_days,
            daily=daily,
            **{name: joined[name] for name in _STATISTICS},
        )

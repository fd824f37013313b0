"""Parameter sets evaluated over many cells: from an equilibrium, through the years that goals ask for.

Cells and sets are cut into pieces of work, which ranks and threads take as they are free: some cells times all sets of
a batch, so that blocks of columns stay full while columns settle one by one. A column's numbers depend neither on the
piece it is in nor on what was evaluated before it. Where every set starts, the default set's equilibrium, is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lsmcal.calibration.goals.protocol import Simulated
from lsmcal.calibration.space import with_parameters
from lsmcal.core.digest import digest
from lsmcal.noah.integrate import Annual, Drivers, IntegrationError, Series, integrate
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.simulate.region import Region
from lsmcal.simulate.spinup import SpinUp, spin_up
from lsmcal.simulate.spinup_rounds import columns_of_cells, start
from lsmcal.simulate.stage import equilibrium_of
from lsmcal.simulate.state import fit_to_porosity, load_state

#: Columns of a piece of work, about: many, since columns that have settled make room for others; and cells that it may
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
            that have a series [K]; ``cycles``, ``converged`` (sets, m); ``failure`` (sets,) texts, empty where there
            was none. All of a set that failed is NaN.
        """
        left, failures, found = list(range(len(sets))), {}, None
        while left and found is None:
            try:
                found = self._run(self.index[place], [sets[s] for s in left], report or (lambda done, of: None))
            except _Failed as failed:
                failures[left.pop(failed.number)] = str(failed)
        texts = np.array([failures.get(s, "") for s in range(len(sets))])
        if found is None:
            return {"failure": texts}
        whole = {name: np.full((len(sets), *values.shape[1:]), np.nan) for name, values in found.items()}
        for name, values in found.items():
            whole[name][left] = values
        return whole | {"failure": texts}

    def _run(self, index: np.ndarray, sets: Sequence[Mapping[str, float]], report) -> dict[str, np.ndarray]:
        options = self.region.choices.kernel_options()
        how = {"substeps": self.region.substeps, "linear": self.region.linear}
        whole = self.spinup.most + self.last_year - self.region.years[0] + 1
        try:
            blocks, drivers = self._begin(index, sets)
            reached = spin_up(blocks, drivers, options, self.spinup, progress=lambda n, _: report(n, whole), **how)
            found = self._years(blocks, index, how, lambda left: report(whole - left, whole))
        except IntegrationError as error:
            number, column = divmod(error.column, index.size)
            raise _Failed(number, self.region.cell_name(int(index[column])), error.layer) from error
        found |= {"cycles": reached.cycles, "converged": reached.converged}
        return {name: _by_set(values, len(sets)) for name, values in found.items()}

    def _begin(self, index: np.ndarray, sets: Sequence[Mapping[str, float]]) -> tuple[Blocks, Drivers]:
        """Columns of all sets, set after set, where they start, and what drives them over a cycle."""
        parts, drivers = [], None
        for one in sets:
            region = with_parameters(self.region, one)
            if drivers is None:
                blocks, drivers = columns_of_cells(region, index)
            else:
                blocks = region.columns(index)
            if self.state:
                load_state(blocks, {name: values[index] for name, values in self.state.items()})
                fit_to_porosity(blocks)
            else:
                start(region, index, blocks, drivers)
            parts.append(blocks)
        return self._joined(parts), self._for_all(drivers, index, len(sets))

    @staticmethod
    def _joined(parts: list[Blocks]) -> Blocks:
        return parts[0] if len(parts) == 1 else Blocks.joined(parts)

    @staticmethod
    def _for_all(drivers: Drivers, index: np.ndarray, sets: int) -> Drivers:
        """What drives the cells of every set."""
        return drivers if sets == 1 else drivers.of_columns(np.tile(np.arange(index.size), sets))

    def _years(self, blocks: Blocks, index: np.ndarray, how: dict, report) -> dict[str, np.ndarray]:
        """The run from the region's first year on: statistics of the years asked for, and daily series."""
        region, sets = self.region, blocks.columns // index.size
        chosen = np.flatnonzero(np.tile(np.isin(region.domain.cell[index], self.daily), sets))
        kept: dict[str, list] = {name: [] for name in (*_STATISTICS, "daily")}
        for year in range(region.years[0], self.last_year + 1):
            first, last = region.steps_of(year, year)
            drivers = self._for_all(region.drivers(index, first, last), index, sets)
            annual = Annual(blocks, np.zeros(len(drivers), int)) if year in self.years else None
            row = self._day_of_step(region.weather.time[first:last])
            series = Series(blocks, row, layer=("temperature",)) if chosen.size and (row >= 0).any() else None
            integrate(blocks, drivers, region.choices.kernel_options(), annual=annual, series=series, **how)
            if annual is not None:
                for name, field in _STATISTICS.items():
                    kept[name].append(annual.layer_value(field)[:, 0])
            if series is not None:
                kept["daily"].append(series.layer_mean("temperature")[chosen])
            report(self.last_year - year)
        shape = (blocks.columns, 0, blocks.layers)
        found = {name: np.stack(kept[name], axis=1) if kept[name] else np.zeros(shape) for name in _STATISTICS}
        days = np.concatenate(kept["daily"], axis=1) if kept["daily"] else np.zeros((chosen.size, 0, blocks.layers))
        return found | {"daily": days}

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


def _by_set(values: np.ndarray, sets: int) -> np.ndarray:
    return values.reshape(sets, len(values) // sets, *values.shape[1:])


class _Failed(Exception):
    """A column of one of the sets went non-finite."""

    def __init__(self, number: int, cell: str, layer: int):
        self.number = number
        place = "at the surface" if layer < 0 else f"in layer {layer + 1}"
        super().__init__(f"{cell}: temperature or water became non-finite {place}")

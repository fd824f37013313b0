"""A region: cells with their weather, as columns side by side; :mod:`lsmcal.simulate.years` runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np

from lsmcal.core import calendars
from lsmcal.inputs.domain.domain import Domain
from lsmcal.inputs.gridded.protocol import RegionalForcing
from lsmcal.noah.integrate import Drivers
from lsmcal.noah.parameters.options import Choices
from lsmcal.noah.parameters.overrides import apply_parameter_set, bottom_temperature_offset
from lsmcal.noah.parameters.parameters import Surroundings, column_parameters
from lsmcal.noah.parameters.tables import Tables
from lsmcal.noah.runtime.blocks import block_count
from lsmcal.noah.runtime.grid import node_depths
from lsmcal.noah.runtime.jit import LANES
from lsmcal.simulate.column_setup import DEMONSTRATION_GREENNESS, daily_rows, month_rows
from lsmcal.simulate.columns import Columns, Stretch
from lsmcal.simulate.spinup.spinup import SpinUp
from lsmcal.simulate.state import InitialProfile

#: Cells of a piece of work: one block, so that a region keeps as many ranks busy as it can.
_PIECE = 32
_OF_ALL_CELLS = ("grid", "thickness", "attributes")


@dataclass(frozen=True)
class Region:
    """Everything a regional run depends on.

    Parameters
    ----------
    domain : Domain
    weather : RegionalForcing
    tables : Tables
        NROOT already on this grid; without the parameter set.
    choices : Choices
    around : Surroundings
        What all cells share; ``tbot`` and ``dense`` come from the domain.
    years : (int, int)
        First and last year of the run.
    cycle : (int, int)
        First and last year of the spin-up's cycle.
    spinup : SpinUp
    parameters : mapping
        Parameter set over the tables.
    saturation : float
        Total water over porosity at the start of the spin-up.
    greenness : (12,) array
        Green fraction of each month where the domain has none.
    snow_albedo_by_class : bool
        Largest snow albedo from the vegetation table instead of ``around``.
    substeps : int
    linear : bool
        As in :class:`lsmcal.simulate.column_setup.ColumnSetup`.
    chosen : (c,) array of int
        Cell numbers with a series of their own.
    series : {"none", "monthly", "daily"}
        Records of that series.
    attributes : dict
        For the output file.
    """

    domain: Domain
    weather: RegionalForcing
    tables: Tables
    choices: Choices
    around: Surroundings
    years: tuple[int, int]
    cycle: tuple[int, int]
    spinup: SpinUp = SpinUp()
    parameters: Mapping[str, float] = field(default_factory=dict)
    saturation: float = 0.5
    greenness: tuple[float, ...] = DEMONSTRATION_GREENNESS
    snow_albedo_by_class: bool = False
    substeps: int = 1
    linear: bool = False
    chosen: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    series: str = "none"
    attributes: dict[str, object] = field(default_factory=dict)

    # -- shape ----------------------------------------------------------------------------------------------------
    @property
    def thickness(self) -> np.ndarray:
        """Layer thicknesses, (nz,) [m]."""
        return self.domain.thickness

    @property
    def depth(self) -> np.ndarray:
        """Depth of the nodes, (nz,) [m]."""
        return node_depths(self.domain.thickness)

    @cached_property
    def pieces(self) -> list[np.ndarray]:
        """Indices into the domain of each piece of work; they depend on the number of cells alone."""
        count = len(self.domain)
        return [np.arange(first, min(first + _PIECE, count)) for first in range(0, count, _PIECE)]

    def piece_name(self, piece: int) -> str:
        """A piece in words, for messages."""
        index = self.pieces[piece]
        return f"cells {self.domain.cell[index[0]]} to {self.domain.cell[index[-1]]}"

    def cell_name(self, index: int) -> str:
        """A cell in words, for messages."""
        domain = self.domain
        return f"cell {domain.cell[index]} ({domain.latitude[index]:.4f} N, {domain.longitude[index]:.4f} E)"

    @cached_property
    def nominal_time(self) -> np.ndarray:
        """Start of each step of the weather, to the nearest multiple of its length, (steps,) datetime64[s]."""
        return calendars.nominal_start(self.weather.time, self.weather.step, self.weather.calendar)

    def steps_of(self, first: int, last: int) -> tuple[int, int]:
        """Steps of the weather from the beginning of year ``first`` to the end of year ``last`` (exclusive).

        A step belongs to the year that holds its middle.

        Raises
        ------
        ValueError
            When the weather does not hold all of it.
        """
        time = self.nominal_time
        begin, end = (np.datetime64(f"{year:04d}", "s") for year in (first, last + 1))
        start, stop = np.searchsorted(time, [begin, end])
        step = np.timedelta64(round(self.weather.step), "s")
        if start == stop or time[start] != begin or time[stop - 1] + step != end:
            raise ValueError(f"the forcing covers {time[0]} to {time[-1]}, not all of {first} to {last}")
        return int(start), int(stop)

    def only(self, index: np.ndarray, series: str = "none") -> Region:
        """The region with some of its cells, with a series for each unless ``series`` is "none"."""
        domain = _selected(self.domain, index)
        return replace(self, domain=domain, chosen=domain.cell if series != "none" else self.chosen[:0], series=series)

    # -- columns --------------------------------------------------------------------------------------------------
    @property
    def profile(self) -> InitialProfile:
        """Where the spin-up of every cell begins."""
        return InitialProfile(saturation=self.saturation)

    @property
    def threads(self) -> int:
        """One: a piece of work is a block, and pieces are what threads take."""
        return 1

    @property
    def steps_at_once(self) -> int | None:
        """All: progress is reported by year and by cycle."""
        return None

    @cached_property
    def _tables(self) -> Tables:
        return apply_parameter_set(self.tables, self.parameters, self.choices.passive)

    def parameter_fields(self, index: np.ndarray, parameters: Mapping[str, float]) -> dict[str, np.ndarray]:
        """Parameter fields of some cells under a parameter set over the region's own."""
        domain, tables = self.domain, self._tables
        own = {**self.parameters, **parameters}
        if parameters:
            tables = apply_parameter_set(self.tables, own, self.choices.passive)
        vegetation = domain.vegetation[index]
        albedo = tables.vegetation["MAXALB"][vegetation - 1] / 100.0 if self.snow_albedo_by_class else None
        around = replace(
            self.around,
            tbot=domain.tbot[index] + bottom_temperature_offset(own),
            dense=domain.dense[index],
            snow_albedo=self.around.snow_albedo if albedo is None else albedo,
        )
        return column_parameters(tables, self.thickness, domain.soil[index], vegetation, around, self.choices)

    def columns(self, index: np.ndarray, sets: Sequence[Mapping[str, float]] = ({},)) -> Columns:
        """Columns of some cells (indices into the domain) for each set over the region's parameters, no state yet."""
        return Columns.of(self, index, sets)

    # -- weather --------------------------------------------------------------------------------------------------
    def years_of_cells(self, index: np.ndarray, first: int, last: int) -> Stretch:
        """Weather of some cells from the beginning of year ``first`` to the end of year ``last``.

        Raises
        ------
        ValueError
            When the weather does not hold all of it.
        """
        begin, end = self.steps_of(first, last)
        return self.stretch(index, begin, end)

    def cycle_of(self, index: np.ndarray) -> Stretch:
        """Weather of some cells over a cycle of the spin-up."""
        return self.years_of_cells(index, *self.cycle)

    def stretch(self, index: np.ndarray, first: int, last: int) -> Stretch:
        """Weather of some cells for steps ``first`` to ``last`` (exclusive) of it."""
        return Stretch(self.drivers(index, first, last), self.nominal_time[first:last])

    def drivers(self, index: np.ndarray, first: int, last: int) -> Drivers:
        """Forcing and phenology of some cells for steps ``first`` to ``last`` (exclusive) of the weather."""
        cells = self.domain.cell[index]
        if LANES > 1 and hasattr(self.weather, "read_lanes"):  # lies in the kernel's own order
            values = self.weather.read_lanes(cells, first, last)
        else:
            values = by_block(self.weather.read(cells, first, last))
        months, row = daily_rows(self.nominal_time[first:last], self.weather.calendar)
        return Drivers(values, self._phenology(index, months), row, float(self.weather.step))

    def _phenology(self, index: np.ndarray, months) -> np.ndarray:
        domain = self.domain
        greenness = np.broadcast_to(self.greenness, (1, 12)) if domain.greenness is None else domain.greenness[index]
        leaf_area = np.full((1, 12), -1.0) if domain.leaf_area is None else domain.leaf_area[index]
        rows = [month_rows(monthly, months) for monthly in (greenness, np.full((1, 12), -1.0), leaf_area)]
        together = np.stack(np.broadcast_arrays(*rows), axis=2)  # (cells or 1, rows, 3)
        if len(together) == 1:
            return np.ascontiguousarray(together[0][None, :, :, None])
        return by_block(np.moveaxis(together, 0, -1))


def _selected(domain: Domain, index: np.ndarray) -> Domain:
    """Some cells of a domain."""
    by_cell = {item.name: getattr(domain, item.name) for item in fields(Domain) if item.name not in _OF_ALL_CELLS}
    return replace(domain, **{name: values[index] for name, values in by_cell.items() if values is not None})


def by_block(values: np.ndarray) -> np.ndarray:
    """Values of cells, (rows, k, n), as blocks (blocks, rows, k, LANES); idle lanes as in ``Blocks``."""
    rows, k, count = values.shape
    blocks = block_count(count)
    lane = np.arange(blocks * LANES)
    lane = np.where(lane < count, lane, (count - 1) // LANES * LANES)
    return np.ascontiguousarray(values[..., lane].reshape(rows, k, blocks, LANES).transpose(2, 0, 1, 3))


def years_of(time: np.ndarray) -> np.ndarray:
    """Calendar years that a time axis touches."""
    return np.unique(calendars.split(time)[0])

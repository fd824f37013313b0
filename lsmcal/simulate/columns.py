"""Cells times parameter sets side by side: their blocks, what drives them, their names in messages.

A site is a region of one cell: both offer the :class:`Ground` from which :class:`Columns` are made, and the
:class:`Stretch` of weather that is laid over them. Columns stand set after set, the cells of a set in their order, and
a column's numbers depend neither on the other cells nor on the other sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from lsmcal.noah.integrate import Drivers
from lsmcal.noah.parameters.options import Choices, Options
from lsmcal.noah.parameters.parameters import Surroundings
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.simulate.state import InitialProfile


class Ground(Protocol):
    """Cells with their soil and plants, and how the model is to treat them; without weather.

    Parameters
    ----------
    choices : Choices
    around : Surroundings
        What all cells share.
    depth : (nz,) array
        Nodes of the layers [m].
    profile : InitialProfile
        Where the spin-up begins.
    substeps : int
        Model steps in a forcing step.
    linear : bool
        Interpolate forcing within a step.
    threads : int
        Threads that take blocks.
    steps_at_once : int or None
        Forcing steps of one call of the kernel, after which progress is reported; None: as many as there are.
    """

    @property
    def choices(self) -> Choices: ...
    @property
    def around(self) -> Surroundings: ...
    @property
    def depth(self) -> np.ndarray: ...
    @property
    def profile(self) -> InitialProfile: ...
    @property
    def substeps(self) -> int: ...
    @property
    def linear(self) -> bool: ...
    @property
    def threads(self) -> int: ...
    @property
    def steps_at_once(self) -> int | None: ...

    def cell_name(self, index: int) -> str:
        """A cell in words; empty where there is only one."""

    def parameter_fields(self, index: np.ndarray, parameters: Mapping[str, float]) -> dict[str, np.ndarray]:
        """Parameter fields of some cells under a parameter set: each (cells,), (cells, nz) or one number for all."""


@dataclass(frozen=True)
class Stretch:
    """Weather and phenology of some successive forcing steps.

    Parameters
    ----------
    drivers : Drivers
        One row for each column, or one that serves all.
    time : (steps,) datetime64
        Start of each step.
    """

    drivers: Drivers
    time: np.ndarray

    def __len__(self) -> int:
        return len(self.drivers)

    def part(self, first: int, last: int) -> Stretch:
        """Steps ``first`` to ``last`` (exclusive)."""
        return Stretch(self.drivers.part(first, last), self.time[first:last])

    def of_columns(self, index: np.ndarray) -> Stretch:
        """The same for some of the columns."""
        return replace(self, drivers=self.drivers.of_columns(index))

    def for_any_number(self) -> Stretch:
        """The first column's weather and phenology for any number of columns, in a thirty-second of the memory."""
        whole = self.drivers
        forcing, phenology = (np.ascontiguousarray(part[:1, :, :, :1]) for part in (whole.forcing, whole.phenology))
        return replace(self, drivers=replace(whole, forcing=forcing, phenology=phenology))


@dataclass(frozen=True)
class Columns:
    """Some cells under one or several parameter sets, as columns side by side.

    Parameters
    ----------
    ground : Ground
    cell : (columns,) array of int
        Each column's cell, as an index into the ground.
    number : (columns,) array of int
        Each column's parameter set, from 0.
    sets : int
        How many sets there are.
    blocks : Blocks
        State and parameters of the columns.
    """

    ground: Ground
    cell: np.ndarray
    number: np.ndarray
    sets: int
    blocks: Blocks

    @classmethod
    def of(cls, ground: Ground, index: np.ndarray, sets: Sequence[Mapping[str, float]] = ({},)) -> Columns:
        """Columns of some cells for each of some parameter sets, parameters filled in, no state yet.

        Parameters
        ----------
        ground : Ground
        index : (n,) array of int
            Cells.
        sets : sequence of mappings
            Each is laid over the parameters that the ground has of its own.
        """
        index = np.asarray(index)
        blocks = Blocks(len(sets) * index.size, ground.depth.size)
        blocks.set(_set_after_set([ground.parameter_fields(index, one) for one in sets], index.size, blocks.layers))
        numbers = np.arange(len(sets))
        return cls(ground, np.tile(index, len(sets)), np.repeat(numbers, index.size), len(sets), blocks)

    def __len__(self) -> int:
        return self.blocks.columns

    @property
    def options(self) -> Options:
        """The model's options as the kernel takes them."""
        return self.ground.choices.kernel_options()

    def some(self, index: np.ndarray) -> Columns:
        """Some of the columns, with all their fields, in blocks of their own."""
        return replace(self, cell=self.cell[index], number=self.number[index], blocks=self.blocks.of_columns(index))

    def copy(self) -> Columns:
        """The same with blocks of their own."""
        return replace(self, blocks=self.blocks.copy())

    def over_sets(self, stretch: Stretch) -> Stretch:
        """Weather of the cells, in their order, laid over every set; what serves all columns stays as it is."""
        if self.sets == 1:
            return stretch
        return stretch.of_columns(np.tile(np.arange(len(self) // self.sets), self.sets))

    def by_set(self, values: np.ndarray) -> np.ndarray:
        """Values of all columns (columns, ...) as (sets, cells, ...)."""
        return values.reshape(self.sets, len(values) // self.sets, *values.shape[1:])

    def name(self, column: int, with_set: bool = True) -> str:
        """A column in words: its cell, and its set where there are several; empty for a site's only column."""
        words = [self.ground.cell_name(int(self.cell[column]))]
        if with_set and self.sets > 1:
            words.append(f"parameter set {int(self.number[column]) + 1} of {self.sets}")
        return ", ".join(word for word in words if word)


def _set_after_set(fields: Sequence[Mapping[str, np.ndarray]], cells: int, layers: int) -> dict[str, np.ndarray]:
    """Fields of all columns from those of each set."""
    if len(fields) == 1:
        return dict(fields[0])
    merged = {}
    for name, first in fields[0].items():
        shape = (cells, layers) if np.ndim(first) == 2 else (cells,)
        merged[name] = np.concatenate([np.broadcast_to(one[name], shape) for one in fields])
    return merged

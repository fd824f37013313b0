"""What is kept of a run: means of chosen fields over records, extremes and means of years.

The kernels add one step of one block; the classes hold the sums of all blocks and give columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.runtime.jit import LANES, kernel
from lsmcal.noah.runtime.state import COLUMN_NAMES, LAYER_NAMES

#: What :class:`Annual` keeps of each layer.
ANNUAL_LAYER = ("temperature_min", "temperature_max", "temperature_mean", "water_mean", "liquid_mean")

_TEMPERATURE, _WATER, _LIQUID = (LAYER_NAMES.index(name) for name in ("temperature", "water", "liquid"))


@kernel
def record(raw_layer, raw_column, weight, record, layer_fields, column_fields, layer_sum, column_sum):
    """Add the chosen fields to the sums of a record."""
    # a length known at run time only: so short a loop is else unrolled before it can become vector code
    lanes = raw_column.shape[1]
    for f in range(column_fields.shape[0]):
        field = column_fields[f]
        for j in range(lanes):
            column_sum[record, f, j] += weight * raw_column[field, j]
    for f in range(layer_fields.shape[0]):
        field = layer_fields[f]
        for k in range(raw_layer.shape[0]):
            for j in range(lanes):
                layer_sum[record, f, k, j] += weight * raw_layer[k, field, j]


@kernel
def record_year(raw_layer, raw_column, weight, year, fields, layer_stats, column_sum, column_worst):
    """Update extremes and sums of a year."""
    lanes = raw_column.shape[1]
    # few arrays a loop: many could overlap in too many ways for vector code
    for k in range(raw_layer.shape[0]):
        for j in range(lanes):
            temperature = raw_layer[k, _TEMPERATURE, j]
            layer_stats[year, 0, k, j] = min(layer_stats[year, 0, k, j], temperature)
            layer_stats[year, 1, k, j] = max(layer_stats[year, 1, k, j], temperature)
            layer_stats[year, 2, k, j] += weight * temperature
        for j in range(lanes):
            layer_stats[year, 3, k, j] += weight * raw_layer[k, _WATER, j]
            layer_stats[year, 4, k, j] += weight * raw_layer[k, _LIQUID, j]
    for f in range(fields.shape[0]):
        field = fields[f]
        for j in range(lanes):
            value = raw_column[field, j]
            column_sum[year, f, j] += weight * value
            column_worst[year, f, j] = max(column_worst[year, f, j], abs(value))


def _indices(fields: Sequence[str], names: Sequence[str]) -> np.ndarray:
    return np.array([fields.index(name) for name in names], np.int64)


class Series:
    """Means of chosen fields over records of one or several forcing steps.

    Parameters
    ----------
    blocks : Blocks
    row : (steps,) array of int
        Record each step belongs to, -1 for none.
    column, layer : sequence of str
        Fields of the column and of the layers; any variable of :mod:`lsmcal.noah.runtime.state`.
    """

    def __init__(self, blocks: Blocks, row, column: Sequence[str] = (), layer: Sequence[str] = ()):
        self.row = np.asarray(row, np.int64)
        self.column_names, self.layer_names = tuple(column), tuple(layer)
        self.columns, self.layers = blocks.columns, blocks.layers
        self.counts = np.bincount(self.row[self.row >= 0], minlength=1)
        records, count = len(self.counts), len(blocks.column)
        self.column_sum = np.zeros((count, records, len(self.column_names), LANES))
        self.layer_sum = np.zeros((count, records, len(self.layer_names), blocks.layers, LANES))
        self.column_fields = _indices(COLUMN_NAMES, self.column_names)
        self.layer_fields = _indices(LAYER_NAMES, self.layer_names)

    def column_mean(self, name: str) -> np.ndarray:
        """Means of a column field, (columns, records)."""
        sums = self.column_sum[:, :, self.column_names.index(name)] / self.counts[:, None]
        return np.moveaxis(sums, 2, 1).reshape(-1, len(self.counts))[: self.columns]

    def layer_mean(self, name: str) -> np.ndarray:
        """Means of a layer field, (columns, records, layers)."""
        sums = self.layer_sum[:, :, self.layer_names.index(name)] / self.counts[:, None, None]
        return np.moveaxis(sums, 3, 1).reshape(-1, len(self.counts), self.layers)[: self.columns]


class Annual:
    """Yearly extremes and means of soil temperature and water, and means and worst values of column fields.

    Parameters
    ----------
    blocks : Blocks
    row : (steps,) array of int
        Year, from 0, each step belongs to; -1 for none.
    column : sequence of str
        Column fields to average and to keep the largest magnitude of.
    """

    def __init__(self, blocks: Blocks, row, column: Sequence[str] = ()):
        self.row = np.asarray(row, np.int64)
        self.names = tuple(column)
        self.columns, self.layers = blocks.columns, blocks.layers
        self.counts = np.bincount(self.row[self.row >= 0], minlength=1)
        years, count = len(self.counts), len(blocks.column)
        self.layer = np.zeros((count, years, len(ANNUAL_LAYER), blocks.layers, LANES))
        self.layer[:, :, 0] = np.inf
        self.layer[:, :, 1] = -np.inf
        self.sum = np.zeros((count, years, len(self.names), LANES))
        self.worst = np.zeros_like(self.sum)
        self.fields = _indices(COLUMN_NAMES, self.names)

    def layer_value(self, name: str) -> np.ndarray:
        """One of :data:`ANNUAL_LAYER`, (columns, years, layers)."""
        place = ANNUAL_LAYER.index(name)
        values = self.layer[:, :, place] / (self.counts[:, None, None] if place >= 2 else 1.0)
        return np.moveaxis(values, 3, 1).reshape(-1, len(self.counts), self.layers)[: self.columns]

    def column_mean(self, name: str) -> np.ndarray:
        """Yearly mean of a column field, (columns, years)."""
        values = self.sum[:, :, self.names.index(name)] / self.counts[:, None]
        return np.moveaxis(values, 2, 1).reshape(-1, len(self.counts))[: self.columns]

    def column_worst(self, name: str) -> np.ndarray:
        """Largest magnitude of a column field in each year, (columns, years)."""
        values = self.worst[:, :, self.names.index(name)]
        return np.moveaxis(values, 2, 1).reshape(-1, len(self.counts))[: self.columns]

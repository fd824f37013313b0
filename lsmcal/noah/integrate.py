"""The time loop over a forcing series, with statistics gathered on the way.

Blocks are independent: threads take them one by one (the kernels release the GIL) and the result does not depend on
how many there are. Inside the loop nothing is allocated and no Python runs.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from lsmcal.noah.parameters.options import Options
from lsmcal.noah.physics.exchange import STABILITY_TABLES
from lsmcal.noah.physics.step import time_step
from lsmcal.noah.runtime.blocks import Blocks, block_count
from lsmcal.noah.runtime.jit import LANES, kernel
from lsmcal.noah.runtime.state import COLUMN_NAMES, FORCING, LAYER_NAMES, PHENOLOGY
from lsmcal.noah.statistics import Annual, Series, record, record_year

_FORCING_AT = COLUMN_NAMES.index(FORCING[0].name)
_FORCING_COUNT = len(FORCING)
#: Precipitation and its snow fraction are held within a forcing step, whatever happens to the others.
_HELD_FROM, _HELD_TO = 5, 6
_SNOW_FRACTION = 7
_PHENOLOGY_AT = COLUMN_NAMES.index(PHENOLOGY[0].name)
_PHENOLOGY_COUNT = len(PHENOLOGY)
_TEMPERATURE, _WATER = LAYER_NAMES.index("temperature"), LAYER_NAMES.index("water")
_SKIN = COLUMN_NAMES.index("skin_temperature")
#: Beyond this a temperature is no temperature any more [K].
_ABSURD = 1000.0


class IntegrationError(ArithmeticError):
    """A column went non-finite; the blocks hold the last good state of every column of its block.

    Attributes
    ----------
    column : int
        Index of the column.
    step : int
        Forcing step, from 0, in which it happened.
    layer : int
        Soil layer from 0, or -1 for the surface.
    """

    def __init__(self, column: int, step: int, layer: int):
        self.column, self.step, self.layer = column, step, layer
        place = "at the surface" if layer < 0 else f"in layer {layer + 1}"
        super().__init__(f"column {column}: temperature or water is not finite {place} in step {step}")


@kernel
def _load_row(raw, at, count, rows, i):
    """Copy row ``i`` of (time, variable, lane) to consecutive fields; a single lane serves all."""
    shared = rows.shape[2] == 1
    for v in range(count):
        if shared:
            value = rows[i, v, 0]
            for j in range(LANES):
                raw[at + v, j] = value
        else:
            for j in range(LANES):
                raw[at + v, j] = rows[i, v, j]


@kernel
def _load_between(raw, forcing, i, place):
    """Forcing at ``place`` in (0, 1) of step ``i``, linear between the middles of the steps."""
    last = forcing.shape[0] - 1
    other = max(i - 1, 0) if place < 0.5 else min(i + 1, last)
    weight = 0.5 - place if place < 0.5 else place - 0.5
    shared = forcing.shape[2] == 1
    for v in range(_FORCING_COUNT):
        held = v == _HELD_FROM or v == _SNOW_FRACTION
        w = 0.0 if held else weight
        for j in range(LANES):
            lane = 0 if shared else j
            raw[_FORCING_AT + v, j] = (1.0 - w) * forcing[i, v, lane] + w * forcing[other, v, lane]


@kernel
def find_absurd(raw_layer, raw_column):
    """``lane * 1000 + layer + 1`` of the first non-finite lane (layer -1: surface), or -1."""
    bad = 0
    for j in range(LANES):
        bad += int(not (abs(raw_column[_SKIN, j]) < _ABSURD))
    for k in range(raw_layer.shape[0]):
        for j in range(LANES):
            bad += int(not (abs(raw_layer[k, _TEMPERATURE, j]) + raw_layer[k, _WATER, j] < _ABSURD))
    if bad == 0:
        return -1
    for j in range(LANES):
        if not (abs(raw_column[_SKIN, j]) < _ABSURD):
            return j * 1000
        for k in range(raw_layer.shape[0]):
            if not (abs(raw_layer[k, _TEMPERATURE, j]) + raw_layer[k, _WATER, j] < _ABSURD):
                return j * 1000 + k + 1
    return -1


@kernel
def integrate_block(
    layers,
    column,
    raw_layer,
    raw_column,
    forcing,
    phenology,
    phenology_row,
    table,
    dt,
    substeps,
    linear,
    options,
    record_row,
    layer_fields,
    column_fields,
    layer_sum,
    column_sum,
    year_row,
    year_fields,
    year_layer,
    year_sum,
    year_worst,
):
    """Run one block over all steps of ``forcing``.

    Returns
    -------
    int
        -1, or ``(step * 1000 + lane) * 1000 + layer + 1`` where a column went non-finite.
    """
    inner = dt / substeps
    weight = 1.0 / substeps
    for i in range(forcing.shape[0]):
        _load_row(raw_column, _PHENOLOGY_AT, _PHENOLOGY_COUNT, phenology, phenology_row[i])
        if substeps == 1 or not linear:
            _load_row(raw_column, _FORCING_AT, _FORCING_COUNT, forcing, i)
        for s in range(substeps):
            if linear and substeps > 1:
                _load_between(raw_column, forcing, i, (s + 0.5) * weight)
            time_step(layers, column, table, inner, options)
            if record_row[i] >= 0:
                record(raw_layer, raw_column, weight, record_row[i], layer_fields, column_fields, layer_sum, column_sum)
            if year_row[i] >= 0:
                record_year(raw_layer, raw_column, weight, year_row[i], year_fields, year_layer, year_sum, year_worst)
        bad = find_absurd(raw_layer, raw_column)
        if bad >= 0:
            return i * 1000000 + bad
    return -1


@dataclass(frozen=True)
class Drivers:
    """What drives the columns over a series of forcing steps.

    Parameters
    ----------
    forcing : (blocks, steps, 8, LANES) or (1, steps, 8, 1) array
        In the order of ``state.FORCING``; float32 or float64. The second form serves every column.
    phenology : (blocks, rows, 3, LANES) or (1, rows, 3, 1) array
        In the order of ``state.PHENOLOGY``.
    phenology_row : (steps,) array of int
        Row of ``phenology`` that holds in each step.
    step : float
        Forcing step [s].
    """

    forcing: np.ndarray
    phenology: np.ndarray
    phenology_row: np.ndarray
    step: float

    def __len__(self) -> int:
        return self.forcing.shape[1]

    def part(self, first: int, last: int) -> Drivers:
        """Steps ``first`` to ``last`` (exclusive)."""
        return Drivers(self.forcing[:, first:last], self.phenology, self.phenology_row[first:last], self.step)

    def of_columns(self, index: np.ndarray) -> Drivers:
        """What drives some of the columns."""
        forcing, phenology = (
            values if values.shape[0] == values.shape[-1] == 1 else _lanes_of(values, index)
            for values in (self.forcing, self.phenology)
        )
        return Drivers(forcing, phenology, self.phenology_row, self.step)


def _lanes_of(values: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Some columns of (blocks, rows, k, LANES), in blocks of their own."""
    count = block_count(len(index))
    column = np.resize(np.asarray(index), count * LANES)
    column[len(index) :] = index[(len(index) - 1) // LANES * LANES]
    block, lane = np.divmod(column, LANES)
    found = np.empty((count, *values.shape[1:]), values.dtype)
    for place in range(column.size):
        found[place // LANES, ..., place % LANES] = values[block[place], ..., lane[place]]
    return found


_NO_FIELDS = np.zeros(0, np.int64)


def raw_arrays(blocks: Blocks) -> tuple[np.ndarray, np.ndarray]:
    """Column and layer records as plain (…, field, lane) arrays on the same memory."""
    column = np.asarray(blocks.column).view(np.float64).reshape(len(blocks.column), -1, LANES)
    layer = np.asarray(blocks.layer).view(np.float64).reshape(len(blocks.column), blocks.layers, -1, LANES)
    return layer, column


def integrate(
    blocks: Blocks,
    drivers: Drivers,
    options: Options,
    *,
    series: Series | None = None,
    annual: Annual | None = None,
    first: int = 0,
    substeps: int = 1,
    linear: bool = False,
    threads: int = 1,
) -> None:
    """Advance all columns over the steps of ``drivers``.

    Parameters
    ----------
    blocks : Blocks
        Advanced in place.
    drivers : Drivers
    options : Options
    series, annual : optional
        Receive the statistics; their rows are looked up from step ``first`` on.
    first : int
        Index of the first step of ``drivers`` in the rows of ``series`` and ``annual``.
    substeps : int
        Model steps in a forcing step.
    linear : bool
        Interpolate forcing between the middles of the steps instead of holding it.
    threads : int
        Threads that take blocks.

    Raises
    ------
    IntegrationError
        For the first column that goes non-finite; blocks then hold the last good state.
    """
    before = blocks.copy()
    codes = _integrate_all(blocks, drivers, options, series, annual, first, substeps, linear, threads)
    failed = [(code // 1000000, block, code % 1000000) for block, code in enumerate(codes) if code >= 0]
    if not failed:
        return
    step, block, place = min(failed)
    # replay to the step before, the same bits by construction
    blocks.column[...], blocks.layer[...] = before.column, before.layer
    _integrate_all(blocks, drivers.part(0, step), options, None, None, 0, substeps, linear, threads)
    raise IntegrationError(block * LANES + place // 1000, first + step, place % 1000 - 1)


def _integrate_all(blocks, drivers, options, series, annual, first, substeps, linear, threads) -> list[int]:
    """Run every block; its code of :func:`integrate_block` each."""
    steps = len(drivers)
    raw_layer, raw_column = raw_arrays(blocks)
    nowhere = np.full(steps, -1, np.int64)

    def rows(recorder):
        return nowhere if recorder is None else recorder.row[first : first + steps]

    def run(b: int) -> int:
        shared = drivers.forcing.shape[0] == 1
        flat = drivers.phenology.shape[0] == 1
        sums = (np.zeros((1, 0, 0, LANES)), np.zeros((1, 0, LANES)))
        if series is not None:
            sums = (series.layer_sum[b], series.column_sum[b])
        yearly = (np.zeros((1, 5, 0, LANES)), np.zeros((1, 0, LANES)), np.zeros((1, 0, LANES)))
        if annual is not None:
            yearly = (annual.layer[b], annual.sum[b], annual.worst[b])
        return integrate_block(
            blocks.layer[b],
            blocks.column[b],
            raw_layer[b],
            raw_column[b],
            drivers.forcing[0 if shared else b],
            drivers.phenology[0 if flat else b],
            drivers.phenology_row,
            STABILITY_TABLES,
            float(drivers.step),
            int(substeps),
            bool(linear),
            options,
            rows(series),
            series.layer_fields if series else _NO_FIELDS,
            series.column_fields if series else _NO_FIELDS,
            *sums,
            rows(annual),
            annual.fields if annual else _NO_FIELDS,
            *yearly,
        )

    order = range(len(blocks.column))
    if threads <= 1 or len(order) == 1:
        return [run(b) for b in order]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, order))

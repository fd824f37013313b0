"""What each group of processes costs: its kernels called again and again on blocks in the states of a year.

State and column quantities are restored before every call, and the cost of that is taken off.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np

from benchmarks.climates import LAYERS, STEP, Workload
from lsmcal.noah.integrate import find_absurd, integrate, raw_arrays
from lsmcal.noah.physics.atmosphere import air_properties
from lsmcal.noah.physics.canopy import canopy_resistance, evaporation
from lsmcal.noah.physics.exchange import STABILITY_TABLES, exchange_coefficients
from lsmcal.noah.physics.heat import heat_step
from lsmcal.noah.physics.snow import accumulate, compact, cover_and_albedo
from lsmcal.noah.physics.step import absorbed_radiation, bare_conductivity, count_snowpacks, ledger, remember
from lsmcal.noah.physics.surface import (
    boundary_snow_free,
    ground_heat_guess,
    penman,
    skin_snow_free,
    snow_surface,
    surface_parameters,
    top_conductivity,
    turbulent_fluxes,
    water_input_snow_free,
)
from lsmcal.noah.physics.water import water_step
from lsmcal.noah.runtime.jit import LANES, kernel
from lsmcal.noah.runtime.state import COLUMN_NAMES, LAYER_STATE
from lsmcal.noah.statistics import record_year
from lsmcal.simulate.results import ANNUAL_FIELDS

_STATE_FIELDS = len(LAYER_STATE)


class _Block(NamedTuple):
    """One block as records and as plain arrays on the same memory, what it is restored to, room for statistics."""

    layers: np.ndarray
    column: np.ndarray
    raw_layer: np.ndarray
    raw_column: np.ndarray
    saved_layer: np.ndarray
    saved_column: np.ndarray
    table: np.ndarray
    fields: np.ndarray
    layer_stats: np.ndarray
    sums: np.ndarray
    worst: np.ndarray


@kernel
def _restore(block):
    """Bring state and column quantities back to what they were."""
    for f in range(block.saved_column.shape[0]):
        for j in range(LANES):
            block.raw_column[f, j] = block.saved_column[f, j]
    for k in range(block.saved_layer.shape[0]):
        for f in range(block.saved_layer.shape[1]):
            for j in range(LANES):
                block.raw_layer[k, f, j] = block.saved_layer[k, f, j]


@kernel
def _nothing(block, dt, options, times):
    for _ in range(times):
        _restore(block)


@kernel
def _exchange(block, dt, options, times):
    for _ in range(times):
        _restore(block)
        air_properties(block.column)
        exchange_coefficients(block.column, block.table, options)


@kernel
def _surface(block, dt, options, times):
    layers, column = block.layers, block.column
    for _ in range(times):
        _restore(block)
        absorbed_radiation(column)
        surface_parameters(column)
        top_conductivity(layers, column)
        ground_heat_guess(layers, column)
        penman(column)
        water_input_snow_free(column)
        if count_snowpacks(column) < LANES:
            bare_conductivity(layers, column)
            boundary_snow_free(layers, column)
            skin_snow_free(layers, column)
        turbulent_fluxes(column)


@kernel
def _canopy(block, dt, options, times):
    for _ in range(times):
        _restore(block)
        canopy_resistance(block.layers, block.column)
        evaporation(block.layers, block.column, dt)


@kernel
def _snow(block, dt, options, times):
    layers, column = block.layers, block.column
    for _ in range(times):
        _restore(block)
        accumulate(column, dt, options.snow_conserved)
        cover_and_albedo(column, dt)
        if count_snowpacks(column) > 0:
            snow_surface(layers, column, dt, options)
            compact(column, dt)


@kernel
def _water(block, dt, options, times):
    for _ in range(times):
        _restore(block)
        water_step(block.layers, block.column, dt, options)


@kernel
def _heat(block, dt, options, times):
    for _ in range(times):
        _restore(block)
        heat_step(block.layers, block.column, dt, options.time_weight, options.freezing_converged)


@kernel
def _ledger(block, dt, options, times):
    for _ in range(times):
        _restore(block)
        remember(block.layers, block.column)
        ledger(block.layers, block.column, dt)


@kernel
def _statistics(block, dt, options, times):
    raw_layer, raw_column = block.raw_layer, block.raw_column
    for _ in range(times):
        _restore(block)
        record_year(raw_layer, raw_column, 1.0, 0, block.fields, block.layer_stats, block.sums, block.worst)
        find_absurd(raw_layer, raw_column)


GROUPS = {
    "exchange": _exchange,
    "surface": _surface,
    "canopy": _canopy,
    "snow": _snow,
    "water": _water,
    "heat": _heat,
    "ledger": _ledger,
    "statistics": _statistics,
}


def _block(work: Workload, b: int) -> _Block:
    raw_layer, raw_column = raw_arrays(work.blocks)
    return _Block(
        work.blocks.layer[b],
        work.blocks.column[b],
        raw_layer[b],
        raw_column[b],
        raw_layer[b, :, :_STATE_FIELDS].copy(),
        raw_column[b].copy(),
        STABILITY_TABLES,
        np.array([COLUMN_NAMES.index(name) for name in ANNUAL_FIELDS]),
        np.zeros((1, 5, LAYERS, LANES)),
        np.zeros((1, len(ANNUAL_FIELDS), LANES)),
        np.zeros((1, len(ANNUAL_FIELDS), LANES)),
    )


def process_costs(work: Workload, times: int, repeats: int) -> dict[str, float]:
    """Nanoseconds per column-step of each group, mean over the blocks of a workload.

    Parameters
    ----------
    work : Workload
        Its blocks are advanced by a few steps, so that every quantity is that of a running model.
    times : int
        Calls on each block.
    repeats : int
        The best of so many counts.
    """
    integrate(work.blocks, work.drivers.part(0, min(4, len(work.drivers))), work.options)
    costs = {name: 0.0 for name in ("", *GROUPS)}
    for b in range(len(work.blocks.column)):
        block = _block(work, b)
        for name in costs:
            group = GROUPS.get(name, _nothing)
            costs[name] += _best(group, block, work.options, times, repeats) / LANES / len(work.blocks.column)
    restoring = costs.pop("")
    return {name: max(cost - restoring, 0.0) for name, cost in costs.items()}


def _best(group, block: _Block, options, times: int, repeats: int) -> float:
    """Best time of one call of a group on a block [ns]."""
    group(block, STEP, options, 1)
    best = np.inf
    for _ in range(repeats):
        start = time.perf_counter_ns()
        group(block, STEP, options, times)
        best = min(best, (time.perf_counter_ns() - start) / times)
    return best

"""Kernels compiled by one rank before all need them."""

from __future__ import annotations

import numpy as np

from lsmcal.noah.runtime.jit import CACHE_FOLDER
from lsmcal.noah.statistics import Annual, Series
from lsmcal.parallel.warm_up import one_first
from lsmcal.parallel.world import World
from lsmcal.simulate.advance import advance
from lsmcal.simulate.region import Region
from lsmcal.simulate.results import ANNUAL_FIELDS
from lsmcal.simulate.start import first_air, initialise

#: Steps of the weather that are enough to go through every kernel.
_STEPS = 8


def compile_first(region: Region, world: World) -> None:
    """Let one rank compile the kernels while the others wait; they load what it leaves in the cache of compiled code.

    Without this all ranks would compile the same for half a minute, each on a core of its own. Where a node does not
    see the cache of rank 0, its first rank compiles at the same time.

    Parameters
    ----------
    region : Region
    world : World
        Called by all of its ranks.
    """
    if CACHE_FOLDER is not None:
        one_first(world, CACHE_FOLDER, lambda: touch_kernels(region))


def touch_kernels(region: Region) -> None:
    """Take one cell a few steps through weather, column and statistics, as a run does."""
    index = np.zeros(1, int)
    first, _ = region.steps_of(*region.cycle)
    columns, stretch = region.columns(index), region.stretch(index, first, first + _STEPS)
    initialise(columns.blocks, region, region.profile, *first_air(columns, stretch))
    rows = np.zeros(_STEPS, int)
    series = Series(columns.blocks, rows, column=("skin_temperature",))
    advance(columns, stretch, series=series, annual=Annual(columns.blocks, rows, column=ANNUAL_FIELDS))

"""Kernels compiled by one rank before all need them."""

from __future__ import annotations

import numpy as np

from lsmcal.noah.integrate import Annual, Series, integrate
from lsmcal.noah.runtime.jit import CACHE_FOLDER, JIT_DISABLED
from lsmcal.parallel.warm_up import one_first
from lsmcal.parallel.world import World
from lsmcal.simulate.region import Region
from lsmcal.simulate.results import ANNUAL_FIELDS
from lsmcal.simulate.state import InitialProfile, initialise

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
    if not JIT_DISABLED:
        one_first(world, CACHE_FOLDER, lambda: touch_kernels(region))


def touch_kernels(region: Region) -> None:
    """Take one cell a few steps through weather, column and statistics, as a run does."""
    index = np.zeros(1, int)
    first, _ = region.steps_of(*region.cycle)
    drivers = region.drivers(index, first, first + _STEPS)
    blocks = region.columns(index)
    air, humidity = (np.asarray(drivers.forcing[:, 0, v], np.float64).reshape(-1)[:1] for v in (0, 1))
    initialise(blocks, region, InitialProfile(saturation=region.saturation), air, humidity)
    rows = np.zeros(_STEPS, int)
    integrate(
        blocks,
        drivers,
        region.choices.kernel_options(),
        series=Series(blocks, rows, column=("skin_temperature",)),
        annual=Annual(blocks, rows, column=ANNUAL_FIELDS),
        substeps=region.substeps,
        linear=region.linear,
    )

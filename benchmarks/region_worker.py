"""Processes that :mod:`benchmarks.region` starts: ``python -m benchmarks.region_worker WHAT ...``; not to be typed."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.equilibrium import plateau_region
from lsmcal.inputs.gridded.packed import PackedForcing
from lsmcal.parallel.checkpointed import ResumableStage
from lsmcal.parallel.checkpoints import Store
from lsmcal.parallel.job import Job
from lsmcal.parallel.launch import launched_world
from lsmcal.simulate import years as region_run
from lsmcal.simulate.region import Region
from lsmcal.simulate.spinup import cycle as spinup_cycle
from lsmcal.simulate.spinup.spinup import SpinUp
from lsmcal.simulate.stage import run_whole_region
from lsmcal.simulate.start import start
from lsmcal.simulate.state import save_state
from lsmcal.simulate.warm_up import touch_kernels
from lsmcal.simulate.years import run_region

FIRST = 1979


def bench_region(cells: int, years: int, packed: Path | None = None) -> Region:
    """Cells of the synthetic plateau and some years of their weather, generated or packed."""
    region = plateau_region(cells)
    span = FIRST, FIRST + years - 1
    weather = replace(region.weather, years=span) if packed is None else PackedForcing(packed, region.domain)
    return replace(region, weather=weather, years=span, cycle=(FIRST, FIRST), spinup=SpinUp("none"))


def first_states(region: Region) -> list[dict[str, np.ndarray]]:
    """State of each piece where a spin-up would begin."""
    found = []
    for index in region.pieces:
        columns = region.columns(index)
        start(columns, region.cycle_of(index))
        found.append(save_state(columns.blocks))
    return found


def run_years(cells: int, years: int, folder: Path) -> None:
    """Run cells on all ranks; rank 0 says how long that took, from when all were ready until all had ended."""
    world = launched_world()
    region = bench_region(cells, years)
    touch_kernels(region)
    states = first_states(region)
    world.barrier()
    begun, used = time.perf_counter(), time.process_time()
    stage = ResumableStage.opened(folder, {}, Job(world))
    run_region(region, states.__getitem__, stage)
    stage.store.close()
    world.barrier()
    wall, used = time.perf_counter() - begun, time.process_time() - used
    every = [used] if world.comm is None else world.comm.gather(used)
    if world.is_root:
        print(json.dumps({"seconds": wall, "cpu_seconds": sum(every)}))


def hold_cells(cells: int, folder: Path) -> None:
    """Spin up and run cells for a year; says the most memory that took."""
    region = replace(bench_region(cells, 1), spinup=SpinUp("fixed", cycles=1))
    run_whole_region(region, folder, Job())
    print(json.dumps({"bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


def run_logged(log: str, *words: str) -> None:
    """``lsmcal`` with some words; each cycle, year and checkpoint is noted with the processor's time at both ends."""
    file = open(log, "a", buffering=1, encoding="utf-8")  # noqa: SIM115 - until the process is killed

    def noted(kind: str, act: Callable) -> Callable:
        def call(*arguments, **named):
            begun = time.process_time()
            found = act(*arguments, **named)
            file.write(f"{kind} {begun} {time.process_time()}\n")
            return found

        return call

    spinup_cycle.cycle = noted("cycle", spinup_cycle.cycle)
    region_run.year_of_piece = noted("year", region_run.year_of_piece)
    Store.put = noted("put", Store.put)
    from lsmcal.cli.main import main

    sys.argv = ["lsmcal", *words]
    main()


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    if what == "years":
        run_years(int(given[0]), int(given[1]), Path(given[2]))
    elif what == "memory":
        hold_cells(int(given[0]), Path(given[1]))
    else:
        run_logged(*given)

"""Ways to equilibrium against 500 years of plain cycles from the same start: years used, and the error that is left.

``python -m benchmarks.equilibrium --output DIR`` runs two sets of cells of the synthetic plateau (half an hour on two
cores), prints a table and keeps all numbers in DIR/equilibrium-<set>.npz for ``python -m docs.make_equilibrium``.
``plateau`` is the plateau as it is; ``margin`` holds only cells whose mean air temperature is between -5.2 and
-2.2 degC, where frozen and thawed ground meet.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lsmcal.core import calendars
from lsmcal.inputs.synthetic.plateau import make_plateau
from lsmcal.noah.parameters.options import PRESET_TABLES, preset
from lsmcal.noah.parameters.parameters import Surroundings
from lsmcal.noah.parameters.tables import load_tables, with_roots_by_depth
from lsmcal.noah.physics.constants import T0
from lsmcal.noah.statistics import Annual
from lsmcal.permafrost import PERMAFROST, class_of_year, thaw_depth
from lsmcal.simulate.advance import advance
from lsmcal.simulate.region import Region
from lsmcal.simulate.spinup import cycle as spinup_cycle
from lsmcal.simulate.spinup.rounds import equilibrium_of_cells
from lsmcal.simulate.spinup.spinup import SpinUp
from lsmcal.simulate.start import start
from lsmcal.simulate.state import load_state, save_state

MARGIN = (-5.2, -2.2)
CYCLE = (1979, 1983)
#: The tolerances of the cases times these.
SCALES = (8.0, 4.0, 2.0, 1.0, 0.5, 0.25)
_TRIAL = CYCLE[1] - CYCLE[0] + 1


def plateau_region(cells: int, seed: int = 1) -> Region:
    """The synthetic plateau with the tables and choices of ``ji2026``."""
    domain, weather = make_plateau(cells, seed)
    tables = with_roots_by_depth(load_tables(**PRESET_TABLES["ji2026"]))
    return Region(domain, weather, tables, preset("ji2026"), Surroundings(tbot=0.0), years=(1979, 2018), cycle=CYCLE)


def margin_region(cells: int, seed: int = 1) -> Region:
    """Cells about the margin of permafrost, evenly taken from a plateau of 6,000."""
    whole = plateau_region(6000, seed)
    weather: Any = whole.weather  # generated, so that it has a climate
    air = weather.climate.temperature.mean(axis=1) - T0
    inside = np.flatnonzero((air > MARGIN[0]) & (air < MARGIN[1]))
    return whole.only(inside[np.linspace(0, inside.size - 1, cells).astype(int)])


SETS = {"plateau": plateau_region, "margin": margin_region}


def by_piece(region: Region, work, threads: int) -> dict[str, np.ndarray]:
    """Results of all pieces together, cells last but one or last as they come: joined along the axis "cells"."""
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(lambda index: work(region, index), region.pieces))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def long_run(cycles: int):
    """Work that repeats plain cycles; for each cell the state and the drift after every one."""

    def work(region: Region, index: np.ndarray) -> dict[str, np.ndarray]:
        columns, cycle = region.columns(index), region.cycle_of(index)
        start(columns, cycle)
        progress, seen = spinup_cycle.begin(columns.blocks), []
        for _ in range(cycles):
            spinup_cycle.cycle(columns, cycle, progress, SpinUp("fixed", cycles=cycles))
            kept = {name: values.copy() for name, values in progress.items() if not name.startswith("before.")}
            seen.append(kept)
        return {name: np.stack([one[name] for one in seen], axis=1) for name in seen[0]}

    return work


def settled(settings: SpinUp):
    """Work that brings cells to equilibrium."""

    def work(region: Region, index: np.ndarray) -> dict[str, np.ndarray]:
        columns, reached = equilibrium_of_cells(replace(region, spinup=settings), index)
        found = {f"state.{name}": values for name, values in save_state(columns.blocks).items()}
        return found | {name: getattr(reached, name) for name in spinup_cycle.REACHED}

    return work


def next_cycle(states: dict[str, np.ndarray], threads: int, region: Region) -> dict[str, np.ndarray]:
    """Mean temperature, class and thaw depth of one more cycle from some states."""

    def work(region: Region, index: np.ndarray) -> dict[str, np.ndarray]:
        columns = region.columns(index)
        blocks = columns.blocks
        load_state(blocks, {name.removeprefix("state."): states[name][index] for name in states})
        first, last = region.steps_of(*region.cycle)
        annual = Annual(blocks, calendars.split(region.weather.time[first:last])[0] - region.cycle[0])
        advance(columns, region.cycle_of(index), annual=annual)
        warmest, coldest = (annual.layer_value(f"temperature_{name}") for name in ("max", "min"))
        ice = (annual.layer_value("water_mean") - annual.layer_value("liquid_mean")).mean(axis=1)
        return {
            "mean": annual.layer_value("temperature_mean").mean(axis=1),
            "class": class_of_year(warmest[:, -2], warmest[:, -1], coldest[:, -1]),
            "thaw": thaw_depth(warmest[:, -1], region.depth),
            "ice": (ice * 1000.0 * region.thickness).sum(axis=1),
        }

    return by_piece(region, work, threads)


def stop_by(long: dict[str, np.ndarray], settings: SpinUp) -> np.ndarray:
    """Cycle, from 1, at which ``converged`` would have ended on the way of the long run."""
    quiet = (
        (long["drift_temperature"] < settings.tolerance_temperature)
        & (long["drift_water"] < settings.tolerance_water)
        & (long["drift_ice"] < settings.tolerance_ice)
    )
    ends = quiet[:, 1:] & quiet[:, :-1]
    ends[:, : settings.min_cycles - 2] = False
    return np.where(ends.any(axis=1), ends.argmax(axis=1) + 2, quiet.shape[1])


def scaled(settings: SpinUp, scale: float) -> SpinUp:
    """The same with other tolerances."""
    names = ("tolerance_temperature", "tolerance_water", "tolerance_ice")
    return replace(settings, **{name: scale * getattr(settings, name) for name in names})


def compare(found: dict[str, np.ndarray], truth: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Errors of each cell: the worst layer's mean temperature [K], class, thaw depth [m], ice [mm]."""
    thaw = np.abs(found["thaw"] - truth["thaw"])
    return {
        "temperature": np.abs(found["mean"] - truth["mean"]).max(axis=1),
        "class": found["class"] != truth["class"],
        "thaw": np.where((truth["class"] == PERMAFROST) & (found["class"] == PERMAFROST), thaw, np.nan),
        "ice": np.abs(found["ice"] - truth["ice"]),
    }


def run_set(name: str, cells: int, cycles: int, scales, threads: int, say=print) -> dict[str, np.ndarray]:
    """Everything about one set of cells."""
    region = SETS[name](cells)
    begun = time.perf_counter()
    long = by_piece(region, long_run(cycles), threads)
    states = [key for key in long if key.startswith("state.")]
    truth = next_cycle({key: long[key][:, -1] for key in states}, threads, region)
    say(f"{name}: {cells} cells, {cycles * _TRIAL} years in {time.perf_counter() - begun:.0f} s")
    kept = {f"truth.{key}": values for key, values in truth.items()}
    kept |= {
        "cell": region.domain.cell,
        "mean": long["mean"].astype(np.float32),
        "area": region.domain.area,
        "distance": long["distance"],
        "longitude": region.domain.longitude,
        "latitude": region.domain.latitude,
        "elevation": region.domain.elevation,
    }
    for method in ("converged", "accelerated"):
        for scale in scales:
            settings = scaled(SpinUp(method, max_cycles=cycles), scale)
            if method == "converged":
                used = stop_by(long, settings)
                at = {key: long[key][np.arange(cells), used - 1] for key in states}
            else:
                reached = by_piece(region, settled(settings), threads)
                used, at = reached["cycles"], {key: reached[key] for key in states}
            errors = compare(next_cycle(at, threads, region), truth)
            years = _TRIAL * (used + 1)  # and the trial cycle of the start
            kept |= {f"{method}.{scale:g}.{key}": values for key, values in (errors | {"years": years}).items()}
            say(row(method, scale, years, errors, cycles))
    return kept


def row(method: str, scale: float, years: np.ndarray, errors: dict[str, np.ndarray], cycles: int) -> str:
    """A line of the table."""
    thaw = errors["thaw"][np.isfinite(errors["thaw"])]
    share = years.mean() / (cycles * _TRIAL)
    return (
        f"{method:12s} tolerances x {scale:<5g} {years.mean():6.1f} years (1/{1.0 / share:.1f}), "
        f"most {years.max():3d}; "
        f"temperature 99 % {np.percentile(errors['temperature'], 99):.4f} K, worst {errors['temperature'].max():.4f}, "
        f"beyond 0.02 K {np.mean(errors['temperature'] > 0.02):.1%}; other class {np.mean(errors['class']):.1%}; "
        f"thaw depth 95 % {100 * np.percentile(thaw, 95):.1f} cm, beyond 2 cm {np.mean(thaw > 0.02):.1%}; "
        f"ice 99 % {np.percentile(errors['ice'], 99):.0f} mm"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--cells", type=int, default=256)
    parser.add_argument("--cycles", type=int, default=100, help="of the long run, five years each")
    parser.add_argument("--scales", type=float, nargs="+", default=SCALES, help="factors on the tolerances")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/output"))
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    for name in given.sets:
        kept = run_set(name, given.cells, given.cycles, given.scales, given.threads)
        np.savez_compressed(given.output / f"equilibrium-{name}.npz", **kept)


if __name__ == "__main__":
    main()

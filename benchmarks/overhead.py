"""What the search engines cost: time of proposing for each evaluation, by engine, size and number of trials.

``python -m benchmarks.overhead`` prints the table of docs/engines.md; ``--json`` the same as rows, ``--quick`` only the
largest case once. Trials are random lattice points with two smooth losses; every number is the median of ``--repeats``
batches proposed one after the other by engines that are told all of them, as the search does it. The table is by the
processor's time, to which other processes add little; the slowest is given on the clock, too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Iterator
from itertools import product

import numpy as np

from lsmcal.search.engines import make
from lsmcal.search.engines.openbox import forest_package
from lsmcal.search.lattice import snap
from lsmcal.search.protocol import EngineError, Trials

ENGINES = ("openbox", "cmaes", "de", "random", "sobol")
DIMENSIONS, TRIALS, BATCHES, GOALS = (12, 26), (100, 300, 500), (1, 8), (1, 2)
REQUIRED = 0.5


def told(trials: int, dimensions: int, goals: int) -> Trials:
    """Random trials, the first at the default between the lattice points; nearness to one of two places is lost."""
    points = snap(np.random.default_rng(1).random((trials, dimensions)), 101)
    points[0] = 0.5123
    losses = np.stack([((points - place) ** 2).mean(axis=1) for place in (0.3, 0.7)], axis=1)
    return Trials.of(points, losses if goals == 2 else losses[:, 0])


def seconds(name: str, dimensions: int, trials: int, batch: int, goals: int, repeats: int) -> tuple | None:
    """Median time of a batch by its points, on the clock and of the processor; None for goals it cannot search."""
    try:
        engine = make(name, dimensions, seed=1, batch=batch, goals=goals)
    except EngineError:
        return None
    number = (trials - 1) // batch + 1
    history = told(1 + (number - 1 + repeats) * batch, dimensions, goals)
    taken = []
    # One more at first, for what is imported and compiled only once.
    for further in (0, *range(repeats)):
        end = 1 + (number + further - 1) * batch
        known = Trials(history.points[:end], history.losses[:end])
        clock, used = time.perf_counter(), time.process_time()
        asked = engine.ask(known, number + further)
        taken.append(((time.perf_counter() - clock) / len(asked), (time.process_time() - used) / len(asked)))
    return tuple(statistics.median(column) for column in zip(*taken[1:], strict=True))


def rows(given: argparse.Namespace) -> Iterator[dict[str, object]]:
    """One row for each combination, as they are measured."""
    sizes = ((26,), (500,)) if given.quick else (DIMENSIONS, TRIALS)
    for goals, name, dimensions, trials, batch in product(GOALS, given.engines, *sizes, BATCHES):
        taken = seconds(name, dimensions, trials, batch, goals, given.repeats)
        if taken is not None:
            yield {
                "engine": name,
                "goals": goals,
                "dimensions": dimensions,
                "trials": trials,
                "batch": batch,
                "seconds": taken[0],
                "processor_seconds": taken[1],
            }


def table(found: list[dict[str, object]]) -> str:
    """Engines and goals down, sizes across, in milliseconds for each evaluation."""
    columns = sorted({(row["dimensions"], row["trials"], row["batch"]) for row in found})
    lines = ["| engine, goals | " + " | ".join(f"{d}-d, {n}, {b}" for d, n, b in columns) + " |"]
    lines.append("| --- |" + " --- |" * len(columns))
    for name, goals in dict.fromkeys((row["engine"], row["goals"]) for row in found):
        mine = {
            (r["dimensions"], r["trials"], r["batch"]): r["processor_seconds"]
            for r in found
            if (r["engine"], r["goals"]) == (name, goals)
        }
        cells = " | ".join(f"{1000 * mine[column]:.{0 if mine[column] > 0.01 else 1}f}" for column in columns)
        lines.append(f"| {name}, {goals} | {cells} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description=__doc__.splitlines()[0])
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = list(rows(given))
    worst, used = (max(row[key] for row in found) for key in ("seconds", "processor_seconds"))
    machine = {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "forest": forest_package(),
        "numpy": np.__version__,
    }
    if given.json:
        print(json.dumps({"machine": machine, "rows": found, "worst": worst, "required": REQUIRED}, indent=1))
        return
    print(f"processor's ms for each evaluation (dimensions, trials told, batch); {machine}\n")
    print(table(found))
    print(f"\nslowest {worst:.2f} s for each evaluation, {used:.2f} s of the processor; required {REQUIRED} s")


if __name__ == "__main__":
    main()

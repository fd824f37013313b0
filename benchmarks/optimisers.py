"""Which engine finds most in how many evaluations: test functions, and forests fitted to evaluations of our own.

``python -m benchmarks.optimisers`` lets every engine search every problem with 3 seeds (``--full``: 5) and prints the
median and the range of the best loss after 100, 200 and 500 evaluations, as Markdown; ``--json FILE`` writes them too.
What is done is kept under ``--work``, a file for each search, and not done again: remove it after changing an engine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.evaluations import DIMENSIONS, OBJECTIVES, STORED, read
from benchmarks.forest import fit
from lsmcal.parameters.space import LEVELS
from lsmcal.search.engines import ENGINES, make
from lsmcal.search.lattice import snap
from lsmcal.search.protocol import Trials

AFTER = (100, 200, 500)
BATCH = 8
SEEDS, FULL_SEEDS = 3, 5
#: The stored evaluations were proposed with seed 1, whose points the forests know: it is not used again.
FIRST_SEED = 11


@dataclass(frozen=True)
class Problem:
    """Something to minimise over the unit cube.

    Parameters
    ----------
    name : str
    default : (d,) array
        Trial 0.
    loss : callable
        Points (n, d) to losses (n,).
    """

    name: str
    default: np.ndarray
    loss: Callable[[np.ndarray], np.ndarray]


def optimum(dimensions: int) -> np.ndarray:
    """Where both test functions are 0: a lattice point, never nearer than 0.15 to a face."""
    return snap(np.random.default_rng([26, dimensions]).uniform(0.15, 0.85, dimensions), LEVELS)


def quadratic(points: np.ndarray) -> np.ndarray:
    """Bowl with weights over two decades and neighbours that depend on each other; 0 at its best."""
    off = np.asarray(points) - optimum(np.shape(points)[-1])
    weight = np.random.default_rng(7).permutation(np.logspace(-1.0, 1.0, off.shape[-1]))
    mixed = off + 0.7 * np.roll(off, 1, axis=-1)
    return (weight * mixed**2).sum(axis=-1) / weight.sum() * 10.0


def rosenbrock(points: np.ndarray) -> np.ndarray:
    """Chain of Rosenbrock's valleys, three units a side, shifted; mean over the coordinates, 0 at its best."""
    place = 1.0 + 3.0 * (np.asarray(points) - optimum(np.shape(points)[-1]))
    here, following = place[..., :-1], place[..., 1:]
    return (100.0 * (following - here**2) ** 2 + (1.0 - here) ** 2).sum(axis=-1) / place.shape[-1]


FUNCTIONS = {"quadratic": quadratic, "rosenbrock": rosenbrock}
NAMES = tuple(f"{name}-{d}" for name in (*FUNCTIONS, *OBJECTIVES) for d in DIMENSIONS)


def problem(name: str, folder: Path = STORED) -> Problem:
    """A test function, or a forest of stored evaluations, by a name such as ``kappa-26``."""
    kind, dimensions = name.rsplit("-", 1)
    if kind in FUNCTIONS:
        return Problem(name, np.full(int(dimensions), 0.5), FUNCTIONS[kind])
    forest = fit(read(kind, int(dimensions), folder), name)
    return Problem(name, forest.default, forest)


def losses_of(engine, given: Problem, evaluations: int) -> np.ndarray:
    """Losses of a search in the order of its trials, (evaluations,): the search itself without its history."""
    points = given.default[None, :]
    losses = np.asarray(given.loss(points), np.float64)
    batch = 1
    while len(points) < evaluations:
        asked = engine.ask(Trials.of(points, losses), batch)
        if not len(asked):
            break
        points, losses = np.vstack([points, asked]), np.append(losses, given.loss(asked))
        batch += 1
    return losses[:evaluations]


def best_after(losses: np.ndarray) -> dict[str, float]:
    """Smallest loss after each number of evaluations."""
    return {str(count): float(losses[:count].min()) for count in AFTER if len(losses) >= count}


def run(engine: str, given: Problem, seed: int, work: Path, batch: int = BATCH) -> dict[str, object]:
    """One search, or what is known of it."""
    place = work / f"batch-{batch}" / f"{engine}-{given.name}-{seed}.json"
    if place.exists():
        return json.loads(place.read_text(encoding="utf-8"))
    used = time.process_time()
    made = make(engine, given.default.size, seed=seed, batch=batch, levels=LEVELS)
    best = best_after(losses_of(made, given, max(AFTER)))
    found = {
        "engine": engine,
        "problem": given.name,
        "seed": seed,
        "batch": batch,
        "best": best,
        "seconds": round(time.process_time() - used, 2),
    }
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_suffix(".tmp")
    temporary.write_text(json.dumps(found), encoding="utf-8")
    temporary.replace(place)
    return found


def summary(runs: Iterable[dict]) -> list[dict[str, object]]:
    """Median, smallest and largest best loss by problem, engine and number of evaluations."""
    groups: dict[tuple, list[float]] = {}
    for one in runs:
        for count, value in one["best"].items():
            groups.setdefault((one["problem"], one["engine"], int(count)), []).append(value)
    return [
        {
            "problem": name,
            "engine": engine,
            "evaluations": count,
            "median": statistics.median(values),
            "low": min(values),
            "high": max(values),
            "seeds": len(values),
        }
        for (name, engine, count), values in groups.items()
    ]


def table(found: Sequence[dict]) -> str:
    """The summary in Markdown, the smallest median of each problem and number of evaluations in bold."""
    place = {(one["problem"], one["engine"], one["evaluations"]): one for one in found}
    counts = sorted({one["evaluations"] for one in found})
    engines = list(dict.fromkeys(one["engine"] for one in found))
    seeds = sorted({one["seeds"] for one in found})
    lines = [
        f"Seeds: {', '.join(map(str, seeds))}.",
        "",
        "| problem | engine | " + " | ".join(f"after {count}" for count in counts) + " |",
        "| --- " * (2 + len(counts)) + "|",
    ]
    for name in dict.fromkeys(one["problem"] for one in found):
        rows = {engine: [place.get((name, engine, count)) for count in counts] for engine in engines}
        least = [min(r["median"] for row in rows.values() if (r := row[k])) for k in range(len(counts))]
        first = name
        for engine, row in rows.items():
            if any(row):
                cells = [_cell(one, least[k]) for k, one in enumerate(row)]
                lines.append(f"| {first} | {engine} | " + " | ".join(cells) + " |")
                first = ""
    return "\n".join(lines)


def _cell(one: dict | None, least: float) -> str:
    if one is None:
        return ""
    median = f"{one['median']:.3g}"
    median = f"**{median}**" if one["median"] <= least else median
    return f"{median} ({one['low']:.3g}–{one['high']:.3g})"


def main() -> None:
    """Read the arguments, search, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help=f"{FULL_SEEDS} seeds instead of {SEEDS}")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--functions", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--batch", type=int, default=BATCH, help="points proposed at once")
    parser.add_argument("--work", type=Path, default=Path("output") / "optimisers", help="finished searches")
    parser.add_argument("--stored", type=Path, default=STORED)
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args()
    runs = []
    for name in given.functions:
        here = problem(name, given.stored)
        seeds = range(FIRST_SEED, FIRST_SEED + (FULL_SEEDS if given.full else SEEDS))
        runs += [run(engine, here, seed, given.work, given.batch) for engine, seed in product(given.engines, seeds)]
    found = summary(runs)
    print(table(found))
    if given.json:
        given.json.write_text(json.dumps({"summary": found, "runs": runs}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

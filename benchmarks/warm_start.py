"""How far Kappa moves when a trial starts from the default set's equilibrium instead of the linear profile.

python -m benchmarks.warm_start [CASE] [--sets 16] [--set KEY=VALUE ...]
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import qmc

from lsmcal.calibration.setup import calibration_inputs, classes_of, prepare_problem
from lsmcal.case import load_case
from lsmcal.evaluation.agreement import binary
from lsmcal.parallel.job import job_of


def main() -> None:
    """Evaluate sets of the case's space warm and cold, and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", nargs="?", default="cases/calibrate-plateau")
    parser.add_argument("--sets", type=int, default=16, help="parameter sets, of a Sobol sequence over the space")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides")
    parser.add_argument("--data")
    parser.add_argument("--out", help="JSON file of the results")
    given = parser.parse_args()
    case = load_case(given.case, given.overrides, data=given.data)
    rows = compare(case, given.sets)
    print(table(rows))
    if given.out:
        Path(given.out).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def compare(case, count: int) -> list[dict[str, float]]:
    """Kappa, classes and temperature of so many sets, warm and cold."""
    inputs = calibration_inputs(case)
    folder = Path(case.output_folder) / "calibration"
    with job_of(case, folder) as job:
        prepared, warm = prepare_problem(inputs, folder, job)
    cold = replace(warm, state={}, spinup=inputs.region.spinup)
    points = qmc.Sobol(len(prepared.space), seed=1).random(count)
    rows = []
    for point in points:
        sets = [prepared.space.to_parameters(prepared.space.snap(point))]
        found, seconds = {}, {}
        for name, evaluation in (("warm", warm), ("cold", cold)):
            clock = time.process_time()
            found[name] = evaluation.run(np.arange(evaluation.index.size), sets)
            seconds[name] = time.process_time() - clock
        rows.append(_row(prepared, warm, cold, found, seconds))
        print(json.dumps(rows[-1]), flush=True)
    return rows


def _row(prepared, warm, cold, found, seconds) -> dict[str, float]:
    runs = {"warm": warm.simulated([found["warm"]], 0), "cold": cold.simulated([found["cold"]], 0)}
    goal = prepared.goals[0]
    classes = {name: binary(classes_of(run, goal.year)) for name, run in runs.items()}
    apart = np.abs(runs["warm"].mean[:, -1] - runs["cold"].mean[:, -1]).max(axis=1)
    return {
        "kappa_warm": goal.score(runs["warm"]).value,
        "kappa_cold": goal.score(runs["cold"]).value,
        "classes_apart": int((classes["warm"] != classes["cold"]).sum()),
        "temperature_median": float(np.median(apart)),
        "temperature_95": float(np.quantile(apart, 0.95)),
        "cycles_warm": float(found["warm"]["cycles"].mean()),
        "cycles_cold": float(found["cold"]["cycles"].mean()),
        "settled_warm": float(found["warm"]["converged"].mean()),
        "seconds_warm": seconds["warm"],
        "seconds_cold": seconds["cold"],
    }


def table(rows: list[dict[str, float]]) -> str:
    """What differs, in Markdown."""
    moved = np.array([row["kappa_warm"] - row["kappa_cold"] for row in rows])

    def median(name: str) -> float:
        return float(np.median([row[name] for row in rows]))

    lines = [
        f"| {len(rows)} sets | warm against cold |",
        "| --- | --- |",
        f"| Kappa moves, median (largest) | {np.median(np.abs(moved)):.4f} ({np.abs(moved).max():.4f}) |",
        f"| Kappa moves, mean with sign | {moved.mean():+.4f} |",
        f"| sets with the same Kappa | {int((moved == 0).sum())} |",
        f"| cells in another class, mean (most) | {np.mean([r['classes_apart'] for r in rows]):.2f} "
        f"({max(r['classes_apart'] for r in rows)}) |",
        f"| worst layer's temperature, median and 95 % of the cells | {median('temperature_median'):.3f}, "
        f"{median('temperature_95'):.3f} K |",
        f"| cycles warm, cold | {median('cycles_warm'):.1f}, {median('cycles_cold'):.1f} |",
        f"| processor seconds warm, cold | {median('seconds_warm'):.1f}, {median('seconds_cold'):.1f} |",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()

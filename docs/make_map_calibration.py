"""Calibrate the twins of cases/calibrate-plateau and write docs/map-calibration-results.md with its figures.

Usage: python docs/make_map_calibration.py FOLDER [--best 4]

FOLDER receives the results of each calibration; searches that are complete are not repeated. All of it takes about
one to two hours of one core. Under ``mpiexec`` rank 0 writes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from lsmcal.calibration.batch import evaluate_sets
from lsmcal.calibration.result import MapCalibration
from lsmcal.calibration.setup import calibration_inputs, prepare_problem
from lsmcal.calibration.stage import calibrate_region
from lsmcal.calibration.transfer import map_goal_over, scored_cells
from lsmcal.case import load_case
from lsmcal.parallel.job import job_of
from lsmcal.parallel.launch import launched_world
from lsmcal.search.history import load_history

HERE = Path(__file__).resolve().parent
CASES = HERE.parent / "cases" / "calibrate-plateau"
#: Folder: case file, keys that differ, and what it is called.
SEARCHES = {
    "map-12": ("case.toml", ["calibrate.evaluations=256"], "the map, 12 dimensions"),
    "map-26": ("case.toml", ["calibrate.threshold=0.056", "calibrate.evaluations=120"], "the map, 26 dimensions"),
    "meadow": ("site-meadow.toml", [], "a meadow (dense, class 7)"),
    "desert": ("site-desert.toml", [], "a desert (sparse, class 19)"),
    "front": ("front.toml", ["calibrate.evaluations=64"], "map and meadow together"),
}
FIGURES = {
    "map-12": {
        "trajectory": "map-trajectory",
        "sensitive": "map-sensitive",
        "agreement": "map-agreement",
        "equifinality": "map-equifinality",
    },
    "front": {"pareto": "map-pareto"},
}


def case_of(name: str, folder: Path):
    """The case of a search with its results in a folder."""
    file, changes, _ = SEARCHES[name]
    return load_case(CASES / file, [*changes, f"case.output={(folder / name).resolve()}"])


def best_sets(history, count: int) -> list[dict[str, float]]:
    """Different sets with the lowest losses, the best first."""
    order = np.argsort(history.losses, kind="stable")[:count]
    return [dict(history.records[k].parameters) for k in order]


def transferred(folder: Path, count: int) -> dict[str, dict[str, list[float]]]:
    """Kappa of the best sets of each search on the cells of the map's calibration: search to cells to values."""
    path = folder / "transferred.json"
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))
    case = case_of("map-12", folder)
    inputs, found = calibration_inputs(case), {}
    place = Path(case.output_folder) / "calibration"
    with job_of(case, place) as job:
        prepared, used = prepare_problem(inputs, place, job)
        for name in ("map-12", "map-26", "meadow", "desert"):
            sets = best_sets(load_history(folder / name / "calibration" / "history.jsonl"), count)
            runs = evaluate_sets(used.everywhere(), sets, place / "checkpoint", job)
            if prepared is None:
                continue
            masks = scored_cells(prepared)
            found[name] = {
                cells: [
                    map_goal_over(prepared, mask).score(one.simulated).value
                    for one in runs
                    if one.simulated is not None
                ]
                for cells, mask in masks.items()
            }
    if prepared is not None:
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


# -- the page ---------------------------------------------------------------------------------------------------------
def twin_table(results: dict[str, MapCalibration]) -> list[str]:
    """Results of the searches against the map."""
    lines = ["| | 12 dimensions | 26 dimensions |", "| --- | --- | --- |"]
    both = [results["map-12"], results["map-26"]]
    rows = {
        "evaluations": [f"{len(one.history)}" for one in both],
        "Kappa, calibrated cells: default": [_kappa(one, "calibrated", "default") for one in both],
        "best after 50": [_best(one, 50) for one in both],
        "best after 150": [_best(one, 150) for one in both],
        "best": [_best(one, len(one.history)) for one in both],
        "hidden set": [_kappa(one, "calibrated", "hidden") for one in both],
        "share of the gap to the hidden set": [_gap(one, "calibrated") for one in both],
        "Kappa, held-out cells: default": [_kappa(one, "held-out", "default") for one in both],
        "calibrated": [_kappa(one, "held-out", "calibrated") for one in both],
        "hidden set ": [_kappa(one, "held-out", "hidden") for one in both],
        "share of the gap, held-out": [_gap(one, "held-out") for one in both],
        "constrained parameters": [f"{one.cost()['constrained']}" for one in both],
        "seconds an evaluation, one core": [f"{one.cost()['model_seconds'] / len(one.history):.1f}" for one in both],
        "proposing, share of that time": [
            f"{100 * one.cost()['optimiser_seconds'] / one.cost()['model_seconds']:.2g} %" for one in both
        ],
    }
    return lines + [f"| {name.strip()} | {' | '.join(values)} |" for name, values in rows.items()]


def _kappa(found: MapCalibration, cells: str, run: str) -> str:
    return f"{found.confusions[cells][run].kappa:.3f}"


def _best(found: MapCalibration, count: int) -> str:
    objectives = found.history.objectives[:count]
    return f"{np.nanmax(objectives):.3f}" if count <= len(found.history) else "-"


def _gap(found: MapCalibration, cells: str) -> str:
    default, best, hidden = (found.confusions[cells][run].kappa for run in ("default", "calibrated", "hidden"))
    return f"{100 * (best - default) / (hidden - default):.0f} %"


def transfer_table(values: dict[str, dict[str, list[float]]], results: dict[str, MapCalibration]) -> list[str]:
    """Kappa of sets transferred to the region."""
    reference = results["map-12"].confusions
    lines = ["| found at | calibrated cells: best (range) | held-out | all |", "| --- | --- | --- | --- |"]
    names = ("calibrated", "held-out", "all")
    for run in ("default", "hidden"):
        lines.append(f"| {run} set | " + " | ".join(f"{reference[cells][run].kappa:.3f}" for cells in names) + " |")
    for name, found in values.items():
        columns = [f"{found[c][0]:.3f} ({min(found[c]):.3f} to {max(found[c]):.3f})" for c in names]
        lines.append(f"| {SEARCHES[name][2]} | " + " | ".join(columns) + " |")
    return lines


def front_table(found: MapCalibration) -> list[str]:
    """Goals of the default set and of the trials on the front."""
    names = list(found.goals)
    lines = ["| trial | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
    rows = [("default", found.history.records[0])]
    front = sorted(found.front, key=lambda k: found.history.records[k].goals[names[0]])
    rows += [(str(k), found.history.records[k]) for k in front]
    return lines + [f"| {label} | " + " | ".join(f"{row.goals[n]:.3f}" for n in names) + " |" for label, row in rows]


def main() -> None:
    """Search, transfer, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--best", type=int, default=4, help="sets of each search that are transferred")
    given = parser.parse_args()
    results = {name: calibrate_region(case_of(name, given.folder)) for name in SEARCHES}
    values = transferred(given.folder, given.best)
    if not launched_world().is_root:
        return
    sites = [
        f"- {SEARCHES[name][2]}: NSE {next(iter(results[name].goals.values()))['default']:.3f} with the default set, "
        f"{next(iter(results[name].goals.values()))['calibrated']:.3f} calibrated"
        for name in ("meadow", "desert")
    ]
    page = [
        "# Results of the twin experiments",
        "",
        "This page lists the numbers behind [Calibration against a permafrost map](map-calibration.md).",
        "`python docs/make_map_calibration.py FOLDER` makes it.",
        "",
        "## Search against the map",
        "",
        *twin_table(results),
        "",
        "## Transfer from a site to the region",
        "",
        *sites,
        "",
        f"Kappa of the map, best set and range of the best {given.best}:",
        "",
        *transfer_table(values, results),
        "",
        "## Pareto front of two goals",
        "",
        *front_table(results["front"]),
        "",
        "## Next",
        "",
        "[Calibration against a permafrost map](map-calibration.md) · [All pages](index.md)",
        "",
    ]
    (HERE / "map-calibration-results.md").write_text("\n".join(page), encoding="utf-8")
    for name, wanted in FIGURES.items():
        for figure, image in wanted.items():
            drawn = given.folder / name / "calibration" / "figures" / f"{figure}.png"
            (HERE / "images" / f"{image}.png").write_bytes(drawn.read_bytes())


if __name__ == "__main__":
    main()

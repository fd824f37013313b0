"""Run the Wenquan case with default parameters, compare it with the survey, and write docs/wenquan-results.md.

Usage: python docs/make_wenquan.py --data FOLDER

FOLDER holds ``wenquan_permafrost_survey/wenquan_1km.nc`` and ``qtp_grids/qtp_climatology_elevation.nc``. Runs are
cached in the case's output folder, so that a second call only makes the page. Where ``lsmcal calibrate`` has left its
maps in that folder, the calibrated one is compared as well.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from lsmcal.calibration.holdout import thinned
from lsmcal.case import load_case
from lsmcal.evaluation.agreement import Confusion, confusion
from lsmcal.figures.agreement import agreement_maps
from lsmcal.figures.region_maps import CellGrid
from lsmcal.figures.style import to_png
from lsmcal.parallel.job import job_of
from lsmcal.permafrost import PERMAFROST, permafrost_of_file
from lsmcal.simulate.from_case.region import region_of
from lsmcal.simulate.region import Region
from lsmcal.simulate.stage import run_whole_region

HERE = Path(__file__).resolve().parent
CASE = HERE.parent / "cases" / "calibrate-wenquan"
#: Square root of freezing over thawing degree days above which there is permafrost (Cao et al. 2023).
THRESHOLD = 0.9
YEAR = 365.25
#: The indices of the map taken for those of the air.
AS_AIR = ["forcing.n_thawing=1.0", "forcing.n_freezing=1.0", "case.output=output/as-air"]


def run(case) -> tuple[Region, dict[str, np.ndarray]]:
    """Region of a case; simulated map of the last year, and means of air and surface temperature [degC]."""
    from netCDF4 import Dataset

    region = region_of(case)
    with job_of(case, case.output_folder, print_progress) as job:
        files = run_whole_region(region, case.output_folder, job)
    classes = permafrost_of_file(files.years).classes
    found = {"map": (classes[-1].ravel() == PERMAFROST).astype(int)}
    with Dataset(files.years) as file:
        file.set_auto_mask(False)
        for name in ("air", "surface"):
            found[name] = file[f"annual_{name}_temperature_mean"][:].mean(axis=0, dtype=float) - 273.15
    return region, found


def indices_of(case, region: Region) -> tuple[np.ndarray, np.ndarray]:
    """Thawing and freezing degree days of the map in each cell."""
    from netCDF4 import Dataset

    found = []
    for wanted in (case.forcing.thawing, case.forcing.freezing):
        path = next(place for place in case.places(wanted.file) if place.is_file())
        with Dataset(path) as file:
            values = np.asarray(file[wanted.variable][:], float)
            if file["lat"][0] > file["lat"][-1]:
                values = values[::-1]
        found.append(values.ravel()[region.domain.cell])
    return found[0], found[1]


def best_threshold(target: np.ndarray, cold: np.ndarray) -> tuple[float, Confusion]:
    """The number above which ``cold`` agrees best with the target, found on the target itself."""
    tried = np.quantile(cold, np.linspace(0.005, 0.995, 199))
    found = [confusion(target, (cold >= number).astype(int)) for number in tried]
    best = int(np.nanargmax([one.kappa for one in found]))
    return float(tried[best]), found[best]


def row(name: str, found: Confusion) -> str:
    """A line of the table: Kappa, accuracy, and the four counts."""
    (both, missed), (false, neither) = found.counts
    kappa = "undefined" if np.isnan(found.kappa) else f"{found.kappa:.3f}"
    share = (both + neither) / found.total
    return f"| {name} | {found.total} | {kappa} | {share:.3f} | {both} | {missed} | {false} | {neither} |"


def page(data: Path, given: list[str]) -> list[str]:
    """Run what is not run yet, draw the maps and return the page."""
    case = load_case(CASE, given, data=data)
    region, default = run(case)
    _, other = run(load_case(CASE, [*given, *AS_AIR], data=data))
    target, (thawing, freezing) = region.domain.target, indices_of(case, region)
    number = np.sqrt(freezing / thawing)
    maps = {"frost number": (number >= THRESHOLD).astype(int), "default": default["map"]}
    found = {name: confusion(target, values) for name, values in maps.items()}
    threshold, best = best_threshold(target, number)
    surface = (thawing - freezing) / YEAR
    calibrated = calibration_of(case)
    if calibrated:
        maps["calibrated"] = calibrated["permafrost_calibrated"]
        found["calibrated"] = confusion(target, maps["calibrated"])
    _draw(region, maps, found)
    lines = [
        "| map | cells | Kappa | accuracy | permafrost in both | missed | only simulated | none in both |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        row("plain frost number, threshold 0.9", found["frost number"]),
        row(f"frost number, best threshold for this map ({threshold:.2f})", best),
        row("model, default set", found["default"]),
        row("model, default set, surface indices used as air indices", confusion(target, other["map"])),
    ]
    if calibrated:
        lines += [row("model, calibrated", found["calibrated"]), "", *_groups(case, calibrated, maps, target)]
    return [
        "# Results for the Wenquan survey",
        "",
        "This page lists the numbers behind [Calibration against a surveyed map](wenquan.md).",
        f"`python docs/make_wenquan.py --data FOLDER{''.join(f' --set {one}' for one in given)}` makes it.",
        "",
        *lines,
        "",
        *_errors(region, default["map"], surface),
        "",
        *_temperatures(default, surface),
        "",
        "![Agreement with the survey](images/wenquan.png)",
        "",
        "## Next",
        "",
        "[Calibration against a surveyed map](wenquan.md) · [All pages](index.md)",
    ]


def calibration_of(case) -> dict[str, np.ndarray]:
    """Maps that the calibration left; empty if there is none."""
    from netCDF4 import Dataset

    path = case.output_folder / "calibration" / "maps.nc"
    if not path.is_file():
        return {}
    with Dataset(path) as file:
        return {name: np.asarray(file[name][:]) for name in ("permafrost_calibrated", "sensitive", "held_out")}


def _groups(case, calibrated: dict[str, np.ndarray], maps: dict[str, np.ndarray], target: np.ndarray) -> list[str]:
    """Kappa of each map on the cells that were calibrated and on those that were not."""
    sensitive, held = calibrated["sensitive"] == 1, calibrated["held_out"] == 1
    used = np.zeros(target.size, bool)
    used[thinned(np.flatnonzero(sensitive & ~held), case.calibrate.every)] = True
    groups = {
        "all": np.ones(target.size, bool),
        "cells used for calibration": used,
        "all others": ~used,
        "validation bands": held,
        "of these, sensitive": held & sensitive,
    }
    lines = [f"| Kappa on | cells | {' | '.join(maps)} |", "| --- | --- |" + " --- |" * len(maps)]
    for name, here in groups.items():
        values = " | ".join(f"{confusion(target[here], one[here]).kappa:.3f}" for one in maps.values())
        lines.append(f"| {name} | {int(here.sum())} | {values} |")
    return lines


def _errors(region: Region, simulated: np.ndarray, surface: np.ndarray) -> list[str]:
    """Height and index of the cells that are right and wrong, and how far one number explains the map."""
    target, lines = region.domain.target, []
    lines += [
        "| default set | cells | elevation [m] | mean surface temperature of the indices [°C] |",
        "| --- | --- | --- | --- |",
    ]
    for name, here in (
        ("permafrost in both", (target == 1) & (simulated == 1)),
        ("permafrost missed", (target == 1) & (simulated == 0)),
        ("permafrost only simulated", (target == 0) & (simulated == 1)),
        ("none in both", (target == 0) & (simulated == 0)),
    ):
        lines.append(
            f"| {name} | {int(here.sum())} | {_span(region.domain.elevation[here], 0)} | {_span(surface[here], 1)} |"
        )
    lines += ["", "Ranges are the 10th to the 90th percentile of the cells."]
    if np.unique(simulated).size == 2:
        own, alike = best_threshold(simulated, -surface)
        wanted, _ = best_threshold(target, -surface)
        share = np.trace(alike.counts) / alike.total
        lines += [
            "",
            f"One threshold on the mean surface temperature of the indices, {-own:+.1f} °C, gives the same "
            f"class as the model in {100.0 * share:.1f} % of the cells. The survey requires {-wanted:+.1f} °C.",
        ]
    return lines


def _span(values: np.ndarray, digits: int) -> str:
    return "–" if not values.size else " to ".join(f"{one:.{digits}f}" for one in np.percentile(values, (10, 90)))


def _temperatures(default: dict[str, np.ndarray], surface: np.ndarray) -> list[str]:
    offset = default["surface"] - default["air"]
    return [
        f"Mean of all cells: air of the model {default['air'].mean():+.2f} °C, its surface "
        f"{default['surface'].mean():+.2f} °C ({offset.mean():.2f} K warmer); surface temperature of the indices "
        f"{surface.mean():+.2f} °C."
    ]


def _draw(region: Region, maps: dict[str, np.ndarray], found: dict[str, Confusion]) -> None:
    domain = region.domain
    raster = CellGrid(domain.grid.longitude, domain.grid.latitude, domain.cell)
    titles = {f"{name}: Kappa {found[name].kappa:.2f}": values for name, values in maps.items()}
    (HERE / "images" / "wenquan.png").write_bytes(to_png(agreement_maps(raster, titles, domain.target)))


def print_progress(stage: str, done: int, of: int) -> None:
    """A line now and then."""
    if done == of or done * 10 // of != (done - 1) * 10 // of:
        print(f"{stage}: {done} of {of}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--set", action="append", default=[], help="keys that the calibration was made with")
    options = parser.parse_args()
    text = "\n".join(page(options.data, options.set)) + "\n"
    (HERE / "wenquan-results.md").write_text(text, encoding="utf-8")
    print(text)

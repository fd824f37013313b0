"""Calibrate the real sites, try each site's parameters at the others, and write docs/sites-results.md with figures.

Usage: python docs/make_sites.py --data FOLDER [--sites yakou toolik ...] [--evaluations N]

FOLDER holds the sites' data as the README of each case under ``cases/`` describes. Results of a search are kept in
the case's output folder, so that a second call only makes the page.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from lsmcal.calibration.site_setup import calibration_of
from lsmcal.calibration.site_stage import run_calibration
from lsmcal.case import load_case
from lsmcal.evaluation.site import mean_of, score_table
from lsmcal.noah.parameters.overrides import split_key
from lsmcal.parameters.table import find_parameter
from lsmcal.simulate.failures import RunFailed

HERE = Path(__file__).resolve().parent
SITES = ("yakou", "toolik", "bondville", "col-de-porte")
#: Kinds shown in the table of a site, with the score's name.
KINDS = {"soil_moisture_liquid": "soil moisture", "snow_depth": "snow depth", "skin_temperature": "skin temperature"}


def _two(value: float) -> str:
    """Two decimals; a dash where there is no number."""
    return f"{value:.2f}" if np.isfinite(value) else "–"


def calibrated(name: str, data: Path, overrides: list[str]):
    """Case, calibration and result of a site."""
    case = load_case(HERE.parent / "cases" / name, overrides, data=data)
    calibration = calibration_of(case)
    started = time.perf_counter()
    result = run_calibration(calibration, Path(case.output_folder) / "calibration")
    print(f"{name}: {result.evaluation['search']} in {time.perf_counter() - started:.0f} s", flush=True)
    return case, calibration, result


def carried_over(source, target) -> dict[str, float]:
    """A site's best set for another site: universal values and offsets as they are, class values by mean ratio."""
    ratios: dict[str, list[float]] = {}
    carried = {}
    for key, value in source[2].best.items():
        name, number = split_key(key)
        parameter = find_parameter(name)
        if not parameter.by_class:
            carried[name] = value
        else:
            ratios.setdefault(name, []).append(value / parameter.default(source[1].site.setup.tables, number))
    space = target[1].space
    for dimension in space.dimensions:
        name, number = split_key(dimension.name)
        if name in ratios:
            value = dimension.default * float(np.mean(ratios[name]))
            carried[dimension.name] = float(np.clip(value, dimension.low, dimension.high))
    return carried


def mean_nse(calibration, parameters: dict[str, float]) -> float:
    """Mean NSE over depths in the validation period under a parameter set."""
    run = calibration.site.run_sets([parameters])[0]
    if isinstance(run, RunFailed):
        return float("nan")
    return score_table(calibration.target, calibration.target.simulated(run))["validation"]["mean_nse"]


def transfer(done: dict) -> list[str]:
    """Table of each site's best set at every site, validation period."""
    lines = ["| parameters of \\ at | " + " | ".join(done) + " |", "| --- |" + " --- |" * len(done)]
    rows = {"default": {name: mean_nse(site[1], {}) for name, site in done.items()}}
    for source in done:
        rows[source] = {}
        for target in done:
            own = source == target
            parameters = dict(done[source][2].best) if own else carried_over(done[source], done[target])
            rows[source][target] = mean_nse(done[target][1], parameters)
    for source, values in rows.items():
        cells = [f"**{value:.2f}**" if source == name else f"{value:.2f}" for name, value in values.items()]
        lines.append(f"| {source} | " + " | ".join(cells) + " |")
    return lines


def scores(evaluation: dict) -> list[str]:
    """Table of NSE, skill and bias by depth, default and calibrated, both periods."""
    lines = [
        "| depth [m] | NSE cal. default | NSE cal. calibrated | NSE val. default | NSE val. calibrated "
        "| skill val. default | skill val. calibrated | NSE of climatology, val. | bias val. calibrated [K] |",
        "| --- |" + " --- |" * 8,
    ]
    table = evaluation["scores"]
    columns = [
        ("default", "calibration", "nse"),
        ("calibrated", "calibration", "nse"),
        ("default", "validation", "nse"),
        ("calibrated", "validation", "nse"),
        ("default", "validation", "skill"),
        ("calibrated", "validation", "skill"),
        ("default", "validation", "nse_climatology"),
        ("calibrated", "validation", "mbe"),
    ]
    values = np.array([[_number(v) for v in table[run][period][name]] for run, period, name in columns])
    for depth, row in zip(evaluation["depths"], values.T, strict=True):
        lines.append(f"| {depth:g} | " + " | ".join(_two(value) for value in row) + " |")
    lines.append("| mean | " + " | ".join(_two(mean_of(row)) for row in values) + " |")
    return lines


def others(evaluation: dict) -> list[str]:
    """One line for every further observed kind: mean NSE and bias in the validation period."""
    lines = []
    for kind, one in evaluation["other"].items():
        for run in ("default", "calibrated"):
            row = one["scores"][run].get("validation")
            if row:
                bias = ", ".join("-" if v is None else f"{v:+.2f}" for v in row["mbe"])
                mean = _number(row["mean_nse"])
                depths = ", ".join(f"{depth:g}" for depth in one["depths"])
                lines.append(f"- {KINDS[kind]}, {run}: mean NSE {mean:.2f}; bias by depth ({depths} m): {bias}")
    return lines


def _number(value) -> float:
    return float("nan") if value is None else float(value)


def figure(name: str, folder: Path) -> Path:
    """Observed and simulated temperature at three depths."""
    from matplotlib.figure import Figure
    from netCDF4 import Dataset

    with Dataset(folder / "calibration" / "series.nc") as file:
        file.set_auto_mask(False)
        days = np.datetime64("1970-01-01", "D") + file["time"][:].astype(int)
        depth = np.asarray(file["depth"][:])
        series = {key: np.asarray(file[key][:]) - 273.15 for key in ("observed", "default", "calibrated")}
    shown = sorted({0, depth.size // 2, depth.size - 1})
    page = Figure(figsize=(9.0, 2.2 * len(shown)), layout="constrained")
    axes = page.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
    style = {"observed": ("k", 1.2), "default": ("#999999", 1.0), "calibrated": ("#d55e00", 1.0)}
    for axis, k in zip(axes, shown, strict=True):
        for key, (colour, width) in style.items():
            axis.plot(days, series[key][:, k], color=colour, lw=width, label=key)
        axis.set_ylabel("temperature [°C]")
        axis.set_title(f"{depth[k]:g} m", loc="left", fontsize=10)
        axis.axhline(0.0, color="#bbbbbb", lw=0.6, zorder=0)
    axes[0].legend(ncols=3, frameon=False, loc="lower left", bbox_to_anchor=(0.25, 1.0), borderaxespad=0.1)
    path = HERE / "images" / f"site-{name}.png"
    path.parent.mkdir(exist_ok=True)
    page.savefig(path, dpi=110)
    return path


def main() -> None:
    """Calibrate, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sites", nargs="+", default=list(SITES))
    parser.add_argument(
        "--set", action="append", default=[], help="override of every case, such as calibrate.engine=cmaes"
    )
    arguments = parser.parse_args()
    done = {name: calibrated(name, arguments.data, arguments.set) for name in arguments.sites}
    lines = ["<!-- made by docs/make_sites.py -->", ""]
    for name, (case, _, result) in done.items():
        found = result.evaluation["search"]
        figure(name, Path(case.output_folder))
        lines += [
            f"## {case.name}",
            "",
            case.about.description,
            "",
            f"Search: {found['engine']}, {found['evaluations']} evaluations ({found['failed']} failed), mean NSE of "
            f"the calibration period {found['default']:.3f} by default, {found['best']:.3f} at best; model "
            f"{found['model_seconds']:.0f} s, optimiser {found['optimiser_seconds']:.0f} s.",
            "",
            *scores(result.evaluation),
            "",
            *others(result.evaluation),
            "",
            f"![{case.name}](images/site-{name}.png)",
            "",
            "Best set: `" + json.dumps({k: round(v, 6) for k, v in result.best.items()}) + "`",
            "",
        ]
    lines += ["## Each site's parameters at the others", "", *transfer(done), ""]
    (HERE / "sites-results.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Run both synthetic regions, compare one with weather stations, write docs/plateau-results.md and plateau-stations.md.

Usage: python docs/make_plateau.py --data FOLDER

FOLDER holds ``qtp_grids/qtp_climatology_elevation.nc`` and ``qtp_stations/`` (``stations.csv``, ``maat_annual_c.csv``,
``magst_annual_c.csv``). Runs are cached in the cases' output folders, so that a second call only makes the
pages.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lsmcal.campaign import run_campaign
from lsmcal.case import load_case
from lsmcal.figures.region_maps import ClassPanel, Panel, region_maps
from lsmcal.figures.style import CALIBRATED, KELVIN, new_figure, tidy, to_png
from lsmcal.inputs.synthetic.climatology import LAPSE_RATE, make_climatology
from lsmcal.parallel.job import Job
from lsmcal.parallel.stop import Stop
from lsmcal.permafrost import PERMAFROST
from lsmcal.report.region_ground import span
from lsmcal.report.region_permafrost import CHANGES, change_of_class
from lsmcal.report.region_results import DEEP, RegionResults, read_region_results
from lsmcal.simulate.from_case.region import cell_size, region_of
from lsmcal.simulate.region import Region
from lsmcal.simulate.stage import run_whole_region

HERE = Path(__file__).resolve().parent
CASES = HERE.parent / "cases"
#: Years whose means are compared with the stations.
FIRST, LAST = 1981, 2010
#: Temperature at 10 m that parts cold permafrost, the transition and ground without permafrost [K].
COLD, WARM = KELVIN - 1.0, KELVIN + 1.0
GROUND = ("cold permafrost", "transition", "no permafrost")


# -- the synthetic plateau ----------------------------------------------------------------------------------------
def synthetic() -> list[str]:
    """Run the demonstration, draw its maps, and count what ground it has."""
    case = load_case(CASES / "demo-plateau")
    run_campaign(case, print_progress)
    results = read_region_results(region_of(case), case.output_folder)
    _draw_plateau(results)
    first, last = results.periods
    lines = [
        "## The synthetic plateau",
        "",
        _spun_up(results),
        "",
        f"| {len(results.area)} cells | {span(first)} | {span(last)} |",
        "| --- | --- | --- |",
    ]
    kinds = [ground_of(results, period) for period in (first, last)]
    for number, name in enumerate(GROUND):
        lines.append(f"| {name} | " + " | ".join(str(int((kind == number).sum())) for kind in kinds) + " |")
    area, thaw = (
        [f"{value:,.{digits}f}" for value in values]
        for values, digits in (
            ([results.area[results.class_of_period(period) == PERMAFROST].sum() for period in (first, last)], 0),
            ([results.mean(results.active_layer(period)) for period in (first, last)], 2),
        )
    )
    return [
        *lines,
        f"| area of permafrost [km²] | {area[0]} | {area[1]} |",
        f"| mean active layer over permafrost [m] | {thaw[0]} | {thaw[1]} |",
    ]


def _spun_up(results: RegionResults) -> str:
    region, reached = results.region, results.reached
    years = reached["cycles"] * (region.cycle[1] - region.cycle[0] + 1)
    return (
        f"Spin-up (`{region.spinup.method}`) took {years.mean():.0f} years on average and {years.max()} at most. "
        f"{int(reached['converged'].sum())} of {years.size} cells reached equilibrium."
    )


def ground_of(results: RegionResults, period: tuple[int, int]) -> np.ndarray:
    """Kind of ground of each cell in a period, an index into :data:`GROUND`."""
    frozen = results.class_of_period(period) == PERMAFROST
    deep = results.soil_temperature(DEEP, period)
    return np.select([frozen & (deep < COLD), ~frozen & (deep > WARM)], [0, 2], 1)


def _draw_plateau(results: RegionResults) -> None:
    first, last = results.periods
    air = results.air_temperature(last)
    classes = [results.class_of_period(period) for period in (first, last)]
    panels = [
        Panel("elevation", results.region.domain.elevation, "elevation [m]", colours="YlOrBr"),
        Panel(f"air, {span(last)}", air - KELVIN, "temperature [°C]", "zero", "RdBu_r"),
        Panel(
            f"ground at 10 m, {span(last)}",
            results.soil_temperature(DEEP, last) - KELVIN,
            "temperature [°C]",
            "zero",
            "RdBu_r",
        ),
        ClassPanel(f"{span(first)} to {span(last)}", change_of_class(*classes), CHANGES),
    ]
    (HERE / "images" / "plateau.png").write_bytes(to_png(region_maps(results.raster, panels)))


# -- stations -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Station:
    """A weather station with its mean temperatures [°C] over the years compared."""

    name: str
    latitude: float
    longitude: float
    elevation: float
    air: float
    surface: float


def read_stations(folder: Path) -> list[Station]:
    """Stations and their means of the years compared."""
    air, surface = (_means(folder / f"{name}_annual_c.csv") for name in ("maat", "magst"))
    with (folder / "stations.csv").open(encoding="utf-8") as file:
        return [
            Station(
                row["name"],
                float(row["lat_deg"]),
                float(row["lon_deg"]),
                float(row["elev_m"]),
                air[row["name"]],
                surface[row["name"]],
            )
            for row in csv.DictReader(file)
        ]


def _means(path: Path) -> dict[str, float]:
    """Mean of each station over all the years compared; NaN if one is missing."""
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if FIRST <= int(row["year"]) <= LAST]
    names = [name for name in rows[0] if name != "year"]
    return {name: float(np.mean([float(row[name] or "nan") for row in rows])) for name in names}


def place_stations(region: Region, stations: list[Station]) -> tuple[list[tuple[Station, int]], list[tuple[str, str]]]:
    """Stations with the index of the cell that holds them, and the others with the reason why not."""
    domain, half = region.domain, 0.5 * cell_size(region.domain)
    placed, others = [], []
    for station in stations:
        east, north = np.abs(domain.longitude - station.longitude), np.abs(domain.latitude - station.latitude)
        inside = np.flatnonzero((east <= half[0]) & (north <= half[1]))
        if not inside.size:
            others.append((station.name, "its cell has no height or climate"))
        elif not np.isfinite([station.air, station.surface]).all():
            others.append((station.name, "years are missing"))
        else:
            placed.append((station, int(inside[0])))
    return placed, others


def station_cells(region: Region, index: np.ndarray, folder: Path) -> list[np.ndarray]:
    """Mean air and surface temperature of some cells over the years compared, (n,) [K], from a run of these alone."""
    from netCDF4 import Dataset

    with Stop() as stop:
        files = run_whole_region(region.only(index), folder, Job(stop=stop, progress=print_progress))
    with Dataset(files.years) as file:
        file.set_auto_mask(False)
        world = (file["year"][:] >= FIRST) & (file["year"][:] <= LAST)
        return [file[f"annual_{name}_temperature_mean"][world].mean(axis=0, dtype=float) for name in ("air", "surface")]


def stations(data: Path) -> tuple[list[str], list[str]]:
    """Compare air and surface temperature with the stations; draw them and return summary and list."""
    case = load_case(CASES / "plateau-climatology", [], data=data)
    domain, weather = make_climatology(data / case.forcing.file, case.region.seed, case.grid.thickness, lowest=0.0)
    region = replace(region_of(case), domain=domain, weather=weather)  # many stations lie below the case's cells
    placed, others = place_stations(region, read_stations(data / "qtp_stations"))
    index = np.unique([cell for _, cell in placed])
    air, surface = station_cells(region, index, case.output_folder / "stations")
    rows = np.searchsorted(index, [cell for _, cell in placed])
    height = region.domain.elevation[index][rows]
    lift = LAPSE_RATE * (np.array([station.elevation for station, _ in placed]) - height)
    simulated = {"air": air[rows] - KELVIN - lift, "surface": surface[rows] - KELVIN - lift}
    observed = {name: np.array([getattr(station, name) for station, _ in placed]) for name in simulated}
    simulated["surface minus air"] = simulated["surface"] - simulated["air"]
    observed["surface minus air"] = observed["surface"] - observed["air"]
    names = [station.name for station, _ in placed]
    _draw_stations(names, observed, simulated)
    return summary_lines(observed, simulated), station_lines(placed, others, height, observed, simulated)


def agreement(observed: np.ndarray, simulated: np.ndarray) -> dict[str, float]:
    """Bias, root-mean-square difference and correlation."""
    difference = simulated - observed
    return {
        "bias": float(difference.mean()),
        "rms": float(np.sqrt(np.mean(difference**2))),
        "r": float(np.corrcoef(observed, simulated)[0, 1]),
    }


def _draw_stations(names: list[str], observed: dict, simulated: dict) -> None:
    from matplotlib.ticker import MultipleLocator

    titles = {
        "air": "air temperature [°C]",
        "surface": "surface temperature [°C]",
        "surface minus air": "surface minus air [K]",
    }
    figure = new_figure(9.0, 3.3)
    for axis, (name, title) in zip(figure.subplots(1, 3), titles.items(), strict=True):
        tidy(axis)
        x, y = observed[name], simulated[name]
        low, high = min(x.min(), y.min()), max(x.max(), y.max())
        room = 0.06 * (high - low)
        axis.plot([low - room, high + room], [low - room, high + room], color="#888888", lw=0.8)
        axis.plot(x, y, "o", ms=4.5, color=CALIBRATED, alpha=0.8, mec="none")
        for far in np.argsort(-np.abs(y - x))[:2]:
            right = _free_to_the_right(x, y, far, high - low)
            axis.annotate(
                names[far],
                (x[far], y[far]),
                (5 if right else -5, 0),
                textcoords="offset points",
                ha="left" if right else "right",
                va="center",
                fontsize=7.5,
            )
        found = agreement(x, y)
        text = f"bias {found['bias']:+.2f} K\nrms {found['rms']:.2f} K\nr {found['r']:.2f}"
        axis.text(0.97, 0.03, text, transform=axis.transAxes, ha="right", va="bottom", fontsize=8)
        axis.set_aspect("equal")
        for ticks in (axis.xaxis, axis.yaxis):
            ticks.set_major_locator(MultipleLocator(5.0 if high - low > 8.0 else 2.0))
        axis.set_xlim(low - room, high + room)
        axis.set_ylim(low - room, high + room)
        axis.set_title(title, loc="left", fontsize=10)
        axis.set_xlabel("station")
        axis.set_ylabel("model")
    (HERE / "images" / "plateau-stations.png").write_bytes(to_png(figure))


def _free_to_the_right(x: np.ndarray, y: np.ndarray, point: int, span: float) -> bool:
    """Whether fewer points are in the way of a name on the right than on the left."""
    east, beside = x - x[point], np.abs(y - y[point]) < 0.05 * span
    right, left = (np.sum(beside & (side > 0.0) & (side < 0.4 * span)) for side in (east, -east))
    low, high = x.min(), x.max()
    if x[point] + 0.3 * span > high or x[point] - 0.3 * span < low:
        return bool(x[point] < 0.5 * (low + high))
    return bool(right <= left)


def summary_lines(observed: dict[str, np.ndarray], simulated: dict[str, np.ndarray]) -> list[str]:
    """Bias, root-mean-square difference and correlation over all stations."""
    lines = [
        f"## Stations, means of {FIRST}–{LAST}",
        "",
        "| | stations | bias [K] | rms [K] | r |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in observed:
        fit = agreement(observed[name], simulated[name])
        lines.append(f"| {name} | {observed[name].size} | {fit['bias']:+.2f} | {fit['rms']:.2f} | {fit['r']:.2f} |")
    return lines


def station_lines(placed, others, height: np.ndarray, observed: dict, simulated: dict) -> list[str]:
    """One line for each station, and the stations left out."""
    lines = [
        "| station | elevation [m] | of the cell [m] | air, station | air, model | surface, station | surface, model |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for k, (station, _) in enumerate(placed):
        both = " | ".join(f"{values[name][k]:.1f}" for name in ("air", "surface") for values in (observed, simulated))
        lines.append(f"| {station.name} | {station.elevation:.0f} | {height[k]:.0f} | {both} |")
    left = "; ".join(f"{name} ({why})" for name, why in others)
    return [*lines, "", f"Not compared, {len(others)} stations: {left}." if others else "All stations are compared."]


def print_progress(stage: str, done: int, of: int) -> None:
    """A line now and then."""
    if done == of or done * 10 // of != (done - 1) * 10 // of:
        print(f"{stage}: {done} of {of}", flush=True)


HEAD = """\
# Results of the synthetic regions

This page lists the numbers behind [Two synthetic regions](plateau.md).
`python docs/make_plateau.py --data FOLDER` makes it.
"""
STATIONS_HEAD = f"""\
# Appendix: stations of the plateau climatology

This page lists the observed and simulated mean temperatures [°C] of {FIRST}–{LAST} at each station of
[Two synthetic regions](plateau.md). Simulated values are adjusted to the elevation of the station.
`python docs/make_plateau.py --data FOLDER` makes it.
"""
ONWARD = """\
## Next

[Two synthetic regions](plateau.md) · [Stations one by one](plateau-stations.md) · [All pages](index.md)
"""


def main() -> None:
    """Make both regions and the two pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    plateau, (summary, listed) = synthetic(), stations(data)
    pages = {
        "plateau-results.md": [HEAD, *plateau, "", *summary, "", ONWARD],
        "plateau-stations.md": [
            STATIONS_HEAD,
            *listed,
            "",
            "[Results of the synthetic regions](plateau-results.md)",
            "",
        ],
    }
    for name, lines in pages.items():
        (HERE / name).write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()

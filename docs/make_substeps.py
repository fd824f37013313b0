"""Draw ``docs/images/substeps.png``: soil temperature and thaw depth against the length of the model step.

Takes classes, start and three-hourly weather of a cold and a warm column from ``../shared/oracle/columns`` (or a folder
given as argument) and runs them with steps of three hours to ten minutes, the weather held or interpolated, under each
exchange scheme. Writes the tables into ``docs/substeps-results.md`` and takes some minutes.
Run ``python docs/make_substeps.py``.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np

from lsmcal.noah.integrate import Drivers, integrate
from lsmcal.noah.parameters.options import preset
from lsmcal.noah.parameters.parameters import Surroundings, column_parameters
from lsmcal.noah.parameters.tables import load_tables
from lsmcal.noah.physics.constants import T0
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.runtime.grid import node_depths
from lsmcal.noah.runtime.jit import LANES
from lsmcal.noah.statistics import Series
from lsmcal.verify.trajectory import STATE

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "oracle" / "columns"
SITES = {
    "cold": "mod_cold_permafrost_n18_veg07_loam_sfcdif2_s301.nc",
    "warm": "mod_warm_permafrost_n18_veg08_loam4-sl4-sand4-bedrock6_sfcdif2_s303.nc",
}
SCHEMES = {
    "chen97": ("chen97", "released"),
    "mellor-yamada-janjic": ("mellor-yamada-janjic", "released"),
    "yang2008, released": ("yang2008", "released"),
    "yang2008, capped": ("yang2008", "capped"),
}
SUBSTEPS = (1, 2, 3, 6, 12, 18)
STEP, ROUNDS = 10800.0, 3
FORCING = ("SFCTMP", "Q2", "SFCPRS", "SOLDN", "LONGWAVE", "PRCP", "SFCSPD")


def read_site(file: Path) -> dict:
    """Geometry, classes, start and weather of a column."""
    from netCDF4 import Dataset

    with Dataset(file) as data:
        data.set_auto_mask(False)
        weather = [data[f"forc_{name}"][:] for name in FORCING]
        return {
            "thickness": data["SLDPTH"][:],
            "soil": data["STYPE"][:],
            "start": {ours: data[f"init_{theirs}"][:] for theirs, ours in STATE.items()},
            "forcing": np.stack([*weather, np.full(len(weather[0]), -1.0)], axis=1),
            "greenness": data["surf_SHDFAC"][:],
            "vegetation": int(data.vegtyp),
            "around": Surroundings(
                tbot=float(data.tbot),
                zbot=-float(data.zbot),
                snow_albedo=float(data.snoalb),
                height_temperature=float(data.zlvl),
                height_wind=float(data.zlvl_wind),
                greenness_min=float(data.shdmin),
                greenness_max=float(data.shdmax),
                slope_class=int(data.slopetyp),
            ),
        }


def start(site: dict, choices) -> Blocks:
    blocks = Blocks(1, len(site["thickness"]))
    tables = load_tables("noahtibet", "usgs", "noahtibet")
    soil = site["soil"][None]
    blocks.set(column_parameters(tables, site["thickness"], soil, [site["vegetation"]], site["around"], choices))
    blocks.set(site["start"])
    return blocks


def weather(sites: list[dict]) -> Drivers:
    """One block whose lanes take the weather of their own column."""
    steps = len(sites[0]["forcing"])
    forcing = np.stack([site["forcing"] for site in sites], axis=-1)
    greenness = np.stack([site["greenness"] for site in sites], axis=-1)[:, None]
    phenology = np.concatenate([greenness, np.full_like(greenness, -1.0), np.full_like(greenness, -1.0)], axis=1)
    lanes = np.minimum(np.arange(LANES), len(sites) - 1)
    return Drivers(forcing[None][..., lanes], phenology[None][..., lanes], np.arange(steps), STEP)


def run(sites: list[dict], scheme: str, substeps: int, linear: bool) -> np.ndarray:
    """Daily temperatures of the last round of the weather, (site, day, layer)."""
    exchange, stable = SCHEMES[scheme]
    choices = preset("noahtibet", exchange=exchange, stable_yang2008=stable, layer_parameters="consistent")
    each = [start(site, choices) for site in sites]
    blocks = Blocks(len(sites), each[0].layers)
    for name in each[0].column.dtype.names:
        blocks.set({name: np.concatenate([one.column_field(name) for one in each])})
    for name in each[0].layer.dtype.names:
        blocks.set({name: np.concatenate([one.layer_field(name) for one in each])})
    drivers = weather(sites)
    days = np.arange(len(drivers)) // round(86400 / STEP)
    for _ in range(ROUNDS):
        series = Series(blocks, days, layer=("temperature",))
        integrate(blocks, drivers, choices.kernel_options(), series=series, substeps=substeps, linear=linear)
    return series.layer_mean("temperature")


def thaw_depth(thickness: np.ndarray, daily: np.ndarray) -> float:
    """Depth of 0 degC in the profile of the warmest day of each layer, linear between the nodes [m]."""
    depth, warmest = node_depths(thickness), daily.max(axis=0) - T0
    frozen = np.flatnonzero(warmest <= 0.0)
    if not frozen.size or frozen[0] == 0:
        return np.nan if not frozen.size else 0.0
    k = frozen[0]
    share = warmest[k - 1] / (warmest[k - 1] - warmest[k])
    return float(depth[k - 1] + share * (depth[k] - depth[k - 1]))


def measures(site: dict, daily: np.ndarray) -> tuple[float, float]:
    """Mean temperature of the upper 3 m [degC] and thaw depth [m] of the last year."""
    last = daily[-365:]
    share = np.clip((3.0 - (np.cumsum(site["thickness"]) - site["thickness"])) / site["thickness"], 0.0, 1.0)
    mean = float(np.average(last.mean(axis=0), weights=share * site["thickness"])) - T0
    return mean, thaw_depth(site["thickness"], last)


def everything(folder: Path) -> dict:
    """(site, scheme, linear, substeps) to (mean temperature, thaw depth)."""
    sites = {name: read_site(folder / file) for name, file in SITES.items()}
    found = {}
    for scheme in SCHEMES:
        for linear in (False, True):
            for substeps in SUBSTEPS:
                daily = run(list(sites.values()), scheme, substeps, linear)
                for place, (name, site) in enumerate(sites.items()):
                    found[name, scheme, linear, substeps] = measures(site, daily[place])
    return found


def page_of(found: dict) -> str:
    """The page of numbers: both tables."""
    lines = ["# Model steps in numbers", "", "Made by `python docs/make_substeps.py`; [what they mean](substeps.md)."]
    for what, title in enumerate(("Mean temperature of the upper 3 m (°C)", "Thaw depth (m)")):
        lines += ["", f"## {title}", ""]
        lines += ["| column | scheme | weather | " + " | ".join(f"{STEP / n:.0f} s" for n in SUBSTEPS) + " |"]
        lines += ["| --- " * (3 + len(SUBSTEPS)) + "|"]
        for site, scheme, linear in itertools.product(SITES, SCHEMES, (False, True)):
            numbers = [f"{found[site, scheme, linear, n][what]:.2f}" for n in SUBSTEPS]
            weather = "interpolated" if linear else "held"
            lines += [f"| {site} | {scheme} | {weather} | " + " | ".join(numbers) + " |"]
    return "\n".join([*lines, ""])


def draw(found: dict, target: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(10.0, 7.0), sharex=True, layout="constrained")
    colours = dict(zip(SCHEMES, ("#4477aa", "#228833", "#cc3311", "#ee9933"), strict=True))
    steps = [STEP / n for n in SUBSTEPS]
    for row, site in enumerate(SITES):
        for column, label in enumerate(("mean temperature of the upper 3 m (°C)", "thaw depth (m)")):
            axis = axes[row, column]
            for scheme in SCHEMES:
                for linear in (False, True):
                    values = [found[site, scheme, linear, n][column] for n in SUBSTEPS]
                    style = {"ls": "--", "mfc": "none"} if linear else {"ls": "-", "label": scheme}
                    axis.plot(steps, values, "o", ms=4, color=colours[scheme], **style)
            axis.set(xscale="log", title=f"{site} column", ylabel=label)
            axis.set_xticks(steps, [f"{step:.0f}" for step in steps])
            axis.minorticks_off()
    for axis in axes[1]:
        axis.set_xlabel("model step (s)")
    axes[0, 0].legend(fontsize=8, frameon=False, title="weather held; dashed: interpolated", title_fontsize=8)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=150)


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    missing = [file for file in SITES.values() if not (folder / file).is_file()]
    if missing:
        print(f"not in {folder}: {', '.join(missing)}", file=sys.stderr)
        return 2
    found = everything(folder)
    (ROOT / "docs" / "substeps-results.md").write_text(page_of(found), encoding="utf-8")
    draw(found, ROOT / "docs" / "images" / "substeps.png")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

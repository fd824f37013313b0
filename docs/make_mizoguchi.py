"""Draw ``docs/images/mizoguchi.png``: water and heat of the column against the freezing column of Mizoguchi 1990.

Needs ``../shared/data/mizoguchi_freezing_column`` beside the project (or a folder given as argument) and prints the
numbers that ``docs/analytic.md`` quotes. Run from the project's root: ``python docs/make_mizoguchi.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from lsmcal.noah.parameters.options import preset
from lsmcal.noah.parameters.parameters import ice_decay, log_freezing, thermal_fields
from lsmcal.noah.physics.constants import FREEZING_B_MAX, T0
from lsmcal.noah.physics.heat import heat_step, layer_conductivity
from lsmcal.noah.physics.water import water_step
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.runtime.grid import layer_geometry

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "mizoguchi_freezing_column"
HOURS = (12, 24, 50)
IMPEDANCES = ("noah341", "hansson", "wu2018")
# the experiment (Hansson et al. 2004)
DEPTH, INITIAL_WATER, INITIAL_TEMPERATURE = 0.2, 0.33, T0 + 6.7
FLUID, TRANSFER = T0 - 6.0, 28.0
POROSITY, RESIDUAL, SATURATED, ALPHA, SHAPE = 0.535, 0.05, 3.2e-6, 1.11, 1.48
# ours: no quartz content is published, none brings our conductivity nearest to the one used there
QUARTZ, SOLID_HEAT = 0.0, 2.0e6
LAYERS, STEP = 40, 60.0


def campbell() -> tuple[float, float]:
    """Exponent b and suction psi_s [m] of ``psi = psi_s (theta/porosity)**-b`` fitted to the published retention curve.

    A straight line through ``ln psi`` over ``ln theta`` between 0.10 and 0.45, the water contents that occur.
    """
    water = np.linspace(0.10, 0.45, 100)
    effective = (water - RESIDUAL) / (POROSITY - RESIDUAL)
    suction = (effective ** (-SHAPE / (SHAPE - 1.0)) - 1.0) ** (1.0 / SHAPE) / ALPHA
    slope, offset = np.polyfit(np.log(water / POROSITY), np.log(suction), 1)
    return -slope, float(np.exp(offset))


def soil_column(impedance: str) -> Blocks:
    """The column at its start."""
    exponent, suction = campbell()
    thickness = np.full(LAYERS, DEPTH / LAYERS)
    freezing_b = min(exponent, FREEZING_B_MAX)
    saturated_diffusivity = exponent * SATURATED * suction / POROSITY
    blocks = Blocks(1, LAYERS)
    blocks.set(layer_geometry(thickness, 1.0))
    blocks.set(thermal_fields(np.full(LAYERS, POROSITY), QUARTZ, np.zeros(LAYERS, int), guard=False))
    blocks.set({"temperature": INITIAL_TEMPERATURE, "water": INITIAL_WATER, "liquid": INITIAL_WATER})
    blocks.set({"porosity": POROSITY, "bb": exponent, "satdk": SATURATED, "satdw": saturated_diffusivity})
    blocks.set({"solid_heat": (1.0 - POROSITY) * SOLID_HEAT, "freezing_b": freezing_b})
    blocks.set({"log_freezing": float(log_freezing(suction, POROSITY, freezing_b))})
    decay = ice_decay(SATURATED, saturated_diffusivity, POROSITY, impedance)
    blocks.set({name: float(np.ravel(value)[0]) for name, value in decay.items()})
    # closed below: the last layer neither conducts heat nor drains
    blocks.set({"fixed_conductivity": np.where(np.arange(LAYERS) == LAYERS - 1, 0.0, -1.0)})
    blocks.set({"slope": 0.0, "saturation_limit": 0.9, "tbot": INITIAL_TEMPERATURE, "yy": FLUID})
    return blocks


def freeze(impedance: str) -> dict[int, dict[str, np.ndarray]]:
    """Profiles of total water, liquid water and temperature after each of :data:`HOURS`."""
    options = preset("ji2026", ice_impedance=impedance).kernel_options()
    blocks = soil_column(impedance)
    layers, column = blocks.layer[0], blocks.column[0]
    half = 0.5 * DEPTH / LAYERS
    profiles = {}
    for step in range(1, round(max(HOURS) * 3600 / STEP) + 1):
        water_step(layers, column, STEP, options)
        layer_conductivity(layers[0])
        column["conductivity_top"] = layers["conductivity"][0]
        column["zz1"] = 1.0 + column["conductivity_top"] / (half * TRANSFER)
        heat_step(layers, column, STEP, 1.0, True)
        if step * STEP / 3600 in HOURS:
            state = blocks.get(layer=("water", "liquid", "temperature"))
            profiles[round(step * STEP / 3600)] = {name: values[0] for name, values in state.items()}
    return profiles


def frozen_depth(depth: np.ndarray, profile: dict[str, np.ndarray]) -> float:
    """Depth of the lowest layer with more than 0.02 of ice [m]."""
    icy = profile["water"] - profile["liquid"] > 0.02
    return float(depth[icy].max()) if icy.any() else 0.0


def moved(depth: np.ndarray, water: np.ndarray) -> float:
    """Water above its initial content, that is, brought up [mm]."""
    return float(np.maximum(water - INITIAL_WATER, 0.0).mean() * DEPTH * 1000.0)


def print_table(measured: np.ndarray, results: dict) -> None:
    depth = (np.arange(LAYERS) + 0.5) * DEPTH / LAYERS
    print(f"Campbell b = {campbell()[0]:.2f}, psi_s = {campbell()[1]:.3f} m")
    print("hours  scheme    ice to cm  gained mm  RMSE m3/m3  top 4 cm   (laboratory: gained, top 4 cm)")
    for place, hour in enumerate(HOURS):
        lab = measured[:, 1 + place]
        for scheme, profiles in results.items():
            ours = np.interp(-measured[:, 0] / 1000.0, depth, profiles[hour]["water"])
            numbers = (frozen_depth(depth, profiles[hour]) * 100, moved(depth, profiles[hour]["water"]))
            rmse, top = np.sqrt(((ours - lab) ** 2).mean()), ours[:4].mean()
            print(f"{hour:5d}  {scheme:8s} {numbers[0]:9.1f} {numbers[1]:10.2f} {rmse:11.3f} {top:9.3f}", end="")
            print(f"        {moved(-measured[:, 0] / 1000.0, lab):.2f}, {lab[:4].mean():.3f}")
        print(f"{hour:5d}  no change {np.sqrt(((INITIAL_WATER - lab) ** 2).mean()):30.3f}")


def draw(measured: np.ndarray, results: dict, target: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    depth = (np.arange(LAYERS) + 0.5) * DEPTH / LAYERS * 100.0
    figure, axes = plt.subplots(1, 3, figsize=(10.0, 4.4), sharey=True, layout="constrained")
    colours = {"noah341": "#4477aa", "hansson": "#228833", "wu2018": "#cc3311"}
    for place, (hour, axis) in enumerate(zip(HOURS, axes, strict=True)):
        axis.plot(measured[:, 1 + place], -measured[:, 0] / 10.0, "ko", ms=5, mfc="none", label="laboratory")
        axis.axvline(INITIAL_WATER, color="0.7", lw=0.8, ls=":", label="start")
        for scheme, profiles in results.items():
            axis.plot(profiles[hour]["water"], depth, color=colours[scheme], lw=1.8, label=f"total, {scheme}")
        axis.plot(profiles[hour]["liquid"], depth, color=colours["wu2018"], lw=1.0, ls="--", label="liquid, wu2018")
        axis.set(title=f"after {hour} hours", xlabel="water (m³ m⁻³)", xlim=(0.0, 0.56))
    axes[0].set_ylabel("depth (cm)")
    axes[0].invert_yaxis()
    axes[0].legend(fontsize=8, loc="lower left", frameon=False)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=150)


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    file = folder / "mizoguchiLabData.txt"
    if not file.is_file():
        print(f"no {file}: give the folder of mizoguchiLabData.txt as argument", file=sys.stderr)
        return 2
    measured = np.loadtxt(file)
    results = {scheme: freeze(scheme) for scheme in IMPEDANCES}
    print_table(measured, results)
    draw(measured, results, ROOT / "docs" / "images" / "mizoguchi.png")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

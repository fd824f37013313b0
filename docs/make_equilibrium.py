"""Figures and table of docs/equilibrium.md, from the files that ``python -m benchmarks.equilibrium`` wrote.

``python -m docs.make_equilibrium DIR``, from the project, with the folder of the benchmark.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from benchmarks.equilibrium import SCALES
from lsmcal.noah.physics.constants import T0

HERE = Path(__file__).parent
METHODS = {"converged": "#1f5fa8", "accelerated": "#c4501b"}
SETS = {"plateau": ("-", "o"), "margin": ("--", "s")}
#: Distances below this are drawn at it [K].
LEAST = 1e-4


def summary(data, method: str, scale: float) -> dict[str, float]:
    """Numbers of one method and tolerance."""
    found = {key: data[f"{method}.{scale:g}.{key}"] for key in ("years", "temperature", "class", "thaw", "ice")}
    permafrost = data["truth.class"] == 1
    thaw = found["thaw"][np.isfinite(found["thaw"])]
    return {
        "years": found["years"].mean(),
        "most": found["years"].max(),
        "temperature": np.percentile(found["temperature"], 99),
        "worst": found["temperature"].max(),
        "beyond": 100.0 * (found["temperature"] > 0.02).mean(),
        "ice": np.percentile(found["ice"], 99),
        "class": 100.0 * found["class"].mean(),
        "area": 100.0 * data["area"][found["class"]].sum() / data["area"][permafrost].sum(),
        "thaw": 100.0 * np.percentile(thaw, 95),
        "thaw beyond": 100.0 * (thaw > 0.02).mean(),
    }


def trade_off(sets: dict, path: Path) -> None:
    """Mean years against errors, a point for each tolerance."""
    panels = {
        "temperature": ("error of the worst layer, 99th percentile [K]", 0.02),
        "ice": ("error of ice, 99th percentile [mm]", None),
        "class": ("misclassified cells [%]", 1.0),
        "area": ("misclassified area, share of permafrost [%]", None),
    }
    figure, axes = plt.subplots(2, 2, figsize=(10, 7.6), layout="constrained")
    for axis, (key, (label, target)) in zip(axes.flat, panels.items(), strict=True):
        for name, data in sets.items():
            for method, color in METHODS.items():
                found = [summary(data, method, scale) for scale in SCALES]
                line, marker = SETS[name]
                years, errors = ([one[what] for one in found] for what in ("years", key))
                axis.plot(years, errors, line, marker=marker, color=color, ms=5, label=f"{method}, {name}")
                at = found[SCALES.index(1.0)]
                axis.plot(at["years"], at[key], marker=marker, ms=11, mfc="none", mec=color)
        if target is not None:
            axis.axhline(target, color="0.5", lw=0.8, ls=":")
            axis.annotate(
                "target",
                (0.99, target),
                xycoords=("axes fraction", "data"),
                ha="right",
                va="bottom",
                color="0.4",
                fontsize=8,
            )
        if key in ("temperature", "ice"):
            axis.set_yscale("log")
        else:
            axis.set_ylim(-0.05, max(axis.get_ylim()[1], 1.2))
        axis.set_xlabel("years simulated, mean of the cells")
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    axes[0, 0].legend(fontsize=8)
    figure.suptitle(
        "Spin-up methods against 500 years of plain cycles; tolerances from 8 to 1/4 times the default (ring)"
    )
    figure.savefig(path, dpi=110)


def slowly_converging(sets: dict, path: Path) -> None:
    """Distance against the true error, and the years that cells need."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
    colors = {2: "#999999", 5: "#1f5fa8", 10: "#c4501b", 20: "#2a8a4a"}
    for cycle, color in colors.items():
        for number, data in enumerate(sets.values()):
            error = np.abs(data["mean"][:, cycle - 1] - data["truth.mean"]).max(axis=1)
            axes[0].loglog(
                np.maximum(data["distance"][:, cycle - 1], LEAST),
                np.maximum(error, LEAST),
                ".",
                ms=3,
                color=color,
                label=None if number else f"after {5 * cycle} years",
            )
    axes[0].plot([LEAST, 10.0], [LEAST, 10.0], color="0.3", lw=0.8)
    axes[0].set_xlabel("estimated distance to equilibrium [K]")
    axes[0].set_ylabel("true distance, to the state after 500 years [K]")
    axes[0].legend(fontsize=8, markerscale=3)
    for name, data in sets.items():
        deep = data["truth.mean"][:, -1] - T0
        for method, color in METHODS.items():
            axes[1].semilogy(
                deep,
                data[f"{method}.1.years"],
                SETS[name][1],
                ms=3.5,
                mfc="none",
                color=color,
                label=method if name == "plateau" else None,
            )
    axes[1].set_xlim(-4.5, 4.0)
    axes[1].set_yticks([20, 50, 100, 200, 500], ["20", "50", "100", "200", "500"])
    axes[1].set_xlabel("mean temperature of the deepest layer at the end [°C]")
    axes[1].set_ylabel("years simulated")
    axes[1].legend(fontsize=8)
    for axis in axes:
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


def table(sets: dict) -> str:
    """The table of the page."""
    head = (
        "| cells | method | years (mean, most) | part of 500 | temperature 99 % (worst) [K] | beyond 0.02 K | "
        "other class | thaw depth 95 % | beyond 2 cm | ice 99 % |"
    )
    lines = [head, "| " + " | ".join(["---"] * 10) + " |"]
    for name, data in sets.items():
        for method in METHODS:
            one = summary(data, method, 1.0)
            lines.append(
                f"| {name} | {method} | {one['years']:.1f}, {one['most']:.0f} | 1/{500.0 / one['years']:.1f} | "
                f"{one['temperature']:.4f} ({one['worst']:.3f}) | {one['beyond']:.1f} % | {one['class']:.1f} % | "
                f"{one['thaw']:.1f} cm | {one['thaw beyond']:.1f} % | {one['ice']:.0f} mm |"
            )
    return "\n".join(lines)


def ratios(sets: dict) -> str:
    """How well the distance predicts the error."""
    lines = ["| after | cells more than 0.02 K off | estimated / true: 5 %, median, 95 % |", "| --- | --- | --- |"]
    for cycle in (2, 3, 5, 10, 20):
        error = np.concatenate([np.abs(d["mean"][:, cycle - 1] - d["truth.mean"]).max(axis=1) for d in sets.values()])
        ratio = np.concatenate([d["distance"][:, cycle - 1] for d in sets.values()]) / error
        some = np.percentile(ratio[error > 0.02], [5, 50, 95])
        lines.append(
            f"| {5 * cycle} years | {(error > 0.02).sum()} of {error.size} | "
            f"{some[0]:.2f}, {some[1]:.2f}, {some[2]:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Figures into docs/images, tables to the console."""
    folder = Path(sys.argv[1])
    sets = {
        name: np.load(folder / f"equilibrium-{name}.npz")
        for name in SETS
        if (folder / f"equilibrium-{name}.npz").is_file()
    }
    trade_off(sets, HERE / "images" / "equilibrium-trade-off.png")
    slowly_converging(sets, HERE / "images" / "equilibrium-distance.png")
    print(table(sets))
    print()
    print(ratios(sets))
    for name, data in sets.items():
        error = data["accelerated.1.temperature"]
        for cell in np.flatnonzero(error > 0.02):
            ice, deep = data["accelerated.1.ice"][cell], data["truth.mean"][cell, -1] - T0
            print(f"{name}: cell {data['cell'][cell]}: {error[cell]:.3f} K, ice {ice:.0f} mm, deep {deep:.2f} degC")


if __name__ == "__main__":
    main()

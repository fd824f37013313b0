"""Figures of docs/sensitivity.md: ``python docs/make_sensitivity.py``, from the project's root; under a minute."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lsmcal.figures.style import ACCENT, CALIBRATED, DEFAULT, GREEN, new_figure, tidy
from lsmcal.sensitivity import analyze, progress, sample

IMAGES = Path(__file__).parent / "images"
ISHIGAMI = {"names": ["x1", "x2", "x3"], "bounds": [[-np.pi, np.pi]] * 3}
WEIGHTS = np.array([0.0, 1.0, 4.5, 9.0])
G = {"names": ["x1", "x2", "x3", "x4"], "bounds": [[0.0, 1.0]] * 4}
STEPS = (5, 10, 20, 50)
_COLOURS = (ACCENT, CALIBRATED, GREEN, DEFAULT)


def ishigami(X: np.ndarray) -> np.ndarray:
    """The Ishigami function of points (rows, 3)."""
    return np.sin(X[:, 0]) + 7.0 * np.sin(X[:, 1]) ** 2 + 0.1 * X[:, 2] ** 4 * np.sin(X[:, 0])


def sobol_g(X: np.ndarray) -> np.ndarray:
    """Sobol's G function of points (rows, 4)."""
    return np.prod((np.abs(4.0 * X - 2.0) + WEIGHTS) / (1.0 + WEIGHTS), axis=1)


def total_ishigami() -> np.ndarray:
    """Analytic total-order indices."""
    first, second = 0.5 * (1.0 + 0.1 * np.pi**4 / 5.0) ** 2, 49.0 / 8.0
    both = 0.01 * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    return np.array([first + both, second, both]) / (first + second + both)


def total_g() -> np.ndarray:
    """Analytic total-order indices."""
    part = 1.0 / 3.0 / (1.0 + WEIGHTS) ** 2
    whole = np.prod(1.0 + part)
    return part * whole / (1.0 + part) / (whole - 1.0)


def expected_share(function, number: int) -> float:
    """What VARS-TO estimates with so many points of a ray, as a part of the analytic index."""
    shift = (np.arange(2000) + 0.5) / 2000.0 / number
    values = function(shift[:, None] + np.arange(number) / number)
    squares = (values - values.mean(axis=1, keepdims=True)) ** 2
    found = (squares.sum(axis=1) - 0.5 * (squares[:, 0] + squares[:, -1])).mean() / (number - 1)
    return float(found / function((np.arange(100000) + 0.5) / 100000.0).var())


def draw_overview() -> None:
    """Ishigami as in the page's first example."""
    X = sample(ISHIGAMI, 100, 0.1, sampler="sobol", seed=1)
    result = analyze(ISHIGAMI, X, ishigami(X), bootstrap=1000, seed=2, responses=["Ishigami"])
    result.plot().savefig(IMAGES / "sensitivity-overview.png", dpi=110)


def draw_progress() -> None:
    """Indices of the G function against the number of stars."""
    X = sample(G, 100, 0.1, sampler="lhs", seed=1)
    found = progress(G, X, sobol_g(X), bootstrap=200, seed=1, responses=["Sobol G"])
    found.plot().savefig(IMAGES / "sensitivity-progress.png", dpi=110)


def draw_total_order() -> None:
    """VARS-TO over the analytic index for several steps, measured and expected."""
    shapes = (lambda u: np.sin(2.0 * np.pi * u), lambda u: np.sin(2.0 * np.pi * u) ** 2, lambda u: (u - 0.5) ** 4)
    along = {f"Ishigami x{k + 1}": (ISHIGAMI, ishigami, total_ishigami(), k, shape) for k, shape in enumerate(shapes)}
    along["Sobol G x1"] = (G, sobol_g, total_g(), 0, lambda u: np.abs(4.0 * u - 2.0))
    figure = new_figure(6.5, 3.8)
    axis = figure.subplots()
    tidy(axis)
    axis.axhline(1.0, color="black", lw=0.8)
    steps = 1.0 / np.array(STEPS)
    for colour, (title, (problem, function, exact, k, shape)) in zip(_COLOURS, along.items(), strict=True):
        measured = []
        for step in steps:
            X = sample(problem, 1024, step, sampler="sobol", seed=3)
            measured.append(analyze(problem, X, function(X), delta_h=step).vars_to[k] / exact[k])
        axis.plot(steps, [expected_share(shape, number) for number in STEPS], color=colour, lw=1.2)
        axis.plot(steps, measured, "o", color=colour, ms=4, label=title)
        print(title, np.round(measured, 3))
    axis.set_xlim(0.0, 0.21)
    axis.set_xticks(steps)
    axis.set_xlabel("delta_h")
    axis.set_ylabel("VARS-TO / Sobol's total index")
    axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    figure.savefig(IMAGES / "sensitivity-total-order.png", dpi=110)


def main() -> None:
    """All figures."""
    draw_overview()
    draw_progress()
    draw_total_order()


if __name__ == "__main__":
    main()

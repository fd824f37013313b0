"""A forest fitted to stored evaluations: an objective of ours that costs nothing, and how far it is from the real one.

``python -m benchmarks.forest`` fits a forest to each file of ``stored/`` and prints a table of its errors. A forest
knows only where there were evaluations: between them it is a step function, beyond the last good one it stays level,
and its best value is nearer to the middle than the best that was ever evaluated. It is a landscape to compare engines
on, no substitute for the model.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evaluations import DIMENSIONS, OBJECTIVES, STORED, Stored, read

TREES, FOLDS, SEED = 100, 5, 1
TOP = 0.1
#: Added to a loss before its logarithm is taken: a Kappa of 1 is possible.
LEAST = 1e-3


@dataclass(frozen=True)
class Forest:
    """A fitted objective, to be minimised: 1 - NSE or 1 - Kappa.

    Parameters
    ----------
    model : regressor of scikit-learn
    default : (d,) array
        The default set, where searches begin.
    name : str
    """

    model: Any
    default: np.ndarray
    name: str

    @property
    def dimensions(self) -> int:
        """Coordinates of a point."""
        return self.default.size

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Losses of points (n, d) of the unit cube, (n,)."""
        return self.model.predict(np.asarray(points, np.float32))


def regressor():
    """What is fitted; the same trees from the same data, always.

    It fits the logarithm of the loss, so that small differences between good sets count, and leaves hold two
    evaluations at least, lest each be a spike of its own.
    """
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.ensemble import ExtraTreesRegressor

    trees = ExtraTreesRegressor(TREES, max_features=1.0, min_samples_leaf=2, random_state=SEED, n_jobs=1)
    return TransformedTargetRegressor(trees, func=_log, inverse_func=_exp, check_inverse=False)


def _log(losses: np.ndarray) -> np.ndarray:
    return np.log(losses + LEAST)


def _exp(logarithms: np.ndarray) -> np.ndarray:
    return np.exp(logarithms) - LEAST


def fit(stored: Stored, name: str) -> Forest:
    """The forest of all stored evaluations, the default set among them."""
    points = np.vstack([stored.default, stored.points])
    losses = 1.0 - np.append(stored.default_value, stored.values)
    return Forest(regressor().fit(points.astype(np.float32), losses), stored.default, name)


def held_out(stored: Stored) -> np.ndarray:
    """Loss of every evaluation as a forest says that was fitted without it (and a fifth of the others), (n,)."""
    from sklearn.model_selection import KFold, cross_val_predict

    folds = KFold(FOLDS, shuffle=True, random_state=SEED)
    return cross_val_predict(regressor(), stored.points.astype(np.float32), 1.0 - stored.values, cv=folds)


def errors(losses: np.ndarray, fitted: np.ndarray) -> dict[str, float]:
    """How far fitted losses (n,) are from evaluated ones: everywhere, and among the best tenth.

    Returns
    -------
    dict
        ``r2``, ``rmse``, ``rank`` (Spearman); ``top_rmse``, ``top_bias`` (positive: the forest is too pessimistic)
        and ``top_rank`` of the tenth with the smallest evaluated losses.
    """
    from scipy.stats import spearmanr

    top = losses <= np.quantile(losses, TOP)
    off = fitted - losses

    def rank(chosen) -> float:
        return float(spearmanr(losses[chosen], fitted[chosen])[0])

    return {
        "r2": float(1.0 - (off**2).mean() / losses.var()),
        "rmse": float(np.sqrt((off**2).mean())),
        "rank": rank(slice(None)),
        "top_rmse": float(np.sqrt((off[top] ** 2).mean())),
        "top_bias": float(off[top].mean()),
        "top_rank": rank(top),
    }


def row(stored: Stored, name: str) -> dict[str, object]:
    """What is published of one forest."""
    losses, forest = 1.0 - stored.values, fit(stored, name)
    inside = forest(stored.points)
    return {
        "forest": name,
        "evaluations": int(losses.size),
        "sobol": int((stored.part == 0).sum()),
        "default": 1.0 - stored.default_value,
        "best_evaluated": float(losses.min()),
        "best_fitted": float(inside.min()),
        **errors(losses, held_out(stored)),
    }


def rows(folder: Path = STORED) -> list[dict[str, object]]:
    """One row for each file there is."""
    there = [(o, d) for o in OBJECTIVES for d in DIMENSIONS if (folder / f"{o}-{d}.npz").exists()]
    return [row(read(o, d, folder), f"{o}-{d}") for o, d in there]


def table(found: list[dict[str, object]]) -> str:
    """The errors in Markdown."""
    lines = [
        "| forest | evaluations (Sobol) | loss: default | best evaluated | best of the forest | R² | RMSE | rank "
        "| best tenth: RMSE | bias | rank |",
        "| --- " * 11 + "|",
    ]
    for one in found:
        numbers = [f"{one[key]:.3g}" for key in ("default", "best_evaluated", "best_fitted")]
        shares = [
            f"{one[key]:.2f}" if "r" in (key[0], key[-1]) and "rmse" not in key else f"{one[key]:.3g}"
            for key in ("r2", "rmse", "rank", "top_rmse", "top_bias")
        ]
        cells = [f"{one['evaluations']} ({one['sobol']})", *numbers, *shares, f"{one['top_rank']:.2f}"]
        lines.append(f"| {one['forest']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=STORED)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = rows(given.folder)
    print(json.dumps(found, indent=1) if given.json else table(found))


if __name__ == "__main__":
    main()

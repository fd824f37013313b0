"""Two runs, or two parameter sets, side by side."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from lsmcal.core.errors import InputError, Problem


def compare_sets(
    first: Mapping[str, float], second: Mapping[str, float]
) -> list[tuple[str, float | None, float | None]]:
    """Parameters whose values differ: name, first, second (None where a set does not name it)."""
    names = list(dict.fromkeys([*first, *second]))
    return [(name, first.get(name), second.get(name)) for name in names if first.get(name) != second.get(name)]


def compare_runs(first: str | os.PathLike, second: str | os.PathLike) -> list[dict[str, object]]:
    """How far two run files are apart, variable by variable.

    Parameters
    ----------
    first, second : path
        Files written by :func:`lsmcal.simulate.output.run.write_run`.

    Returns
    -------
    list of dict
        ``variable``, ``unit``, ``mean_difference`` (second less first), ``rms_difference``, ``largest``, ``identical``.

    Raises
    ------
    InputError
        When a file is missing, or the runs have no common time or other layers.
    """
    from netCDF4 import Dataset

    missing = [str(path) for path in (first, second) if not os.path.isfile(path)]
    if missing:
        raise InputError([Problem("no such file", source=path) for path in missing])
    with Dataset(first) as a, Dataset(second) as b:
        a.set_auto_mask(False)
        b.set_auto_mask(False)
        _check_alike(a, b, str(second))
        _, here, there = np.intersect1d(a["time"][:], b["time"][:], return_indices=True)
        return [
            _row(name, a[name], b[name], here, there)
            for name in a.variables
            if name in b.variables and a[name].dimensions[:1] == ("time",) and name not in ("time", "time_bounds")
        ]


def _check_alike(a, b, source: str) -> None:
    if "time" not in a.variables or "time" not in b.variables or not np.intersect1d(a["time"][:], b["time"][:]).size:
        raise InputError([Problem("the runs have no common day", source=source)])
    if a.dimensions["layer"].size != b.dimensions["layer"].size or not np.allclose(a["depth"][:], b["depth"][:]):
        raise InputError([Problem("the runs have different soil layers", source=source)])


def _row(name: str, a, b, here, there) -> dict[str, object]:
    difference = np.asarray(b[there], np.float64) - np.asarray(a[here], np.float64)
    return {
        "variable": name,
        "unit": a.units,
        "mean_difference": float(difference.mean()),
        "rms_difference": float(np.sqrt((difference**2).mean())),
        "largest": float(np.abs(difference).max()),
        "identical": bool((difference == 0.0).all()),
    }

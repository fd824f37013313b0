"""Verification of the sensitivity analysis against printed values: a JSON file of them beside a table of the sample."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from lsmcal.core.errors import InputError
from lsmcal.sensitivity.analysis import analyze
from lsmcal.sensitivity.result import Result
from lsmcal.verify.rows import Row, deviation_row, failure

#: The file of printed values, the entry that this reads, and the table of its sample.
PRINTED, ENTRY, SAMPLE = "reference_values.json", "ishigami_vars", "ishigami_star_points_with_outputs.csv"
#: Half of the last printed digit, and what rounding of the sample to ten digits adds.
TOLERANCE = 6e-7


def check_printed(path: Path, source: str = "") -> list[Row]:
    """Rows of the printed values of one sample.

    Parameters
    ----------
    path : Path
        The JSON file; the sample lies beside it.
    source : str
        How to call the file in the rows; its name by default.
    """
    source = source or path.name
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))[ENTRY]
        return _compare(stated, _analysed(path.with_name(SAMPLE), stated), source)
    except InputError as error:
        return [failure(source, f"the analysis rejects the sample: {'; '.join(map(str, error.problems))}")]
    except (OSError, ValueError, LookupError, TypeError) as error:
        return [failure(source, f"cannot be read as printed values: {error!r}")]


def _analysed(path: Path, stated: dict) -> Result:
    table = np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf-8")
    names = list(stated["vars_to"])
    settings = stated["settings"]
    problem = {"names": names, "bounds": [settings["bounds"]] * len(names)}
    ray = np.array([names.index(name) for name in table["param"]])
    points = np.column_stack([table[name] for name in names])
    return analyze(
        problem,
        points,
        table["y"],
        delta_h=settings["delta_h"],
        star=table["centre"],
        ray=ray,
        scales=settings["ivars_scales"],
    )


def _compare(stated: dict, found: Result, source: str) -> list[Row]:
    def row(title: str, ours, values: dict) -> Row:
        reference = np.array([values[name] for name in found.names])
        return deviation_row(source, f"{ENTRY} {title}", ours, reference, 0.0, TOLERANCE, note="six printed digits")

    rows = [row("gamma", found.gamma, stated["gamma"]), row("vars_to", found.vars_to, stated["vars_to"])]
    rows += [
        row(f"ivars {scale}", found.ivars[found.at_scale(float(scale))], values)
        for scale, values in stated["ivars"].items()
    ]
    rows.append(row("vars_abe", found.abe[:, 0], stated["vars_abe_0.1"]))
    return [*rows, row("vars_ace", found.ace[:, 0], stated["vars_ace_0.1"])]

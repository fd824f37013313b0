"""Rows of a verification: how far our numbers are from the reference's, and whether that passes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

import numpy as np


@dataclass(frozen=True)
class Row:
    """One variable of one file compared, or one reason why it could not be.

    Parameters
    ----------
    source : str
        File, relative to the folder that is verified.
    variable : str
        Name of the variable in the reference; empty where the whole file is meant.
    compared : int
        Number of values compared.
    largest, most : float
        Largest and 99 % absolute deviation.
    largest_share, most_share : float
        The same relative to the tolerance.
    tolerance : str
        The rule in words, for example ``1e-9 rel + 1e-12``.
    passed : bool
    note : str
        What else there is to say; the reason of a failure that is no deviation.
    """

    source: str
    variable: str
    compared: int = 0
    largest: float = math.nan
    most: float = math.nan
    largest_share: float = math.nan
    most_share: float = math.nan
    tolerance: str = ""
    passed: bool = True
    note: str = ""


def failure(source: str, note: str, variable: str = "") -> Row:
    """Row of something that could not be compared; it fails."""
    return Row(source, variable, passed=False, note=note)


def deviation_row(source, variable, ours, reference, relative, floor, share=0.0, note="") -> Row:
    """Row of an element-wise comparison ``|ours - reference| <= relative |reference| + floor``.

    Parameters
    ----------
    source, variable : str
    ours, reference : array
        Same shape. NaN in the reference means nothing was assigned there: not compared. Where the reference has a
        number and ours has none, the deviation is infinite.
    relative, floor : float
        The tolerance.
    share : float
        Share of the elements that may lie outside.
    note : str

    Notes
    -----
    A comparison of no element fails: nothing was shown.
    """
    rule = f"{relative:g} rel + {floor:g}" if relative else f"{floor:g}"
    rule += f" in {100 * (1 - share):g} %" if share else ""
    ours, reference = np.asarray(ours, np.float64), np.asarray(reference, np.float64)
    if ours.shape != reference.shape:
        return Row(source, variable, tolerance=rule, passed=False, note=f"shape {ours.shape}, not {reference.shape}")
    stated = ~np.isnan(reference)
    if not stated.any():
        return Row(source, variable, tolerance=rule, passed=False, note="no value to compare")
    ours, reference = ours[stated], reference[stated]
    with np.errstate(invalid="ignore"):
        difference = np.abs(ours - reference)
        difference = np.where(ours == reference, 0.0, np.where(np.isnan(difference), np.inf, difference))
        relative_part = np.where(np.isinf(reference), 0.0, relative * np.abs(reference))
    shares = difference / (relative_part + floor)
    return Row(
        source,
        variable,
        compared=int(stated.sum()),
        largest=float(difference.max()),
        most=_quantile(difference),
        largest_share=float(shares.max()),
        most_share=_quantile(shares),
        tolerance=rule,
        passed=bool(np.mean(shares > 1.0) <= share),
        note=note,
    )


def _quantile(values: np.ndarray) -> float:
    """The 99 % quantile, an element of the sample (infinite values allowed)."""
    return float(np.quantile(values, 0.99, method="higher"))


@dataclass
class Verification:
    """All rows of a verification.

    Parameters
    ----------
    path : str
        What was verified.
    rows : list of Row
    unchecked : list of str
        Parts that exist but are not checked, each with its reason.
    """

    path: str
    rows: list[Row] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether something was compared and nothing failed."""
        return any(row.compared for row in self.rows) and all(row.passed for row in self.rows)

    @property
    def failures(self) -> list[Row]:
        """The rows that failed."""
        return [row for row in self.rows if not row.passed]

    def extend(self, rows: Iterable[Row]) -> None:
        """Add rows."""
        self.rows.extend(rows)

    def table(self, only_failures: bool = False) -> str:
        """The rows as an aligned table, and the verdict."""
        rows = self.failures if only_failures else self.rows
        lines = _aligned([_HEADER, *(_cells(row) for row in rows)])
        lines += [f"not checked: {text}" for text in self.unchecked]
        return "\n".join([*lines, self.verdict()])

    def verdict(self) -> str:
        """One line: how many rows pass."""
        failed = len(self.failures)
        values = sum(row.compared for row in self.rows)
        if not failed and not values:
            return f"FAIL: nothing was compared in {self.path}"
        word = "FAIL" if failed else "pass"
        return f"{word}: {len(self.rows) - failed} of {len(self.rows)} rows pass, {values} values compared"

    def to_json(self) -> str:
        """Everything as one JSON object; a number that is not finite is null."""
        rows = [{key: _plain(value) for key, value in asdict(row).items()} for row in self.rows]
        content = {"path": self.path, "passed": self.passed, "rows": rows, "unchecked": self.unchecked}
        return json.dumps(content, indent=1)


_HEADER = ("file", "variable", "values", "largest", "99 %", "largest/tol", "99 %/tol", "tolerance", "", "note")


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2g}"


def _cells(row: Row) -> tuple[str, ...]:
    numbers = (row.largest, row.most, row.largest_share, row.most_share)
    verdict = "pass" if row.passed else "FAIL"
    return (
        row.source,
        row.variable,
        str(row.compared),
        *(_number(value) for value in numbers),
        row.tolerance,
        verdict,
        row.note,
    )


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    left = {0, 1, 7, 8, 9}
    lines = []
    for row in rows:
        cells = (
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(cells).rstrip())
    return lines


def _plain(value):
    return None if isinstance(value, float) and not math.isfinite(value) else value

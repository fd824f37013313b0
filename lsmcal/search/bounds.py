"""A space of named parameters between bounds, for models that bring no space of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lsmcal.core.errors import Problems

PAIR = "a pair of finite numbers, the lower first"


@dataclass(frozen=True)
class Bounds:
    """Named parameters as a unit cube. Make one with :func:`bounds_of`, which checks it.

    Parameters
    ----------
    names : tuple of str
    low, high, start : (d,) arrays
        Bounds, and the values of trial 0, in the parameters' units.
    levels : int
        Equidistant levels of each parameter, bounds included.
    """

    names: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    start: np.ndarray
    levels: int = 101

    def default_unit(self) -> np.ndarray:
        """(d,) coordinates of ``start`` in the unit cube."""
        return (self.start - self.low) / (self.high - self.low)

    def default_parameters(self) -> dict[str, float]:
        """``start`` by name, exactly."""
        return dict(zip(self.names, self.start.tolist(), strict=True))

    def to_parameters(self, unit: np.ndarray) -> dict[str, float]:
        """Values by name at a point of the unit cube, (d,)."""
        point = np.asarray(unit, np.float64)
        values = self.low * (1.0 - point) + self.high * point
        return dict(zip(self.names, values.tolist(), strict=True))

    def rows(self) -> list[dict[str, object]]:
        """Name, bounds and start of each parameter."""
        columns = (self.names, self.low.tolist(), self.high.tolist(), self.start.tolist())
        return [dict(zip(("name", "low", "high", "default"), row, strict=True)) for row in zip(*columns, strict=True)]


def bounds_of(
    bounds: Mapping[str, Sequence[float]], start: Mapping[str, float] | None = None, levels: int = 101
) -> Bounds:
    """Check bounds and make a space of them.

    Parameters
    ----------
    bounds : mapping of str to (float, float)
        Name to lower and upper bound.
    start : mapping of str to float, optional
        Values of trial 0; the middle of the bounds where it is silent.
    levels : int
        At least 2.

    Returns
    -------
    Bounds

    Raises
    ------
    InputError
        With everything that is wrong.
    """
    problems = Problems()
    if not isinstance(bounds, Mapping) or not bounds:
        problems.add("has no parameter", source="bounds", expected='a mapping such as {"k": (0.1, 0.9)}')
        problems.raise_if_any()
    ranges = {name: _range(name, pair, problems) for name, pair in bounds.items()}
    values = {name: _start(name, start or {}, pair, problems) for name, pair in ranges.items()}
    for name in start or {}:
        if name not in ranges:
            problems.add("unknown parameter", source="start", variable=name, expected=", ".join(map(str, ranges)))
    problems.raise_if_any()
    low, high = np.array(list(ranges.values()), np.float64).T
    return Bounds(tuple(ranges), low, high, np.array(list(values.values()), np.float64), levels)


def _range(name: object, pair: Sequence[float], problems: Problems) -> tuple[float, float] | None:
    """Lower and upper bound; None, with a problem noted, where they are not valid."""
    about = {"source": "bounds", "variable": name, "value": pair, "expected": PAIR}
    if not isinstance(name, str) or not name:
        problems.add("the name of a parameter must be a text", **{**about, "value": name, "expected": "such as 'k'"})
    try:
        low, high = (float(value) for value in pair)
    except (TypeError, ValueError):
        problems.add("invalid bounds", **about)
        return None
    if not np.isfinite([low, high, high - low]).all():
        problems.add("bounds that are not finite", **about)
    elif low >= high:
        problems.add("low above high" if low > high else "low equals high", **about)
    else:
        return low, high
    return None


def _start(name: str, start: Mapping[str, float], pair: tuple[float, float] | None, problems: Problems) -> float:
    """Value of a parameter in trial 0; a problem is noted where it lies outside the bounds."""
    if pair is None:
        return 0.0
    low, high = pair
    value = start.get(name, low * 0.5 + high * 0.5)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not low <= number <= high:
        expected = f"{low:g} to {high:g}"
        problems.add("outside its bounds", source="start", variable=name, value=value, expected=expected)
    return number

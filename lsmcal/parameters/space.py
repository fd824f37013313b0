"""What a calibration varies: parameters expanded by class, with bounds, as a unit cube in equal steps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.noah.parameters.overrides import BOTTOM_TEMPERATURE, join_key, split_key
from lsmcal.noah.parameters.tables import Tables, UnknownClassError
from lsmcal.parameters.table import (
    Parameter,
    ParameterSet,
    canonical_order,
    find_parameter,
    limits_text,
    parameter_table,
    resolve_key,
    sensitive_parameters,
    value_problem,
)

__all__ = [
    "Dimension",
    "Parameter",
    "ParameterSet",
    "SHARE_THRESHOLD",
    "Space",
    "build_space",
    "class_shares",
    "parameter_table",
    "predominant_classes",
    "sensitive_parameters",
]

SHARE_THRESHOLD = 0.056
LEVELS = 101


def class_shares(classes: Iterable[int]) -> dict[int, float]:
    """Share of each class among layers or cells, by class number.

    Parameters
    ----------
    classes : array of int, any shape
        For instance the soil class of every layer of every cell.
    """
    numbers, counts = np.unique(np.asarray(classes, dtype=np.int64), return_counts=True)
    return dict(zip(numbers.tolist(), (counts / counts.sum()).tolist(), strict=True))


def predominant_classes(shares: Mapping[int, float], threshold: float = SHARE_THRESHOLD) -> tuple[int, ...]:
    """Classes whose share reaches ``threshold``, ascending.

    The default 0.056 leaves out one layer of 18 and reproduces Table S1 of Ji et al. (2026).
    """
    return tuple(sorted(number for number, share in shares.items() if share >= threshold))


@dataclass(frozen=True)
class Dimension:
    """One direction of the space.

    Parameters
    ----------
    parameter : Parameter
    number : int or None
        Class, from 1.
    low, high : float
        Bounds as they stand in a parameter set (absolute; TBOT: offset in K).
    default : float
        Value of the tables; 0 for TBOT. It may lie outside bounds that a user narrowed.
    """

    parameter: Parameter
    number: int | None
    low: float
    high: float
    default: float

    @property
    def name(self) -> str:
        """Key in a parameter set, such as ``MAXSMC[12]``."""
        return join_key(self.parameter.name, self.number)

    def value(self, unit: float) -> float:
        """Value at a unit coordinate; whole numbers each take an equal part of the unit interval."""
        if self.parameter.integer:
            count = self._count()
            return self.low + min(math.floor(unit * count), count - 1)
        return self.low * (1.0 - unit) + self.high * unit

    def unit(self, value: float) -> float:
        """Unit coordinate of a value, at most 0 to 1; the middle of its part for whole numbers."""
        if self.parameter.integer:
            coordinate = (value - self.low + 0.5) / self._count()
        else:
            coordinate = (value - self.low) / (self.high - self.low)
        return min(max(coordinate, 0.0), 1.0)

    def _count(self) -> int:
        return round(self.high - self.low) + 1


@dataclass(frozen=True)
class Space:
    """An ordered set of dimensions as a unit cube with ``levels`` equidistant levels a side.

    Parameters
    ----------
    dimensions : tuple of Dimension
        In the order of the parameter table, then by class.
    levels : int
        101 gives steps of 1/100 of each range.
    """

    dimensions: tuple[Dimension, ...]
    levels: int = LEVELS

    def __len__(self) -> int:
        return len(self.dimensions)

    @property
    def names(self) -> tuple[str, ...]:
        """Keys of the dimensions."""
        return tuple(dimension.name for dimension in self.dimensions)

    @property
    def bounds(self) -> np.ndarray:
        """Lower and upper bounds, (dimensions, 2)."""
        return np.array([(d.low, d.high) for d in self.dimensions], dtype=np.float64).reshape(-1, 2)

    def default_parameters(self) -> ParameterSet:
        """The exact defaults of all dimensions."""
        return ParameterSet({d.name: d.default for d in self.dimensions})

    def default_unit(self) -> np.ndarray:
        """Unit coordinates of the defaults, (dimensions,), in general between the levels."""
        return self.to_unit(self.default_parameters())

    def snap(self, unit) -> np.ndarray:
        """Nearest point on the levels; any shape whose last axis is the dimensions."""
        return self.from_levels(self.to_levels(unit))

    def to_levels(self, unit) -> np.ndarray:
        """Level numbers, 0 to ``levels - 1``, of unit coordinates; int64, same shape."""
        scaled = np.clip(np.asarray(unit, dtype=np.float64), 0.0, 1.0) * (self.levels - 1)
        return np.rint(scaled).astype(np.int64)

    def from_levels(self, level) -> np.ndarray:
        """Unit coordinates of level numbers; the inverse of :meth:`to_levels`."""
        return np.asarray(level, dtype=np.float64) / (self.levels - 1)

    def to_values(self, unit) -> np.ndarray:
        """Values, (dimensions,), at one point of the unit cube.

        Raises
        ------
        ValueError
            For another number of coordinates or a coordinate outside 0 to 1.
        """
        point = np.asarray(unit, dtype=np.float64)
        if point.shape != (len(self),):
            raise ValueError(f"a point of this space has {len(self)} coordinates, not shape {point.shape}")
        if not np.all((point >= 0.0) & (point <= 1.0)):
            raise ValueError(f"unit coordinates lie between 0 and 1, not {point.min()} to {point.max()}")
        return np.array([d.value(float(u)) for d, u in zip(self.dimensions, point, strict=True)])

    def to_parameters(self, unit) -> ParameterSet:
        """Parameter set at one point of the unit cube, (dimensions,)."""
        return ParameterSet(dict(zip(self.names, self.to_values(unit).tolist(), strict=True)))

    def to_unit(self, parameters: Mapping[str, float]) -> np.ndarray:
        """Unit coordinates, (dimensions,), of a set; defaults where it is silent, clipped to the cube."""
        return np.array([d.unit(parameters.get(d.name, d.default)) for d in self.dimensions])

    def rows(self) -> list[dict[str, object]]:
        """Name, unit, bounds and default of each dimension, for tables and files."""
        return [
            {"name": d.name, "unit": d.parameter.unit, "low": d.low, "high": d.high, "default": d.default}
            for d in self.dimensions
        ]


def build_space(
    names: Sequence[str],
    tables: Tables,
    vegetation: Mapping[int, float] | Iterable[int] = (),
    soil: Mapping[int, float] | Iterable[int] = (),
    *,
    ranges: Mapping[str, Sequence[float]] | None = None,
    threshold: float = SHARE_THRESHOLD,
    layers: int | None = None,
    levels: int = LEVELS,
    source: str = "",
) -> Space:
    """Expand parameters by class and give each dimension its bounds.

    Parameters
    ----------
    names : sequence of str
        ``MAXSMC`` (one dimension for every predominant class) or ``MAXSMC[12]`` (that class, predominant or
        not, as long as it is present).
    tables : Tables
        The defaults; NROOT already mapped to the grid if the case does so.
    vegetation, soil : mapping of class to share, or iterable of classes
        A mapping is compared with ``threshold``; an iterable names the predominant classes themselves. See
        :func:`class_shares`.
    ranges : mapping of key to (low, high), optional
        Replace the ranges of Ji et al. (2026), as values (TBOT: offsets); a key without class holds for every class.
    threshold : float
    layers : int, optional
        Number of soil layers: NROOT stays within it.
    levels : int
    source : str
        File or case key, for messages.

    Returns
    -------
    Space
        Its order does not depend on the order of ``names``.

    Raises
    ------
    InputError
        With every unknown, passive or derived name, absent class and bad range.
    """
    problems = Problems()
    present = {"vegetation": _present(vegetation, threshold), "soil": _present(soil, threshold)}
    keys = _expanded(names, tables, present, source, problems)
    custom = _checked_ranges(ranges or {}, keys, source, problems)
    dimensions = [_dimension(key, tables, custom, layers) for key in sorted(keys, key=canonical_order)]
    for dimension in dimensions:
        low, high = dimension.low, dimension.high
        if low >= high:
            value = f"{low:g} to {high:g}"
            problems.add("has no range to vary", source=source, variable=dimension.name, value=value)
    if not keys and not problems:
        problems.add("no parameter to vary", source=source, expected="at least one name")
    if levels < 2:
        problems.add("too few levels", source=source, value=levels, expected="at least 2")
    problems.raise_if_any()
    return Space(tuple(dimensions), levels)


def _dimension(key: str, tables: Tables, custom: Mapping, layers: int | None) -> Dimension:
    """The dimension of a key, within a range of its own or that of Ji et al. (2026)."""
    parameter, number = resolve_key(key)
    default = parameter.default(tables, number)
    if parameter.integer:
        default = max(default, parameter.limits[0])
    low, high = custom.get(key) or custom.get(parameter.name) or _paper_range(parameter, default)
    return Dimension(parameter, number, *_clipped(parameter, low, high, layers), default)


def around_offset(space: Space, offset: float, ranges: Mapping[str, Sequence[float]]) -> Space:
    """The space with TBOT around an offset that a case already has; the tables, which give defaults, do not hold it.

    Parameters
    ----------
    space : Space
    offset : float
        Of the bottom temperature [K].
    ranges : mapping
        As given to :func:`build_space`: one of TBOT is kept.
    """
    dimensions = []
    for dimension in space.dimensions:
        if dimension.name == BOTTOM_TEMPERATURE and offset:
            dimension = replace(dimension, default=offset)
            if BOTTOM_TEMPERATURE not in {split_key(key)[0] for key in ranges}:
                bottom, top = dimension.parameter.limits
                low, high = max(dimension.low + offset, bottom), min(dimension.high + offset, top)
                dimension = replace(dimension, low=low, high=high)
        dimensions.append(dimension)
    return replace(space, dimensions=tuple(dimensions))


def _present(classes, threshold: float) -> tuple[frozenset[int], tuple[int, ...]]:
    """All classes present and the predominant ones."""
    if isinstance(classes, Mapping):
        return frozenset(classes), predominant_classes(classes, threshold)
    numbers = frozenset(int(number) for number in classes)
    return numbers, tuple(sorted(numbers))


def _expanded(names, tables: Tables, present, source: str, problems: Problems) -> set[str]:
    keys: set[str] = set()
    for text in names:
        try:
            keys.update(_keys_of(text, tables, present))
        except (ValueError, UnknownClassError) as error:
            problems.add(str(error), source=source, variable=text)
    return keys


def _keys_of(text: str, tables: Tables, present) -> list[str]:
    name, number = split_key(text)
    try:
        parameter = find_parameter(name)
    except KeyError as error:
        raise ValueError(error.args[0]) from None
    if parameter.status != "tunable":
        raise ValueError(f"{name} is {parameter.status}: it follows other parameters and cannot be varied")
    if not parameter.by_class or number is not None:
        resolve_key(text, tables)
    if not parameter.by_class:
        return [name]
    everywhere, predominant = present[parameter.group]
    if number is not None and number not in everywhere:
        raise ValueError(f"{parameter.group} class {number} does not occur (present: {sorted(everywhere)})")
    if number is None and not predominant:
        raise ValueError(f"no {parameter.group} class to vary {name} for")
    keys = [join_key(name, n) for n in (predominant if number is None else (number,))]
    for key in keys:
        resolve_key(key, tables)
    return keys


def _paper_range(parameter: Parameter, default: float) -> tuple[float, float]:
    if parameter.kind == "absolute":
        return parameter.low, parameter.high
    if parameter.kind == "percent":
        return default * (1.0 + parameter.low / 100.0), default * (1.0 + parameter.high / 100.0)
    return default + parameter.low, default + parameter.high


def _clipped(parameter: Parameter, low: float, high: float, layers: int | None) -> tuple[float, float]:
    bottom, top = parameter.limits
    if parameter.name == "NROOT" and layers is not None:
        top = float(layers)
    return max(low, bottom), min(high, top)


def _checked_ranges(ranges, keys: set[str], source: str, problems: Problems) -> dict[str, tuple]:
    usable = keys | {split_key(key)[0] for key in keys}
    checked = {}
    for key, bounds in ranges.items():
        trouble = _range_problem(key, bounds, usable)
        if trouble:
            problems.add(trouble[0], source=source, variable=key, value=bounds, expected=trouble[1])
        else:
            name, number = split_key(key)
            checked[join_key(name, number)] = (float(bounds[0]), float(bounds[1]))
    return checked


def _range_problem(key: str, bounds, usable: set[str]) -> tuple[str, str] | None:
    try:
        name, number = split_key(key)
        parameter = find_parameter(name)
    except (ValueError, KeyError) as error:
        return error.args[0], "a name of the parameter table"
    if join_key(name, number) not in usable:
        return "has a range but is not varied", "one of " + ", ".join(sorted(usable, key=_by_table))
    if isinstance(bounds, str) or not isinstance(bounds, Sequence) or len(bounds) != 2:
        return "is not a range", "[low, high]"
    for bound in bounds:
        if value_problem(parameter, bound):
            return f"{bound} {value_problem(parameter, bound)}", limits_text(parameter)
    if not float(bounds[0]) < float(bounds[1]):
        return "has low above high", "low below high"
    return None


def _by_table(key: str) -> tuple[int, int]:
    name, number = split_key(key)
    return [row.name for row in parameter_table()].index(name), number or 0

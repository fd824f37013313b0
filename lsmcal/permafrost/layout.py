"""What a NetCDF file says about soil temperature: the variable, its unit, the layers, the places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lsmcal.core import units
from lsmcal.core.errors import Problems
from lsmcal.permafrost.time_axis import find_time

if TYPE_CHECKING:
    from netCDF4 import Dataset, Variable

_NAMES = ("soil_temperature", "tsl", "tsoi", "soiltemp", "soil_temp", "tsoil", "soilt", "tslb", "stc", "soil_t")
#: Of the package's own files.
_OWN_EXTREMES = ("annual_temperature_max", "annual_temperature_min")
_LAYERS = (
    "depth",
    "layer",
    "layers",
    "level",
    "lev",
    "levgrnd",
    "levsoi",
    "solth",
    "soil_layer",
    "soil_layers",
    "soil_layers_stag",
    "soil_level",
    "nsoil",
    "soil",
    "z",
)
_LENGTHS = dict.fromkeys(("meter", "meters", "metre", "metres"), "m") | dict.fromkeys(
    ("centimeter", "centimeters", "centimetre", "centimetres"), "cm"
)


@dataclass(frozen=True)
class SoilNames:
    """What a file does not say itself. All may be left out.

    Parameters
    ----------
    temperature : str or tuple of str
        The variable of soil temperature; several: one a layer, from the top, with ``depths``.
    maximum, minimum : str
        Variables with the extremes of each record's period, instead of ``temperature``.
    depth, time : str
        Variables with the depths of the nodes and the time.
    depths : tuple of float
        Depths of the nodes [m] in the order of the file, if it holds none.
    unit, depth_unit : str
        Units of temperature and depth if the file names none, or wrong ones.
    missing : tuple of float
        Numbers that mean "no value" besides those the file declares.
    """

    temperature: str | tuple[str, ...] = ""
    maximum: str = ""
    minimum: str = ""
    depth: str = ""
    time: str = ""
    depths: tuple[float, ...] = ()
    unit: str = ""
    depth_unit: str = ""
    missing: tuple[float, ...] = ()


@dataclass(frozen=True)
class Layout:
    """How soil temperature lies in a file.

    Parameters
    ----------
    roles : dict of str to tuple of str
        ``{"temperature": names}`` or ``{"maximum": names, "minimum": names}``; several names: one a layer.
    unit : str
        Of the temperature.
    dimensions : tuple of str
        Of the first variable.
    layer : str
        Dimension of the layers; empty if each has a variable.
    time : str
        Dimension of time.
    depth : (layers,) array
        Nodes, ascending [m].
    order : (layers,) array of int
        Layer of the file for each of them.
    shape : tuple of int
        Places, in the order of ``space``.
    """

    roles: dict[str, tuple[str, ...]]
    unit: str
    dimensions: tuple[str, ...]
    layer: str
    time: str
    depth: np.ndarray
    order: np.ndarray
    shape: tuple[int, ...]

    @property
    def every(self) -> list[str]:
        """All variables."""
        return [name for variables in self.roles.values() for name in variables]

    @property
    def first(self) -> str:
        """The first variable."""
        return self.every[0]

    @property
    def space(self) -> tuple[str, ...]:
        """Dimensions of the places; none for a single column."""
        return tuple(name for name in self.dimensions if name not in (self.layer, self.time))

    def same_as(self, other: Layout) -> bool:
        """True if the same variables, layers and number of places are in another file."""
        alike = (self.roles, self.unit, self.dimensions, self.shape) == (
            other.roles,
            other.unit,
            other.dimensions,
            other.shape,
        )
        return alike and self.depth.shape == other.depth.shape and np.allclose(self.depth, other.depth, atol=1e-6)


def layout_of(data: Dataset, names: SoilNames, problems: Problems) -> Layout | None:
    """Find the soil temperature; profiles if there are also extremes.

    Parameters
    ----------
    data : Dataset
    names : SoilNames
    problems : Problems

    Returns
    -------
    Layout or None
        None, with all problems noted, if anything needed is missing.
    """
    source, before = data.filepath(), len(problems.found)
    roles = _roles(data, names, problems)
    if roles is None:
        return None
    every = [name for variables in roles.values() for name in variables]
    first = data.variables[every[0]]
    for name in every[1:]:
        if data.variables[name].dimensions != first.dimensions:
            expected = f"those of {first.name}: {', '.join(first.dimensions)}"
            problems.add("other dimensions", source=source, variable=name, expected=expected)
    unit = _unit(data, every, names, problems)
    time = find_time(data, first.dimensions, names.time)
    time_dimension = time.dimensions[0] if time is not None else ""
    found = _layers(data, first, time_dimension, max(map(len, roles.values())), names, problems)
    if found is None or len(problems.found) > before:
        return None
    layer, depth = found
    order = np.argsort(depth, kind="stable")
    space = [name for name in first.dimensions if name not in (layer, time_dimension)]
    shape = tuple(len(data.dimensions[name]) for name in space)
    return Layout(roles, unit, first.dimensions, layer, time_dimension, depth[order], order, shape)


# -- the variable -------------------------------------------------------------------------------------------------
def _roles(data: Dataset, names: SoilNames, problems: Problems) -> dict[str, tuple[str, ...]] | None:
    if names.temperature or names.maximum or names.minimum:
        return _named(data, names, problems)
    found = [one for one in (_find_profiles(data), _find_extremes(data)) if one]
    if not found:
        warm = ", ".join(data.variables) or "nothing"
        problems.add(
            "no soil temperature variable",
            source=data.filepath(),
            value=warm,
            expected='one with standard_name = "soil_temperature", or its name; '
            "a maximum and a minimum if its cell_methods say that it is one of them",
        )
        return None
    if isinstance(found[0], list):
        problems.add(
            "several variables could be soil temperature",
            source=data.filepath(),
            value=", ".join(found[0]),
            expected="the name of one of them",
        )
        return None
    return found[0]


def _named(data: Dataset, names: SoilNames, problems: Problems) -> dict[str, tuple[str, ...]] | None:
    temperature = (names.temperature,) if isinstance(names.temperature, str) else tuple(names.temperature)
    roles: dict[str, tuple[str, ...]] = (
        {"temperature": temperature}
        if names.temperature
        else {"maximum": (names.maximum,), "minimum": (names.minimum,)}
    )
    missing = [name for variables in roles.values() for name in variables if name not in data.variables]
    for name in missing:
        what = f"variable '{name}' not found" if name else "only one of maximum and minimum is named"
        expected = ", ".join(data.variables) if name else "both --maximum and --minimum"
        problems.add(what, source=data.filepath(), variable="soil temperature", expected=expected)
    return None if missing else roles


def _find_extremes(data: Dataset) -> dict[str, tuple[str, ...]] | None:
    if all(name in data.variables for name in _OWN_EXTREMES):
        return dict(zip(("maximum", "minimum"), ((name,) for name in _OWN_EXTREMES), strict=True))
    found: dict[str, tuple[str, ...]] = {}
    may_be = [one for one in data.variables.values() if _may_be_soil(data, one)]
    for role in ("maximum", "minimum"):
        fits = [one.name for one in may_be if role in str(getattr(one, "cell_methods", ""))]
        if len(fits) != 1:
            return None
        found[role] = (fits[0],)
    return found


def _find_profiles(data: Dataset) -> dict[str, tuple[str, ...]] | list[str] | None:
    """The one variable, or the names of several that may be meant."""
    rest = [one for one in _soil_variables(data) if not _is_extreme(one)]
    if len(rest) == 1:
        return {"temperature": (rest[0].name,)}
    if rest:
        return [one.name for one in rest]
    fits = [one.name for one in data.variables.values() if _may_be_soil(data, one) and not _is_extreme(one)]
    return {"temperature": (fits[0],)} if len(fits) == 1 else fits or None


def _soil_variables(data: Dataset) -> list[Variable]:
    """By standard name, otherwise by a usual name; those along time if there are any."""
    by_standard_name = [v for v in data.variables.values() if getattr(v, "standard_name", "") == "soil_temperature"]
    named = by_standard_name or [v for v in data.variables.values() if v.name.lower() in _NAMES]
    return [v for v in named if find_time(data, v.dimensions) is not None] or named


def _may_be_soil(data: Dataset, variable: Variable) -> bool:
    """A temperature along depth and time that is not called anything else."""
    if getattr(variable, "standard_name", "soil_temperature") != "soil_temperature":
        return False
    warm = units.find(str(getattr(variable, "units", "")), "temperature") is not None
    deep = any(_depth_variables(data, name) for name in variable.dimensions)
    return warm and deep and find_time(data, variable.dimensions) is not None


def _is_extreme(variable: Variable) -> bool:
    methods = str(getattr(variable, "cell_methods", ""))
    return variable.name.startswith("annual_") or "maximum" in methods or "minimum" in methods


def _unit(data: Dataset, every: list[str], names: SoilNames, problems: Problems) -> str:
    found = {names.unit or str(getattr(data.variables[name], "units", "")): name for name in every}
    for unit, name in found.items():
        units.check_unit(unit, "soil_temperature", problems, data.filepath(), name)
    if len(found) > 1:
        problems.add("units differ", source=data.filepath(), variable=", ".join(every), value=", ".join(found))
    return next(iter(found))


# -- the layers ---------------------------------------------------------------------------------------------------
def _layers(
    data: Dataset, variable: Variable, time: str, count: int, names: SoilNames, problems: Problems
) -> tuple[str, np.ndarray] | None:
    """Dimension of the layers, and the depths in the order of the file [m]."""
    candidates = [name for name in variable.dimensions if name != time]
    layer, values, source = "", None, data.filepath()
    if count == 1:
        layer, coordinate = _layer_dimension(data, candidates, names)
        if not layer:
            problems.add(
                "no layer dimension",
                source=source,
                variable=variable.name,
                value=f"dimensions {', '.join(variable.dimensions)}",
                expected="one with a coordinate of depth, or the depths",
            )
            return None
        count = len(data.dimensions[layer])
        if coordinate is not None and not names.depths:
            values = _metres(coordinate, names, source, problems)
            return None if values is None else _checked(layer, values, count, source, problems)
    if not names.depths:
        problems.add(
            "no layer depths",
            source=source,
            variable=layer or variable.name,
            expected='a coordinate with standard_name = "depth" and a unit, or the depths',
        )
        return None
    return _checked(layer, np.asarray(names.depths, np.float64), count, source, problems)


def _layer_dimension(data: Dataset, candidates: list[str], names: SoilNames):
    if names.depth in data.variables and data.variables[names.depth].ndim == 1:
        coordinate = data.variables[names.depth]
        return (coordinate.dimensions[0] if coordinate.dimensions[0] in candidates else ""), coordinate
    by_coordinate = [(name, found[0]) for name in candidates if (found := _depth_variables(data, name))]
    declared = [pair for pair in by_coordinate if _declares_depth(pair[1])]
    for pairs in (declared, by_coordinate):
        if len(pairs) == 1 and not names.depth:
            return pairs[0]
    usual = [name for name in candidates if name.lower() in _LAYERS]
    fits = [name for name in usual or candidates if not names.depths or len(data.dimensions[name]) == len(names.depths)]
    return (fits[0] if len(fits) == 1 and (usual or names.depths) else ""), None


def _declares_depth(variable: Variable) -> bool:
    return getattr(variable, "standard_name", "") == "depth"


def _depth_variables(data: Dataset, dimension: str) -> list[Variable]:
    """One-dimensional variables that may hold the depths along a dimension, the likeliest first."""
    along = [one for one in data.variables.values() if one.dimensions == (dimension,)]
    fits = [one for one in along if _declares_depth(one)]
    coordinate = data.variables.get(dimension)
    if coordinate is not None and coordinate.dimensions == (dimension,) and _is_vertical(coordinate):
        fits.append(coordinate)
    return fits + [one for one in along if one.name.lower() in ("depth", "soil_depth", "zs", "levgrnd", "levsoi")]


def _is_vertical(variable: Variable) -> bool:
    if getattr(variable, "axis", "") == "Z" or hasattr(variable, "positive"):
        return True
    across = variable.name.lower() in ("x", "y") or getattr(variable, "axis", "") in ("X", "Y")
    across |= "coordinate" in str(getattr(variable, "standard_name", ""))
    return not across and _length(str(getattr(variable, "units", ""))) is not None


def _length(unit: str) -> units.Conversion | None:
    return units.find(_LENGTHS.get(unit.strip().lower(), unit), "length")


def _metres(variable: Variable, names: SoilNames, source: str, problems: Problems) -> np.ndarray | None:
    unit = names.depth_unit or str(getattr(variable, "units", ""))
    conversion = _length(unit)
    if conversion is None:
        problems.add(
            "unknown unit of depth" if unit else "no unit of depth",
            source=source,
            variable=variable.name,
            value=unit,
            expected=f"one of {', '.join(units.known_units('length'))}",
        )
        return None
    values = np.ma.filled(np.ma.asarray(variable[:], np.float64), np.nan) * conversion.factor
    return -values if (values <= 0.0).all() and (values < 0.0).any() else values


def _checked(layer: str, depth: np.ndarray, count: int, source: str, problems: Problems):
    wrong, expected = "", "one depth per layer, of one sign, unique"
    if depth.shape != (count,):
        wrong = f"{depth.size} for {count} layers"
    elif not np.isfinite(depth).all():
        wrong = f"none for layer {int(np.argmin(np.isfinite(depth))) + 1}"
    elif (depth < 0.0).any() or np.unique(depth).size < count:
        wrong = ", ".join(f"{value:g}" for value in depth)
    if wrong:
        problems.add(
            "the depths do not match", source=source, variable=layer or "depth", value=wrong, expected=expected
        )
        return None
    return layer, depth

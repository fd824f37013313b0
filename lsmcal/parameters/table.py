"""The parameters a calibration may vary, as one table, and parameter sets.

The rows are the 35 parameters of Table 1 of the calibration paper (30 tunable, 5 passive) and the derived
values that follow them. Everything else takes its names, units, ranges and meanings from here.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from lsmcal.core.errors import Problems, not_none
from lsmcal.core.files import write_text
from lsmcal.core.text import parsed_json, read_text_file
from lsmcal.core.words import counted
from lsmcal.noah.parameters.overrides import apply_parameter_set, bottom_temperature_offset, join_key, split_key
from lsmcal.noah.parameters.tables import Tables, UnknownClassError

GROUPS = ("universal", "vegetation", "soil", "site")
MINUS, PLUS = -math.inf, math.inf


@dataclass(frozen=True)
class Parameter:
    """One row of the parameter table.

    Parameters
    ----------
    name : str
        Code, as in a parameter set.
    group : {"universal", "vegetation", "soil", "site"}
        Vegetation and soil parameters take a class number in brackets.
    unit : str
    kind : {"absolute", "percent", "offset", ""}
        What ``low`` and ``high`` are: values, per cent of the class's table value, or differences from the
        default in ``unit``; empty where no range exists.
    low, high : float
        Range of Ji et al. (2026, Table 1); NaN where it gives none.
    limits : (float, float)
        Physically admissible values (closed); computed ranges are clipped to them.
    meaning : str
    status : {"tunable", "passive", "derived"}
        A passive parameter follows others but may be set; a derived one may not.
    integer : bool
    sensitive : bool
        Among the ten most sensitive of Ji et al. (2026).
    """

    name: str
    group: str
    unit: str
    kind: str
    low: float
    high: float
    limits: tuple[float, float]
    meaning: str
    status: str = "tunable"
    integer: bool = False
    sensitive: bool = False

    @property
    def by_class(self) -> bool:
        """Whether a set names it with a class number."""
        return self.group in ("vegetation", "soil")

    @property
    def is_offset_in_sets(self) -> bool:
        """Whether a set holds a difference (TBOT) and not the value itself."""
        return self.group == "site"

    @property
    def default_source(self) -> str:
        """Where the default comes from."""
        sources = {"universal": "general parameters (GENPARM)", "site": "the site"}
        tables = {"vegetation": "vegetation table (VEGPARM)", "soil": "soil table (SOILPARM)"}
        return "computed" if self.status == "derived" else {**sources, **tables}[self.group]

    @property
    def range_text(self) -> str:
        """The range for people, such as ``-3 to -1``, ``±20 %`` or ``±1.5 K``."""
        if not self.kind:
            return "-"
        if self.kind == "absolute":
            return f"{self.low:g} to {self.high:g}"
        return f"±{self.high:g} {'%' if self.kind == 'percent' else self.unit}"

    def default(self, tables: Tables, number: int | None = None) -> float:
        """Value when nothing is set; 0 for an offset. ``number`` is the class, from 1."""
        if self.group == "site":
            return 0.0
        if self.group == "universal":
            return tables.general[self.name]
        return getattr(tables, self.group).value(self.name, number)


def _rows() -> Iterator[Parameter]:
    nan, top = float("nan"), {"sensitive": True}
    positive, share = (1e-12, PLUS), (0.0, 1.0)

    def row(name, group, unit, kind, low, high, limits, meaning, status="tunable", **flags):
        return Parameter(name, group, unit, kind, low, high, limits, meaning, status, **flags)

    def universal(name, unit, low, high, limits, meaning, **flags):
        return row(name, "universal", unit, "absolute", low, high, limits, meaning, **flags)

    def plant(name, unit, percent, limits, meaning, **flags):
        return row(name, "vegetation", unit, "percent", -percent, percent, limits, meaning, **flags)

    def soil(name, unit, percent, limits, meaning, **flags):
        return row(name, "soil", unit, "percent", -percent, percent, limits, meaning, **flags)

    def follows(name, group, unit, limits, meaning, status):
        return row(name, group, unit, "", nan, nan, limits, meaning, status)

    yield universal("SBETA", "1", -3.0, -1.0, (-50.0, 0.0), "canopy effect on ground heat flux", **top)
    yield universal("FXEXP", "1", 0.2, 4.0, (0.0, 20.0), "exponent of bare-soil evaporation", **top)
    yield universal("CSOIL", "J m-3 K-1", 1.26e6, 3.5e6, (1e5, 1e7), "heat capacity of soil solids")
    yield universal("SALP", "1", 2.5, 4.0, (1e-3, 50.0), "shape of the snow cover curve")
    yield follows("REFDK", "universal", "m s-1", positive, "reference conductivity of KDT", "passive")
    yield universal("REFKDT", "1", 0.5, 5.0, (0.0, 100.0), "partition of infiltration and surface runoff")
    yield universal("FRZK", "m", 0.10, 0.20, (1e-6, 10.0), "ice threshold for infiltration", **top)
    yield universal("CZIL", "1", 0.0, 1.0, (0.0, 10.0), "Zilitinkevich coefficient", **top)
    yield universal("TOPT", "K", 293.0, 303.0, (263.15, 333.15), "optimum temperature of transpiration")
    yield universal("CMCMAX", "m", 1e-4, 2e-3, (1e-9, 0.1), "canopy water capacity")
    yield universal("CFACTR", "1", 0.40, 0.95, (1e-3, 10.0), "exponent of canopy evaporation")
    yield universal("RSMAX", "s m-1", 2000.0, 10000.0, positive, "maximum stomatal resistance")
    yield row("NROOT", "vegetation", "layers", "offset", -2.0, 2.0, (1.0, PLUS), "number of root layers", integer=True)
    yield plant("RS", "s m-1", 20.0, positive, "minimum stomatal resistance")
    yield plant("RGL", "W m-2", 20.0, positive, "radiation stress of the canopy")
    yield plant("HS", "1", 20.0, (0.0, PLUS), "vapour-deficit stress of the canopy")
    yield plant("SNUP", "m", 20.0, (1e-6, 10.0), "snow water equivalent at full snow cover")
    yield plant("LAIMIN", "1", 20.0, (1e-6, 20.0), "minimum leaf area index")
    yield plant("LAIMAX", "1", 20.0, (1e-6, 20.0), "maximum leaf area index")
    yield plant("EMISSMIN", "1", 10.0, (0.7, 1.0), "emissivity at minimum greenness", **top)
    yield plant("EMISSMAX", "1", 10.0, (0.7, 1.0), "emissivity at maximum greenness", **top)
    yield plant("ALBEDOMIN", "1", 20.0, share, "snow-free albedo at maximum greenness", **top)
    yield plant("ALBEDOMAX", "1", 20.0, share, "snow-free albedo at minimum greenness", **top)
    yield plant("Z0MIN", "m", 20.0, (1e-6, 10.0), "roughness length at minimum greenness")
    yield plant("Z0MAX", "m", 20.0, (1e-6, 10.0), "roughness length at maximum greenness")
    yield soil("BB", "1", 10.0, (0.1, 50.0), "Campbell exponent")
    yield soil("MAXSMC", "m3 m-3", 10.0, (0.03, 0.99), "porosity", **top)
    yield follows("REFSMC", "soil", "m3 m-3", share, "field capacity", "passive")
    yield follows("WLTSMC", "soil", "m3 m-3", share, "wilting point", "passive")
    yield follows("DRYSMC", "soil", "m3 m-3", share, "dry limit of evaporation", "passive")
    yield soil("SATPSI", "m", 10.0, (1e-6, 100.0), "saturated matric potential")
    yield soil("SATDK", "m s-1", 20.0, (1e-12, 1.0), "saturated hydraulic conductivity")
    yield follows("SATDW", "soil", "m2 s-1", positive, "saturated soil-water diffusivity", "passive")
    yield soil("QTZ", "1", 20.0, share, "quartz fraction of the solids")
    yield row("TBOT", "site", "K", "offset", -1.5, 1.5, (-50.0, 50.0), "temperature at ZBOT", **top)
    yield follows("F11", "soil", "1", (MINUS, PLUS), "from MAXSMC, BB, SATPSI; unused", "derived")
    yield follows("KDT", "soil", "1", positive, "REFKDT SATDK / REFDK", "derived")
    yield follows("FRZX", "soil", "m", positive, "FRZK (MAXSMC / REFSMC) (0.412 / 0.468)", "derived")


@lru_cache
def parameter_table(derived: bool = False) -> tuple[Parameter, ...]:
    """The 35 rows in the order of Ji et al. (2026), and the derived F11, KDT and FRZX behind them if asked for."""
    return tuple(row for row in _rows() if derived or row.status != "derived")


@lru_cache
def _by_name() -> dict[str, Parameter]:
    return {row.name: row for row in parameter_table(derived=True)}


def find_parameter(name: str) -> Parameter:
    """Row of one parameter.

    Raises
    ------
    KeyError
        With the nearest names.
    """
    if name not in _by_name():
        near = get_close_matches(name.upper(), list(_by_name()), n=3, cutoff=0.5)
        raise KeyError(f"no parameter {name!r}" + (f"; did you mean {', '.join(near)}?" if near else ""))
    return _by_name()[name]


def sensitive_parameters() -> tuple[str, ...]:
    """Names of the ten most sensitive parameters of Ji et al. (2026)."""
    return tuple(row.name for row in parameter_table() if row.sensitive)


def resolve_key(key: str, tables: Tables | None = None) -> tuple[Parameter, int | None]:
    """Parameter and class number of a key such as ``MAXSMC[12]``.

    Raises
    ------
    ValueError
        When the key is malformed, unknown, derived, lacks its class, has one it cannot have, or names no
        class of ``tables``.
    """
    name, number = split_key(key)
    try:
        parameter = find_parameter(name)
    except KeyError as error:
        raise ValueError(error.args[0]) from None
    if parameter.status == "derived":
        raise ValueError(f"{name} is derived from other parameters and cannot be set")
    if parameter.by_class and number is None:
        raise ValueError(f"{name} needs the number of a {parameter.group} class, as in {name}[7]")
    if not parameter.by_class and number is not None:
        raise ValueError(f"{name} is {parameter.group} and takes no class number")
    if tables is not None and number is not None:
        try:
            getattr(tables, parameter.group).index(number)
        except UnknownClassError as error:
            raise ValueError(str(error)) from None
    return parameter, number


def canonical_order(key: str) -> tuple[int, int]:
    """Sort key: order of the parameter table, then class number."""
    parameter, number = resolve_key(key)
    return list(_by_name()).index(parameter.name), number or 0


def value_problem(parameter: Parameter, value: object) -> str:
    """Why ``value`` cannot be that parameter's, or an empty text."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) and not hasattr(value, "__float__"):
        return "is not a number"
    number = float(value)
    if not math.isfinite(number):
        return "is not finite"
    if parameter.integer and number != round(number):
        return "is not a whole number"
    low, high = parameter.limits
    return "" if low <= number <= high else "is physically impossible"


def limits_text(parameter: Parameter) -> str:
    """Admissible values for a message."""
    low, high = parameter.limits
    whole = "a whole number" if parameter.integer else "a number"
    unit = f" {parameter.unit}" if parameter.unit != "1" else ""
    if math.isinf(high):
        return f"{whole} of at least {low:g}{unit}"
    return f"{whole} from {low:g} to {high:g}{unit}"


class ParameterSet(Mapping[str, float]):
    """Values of some parameters: an immutable mapping from ``NAME`` or ``NAME[class]`` to float.

    Values are absolute, except TBOT, which is an offset in K to the site's value. Keys are kept in the order
    of the parameter table. A passive parameter (REFSMC, WLTSMC, DRYSMC, SATDW, REFDK) may be named: its value
    then wins over the passive mode for that class and must keep DRYSMC <= WLTSMC < REFSMC <= MAXSMC.

    Parameters
    ----------
    values : mapping of str to float
    tables : Tables, optional
        Also check that the classes exist and that the order of soil limits holds.
    source : str
        File or case key, for messages.

    Raises
    ------
    InputError
        With every problem found.
    """

    def __init__(self, values: Mapping[str, object] | None = None, tables: Tables | None = None, source: str = ""):
        problems = Problems()
        accepted = _accepted(dict(values or {}), tables, source, problems)
        problems.raise_if_any()
        self._values = {key: accepted[key] for key in sorted(accepted, key=canonical_order)}
        if tables is not None:
            _check_soil_order(self, tables, source, problems)
            problems.raise_if_any()

    def __getitem__(self, key: str) -> float:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(tuple(self._values.items()))

    def __repr__(self) -> str:
        return f"ParameterSet({self._values})"

    @property
    def bottom_temperature_offset(self) -> float:
        """What to add to the site's TBOT, K."""
        return bottom_temperature_offset(self)

    def merged(self, other: Mapping[str, object]) -> ParameterSet:
        """This set with the values of ``other`` on top."""
        return ParameterSet({**self, **other})

    def apply(self, tables: Tables, passive: str = "ratio") -> Tables:
        """Tables with this set laid over them; TBOT is left to the caller."""
        return apply_parameter_set(tables, self, passive)

    def to_json(self) -> str:
        """Canonical text: table order, one value a line, floats that read back exactly."""
        plain = {key: int(value) if resolve_key(key)[0].integer else value for key, value in self.items()}
        return json.dumps(plain, indent=2, allow_nan=False) + "\n"

    def write(self, path: str | os.PathLike) -> None:
        """Write :meth:`to_json` to ``path`` as a whole or not at all."""
        write_text(path, self.to_json())

    @classmethod
    def read(cls, path: str | os.PathLike, tables: Tables | None = None) -> ParameterSet:
        """Read a JSON object of parameters, or one that holds it under ``parameters``.

        Raises
        ------
        InputError
            For a file that is missing, not JSON, not an object, repeats a key, or holds bad parameters.
        """
        return cls(_json_object(Path(path)), tables, str(path))


def _accepted(values: dict, tables: Tables | None, source: str, problems: Problems) -> dict[str, float]:
    accepted = {}
    for key, value in values.items():
        try:
            parameter, number = resolve_key(str(key), tables)
        except ValueError as error:
            problems.add(str(error), source=source, variable=key)
            continue
        trouble = value_problem(parameter, value)
        if trouble:
            problems.add(trouble, source=source, variable=key, value=value, expected=limits_text(parameter))
        elif join_key(parameter.name, number) in accepted:
            problems.add("is given twice", source=source, variable=key)
        else:
            accepted[join_key(parameter.name, number)] = float(value)
    return accepted


def _check_soil_order(parameters: ParameterSet, tables: Tables, source: str, problems: Problems) -> None:
    """Explicit passive limits that only clipping could bring into order are problems of the set."""
    after = parameters.apply(tables)
    for key, value in parameters.items():
        parameter, number = resolve_key(key)
        if parameter.status != "passive" or parameter.group != "soil":
            continue
        if after.soil.value(parameter.name, not_none(number)) != value:
            expected = "DRYSMC <= WLTSMC < REFSMC <= MAXSMC in each class"
            problems.add(
                "violates the order of soil limits", source=source, variable=key, value=value, expected=expected
            )


def _json_object(path: Path) -> dict[str, object]:
    problems = Problems()

    def unique(pairs):
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found:
                problems.add("is given twice", source=path, variable=key)
            found[key] = value
        return found

    content: Any = {}
    text = read_text_file(path, problems, "a parameter set such as best.json")
    problems.raise_if_any()
    try:
        content = parsed_json(text or "", object_pairs_hook=unique)
    except ValueError as error:
        problems.add(f"cannot be read as JSON: {error}", source=path)
    if isinstance(content, dict) and isinstance(content.get("parameters"), dict):
        content = content["parameters"]
    if isinstance(content, dict) and isinstance(members := content.get("members"), list):
        message = f"holds an ensemble of {counted(len(members), 'parameter set')}"
        problems.add(message, source=path, expected="one set: best.json, or one of the members in a file of its own")
    if not isinstance(content, dict):
        problems.add("is not a JSON object of parameters", source=path, expected='{"SBETA": -1.7}')
    problems.raise_if_any()
    return content

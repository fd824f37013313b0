"""Conversion to the model's units, by the name of the unit.

A small table, not a unit system: each quantity lists the names that occur in forcing and
observation files. Spelling is forgiving (``W/m2``, ``W m**-2``, ``w m{-2}``), names are not guessed.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np

from lsmcal.core.errors import Problems


@dataclass(frozen=True)
class Conversion:
    """``model = (value * factor + offset) / (step if per_step else 1)``."""

    factor: float = 1.0
    offset: float = 0.0
    per_step: bool = False


_ZERO_CELSIUS = 273.15
_INCH = 25.4

_FRACTION = {"1": Conversion(), "%": Conversion(0.01), "percent": Conversion(0.01), "fraction": Conversion()}
_TABLE: dict[str, dict[str, Conversion]] = {
    "temperature": {
        "K": Conversion(),
        "degC": Conversion(1.0, _ZERO_CELSIUS),
        "degF": Conversion(5.0 / 9.0, _ZERO_CELSIUS - 32.0 * 5.0 / 9.0),
    },
    "specific_humidity": {"kg kg-1": Conversion(), "g kg-1": Conversion(1e-3), "1": Conversion()},
    "fraction": _FRACTION,
    "pressure": {
        "Pa": Conversion(),
        "hPa": Conversion(100.0),
        "mbar": Conversion(100.0),
        "kPa": Conversion(1000.0),
    },
    "radiation": {
        "W m-2": Conversion(),
        "J m-2": Conversion(per_step=True),
        "kJ m-2": Conversion(1e3, per_step=True),
        "MJ m-2": Conversion(1e6, per_step=True),
        "MJ m-2 d-1": Conversion(1e6 / 86400.0),
        "kJ m-2 h-1": Conversion(1e3 / 3600.0),
    },
    "precipitation": {
        "kg m-2 s-1": Conversion(),
        "mm s-1": Conversion(),
        "mm h-1": Conversion(1.0 / 3600.0),
        "mm d-1": Conversion(1.0 / 86400.0),
        "m s-1": Conversion(1000.0),
        "mm": Conversion(per_step=True),
        "m": Conversion(1000.0, per_step=True),
        "cm": Conversion(10.0, per_step=True),
        "inch": Conversion(_INCH, per_step=True),
        "kg m-2": Conversion(per_step=True),
    },
    "speed": {
        "m s-1": Conversion(),
        "km h-1": Conversion(1.0 / 3.6),
        "knots": Conversion(1852.0 / 3600.0),
        "mph": Conversion(0.44704),
    },
    "length": {"m": Conversion(), "cm": Conversion(0.01), "mm": Conversion(1e-3), "inch": Conversion(0.0254)},
    "volume_fraction": {**_FRACTION, "m3 m-3": Conversion(), "cm3 cm-3": Conversion()},
}
_ALIASES = {
    "kelvin": "K",
    "c": "degC",
    "°c": "degC",
    "celsius": "degC",
    "degreec": "degC",
    "degreesc": "degC",
    "degcelsius": "degC",
    "degreecelsius": "degC",
    "degreescelsius": "degC",
    "degk": "K",
    "°f": "degF",
    "f": "degF",
    "mb": "mbar",
    "millibar": "mbar",
    "pascal": "Pa",
    "mm/step": "mm",
    "mmstep-1": "mm",
    "mmperstep": "mm",
    "m/step": "m",
    "mperstep": "m",
    "inches": "inch",
    "jm-2step-1": "J m-2",
    "jm-2perstep": "J m-2",
    "mmday-1": "mm d-1",
    "mjm-2day-1": "MJ m-2 d-1",
    "kmhr-1": "km h-1",
    "mmhr-1": "mm h-1",
    "kn": "knots",
    "kt": "knots",
    "knot": "knots",
    "0-1": "1",
    "-": "1",
}

#: Quantity (row of the unit table) of each forcing role and observed kind.
QUANTITIES = {
    "air_temperature": "temperature",
    "air_temperature_minimum": "temperature",
    "air_temperature_maximum": "temperature",
    "dew_point": "temperature",
    "soil_temperature": "temperature",
    "skin_temperature": "temperature",
    "specific_humidity": "specific_humidity",
    "relative_humidity": "fraction",
    "snow_fraction": "fraction",
    "vapour_pressure": "pressure",
    "air_pressure": "pressure",
    "shortwave": "radiation",
    "longwave": "radiation",
    "precipitation": "precipitation",
    "rainfall": "precipitation",
    "snowfall": "precipitation",
    "wind_speed": "speed",
    "wind_u": "speed",
    "wind_v": "speed",
    "snow_depth": "length",
    "soil_moisture_liquid": "volume_fraction",
}


def canonical(unit: str) -> str:
    """Spelling of a unit with blanks, braces, ``**``, ``^`` and ``/`` resolved, lower case."""
    text = unit.strip().lower()
    for mark in ("{", "}", "**", "^", "_", "*", "."):
        text = text.replace(mark, "")
    numerator, *denominators = text.split("/")
    if denominators and "step" not in text and "-1" not in text:
        text = numerator + "".join(_reciprocal(part) for part in denominators)
    return text.replace(" ", "")


def _reciprocal(part: str) -> str:
    part = part.strip()
    return part[:-1] + "-" + part[-1] if part[-1:].isdigit() else part + "-1"


def known_units(quantity: str) -> list[str]:
    """Names of the units of one quantity, the model's own first."""
    return list(_TABLE[quantity])


def find(unit: str, quantity: str) -> Conversion | None:
    """Conversion of ``unit`` to the model's unit of ``quantity``; None when the name is unknown."""
    spelling = canonical(unit)
    spelling = canonical(_ALIASES.get(spelling, spelling))
    for name, conversion in _TABLE[quantity].items():
        if canonical(name) == spelling:
            return conversion
    return None


def convert(values: np.ndarray, unit: str, quantity: str, step: float = float("nan")) -> np.ndarray:
    """Values in the model's unit.

    Parameters
    ----------
    values : (n,) array
    unit : str
        Name of their unit.
    quantity : str
        Row of the table, for example "temperature".
    step : float
        Seconds a value stands for; needed by "per step" amounts such as mm or J m-2.

    Raises
    ------
    KeyError
        Unknown unit; use :func:`check_unit` first for a message to the user.
    """
    conversion = find(unit, quantity)
    if conversion is None:
        raise KeyError(f"unknown unit '{unit}' of {quantity}")
    result = np.asarray(values, dtype=np.float64) * conversion.factor + conversion.offset
    return result / step if conversion.per_step else result


def check_unit(unit: str, role: str, problems: Problems, source: str = "", where: str = "") -> bool:
    """True if ``unit`` fits ``role``; else a problem that names the nearest known units."""
    quantity = QUANTITIES[role]
    if find(unit, quantity) is not None:
        return True
    names = known_units(quantity)
    near = difflib.get_close_matches(unit, names, n=3, cutoff=0.4)
    expected = f"one of {', '.join(names)}" + (f" (nearest: {', '.join(near)})" if near else "")
    message = f"unknown unit for a {quantity.replace('_', ' ')}" if unit else "no unit is given"
    problems.add(message, source=source, variable=role, where=where, value=unit, expected=expected)
    return False

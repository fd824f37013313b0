"""The text format of the Noah simple driver: a namelist of site settings, then lines of forcing.

The file holds ``key = value`` lines between ``&METADATA_NAMELIST`` and ``/``, a header naming the units,
a ``<Forcing>`` tag, and records ``yyyy mm dd hh mi`` with wind speed and direction, temperature,
humidity, pressure, shortwave, longwave and precipitation. Times are UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.core.files import write_text
from lsmcal.core.text import read_text_file
from lsmcal.core.units import QUANTITIES, check_unit, convert
from lsmcal.inputs.station.forcing import Forcing
from lsmcal.inputs.station.humidity import relative_from_specific
from lsmcal.inputs.station.raw import RawForcing, place_in_time, usual_interval
from lsmcal.inputs.station.spec import ForcingSpec

#: Columns of the forcing section after the date: role (None: not used by the model) and usual unit.
COLUMNS = (
    ("wind_speed", "m s{-1}"),
    (None, "degrees"),
    ("air_temperature", "K"),
    ("relative_humidity", "%"),
    ("air_pressure", "hPa"),
    ("shortwave", "W m{-2}"),
    ("longwave", "W m{-2}"),
    ("precipitation", "kg m{-2} s{-1}"),
)
_RULE = "-" * 148


@dataclass
class NoahSettings:
    """The namelist: site, soil column, initial profile and monthly surface values.

    Field names are the keys in lower case; lists are per soil layer or per month. Temperatures K, water
    contents m3 m-3, thicknesses, heights and snow m, time steps s, fractions 1. ``other`` keeps keys that
    are not listed, as text.
    """

    startdate: str = ""
    enddate: str = ""
    loop_for_a_while: int = 0
    output_dir: str = ""
    latitude: float = float("nan")
    longitude: float = float("nan")
    forcing_timestep: int = 0
    noahlsm_timestep: int = 0
    sea_ice_point: bool = False
    soil_layer_thickness: list[float] = field(default_factory=list)
    soil_temperature: list[float] = field(default_factory=list)
    soil_moisture: list[float] = field(default_factory=list)
    soil_liquid: list[float] = field(default_factory=list)
    soil_htype: list[int] = field(default_factory=list)
    skin_temperature: float = float("nan")
    canopy_water: float = 0.0
    snow_depth: float = 0.0
    snow_equivalent: float = 0.0
    deep_soil_temperature: float = float("nan")
    landuse_dataset: str = "USGS"
    soil_type_index: int = 0
    vegetation_type_index: int = 0
    urban_veg_category: int = 1
    glacial_veg_category: int = 24
    slope_type_index: int = 1
    max_snow_albedo: float = float("nan")
    air_temperature_level: float = 2.0
    wind_level: float = 10.0
    green_vegetation_min: float = 0.01
    green_vegetation_max: float = 0.96
    usemonalb: bool = False
    rdlai2d: bool = False
    sfcdif_option: int = 0
    iz0tlnd: int = 0
    albedo_monthly: list[float] = field(default_factory=list)
    shdfac_monthly: list[float] = field(default_factory=list)
    lai_monthly: list[float] = field(default_factory=list)
    z0brd_monthly: list[float] = field(default_factory=list)
    other: dict[str, str] = field(default_factory=dict)


@dataclass
class NoahText:
    """One file: settings, time stamps and the table as it is written.

    Parameters
    ----------
    settings : NoahSettings
    time : (n,) datetime64[s]
        UTC.
    table : (n, 8) array
        The columns of ``COLUMNS`` in ``units``.
    units : tuple of str
        From the header above the records.
    lines : (n,) int array or None
    """

    settings: NoahSettings
    time: np.ndarray
    table: np.ndarray
    units: tuple[str, ...] = tuple(unit for _, unit in COLUMNS)
    lines: np.ndarray | None = None


def read_noah_text(path: Path, problems: Problems) -> NoahText | None:
    """Read a Noah simple-driver file; None, with problems noted, when it cannot be understood."""
    path = Path(path)
    expected = "a Noah simple-driver text file"
    if not path.exists():
        problems.add("file not found", source=str(path), expected=expected)
        return None
    text = read_text_file(path, problems, expected, encoding="utf-8", errors="replace")
    if text is None:
        return None
    lines = text.splitlines()
    tag = next((i for i, line in enumerate(lines) if line.strip().lower().startswith("<forcing>")), None)
    close = next((i for i, line in enumerate(lines) if line.strip() == "/"), None)
    if tag is None or close is None or close > tag:
        problems.add(
            "no namelist and <Forcing> section found",
            source=str(path),
            expected="key = value lines ended by '/', then a line that begins with <Forcing>",
        )
        return None
    settings = _settings(lines[:close], str(path), problems)
    rows = _records(lines, tag + 1, str(path), problems)
    if rows is None:
        return None
    stamps, table, numbers = rows
    return NoahText(settings, stamps, table, _header_units(lines[close + 1 : tag]), numbers)


def _settings(lines: list[str], source: str, problems: Problems) -> NoahSettings:
    settings = NoahSettings()
    kinds = {item.name: item.type for item in fields(NoahSettings)}
    for number, line in enumerate(lines, start=1):
        if "=" not in line:
            continue
        key, text = (part.strip() for part in line.split("=", 1))
        name = key.lower()
        if name not in kinds or name == "other":
            settings.other[key] = text
            continue
        try:
            setattr(settings, name, _parse(text, str(kinds[name])))
        except ValueError:
            problems.add(
                "cannot be read",
                source=source,
                variable=key,
                where=f"line {number}",
                value=text,
                expected=str(kinds[name]),
            )
    return settings


def _parse(text: str, kind: str) -> object:
    text = text.rstrip(",").strip()
    if kind == "str":
        return text.strip("\"'")
    if kind == "bool":
        if text.strip(".").lower() not in ("true", "false", "t", "f"):
            raise ValueError(text)
        return text.strip(".").lower().startswith("t")
    number = int if "int" in kind else _real
    if kind.startswith("list"):
        return [number(part) for part in text.replace(",", " ").split()]
    return number(text)


def _real(text: str) -> float:
    return float(text.lower().replace("d", "e"))


def _header_units(lines: list[str]) -> tuple[str, ...]:
    """Units of the header line that begins with "yyyy mm dd hh mi", or the usual ones."""
    for line in lines:
        match = re.match(r"\s*yyyy\s+mm\s+dd\s+hh\s+mi\s+(.*)", line)
        if match:
            units = tuple(re.split(r"\s{2,}", match.group(1).strip()))
            if len(units) == len(COLUMNS):
                return units
    return tuple(unit for _, unit in COLUMNS)


def _records(
    lines: list[str], first: int, source: str, problems: Problems
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    stamps, rows, numbers = [], [], []
    for number, line in enumerate(lines[first:], start=first + 1):
        parts = line.split()
        if not parts:
            continue
        try:
            year, month, day, hour, minute = (int(part) for part in parts[:5])
            stamps.append(np.datetime64(f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}", "s"))
            rows.append([_real(part) for part in parts[5 : 5 + len(COLUMNS)]])
            if len(rows[-1]) != len(COLUMNS):
                raise ValueError(line)
        except ValueError:
            problems.add(
                "record cannot be read",
                source=source,
                where=f"line {number}",
                value=line.strip()[:60],
                expected=f"yyyy mm dd hh mi and {len(COLUMNS)} numbers",
            )
            return None
        numbers.append(number)
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(COLUMNS))
    return np.array(stamps, dtype="datetime64[s]"), table, np.array(numbers, dtype=np.int64)


def read_noah_forcing(spec: ForcingSpec, problems: Problems) -> RawForcing | None:
    """Forcing section of a Noah text file; the namelist's forcing step goes before the usual interval."""
    text = read_noah_text(spec.file, problems)
    if text is None:
        return None
    source = str(spec.file)
    step = spec.step or float(text.settings.forcing_timestep) or usual_interval(text.time)
    values, units = {}, {}
    for index, (role, _) in enumerate(COLUMNS):
        unit = text.units[index]
        if role is not None:
            units[role] = unit
        if role is None or not check_unit(unit, role, problems, source, "the header"):
            continue
        column = text.table[:, index].copy()
        for mark in spec.missing:
            column[column == mark] = np.nan
        values[role] = convert(column, unit, QUANTITIES[role], step)
    place = {name: getattr(text.settings, name) for name in ("latitude", "longitude")}
    raw = RawForcing(text.time, step, values, source, text.time, text.lines, units, place=place)
    return place_in_time(raw, spec.stamp, spec.calendar)


def from_forcing(forcing: Forcing, settings: NoahSettings) -> NoahText:
    """The table of a :class:`Forcing`, relative humidity over water by Bolton (1980), wind from 0 degrees."""
    values = forcing.values
    relative = relative_from_specific(values["specific_humidity"], values["air_temperature"], values["air_pressure"])
    table = np.stack(
        [
            values["wind_speed"],
            np.zeros(len(forcing)),
            values["air_temperature"],
            100.0 * relative,
            values["air_pressure"] / 100.0,
            values["shortwave"],
            values["longwave"],
            values["precipitation"],
        ],
        axis=1,
    )
    return NoahText(settings, forcing.time, table)


def write_noah_text(path: Path, text: NoahText) -> None:
    """Write a file that :func:`read_noah_text` reads back without a difference."""
    lines = ["&METADATA_NAMELIST"]
    for item in fields(NoahSettings):
        value = getattr(text.settings, item.name)
        if item.name != "other" and value != [] and value == value:
            lines.append(f"{item.name.capitalize()} = {_write(value)}")
    lines += [f"{key} = {value}" for key, value in text.settings.other.items()]
    lines += ["/", _RULE]
    names = "windspeed|wind dir|temperature|humidity|pressure|shortwave|longwave|precipitation".split("|")
    lines.append(" UTC date/time   " + "".join(f"{name:>24}" for name in names))
    lines.append("yyyy mm dd hh mi   " + "   ".join(f"{unit:>21}" for unit in text.units))
    lines += [
        _RULE,
        '<Forcing>  This tag ("<Forcing>", not case sensitive) begins the section of forcing data.',
    ]
    stamps = np.datetime_as_string(text.time, unit="m")
    for stamp, row in zip(stamps, text.table, strict=True):
        date = re.sub(r"[-T:]", " ", str(stamp))
        lines.append(date + " " + "".join(f"{float(value)!r:>24}" for value in row))
    write_text(path, "\n".join(lines) + "\n")


def _write(value: object) -> str:
    if isinstance(value, bool):
        return ".TRUE." if value else ".FALSE."
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return " ".join(repr(part) for part in value)
    return repr(value)

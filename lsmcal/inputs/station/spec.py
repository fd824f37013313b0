"""What a case says about the weather and observation files of one site: plain, flat, typed values.

The case file builds these; the readers of this package take nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

FORCING_FORMATS = ("noah-text", "csv", "netcdf", "generator")
STAMPS = ("start", "middle", "end")
CALENDARS = ("auto", "standard", "noleap")
DISAGGREGATIONS = ("none", "diurnal")

#: Names a forcing column may be given; the readers turn them into the eight model variables.
FORCING_ROLES = (
    "air_temperature",
    "air_temperature_minimum",
    "air_temperature_maximum",
    "specific_humidity",
    "relative_humidity",
    "dew_point",
    "vapour_pressure",
    "air_pressure",
    "shortwave",
    "longwave",
    "precipitation",
    "rainfall",
    "snowfall",
    "snow_fraction",
    "wind_speed",
    "wind_u",
    "wind_v",
)

#: Kinds of observed quantities and their unit after reading.
OBSERVED_KINDS = {
    "soil_temperature": "K",
    "soil_moisture_liquid": "m3 m-3",
    "snow_depth": "m",
    "skin_temperature": "K",
}


@dataclass(frozen=True)
class SourceColumn:
    """One column of a table, or one variable of a NetCDF file.

    Parameters
    ----------
    column : str
        Its name in the file.
    unit : str
        Its unit by name (see :mod:`lsmcal.core.units`). Empty: the unit in square brackets at the
        end of the CSV header, or the ``units`` attribute in NetCDF.
    scale : float
        Factor on the converted values (noted in the attributes), for example against undercatch.
    """

    column: str
    unit: str = ""
    scale: float = 1.0


@dataclass(frozen=True)
class ObservedColumn:
    """One observed column.

    Parameters
    ----------
    column : str
        Its name in the file.
    kind : str
        One of ``OBSERVED_KINDS``.
    depth : float
        Depth below the soil surface, m, positive downward; 0 is the skin. Ignored for snow depth.
    unit : str
        Unit by name; empty: the unit in square brackets at the end of the header.
    """

    column: str
    kind: str = "soil_temperature"
    depth: float = 0.0
    unit: str = ""


@dataclass(frozen=True)
class ForcingSpec:
    """The weather of one site: which file, what is in it, and what to make of it.

    Parameters
    ----------
    format : str
        "noah-text", "csv", "netcdf" or "generator".
    file : Path
        The file (already resolved against the data folder); unused by the generator.
    columns : dict of str to Column
        Role (one of ``FORCING_ROLES``) to column. Empty: CSV headers that are role names with a unit
        in brackets, or CF standard names in NetCDF. Not used by "noah-text" and "generator".
    constants : dict of str to float
        Role to one assumed value, in the model's unit, for what the file lacks (noted in the attributes).
    time_column, time_format : str
        Name of the time column (empty: the first) and its ``strptime`` format (empty: ISO 8601).
    time_zone_hours : float
        Clock of the file minus UTC, hours (Beijing time: 8).
    stamp : str
        Where in its interval a time stamp stands: "start", "middle" or "end". Time bounds of a
        NetCDF file and the UTC axis of the generator go before it.
    step : float or None
        Seconds between records; None: taken from the file.
    target_step : float or None
        Seconds of the model's forcing: longer than the file's step averages, shorter needs
        ``disaggregate``; None keeps the file's own step.
    disaggregate : str
        "none" or "diurnal": daily means spread over the day by :mod:`lsmcal.inputs.station.disaggregate`
        to ``target_step`` (3 h if None).
    precipitation_hours : float
        Hours of the day over which "diurnal" spreads a day's precipitation (24: evenly).
    estimate_longwave, estimate_air_pressure : str
        Formula names of :mod:`lsmcal.inputs.station.estimate`; empty: not estimated, so it must be in the file.
    latitude, longitude, elevation : float
        Degrees north, degrees east, m; NaN where unknown. Needed by estimates, disaggregation, the
        generator and the choice of the nearest NetCDF point.
    calendar : str
        "auto" (no-leap when the file is, or lacks exactly the 29 Februaries), "standard"
        (a missing 29 February is then a gap) or "noleap" (29 February is dropped).
    missing : tuple of float
        Numbers that mean "no value", besides empty fields and NaN.
    start, end : str
        First and last moment wanted, ISO dates or times on the clock of the file; ``end`` is
        exclusive, but a bare date means that whole day is still wanted. Empty: all of it.
    cell : int or None
        Index along the cell dimension of a NetCDF file; the cell number in the generator's seed.
    seed : int
        Seed of the generator.
    years : tuple of int
        First and last year the generator makes.
    climate : dict of str to float
        Fields of :class:`lsmcal.inputs.synthetic.station_generator.Climate` that differ from its defaults.
    """

    format: str = "csv"
    file: Path = Path()
    columns: dict[str, SourceColumn] = field(default_factory=dict)
    constants: dict[str, float] = field(default_factory=dict)
    time_column: str = ""
    time_format: str = ""
    time_zone_hours: float = 0.0
    stamp: str = "start"
    step: float | None = None
    target_step: float | None = None
    disaggregate: str = "none"
    precipitation_hours: float = 24.0
    estimate_longwave: str = ""
    estimate_air_pressure: str = ""
    latitude: float = float("nan")
    longitude: float = float("nan")
    elevation: float = float("nan")
    calendar: str = "auto"
    missing: tuple[float, ...] = (-9999.0,)
    start: str = ""
    end: str = ""
    cell: int | None = None
    seed: int = 0
    years: tuple[int, int] = (2001, 2004)
    climate: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ObservationSpec:
    """Observations at one site, in one CSV table.

    Parameters
    ----------
    file : Path
        The table.
    columns : tuple of ObservedColumn
        What each column is. Empty: headers of the form ``soil_temperature@0.40 [degC]``.
    time_column, time_format, time_zone_hours, stamp, missing
        As in :class:`ForcingSpec`.
    step : float or None
        Seconds one value stands for (86400: daily means; 0: instants); None: the file's usual interval.
    start, end : str
        Period kept, as in :class:`ForcingSpec`.
    """

    file: Path = Path()
    columns: tuple[ObservedColumn, ...] = ()
    time_column: str = ""
    time_format: str = ""
    time_zone_hours: float = 0.0
    stamp: str = "start"
    step: float | None = None
    missing: tuple[float, ...] = (-9999.0,)
    start: str = ""
    end: str = ""

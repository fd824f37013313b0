"""What a case says about the gridded weather files of a region, and the published layouts by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from lsmcal.inputs.station.spec import SourceColumn

GriddedFormat = Literal["cmfd", "era5-land", "netcdf"]
GRIDDED_FORMATS: tuple[str, ...] = get_args(GriddedFormat)
LAPSES = ("none", "constant")
ACCUMULATIONS = ("step", "day")


@dataclass(frozen=True)
class FileLayout:
    """How a data set is published.

    Parameters
    ----------
    files : tuple of str
        Glob patterns of its files.
    names : dict of str to tuple of str
        Role to the names its variable may have.
    stamp : str
        Where in its interval a time stamp stands.
    accumulated : str
        What amounts (J m-2, m, mm) are summed over: "step" or "day".
    """

    files: tuple[str, ...]
    names: dict[str, tuple[str, ...]]
    stamp: str
    accumulated: str


#: CMFD's guide: state variables are instants, radiation means of 1.5 h on either side, precipitation of the 3 h before.
#: ERA5-Land's: sums since 00 UTC, at the end of each hour; the mean rates and fluxes are those of the hour before.
LAYOUTS = {
    "cmfd": FileLayout(
        ("**/*_03hr_*.nc", "**/*_03hr_*.nc4"),
        {
            "air_temperature": ("temp",),
            "specific_humidity": ("shum",),
            "air_pressure": ("pres",),
            "shortwave": ("srad",),
            "longwave": ("lrad",),
            "precipitation": ("prec",),
            "wind_speed": ("wind",),
        },
        "start",
        "step",
    ),
    "era5-land": FileLayout(
        ("**/*.nc", "**/*.nc4"),
        {
            "air_temperature": ("t2m",),
            "dew_point": ("d2m",),
            "air_pressure": ("sp",),
            "shortwave": ("ssrd", "msdwswrf", "avg_sdswrf"),
            "longwave": ("strd", "msdwlwrf", "avg_sdlwrf"),
            "precipitation": ("tp", "mtpr", "avg_tprate"),
            "wind_u": ("u10",),
            "wind_v": ("v10",),
        },
        "end",
        "day",
    ),
    "netcdf": FileLayout(("**/*.nc", "**/*.nc4"), {}, "start", "step"),
}


@dataclass(frozen=True)
class GriddedSpec:
    """The weather of a region in NetCDF files: which files, what is in them, and what to make of it.

    Times are UTC.

    Parameters
    ----------
    format : str
        "cmfd", "era5-land" or "netcdf" (CF standard names, or ``columns``).
    folder : Path
        Where the files lie (already resolved against the data folder).
    files : tuple of str
        Glob patterns below the folder; empty: those of the format. A file may hold one variable or several, any stretch
        of time, and (time, lat, lon) or (time, cell) in any order of dimensions.
    columns : dict of str to Column
        Role to variable where it differs from the format. A unit here goes before that of the file.
    constants : dict of str to float
        Role to one assumed value, in the model's unit, for what the files lack.
    stamp : str
        Where in its interval a time stamp stands, "start", "middle" or "end"; empty: as the format does. Time bounds
        go before it.
    stamps : dict of str to str
        The same for single roles, where it differs; the steps must still coincide.
    accumulated : str
        What amounts per area are summed over: "step", or "day": since 00 UTC, as in ERA5-Land; empty: as the format
        does. Rates and fluxes are left alone.
    target_step : float or None
        Seconds of the model's forcing: the files' step or a multiple, over which means are taken; None: that step.
    calendar : str
        "auto", "standard" or "noleap", as :class:`lsmcal.inputs.station.spec.ForcingSpec`.
    missing : tuple of float
        Numbers that mean "no value" besides those the files name, compared after unpacking.
    start, end : str
        Period wanted, ISO, UTC; a bare date as ``end`` is included. Empty: all there is.
    within : float or None
        Degrees of latitude and longitude a cell's centre may lie from that of its forcing point. None: half the spacing
        of the forcing grid; 0.05 for files that list cells.
    lapse : str
        "none", or "constant": see :mod:`lsmcal.inputs.station.lapse`.
    lapse_rate : float
        Decrease of temperature with height, K m-1, for "constant".
    elevation_file : Path or None
        Elevation of the forcing points; None: looked for in the weather files.
    elevation : str
        Its variable; empty: the first called elevation, orography and the like.
    """

    format: str = "netcdf"
    folder: Path = Path()
    files: tuple[str, ...] = ()
    columns: dict[str, SourceColumn] = field(default_factory=dict)
    constants: dict[str, float] = field(default_factory=dict)
    stamp: str = ""
    stamps: dict[str, str] = field(default_factory=dict)
    accumulated: str = ""
    target_step: float | None = 10800.0
    calendar: str = "auto"
    missing: tuple[float, ...] = (-9999.0,)
    start: str = ""
    end: str = ""
    within: float | None = None
    lapse: str = "none"
    lapse_rate: float = 0.0065
    elevation_file: Path | None = None
    elevation: str = ""

    @property
    def layout(self) -> FileLayout:
        """The published layout of the format."""
        return LAYOUTS[self.format]

    def stamp_of(self, role: str) -> str:
        """Where a role's time stamps stand."""
        return self.stamps.get(role) or self.stamp or self.layout.stamp

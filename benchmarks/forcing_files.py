"""Forcing files in published layouts, written from weather in memory: for tests and for the speed of packing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import netCDF4
import numpy as np

from lsmcal.core import calendars
from lsmcal.inputs.gridded.protocol import positions
from lsmcal.inputs.station import estimate
from lsmcal.inputs.station.forcing import FORCING_VARIABLES
from lsmcal.inputs.station.humidity import saturation_vapour_pressure, vapour_from_specific

#: Name, unit, scale factor and offset of the CMFD variables.
CMFD = {
    "air_temperature": ("temp", "K", 0.01, 273.15),
    "specific_humidity": ("shum", "kg kg-1", 1e-6, 0.025),
    "air_pressure": ("pres", "Pa", 2.0, 63500.0),
    "shortwave": ("srad", "W m-2", 0.25, 685.0),
    "longwave": ("lrad", "W m-2", 0.25, 685.0),
    "precipitation": ("prec", "mm hr-1", 0.0025, 75.0),
    "wind_speed": ("wind", "m s-1", 0.002, 60.0),
}
_FILL = -32767


@dataclass
class Weather:
    """Weather of a small grid, all in memory, as a RegionalForcing; cells are numbered row by row.

    Parameters
    ----------
    longitude, latitude : (nx,), (ny,) arrays
        Axes of the grid, degrees; in any order.
    time : (steps,) datetime64[s]
        Starts.
    values : (steps, 8, ny * nx) float32 array
    step : float
    calendar : str
    attributes : dict
    """

    longitude: np.ndarray
    latitude: np.ndarray
    time: np.ndarray
    values: np.ndarray
    step: float = 10800.0
    calendar: str = "standard"
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def cell(self) -> np.ndarray:
        """Numbers of the cells."""
        return np.arange(self.latitude.size * self.longitude.size)

    def read(self, cells: np.ndarray, first: int, last: int) -> np.ndarray:
        """As a RegionalForcing does."""
        return np.ascontiguousarray(self.values[first:last][:, :, positions(cells, self.cell, "memory")])

    def identity(self) -> dict[str, object]:
        """Sum of all values."""
        return {"kind": "memory", "sum": float(self.values.sum(dtype=np.float64))}

    def field(self, name: str, first: int = 0, last: int | None = None) -> np.ndarray:
        """One variable as (steps, ny, nx)."""
        column = self.values[first:last, FORCING_VARIABLES.index(name)]
        return column.reshape(-1, self.latitude.size, self.longitude.size)


def weather(
    longitude: np.ndarray, latitude: np.ndarray, start: str, end: str, step: float = 10800.0, seed: int = 1
) -> Weather:
    """Plausible numbers with yearly and daily cycles and noise; cheap rather than true.

    Parameters
    ----------
    longitude, latitude : arrays
    start, end : str
        First moment and (exclusive) last, ISO.
    step : float
        Seconds.
    seed : int
    """
    time = np.arange(np.datetime64(start, "s"), np.datetime64(end, "s"), np.timedelta64(int(step), "s"))
    random = np.random.default_rng(seed)
    shape = (time.size, latitude.size * longitude.size)
    day = calendars.day_of_year(time)[:, None] / 365.25 * 2.0 * np.pi
    _, _, _, second = calendars.split(time)
    sun = np.maximum(-np.cos(second[:, None] / 43200.0 * np.pi), 0.0) * (1.0 - 0.4 * np.cos(day))
    noise = random.standard_normal(shape, dtype=np.float32)
    north = np.repeat(latitude - latitude.mean(), longitude.size)
    temperature = 268.0 - 12.0 * np.cos(day) + 6.0 * sun - north + 2.0 * noise
    pressure = 58000.0 + 50.0 * noise[::-1]
    vapour = 0.6 * saturation_vapour_pressure(temperature)
    columns = {
        "air_temperature": temperature,
        "specific_humidity": 0.622 * vapour / (pressure - 0.378 * vapour),
        "air_pressure": pressure,
        "shortwave": 500.0 * sun + np.zeros(shape),
        "longwave": estimate.brutsaert1975(temperature, vapour),
        "precipitation": np.maximum(noise - 1.5, 0.0) * 3e-4,
        "wind_speed": 3.0 + np.abs(noise),
        "snow_fraction": np.full(shape, -1.0),
    }
    values = np.stack([columns[name] for name in FORCING_VARIABLES], axis=1).astype(np.float32)
    return Weather(np.asarray(longitude), np.asarray(latitude), time, values, float(step))


def periods(time: np.ndarray, unit: str) -> Iterator[tuple[str, slice]]:
    """Labels and steps of the months ("M") or years ("Y") of an axis."""
    labels = time.astype(f"datetime64[{unit}]")
    for label in np.unique(labels):
        chosen = np.flatnonzero(labels == label)
        yield str(label).replace("-", ""), slice(int(chosen[0]), int(chosen[-1]) + 1)


def write_cmfd(source: Weather, folder: Path, unit: str = "M", kind: str = "NETCDF4", **storage) -> list[Path]:
    """One variable a file, packed short, monthly or yearly; the names are those of the published files.

    Parameters
    ----------
    source : Weather
    folder : Path
    unit : str
        "M" or "Y".
    kind : str
        Format of netCDF4.
    **storage
        Of ``createVariable``, for example ``zlib=True``.
    """
    paths = []
    for role, (name, units, scale, offset) in CMFD.items():
        for label, steps in periods(source.time, unit):
            path = folder / f"{name}_CMFD_V0106_B-01_03hr_010deg_{label}.nc"
            with netCDF4.Dataset(path, "w", format=kind) as data:
                _axes(data, source, source.time[steps], "hours since 1900-01-01 00:00:0.0")
                variable = data.createVariable(name, "i2", ("time", "lat", "lon"), fill_value=_FILL, **storage)
                variable.units, variable.scale_factor, variable.add_offset = units, scale, offset
                variable.set_auto_maskandscale(False)
                values = source.field(role, steps.start, steps.stop) * (3600.0 if name == "prec" else 1.0)
                variable[:] = np.rint((values - offset) / scale).astype(np.int16)
            paths.append(path)
    return paths


def write_era5_land(source: Weather, folder: Path, together: bool = True) -> list[Path]:
    """Hourly files by month as ERA5-Land has them: instants at the stamp, sums since 00 UTC, wind in components.

    Parameters
    ----------
    source : Weather
        Hourly. The values of a step stand at its end.
    folder : Path
    together : bool
        All variables in one file a month, or one variable a file.
    """
    stamps = calendars.shift(source.time, source.step)
    fields = _era5_fields(source)
    paths = []
    for label, steps in periods(stamps, "M"):
        for group in [list(fields)] if together else [[name] for name in fields]:
            path = folder / f"era5land_{'_'.join(group) if not together else 'all'}_{label}.nc"
            with netCDF4.Dataset(path, "w") as data:
                _axes(data, source, stamps[steps], "hours since 1970-01-01")
                for name in group:
                    variable = data.createVariable(name, "f4", ("time", "lat", "lon"), fill_value=np.nan)
                    variable.units, values = fields[name]
                    variable[:] = values[steps]
            paths.append(path)
    return paths


def _era5_fields(source: Weather) -> dict[str, tuple[str, np.ndarray]]:
    wind = source.field("wind_speed")
    vapour = vapour_from_specific(source.field("specific_humidity"), source.field("air_pressure"))
    logarithm = np.log(vapour / 611.2)
    return {
        "t2m": ("K", source.field("air_temperature")),
        "d2m": ("K", 243.5 * logarithm / (17.67 - logarithm) + 273.15),
        "sp": ("Pa", source.field("air_pressure")),
        "u10": ("m s**-1", 0.6 * wind),
        "v10": ("m s**-1", -0.8 * wind),
        "ssrd": ("J m**-2", _since_midnight(source, "shortwave", source.step)),
        "strd": ("J m**-2", _since_midnight(source, "longwave", source.step)),
        "tp": ("m", _since_midnight(source, "precipitation", source.step / 1000.0)),
    }


def _since_midnight(source: Weather, name: str, factor: float) -> np.ndarray:
    amounts = source.field(name).astype(np.float64) * factor
    days = source.time.astype("datetime64[D]")
    for day in np.unique(days):
        amounts[days == day] = np.cumsum(amounts[days == day], axis=0)
    return amounts


def write_cells(source: Weather, path: Path) -> Path:
    """All variables in one file, (time, cell), with CF standard names and the model's units."""
    names = {
        "air_temperature": ("air_temperature", "K"),
        "specific_humidity": ("specific_humidity", "1"),
        "air_pressure": ("surface_air_pressure", "Pa"),
        "shortwave": ("surface_downwelling_shortwave_flux_in_air", "W m-2"),
        "longwave": ("surface_downwelling_longwave_flux_in_air", "W m-2"),
        "precipitation": ("precipitation_flux", "kg m-2 s-1"),
        "wind_speed": ("wind_speed", "m s-1"),
    }
    latitude, longitude = np.meshgrid(source.latitude, source.longitude, indexing="ij")
    with netCDF4.Dataset(path, "w") as data:
        data.createDimension("time", source.time.size)
        data.createDimension("cell", latitude.size)
        _time(data, source.time, "days since 1970-01-01")
        for name, unit, values in (("lat", "degrees_north", latitude), ("lon", "degrees_east", longitude)):
            axis = data.createVariable(name, "f8", ("cell",))
            axis.units, axis[:] = unit, values.ravel()
        for number, (role, (standard, unit)) in enumerate(names.items()):
            variable = data.createVariable(f"v{number}", "f4", ("time", "cell"))
            variable.standard_name, variable.units = standard, unit
            variable[:] = source.field(role).reshape(source.time.size, -1)
    return path


def _axes(data: netCDF4.Dataset, source: Weather, time: np.ndarray, units: str) -> None:
    data.title = "generated weather, no place's"
    data.createDimension("time", None)
    for name, unit, values in (("lat", "degrees_north", source.latitude), ("lon", "degrees_east", source.longitude)):
        data.createDimension(name, values.size)
        axis = data.createVariable(name, "f4", (name,))
        axis.units, axis[:] = unit, values
    _time(data, time, units)


def _time(data: netCDF4.Dataset, time: np.ndarray, units: str) -> None:
    axis = data.createVariable("time", "f8", ("time",))
    axis.units, axis.calendar = units, "standard"
    word, origin = units.split(" since ")
    since = (time - np.datetime64(origin.split()[0], "s")).astype(np.int64)
    axis[:] = since / {"hours": 3600.0, "days": 86400.0}[word]


def part(source: Weather, first: int, last: int) -> Weather:
    """Some steps of the weather."""
    return replace(source, time=source.time[first:last], values=source.values[first:last])

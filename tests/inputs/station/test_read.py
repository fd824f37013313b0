"""Generated weather written to each format and read back; sums kept by averaging."""

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsmcal.inputs.station.forcing import FORCING_UNITS, FORCING_VARIABLES, Forcing, average
from lsmcal.inputs.station.read import read_forcing
from lsmcal.inputs.station.spec import ForcingSpec
from lsmcal.inputs.synthetic.station_generator import Climate, generate

STANDARD = {
    "air_temperature": "air_temperature",
    "specific_humidity": "specific_humidity",
    "air_pressure": "surface_air_pressure",
    "shortwave": "surface_downwelling_shortwave_flux_in_air",
    "longwave": "surface_downwelling_longwave_flux_in_air",
    "precipitation": "precipitation_flux",
    "wind_speed": "wind_speed",
}


@pytest.fixture(scope="module")
def weather():
    return generate(Climate(), (2003, 2004), seed=9)


@pytest.mark.parametrize("unit", ["hours since 2000-01-01", "seconds since 1970-01-01", "days since 1900-01-01"])
def test_netcdf(weather, tmp_path, unit):
    path = tmp_path / "weather.nc"
    with netCDF4.Dataset(path, "w") as data:
        data.createDimension("time", len(weather))
        time = data.createVariable("time", "f8", ("time",))
        time.units, time.calendar = unit, "standard"
        time[:] = netCDF4.date2num(weather.time.astype(object), unit, "standard")
        for name, standard in STANDARD.items():
            variable = data.createVariable(name, "f8", ("time",))
            variable.standard_name, variable.units = standard, FORCING_UNITS[name]
            variable[:] = weather.values[name]
    again = read_forcing(ForcingSpec(format="netcdf", file=path))
    assert np.array_equal(again.time, weather.time) and again.step == weather.step
    for name in FORCING_VARIABLES:
        assert np.array_equal(again.values[name], weather.values[name]), name


def test_csv(weather, tmp_path):
    path = tmp_path / "weather.csv"
    names = [f"{name} [{FORCING_UNITS[name]}]" for name in FORCING_VARIABLES]
    lines = [",".join(["time", *names])]
    for stamp, row in zip(weather.time, weather.stacked().tolist(), strict=True):
        lines.append(",".join([f"{stamp}Z", *map(repr, row)]))
    path.write_text("\n".join(lines) + "\n")
    again = read_forcing(ForcingSpec(file=path))
    assert np.array_equal(again.time, weather.time)
    assert np.array_equal(again.stacked(), weather.stacked())


@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(1, 300),
    minutes=st.sampled_from([30, 60, 180, 360]),
    hours=st.sampled_from([3, 6, 12, 24]),
    offset=st.integers(0, 47),
    zone=st.sampled_from([-9.0, 0.0, 5.5, 8.0]),
    seed=st.integers(0, 99),
)
def test_averages_keep_energy_and_water_of_the_whole_steps(count, minutes, hours, offset, zone, seed):
    if hours * 60 % minutes:
        return
    rng = np.random.default_rng(seed)
    first = np.datetime64("2016-02-28T00:00:00") + np.timedelta64(offset * minutes * 60, "s")
    time = first + np.arange(count) * np.timedelta64(minutes * 60, "s")
    values = {name: rng.random(count) for name in FORCING_VARIABLES}
    fine = Forcing(time, minutes * 60.0, values, time_zone_hours=zone)
    coarse = average(fine, hours * 3600.0)
    ratio = hours * 60 // minutes
    assert count - len(coarse) * ratio < 2 * ratio
    if not len(coarse):
        return
    inside = (fine.time >= coarse.time[0]) & (fine.time < coarse.end)
    assert inside.sum() == len(coarse) * ratio
    for name in ("shortwave", "precipitation", "air_temperature"):
        assert coarse.values[name].sum() * ratio == pytest.approx(values[name][inside].sum()), name
    snow = values["precipitation"] * values["snow_fraction"]
    kept = coarse.values["precipitation"] * coarse.values["snow_fraction"]
    assert kept.sum() * ratio == pytest.approx(snow[inside].sum())
    clock = coarse.time.astype(np.int64) + int(3600 * zone)
    # A half-hour zone puts a 3-hourly record across the local hours: the steps keep the records whole.
    assert np.all(clock % (3600 * hours) < minutes * 60)

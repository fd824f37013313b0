"""The weather generator."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.inputs.station import solar
from lsmcal.inputs.station.forcing import FORCING_VARIABLES
from lsmcal.inputs.station.humidity import relative_from_specific
from lsmcal.inputs.station.read import read_forcing
from lsmcal.inputs.station.spec import ForcingSpec
from lsmcal.inputs.synthetic.station_generator import Climate, generate


@pytest.fixture(scope="module")
def weather():
    return generate(Climate(), (1996, 2010), seed=7)


def test_more_years_do_not_change_the_earlier_ones(weather):
    short = generate(Climate(), (1996, 1998), seed=7)
    for name in FORCING_VARIABLES:
        assert np.array_equal(weather.values[name][: len(short)], short.values[name]), name


def test_seed_and_cell_decide_the_weather():
    again, cell, seed = (generate(Climate(), (2001, 2001), seed, cell) for seed, cell in ((7, 0), (7, 5), (8, 0)))
    first = generate(Climate(), (2001, 2001), 7, 0).values["air_temperature"]
    assert np.array_equal(again.values["air_temperature"], first)
    for other in (cell, seed):
        assert np.corrcoef(other.values["air_temperature"], first)[0, 1] < 0.97


def test_means_are_those_of_the_climate(weather):
    climate, values = Climate(), weather.values
    assert values["air_temperature"].mean() == pytest.approx(climate.mean_temperature, abs=0.5)
    assert values["precipitation"].mean() * 86400 * 365.2425 == pytest.approx(climate.precipitation, rel=0.08)
    wet = values["precipitation"].reshape(-1, 8).sum(axis=1) > 0
    assert wet.mean() == pytest.approx(climate.wet_days, abs=0.03)
    assert values["wind_speed"].mean() == pytest.approx(climate.wind, rel=0.05)
    assert values["air_pressure"].mean() == pytest.approx(58100.0, rel=0.005)


def test_physical_limits(weather):
    values = weather.values
    above = solar.top_of_atmosphere(weather.time, weather.step, 35.0, 92.0)
    assert np.all(values["shortwave"] <= above) and np.all(values["shortwave"][above == 0] == 0)
    relative = relative_from_specific(values["specific_humidity"], values["air_temperature"], values["air_pressure"])
    assert relative.max() <= 1 + 1e-9 and relative.min() > 0
    assert values["wind_speed"].min() > 0 and values["precipitation"].min() >= 0
    assert np.all(values["longwave"] < 5.67e-8 * values["air_temperature"] ** 4)


def test_wet_days_are_cloudy_and_come_in_spells(weather):
    daily = {name: column.reshape(-1, 8).mean(axis=1) for name, column in weather.values.items()}
    wet = daily["precipitation"] > 0
    month = weather.time[::8].astype("datetime64[M]").astype(int) % 12
    july = month == 6
    assert daily["shortwave"][july & wet].mean() < 0.75 * daily["shortwave"][july & ~wet].mean()
    assert daily["longwave"][july & wet].mean() > daily["longwave"][july & ~wet].mean() + 10
    after_wet, after_dry = wet[1:][wet[:-1] & july[:-1]].mean(), wet[1:][~wet[:-1] & july[:-1]].mean()
    assert after_wet > after_dry + 0.2
    assert wet[july].mean() > 3 * wet[month == 0].mean()


def test_trend_is_added():
    warm = generate(replace(Climate(), trend=1.0), (2010, 2010), 7).values["air_temperature"]
    still = generate(Climate(), (2010, 2010), 7).values["air_temperature"]
    assert (warm - still).mean() == pytest.approx(1.05, abs=0.01)


def test_a_case_can_ask_for_it():
    spec = ForcingSpec(
        format="generator",
        file=Path(),
        years=(2001, 2002),
        seed=3,
        latitude=34.0,
        climate={"mean_temperature": 266.0},
        target_step=3600.0,
        start="2001-07-01",
        end="2001-07-31",
    )
    forcing = read_forcing(spec)
    assert len(forcing) == 31 * 24 and forcing.step == 3600.0
    assert str(forcing.end) == "2001-08-01T00:00:00"
    with pytest.raises(InputError, match="mean_temperatur[^e]"):
        read_forcing(replace(spec, climate={"mean_temperatur": 266.0}))
    with pytest.raises(InputError, match="ends too early"):
        read_forcing(replace(spec, end="2003-07-31"))
    with pytest.raises(InputError, match="no records in the period.*2009-07-31 to the end"):
        read_forcing(replace(spec, start="2009-07-31", end=""))
    with pytest.raises(InputError, match="no records in the period.*the start to 1999-07-31"):
        read_forcing(replace(spec, start="", end="1999-07-31"))
    with pytest.raises(InputError, match="does not divide"):
        read_forcing(replace(spec, target_step=7000.0))


def test_noleap_axis():
    spec = ForcingSpec(format="generator", years=(2003, 2004), calendar="noleap")
    forcing = read_forcing(spec)
    assert len(forcing) == 2 * 365 * 8 and forcing.calendar == "noleap"

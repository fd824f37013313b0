"""Daily means spread over the day keep their means; averaging undoes what spreading does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsmcal.inputs.station.disaggregate import (
    by_sun,
    capped_mean,
    disaggregate,
    diurnal_wave,
    smooth,
    temperature_range,
)
from lsmcal.inputs.station.forcing import FORCING_VARIABLES, Forcing, average
from lsmcal.inputs.station.humidity import saturation_vapour_pressure, specific_from_vapour


def daily_forcing(days=400, start="2015-12-31T16:00", seed=3):
    random = np.random.default_rng(seed)
    time = np.datetime64(start, "s") + np.arange(days) * np.timedelta64(86400, "s")
    season = np.cos(2 * np.pi * (np.arange(days) - 200) / 365.25)
    temperature = 270 + 10 * season + 3 * random.standard_normal(days)
    values = {
        "air_temperature": temperature,
        "specific_humidity": specific_from_vapour(0.6 * saturation_vapour_pressure(temperature), 6e4),
        "air_pressure": 6e4 + 200 * random.standard_normal(days),
        "shortwave": 100 + 80 * season + 40 * random.random(days),
        "longwave": 220 + 40 * season,
        "precipitation": np.maximum(random.standard_normal(days), 0) * 2e-5,
        "wind_speed": 1 + 5 * random.random(days),
        "snow_fraction": np.full(days, -1.0),
    }
    return Forcing(time, 86400.0, values, time_zone_hours=8.0)


@pytest.mark.parametrize("step", [3600.0, 10800.0, 21600.0])
@pytest.mark.parametrize("place", [(33.0, 92.0), (68.6, -149.6), (80.0, 10.0)])
@pytest.mark.parametrize("hours", [24.0, 5.0])
def test_means_are_kept(step, place, hours):
    daily = daily_forcing()
    fine = disaggregate(daily, step, *place, precipitation_hours=hours)
    assert len(fine) == len(daily) * 86400 / step and fine.time[0] == daily.time[0]
    again = average(fine, 86400.0)
    assert np.array_equal(again.time, daily.time)
    for name in FORCING_VARIABLES:
        assert again.values[name] == pytest.approx(daily.values[name], rel=1e-10, abs=1e-12), name
    assert all(fine.values[name].min() >= 0 for name in ("shortwave", "precipitation", "wind_speed"))


def test_shortwave_is_dark_at_night_and_highest_near_solar_noon():
    daily = daily_forcing(30)
    fine = disaggregate(daily, 3600.0, 33.0, 97.0)
    sun = fine.values["shortwave"].reshape(30, 24)
    hours = (fine.time[:24].astype(np.int64) % 86400) / 3600
    night = (hours >= 14) & (hours < 22)
    assert np.all(sun[:, night] == 0)
    # In January the sun is highest between 05:35 and 05:46 UTC at 97 E.
    assert set(hours[sun.argmax(axis=1)]) == {5.0}


def test_given_extremes_set_the_range():
    daily = daily_forcing(20)
    fine = disaggregate(daily, 3600.0, 33.0, 92.0, daily_range=np.full(20, 14.0))
    hourly = fine.values["air_temperature"].reshape(20, 24)
    trend_free = hourly - smooth(daily.values["air_temperature"], 24)
    assert np.ptp(trend_free, axis=1) == pytest.approx(np.full(20, 14.0), rel=0.01)


def test_clear_days_have_the_wider_range():
    span = temperature_range(np.array([60.0, 150.0, 250.0, 5.0]), np.array([330.0, 330.0, 330.0, 1.0]))
    assert span[0] < span[1] < span[2] <= 20.0 and span[3] == 2.0


def test_humidity_never_exceeds_saturation_and_keeps_its_mean_where_it_can():
    limit = np.array([[1.0, 2.0, 3.0, 6.0], [1.0, 1.0, 1.0, 1.0], [5.0, 5.0, 5.0, 5.0]])
    result = capped_mean(np.array([2.5, 2.0, 2.0]), limit)
    assert result[0] == pytest.approx([1.0, 2.0, 3.0, 4.0])
    assert result[1] == pytest.approx([1.0] * 4)
    assert result[2] == pytest.approx([2.0] * 4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.01, 10), min_size=8, max_size=8), st.floats(0.0, 1.0))
def test_capped_mean_for_any_limits(limits, share):
    limit = np.array([limits])
    result = capped_mean(np.array([share * limit.mean()]), limit)
    assert np.all(result <= limit * (1 + 1e-12))
    assert result.mean() == pytest.approx(share * limit.mean(), rel=1e-9, abs=1e-12)


def test_sunless_day_with_a_reading_is_spread_evenly():
    assert np.all(by_sun(np.array([2.0]), np.zeros((1, 8))) == 2.0)


def test_wave_peaks_at_fifteen_hours_solar_time():
    time = np.datetime64("2010-07-01", "s") + np.arange(24) * np.timedelta64(3600, "s")
    wave = diurnal_wave(time, 3600.0, 0.0)
    assert wave.argmax() in (14, 15) and wave.sum() == pytest.approx(0.0, abs=1e-12)


def test_only_daily_means_can_be_spread():
    with pytest.raises(ValueError, match="cannot spread"):
        disaggregate(average_input(), 3600.0, 33.0, 92.0)


def average_input():
    daily = daily_forcing(3)
    return disaggregate(daily, 10800.0, 33.0, 92.0)


def test_averaging_begins_at_local_midnight_and_drops_incomplete_steps():
    hourly = disaggregate(daily_forcing(4), 3600.0, 33.0, 92.0).select(slice(5, None))
    coarse = average(hourly, 10800.0)
    # Local midnight is 16 UTC; the records begin at 21 UTC, the first full step at 22 UTC.
    assert coarse.time[0] == hourly.time[1]
    assert coarse.values["shortwave"][0] == pytest.approx(hourly.values["shortwave"][1:4].mean())
    assert "1 records" in coarse.attributes["averaged"]
    with pytest.raises(ValueError, match="not a multiple"):
        average(hourly, 5400.0)


def test_snow_fraction_is_averaged_by_weight_of_precipitation():
    forcing = disaggregate(daily_forcing(1), 10800.0, 33.0, 92.0)
    forcing.values["precipitation"][:] = [0, 0, 3e-5, 1e-5, 0, 0, 0, 0]
    forcing.values["snow_fraction"][:] = [0, 0, 1.0, 0.2, 0, 0, 0, 0]
    assert average(forcing, 86400.0).values["snow_fraction"][0] == pytest.approx(0.8)

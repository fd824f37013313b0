"""Estimates of longwave and pressure."""

import numpy as np
import pytest

from lsmcal.inputs.station import estimate, solar


def test_clear_sky_formulas_at_a_worked_point():
    temperature, vapour = np.array([288.0]), np.array([1000.0])
    black = estimate.STEFAN_BOLTZMANN * 288.0**4
    assert estimate.brutsaert1975(temperature, vapour)[0] / black == pytest.approx(0.7673, abs=5e-4)
    assert estimate.konzelmann1994(temperature, vapour)[0] / black == pytest.approx(0.7955, abs=5e-4)
    assert estimate.dilley_obrien1998(temperature, vapour)[0] == pytest.approx(293.8, abs=0.5)


@pytest.mark.parametrize("name", estimate.LONGWAVE)
def test_cloud_warms_and_stays_below_the_black_body(name):
    temperature, vapour = np.full(5, 265.0), np.full(5, 150.0)
    result = estimate.longwave(name, temperature, vapour, np.array([1.0, 0.8, 0.6, 0.4, 0.2]))
    assert np.all(np.diff(result) > 0)
    assert np.all(result <= estimate.STEFAN_BOLTZMANN * 265.0**4)


def test_barometric_pressure():
    # ISA: 540.2 hPa at 5000 m and 255.65 K.
    assert estimate.barometric(5000.0, 255.65) == pytest.approx(54020.0, rel=1e-3)
    assert estimate.barometric(0.0, 280.0) == pytest.approx(101325.0)


def test_cloud_is_the_days_and_bridges_the_polar_night():
    time = np.datetime64("2010-10-01", "s") + np.arange(8 * 150) * np.timedelta64(10800, "s")
    clear = solar.clear_sky(time, 10800.0, 75.0, 0.0, 0.0)
    share = np.where(time < np.datetime64("2010-12-01"), 0.4, 0.8)
    ratio = estimate.sunshine_ratio(time, clear * share, clear, 0.0)
    dark = clear.reshape(-1, 8).mean(axis=1) < 1.0
    daily = ratio.reshape(-1, 8)
    assert np.all(daily == daily[:, :1])
    assert daily[0, 0] == pytest.approx(0.4) and daily[-1, 0] == pytest.approx(0.8)
    assert np.all((daily[dark] >= 0.4 - 1e-9) & (daily[dark] <= 0.8 + 1e-9)) and dark.any()
    assert np.all(estimate.sunshine_ratio(time, 0 * clear, 0 * clear, 0.0) == 0.5)

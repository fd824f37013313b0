"""Sun geometry against well-known values."""

import numpy as np
import pytest

from lsmcal.inputs.station import solar

DAY = 86400.0


def moment(*texts):
    return np.array(texts, dtype="datetime64[s]")


def test_declination_at_solstices_and_equinox():
    declination = np.rad2deg(solar.sun(moment("2010-06-21T11:28", "2010-12-21T23:38", "2010-03-20T17:32"))[0])
    assert declination == pytest.approx([23.438, -23.438, 0.0], abs=0.01)


def test_equation_of_time_and_distance():
    _, equation, distance = solar.sun(moment("2010-02-11T12", "2010-11-03T12", "2010-01-03T00", "2010-07-06T11"))
    minutes = np.rad2deg(equation) * 4.0
    assert minutes[:2] == pytest.approx([-14.2, 16.45], abs=0.1)
    assert distance[2:] == pytest.approx([0.9833**-2, 1.0167**-2], rel=1e-3)


def test_daily_top_of_atmosphere_at_equator_and_pole():
    equinox, solstice = moment("2010-03-20T00"), moment("2010-06-21T00")
    scale = solar.SOLAR_CONSTANT * solar.sun(equinox)[2]
    # S/pi at the equator at equinox; S sin(23.44 deg) at the pole at the solstice; no sun in polar night.
    assert solar.top_of_atmosphere(equinox, DAY, 0.0, 0.0) == pytest.approx(scale / np.pi, rel=2e-3)
    pole = solar.SOLAR_CONSTANT * 0.9683 * np.sin(np.deg2rad(23.437))
    assert solar.top_of_atmosphere(solstice, DAY, 90.0, 0.0) == pytest.approx(pole, rel=2e-3)
    assert solar.top_of_atmosphere(moment("2010-12-21T00"), DAY, 75.0, 30.0) == 0.0


@pytest.mark.parametrize("latitude", [-70.0, 0.0, 33.0, 68.6, 89.0])
def test_interval_means_agree_with_numerical_integration(latitude):
    starts = np.arange(moment("2011-05-03")[0], moment("2011-05-04")[0], np.timedelta64(10800, "s"))
    declination, equation, _ = solar.sun(starts + np.timedelta64(5400, "s"))
    seconds = (np.arange(2000) + 0.5) * 10800 / 2000
    hours = solar.hour_angle(starts, 92.0, equation)[:, None] + 2 * np.pi * seconds / DAY
    phi, dec = np.deg2rad(latitude), declination[:, None]
    cosine = np.sin(phi) * np.sin(dec) + np.cos(phi) * np.cos(dec) * np.cos(hours)
    numerical = np.maximum(cosine, 0.0).mean(axis=1)
    assert solar.mean_cosine(starts, 10800.0, latitude, 92.0) == pytest.approx(numerical, abs=2e-6)


def test_local_noon_is_where_the_longitude_says():
    assert solar.solar_hour(moment("2010-01-01T06:00"), 90.0)[0] == pytest.approx(12.0)
    assert solar.solar_hour(moment("2010-01-01T22:00"), -150.0)[0] == pytest.approx(12.0)

"""The synthetic plateau and the real coarse one: any cell alone is the same, and the climate is what was asked for."""

from dataclasses import replace

import numpy as np
import pytest

from lsmcal.core import calendars
from lsmcal.core.errors import InputError
from lsmcal.inputs.station import solar
from lsmcal.inputs.synthetic.climatology import make_climatology
from lsmcal.inputs.synthetic.plateau import make_plateau
from lsmcal.inputs.synthetic.plateau_weather import MonthlyClimate, PlateauWeather, monthly_knots
from lsmcal.noah.physics.constants import T0

AIR, HUMIDITY, PRESSURE, SUN, LONGWAVE, RAIN, WIND, SNOW = range(8)
CELLS = 60


@pytest.fixture(scope="module")
def plateau():
    return make_plateau(CELLS, seed=3)


@pytest.fixture(scope="module")
def whole(plateau):
    """All cells from 1979 to 2020, (steps, 8, cells)."""
    domain, weather = plateau
    return weather.read(domain.cell, 0, weather.time.size)


def _alone(weather: PlateauWeather, index: int) -> PlateauWeather:
    """Weather of one cell that knows no other."""
    fields = {name: np.asarray(value)[index : index + 1] for name, value in vars(weather.climate).items()}
    return replace(weather, climate=MonthlyClimate(**fields))


# -- the same bits, however it is asked for -----------------------------------------------------------------------
@pytest.mark.parametrize("index", [0, 17, CELLS - 1])
def test_a_cell_alone_has_the_same_weather(plateau, whole, index):
    domain, weather = plateau
    alone = _alone(weather, index).read(domain.cell[index : index + 1], 0, weather.time.size)
    np.testing.assert_array_equal(alone[:, :, 0], whole[:, :, index])


@pytest.mark.parametrize("first, last", [(0, 1), (2919, 2925), (2917, 8780), (50000, 50007)])
def test_any_piece_has_the_same_weather(plateau, whole, first, last):
    domain, weather = plateau
    some = np.array([40, 3, 39, 12])
    np.testing.assert_array_equal(weather.read(domain.cell[some], first, last), whole[first:last][:, :, some])


def test_a_bigger_plateau_has_the_same_mountains_at_the_same_place():
    coarse, _ = make_plateau(50, seed=5)
    fine, weather = make_plateau(2000, seed=5)
    near = [
        np.argmin(np.hypot(fine.longitude - x, fine.latitude - y))
        for x, y in zip(coarse.longitude, coarse.latitude, strict=True)
    ]
    assert np.corrcoef(coarse.elevation, fine.elevation[near])[0, 1] > 0.9
    assert weather.read(fine.cell[-1:], 0, 8).shape == (8, 8, 1)


def test_the_seed_makes_another_plateau_and_other_weather(plateau, whole):
    domain, weather = make_plateau(CELLS, seed=4)
    assert not np.array_equal(domain.elevation, plateau[0].elevation)
    other = replace(plateau[1], seed=4).read(domain.cell, 0, 2920)
    assert np.abs(other[:, AIR] - whole[:2920, AIR]).mean() > 1.0
    assert other[:, AIR].mean() == pytest.approx(whole[:2920, AIR].mean(), abs=1.5)


def test_nothing_missing_and_the_year_turns_without_a_jump(whole, plateau):
    assert np.isfinite(whole).all()
    jump = np.abs(np.diff(whole[:, AIR].astype(float), axis=0)).mean(axis=1)
    begins = np.flatnonzero(np.diff(calendars.split(plateau[1].time)[0]))
    around = begins[:, None] + 8 * np.array([-4, -3, -2, -1, 1, 2, 3, 4])  # the same hour of the days before and after
    assert jump[begins].mean() == pytest.approx(jump[around].mean(), rel=0.15)


# -- the climate --------------------------------------------------------------------------------------------------
def test_monthly_means_and_sums_are_those_of_the_climate(whole, plateau):
    _, weather = plateau
    year, month, *_ = calendars.split(weather.time)
    middle = (year >= 1990) & (year <= 2009)  # the trend is zero in their middle
    for number in range(12):
        steps = whole[middle & (month == number + 1)]
        warm = steps[:, AIR].mean(axis=0, dtype=float) - weather.climate.temperature[:, number]
        assert abs(warm.mean()) < 0.4 and np.abs(warm).max() < 1.3
        rain = steps[:, RAIN].sum(axis=0, dtype=float) * 10800.0 / 20.0
        assert rain.sum() == pytest.approx(weather.climate.precipitation[:, number].sum(), rel=0.12)


def test_warming_of_the_decade_and_the_cooling_in_the_north_west(whole, plateau):
    domain, weather = plateau
    year = calendars.split(weather.time)[0]
    years = np.arange(1979, 2021)
    annual = np.array([whole[year == one, AIR].mean(axis=0, dtype=float) for one in years])
    late = (years >= 1996) & (years <= 1999)
    slope = np.polyfit(years[~late], annual[~late].mean(axis=1), 1)[0]
    assert slope == pytest.approx(0.039, abs=0.013)
    level = np.stack([np.polyval(np.polyfit(years[~late], one[~late], 1), years) for one in annual.T], axis=1)
    departure = annual - level
    north_west = (domain.latitude - 33.5) / 6.0 - (domain.longitude - 88.0) / 12.0
    in_it, out_of_it = north_west > 0.4, north_west < -0.4
    assert departure[late][:, in_it].mean() < departure[late][:, out_of_it].mean() - 0.35


def test_air_is_colder_with_height_and_ground_of_every_kind_can_occur():
    domain, weather = make_plateau(1000, seed=1)
    mean = weather.climate.temperature.mean(axis=1) - T0
    flat = mean + 0.55 * (domain.latitude - 33.0)
    assert np.polyfit(domain.elevation, flat, 1)[0] == pytest.approx(-0.0058, rel=1e-6)
    assert (mean < -6.0).mean() > 0.1 and (mean > 0.0).mean() > 0.05 and (np.abs(mean + 3.0) < 1.5).mean() > 0.2
    assert len(np.unique(domain.vegetation)) == 4 and len(np.unique(domain.soil)) == 5
    assert 0.2 < domain.dense.mean() < 0.9


def test_humidity_sun_and_longwave_are_possible(whole, plateau):
    domain, weather = plateau
    air, pressure = whole[:, AIR].astype(float), whole[:, PRESSURE].astype(float)
    vapour = whole[:, HUMIDITY] * pressure / (0.622 + 0.378 * whole[:, HUMIDITY])
    saturation = 611.2 * np.exp(17.67 * (air - T0) / (air - T0 + 243.5))
    assert (vapour > 0.0).all() and (vapour <= saturation * 1.001).all()
    assert (whole[:, RAIN] >= 0.0).all() and (whole[:, WIND] > 0.2).all() and whole[:, WIND].max() < 40.0
    emissivity = whole[:, LONGWAVE] / (5.67e-8 * air**4)
    assert 0.4 < emissivity.min() and emissivity.max() < 1.0
    assert pressure.mean(axis=0).max() / pressure.mean(axis=0).min() > 1.1


def test_no_sun_at_night_and_never_more_than_above_the_atmosphere(whole, plateau):
    domain, weather = plateau
    steps = slice(0, 2920)
    for index in (0, 30, CELLS - 1):
        place = domain.latitude[index], domain.longitude[index]
        above = solar.top_of_atmosphere(weather.time[steps], weather.step, *place)
        sun = whole[steps, SUN, index]
        assert (sun <= above + 4.0).all() and (sun[above < 1e-6] < 4.0).all()
        assert 0.4 < sun.sum() / above.sum() < 0.9


def test_knots_keep_the_monthly_means():
    means = np.random.default_rng(1).normal(size=(12, 5))
    days = np.arange(np.datetime64("2001-01-01"), np.datetime64("2002-01-01"))
    before, after, weight = calendars.month_weights(days)
    knots = monthly_knots(means)
    daily = (1.0 - weight)[:, None] * knots[before] + weight[:, None] * knots[after]
    month = calendars.split(days)[1]
    found = np.array([daily[month == number].mean(axis=0) for number in range(1, 13)])
    np.testing.assert_allclose(found, means, atol=1e-8)


# -- asked wrongly ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("cells", [0, 49, 100_001])
def test_a_plateau_of_another_size_is_refused(cells):
    with pytest.raises(InputError, match="50 to 100,000"):
        make_plateau(cells, seed=0)


def test_steps_beyond_the_years_are_refused(plateau):
    domain, weather = plateau
    with pytest.raises(IndexError, match="steps"):
        weather.read(domain.cell, 0, weather.time.size + 1)


# -- the real one -------------------------------------------------------------------------------------------------
def test_real_plateau_is_as_warm_as_its_stations(shared):
    import csv

    domain, weather = make_climatology(shared / "data/qtp_grids/qtp_climatology_elevation.nc", seed=1)
    assert len(domain) == 4450 and domain.area.sum() == pytest.approx(2.857e12, rel=1e-3)
    with open(shared / "data/qtp_stations/stations.csv") as file:
        stations = list(csv.DictReader(file))
    with open(shared / "data/qtp_stations/maat_annual_c.csv") as file:
        annual = [row for row in csv.DictReader(file) if 1981 <= int(row["year"]) <= 2010]
    difference = []
    for one in stations:
        measured = [float(row[one["name"]]) for row in annual if row[one["name"]]]
        east, north = domain.longitude - float(one["lon_deg"]), domain.latitude - float(one["lat_deg"])
        here = np.flatnonzero((np.abs(east) <= 0.125) & (np.abs(north) <= 0.125))
        if measured and here.size:
            made = weather.climate.temperature[here[0]].mean() - T0
            made -= 0.006 * (float(one["elev_m"]) - domain.elevation[here[0]])
            difference.append(made - np.mean(measured))
    assert len(difference) > 35
    assert abs(np.mean(difference)) < 0.5 and np.std(difference) < 1.8


def test_a_file_without_the_maps_is_refused(tmp_path):
    from netCDF4 import Dataset

    with Dataset(tmp_path / "other.nc", "w") as file:
        file.createDimension("x", 1)
    with pytest.raises(InputError) as error:
        make_climatology(tmp_path / "other.nc", seed=0)
    assert "t2m_month" in str(error.value) and "elevation_gldas025" in str(error.value)
    (tmp_path / "broken.nc").write_bytes(b"CDF")
    with pytest.raises(InputError, match="cannot be read"):
        make_climatology(tmp_path / "broken.nc", seed=0)

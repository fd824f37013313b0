"""Weather of maps of degree days: it has them, cell by cell, and is otherwise what it was."""

from types import SimpleNamespace

import netCDF4
import numpy as np
import pytest

from lsmcal.case import case_of
from lsmcal.case.sections.domain import Map
from lsmcal.core.errors import InputError, Problems
from lsmcal.inputs.domain.bottom_temperature import bottom_temperature_nan2002
from lsmcal.inputs.synthetic.degree_day_scaling import degree_days, scaled_to_indices
from lsmcal.inputs.synthetic.degree_days import make_indexed
from lsmcal.noah.physics.constants import T0
from lsmcal.simulate.from_case.weather import cells_and_weather
from tests.inputs.map_files import centres, write_map

YEARS = (1990, 1992)
WEST, EAST, SOUTH, NORTH = 92.0, 92.8, 34.0, 34.6
#: Thawing and freezing degree days of the small map, and its survey; one cell without index, one without survey.
THAWING = np.linspace(600.0, 2400.0, 12).reshape(3, 4)
FREEZING = np.linspace(2600.0, 900.0, 12).reshape(3, 4)
SURVEY = np.array([[1, 1, 1, 3], [1, 1, 2, 2], [1, 2, 2, 2]])


@pytest.fixture(scope="module")
def climate(tmp_path_factory):
    """A coarse climatology: colder with height and to the north, rain in summer."""
    path = tmp_path_factory.mktemp("coarse") / "climate.nc"
    season = -np.cos(2.0 * np.pi * np.arange(12) / 12.0)
    with netCDF4.Dataset(path, "w") as file:
        axes = {"083": 1 / 12, "075": 0.75, "025": 0.25, "g025": 0.25}
        for name, size in axes.items():
            for word, low, high in (("lat", 32.0, 36.5), ("lon", 90.5, 95.0)):
                values = np.arange(low, high + 0.5 * size, size)
                file.createDimension(f"{word}{name}", values.size)
                axis = f"long{name[1:]}" if name[0] == "g" and word == "lon" else f"{word}{name}"
                file.createVariable(axis, "f8", (f"{word}{name}",))[:] = values
        file.createDimension("month", 12)
        height = _height(file["lat083"][:], file["lon083"][:])
        file.createVariable("elevation_083", "f8", ("lat083", "lon083"))[:] = height
        file.createVariable("elevation_gldas025", "f8", ("latg025", "long025"))[:] = 4500.0
        level = 300.0 - 0.006 * _height(file["lat075"][:], file["lon075"][:])
        file.createVariable("t2m_month", "f8", ("month", "lat075", "lon075"))[:] = level + 10.0 * season[:, None, None]
        rain = np.broadcast_to(30.0 + 28.0 * season[:, None, None], (12, file["lat025"].size, file["lon025"].size))
        file.createVariable("precip_month", "f8", ("month", "lat025", "lon025"))[:] = rain
    return path


def _height(latitude, longitude):
    return 4300.0 + 200.0 * (latitude[:, None] - 34.0) + 50.0 * (longitude[None, :] - 92.0)


@pytest.fixture
def maps(tmp_path):
    return _maps(tmp_path)


def _maps(folder, thawing=THAWING, freezing=FREEZING, survey=SURVEY, longitude=None, latitude=None):
    """Maps as files: what of which file."""
    longitude = centres(WEST, EAST, 4) if longitude is None else longitude
    latitude = centres(SOUTH, NORTH, 3) if latitude is None else latitude
    found = {}
    for name, values in (("thawing", thawing), ("freezing", freezing), ("survey", survey)):
        path = folder / f"{name}.nc"
        write_map(path, np.asarray(values, float), longitude, latitude)
        found[name] = Map(file=path.name), path
    return found


def _settings(**changed):
    given = {
        "permafrost": [1],
        "absent": [2],
        "cells": "surveyed",
        "years": list(YEARS),
        "n_thawing": 1.0,
        "n_freezing": 1.0,
        "tbot": "elevation",
    }
    return SimpleNamespace(**given | changed)


def _made_degree_days(domain, weather):
    """Mean annual degree days of the daily means of the weather as it is read."""
    first, last = (int(np.searchsorted(weather.time, np.datetime64(f"{year}"))) for year in (YEARS[0], YEARS[1] + 1))
    air = weather.read(domain.cell, first, last)[:, 0].astype(float)
    daily = air.reshape(-1, 8, len(domain)).mean(axis=1) - T0
    return [np.maximum(sign * daily, 0.0).sum(axis=0) / 3.0 for sign in (1.0, -1.0)]


# -- what the weather has -----------------------------------------------------------------------------------------
def test_the_weather_has_the_degree_days_of_the_map(climate, maps):
    domain, weather = make_indexed(climate, maps, _settings(), seed=2)
    row, column = np.divmod(domain.cell, 4)
    warm, cold = _made_degree_days(domain, weather)
    np.testing.assert_allclose(warm, THAWING[row, column], rtol=1e-4)
    np.testing.assert_allclose(cold, FREEZING[row, column], rtol=1e-4)
    for found, made in zip(degree_days(weather, YEARS), (warm, cold), strict=True):
        np.testing.assert_allclose(found, made, rtol=1e-5)


def test_an_n_factor_divides_the_map(climate, maps):
    settings = _settings(n_thawing=2.0, n_freezing=0.8)
    domain, weather = make_indexed(climate, maps, settings, seed=2)
    warm, cold = degree_days(weather, YEARS)
    np.testing.assert_allclose(warm, THAWING.ravel()[domain.cell] / 2.0, rtol=1e-5)
    np.testing.assert_allclose(cold, FREEZING.ravel()[domain.cell] / 0.8, rtol=1e-5)
    assert "n-factors 2 and 0.8" in domain.attributes["source"]


def test_n_factors_of_the_climate_keep_its_mean_and_the_pattern_of_the_map(climate, maps, tmp_path):
    domain, weather = make_indexed(climate, maps, _settings(n_thawing="climate", n_freezing="climate"), seed=2)
    doubled = tmp_path / "doubled"
    doubled.mkdir()
    _, same = make_indexed(
        climate,
        _maps(doubled, 2.0 * THAWING, 0.7 * FREEZING),
        _settings(n_thawing="climate", n_freezing="climate"),
        seed=2,
    )
    np.testing.assert_allclose(same.climate.temperature, weather.climate.temperature, atol=1e-6)
    warm, cold = degree_days(weather, YEARS)
    given = THAWING.ravel()[domain.cell], FREEZING.ravel()[domain.cell]
    assert np.ptp(warm / given[0]) < 1e-6 and np.ptp(cold / given[1]) < 1e-6
    # the coarse map's own level at these places, from its formula
    level = 300.0 - 0.006 * domain.elevation.mean() - T0
    assert (warm - cold).mean() / 365.25 == pytest.approx(level, abs=0.35)


def test_more_thawing_is_a_warmer_summer_and_more_of_both_a_stronger_season(climate, maps):
    _, weather = make_indexed(climate, maps, _settings(cells="all"), seed=2)

    def temperature(warm, cold):
        found, met = scaled_to_indices(weather, np.full(12, warm), np.full(12, cold), YEARS)
        assert met.all()
        return found.climate.temperature

    base, warmer, stronger = temperature(1200.0, 1800.0), temperature(1500.0, 1800.0), temperature(1500.0, 2100.0)
    assert (warmer.max(axis=1) > base.max(axis=1) + 1.0).all()
    assert (np.ptp(stronger, axis=1) > np.ptp(warmer, axis=1) + 1.0).all()
    np.testing.assert_allclose(stronger.mean(axis=1), base.mean(axis=1), atol=0.15)


def test_only_the_temperature_of_the_climate_is_changed(climate, maps):
    _, one = make_indexed(climate, maps, _settings(), seed=2)
    _, other = make_indexed(climate, maps, _settings(n_freezing=0.7), seed=2)
    assert np.array_equal(one.climate.precipitation, other.climate.precipitation)
    assert np.array_equal(one.climate.elevation, other.climate.elevation)
    assert one.identity()["climate"] != other.identity()["climate"]


def test_any_selection_of_cells_has_the_same_weather(climate, tmp_path, maps):
    domain, weather = make_indexed(climate, maps, _settings(), seed=2)
    few = np.where(np.arange(12).reshape(3, 4) % 5 == 1, SURVEY, 3)
    alone = tmp_path / "few"
    alone.mkdir()
    some, same = make_indexed(climate, _maps(alone, survey=few), _settings(), seed=2)
    assert 0 < len(some) < len(domain)
    np.testing.assert_array_equal(same.read(some.cell, 0, 800), weather.read(some.cell, 0, 800))


# -- the cells ----------------------------------------------------------------------------------------------------
def test_cells_target_heights_and_rules(climate, maps):
    domain, _ = make_indexed(climate, maps, _settings(tbot="nan2002"), seed=2)
    assert domain.cell.tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]
    assert domain.target.tolist() == [1, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0]
    expected = 4300.0 + 200.0 * (domain.latitude - 34.0) + 50.0 * (domain.longitude - 92.0)
    np.testing.assert_allclose(domain.elevation, expected, atol=1e-6)
    np.testing.assert_allclose(domain.tbot, bottom_temperature_nan2002(domain.elevation, domain.latitude))
    size = 20015.0 / 180.0 * 0.2
    np.testing.assert_allclose(domain.area, 1e6 * size * size * np.cos(np.deg2rad(domain.latitude)), rtol=0.01)


def test_cells_without_an_index_are_left_out_and_told(climate, tmp_path):
    gaps = THAWING.copy()
    gaps[0, 0] = np.nan
    domain, _ = make_indexed(climate, _maps(tmp_path, gaps), _settings(), seed=2)
    assert domain.cell[0] == 1 and len(domain) == 10
    assert "1 surveyed cells lack an index" in domain.attributes["source"]
    every, _ = make_indexed(climate, _maps(tmp_path, gaps), _settings(cells="all"), seed=2)
    assert len(every) == 11 and every.target.tolist() == [1, 1, -1, 1, 1, 0, 0, 1, 0, 0, 0]


# -- bad input ----------------------------------------------------------------------------------------------------
def _refused(climate, maps, **changed):
    with pytest.raises(InputError) as error:
        make_indexed(climate, maps, _settings(**changed), seed=2)
    return str(error.value)


def test_everything_wrong_with_the_files_is_said_at_once(tmp_path, maps):
    coarse = tmp_path / "coarse.nc"
    coarse.write_bytes(b"CDF")
    negative = _maps(tmp_path, freezing=-FREEZING)
    negative["survey"] = Map(file="survey.nc", variable="nothing"), negative["survey"][1]
    text = _refused(coarse, negative)
    assert "coarse.nc: cannot be read" in text and "not degree days" in text and "found -2600" in text
    assert "no such variable" in text and "nothing" in text


def test_maps_on_other_or_uneven_pixels_are_refused(climate, tmp_path, maps):
    shifted = tmp_path / "shifted"
    shifted.mkdir()
    other = _maps(shifted, longitude=centres(WEST + 0.1, EAST + 0.1, 4))
    assert "has another longitude" in _refused(climate, maps | {"survey": other["survey"]})
    uneven = _maps(shifted, latitude=np.array([34.1, 34.3, 34.55]))
    assert "not evenly spaced" in _refused(climate, uneven)


def test_a_survey_without_the_numbers_of_the_case_is_refused(climate, maps):
    text = _refused(climate, maps, permafrost=[7], absent=[9])
    assert "forcing.permafrost" in text and "forcing.absent" in text and "found 1, 2, 3" in text


def test_degree_days_that_no_season_gives_are_refused(climate, tmp_path):
    flat = THAWING.copy()
    flat[1, 2] = 0.0
    assert "the degree days of 1 cell cannot be reproduced" in _refused(climate, _maps(tmp_path, flat))


def test_cells_beyond_the_climate_are_refused(climate, tmp_path):
    far = _maps(tmp_path, longitude=centres(94.6, 95.4, 4))
    assert "cells lie outside the climatology" in _refused(climate, far)


def _case(**forcing):
    given = {
        "format": "indices",
        "file": "c.nc",
        "thawing": {"file": "a.nc"},
        "freezing": {"file": "b.nc"},
        "survey": {"file": "s.nc"},
    }
    return {"region": {"source": "indices"}, "forcing": given | forcing}


def test_keys_that_do_not_fit_are_refused():
    with pytest.raises(InputError) as error:
        case_of(_case(absent=[1, 2], years=[1985, 1960], n_thawing=0.0, file=""))
    text = str(error.value)
    assert "shares class codes with permafrost" in text and "forcing.years" in text
    assert "forcing.n_thawing" in text and "forcing.file" in text
    with pytest.raises(InputError, match='expected "indices"'):
        case_of({"region": {"source": "indices"}, "forcing": {"format": "plateau"}})
    with pytest.raises(InputError, match="forcing.survey"):
        content = _case()
        del content["forcing"]["survey"]
        case_of(content)


def test_a_case_finds_its_maps_or_names_all_that_are_missing(climate, maps, tmp_path):
    given = {name: {"file": str(path)} for name, (_, path) in maps.items()}
    content = _case(file=str(climate), years=list(YEARS), **given)
    problems = Problems()
    domain, weather = cells_and_weather(case_of(content, tmp_path), problems)
    assert not problems and len(domain) == 11 and weather.read(domain.cell, 0, 4).shape == (4, 8, 11)
    cells_and_weather(case_of(_case(), tmp_path), problems)
    assert [one.variable for one in problems.found] == [
        "forcing.thawing.file",
        "forcing.freezing.file",
        "forcing.survey.file",
        "forcing.file",
    ]


# -- the real survey ----------------------------------------------------------------------------------------------
def test_wenquan_has_its_indices_and_the_frost_number_its_kappa(shared):
    from lsmcal.evaluation.agreement import confusion

    survey = shared / "data/wenquan_permafrost_survey/wenquan_1km.nc"
    names = {"thawing": "ddt", "freezing": "ddf", "survey": "survey"}
    maps = {name: (Map(file=survey.name, variable=variable), survey) for name, variable in names.items()}
    domain, weather = make_indexed(
        shared / "data/qtp_grids/qtp_climatology_elevation.nc", maps, _settings(years=[1979, 1980]), seed=1
    )
    assert len(domain) == 2133 and (domain.target == 1).sum() == 1397
    warm, cold = degree_days(weather, (1979, 1980))
    with netCDF4.Dataset(survey) as file:
        given = [np.asarray(file[name][::-1], float).ravel()[domain.cell] for name in ("ddt", "ddf")]
    np.testing.assert_allclose(warm, given[0], rtol=1e-5)
    np.testing.assert_allclose(cold, given[1], rtol=1e-5)
    found = confusion(domain.target, (np.sqrt(cold / warm) >= 0.9).astype(int))
    assert found.kappa == pytest.approx(0.76, abs=0.005)

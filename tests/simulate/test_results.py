"""Results of columns: a site's run and a region's records are views of the same numbers."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from lsmcal.noah.statistics import Annual
from lsmcal.simulate.advance import advance
from lsmcal.simulate.results import ANNUAL_FIELDS, LEDGER, PROFILES, SURFACE, results_of, series_of_all
from lsmcal.simulate.start import start
from tests.simulate.small_region import small_region


@pytest.fixture(scope="module")
def results():
    """Three cells over 30 days, taken for two years of 15; daily."""
    region, index = small_region(years=1), np.array([4, 9, 33])
    columns, stretch = region.columns(index), region.stretch(index, 0, 240)
    start(columns, stretch)
    annual = Annual(columns.blocks, np.arange(240) // 120, column=ANNUAL_FIELDS)
    series = series_of_all(columns.blocks, np.arange(240) // 8)
    advance(columns, stretch, annual=annual, series=series)
    return results_of(annual, 10800.0, series), columns


def test_every_output_has_its_array(results):
    found, _ = results
    assert set(found.variables) == {*PROFILES, *SURFACE} and set(found.ledger) == set(LEDGER)
    assert found.variables["soil_temperature"].shape == (3, 30, 8) and found.variables["albedo"].shape == (3, 30)
    assert found.annual["temperature_mean"].shape == (3, 2, 8) and found.annual["runoff"].shape == (3, 2)
    whole = found.variables["soil_temperature"].reshape(3, 2, 15, 8).mean(axis=2)
    np.testing.assert_allclose(found.annual["temperature_mean"], whole, rtol=1e-12)
    water = found.variables["precipitation"].reshape(3, 2, 15).sum(axis=2) * 86400.0
    np.testing.assert_allclose(found.annual["precipitation"], water, rtol=1e-12)


def test_a_column_and_a_year_are_views_of_the_same(results):
    found, _ = results
    column, year = found.of_column(1), found.of_year(1)
    for name, values in found.annual.items():
        assert_array_equal(column["annual"][name], values[1])
        assert_array_equal(year[name], values[:, 1].astype(np.float32))
    for name in LEDGER:
        assert_array_equal(year[f"ledger_{name}"][1], np.float32(column["ledger"][name]["mean"][1]))
        assert_array_equal(year[f"ledger_{name}_largest"][1], np.float32(column["ledger"][name]["largest"][1]))
    for name, values in found.series_of(np.array([1, 2])).items():
        assert values.dtype == np.float32
        assert_array_equal(values[0], column["variables"][name].astype(np.float32))


def test_without_a_series_there_are_no_variables(results):
    _, columns = results
    annual = Annual(columns.blocks, np.zeros(8, int), column=ANNUAL_FIELDS)
    assert results_of(annual, 10800.0).variables == {}

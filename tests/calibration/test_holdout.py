"""Cells kept apart: bands that do not depend on other cells, and every k-th cell."""

from dataclasses import replace

import numpy as np
import pytest

from lsmcal.calibration.holdout import thinned, validation_cells
from lsmcal.core.errors import InputError
from lsmcal.inputs.domain.domain import Grid, regular_grid
from lsmcal.simulate.region import _selected
from tests.simulate.small_region import small_domain


def plain(bounds=(90.0, 99.0, 30.0, 31.0), resolution=(0.25, 0.5)):
    """A domain that fills a grid."""
    grid = regular_grid(bounds, resolution)
    longitude, latitude = (values.ravel() for values in np.meshgrid(grid.longitude, grid.latitude))
    domain = small_domain(longitude.size)
    return replace(domain, grid=grid, cell=np.arange(longitude.size), longitude=longitude, latitude=latitude)


def test_every_third_band_is_held_out():
    domain = plain()
    withheld = validation_cells(domain, every=3, width=1.0)
    expected = np.isin(np.floor(domain.longitude - 90.0).astype(int), [2, 5, 8])
    np.testing.assert_array_equal(withheld, expected)
    assert withheld.mean() == pytest.approx(1 / 3)


@pytest.mark.parametrize("width", [0.1, 0.3])
@pytest.mark.parametrize("west", [73.1, 90.0, 98.7])
def test_bands_are_whole_where_edges_are_not_binary_numbers(west, width):
    domain = plain((west, west + 2.7, 30.0, 30.1), (0.1, 0.1))
    withheld = validation_cells(domain, every=3, width=width)
    per = round(width / 0.1)
    np.testing.assert_array_equal(withheld, (np.arange(27) // per) % 3 == 2)


@pytest.mark.parametrize("west", [73.1, 80.3, 90.0, 98.7])
def test_centres_on_the_edge_of_bands_belong_to_the_eastern_one(west):
    domain = plain((west, west + 6.0, 30.0, 30.1), (0.1, 0.1))
    withheld = validation_cells(domain, every=2, width=0.15)
    np.testing.assert_array_equal(withheld, (2 * np.arange(60) + 1) // 3 % 2 == 1)


def test_a_band_is_a_cell_wide_unless_told_otherwise():
    domain = plain()
    np.testing.assert_array_equal(validation_cells(domain), np.arange(len(domain)) % 36 % 3 == 2)


def test_a_band_does_not_depend_on_the_other_cells():
    domain = plain()
    withheld = validation_cells(domain, width=0.5)
    some = np.flatnonzero(np.random.default_rng(3).random(len(domain)) < 0.4)
    np.testing.assert_array_equal(validation_cells(_selected(domain, some), width=0.5), withheld[some])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"every": 1}, "leaves no cell to calibrate"),
        ({"width": 0.2}, "narrower than a cell"),
        ({"width": float("nan")}, "narrower than a cell"),
        ({"width": 0.0}, "narrower than a cell"),
        ({"width": 4.0}, None),
        ({"width": 5.0}, "no cell lies in a validation band"),
    ],
)
def test_bands_that_keep_nothing_apart(settings, message):
    if message is None:
        assert validation_cells(plain(), **{"width": 1.0} | settings).sum() == 8
        return
    with pytest.raises(InputError, match=message) as caught:
        validation_cells(plain(), **{"width": 1.0} | settings, source="calibrate.hold_out")
    assert "calibrate.hold_out" in str(caught.value)


def test_all_cells_in_a_held_out_band_are_no_calibration():
    domain = plain()
    with pytest.raises(InputError, match="every cell lies in"):
        validation_cells(
            _selected(domain, np.flatnonzero((domain.longitude > 92.0) & (domain.longitude < 93.0))), width=1.0
        )


def test_a_grid_of_one_column_has_one_band():
    domain = replace(small_domain(2), grid=Grid(np.array([90.0]), np.array([33.0, 34.0])), longitude=np.full(2, 90.0))
    for width in (1.0, None):
        with pytest.raises(InputError, match="no cell lies in"):
            validation_cells(domain, width=width)


def test_thinned_counts_in_the_order_of_cells():
    assert thinned(np.array([9, 2, 5, 7, 2, 4, 11]), 3).tolist() == [2, 7]
    assert thinned(np.array([9, 2, 5]), 1).tolist() == [2, 5, 9]
    assert thinned(np.zeros(0, int), 2).size == 0
    assert thinned(np.arange(2184), 3).size == 728
    with pytest.raises(ValueError, match="at least 1"):
        thinned(np.arange(3), 0)

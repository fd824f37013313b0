"""From pixels to cells: area-weighted means, majorities, nearest neighbours."""

import numpy as np
import pytest

from lsmcal.core.geodesy import cell_area
from lsmcal.inputs.domain.regrid import Regrid, cell_edges, distances_km, nearest_class, span_of
from tests.inputs.map_files import centres


def shared_area(longitude, latitude, longitude_edges, latitude_edges):
    """(cells in a row, pixels in a row) by plain loops: area that every pixel has in every cell."""
    east, north = cell_edges(longitude), cell_edges(latitude)
    shape = (len(latitude_edges) - 1, len(longitude_edges) - 1, latitude.size, longitude.size)
    area = np.zeros(shape)
    for j, i, y, x in np.ndindex(shape):
        west, right = max(longitude_edges[i], east[x]), min(longitude_edges[i + 1], east[x + 1])
        south, top = max(latitude_edges[j], north[y]), min(latitude_edges[j + 1], north[y + 1])
        if right > west and top > south:
            area[j, i, y, x] = cell_area([west, right], [south, top]).item()
    return area


@pytest.fixture(params=[(23, 17), (3, 4)], ids=["finer", "coarser"])
def case(request):
    """A map that neither fits the grid's edges nor covers all of it, and the areas shared."""
    random = np.random.default_rng(4)
    longitude, latitude = centres(88.13, 92.41, request.param[0]), centres(29.7, 33.9, request.param[1])
    edges = np.linspace(89.0, 93.0, 9), np.linspace(30.0, 34.0, 6)
    shape = (latitude.size, longitude.size)
    valid = random.random(shape) > 0.3
    valid[: latitude.size // 2, : longitude.size // 2] = False
    classes = random.integers(1, 5, shape)
    return (longitude, latitude, *edges), classes, random.normal(4500.0, 300.0, shape), valid


def test_means_are_weighted_by_the_area_shared(case):
    axes, _, values, valid = case
    area = shared_area(*axes) * valid
    total = area.sum(axis=(2, 3))
    with np.errstate(invalid="ignore"):
        wanted = np.where(total > 0, (area * values).sum(axis=(2, 3)) / total, np.nan)
    assert np.isnan(wanted).any() and np.isfinite(wanted).any()
    assert np.allclose(Regrid(*axes).mean(values, valid), wanted, rtol=1e-12, atol=0.0, equal_nan=True)
    assert np.allclose(Regrid(*axes).area(valid), total, rtol=1e-12, atol=1e-3)


def test_the_majority_is_that_of_area(case):
    axes, classes, _, valid = case
    area = shared_area(*axes) * valid
    by_class = np.stack([np.where(classes == k, area, 0.0).sum(axis=(2, 3)) for k in range(1, 5)])
    found, held = Regrid(*axes).majority(classes, valid)
    assert np.array_equal(held, by_class.sum(axis=0) > 0)
    assert np.array_equal(found[held], by_class.argmax(axis=0)[held] + 1)


def test_covered_is_what_the_map_reaches_with_or_without_a_value(case):
    axes, *_ = case
    regrid = Regrid(*axes)
    assert np.array_equal(regrid.covered, shared_area(*axes).sum(axis=(2, 3)) > 0)
    assert not regrid.covered[:, -1].any() and regrid.covered[:-1, :-1].all()


def test_of_equal_classes_the_lowest_number_wins_whatever_the_order():
    edges = np.array([90.0, 91.0])
    axes = (centres(90.0, 91.0, 2), centres(0.0, 1.0, 2), edges, np.array([0.0, 1.0]))
    for classes in ([[7, 3], [7, 3]], [[3, 7], [3, 7]]):
        found, held = Regrid(*axes).majority(np.array(classes), np.ones((2, 2), bool))
        assert held.all() and found.item() == 3


def test_the_wider_strip_of_a_cell_wins_though_it_has_as_many_pixels():
    """North of the equator the southern half of a cell is larger."""
    axes = (centres(90.0, 91.0, 2), centres(60.0, 62.0, 2), np.array([90.0, 91.0]), np.array([60.0, 62.0]))
    found, _ = Regrid(*axes).majority(np.array([[9, 9], [2, 2]]), np.ones((2, 2), bool))
    assert found.item() == 9


def test_a_constant_stays_what_it_is_to_the_bit_of_the_mean():
    axes = (centres(88.0, 94.0, 61), centres(29.0, 35.0, 47), np.linspace(89.0, 93.0, 33), np.linspace(30.0, 34.0, 33))
    mean = Regrid(*axes).mean(np.full((47, 61), 4812.25), np.ones((47, 61), bool))
    assert np.allclose(mean, 4812.25, rtol=1e-14, atol=0.0)


def test_many_rows_are_summed_in_pieces_to_the_same(monkeypatch, case):
    axes, classes, values, valid = case
    whole, (found, held) = Regrid(*axes).mean(values, valid), Regrid(*axes).majority(classes, valid)
    monkeypatch.setattr("lsmcal.inputs.domain.regrid._PIXELS_AT_ONCE", 2 * valid.shape[1])
    assert np.allclose(Regrid(*axes).mean(values, valid), whole, rtol=1e-13, atol=0.0, equal_nan=True)
    again, held_again = Regrid(*axes).majority(classes, valid)
    assert np.array_equal(again, found) and np.array_equal(held_again, held)


def test_coordinates_in_single_precision_make_no_slivers():
    """Pixels that fit the grid exactly, but for rounding, do not reach into its neighbours."""
    longitude, latitude = (centres(low, low + 2.0, 200).astype(np.float32) for low in (90.0, 33.0))
    edges = np.round(np.linspace(90.0, 92.0, 21), 10), np.round(np.linspace(33.0, 35.0, 21), 10)
    valid = np.ones((200, 200), bool)
    columns = np.repeat(np.arange(20), 10)
    found, _ = Regrid(longitude, latitude, *edges).majority(np.tile(columns, (200, 1)), valid)
    mean = Regrid(longitude, latitude, *edges).mean(np.tile(columns.astype(float), (200, 1)), valid)
    assert np.array_equal(found, np.tile(np.arange(20), (20, 1)))
    assert np.allclose(mean, np.tile(np.arange(20.0), (20, 1)), atol=1e-12)


def test_pixels_beyond_the_pole_are_cut_at_it():
    """The outermost row of many global maps is centred on the pole."""
    axes = (centres(0.0, 360.0, 36), np.linspace(-90.0, 90.0, 19), np.array([0.0, 360.0]), np.array([80.0, 90.0]))
    area = Regrid(*axes).area(np.ones((19, 36), bool))
    assert area.item() == pytest.approx(cell_area([0.0, 360.0], [80.0, 90.0]).item(), rel=1e-12)


def test_the_nearest_valid_pixel_is_nearest_in_kilometres():
    """At 60 degrees a degree of longitude is half as far as one of latitude."""
    longitude, latitude = np.arange(85.0, 96.0), np.arange(55.0, 66.0)
    values, valid = np.zeros((11, 11), int), np.zeros((11, 11), bool)
    values[5 + 2, 5], values[5, 5 + 3] = 1, 2
    valid[5 + 2, 5] = valid[5, 5 + 3] = True
    number, km = nearest_class((90.0, 60.0), longitude, latitude, values, valid, 500.0)
    assert number == 2 and km == pytest.approx(6371.0 * np.deg2rad(3.0) * 0.5, rel=2e-4)
    assert nearest_class((90.0, 60.0), longitude, latitude, values, valid, km - 0.1) is None
    assert nearest_class((90.0, 60.0), longitude, latitude, values, np.zeros((11, 11), bool), 500.0) is None


def test_of_pixels_as_near_the_lowest_number_wins():
    longitude, latitude = np.array([89.0, 90.0, 91.0]), np.array([-1.0, 0.0, 1.0])
    values = np.array([[0, 5, 0], [8, 0, 3], [0, 9, 0]])
    assert nearest_class((90.0, 0.0), longitude, latitude, values, values > 0, 200.0)[0] == 3


def test_the_search_finds_what_a_search_everywhere_finds():
    random = np.random.default_rng(8)
    longitude, latitude = centres(85.0, 95.0, 40), centres(30.0, 40.0, 40)
    values, valid = random.integers(1, 9, (40, 40)), random.random((40, 40)) > 0.97
    row, column = np.nonzero(valid)
    for place in zip(random.uniform(86.0, 94.0, 40), random.uniform(31.0, 39.0, 40), strict=True):
        far = distances_km(place, longitude[column], latitude[row])
        number, km = nearest_class(place, longitude, latitude, values, valid, 2000.0)
        assert km == far.min() and number == values[row, column][far.argmin()]


def test_span_reaches_at_least_as_far_as_asked():
    for latitude in (0.0, 45.0, 80.0):
        high, wide = span_of(50.0, latitude)
        assert distances_km((0.0, latitude), np.array(0.0), np.array(latitude + high)) >= 50.0
        assert distances_km((0.0, latitude), np.array(wide), np.array(latitude)) >= 50.0
    assert span_of(50.0, 90.0)[1] == 360.0

"""Target maps on the cells of a region: as those of a domain, from any file, and those that can teach nothing."""

import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.inputs.domain.domain import Domain, regular_grid
from lsmcal.inputs.domain.maps import Canvas
from lsmcal.inputs.domain.permafrost_map import canvas_of, check_target, read_target
from lsmcal.noah.runtime.grid import PAPER_THICKNESS
from tests.inputs.domain.test_raster_tiff import write_tiff
from tests.inputs.map_files import centres, write_map
from tests.inputs.small_maps import LATITUDE, LONGITUDE, build, fine, make_maps

#: Codes of the cells: 1 permafrost, 2 none, 9 lake.
CODES = fine(np.array([[1, 2, 9], [1, 1, 2]])).astype(np.int16)


def domain_on(bounds, size, cell=None):
    """A region with nothing in it but its places."""
    grid = regular_grid(tuple(bounds), (size, size) if np.isscalar(size) else size)
    shape = (grid.latitude.size, grid.longitude.size)
    cell = np.arange(shape[0] * shape[1]) if cell is None else np.asarray(cell)
    row, column = np.unravel_index(cell, shape)
    edges = [
        low + np.arange(count + 1) * (high - low) / count
        for low, high, count in ((bounds[0], bounds[1], shape[1]), (bounds[2], bounds[3], shape[0]))
    ]
    area = Canvas(grid, *edges, None, None).area[row, column]
    return Domain(
        grid,
        cell,
        grid.longitude[column],
        grid.latitude[row],
        area,
        np.full(cell.size, 4500.0),
        np.full(cell.size, 7),
        np.full((cell.size, PAPER_THICKNESS.size), 7),
        PAPER_THICKNESS,
        np.full(cell.size, 268.0),
        np.zeros(cell.size, bool),
    )


HERE = domain_on([90.0, 90.6, 33.0, 33.4], 0.2)


def mapped(path, domain=HERE, **keys):
    return read_target(path, domain, **{"permafrost": [1], "absent": [2], **keys}).tolist()


def refused(path, domain=HERE, **keys):
    """The only problem of a map that must be refused."""
    with pytest.raises(InputError) as caught:
        mapped(path, domain, **keys)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


def codes_file(folder, values=CODES, **more):
    return write_map(folder / "frozen.nc", values, LONGITUDE, LATITUDE, **more)


def test_as_the_target_of_a_domain(tmp_path):
    """Ties, half known cells, cells of a lake: the same code reads both."""
    values = CODES.copy()
    values[:4, :2], values[4:, 0], values[4:, 4:7] = 2, 9, 9
    keys = make_maps(tmp_path, frozen=values)
    for share in (0.2, 0.5, 0.75):
        keys["target"] = {"file": "frozen.nc", "permafrost": [1], "absent": [2], "least_share": share}
        domain, _ = build(tmp_path, keys)
        found = read_target(tmp_path / "frozen.nc", domain, permafrost=[1], absent=[2], least_share=share)
        assert found.dtype == np.int8 and found.tolist() == domain.target.tolist()
    assert mapped(tmp_path / "frozen.nc") == [0, 0, -1, 1, -1, 0]


def test_majority_of_what_is_known(tmp_path):
    path = codes_file(tmp_path)
    assert mapped(path) == [1, 0, -1, 1, 1, 0]
    assert mapped(path, permafrost=[2], absent=[1, 9]) == [0, 1, 0, 0, 0, 1]
    assert mapped(path, permafrost=[1], absent=[9]) == [1, -1, 0, 1, 1, -1]
    assert mapped(path, missing=[9.0], absent=[2, 9]) == [1, 0, -1, 1, 1, 0]
    fourth = CODES.copy()
    fourth[:4, 4:8][1:, 1:], fourth[:4, 4:8][0, 0] = 9, 1  # of 16 pixels 9 unknown, 1 permafrost, 6 without
    assert mapped(codes_file(tmp_path, fourth))[1] == -1
    assert mapped(codes_file(tmp_path, fourth), least_share=7 / 16)[1] == 0


def test_only_the_cells_of_the_domain(tmp_path):
    some = domain_on([90.0, 90.6, 33.0, 33.4], 0.2, cell=[1, 3, 4])
    assert mapped(codes_file(tmp_path), some) == [0, 1, 1]


def test_geotiff_counted_from_the_north(tmp_path):
    path = write_tiff(tmp_path / "frozen.tif", CODES.astype(np.uint8), west=90.0, north=33.4, size=0.05, nodata=9)
    assert mapped(path) == [1, 0, -1, 1, 1, 0]
    bands = np.stack([CODES * 0, CODES])
    path = write_tiff(tmp_path / "two.tif", bands, west=90.0, north=33.4, size=0.05)
    assert mapped(path, variable="2") == [1, 0, -1, 1, 1, 0]


def test_coarser_map_and_a_level_of_it(tmp_path):
    """One pixel of 0.6 x 0.4 degrees over the west, none known over the east, in the second of two years."""
    values = np.array([[[7, 7]], [[1, 2]]], np.int16).repeat(2, axis=1)
    path = write_map(tmp_path / "map.nc", values, [90.1, 90.5], [33.1, 33.3], before=("year",))
    assert mapped(path, level=1) == [1, 0, 0, 1, 0, 0]


def test_longitudes_of_another_turn(tmp_path):
    west = domain_on([-120.6, -120.0, 33.0, 33.4], 0.2)
    path = write_map(tmp_path / "map.nc", CODES, centres(239.4, 240.0, 12), LATITUDE)
    assert mapped(path, west) == [1, 0, -1, 1, 1, 0]


@pytest.mark.parametrize(
    "bounds, size",
    [
        ([90.0, 90.6, 33.0, 33.4], (0.2, 0.2)),
        ([90.0, 90.6, 33.2, 33.4], (0.2, 0.2)),
        ([90.0, 90.6, 33.0, 33.1], (0.2, 0.1)),
        ([90.0, 90.2, 33.0, 33.4], (0.2, 0.1)),
        ([90.0, 90.2, 33.0, 33.2], (0.2, 0.2)),
        ([90.0, 90.2, 33.0, 33.4], (0.2, 0.4)),
    ],
)
def test_edges_of_the_cells_also_of_a_single_row_or_column(bounds, size):
    domain = domain_on(bounds, size)
    canvas = canvas_of(domain)
    one = canvas.longitude_edges.size == canvas.latitude_edges.size == 2
    if not one:  # of a single cell only the area is known
        np.testing.assert_allclose(canvas.longitude_edges[[0, -1]], bounds[:2], atol=2e-5)
        np.testing.assert_allclose(canvas.latitude_edges[[0, -1]], bounds[2:], atol=2e-5)
    np.testing.assert_allclose(canvas.area.reshape(-1), domain.area, rtol=1e-4)


def test_survey_of_wenquan(shared):
    """On its own grid, pixel by pixel: as many cells of each class as its page says, others not known."""
    import netCDF4

    path = shared / "data/wenquan_permafrost_survey/wenquan_1km.nc"
    with netCDF4.Dataset(path) as data:
        east, north = (np.asarray(data[name][:], np.float64) for name in ("lon", "lat"))
    step, (rows, columns) = (east[-1] - east[0]) / (east.size - 1), (north.size, east.size)
    bounds = [east.min() - step / 2, east.max() + step / 2, north.min() - step / 2, north.max() + step / 2]
    sizes = ((bounds[1] - bounds[0]) / columns, (bounds[3] - bounds[2]) / rows)
    found = read_target(path, domain_on(bounds, sizes), variable="survey", permafrost=[1], absent=[2])
    assert [(found == code).sum() for code in (1, 0)] == [1397, 787]
    assert found.size == rows * columns


# -- what must be refused ----------------------------------------------------------------------------------------------


def test_a_map_without_the_codes_says_which_it_holds(tmp_path):
    found = refused(codes_file(tmp_path), permafrost=[11, 12], absent=[0])
    assert found.message == "contains none of the class codes of the case"
    assert found.source.endswith("frozen.nc") and found.variable == "map"
    assert found.value == "the codes 1, 2, 9" and found.expected == "11, 12 (permafrost) or 0 (none)"


def test_a_single_class_says_which_codes_there_are(tmp_path):
    found = refused(codes_file(tmp_path), permafrost=[3])
    assert found.message == "a single class in the region, so that Kappa is undefined"
    assert found.value == "no permafrost in all 2 cells that are known; the map contains the codes 1, 2, 9"
    found = refused(codes_file(tmp_path), domain_on([90.0, 90.2, 33.0, 33.4], 0.2))
    assert found.value.startswith("permafrost in all 2 cells")


def test_all_unknown_in_the_cells(tmp_path):
    """The region's only cell with a class is not modelled."""
    found = refused(codes_file(tmp_path), domain_on([90.0, 90.6, 33.0, 33.4], 0.2, cell=[2]))
    assert found.message == "no cell has a class in the region" and found.value.startswith("1 cell, all unknown")


def test_a_map_outside_the_region_or_empty_in_it(tmp_path):
    found = refused(codes_file(tmp_path), domain_on([80.0, 80.6, 33.0, 33.4], 0.2))
    assert found.message == "the map does not cover the region"
    found = refused(codes_file(tmp_path, np.full_like(CODES, 9), fill=np.int16(9)))
    assert found.message == "has no value in the region"


def test_a_map_of_numbers_that_are_no_classes(tmp_path):
    found = refused(codes_file(tmp_path, CODES * 0.5))
    assert found.message == "is not a map of classes" and found.value == "0.5" and "N, " in found.where
    assert mapped(codes_file(tmp_path, CODES.astype(np.float32))) == [1, 0, -1, 1, 1, 0]


def test_files_and_variables_that_are_not_there(tmp_path):
    assert "cannot be read" in refused(tmp_path / "nothing.nc").message
    assert refused(codes_file(tmp_path), variable="frost").value == "frost"


def test_targets_from_elsewhere_are_checked_alike():
    check_target(np.array([1, 0, -1]), "case")
    with pytest.raises(InputError, match="no cell has a class in the region .found 2 cells, all unknown"):
        check_target(np.array([-1, -1]), "case")
    with pytest.raises(InputError, match="permafrost in all 2 cells that are known"):
        check_target(np.array([1, -1, 1]), "case")

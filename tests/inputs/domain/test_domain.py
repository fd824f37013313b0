"""From maps to cells: each field by its rule."""

import numpy as np
import pytest

from lsmcal.core.geodesy import cell_area
from lsmcal.inputs.domain.bottom_temperature import bottom_temperature, bottom_temperature_nan2002
from lsmcal.inputs.domain.domain import regular_grid
from lsmcal.noah.runtime.grid import PAPER_THICKNESS, node_depths
from tests.inputs.map_files import centres, write_map
from tests.inputs.small_maps import BARREN, LAND, LATITUDE, LONGITUDE, SHAPE, SOIL, build, fine, heights, make_maps

MIDDLE = node_depths(PAPER_THICKNESS)


def test_the_grid_fills_its_bounds():
    grid = regular_grid((90.0, 90.6, 33.0, 33.4), (0.2, 0.1))
    assert grid.longitude.tolist() == [90.1, 90.3, 90.5] and grid.latitude.tolist() == [33.05, 33.15, 33.25, 33.35]
    with pytest.raises(ValueError, match="do not fill"):
        regular_grid((90.0, 90.5, 33.0, 33.4), (0.2, 0.2))


def test_cells_are_numbered_from_the_south_west(tmp_path):
    domain, report = build(tmp_path, make_maps(tmp_path))
    assert domain.cell.tolist() == [0, 1, 2, 3, 4, 5] and len(domain) == 6
    assert domain.longitude.tolist() == [90.1, 90.3, 90.5] * 2
    assert domain.latitude.tolist() == [33.1] * 3 + [33.3] * 3
    area = cell_area(np.linspace(90.0, 90.6, 4), np.linspace(33.0, 33.4, 3))
    assert np.allclose(domain.area, area.ravel(), rtol=1e-12) and report.modelled.all()
    assert domain.vegetation.tolist() == LAND.ravel().tolist()
    assert domain.soil.shape == (6, 18) and (domain.soil == SOIL.ravel()[:, None]).all()
    assert not domain.dense.any() and domain.target is domain.greenness is domain.leaf_area is None


def test_a_masked_cell_leaves_the_numbers_of_the_others(tmp_path):
    land = fine(LAND)
    land[:4, 4:8] = 16
    domain, report = build(tmp_path, make_maps(tmp_path, land=land))
    assert domain.cell.tolist() == [0, 2, 3, 4, 5] and domain.longitude.tolist()[1] == 90.5
    assert ("water or ice by class", 1) in [row[:2] for row in report.rows()]


def test_elevation_is_the_mean_by_area(tmp_path):
    domain, _ = build(tmp_path, make_maps(tmp_path))
    weights = cell_area([0.0, 1.0], np.linspace(33.0, 33.4, 9))[:, 0]
    by_row = heights().reshape(8, 3, 4).mean(axis=2)
    wanted = [np.average(by_row[rows], axis=0, weights=weights[rows]) for rows in (slice(0, 4), slice(4, 8))]
    assert np.allclose(domain.elevation, np.ravel(wanted), rtol=1e-13)


def test_elevation_in_another_scale(tmp_path):
    keys = make_maps(tmp_path)
    write_map(tmp_path / "elevation.nc", heights() / 1000.0, LONGITUDE, LATITUDE, units="km")
    keys["elevation"]["scale"] = 1000.0
    assert np.allclose(build(tmp_path, keys)[0].elevation, build(tmp_path, make_maps(tmp_path))[0].elevation)


def test_the_majority_of_a_cells_pixels_is_its_class(tmp_path):
    land = fine(LAND)
    land[0, :4], land[1, 0] = 10, 10  # 5 of 16
    land[4:8, :4] = [[7, 7, 8, 8], [7, 7, 8, 8], [7, 7, 9, 9], [7, 0, 9, 9]]  # 7 has 7, one is missing
    keys = make_maps(tmp_path, land=land)
    keys["vegetation"]["missing"] = [0]
    domain, report = build(tmp_path, keys)
    assert domain.vegetation.tolist() == [7, 19, 7, 7, 7, 22] and report.filled["vegetation"] == 0


def test_a_cell_without_a_pixel_takes_the_nearest_within_reach(tmp_path):
    land = fine(LAND)
    land[:4, 4:8] = 0
    keys = make_maps(tmp_path, land=land)
    keys["vegetation"]["missing"] = [0]
    domain, report = build(tmp_path, keys)
    # west and east are as near: 7 in both; 7 in the north lies as far in degrees, but 1.2 times farther in km
    assert domain.vegetation[1] == 7
    assert report.filled["vegetation"] == 1
    assert report.farthest["vegetation"] == pytest.approx(111.2 * 0.125 * np.cos(np.deg2rad(33.1)), rel=0.03)
    keys["vegetation"]["within_km"] = 5.0
    domain, report = build(tmp_path, keys)
    assert domain.cell.tolist() == [0, 2, 3, 4, 5]
    assert ("no vegetation class", 1) in [row[:2] for row in report.rows()]


def test_a_pixel_outside_the_grid_may_be_the_nearest(tmp_path):
    """Maps are read as far beyond the grid as a pixel may serve."""
    land = np.zeros((8, 20), np.int16)
    land[:, 4:] = 10
    land[:, 2] = BARREN
    land[:, 4:8] = 0
    keys = make_maps(tmp_path)
    write_map(tmp_path / "land.nc", land, centres(89.8, 90.8, 20), LATITUDE)
    keys["vegetation"] |= {"missing": [0], "within_km": 20.0}
    domain, report = build(tmp_path, keys)
    assert domain.vegetation[[0, 3]].tolist() == [10, 10]  # 0.125 degrees to the east, 0.175 to the west
    land[:, 8:12] = 0
    write_map(tmp_path / "land.nc", land, centres(89.8, 90.8, 20), LATITUDE)
    assert build(tmp_path, keys)[0].vegetation[[0, 3]].tolist() == [BARREN, BARREN]


def test_coarser_maps_serve_every_cell_in_them(tmp_path):
    keys = make_maps(tmp_path)
    write_map(tmp_path / "soil.nc", np.array([[3, 9], [7, 12]]), centres(90.0, 90.8, 2), centres(33.0, 33.8, 2))
    domain, report = build(tmp_path, keys)
    assert domain.soil[:, 0].tolist() == [3, 3, 9, 3, 3, 9] and report.filled["soil"] == 0


def test_crosswalks_go_before_the_majority(tmp_path):
    """Two kinds of cropland together outweigh the largest single class."""
    land = fine(np.full((2, 3), 130))
    land[0:2, 0:3], land[2:4, 0:3] = 10, 11
    keys = make_maps(tmp_path, land=land)
    keys["vegetation"]["crosswalk"] = "esa-cci"
    domain, _ = build(tmp_path, keys)
    assert domain.vegetation.tolist() == [2, 7, 7, 7, 7, 7]
    assert domain.attributes["vegetation"] == (
        "land.nc (map), crosswalk esa-cci, majority, else the nearest within 29.0 km"
    )


# -- soil by depth ----------------------------------------------------------------------------------------------------
def test_soil_maps_by_depth(tmp_path):
    keys = make_maps(tmp_path, deep=fine(SOIL + 1))
    keys["soil"] = {"maps": [{"file": "soil.nc", "to_depth": 0.5}, {"file": "deep.nc", "to_depth": 2.0}]}
    domain, _ = build(tmp_path, keys)
    above = MIDDLE < 0.5
    assert (domain.soil[:, above] == SOIL.ravel()[:, None]).all()
    assert (domain.soil[:, ~above] == SOIL.ravel()[:, None] + 1).all()  # the last map holds on to the bottom


def test_soil_classes_become_profiles_by_their_crosswalk(tmp_path):
    (tmp_path / "own.csv").write_text("class,to_depth,soil\n1,0.3,organic material\n1,,loam\n2,,gravel\n")
    keys = make_maps(tmp_path, soil=fine(np.array([[1, 2, 1], [2, 2, 1]])))
    keys["soil"]["crosswalk"] = "own.csv"
    domain, _ = build(tmp_path, keys)
    assert (domain.soil[0, MIDDLE < 0.3] == 17).all() and (domain.soil[0, MIDDLE > 0.3] == 7).all()
    assert (domain.soil[1] == 13).all()


def test_a_profile_is_that_of_one_class_of_the_data_set(tmp_path):
    """Majorities by layer could put layers of different profiles on top of each other."""
    (tmp_path / "own.csv").write_text(
        "class,to_depth,soil\n1,1.0,loam\n1,,sand\n2,1.0,silt\n2,,bedrock\n3,1.0,clay\n3,,bedrock\n"
    )
    soil = fine(np.full((2, 3), 1))
    soil[:4, :4] = [[1, 1, 1, 1], [1, 1, 2, 2], [2, 2, 2, 3], [3, 3, 3, 3]]  # 6, 5 and 5: bedrock below 10 of 16
    keys = make_maps(tmp_path, soil=soil)
    keys["soil"]["crosswalk"] = "own.csv"
    domain, _ = build(tmp_path, keys)
    assert domain.soil[0, 0] == 7 and domain.soil[0, -1] == 12


def test_one_soil_everywhere_by_class_layers_or_depths(tmp_path):
    keys = make_maps(tmp_path)
    keys["soil"] = {"class": "sandy loam"}
    assert (build(tmp_path, keys)[0].soil == 9).all()
    keys["soil"] = {"class": [{"to_depth": 1.0, "class": "loam"}, {"to_depth": 20.0, "class": 14}]}
    domain, _ = build(tmp_path, keys)
    assert (domain.soil == np.where(MIDDLE < 1.0, 7, 14)).all()
    keys["soil"] = {"class": [7, 9, 12]}
    domain, _ = build(tmp_path, keys, thickness=np.array([0.1, 0.4, 1.5]))
    assert domain.soil.tolist() == [[7, 9, 12]] * 6 and domain.thickness.tolist() == [0.1, 0.4, 1.5]


def test_layers_below_the_bedrock_become_it(tmp_path):
    depth = np.full(SHAPE, 3.0)
    depth[:4, :4], depth[4:, 8:] = 0.0, 30.0
    keys = make_maps(tmp_path, bedrock=depth)
    keys["bedrock"] = {"file": "bedrock.nc"}
    domain, _ = build(tmp_path, keys)
    assert (domain.soil[0] == 14).all() and (domain.soil[5] == 3).all()
    assert (domain.soil[1] == np.where(MIDDLE > 3.0, 14, 9)).all()
    keys["bedrock_class"] = "gravel"
    assert (build(tmp_path, keys)[0].soil[0] == 13).all()


# -- the bottom -------------------------------------------------------------------------------------------------------
def test_the_line_with_height_gives_the_published_numbers():
    """4600, 5000, 5100 and 5300 m; level beyond."""
    found = bottom_temperature(np.array([3000.0, 4600.0, 5000.0, 5100.0, 5300.0, 6000.0]))
    assert np.allclose(found, [275.00, 275.00, 272.48, 271.85, 270.59, 270.59], atol=1e-9)
    assert bottom_temperature(4200.0, (4200.0, 5300.0)) == pytest.approx(277.52)
    assert bottom_temperature(5000.0, offset=273.15) == pytest.approx(272.63)
    assert bottom_temperature_nan2002(5000.0, 35.0) == pytest.approx(-29.05 - 24.5 + 50.63341 + 273.15)


def test_bottom_temperature_by_each_rule(tmp_path):
    keys = make_maps(tmp_path)
    height = build(tmp_path, keys)[0].elevation
    line = np.where(height < 4600.0, 4600.0, height) * -0.0063 + 303.98
    rules = {"elevation": line, "nan2002": None, 272.25: np.full(6, 272.25)}
    rules["nan2002"] = 323.78341 - 0.83 * np.array([33.1] * 3 + [33.3] * 3) - 0.0049 * height
    for rule, wanted in rules.items():
        domain, _ = build(tmp_path, keys | {"tbot": rule})
        assert np.allclose(domain.tbot, wanted, rtol=1e-12), rule
    domain, _ = build(tmp_path, keys | {"tbot_clip": [4200.0, 5300.0], "tbot_offset": 273.15})
    assert np.allclose(domain.tbot, 304.13 - 0.0063 * height, rtol=1e-12)


def test_cells_beyond_the_ends_of_the_line_are_counted(tmp_path):
    _, report = build(tmp_path, make_maps(tmp_path, elevation=heights() + fine(np.array([[0, 0, 1000], [0, 0, 0]]))))
    low = next(note for note in report.notes if "below 4600 m" in note)
    high = next(note for note in report.notes if "above 5300 m" in note)
    assert low.startswith("tbot: 1 cell (414.") and high.startswith("tbot: 1 cell (414.")


@pytest.mark.parametrize("unit, offset", [("K", 0.0), ("degC", 273.15), ("", 0.0)])
def test_bottom_temperature_of_a_map(tmp_path, unit, offset):
    keys = make_maps(tmp_path) | {"tbot": "map", "tbot_map": {"file": "ground.nc"}}
    values = 270.0 + fine(np.arange(6.0).reshape(2, 3)) - offset
    write_map(tmp_path / "ground.nc", values, LONGITUDE, LATITUDE, units=unit)
    domain, _ = build(tmp_path, keys)
    assert np.allclose(domain.tbot, 270.0 + np.arange(6.0)) and "tbot_map" not in domain.attributes
    assert domain.attributes["tbot"] == "ground.nc (map), area-weighted mean"


# -- vegetation cover, climatologies, target --------------------------------------------------------------------------
def monthly(mean):
    """Twelve months whose mean is that of the cells."""
    return fine(np.asarray(mean))[None] * (1.0 + 0.5 * np.sin(np.arange(12) * np.pi / 6.0))[:, None, None]


def test_vegetation_is_dense_where_the_years_mean_leaf_area_exceeds_the_limit(tmp_path):
    keys = make_maps(tmp_path, leaf=monthly([[0.1, 0.25, 1.0], [0.19, 0.21, 3.0]]))
    keys["leaf_area"] = {"file": "leaf.nc"}
    domain, _ = build(tmp_path, keys)
    assert domain.dense.tolist() == [False, True, True, False, True, True]
    assert domain.leaf_area.shape == (6, 12)
    assert np.allclose(domain.leaf_area[5], 3.0 * (1.0 + 0.5 * np.sin(np.arange(12) * np.pi / 6.0)))
    assert not build(tmp_path, keys | {"lai_dense": 3.5})[0].dense.any()
    assert build(tmp_path, keys | {"cover": "dense"})[0].dense.all()
    assert not build(tmp_path, keys | {"cover": "sparse"})[0].dense.any()


def test_the_limit_itself_is_sparse(tmp_path):
    keys = make_maps(tmp_path, leaf=np.full((12, *SHAPE), 0.25))
    keys |= {"leaf_area": {"file": "leaf.nc"}, "lai_dense": 0.25}
    assert not build(tmp_path, keys)[0].dense.any()
    assert build(tmp_path, keys | {"lai_dense": 0.2499})[0].dense.all()


def test_a_cell_without_leaf_area_takes_its_class(tmp_path):
    leaf = monthly(np.full((2, 3), 1.0))
    leaf[4, :4, :4] = np.nan
    keys = make_maps(tmp_path, leaf=leaf) | {"leaf_area": {"file": "leaf.nc"}}
    domain, report = build(tmp_path, keys)
    assert domain.leaf_area[0].tolist() == [-1.0] * 12 and domain.dense.tolist() == [False] + [True] * 5
    assert any(note.startswith("leaf_area: 1 cell") for note in report.notes)


def test_greenness_is_the_mean_of_each_month_over_its_years(tmp_path):
    """Two years of which one pixel lacks one; a cell without any July is masked."""
    green = np.full((24, *SHAPE), 0.2)
    green[12:] = 0.6
    green[0, 0, 0] = np.nan
    green[[6, 18], 4:, 8:] = np.nan
    keys = make_maps(tmp_path, green=green) | {"greenness": {"file": "green.nc"}}
    import netCDF4

    with netCDF4.Dataset(tmp_path / "green.nc", "a") as data:
        time = data.createVariable("time", "f8", ("time",))
        time.units, time[:] = "days since 2001-01-15", 30.44 * np.arange(24)
    domain, report = build(tmp_path, keys)
    assert ("no greenness", 1) in [row[:2] for row in report.rows()] and domain.cell.tolist() == [0, 1, 2, 3, 4]
    assert np.allclose(domain.greenness[1:], 0.4)
    assert np.allclose(domain.greenness[0, 1:], 0.4)
    assert domain.greenness[0, 0] == pytest.approx(0.4 + 0.2 / 16, rel=1e-3)


def test_the_target_is_the_majority_of_what_is_known(tmp_path):
    target = fine(np.array([[1, 2, 9], [1, 1, 2]]))
    target[:4, :2] = 2  # half of the cell: a tie is no permafrost
    target[4:, 0] = 9  # three quarters known
    target[4:, 4:7] = 9  # a quarter known
    keys = make_maps(tmp_path, frozen=target)
    keys["target"] = {"file": "frozen.nc", "permafrost": [1], "absent": [2]}
    domain, _ = build(tmp_path, keys)
    assert domain.target.tolist() == [0, 0, -1, 1, -1, 0] and domain.target.dtype == np.int8
    keys["target"]["least_share"] = 0.2
    assert build(tmp_path, keys)[0].target.tolist() == [0, 0, -1, 1, 1, 0]


def test_where_each_field_came_from_is_kept(tmp_path):
    attributes = build(tmp_path, make_maps(tmp_path))[0].attributes
    assert attributes["elevation"] == "elevation.nc (map), area-weighted mean"
    assert attributes["tbot"] == "-0.0063 h + 30.98 + 273 K, h from 4600 to 5300 m"
    assert attributes["dense"] == "sparse everywhere"
    assert set(attributes) == {"elevation", "vegetation", "soil", "tbot", "dense"}

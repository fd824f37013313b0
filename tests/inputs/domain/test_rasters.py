"""Maps read from NetCDF: whatever their orientation, the same pixels; what cannot be used is refused by name."""

import os

import netCDF4
import numpy as np
import pytest

from lsmcal.core.errors import Problems
from lsmcal.inputs.domain.rasters import Window
from lsmcal.inputs.domain.read_raster import read_raster
from lsmcal.inputs.domain.regrid import cell_edges
from tests.inputs.map_files import Want, add_axis, centres, read, refused, write_map

LONGITUDE, LATITUDE = centres(88.0, 92.0, 16), centres(31.0, 34.0, 12)
VALUES = np.arange(12 * 16, dtype=np.int16).reshape(12, 16)
WINDOW = Window(89.1, 90.9, 32.1, 32.9)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "map.nc"


def inner(raster):
    """Pixels of the test map that a window must have brought."""
    rows = np.searchsorted(LATITUDE, raster.latitude)
    columns = np.searchsorted(LONGITUDE, raster.longitude)
    assert np.allclose(LATITUDE[rows], raster.latitude) and np.allclose(LONGITUDE[columns], raster.longitude)
    return VALUES[np.ix_(rows, columns)]


def test_a_window_brings_all_pixels_that_reach_into_it(path):
    raster = read(write_map(path, VALUES, LONGITUDE, LATITUDE, units="m"), WINDOW)
    assert np.array_equal(raster.values, inner(raster)) and raster.valid.all()
    assert (raster.name, raster.unit) == ("map.nc (map)", "m")
    east, north = cell_edges(raster.longitude), cell_edges(raster.latitude)
    assert east[0] <= 89.1 and east[-1] >= 90.9 and north[0] <= 32.1 and north[-1] >= 32.9
    assert raster.values.size < VALUES.size


@pytest.mark.parametrize("turn", [-360.0, 0.0])
@pytest.mark.parametrize("north_first", [False, True])
def test_orientation_and_turn_of_longitude_do_not_matter(path, turn, north_first):
    rows = slice(None, None, -1) if north_first else slice(None)
    raster = read(write_map(path, VALUES[rows], LONGITUDE + turn, LATITUDE[rows]), WINDOW)
    assert np.array_equal(raster.values, inner(raster))


def test_order_of_dimensions_does_not_matter(path):
    with netCDF4.Dataset(path, "w") as data:
        add_axis(data, "x", LONGITUDE, "degrees_east")
        add_axis(data, "y", LATITUDE, "degrees_north")
        data.createVariable("map", "i2", ("x", "y"))[:] = VALUES.T
    raster = read(path, WINDOW)
    assert np.array_equal(raster.values, inner(raster))


@pytest.mark.parametrize("first", [-180.0, 0.0, -90.0])
def test_a_region_across_the_seam_of_a_global_map(path, first):
    """Windows at 180 and at 0 degrees: one of them lies across the ends of any global map."""
    longitude, latitude = centres(first, first + 360.0, 72), centres(-90.0, 90.0, 36)
    code = np.rint((longitude % 360.0) * 10).astype(np.int32)
    write_map(path, np.tile(code, (36, 1)), longitude, latitude)
    for west in (170.0, -10.0, 260.0):
        raster = read(path, Window(west, west + 20.0, 10.0, 20.0))
        assert np.all(np.diff(raster.longitude) > 0) and raster.longitude[0] < west + 5.0
        assert np.array_equal(raster.values[0], np.rint((raster.longitude % 360.0) * 10))
        edges = cell_edges(raster.longitude)
        assert edges[0] <= west and edges[-1] >= west + 20.0


def test_packed_numbers_missing_ones_and_scales(path):
    stored = VALUES.copy()
    stored[4:8, 4:12] = -9
    stored[5, 6] = -1  # the fill value
    stored[6, 7] = 44
    write_map(path, stored, LONGITUDE, LATITUDE, fill=np.int16(-1), scale_factor=0.5, add_offset=10.0)
    raster = read(path, WINDOW, missing=[32.0], scale=0.1)
    at = {
        (round(x, 3), round(y, 3)): (j, i)
        for j, y in enumerate(raster.latitude)
        for i, x in enumerate(raster.longitude)
    }
    plain, filled, named = (at[round(LONGITUDE[i], 3), round(LATITUDE[j], 3)] for j, i in ((4, 4), (5, 6), (6, 7)))
    assert raster.values[plain] == pytest.approx(0.1 * (10.0 - 4.5)) and raster.valid[plain]
    assert not raster.valid[filled] and not raster.valid[named] and (~raster.valid).sum() == 2


def test_numbers_that_are_not_finite_are_missing(path):
    values = VALUES.astype(np.float32)
    values[5, 6], values[6, 6] = np.nan, np.inf
    raster = read(write_map(path, values, LONGITUDE, LATITUDE), WINDOW)
    assert (~raster.valid).sum() == 2


def test_levels_and_single_records(path):
    cube = np.stack([VALUES, VALUES + 1000])
    write_map(path, cube, LONGITUDE, LATITUDE, before=("layer",))
    assert np.array_equal(read(path, WINDOW, level=1).values, inner(read(path, WINDOW, level=0)) + 1000)
    found = refused(path)
    assert found.message == "further dimensions" and "layer" in found.value and "level = 0 to 1" in found.expected
    assert refused(path, level=2).message == "no such level"
    write_map(path, cube[:1], LONGITUDE, LATITUDE, before=("time",))
    assert np.array_equal(read(path, WINDOW).values, inner(read(path, WINDOW)))


def test_months_in_order_or_by_their_times(path):
    cube = np.arange(12.0)[:, None, None] + np.zeros((12, 12, 16))
    write_map(path, cube, LONGITUDE, LATITUDE, before=("month",))
    raster = read(path, WINDOW, monthly=True)
    assert np.array_equal(raster.months, np.arange(1, 13)) and np.array_equal(raster.values[:, 0, 0], np.arange(12.0))
    series = np.concatenate([cube[6:], cube])  # July of one year to December of the next
    write_map(path, series, LONGITUDE, LATITUDE, before=("time",))
    with netCDF4.Dataset(path, "a") as data:
        axis = data.createVariable("time", "f8", ("time",))
        axis.units, axis.calendar = "days since 2000-07-15", "standard"
        axis[:] = 30.44 * np.arange(18)
    raster = read(path, WINDOW, monthly=True)
    assert np.array_equal(raster.months, [*range(7, 13), *range(1, 13)])
    assert np.array_equal(raster.values[:, 0, 0], raster.months - 1.0)
    for value in (np.nan, np.inf, np.ma.masked):
        with netCDF4.Dataset(path, "a") as data:
            data["time"][4] = value
        found = refused(path, monthly=True)
        assert (found.message, found.where) == ("missing time", "index 4")


def test_what_is_no_file_is_not_opened(path):
    os.mkfifo(path)
    assert refused(path).message == "is a named pipe, not a file"


@pytest.mark.parametrize("records", [4, 14])
def test_what_is_no_map_of_each_month(path, records):
    write_map(path, np.zeros((records, 12, 16)), LONGITUDE, LATITUDE, before=("time",))
    found = refused(path, monthly=True)
    assert (found.message, found.value) == ("is not a map for each month", f"{records} records")


# -- another projection ---------------------------------------------------------------------------------------------
def projected(path, mapping=None, standard="projection_x_coordinate"):
    with netCDF4.Dataset(path, "w") as data:
        for name, size in (("y", 5), ("x", 6)):
            add_axis(data, name, 1000.0 * np.arange(size), "m")
            data[name].standard_name = standard.replace("_x_", f"_{name}_")
        variable = data.createVariable("land", "i2", ("y", "x"))
        variable[:] = 1
        if mapping:
            data.createVariable("crs", "i4", ()).grid_mapping_name = mapping
            variable.grid_mapping = "crs"
    return path


def test_a_projected_map_is_refused_by_the_name_of_its_projection(path):
    found = refused(projected(path, "albers_conical_equal_area"))
    assert (found.message, found.value) == ("the map is in another projection", "albers_conical_equal_area")
    assert found.source == str(path) and found.variable == "land" and "gdalwarp -t_srs EPSG:4326" in found.expected
    assert refused(projected(path)).value == "projection_y_coordinate in m"


def test_a_rotated_pole_is_another_projection(path):
    assert refused(projected(path, "rotated_latitude_longitude")).value == "rotated_latitude_longitude"
    with netCDF4.Dataset(path, "w") as data:
        for name, standard in (("rlat", "grid_latitude"), ("rlon", "grid_longitude")):
            add_axis(data, name, np.arange(4.0), "degrees")
            data[name].standard_name = standard
        data.createVariable("land", "i2", ("rlat", "rlon"))[:] = 1
    assert "grid_latitude" in refused(path).value


def test_a_curvilinear_map_is_another_projection(path):
    with netCDF4.Dataset(path, "w") as data:
        data.createDimension("south_north", 4)
        data.createDimension("west_east", 5)
        for name in ("XLAT", "XLONG", "LU_INDEX"):
            data.createVariable(name, "f4", ("south_north", "west_east"))[:] = 1.0
    found = refused(path, variable="LU_INDEX")
    assert found.message == "the map is in another projection" and found.value.startswith("a curvilinear grid, XLAT")


def test_metres_on_axes_called_lat_and_lon(path):
    with netCDF4.Dataset(path, "w") as data:
        for name in ("lat", "lon"):
            add_axis(data, name, 250.0 * np.arange(8), "m")
        data.createVariable("land", "i2", ("lat", "lon"))[:] = 1
    assert refused(path).message == "the map is in another projection"
    write_map(path, VALUES, LONGITUDE * 1e4, LATITUDE * 1e4)  # metres that call themselves degrees
    problems = Problems()
    assert read_raster(path, Want(), WINDOW, problems) is None
    assert [(found.message, found.variable) for found in problems.found] == [
        ("is not an axis of a map", "lat"),
        ("is not an axis of a map", "lon"),
    ]


# -- damage and misunderstanding ------------------------------------------------------------------------------------
def test_files_that_are_no_netcdf_or_not_there(path):
    assert refused(path).message.startswith("cannot be read: No such file")
    path.write_text("ncols 10\nnrows 10\n")
    assert refused(path).message.startswith("cannot be opened as NetCDF")
    path.write_bytes(b"")
    assert refused(path).message.startswith("cannot be opened as NetCDF")


@pytest.mark.parametrize("kind", ["NETCDF4", "NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET"])
def test_a_file_cut_short_is_refused_and_never_read_as_zeros(path, kind):
    write_map(path, VALUES, LONGITUDE, LATITUDE, kind=kind)
    whole = path.read_bytes()
    for share in (0.3, 0.6, 0.9):
        path.write_bytes(whole[: int(len(whole) * share)])
        assert refused(path).expected == "a complete file"


def test_damage_behind_a_sound_header_is_found_on_reading(path):
    with netCDF4.Dataset(path, "w") as data:
        add_axis(data, "lat", LATITUDE, "degrees_north")
        add_axis(data, "lon", LONGITUDE, "degrees_east")
        noise = np.random.default_rng(1).integers(0, 30000, VALUES.shape)
        data.createVariable("map", "i4", ("lat", "lon"), zlib=True)[:] = noise
    raw = bytearray(path.read_bytes())
    at = raw.index(b"\x78\x5e") + 100  # in the middle of what zlib has packed
    raw[at : at + 80] = bytes(80)
    path.write_bytes(raw)
    found = refused(path)
    assert found.message.startswith("cannot be read") and found.source == str(path)


def test_which_variable_is_meant_must_be_said(path):
    write_map(path, VALUES, LONGITUDE, LATITUDE, name="height")
    with netCDF4.Dataset(path, "a") as data:
        data.createVariable("class", "i1", ("lat", "lon"))[:] = 3
        data.createVariable("words", str, ("lat",))
    found = refused(path)
    assert found.message == "several maps, and no variable is given" and found.expected == "one of height, class"
    assert refused(path, variable="hight").message == "no such variable"
    assert read(path, WINDOW, variable="class").values.max() == 3
    assert refused(path, variable="words").message == "is not numeric"


def test_a_map_elsewhere_says_where(path):
    found = refused(write_map(path, VALUES, LONGITUDE - 60.0, LATITUDE))
    assert found.message == "the map does not cover the region"
    assert found.value == "28.125 to 31.875 E, 31.125 to 33.875 N" and found.expected == "89 to 92 E, 32 to 35 N"


@pytest.mark.parametrize(
    "axis",
    [
        [88.0, 89.0, 88.5, 90.0],
        [88.0, np.nan, 90.0, 91.0],
        [88.0, 88.0, 88.0, 88.0],
        [700.0, 710.0, 720.0, 730.0],
        [88.0, 89.0, 89.0, 90.0],
    ],
)
def test_axes_that_are_none(path, axis):
    found = refused(write_map(path, np.ones((12, 4)), np.array(axis), LATITUDE))
    assert (found.message, found.variable) == ("is not an axis of a map", "lon")

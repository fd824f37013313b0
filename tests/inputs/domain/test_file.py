"""A domain in NetCDF: every bit comes back, xarray and CDO understand it, CF rules hold, damage is refused."""

import os
import re
import shutil
import subprocess

import netCDF4
import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.core.geodesy import cell_area
from lsmcal.inputs.domain.domain import Domain
from lsmcal.inputs.domain.file import read_domain, write_domain
from tests.inputs.small_maps import LAND, SHAPE, WATER, build, fine, make_maps


@pytest.fixture
def made(tmp_path):
    """A domain with all fields, of which two cells are masked; and its report."""
    land, random = LAND.copy(), np.random.default_rng(3)
    land[0, 0] = WATER
    leaf = random.uniform(0.0, 2.0, (12, *SHAPE))
    leaf[3, :4, 8:] = np.nan
    lake = fine(np.array([[0, 0, 0], [0, 1, 0]]))
    frozen = fine(np.array([[1, 0, 1], [1, 0, 5]]))
    maps = {"land": fine(land), "leaf": leaf, "green": random.random((12, *SHAPE)), "lake": lake, "frozen": frozen}
    keys = make_maps(tmp_path, **maps) | {
        name: {"file": file}
        for name, file in (("leaf_area", "leaf.nc"), ("greenness", "green.nc"), ("target", "frozen.nc"))
    }
    keys["masked"] = [{"file": "lake.nc", "name": "lake (over 1 km², deep)"}]
    return build(tmp_path, keys)


@pytest.fixture
def path(made, tmp_path):
    return write_domain(made[0], tmp_path / "domain.nc", made[1])


def assert_same(one: Domain, other: Domain, but=()):
    for name in Domain.__dataclass_fields__:
        left, right = getattr(one, name), getattr(other, name)
        if name in but:
            continue
        if name == "grid":
            assert np.array_equal(left.longitude, right.longitude) and np.array_equal(left.latitude, right.latitude)
        elif isinstance(left, np.ndarray):
            assert np.array_equal(left, right) and left.dtype == right.dtype and right.flags.c_contiguous, name
        else:
            assert left == right, name


def test_every_field_comes_back_to_the_bit(made, path):
    assert made[0].cell.tolist() == [1, 2, 3, 5] and (made[0].leaf_area == -1.0).any()
    assert_same(made[0], read_domain(path))


def test_fields_that_are_not_there_stay_away(tmp_path):
    domain, _ = build(tmp_path, make_maps(tmp_path))
    again = read_domain(write_domain(domain, tmp_path / "deep" / "down" / "domain.nc"))
    assert again.target is again.leaf_area is again.greenness is None
    assert_same(domain, again)


@pytest.mark.parametrize("rows, columns", [(1, 3), (2, 1)])
def test_a_single_row_or_column(tmp_path, rows, columns):
    keys = make_maps(tmp_path) | {"bounds": [90.0, 90.0 + 0.2 * columns, 33.0, 33.0 + 0.2 * rows]}
    domain, _ = build(tmp_path, keys)
    path = write_domain(domain, tmp_path / "domain.nc")
    assert_same(domain, read_domain(path))
    with netCDF4.Dataset(path) as data:
        assert np.allclose(data["lat_bounds"][0], [33.0, 33.2]) and np.allclose(data["lon_bounds"][0], [90.0, 90.2])


def test_xarray_opens_it(made, path):
    xarray = pytest.importorskip("xarray")
    domain, report = made
    with xarray.open_dataset(path, decode_coords="all") as data:
        assert data.sizes["lat"] == 2 and data.sizes["lon"] == 3 and data.sizes["depth"] == 18
        assert data.soil.dims == ("depth", "lat", "lon") and data.leaf_area.dims == ("month", "lat", "lon")
        assert {"crs", "lat_bounds", "lon_bounds", "depth_bounds"} <= set(data.coords)
        assert np.isnan(data.vegetation.values[0, 0]) and data.vegetation.values[0, 1] == 19
        at = data.sel(lat=33.3, lon=90.1, method="nearest")
        assert at.tbot.item() == domain.tbot[2] and (at.soil.values == domain.soil[2]).all()
        assert np.array_equal(data.masked.values, report.masked)
        assert np.isfinite(data.cell_area.values).all()
        mean = data.elevation.weighted(data.cell_area).mean().item()
        assert mean == pytest.approx(np.average(domain.elevation, weights=domain.area))


def test_what_xarray_writes_again_is_still_the_domain(made, path, tmp_path):
    xarray = pytest.importorskip("xarray")
    with xarray.open_dataset(path) as data:
        data.to_netcdf(tmp_path / "again.nc")
    assert_same(made[0], read_domain(tmp_path / "again.nc"))
    with xarray.open_dataset(path) as data:
        data.isel(lon=slice(1, None)).to_netcdf(tmp_path / "part.nc")
    part = read_domain(tmp_path / "part.nc")
    assert part.cell.tolist() == [0, 1, 3] and part.longitude.tolist() == [90.3, 90.5, 90.5]
    assert np.array_equal(part.elevation, made[0].elevation[[0, 1, 3]])


# -- CF -------------------------------------------------------------------------------------------------------------
def test_axes_bounds_and_grid_mapping_are_those_of_cf(path):
    with netCDF4.Dataset(path) as data:
        assert data.Conventions == "CF-1.11" and data.title and data.source and data.history
        axes = {
            "lat": ("latitude", "degrees_north", "Y"),
            "lon": ("longitude", "degrees_east", "X"),
            "depth": ("depth", "m", "Z"),
        }
        for name, wanted in axes.items():
            axis = data[name]
            assert (axis.standard_name, axis.units, axis.axis) == wanted and (np.diff(axis[:]) > 0).all()
            bounds = data[axis.bounds]
            assert bounds.shape == (axis.size, 2) and not bounds.ncattrs()
            assert (bounds[:, 0] < axis[:]).all() and (axis[:] < bounds[:, 1]).all()
            assert np.array_equal(bounds[1:, 0], bounds[:-1, 1])
        assert data["depth"].positive == "down"
        crs = data["crs"]
        assert crs.grid_mapping_name == "latitude_longitude" and crs.semi_major_axis == 6378137.0
        assert crs.inverse_flattening == 298.257223563 and crs.longitude_of_prime_meridian == 0.0


def test_every_variable_on_the_grid_says_what_it_is(path):
    with netCDF4.Dataset(path) as data:
        fields = [item for item in data.variables.values() if item.dimensions[-2:] == ("lat", "lon")]
        assert len(fields) == 10
        for item in fields:
            assert item.grid_mapping == "crs" and item.long_name
            assert np.asarray(item._FillValue).dtype == item.dtype
            flags = getattr(item, "flag_values", None)
            assert (flags is None) == hasattr(item, "units")  # flags have none
            if item.name != "cell_area":
                assert item.cell_measures == "area: cell_area"
            if flags is None:
                continue
            words = item.flag_meanings.split(" ")
            assert np.atleast_1d(flags).dtype == item.dtype and len(words) == np.size(flags) == len(set(words))
            assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_.+@-]*", word) for word in words), words
            assert set(np.unique(item[:].compressed())) <= set(np.atleast_1d(flags))
        assert data["cell_area"].standard_name == "cell_area" and data["cell_area"].units == "m2"


def test_every_cell_has_its_area_modelled_or_not(path):
    with netCDF4.Dataset(path) as data:
        wanted = cell_area(np.linspace(90.0, 90.6, 4), np.linspace(33.0, 33.4, 3))
        assert np.allclose(data["cell_area"][:], wanted, rtol=1e-12)


def test_reasons_are_kept_with_the_cells(made, path):
    with netCDF4.Dataset(path) as data:
        words = data["masked"].flag_meanings.split()
        assert words[0] == "modelled" and "water_or_ice_by_class" in words
        lake = words[data["masked"][1, 1]]
        assert lake == "lake_over_1_km2_deep"


def test_reasons_that_differ_only_in_signs_stay_apart(made, tmp_path):
    made[1].reasons += ["lake: over 1 km2, deep", "湖"]
    with netCDF4.Dataset(write_domain(made[0], tmp_path / "other.nc", made[1])) as data:
        words = data["masked"].flag_meanings.split(" ")
    assert len(set(words)) == len(words) == len(made[1].reasons) + 1
    assert words[-2:] == [f"lake_over_1_km2_deep_{len(words) - 2}", "reason"]


# -- CDO --------------------------------------------------------------------------------------------------------------
@pytest.fixture
def cdo():
    """Runs CDO; returns what it says."""
    if shutil.which("cdo") is None:
        pytest.skip("CDO is not installed")

    def run(*words):
        done = subprocess.run(["cdo", "-s", *map(str, words)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert not done.stderr, done.stderr
        return done.stdout

    return run


def test_cdo_sees_one_grid_and_its_layers(cdo, path):
    text = cdo("sinfon", path)
    assert text.count("lonlat") == 1 and "points=6 (3x2)" in text
    assert "levels=18" in text and "90.1 to 90.5 by 0.2" in text
    assert text.count("available : cellbounds area") == 1


def test_a_box_cut_by_cdo_is_a_domain(cdo, made, path, tmp_path):
    cdo("sellonlatbox,90.2,90.6,33,33.4", path, tmp_path / "part.nc")
    domain, part = made[0], read_domain(tmp_path / "part.nc")
    assert part.cell.tolist() == [0, 1, 3] and np.allclose(part.area, domain.area[[0, 1, 3]], rtol=1e-12)
    for name in ("elevation", "vegetation", "soil", "tbot", "dense", "greenness", "leaf_area", "target", "longitude"):
        assert np.array_equal(getattr(part, name), getattr(domain, name)[[0, 1, 3]]), name
    assert np.allclose(part.thickness, domain.thickness, rtol=1e-12)


def test_cdo_weighs_with_the_areas_of_the_ellipsoid(cdo, made, path):
    """Its own would be those of a sphere, some thousandths off."""
    domain = made[0]

    def number(*words):
        return float(cdo("outputf,%.12g", *words, path))

    wanted = cell_area(np.linspace(90.0, 90.6, 4), np.linspace(33.0, 33.4, 3)).sum()
    assert number("-fldsum", "-gridarea") == pytest.approx(wanted, rel=1e-11)
    mean = np.average(domain.elevation, weights=domain.area)
    assert number("-fldmean", "-selname,elevation") == pytest.approx(mean, rel=1e-11)
    frozen = number("-fldsum", "-expr,permafrost=(target==1)*gridarea(target)")
    assert frozen == pytest.approx(domain.area[domain.target == 1].sum(), rel=1e-11) and frozen > 0.0


# -- damage -----------------------------------------------------------------------------------------------------------
def wrong(path):
    with pytest.raises(InputError) as caught:
        read_domain(path)
    return caught.value.problems


def test_files_that_are_none(tmp_path, path):
    assert wrong(tmp_path / "nowhere.nc")[0].message == "no such file"
    (tmp_path / "text.nc").write_text("no domain")
    assert wrong(tmp_path / "text.nc")[0].message.startswith("cannot be opened as NetCDF")
    whole = path.read_bytes()
    for share in (0.2, 0.5, 0.9, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        assert wrong(path)[0].source == str(path)


def test_another_netcdf_file_is_told_what_it_lacks(tmp_path):
    make_maps(tmp_path)
    problems = wrong(tmp_path / "soil.nc")
    assert [problem.variable for problem in problems] == ["depth", "elevation", "vegetation", "soil", "tbot", "dense"]
    assert {problem.message for problem in problems} == {"missing variable"}


def test_cells_that_lack_a_field_are_named(path):
    with netCDF4.Dataset(path, "a") as data:
        data["tbot"][1, 2] = np.ma.masked
        data["soil"][4, 0, 2] = np.ma.masked
    problems = wrong(path)
    assert {(problem.variable, problem.where) for problem in problems} == {("soil", "cell 2"), ("tbot", "cell 5")}


def test_layers_without_thickness_and_other_dimensions(path):
    with netCDF4.Dataset(path, "a") as data:
        data["depth"].delncattr("thickness")
    assert read_domain(path).thickness.size == 18  # from the bounds
    with netCDF4.Dataset(path, "a") as data:
        data["depth"].delncattr("bounds")
    assert wrong(path)[0].message == "lacks the attribute thickness"
    with netCDF4.Dataset(path, "a") as data:
        data.renameVariable("elevation", "old")
        data.createVariable("elevation", "f8", ("lon", "lat"))[:] = 4500.0
    assert wrong(path)[-1].message == "lies on other dimensions"


def test_fill_values_and_packing_of_other_programs(made, path, tmp_path):
    xarray = pytest.importorskip("xarray")
    packing = {"dtype": "i2", "scale_factor": 0.5, "add_offset": 4000.0, "_FillValue": -32768}
    plain = {"dtype": "f4", "_FillValue": np.float32(np.nan)}
    with xarray.open_dataset(path) as data:
        for item in data.variables.values():
            item.encoding = {}
        encoding = {"elevation": packing, "vegetation": plain, "dense": {"dtype": "i4", "_FillValue": 99}}
        data.to_netcdf(tmp_path / "other.nc", encoding=encoding)
    other = read_domain(tmp_path / "other.nc")
    assert_same(made[0], other, but=("elevation",))
    assert np.allclose(other.elevation, made[0].elevation, atol=0.25)


def test_axes_from_the_north_are_refused(path, tmp_path):
    xarray = pytest.importorskip("xarray")
    with xarray.open_dataset(path) as data:
        data.isel(lat=slice(None, None, -1)).to_netcdf(tmp_path / "north.nc")
    (problem,) = wrong(tmp_path / "north.nc")
    assert (problem.message, problem.variable) == ("is not an ascending axis", "lat")


def test_no_file_is_left_by_a_write_that_fails(made, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    write_domain(made[0], folder / "domain.nc")
    before = (folder / "domain.nc").read_bytes()

    def full(*given):
        raise OSError(28, "No space left on device", "domain.nc")

    monkeypatch.setattr("lsmcal.inputs.domain.file._write_reasons", full)
    with pytest.raises(OSError, match="No space left"):
        write_domain(made[0], folder / "domain.nc", made[1])
    assert os.listdir(folder) == ["domain.nc"] and (folder / "domain.nc").read_bytes() == before

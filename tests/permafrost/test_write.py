"""What is written: CF attributes, places as they stood, and the same numbers again."""

import shutil
import subprocess

import netCDF4
import numpy as np
import pytest

from lsmcal.permafrost import OUT, permafrost_of_file, write_permafrost
from tests.permafrost.soil_files import ground, write


@pytest.fixture
def map_file(tmp_path):
    """Two by three cells with areas and a map projection; one without values."""
    path = tmp_path / "soil.nc"
    write(path, ground(), grid=(2, 3), hole=(slice(None), slice(None), 4))
    with netCDF4.Dataset(path, "a") as data:
        area = data.createVariable("cell_area", "f4", ("lon", "lat"))
        area.units, area.standard_name = "km2", "cell_area"
        area[...] = [[600.0, 590.0]] * 3
        data.createVariable("crs", "i4", ()).grid_mapping_name = "latitude_longitude"
        data["soil_temperature"].grid_mapping = "crs"
        data.createDimension("nv", 2)
        data["lat"].bounds = "lat_bnds"
        data["lon"].bounds = "lon_bnds"  # missing in the file
        data.createVariable("lat_bnds", "f8", ("lat", "nv"))[...] = [[32.875, 33.125], [33.125, 33.375]]
    return path


def test_the_same_numbers_and_places(map_file, tmp_path):
    found = permafrost_of_file(map_file)
    written = write_permafrost(found, tmp_path / "new" / "permafrost.nc")
    with netCDF4.Dataset(written) as data:
        classes = data["permafrost_class"][:]
        assert np.array_equal(classes.filled(OUT), found.classes)
        assert data["active_layer_thickness"][:].filled(np.nan) == pytest.approx(found.active_layer, nan_ok=True)
        assert data["thaw_depth"][:].filled(np.nan) == pytest.approx(found.thaw_depth, nan_ok=True)
        assert np.array_equal(data["thawed_through"][:].filled(0) == 1, found.thawed_through)
        assert np.array_equal(data["closed_talik"][:].mask, ~found.known)
        assert data["lat"][:].tolist() == [33.0, 33.25] and data["lat_bnds"][:].shape == (2, 2)
        assert "bounds" not in data["lon"].ncattrs()
        assert data["crs"].grid_mapping_name == "latitude_longitude"
        assert data["permafrost_class"].cell_measures == "area: cell_area"
        meanings = data["permafrost_class"].flag_meanings.split()
        assert dict(zip(meanings, data["permafrost_class"].flag_values.tolist(), strict=True)) == {
            "undetermined": 0,
            "permafrost": 1,
            "seasonally_frozen": 2,
            "unfrozen": 3,
        }
        assert data.soil_temperature_files == "soil.nc"
    assert list((tmp_path / "new").iterdir()) == [written]


def test_xarray_opens_it(map_file, tmp_path):
    xarray = pytest.importorskip("xarray")
    found = permafrost_of_file(map_file)
    with xarray.open_dataset(write_permafrost(found, tmp_path / "permafrost.nc")) as data:
        assert data.time.dt.year.values.tolist() == [2001, 2002, 2003]
        assert data.permafrost_class.dims == ("time", "lat", "lon")
        assert float((data.permafrost_class[1] == 1).sum()) == 4.0
        assert data.active_layer_thickness.sel(lat=33.0, lon=92.25)[1] == pytest.approx(1.0)


@pytest.mark.skipif(shutil.which("cdo") is None, reason="no CDO on this machine")
def test_cdo_reads_it_without_a_warning(map_file, tmp_path):
    written = write_permafrost(permafrost_of_file(map_file), tmp_path / "permafrost.nc")
    done = subprocess.run(["cdo", "-s", "sinfon", written], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "arning" not in done.stdout + done.stderr
    assert "lonlat" in done.stdout and "2003-07-02" in done.stdout


def test_stations_keep_their_names(tmp_path):
    path = tmp_path / "soil.nc"
    write(path, ground(), order=("cell", "time", "depth"))
    names = np.array(["Yakou", "Wudaoliang", "Xidatan", "Toolik", "Finse", "Bondville"], object)
    with netCDF4.Dataset(path, "a") as data:
        station = data.createVariable("station", str, ("cell",))
        station.cf_role = "timeseries_id"
        station[:] = names
    with netCDF4.Dataset(write_permafrost(permafrost_of_file(path), tmp_path / "permafrost.nc")) as data:
        assert data["station"][:].tolist() == names.tolist()
        assert data["lat"].dimensions == ("cell",)
        assert set(data["permafrost_class"].coordinates.split()) == {"lat", "lon", "station"}


def test_sums_of_a_year(map_file):
    found = permafrost_of_file(map_file)
    first, second, _ = found.by_year()
    assert first["places"] == {"undetermined": 5, "permafrost": 0, "seasonally_frozen": 0, "unfrozen": 0}
    assert first["active_layer"] is None
    # the first row of cells has 600 km2 each, the second 590; the fifth cell is out
    assert second["places"] == {"undetermined": 0, "permafrost": 4, "seasonally_frozen": 0, "unfrozen": 1}
    assert second["area"]["permafrost"] == pytest.approx(3 * 600e6 + 590e6)
    mean = (600 * (0.7 + 1.0 + 1.3) + 590 * 1.6) / (3 * 600 + 590)
    assert second["active_layer"] == pytest.approx(mean) and second["thawed_through"] == 1

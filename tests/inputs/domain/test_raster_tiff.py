"""Maps in GeoTIFF: as those in NetCDF. Without rasterio, one sentence says what to install."""

import sys

import numpy as np
import pytest

from lsmcal.inputs.domain.rasters import Window
from tests.inputs.map_files import centres, read, refused, write_map
from tests.inputs.small_maps import LAND, SOIL, build, fine, heights, make_maps

LONGITUDE, LATITUDE = centres(88.0, 92.0, 16), centres(31.0, 34.0, 12)
VALUES = np.arange(12 * 16, dtype=np.int16).reshape(12, 16)
WINDOW = Window(89.1, 90.9, 32.1, 32.9)


def write_tiff(path, values, west=88.0, north=34.0, size=0.25, crs="EPSG:4326", **options):
    """Bands from the north, as most GeoTIFF files have them."""
    rasterio = pytest.importorskip("rasterio")
    bands = np.atleast_3d(values) if np.ndim(values) == 3 else np.asarray(values)[None]
    shape = {"count": bands.shape[0], "height": bands.shape[1], "width": bands.shape[2]}
    transform = options.pop("transform", rasterio.Affine(size, 0.0, west, 0.0, -size, north))
    scales = options.pop("scales", None)
    with rasterio.open(path, "w", "GTiff", dtype=bands.dtype, crs=crs, transform=transform, **shape, **options) as data:
        data.write(bands[:, ::-1])
        if scales:
            data.scales, data.offsets = scales
    return path


def test_the_same_pixels_as_from_netcdf(tmp_path):
    tiff = read(write_tiff(tmp_path / "map.tif", VALUES, nodata=100), WINDOW)
    plain = read(write_map(tmp_path / "map.nc", VALUES, LONGITUDE, LATITUDE, fill=np.int16(100)), WINDOW)
    assert np.allclose(tiff.longitude, plain.longitude) and np.allclose(tiff.latitude, plain.latitude)
    assert np.array_equal(tiff.values, plain.values) and np.array_equal(tiff.valid, plain.valid)
    assert (~tiff.valid).sum() == 1 and tiff.name == "map.tif"


def test_a_window_across_the_seam_of_a_global_map(tmp_path):
    code = np.tile((centres(-180.0, 180.0, 72) % 360.0 * 10).astype(np.int16), (36, 1))
    write_tiff(tmp_path / "map.tif", code, west=-180.0, north=90.0, size=5.0)
    raster = read(tmp_path / "map.tif", Window(170.0, 190.0, 10.0, 20.0))
    assert np.array_equal(raster.values[0], (raster.longitude % 360.0 * 10).astype(int))
    assert raster.longitude[0] < 170.0 and raster.longitude[-1] > 190.0


def test_bands_levels_and_scales(tmp_path):
    path = write_tiff(tmp_path / "map.tif", np.stack([VALUES, VALUES + 500]), scales=([1.0, 0.5], [0.0, 10.0]))
    first, second = read(path, WINDOW, variable="1"), read(path, WINDOW, variable="2", missing=[360.0])
    assert np.allclose(second.values, (first.values + 500) * 0.5 + 10.0) and (~second.valid).sum() == 0
    found = refused(path)
    assert found.message == "no such band" and found.expected == "the number of a band as variable, 1 to 2"
    assert refused(path, variable="3").value == "3"


def test_twelve_bands_are_the_months(tmp_path):
    cube = (np.arange(1, 13)[:, None, None] + np.zeros((12, 12, 16))).astype(np.float32)
    raster = read(write_tiff(tmp_path / "map.tif", cube), WINDOW, monthly=True)
    assert np.array_equal(raster.months, np.arange(1, 13)) and np.array_equal(raster.values[:, 0, 0], raster.months)
    assert refused(write_tiff(tmp_path / "map.tif", cube[:5]), monthly=True).value == "5 bands"


@pytest.mark.parametrize("crs, name", [("EPSG:32646", "WGS 84 / UTM zone 46N"), ("EPSG:3857", "WGS 84 / Pseudo-Merc")])
def test_another_projection_is_named(tmp_path, crs, name):
    found = refused(write_tiff(tmp_path / "map.tif", VALUES, west=5e5, north=4e6, size=1e3, crs=crs))
    assert found.message == "the map is in another projection" and found.value.startswith(name)
    assert "gdalwarp -t_srs EPSG:4326" in found.expected


def test_rotated_and_unnamed_grids(tmp_path):
    rasterio = pytest.importorskip("rasterio")
    turned = rasterio.Affine(0.25, 0.02, 88.0, 0.02, -0.25, 34.0)
    assert refused(write_tiff(tmp_path / "a.tif", VALUES, transform=turned)).value == "a rotated grid"
    found = refused(write_tiff(tmp_path / "b.tif", VALUES, crs=None))
    assert found.message == "the map has no coordinate system" and "gdal_edit.py" in found.expected


def test_damage_and_maps_elsewhere(tmp_path):
    path = write_tiff(tmp_path / "map.tif", VALUES, compress="deflate")
    whole = path.read_bytes()
    path.write_bytes(whole[:6])
    found = refused(path)
    assert found.message.startswith("cannot be read") and found.expected == "a complete GeoTIFF file"
    path.write_bytes(whole[: len(whole) // 3])  # GDAL opens what has lost most of its tags
    assert "gdal_edit.py" in refused(path).expected
    far = refused(write_tiff(tmp_path / "far.tif", VALUES, west=10.0))
    assert far.message == "the map does not cover the region" and far.value.startswith("10.125 to 13.875 E")


def test_a_file_whose_values_are_cut_off(tmp_path):
    path = write_tiff(tmp_path / "map.tif", np.tile(VALUES, (20, 20)), size=0.0125)
    path.write_bytes(path.read_bytes()[:-60_000])
    assert refused(path, Window(88.0, 92.0, 31.0, 34.0)).message.startswith("cannot be read")


def test_a_domain_from_geotiff_is_that_from_netcdf(tmp_path):
    keys = make_maps(tmp_path)
    plain, _ = build(tmp_path, keys)
    maps = {"elevation": heights(), "land": fine(LAND).astype(np.uint8), "soil": fine(SOIL).astype(np.uint8)}
    for name, values in maps.items():
        write_tiff(tmp_path / f"{name}.tif", values, west=90.0, north=33.4, size=0.05)
    keys |= {"elevation": {"file": "elevation.tif"}, "vegetation": {"file": "land.tif"}, "soil": {"file": "soil.tif"}}
    other, _ = build(tmp_path, keys)
    assert np.array_equal(plain.vegetation, other.vegetation) and np.array_equal(plain.soil, other.soil)
    assert np.allclose(plain.elevation, other.elevation, rtol=1e-12)


def test_without_rasterio_the_extra_is_named(tmp_path, monkeypatch):
    (tmp_path / "map.tif").write_bytes(b"II*\x00" + bytes(100))
    monkeypatch.setitem(sys.modules, "rasterio", None)
    found = refused(tmp_path / "map.tif")
    assert found.message == "GeoTIFF needs rasterio" and 'pip install "lsmcal[maps]"' in found.expected

"""GeoTIFF maps, through rasterio."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.inputs.domain.rasters import (
    Raster,
    Wanted,
    Window,
    columns_within,
    extent_of,
    other_projection,
    reaches,
    rows_within,
)


def read_tiff(path: Path, wanted: Wanted, window: Window, problems: Problems, monthly: bool) -> Raster | None:
    """As :func:`lsmcal.inputs.domain.read_raster.read_raster`; the twelve months are the first twelve bands."""
    try:
        import rasterio
    except ImportError:
        problems.add("GeoTIFF needs rasterio", source=path, expected='to be installed: pip install "lsmcal[maps]"')
        return None
    try:
        with rasterio.open(path, driver="GTiff") as data:
            if not _on_degrees(data, path, problems):
                return None
            return _read(data, path, wanted, window, problems, monthly)
    except rasterio.errors.RasterioError as error:
        problems.add(f"cannot be read: {error}", source=path, expected="a complete GeoTIFF file")
    return None


def _on_degrees(data, path: Path, problems: Problems) -> bool:
    crs, shape = data.crs, data.transform
    if crs is None:
        expected = "a coordinate system; for longitude and latitude set it with: gdal_edit.py -a_srs EPSG:4326 FILE"
        problems.add("the map has no coordinate system", source=path, expected=expected)
        return False
    if not crs.is_geographic:
        other_projection(crs.to_wkt().partition('"')[2].partition('"')[0], path, "", problems)
        return False
    if shape.b or shape.d:
        other_projection("a rotated grid", path, "", problems)
        return False
    return True


def _read(data, path: Path, wanted: Wanted, window: Window, problems: Problems, monthly: bool) -> Raster | None:
    bands = _bands(data, path, wanted, problems, monthly)
    longitude = data.transform.c + data.transform.a * (np.arange(data.width) + 0.5)
    latitude = data.transform.f + data.transform.e * (np.arange(data.height) + 0.5)
    columns, east = columns_within(longitude, window) if data.width > 1 else (np.arange(0), longitude[:0])
    rows, north = rows_within(latitude, window) if data.height > 1 else (np.arange(0), latitude[:0])
    if bands is None or not reaches(columns, rows, extent_of(longitude, latitude), window, path, problems):
        return None
    low, high = int(rows.min()), int(rows.max()) + 1
    pieces = []
    for run in np.split(columns, np.flatnonzero(np.abs(np.diff(columns)) != 1) + 1):
        left = int(run.min())
        piece = data.read(bands, window=((low, high), (left, int(run.max()) + 1)), masked=True)
        pieces.append(piece[..., run - left])
    cube = np.ma.concatenate(pieces, axis=2)[:, rows - low]
    values, valid = cube.data, ~np.ma.getmaskarray(cube)
    scale, offset = data.scales[bands[0] - 1], data.offsets[bands[0] - 1]
    if (scale, offset) != (1.0, 0.0):
        values = values * scale + offset
    months = np.arange(1, 13) if monthly else None
    if not monthly:
        values, valid = values[0], valid[0]
    return Raster(path, wanted.variable, east, north, values, valid, data.units[bands[0] - 1] or "", months)


def _bands(data, path: Path, wanted: Wanted, problems: Problems, monthly: bool) -> list[int] | None:
    count = data.count
    if monthly and not wanted.variable and count == 12:
        return list(range(1, 13))
    if monthly:
        problems.add("is not a map for each month", source=path, value=f"{count} bands", expected="12 bands")
        return None
    name = wanted.variable or ("1" if count == 1 else "")
    if name.isdecimal() and 1 <= int(name) <= count:
        return [int(name)]
    expected = f"the number of a band as variable, 1 to {count}"
    problems.add("no such band", source=path, variable="variable", value=wanted.variable or "none", expected=expected)
    return None

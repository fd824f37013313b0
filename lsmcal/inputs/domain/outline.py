"""The outline of a region: polygons of a GeoJSON file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.core.text import parsed_json, read_text_file


def read_outline(path: Path, problems: Problems) -> list[np.ndarray] | None:
    """Rings of all polygons of a GeoJSON file, which by its standard holds WGS84 longitudes and latitudes.

    Parameters
    ----------
    path : Path
    problems : Problems
        Gets a file that is no GeoJSON, has no polygon, or holds another projection's coordinates.

    Returns
    -------
    list of (n, 2) arrays, or None
        Longitude and latitude [degrees] of outer and inner rings alike.
    """
    expected = "a GeoJSON file with polygons, as ogr2ogr -t_srs EPSG:4326 OUT.geojson IN.shp writes it"
    text = read_text_file(path, problems, expected)
    if text is None:
        return None
    try:
        content = parsed_json(text)
        rings = [np.array([point[:2] for point in ring], dtype=np.float64) for ring in _rings(content)]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        problems.add(f"cannot be read as GeoJSON: {error}", source=path, expected=expected)
        return None
    if not rings:
        problems.add("has no polygon", source=path, expected=expected)
        return None
    for ring in rings:
        wrong = ~np.isfinite(ring).all(axis=1) | (np.abs(ring) > [360.0, 90.0]).any(axis=1)
        if wrong.any():
            value = ", ".join(f"{number:g}" for number in ring[wrong][0])
            problems.add("is not a longitude and latitude", source=path, value=value, expected=expected)
            return None
    return rings


def _rings(content) -> list:
    kind = content["type"]
    if kind == "FeatureCollection":
        return [ring for item in content["features"] for ring in _rings(item)]
    if kind == "Feature":
        return _rings(content["geometry"]) if content["geometry"] else []
    if kind == "GeometryCollection":
        return [ring for item in content["geometries"] for ring in _rings(item)]
    if kind == "Polygon":
        return content["coordinates"]
    return [ring for polygon in content["coordinates"] for ring in polygon] if kind == "MultiPolygon" else []


def inside(rings: list[np.ndarray], longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """True for points within the polygons; inner rings are holes (a point within an even number of rings is outside).

    Parameters
    ----------
    rings : list of (n, 2) arrays
    longitude, latitude : arrays of the same shape
        [degrees]; longitudes may be on another turn than the rings'.

    Returns
    -------
    bool array of that shape
    """
    from matplotlib.path import Path as Ring

    found = np.zeros(np.shape(longitude), dtype=bool)
    for turn in (-360.0, 0.0, 360.0):
        points = np.column_stack([np.ravel(longitude) + turn, np.ravel(latitude)])
        within = np.zeros(points.shape[0], dtype=bool)
        for ring in rings:
            within ^= Ring(ring).contains_points(points)
        found |= within.reshape(found.shape)
    return found

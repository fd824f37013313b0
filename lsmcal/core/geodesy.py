"""Area of longitude/latitude cells on the WGS84 ellipsoid, exact."""

from __future__ import annotations

import numpy as np

#: Semi-major axis [m] and flattening of WGS84.
SEMI_MAJOR_AXIS = 6378137.0
INVERSE_FLATTENING = 298.257223563
_FLATTENING = 1.0 / INVERSE_FLATTENING
_E2 = _FLATTENING * (2.0 - _FLATTENING)


def strip_area(latitude) -> np.ndarray:
    """Area between the equator and a parallel for one radian of longitude [m2]; negative in the south.

    The integral of the ellipsoid's two radii of curvature, as it defines the authalic latitude
    (Snyder 1987, USGS Professional Paper 1395, eq. 3-12):
    ``b2 / 2 (s / (1 - e2 s2) + atanh(e s) / e)``, ``s = sin(latitude)``.

    Parameters
    ----------
    latitude : array
        [degrees].

    Returns
    -------
    array of the same shape
    """
    sine, e = np.sin(np.deg2rad(latitude)), np.sqrt(_E2)
    b2 = SEMI_MAJOR_AXIS**2 * (1.0 - _E2)
    return 0.5 * b2 * (sine / (1.0 - _E2 * sine**2) + np.arctanh(e * sine) / e)


def cell_area(longitude_edges, latitude_edges) -> np.ndarray:
    """Area of the cells between meridians and parallels.

    Parameters
    ----------
    longitude_edges, latitude_edges : (nx + 1,), (ny + 1,) arrays
        Ascending [degrees].

    Returns
    -------
    (ny, nx) array
        [m2].
    """
    widths = np.deg2rad(np.diff(np.asarray(longitude_edges, dtype=np.float64)))
    return np.diff(strip_area(latitude_edges))[:, None] * widths[None, :]

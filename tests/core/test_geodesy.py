"""Areas of cells on the WGS84 ellipsoid."""

import numpy as np
import pytest
from scipy.integrate import quad

from lsmcal.core.geodesy import INVERSE_FLATTENING, SEMI_MAJOR_AXIS, cell_area, strip_area

#: Of the whole ellipsoid, m2; the sphere of equal area has a radius of 6371007.1809 m (Moritz 2000, for WGS84).
WHOLE = 5.10065621724e14


def integrated(south, north):
    """Area of one radian of longitude between parallels, from the two radii of curvature."""
    f = 1.0 / INVERSE_FLATTENING
    e2 = f * (2.0 - f)

    def strip(latitude):
        w = 1.0 - e2 * np.sin(latitude) ** 2
        return SEMI_MAJOR_AXIS**2 * (1.0 - e2) / w**1.5 / np.sqrt(w) * np.cos(latitude)

    return quad(strip, np.deg2rad(south), np.deg2rad(north), epsrel=1e-13)[0]


def test_all_cells_of_the_globe_are_the_ellipsoid():
    area = cell_area(np.linspace(-180.0, 180.0, 361), np.linspace(-90.0, 90.0, 181))
    assert area.shape == (180, 360)
    assert area.sum() == pytest.approx(WHOLE, rel=2e-12)
    assert np.sqrt(area.sum() / (4.0 * np.pi)) == pytest.approx(6371007.1809, abs=1e-4)


@pytest.mark.parametrize("south, north", [(0.0, 0.1), (33.0, 33.1), (-45.0, -44.0), (-3.0, 5.0), (89.9, 90.0)])
def test_a_cell_is_the_integral_of_the_radii_of_curvature(south, north):
    area = cell_area([90.0, 90.25], [south, north])
    wanted = integrated(south, north) * np.deg2rad(0.25)
    assert area[0, 0] == pytest.approx(wanted, rel=1e-12, abs=1e-4)  # m2; rounding of strips of 4e13 m2


def test_cells_are_the_same_in_east_and_west_and_mirrored_at_the_equator():
    edges = np.linspace(-10.0, 10.0, 41)
    area = cell_area(edges, edges)
    assert np.allclose(area, area[::-1], rtol=1e-12, atol=0.0) and np.allclose(area, area[:, :1], rtol=1e-12, atol=0.0)
    assert np.all(np.diff(area[:20, 0]) > 0)  # towards the equator


def test_small_cells_add_up_to_the_large_one():
    small = cell_area(np.linspace(80.0, 100.0, 201), np.linspace(26.0, 40.0, 141))
    assert small.sum() == pytest.approx(cell_area([80.0, 100.0], [26.0, 40.0]).item(), rel=1e-13)
    assert strip_area(0.0) == 0.0 and strip_area(-30.0) == -strip_area(30.0)

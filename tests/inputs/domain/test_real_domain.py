"""A domain from real heights of the plateau."""

import netCDF4
import numpy as np
import pytest

from lsmcal.core.geodesy import cell_area
from tests.inputs.small_maps import build

BOUNDS = [88.0, 96.0, 31.0, 36.0]


@pytest.fixture(scope="module")
def grids(shared):
    path = shared / "data" / "qtp_grids" / "qtp_climatology_elevation.nc"
    if not path.is_file():
        pytest.skip("no grids of the plateau in ../shared/data")
    return path


def keys(variable="elevation_083", size=0.25):
    elevation = {"file": "qtp_climatology_elevation.nc", "variable": variable}
    return {
        "bounds": BOUNDS,
        "resolution": size,
        "elevation": elevation,
        "vegetation": {"class": "grassland"},
        "soil": {"class": "sandy loam"},
    }


def test_heights_of_the_plateau_are_carried_to_a_quarter_degree(grids):
    domain, report = build(grids.parent, keys())
    assert len(domain) == 32 * 20 == report.rows()[0][1]
    with netCDF4.Dataset(grids) as data:
        longitude, latitude = data["lon083"][:].data, data["lat083"][:].data
        height = data["elevation_083"][:].data.astype(float)
    weights = cell_area([0.0, 1.0], np.linspace(25.0, 40.5, 187))[:, 0]
    for at in (0, 137, 639):  # three by three pixels lie in a cell
        rows = np.flatnonzero(np.abs(latitude - domain.latitude[at]) < 0.125)
        columns = np.flatnonzero(np.abs(longitude - domain.longitude[at]) < 0.125)
        assert rows.size == columns.size == 3
        mean = np.average(height[np.ix_(rows, columns)].mean(axis=1), weights=weights[rows])
        assert domain.elevation[at] == pytest.approx(mean, rel=1e-6)
    assert 4200.0 < np.average(domain.elevation, weights=domain.area) < 5000.0
    whole = cell_area([BOUNDS[0], BOUNDS[1]], [BOUNDS[2], BOUNDS[3]]).item()
    assert domain.area.sum() == pytest.approx(whole, rel=1e-12)


def test_two_sources_of_height_agree(grids):
    """Two data sets of different makers: alike to tens of metres on average, to some hundred in steep cells."""
    one, other = (build(grids.parent, keys(name))[0] for name in ("elevation_083", "elevation_gldas025"))
    assert 0 < 640 - len(other) < 10  # great lakes have no height in the second
    both = np.isin(one.cell, other.cell)
    assert both.sum() == len(other) and np.array_equal(one.area[both], other.area)
    one, other = one.elevation[both], other.elevation
    assert abs((one - other).mean()) < 30.0 and np.sqrt(((one - other) ** 2).mean()) < 200.0
    assert np.corrcoef(one, other)[0, 1] > 0.95


def test_bottom_temperatures_lie_in_the_published_range(grids):
    """270 to 275 K by the default line; the low cells are at its end, and the report says so."""
    domain, report = build(grids.parent, keys())
    assert 270.5 < domain.tbot.min() < 271.5 and domain.tbot.max() == pytest.approx(275.0)
    low = (domain.elevation < 4600.0).sum()
    assert low and any(note.startswith(f"tbot: {low} cells") for note in report.notes)


def test_a_coarser_source_than_the_grid(grids):
    domain, report = build(grids.parent, keys("elevation_gldas025", 0.1))
    with netCDF4.Dataset(grids) as data:
        known = np.unique(data["elevation_gldas025"][:].compressed())
    missing = {name: cells for name, cells, _ in report.rows()}["no elevation"]
    assert len(domain) == 80 * 50 - missing and 0 < missing < 60
    assert domain.elevation.min() >= known.min() and domain.elevation.max() <= known.max()
    within = np.isin(domain.elevation.astype(np.float32), known)
    assert within.mean() == pytest.approx(0.64, abs=0.02)  # four of five cells, each way, lie within one pixel

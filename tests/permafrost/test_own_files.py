"""Files that the package itself writes: a region's years and series, a site's run."""

import netCDF4
import numpy as np
import pytest

from lsmcal.parallel.job import Job
from lsmcal.permafrost import PERMAFROST, UNDETERMINED, classify, permafrost_of_file, thaw_depth
from lsmcal.simulate.output.run import write_run
from lsmcal.simulate.stage import run_whole_region
from tests.simulate.conftest import small_site  # noqa: F401
from tests.simulate.small_region import small_region


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Three years of four cells, with the daily series of two of them."""
    region = small_region(chosen=np.array([5, 11]), series="daily").only(np.arange(4), "daily")
    return run_whole_region(region, tmp_path_factory.mktemp("region"), Job())


def test_years_of_a_region(files):
    found = permafrost_of_file(files.years)
    with netCDF4.Dataset(files.years) as data:
        maximum, minimum = (
            np.moveaxis(data[f"annual_temperature_{kind}"][:].filled(), 2, 0) for kind in ("max", "min")
        )
        depth, longitude = data["depth"][:].filled(), data["lon"][:].filled()
    assert found.years.tolist() == [2001, 2002, 2003]
    assert np.array_equal(found.classes, classify(maximum, minimum).T)
    assert np.allclose(found.thaw_depth, thaw_depth(maximum, depth).T, atol=1e-6, equal_nan=True)
    assert (found.classes[0] == UNDETERMINED).all() and (found.classes[1:] == PERMAFROST).any()
    assert np.array_equal(found.places.coordinate("longitude"), longitude)
    assert found.places.area() == pytest.approx(np.full(4, 1e8))


def test_daily_series_agree_with_the_years(files):
    years, series = permafrost_of_file(files.years), permafrost_of_file(files.series)
    both = np.searchsorted(years.places.variables["cell"].values, series.places.variables["cell"].values)
    assert np.array_equal(series.classes, years.classes[:, both])
    apart = years.thaw_depth[:, both] - series.thaw_depth
    # the line through the 3-hourly maxima lies deeper than the deepest daily profile, but between the same nodes
    assert np.isfinite(apart).all() and (apart > -1e-4).all()
    between = [np.searchsorted(years.depth, found) for found in (years.thaw_depth[:, both], series.thaw_depth)]
    assert np.array_equal(*between)


def test_run_of_a_site(small_site, tmp_path):  # noqa: F811
    run = small_site.run()
    found = permafrost_of_file(write_run(run, tmp_path / "run.nc"))
    maximum, minimum = (run.annual[f"temperature_{kind}"] for kind in ("max", "min"))
    assert found.years.tolist() == run.years.tolist() and found.classes.shape == run.years.shape
    assert np.array_equal(found.classes, classify(maximum, minimum))
    assert found.attributes["soil_temperature_variables"] == "soil_temperature"

"""Observations of a site: a twin's sensors see the ground of the hidden run, with their noise."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from lsmcal.core.errors import InputError
from lsmcal.simulate.from_case.observations import observations_of, twin_observations

NODES = np.array([0.05, 0.2, 0.5, 1.0])
DAYS = np.arange("2010-01-01", "2012-01-01", dtype="datetime64[D]")


def test_sensors_stand_in_order_and_err_by_the_noise():
    truth = 271.0 + np.sin(DAYS.astype(int)[:, None] / 58.0) * (1.0 - 0.5 * NODES)
    seen = twin_observations(DAYS, truth, NODES, [0.5, 0.05], noise=0.2, seed=3)
    assert seen.depth.tolist() == [0.05, 0.5] and seen.time.dtype == "datetime64[s]"
    error = seen.values - truth[:, [0, 2]]
    assert error.std() == pytest.approx(0.2, rel=0.05) and abs(error.mean()) < 0.02
    assert_array_equal(twin_observations(DAYS, truth, NODES, [0.05, 0.5], noise=0.2, seed=3).values, seen.values)


def test_a_site_s_twin_is_its_run_with_the_hidden_set(small_site):
    hidden = {"CSOIL": 1.5e6}
    twin = SimpleNamespace(format="twin", hidden=hidden, depths=[0.01, 0.4], noise=0.0, seed=1)
    seen = observations_of(SimpleNamespace(observations=twin), small_site)["soil_temperature"]
    run = small_site.run(hidden)
    assert_array_equal(seen.values, run.at_depth([0.01, 0.4]))
    assert_array_equal(seen.days, run.time.astype("datetime64[D]"))


def test_a_case_without_observations_is_refused(small_site):
    with pytest.raises(InputError, match="no observations"):
        observations_of(SimpleNamespace(observations=None, source="case.toml"), small_site)

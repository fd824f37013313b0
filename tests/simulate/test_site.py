"""A site: batches of parameter sets, spin-up, start states, failures, depths."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lsmcal.inputs.station.forcing import Forcing
from lsmcal.simulate.failures import RunFailed
from lsmcal.simulate.spinup.spinup import SpinUp
from lsmcal.simulate.state import regrid


def test_a_batch_gives_each_set_what_it_gives_alone(small_site):
    sets = [{}, {"CSOIL": 1.5e6}, {"MAXSMC[9]": 0.40, "TBOT": -0.7}]
    together = small_site.run_sets(sets)
    for parameters, run in zip(sets, together, strict=True):
        alone = small_site.run(parameters)
        for name, values in alone.variables.items():
            assert_array_equal(run.variables[name], values, err_msg=name)
        assert run.attributes["spinup_cycles"] == alone.attributes["spinup_cycles"]


def test_parameters_change_the_result(small_site):
    plain, conducting = small_site.run_sets([{}, {"CSOIL": 3.0e6}])
    assert np.abs(plain.annual["temperature_mean"] - conducting.annual["temperature_mean"]).max() > 1e-3


def test_the_budgets_of_a_run_close(small_site):
    run = small_site.run()
    assert run.ledger["energy_soil"]["largest"].max() < 1e-9
    assert run.ledger["water_residual"]["largest"].max() < 1e-14
    assert run.ledger["water_known"]["largest"].max() == 0.0


def test_a_run_from_a_saved_state_goes_on(small_site):
    whole = replace(small_site, spinup=SpinUp(method="none"))
    middle = small_site.forcing.time[len(small_site.forcing) // 2]
    first = replace(whole, forcing=whole.forcing.between("", "2001-12-31")).run()
    assert whole.forcing.between("2002-01-01", "").time[0] <= middle + np.timedelta64(1, "D")
    second = replace(whole, forcing=whole.forcing.between("2002-01-01", "")).run_sets([{}], start=first.state)[0]
    every = whole.run()
    assert_array_equal(every.variables["soil_temperature"][-second.time.size :], second.variables["soil_temperature"])


def test_converged_spin_up_stops_when_a_cycle_changes_nothing(small_site):
    settled = replace(small_site, spinup=SpinUp(max_cycles=60, tolerance_temperature=0.02)).run()
    assert settled.attributes["spinup_converged"] == "true"
    assert 3 <= settled.attributes["spinup_cycles"] < 60
    assert settled.attributes["spinup_drift_temperature_K"] < 0.02


def _spoiled(site, step: int, value: float):
    forcing = site.forcing
    values = {name: column.copy() for name, column in forcing.values.items()}
    values["longwave"][step] = value
    spoiled = Forcing(forcing.time, forcing.step, values, dict(forcing.attributes), forcing.calendar)
    return replace(site, forcing=spoiled, spinup=SpinUp(method="none"))


def test_a_run_that_goes_non_finite_says_when_and_keeps_the_last_good_state(small_site):
    site = _spoiled(small_site, 100, np.nan)
    with pytest.raises(RunFailed, match="non-finite") as failure:
        site.run()
    assert str(small_site.forcing.time[100])[:13] in str(failure.value)
    good = replace(site, forcing=site.forcing.select(slice(0, 100))).run()
    for name, values in good.state.items():
        assert_array_equal(failure.value.state[name], values, err_msg=name)


def test_profiles_are_read_at_depths_between_nodes_and_above_the_first(small_site):
    run = small_site.run()
    for depth in (0.0, 0.01):  # the skin is that of the snow, and no sensor in the ground
        assert_array_equal(run.at_depth(depth)[:, 0], run.variables["soil_temperature"][:, 0])
    assert_allclose(run.at_depth(run.depth[4])[:, 0], run.variables["soil_temperature"][:, 4])
    middle = 0.5 * (run.depth[2] + run.depth[3])
    expected = run.variables["soil_temperature"][:, 2:4].mean(axis=1)
    assert_allclose(run.at_depth(middle)[:, 0], expected)


def test_regridding_conserves_by_depth():
    values, old = np.array([1.0, 2.0, 4.0]), np.array([0.5, 0.5, 1.0])
    assert_allclose(regrid(values, old, [1.0, 1.0]), [1.5, 4.0])
    assert_allclose(regrid(values, old, [2.0, 1.0]), [2.75, 4.0])


def test_a_step_series_averages_to_the_daily_one(small_site):
    daily = small_site.run()
    steps = replace(small_site, output="step").run()
    by_day = steps.variables["soil_temperature"].reshape(-1, 8, 18).mean(axis=1)
    assert_allclose(by_day, daily.variables["soil_temperature"], rtol=1e-13)

"""Every internal term of chosen days: those of the run, and what happens where it fails."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from lsmcal.core.errors import InputError
from lsmcal.inputs.station.forcing import Forcing
from lsmcal.simulate.inspect import BY_LAYER, check_terms, inspect
from lsmcal.simulate.site import RunFailed
from lsmcal.simulate.spinup.spinup import SpinUp


@pytest.fixture(scope="module")
def cold(small_site):
    """The small site without spin-up, of which each step is recorded."""
    return replace(small_site, spinup=SpinUp(method="none"), output="step")


@pytest.mark.parametrize("linear", [False, True])
def test_terms_are_those_of_the_run(cold, linear):
    # a later start than the first piece of the run: interpolated weather is cut where the run cuts it
    site = replace(cold, setup=replace(cold.setup, linear=linear, substeps=2))
    run, found = site.run(), inspect(site, ["2001-05-08", "2001-05-10"])
    steps = np.isin(site.forcing.local_days, found.days)
    assert steps.sum() == found.time.size == 16 and found.step == 5400.0
    whole = slice(None, None if not linear else -1)  # the last step of all looks ahead in the run
    assert_array_equal(found.layer["temperature"][whole], run.variables["soil_temperature"][steps][whole])
    assert_array_equal(found.column["latent_heat"][whole], run.variables["latent_heat"][steps][whole])


def test_budgets_close_also_day_by_day(cold):
    found = inspect(cold, ["2001-01-05", "2001-07-01"], {"SBETA": -1.5})
    for one in (found, *map(found.of_day, found.days)):
        for budget in one.budget().values():
            assert abs(sum(budget.values())) < 1e-9
    energy = [found.of_day(day).budget()["energy [W m-2]"]["absorbed radiation"] for day in found.days]
    assert np.mean(energy) == pytest.approx(found.budget()["energy [W m-2]"]["absorbed radiation"])


def test_spin_up_changes_what_is_found(small_site):
    warm, cold = (inspect(small_site, ["2001-01-02"], spin_up=wanted) for wanted in (True, False))
    assert np.abs(warm.layer["temperature"] - cold.layer["temperature"]).max() > 0.01


def test_names_that_column_and_layers_share_have_their_own_meaning(cold):
    found = inspect(cold, ["2001-01-01"])
    names = [name for name in found.series() if name.endswith(BY_LAYER)]
    assert names == ["transpiration by layer"]
    assert found.series()[names[0]].shape == (8, 18) and found.series()["transpiration"].shape == (8,)
    assert found.meaning(names[0]) != found.meaning("transpiration")
    check_terms(["transpiration", *names])
    with pytest.raises(InputError, match="expected phase_heat"):
        check_terms(["phaseheat", "beta"])


def test_what_the_weather_does_not_give_is_missing_and_not_minus_one(cold):
    found = inspect(cold, ["2001-01-01"])
    for name in ("snow_fraction", "albedo_given", "leaf_area_given"):
        assert np.isnan(found.column[name]).all() and "negative" not in found.meaning(name)
    rest = [values for name, values in found.column.items() if name not in ("snow_fraction", "albedo_given")]
    assert np.isfinite(found.column["greenness_given"]).all() and sum(np.isnan(v).any() for v in rest) == 1
    given = replace(cold, setup=replace(cold.setup, albedo=np.full(12, 0.2)))
    assert inspect(given, ["2001-01-01"]).column["albedo_given"] == pytest.approx(0.2)


def test_every_term_has_a_meaning_without_names_of_the_reference_code(cold):
    found = inspect(cold, ["2001-07-01"])
    for name in found.series():
        assert found.meaning(name) and not found.meaning(name).isupper()
    # what the meanings of yy and zz1 say: without the heat into the soil the surface would be at yy
    column, first = found.column, found.layer["temperature"][:, 0]
    surface = (column["yy"] + (column["zz1"] - 1.0) * first) / column["zz1"]
    assert "no heat went into the soil" in found.meaning("yy") and found.meaning("zz1").startswith("1 + conductance")
    np.testing.assert_allclose(surface, column["skin_temperature"], atol=1e-9)


@pytest.mark.parametrize("days, message", [([], "no day is given"), (["2004-01-01"], "does not have this day")])
def test_days_that_are_none_of_the_run(cold, days, message):
    with pytest.raises(InputError, match=f"{message}.*2001-01-01 to 2002-12-31"):
        inspect(cold, days)


def test_a_run_that_fails_on_the_way_says_where(cold):
    forcing = cold.forcing
    values = {name: column.copy() for name, column in forcing.values.items()}
    values["longwave"][100] = np.nan
    spoiled = replace(cold, forcing=Forcing(forcing.time, forcing.step, values, {}, forcing.calendar))
    assert inspect(spoiled, ["2001-01-12"]).time.size == 8
    with pytest.raises(RunFailed, match=f"non-finite .* at {forcing.time[100]}"):
        inspect(spoiled, ["2001-01-13"])

"""The closed energy balance: its root, its ledger in any weather, and what is left when snow has melted."""

from functools import cache

import numpy as np
import pytest
from scipy.optimize import brentq

from lsmcal.noah.integrate import Drivers, integrate
from lsmcal.noah.parameters.options import preset
from lsmcal.noah.physics.closed_surface import balanced_temperature
from lsmcal.noah.physics.constants import SIGMA
from lsmcal.noah.runtime.grid import PAPER_THICKNESS
from lsmcal.noah.statistics import Series
from tests.noah.physics.test_water_limits import COUNT, STEPS, crowd, weather

FIELDS = ("energy_surface", "energy_interface", "energy_soil", "skin_temperature", "snow_water", "melt_heat")
ON_SNOW = np.arange(COUNT) % 2 == 1


def test_the_balanced_temperature_is_the_root():
    random = np.random.default_rng(1)
    for _ in range(200):
        exchange, conductance = random.uniform(0.5, 60.0), random.uniform(0.1, 40.0)
        emissivity, below = random.uniform(0.85, 1.0), random.uniform(230.0, 300.0)
        gain = random.uniform(150.0, 1200.0) + exchange * random.uniform(230.0, 310.0)

        def left(skin, gain=gain, exchange=exchange, emissivity=emissivity, conductance=conductance, below=below):
            return gain - exchange * skin - emissivity * SIGMA * skin**4 - conductance * (skin - below)

        root = brentq(left, 100.0, 500.0, xtol=1e-12)
        found = balanced_temperature(root + random.uniform(-30, 30), gain, exchange, emissivity, conductance, below)
        assert found == pytest.approx(root, abs=1e-6)


#: Fine at the surface: the ground follows within a step of hours.
THIN = (0.001, 0.002, 0.004, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 4.0)


@cache
def terms(form, dt, time_weight=1.0, thickness=tuple(PAPER_THICKNESS)):
    """Terms of columns with and without snow in extreme weather, (columns, steps) each."""
    random = np.random.default_rng(3)
    blocks = crowd("ji2026", np.asarray(thickness), random)
    blocks.set({"snow_water": np.where(ON_SNOW, 0.05, 0.0), "snow_depth": np.where(ON_SNOW, 0.25, 0.0)})
    phenology = np.array([0.4, -1.0, -1.0]).reshape(1, 1, 3, 1)
    drivers = Drivers(weather(random), phenology, np.zeros(STEPS, np.int64), dt)
    series = Series(blocks, np.arange(STEPS), column=FIELDS)
    choices = preset("ji2026", surface_energy=form, time_weight=time_weight)
    integrate(blocks, drivers, choices.kernel_options(), series=series)
    return {field: series.column_mean(field) for field in FIELDS}


@pytest.mark.parametrize(
    "dt, more", [(1800.0, ()), (10800.0, ()), (10800.0, (0.5,)), (10800.0, (1.0, THIN)), (86400.0, (1.0, THIN))]
)
def test_snow_and_soil_see_the_same_flux(dt, more):
    """Also with Crank-Nicolson, and where the first layers are thin for the step."""
    closed = terms("closed", dt, *more)
    if dt < 86400.0:  # the linear form becomes non-finite in thin layers at daily steps
        assert np.abs(terms("linear", dt, *more)["energy_interface"]).max() > 100.0
    assert 200.0 < closed["skin_temperature"].min() < closed["skin_temperature"].max() < 360.0
    assert np.abs(closed["energy_interface"]).max() < 1e-9
    assert np.abs(closed["energy_soil"]).max() < 1e-9
    assert (closed["snow_water"] > 0.0).any() and (closed["melt_heat"] > 0.0).any()


@pytest.mark.parametrize("dt", [1800.0, 10800.0])
def test_what_is_left_of_the_surface_balance(dt):
    """Linear, most of it is the tangent of longwave radiation, which no step makes smaller."""
    linear, closed = (np.abs(terms(form, dt)["energy_surface"]) for form in ("linear", "closed"))
    assert linear.mean() > 1.0 and linear.max() > 50.0
    assert closed.mean() < 0.01 and closed.max() < 3.0


def test_heat_that_the_last_snow_leaves_warms_the_surface():
    linear, closed = terms("linear", 10800.0), terms("closed", 10800.0)
    for found, least, most in ((linear, 60.0, np.inf), (closed, 0.0, 1e-9)):
        held = found["snow_water"]
        gone = np.zeros(held.shape, bool)
        gone[:, 1:] = (held[:, :-1] > 0.0) & (held[:, 1:] == 0.0)
        assert gone.sum() > 10
        assert least <= np.abs(found["energy_surface"][gone]).max() <= most


def test_columns_stay_close_to_the_linear_ones_where_the_tangent_is_good():
    linear, closed = terms("linear", 1800.0)["skin_temperature"], terms("closed", 1800.0)["skin_temperature"]
    assert np.median(np.abs(linear - closed)) < 0.3

"""The water step: its budget to rounding, the steady flux under constant rain, drainage by gravity alone."""

import numpy as np
import pytest

from lsmcal.noah.parameters.options import preset
from lsmcal.noah.parameters.parameters import Surroundings, column_parameters
from lsmcal.noah.parameters.tables import load_tables
from lsmcal.noah.physics.analytic import drained_storage, gravity_drainage, steady_water
from lsmcal.noah.physics.water import water_step
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.runtime.grid import PAPER_THICKNESS
from tests.noah.blocks_of import nodes

TABLES = load_tables()
LOAM = TABLES.soil.number("loam")
POROSITY, SATDK, BB = (TABLES.soil.value(name, "loam") for name in ("MAXSMC", "SATDK", "BB"))


def bare_column(thickness, water, liquid, choices, soil=LOAM):
    """A column of one class without plants, ready for the water step alone; slope class 3 drains freely."""
    soils = np.broadcast_to(soil, (1, len(thickness)))
    around = Surroundings(tbot=275.0, zbot=2.0 * np.sum(thickness), slope_class=3)
    blocks = Blocks(1, len(thickness))
    blocks.set(column_parameters(TABLES, thickness, soils, [TABLES.bare], around, choices))
    blocks.set({"water": water, "liquid": liquid})
    return blocks


def advance(blocks, rain, dt, options):
    """One water step; rain less storage, runoff and drainage, in m."""
    column = blocks.column[0]
    column["water_input"], column["water_created"] = rain, 0.0
    before = blocks.layer_field("water")
    water_step(blocks.layer[0], column, dt, options)
    stored = ((blocks.layer_field("water") - before) * blocks.layer_field("thickness")).sum()
    left = (column["surface_runoff"][0] + column["drainage"][0]) * dt + column["overflow"][0]
    return rain * dt + column["water_created"][0] - stored - left


@pytest.mark.parametrize("name", ["original", "noahtibet", "ji2026"])
def test_rain_is_storage_runoff_and_drainage(name):
    choices = preset(name)
    random = np.random.default_rng(3)
    layers = len(PAPER_THICKNESS)
    mixed = random.integers(1, 15, layers)
    porosity = TABLES.soil["MAXSMC"][mixed - 1]
    water = np.maximum(porosity * random.uniform(0.3, 1.0, layers), 0.05)
    blocks = bare_column(PAPER_THICKNESS, water, water * random.uniform(0.3, 1.0, layers), choices, mixed)
    seen = {"surface_runoff": 0.0, "needs_corrector": 0.0}
    for rain in np.concatenate([random.gamma(0.3, 3e-7, 150), [0.0, 2e-6, 3e-5]]):
        residual = advance(blocks, rain, 10800.0, choices.kernel_options())
        assert abs(residual) < 1e-12
        seen = {key: max(value, blocks.column_field(key)[0]) for key, value in seen.items()}
    assert min(seen.values()) > 0.0, "the run must meet runoff and two-pass steps"


@pytest.mark.parametrize("impedance", ["noah341", "wu2018"])
def test_constant_rain_tends_to_the_steady_state(impedance):
    thickness = np.full(20, 0.1)
    choices = preset("ji2026", ice_impedance=impedance)
    rain = 0.05 * SATDK
    water = float(steady_water(rain, POROSITY, SATDK, BB))
    blocks = bare_column(thickness, 0.8 * water, 0.8 * water, choices)
    for _ in range(4000):
        advance(blocks, rain, 3600.0, choices.kernel_options())
    entering = rain - blocks.column_field("surface_runoff")[0]
    assert 0.5 * rain < entering < rain, "part of any rain runs off in this infiltration scheme"
    assert blocks.column_field("drainage")[0] == pytest.approx(entering, rel=1e-9)
    steady = float(steady_water(entering, POROSITY, SATDK, BB))
    assert blocks.layer_field("water")[0] == pytest.approx(np.full(20, steady), rel=1e-9)


def drain_by_gravity(count, steps):
    """Errors of 1 m of loam draining without capillary diffusion: stored water over its initial value, and profile."""
    thickness = np.full(count, 1.0 / count)
    choices = preset("ji2026")
    start, days = 0.9 * POROSITY, 6.0
    blocks = bare_column(thickness, start, start, choices)
    blocks.set({"satdw": 0.0, "saturation_limit": 2.0})
    dt = days * 86400.0 / steps
    worst = 0.0
    for i in range(steps):
        advance(blocks, 0.0, dt, choices.kernel_options())
        if (i + 1) % (steps // 6) == 0:
            exact = drained_storage(1.0, (i + 1) * dt, start, POROSITY, SATDK, BB)
            worst = max(worst, abs((blocks.layer_field("water") * thickness).sum() - exact))
    deep = nodes(thickness) > 0.1  # the exact profile is infinitely steep at the surface
    profile = gravity_drainage(nodes(thickness), days * 86400.0, start, POROSITY, SATDK, BB)
    return worst / start, np.abs(blocks.layer_field("water")[0] - profile)[deep].max()


def test_gravity_drainage_converges():
    coarse, fine = drain_by_gravity(25, 600), drain_by_gravity(100, 2400)
    assert fine[0] < 0.4 * coarse[0] and fine[0] < 2e-3
    assert fine[1] < 0.5 * coarse[1] and fine[1] < 0.005


def test_storage_of_the_exact_drainage_is_the_integral_of_its_profile():
    depth = np.linspace(0.0, 1.0, 200001)
    for time in (3600.0, 5 * 86400.0):
        profile = gravity_drainage(depth, time, 0.4, POROSITY, SATDK, BB)
        integral = ((profile[1:] + profile[:-1]) * 0.5 * np.diff(depth)).sum()
        assert drained_storage(1.0, time, 0.4, POROSITY, SATDK, BB) == pytest.approx(integral, rel=1e-4)


def test_steady_water_of_the_saturated_conductivity_is_the_porosity():
    assert steady_water(SATDK, POROSITY, SATDK, BB) == pytest.approx(POROSITY)

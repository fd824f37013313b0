"""Freezing from the surface against Neumann's solution, with a freezing curve that is nearly a step."""

import numpy as np
import pytest

from lsmcal.noah.parameters.parameters import log_freezing, thermal_fields
from lsmcal.noah.physics.analytic import Neumann, stefan_front
from lsmcal.noah.physics.constants import L_FUSION, RHO_WATER, T0
from lsmcal.noah.physics.heat import heat_step, soil_conductivity, soil_heat_capacity
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.runtime.grid import PAPER_THICKNESS, layer_geometry
from tests.noah.blocks_of import nodes

POROSITY, WATER, LEFT, SOLID = 0.4, 0.3, 0.02, 1.2e6
SURFACE, INITIAL = T0 - 8.0, T0 + 2.0
DAY = 86400.0


def wet_ground(thickness):
    """A column whose water freezes within a hundredth of a kelvin, down to the model's least liquid water."""
    blocks = Blocks(1, len(thickness))
    blocks.set(layer_geometry(thickness, 2.0 * np.sum(thickness)))
    blocks.set(thermal_fields(np.full(len(thickness), POROSITY), 0.6, np.zeros(len(thickness), int), False))
    blocks.set({"temperature": INITIAL, "water": WATER, "liquid": WATER, "porosity": POROSITY, "solid_heat": SOLID})
    blocks.set({"freezing_b": 0.5, "log_freezing": float(log_freezing(0.01, POROSITY, 0.5))})
    blocks.set({"zz1": 1.0, "yy": SURFACE, "tbot": INITIAL})
    return blocks


def conductivity(blocks, liquid):
    solid, dry = (blocks.layer[name][0, 0, 0] for name in ("log_solid_conductivity", "dry_conductivity"))
    return soil_conductivity(WATER, liquid, POROSITY, solid, dry, 0.0, 1.0)


def exact_solution(blocks):
    frozen, thawed = conductivity(blocks, LEFT), conductivity(blocks, WATER)
    capacities = [soil_heat_capacity(WATER, liquid, POROSITY, SOLID) for liquid in (LEFT, WATER)]
    return Neumann(SURFACE, INITIAL, frozen, thawed, *capacities, WATER - LEFT)


def freeze(thickness, days, dt):
    """Blocks, front depth and heat taken [J m-2] after so many days."""
    blocks = wet_ground(thickness)
    layers, column = blocks.layer[0], blocks.column[0]
    taken = 0.0
    for _ in range(round(days * DAY / dt)):
        column["conductivity_top"] = conductivity(blocks, blocks.layer["liquid"][0, 0, 0])
        heat_step(layers, column, dt, 1.0, True)
        taken -= column["heat_into_soil"][0] * dt
    ice = blocks.layer_field("water")[0] - blocks.layer_field("liquid")[0]
    return blocks, (ice * thickness).sum() / (WATER - LEFT), taken


@pytest.mark.parametrize(("layers", "dt"), [(60, 3600.0), (120, 1200.0)])
def test_front_heat_and_profile(layers, dt):
    thickness = np.full(layers, 5.0 / layers)
    blocks, front, taken = freeze(thickness, 40.0, dt)
    exact = exact_solution(blocks)
    assert front == pytest.approx(exact.front(40 * DAY), rel=0.015)
    assert taken == pytest.approx(exact.heat_taken(40 * DAY), rel=0.01)
    off = blocks.layer_field("temperature")[0] - exact.temperature(nodes(thickness), 40 * DAY)
    assert np.abs(off).max() < 0.25 and np.sqrt((off**2).mean()) < 0.05


def test_front_on_the_paper_grid_at_three_hours():
    blocks, front, _ = freeze(PAPER_THICKNESS, 60.0, 10800.0)
    assert front == pytest.approx(exact_solution(blocks).front(60 * DAY), rel=0.08)


def test_latent_and_sensible_heat_add_up():
    thickness = np.full(40, 0.05)
    blocks = wet_ground(thickness)
    layers, column = blocks.layer[0], blocks.column[0]
    column["conductivity_top"] = 2.0
    for _ in range(100):
        before = blocks.get(layer=("temperature", "liquid"))
        heat_step(layers, column, 3600.0, 1.0, True)
        after = blocks.get(layer=("temperature", "liquid"))
        warmed = blocks.layer_field("heat_capacity") * (after["temperature"] - before["temperature"])
        thawed = RHO_WATER * L_FUSION * (after["liquid"] - before["liquid"])
        bottom = column["heat_at_bottom"][0]
        stored = ((warmed + thawed) * thickness).sum()
        assert (column["heat_into_soil"][0] - bottom) * 3600.0 == pytest.approx(stored, rel=1e-10)


def test_neumann_reduces_to_stefan_and_to_the_step():
    cold = T0 - 0.01
    slow = Neumann(cold, T0, 2.0, 1.5, 2e6, 2.5e6, 0.3)
    assert slow.front(DAY) == pytest.approx(stefan_front(DAY, cold, 2.0, 0.3), rel=1e-3)
    assert Neumann(T0 - 10, T0 + 3, 2.0, 1.5, 2e6, 2.5e6, 0.3).front(DAY) < stefan_front(DAY, T0 - 10, 2.0, 0.3)
    front = float(slow.front(DAY))
    assert slow.temperature([0.0, front], DAY) == pytest.approx([cold, T0], abs=1e-9)


def test_neumann_satisfies_its_own_heat_budget():
    exact = Neumann(T0 - 6.0, T0 + 4.0, 2.2, 1.4, 1.9e6, 2.6e6, 0.25)
    depth = np.linspace(0.0, 30.0, 600001)
    frozen = depth < float(exact.front(30 * DAY))
    cooled = np.where(frozen, exact.latent + exact.capacity_thawed * 4.0, 0.0)
    temperature = exact.temperature(depth, 30 * DAY)
    cooled += np.where(frozen, 1.9e6 * (T0 - temperature), exact.capacity_thawed * (T0 + 4.0 - temperature))
    stored = ((cooled[1:] + cooled[:-1]) * 0.5 * np.diff(depth)).sum()
    assert exact.heat_taken(30 * DAY) == pytest.approx(stored, rel=1e-4)


@pytest.mark.parametrize("wrong", [{"surface": T0 + 1.0}, {"initial": T0 - 1.0}, {"water": 0.0}])
def test_impossible_freezing_is_refused(wrong):
    sound = {"surface": T0 - 5.0, "initial": T0, "water": 0.3}
    sound |= dict.fromkeys(("conductivity_frozen", "conductivity_thawed"), 2.0)
    sound |= dict.fromkeys(("capacity_frozen", "capacity_thawed"), 2e6)
    with pytest.raises(ValueError):
        Neumann(**(sound | wrong))

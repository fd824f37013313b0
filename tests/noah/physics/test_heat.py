"""The heat step against exact conduction: convergence with the grid, order in time, a wave in the ground."""

import numpy as np
import pytest

from lsmcal.noah.physics.analytic import damping_depth, decaying_mode, periodic_conduction, step_conduction
from lsmcal.noah.physics.heat import heat_step
from tests.noah.blocks_of import nodes, uniform_ground

CONDUCTIVITY, CAPACITY = 1.5, 2.5e6
DAY = 86400.0


def run(blocks, steps, dt, weight, surface):
    """Advance by ``steps`` steps with the surface temperature ``surface(time at the middle of the step)``."""
    layers, column = blocks.layer[0], blocks.column[0]
    for i in range(steps):
        blocks.set({"yy": surface((i + 0.5) * dt)})
        heat_step(layers, column, dt, weight, True)
    return blocks.layer_field("temperature")[0]


def error_of_mode(steps, weight, count=200, thickness=2.0):
    """Largest error of the slowest mode after one of its decay times."""
    grid = np.full(count, thickness / count)
    end = CAPACITY / CONDUCTIVITY * (2.0 * thickness / np.pi) ** 2
    exact = [decaying_mode(nodes(grid), time, 285.0, 8.0, thickness, CONDUCTIVITY, CAPACITY) for time in (0.0, end)]
    blocks = uniform_ground(grid, exact[0], CONDUCTIVITY, CAPACITY)
    found = run(blocks, steps, end / steps, weight, lambda time: 285.0)
    return np.abs(found - exact[1]).max()


@pytest.mark.parametrize(("weight", "order", "allowed"), [(0.5, 2.0, 0.2), (1.0, 1.0, 0.15)])
def test_order_in_time(weight, order, allowed):
    errors = np.array([error_of_mode(steps, weight) for steps in (4, 8, 16)])
    measured = np.log2(errors[:-1] / errors[1:])
    assert np.abs(measured - order).max() < allowed, measured


def test_order_in_space():
    errors = np.array([error_of_mode(2000, 0.5, count) for count in (5, 10, 20)])
    measured = np.log2(errors[:-1] / errors[1:])
    assert np.abs(measured - 2.0).max() < 0.2, measured


def wave_in_the_ground(count, steps_a_day, weight=1.0):
    """Amplitude and lag of the daily wave at one damping depth, relative to the exact ones."""
    damping = damping_depth(DAY, CONDUCTIVITY, CAPACITY)
    grid = np.full(count, 10.0 * damping / count)
    depth = nodes(grid)
    start = periodic_conduction(depth, 0.0, 285.0, 8.0, DAY, CONDUCTIVITY, CAPACITY)
    blocks = uniform_ground(grid, start, CONDUCTIVITY, CAPACITY)
    layers, column = blocks.layer[0], blocks.column[0]
    dt = DAY / steps_a_day
    here = []
    for i in range(4 * steps_a_day):
        time = (i + 1.0) * dt if weight == 1.0 else (i + 0.5) * dt
        blocks.set({"yy": periodic_conduction(0.0, time, 285.0, 8.0, DAY, CONDUCTIVITY, CAPACITY)})
        heat_step(layers, column, dt, weight, True)
        here.append(blocks.layer_field("temperature")[0] - 285.0)
    here = np.array(here[-steps_a_day:])
    place = int(np.argmin(np.abs(depth - damping)))
    phase = 2.0 * np.pi * np.arange(1, steps_a_day + 1) / steps_a_day
    wave = 2.0 * np.mean(here[:, place] * np.exp(-1j * phase)) * 1j
    exact = 8.0 * np.exp(-(1.0 + 1j) * depth[place] / damping)
    return abs(wave) / abs(exact) - 1.0, np.angle(wave / exact)


def test_daily_wave_converges():
    coarse, medium, fine = wave_in_the_ground(40, 24), wave_in_the_ground(80, 48), wave_in_the_ground(160, 96)
    assert abs(coarse[0]) < 0.12 and abs(coarse[1]) < 0.12
    for before, after in ((coarse, medium), (medium, fine)):
        assert np.hypot(*after) < 0.6 * np.hypot(*before)
    best = wave_in_the_ground(160, 96, weight=0.5)
    assert np.hypot(*best) < 3e-3


def test_step_at_the_surface():
    grid = np.full(150, 0.01)
    blocks = uniform_ground(grid, 285.0, CONDUCTIVITY, CAPACITY)
    found = run(blocks, 240, 360.0, 1.0, lambda time: 295.0)
    exact = step_conduction(nodes(grid), DAY, 295.0, 285.0, CONDUCTIVITY, CAPACITY)
    assert np.abs(found - exact).max() < 0.02


def test_heat_through_the_surface_is_the_heat_stored():
    grid = np.geomspace(0.02, 0.3, 12)
    blocks = uniform_ground(grid, 285.0, CONDUCTIVITY, CAPACITY)
    layers, column = blocks.layer[0], blocks.column[0]
    for weight in (0.5, 1.0):
        before = blocks.layer_field("temperature")[0]
        blocks.set({"yy": 291.0, "zz1": 1.7})
        heat_step(layers, column, 3600.0, weight, True)
        stored = (CAPACITY * grid * (blocks.layer_field("temperature")[0] - before)).sum()
        assert blocks.column_field("heat_into_soil")[0] * 3600.0 == pytest.approx(stored, rel=1e-12)

"""A column's bits depend on nothing but the column: not on its lane, block, neighbours, threads, pieces or restarts."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lsmcal.noah.integrate import IntegrationError, integrate
from lsmcal.noah.runtime.jit import CACHE_FOLDER
from lsmcal.noah.statistics import Annual, Series
from tests.invariance.columns import (
    COMPILED,
    COMPILED_BITS,
    LAYERS,
    OPTIONS,
    STEPS,
    columns,
    drivers,
    parameters,
    run,
    state_of,
)

CROWD = 70


@pytest.fixture(scope="module")
def crowd():
    """State of every column of the whole crowd after the run."""
    return state_of(run(np.arange(CROWD), STEPS))


def assert_same_bits(found, expected, index=slice(None)):
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values[index], err_msg=name)


def test_the_crowd_is_mixed(crowd):
    snow, ice = crowd["snow_water"] > 0.0, (crowd["water"] - crowd["liquid"] > 1e-3).any(axis=1)
    assert 5 < snow.sum() < CROWD - 5 and 5 < ice.sum() < CROWD
    assert (crowd["liquid"] > 0.35).any() and (crowd["liquid"] < 0.05).any()
    assert all(np.isfinite(values).all() for values in crowd.values())


@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 69])
def test_number_of_columns(crowd, count):
    index = np.arange(count)
    assert_same_bits(state_of(run(index, STEPS)), crowd, index)


@pytest.mark.parametrize("column", [0, 5, 31, 32, 47, 69])
def test_alone(crowd, column):
    assert_same_bits(state_of(run([column], STEPS)), crowd, [column])


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order(crowd, seed):
    index = np.random.default_rng(seed).permutation(CROWD)
    assert_same_bits(state_of(run(index, STEPS)), crowd, index)


def test_the_same_column_in_every_lane(crowd):
    assert_same_bits(state_of(run(np.full(40, 37), STEPS)), crowd, np.full(40, 37))


def recorders(blocks, steps):
    day = np.arange(steps) // 8
    series = Series(blocks, day, column=("skin_temperature", "latent_heat"), layer=("temperature", "liquid"))
    return series, Annual(blocks, day // 10, column=("surface_runoff", "water_residual"))


def statistics(series, annual):
    return [series.layer_sum, series.column_sum, annual.layer, annual.sum, annual.worst]


def test_threads(crowd):
    both = []
    for threads in (1, 2):
        blocks = columns(np.arange(CROWD))
        series, annual = recorders(blocks, STEPS)
        weather = drivers(np.arange(CROWD), STEPS)
        integrate(blocks, weather, OPTIONS, series=series, annual=annual, threads=threads)
        assert_same_bits(state_of(blocks), crowd)
        both.append(statistics(series, annual))
    for one, two in zip(*both, strict=True):
        np.testing.assert_array_equal(one, two)


def test_in_pieces(crowd):
    weather = drivers(np.arange(CROWD), STEPS)
    whole, parts = columns(np.arange(CROWD)), columns(np.arange(CROWD))
    series, annual = recorders(whole, STEPS)
    integrate(whole, weather, OPTIONS, series=series, annual=annual)
    again = recorders(parts, STEPS)
    for first, last in ((0, 1), (1, 50), (50, 83), (83, STEPS)):
        integrate(parts, weather.part(first, last), OPTIONS, series=again[0], annual=again[1], first=first)
    assert_same_bits(state_of(parts), crowd)
    for one, two in zip(statistics(series, annual), statistics(*again), strict=True):
        np.testing.assert_array_equal(one, two)


def test_restart_from_the_state_fields(crowd):
    index = np.arange(CROWD)
    weather = drivers(index, STEPS)
    first, second = columns(index), columns(index)
    integrate(first, weather.part(0, 61), OPTIONS)
    second.layer[...], second.column[...] = np.zeros((), second.layer.dtype), np.zeros((), second.column.dtype)
    second.set(parameters(index))
    second.set(state_of(first))
    integrate(second, weather.part(61, STEPS), OPTIONS)
    assert_same_bits(state_of(second), crowd)


def test_single_precision_forcing_is_read_as_it_is():
    weather = drivers([3, 4], 16)
    single = replace(weather, forcing=weather.forcing.astype(np.float32))
    double = replace(weather, forcing=single.forcing.astype(np.float64))
    found = []
    for given in (single, double):
        blocks = columns([3, 4])
        integrate(blocks, given, OPTIONS)
        found.append(state_of(blocks))
    assert_same_bits(found[0], found[1])


# --- substeps --------------------------------------------------------------------------------------------------------


def test_substeps_are_shorter_steps_under_the_same_weather():
    index, count = np.arange(33), 40
    weather = drivers(index, count)
    finer = replace(
        weather, forcing=np.repeat(weather.forcing, 3, axis=1), phenology_row=np.zeros(3 * count, np.int64), step=3600.0
    )
    coarse, fine = columns(index), columns(index)
    series = Series(coarse, np.arange(count), column=("sensible_heat",))
    by_step = Series(fine, np.arange(3 * count), column=("sensible_heat",))
    integrate(coarse, weather, OPTIONS, series=series, substeps=3)
    integrate(fine, finer, OPTIONS, series=by_step)
    assert_same_bits(state_of(coarse), state_of(fine))
    means = by_step.column_mean("sensible_heat").reshape(len(index), count, 3).mean(axis=2)
    np.testing.assert_allclose(series.column_mean("sensible_heat"), means, rtol=1e-12, atol=1e-9)


def test_interpolated_weather_meets_the_held_one_in_the_middle_of_a_step():
    weather = drivers([4], 40)
    held, linear = columns([4]), columns([4])
    names = ("air_temperature", "shortwave", "precipitation", "wind_speed")
    seen = []
    for blocks, is_linear in ((held, False), (linear, True)):
        series = Series(blocks, np.arange(40), column=names)
        integrate(blocks, weather, OPTIONS, series=series, substeps=3, linear=is_linear)
        seen.append({name: series.column_mean(name)[0] for name in names})
    given = weather.forcing[0, :, 0, 0]
    np.testing.assert_allclose(seen[0]["air_temperature"], given, rtol=1e-14)
    # of three substeps the middle one has the step's own value, the others a third of the way to the neighbours
    expected = (given[1:-1] + (2 * given[1:-1] + given[:-2]) / 3 + (2 * given[1:-1] + given[2:]) / 3) / 3
    np.testing.assert_allclose(seen[1]["air_temperature"][1:-1], expected, rtol=1e-12)
    np.testing.assert_array_equal(seen[1]["precipitation"], seen[0]["precipitation"])
    assert (seen[1]["shortwave"] >= 0.0).all() and np.abs(seen[1]["shortwave"] - seen[0]["shortwave"]).max() > 1.0


# --- a run that goes wrong -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2])
def test_missing_weather_stops_at_the_last_good_state(threads):
    index = np.arange(CROWD)
    weather = drivers(index, 40)
    weather.forcing[1, 17, 0, 8] = np.nan
    blocks = columns(index)
    with pytest.raises(IntegrationError, match="column 40: .* at the surface in step 117") as caught:
        integrate(blocks, weather, OPTIONS, first=100, threads=threads)
    assert (caught.value.column, caught.value.step, caught.value.layer) == (40, 117, -1)
    assert_same_bits(state_of(blocks), state_of(run(index, 17)))


def test_the_layer_that_went_wrong_is_named():
    index = np.arange(3)
    blocks = columns(index)
    blocks.set({"tbot": np.array([270.0, 2e7, 270.0])})
    with pytest.raises(IntegrationError) as caught:
        integrate(blocks, drivers(index, 40), OPTIONS)
    assert (caught.value.column, caught.value.layer) == (1, LAYERS - 1)
    assert f"in layer {LAYERS}" in str(caught.value)
    assert blocks.layer_field("temperature").max() < 1000.0


# --- without compilation ---------------------------------------------------------------------------------------------


def in_a_fresh_process(index, steps, **environment):
    """State of the chosen columns as another interpreter computes it; numbers keep all their bits in JSON."""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "tests.invariance.columns", str(steps), *map(str, index)]
    done = subprocess.run(
        command, cwd=root, env=os.environ | environment, capture_output=True, text=True, check=True, timeout=300
    )
    return json.loads(done.stdout)


def test_plain_python_gives_the_same_result():
    index, steps = [1, 4, 6], 12
    plain = in_a_fresh_process(index, steps, NUMBA_DISABLE_JIT="1")
    assert plain.pop("lanes") == 1
    for name, values in state_of(run(index, steps)).items():
        np.testing.assert_allclose(plain[name], values, rtol=1e-10, atol=1e-14, err_msg=name)


# --- compiled here or loaded -----------------------------------------------------------------------------------------


def test_the_process_that_compiles_and_one_that_loads_give_the_same_bits(tmp_path):
    """A search begun with an empty cache and resumed with a full one must not leave its course."""
    kept, cache = CACHE_FOLDER / COMPILED_BITS, {}
    if kept.is_file():  # the session began with an empty cache, and conftest filled it
        compiling = json.loads(kept.read_bytes())
    elif others := sorted(path.stem for path in CACHE_FOLDER.glob(COMPILED_BITS.partition("numpy")[0] + "*")):
        pytest.skip(f"the session that compiled the kernels compares them: {', '.join(others)}")
    else:
        cache = {"LSMCAL_CACHE": str(tmp_path)}
        compiling = in_a_fresh_process(COMPILED, STEPS, **cache)
        assert any(tmp_path.rglob("*.nbc"))
    loading = in_a_fresh_process(COMPILED, STEPS, **cache)
    assert compiling == loading
    assert_same_bits(
        {name: np.array(values) for name, values in loading.items() if name != "lanes"},
        state_of(run(np.array(COMPILED), STEPS)),
    )

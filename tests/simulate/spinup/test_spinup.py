"""Ways to equilibrium: distance, steps, rounds; a column's way does not depend on others or on interruptions."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.equilibrium import plateau_region
from lsmcal.noah.integrate import IntegrationError
from lsmcal.noah.physics.constants import T0
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.parallel.checkpointed import ResumableStage
from lsmcal.parallel.job import Job
from lsmcal.parallel.stop import Stop, Stopped
from lsmcal.simulate import advance
from lsmcal.simulate.failures import RunFailed
from lsmcal.simulate.spinup import cycle as spinup_cycle
from lsmcal.simulate.spinup.newton import missing_warming, stepped
from lsmcal.simulate.spinup.rounds import equilibrium_of_cells, spin_up_region, spun_up_columns
from lsmcal.simulate.spinup.spinup import SpinUp, round_ends, spin_up
from lsmcal.simulate.start import start
from lsmcal.simulate.state import load_state, save_state
from tests.simulate.small_region import THICKNESS, small_region

SOME = np.arange(40)


# -- distance -----------------------------------------------------------------------------------------------------
def test_missing_warming_is_the_steady_state_of_conduction():
    """Columns that conduct, away from their steady profile: the missing warming is exactly the way to it."""
    rng = np.random.default_rng(3)
    conductance = rng.uniform(0.5, 20.0, (5, 18))
    surface, bottom = rng.normal(0.0, 5.0, (2, 5, 1))
    whole = np.zeros((5, 18, 18))
    for k in range(18):
        above = conductance[:, k - 1] if k else np.full(5, 15.0)
        whole[:, k, k] = above + conductance[:, k]
        if k:
            whole[:, k, k - 1] = whole[:, k - 1, k] = -conductance[:, k - 1]
    source = np.zeros((5, 18))
    source[:, 0], source[:, -1] = 15.0 * surface[:, 0], conductance[:, -1] * bottom[:, 0]
    steady = np.linalg.solve(whole, source[..., None])[..., 0]
    now = steady + rng.normal(0.0, 1.0, (5, 18))
    gain = source - np.einsum("ckl,cl->ck", whole, now)
    np.testing.assert_allclose(now + missing_warming(gain, conductance), steady, atol=1e-11)


@pytest.fixture(scope="module")
def plateau():
    """Cells of the synthetic plateau that repeat the year 1979."""
    return replace(plateau_region(50), cycle=(1979, 1979))


def test_distance_foretells_where_a_long_spin_up_ends(plateau):
    """After eight cycles the distance is the error that another thirty-two remove."""
    index = np.arange(8, 40)
    columns, cycle = plateau.columns(index), plateau.cycle_of(index)
    start(columns, cycle)
    progress = spinup_cycle.begin(columns.blocks)
    means, distance = [], []
    for _ in range(40):
        spinup_cycle.cycle(columns, cycle, progress, SpinUp("fixed", cycles=40))
        means.append(progress["mean"].copy())
        distance.append(progress["distance"].copy())
    error = np.abs(np.array(means) - means[-1]).max(axis=2)[7]
    ended = distance[-1] < 0.01
    early = (error > 0.05) & ended
    assert ended.sum() >= 16 and early.sum() >= 5
    assert 0.75 < np.median(distance[7][early] / error[early]) < 1.25
    assert error[ended & (distance[7] < 0.01)].max(initial=0.0) < 0.03


def test_a_step_keeps_water_and_leaves_layers_of_the_season_alone():
    region = small_region()
    columns, _ = equilibrium_of_cells(region, SOME)
    blocks = columns.blocks
    state = save_state(blocks)
    coldest = np.full((SOME.size, THICKNESS.size), T0 - 1.0)
    warmest = np.full((SOME.size, THICKNESS.size), T0 - 0.5)
    coldest[:, :4], warmest[:, :4] = T0 - 8.0, T0 + 8.0
    warming = np.full((SOME.size, THICKNESS.size), 0.6)
    moved = stepped(blocks, state, warming, coldest, warmest, np.arange(SOME.size) < 20)
    np.testing.assert_array_equal(moved["water"], state["water"])
    for name in ("temperature", "liquid"):
        np.testing.assert_array_equal(moved[name][:, :4], state[name][:, :4])
    shift = moved["temperature"][:, 4:] - state["temperature"][:, 4:]
    np.testing.assert_allclose(shift[:20], 0.3, atol=1e-9)  # the first step stays 0.2 K below 0 degC
    np.testing.assert_allclose(shift[20:], 0.6, atol=1e-9)
    assert (moved["liquid"] <= moved["water"]).all() and (moved["liquid"] > 0.0).all()


# -- methods ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["converged", "accelerated"])
def test_the_end_is_an_orbit_of_the_model(plateau, method):
    """More cycles from a settled state change no mean by much more than the tolerance."""
    settings = SpinUp(method, max_cycles=40, tolerance_temperature=0.03, tolerance_water=5.0, tolerance_ice=5.0)
    region, index = replace(plateau, spinup=settings), np.arange(8, 40)
    columns, reached = equilibrium_of_cells(region, index)
    settled = reached.converged
    assert settled.mean() > 0.8 and (reached.drift_temperature[settled] < 0.03).all()
    assert method == "converged" or reached.steps.any()
    progress = spinup_cycle.begin(columns.blocks)
    for _ in range(2):
        spinup_cycle.cycle(columns, region.cycle_of(index), progress, SpinUp("fixed", cycles=2))
    assert progress["drift_temperature"][settled].max() < 0.06


def test_fixed_runs_its_cycles_and_says_whether_they_were_enough():
    region = replace(small_region(), spinup=SpinUp("fixed", cycles=3))
    _, reached = equilibrium_of_cells(region, np.arange(5))
    assert reached.cycles.tolist() == [3] * 5 and not reached.converged.any() and (reached.distance > 0.0).all()
    _, once = equilibrium_of_cells(replace(region, spinup=SpinUp("fixed", cycles=1)), np.arange(5))
    assert np.isnan(once.drift_temperature).all() and np.isfinite(once.distance).all()


def test_none_leaves_the_start():
    region = replace(small_region(), spinup=SpinUp("none"))
    index = np.arange(5)
    columns = region.columns(index)
    start(columns, region.cycle_of(index))
    begun = save_state(columns.blocks)
    after, reached = equilibrium_of_cells(region, index)
    for name, values in save_state(after.blocks).items():
        np.testing.assert_array_equal(values, begun[name], err_msg=name)
    assert not reached.cycles.any() and not reached.converged.any()


@pytest.mark.parametrize("settings", [SpinUp(), SpinUp("accelerated", max_cycles=7), SpinUp("fixed", cycles=2)])
def test_rounds_end_with_the_last_cycle(settings):
    ends = round_ends(settings)
    assert ends[-1] == settings.most and (np.diff(ends) > 0).all()
    assert round_ends(SpinUp("none")) == []


# -- the same, however it is done ---------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def together():
    """All cells of the small region, settled by one call."""
    return equilibrium_of_cells(small_region(), np.arange(70))


def test_a_column_alone_settles_to_the_same_bits(together):
    """Also when those that settle early have made room: columns are gathered into new blocks on the way."""
    region = small_region()
    columns, reached = together
    assert len(np.unique(reached.cycles)) > 2
    for place in (33, 69):
        alone, one = equilibrium_of_cells(region, np.array([place]))
        for name, values in save_state(alone.blocks).items():
            np.testing.assert_array_equal(values[0], save_state(columns.blocks)[name][place], err_msg=name)
        assert one.cycles[0] == reached.cycles[place] and one.distance[0] == reached.distance[place]


def test_blocks_and_drivers_of_some_columns():
    region = small_region()
    columns, cycle = region.columns(np.arange(70)), region.cycle_of(np.arange(70))
    start(columns, cycle)
    index = np.array([3, 31, 32, 69])
    blocks, some, weather = columns.blocks, columns.some(index).blocks, cycle.of_columns(index).drivers
    assert isinstance(some, Blocks) and some.columns == 4
    direct, its_weather = region.columns(index).blocks, region.cycle_of(index).drivers
    np.testing.assert_array_equal(some.layer_field("porosity"), direct.layer_field("porosity"))
    np.testing.assert_array_equal(some.column_field("tbot"), direct.column_field("tbot"))
    np.testing.assert_array_equal(weather.forcing, its_weather.forcing)
    np.testing.assert_array_equal(some.layer_field("temperature"), blocks.layer_field("temperature")[index])


class _StopAfter(Stop):
    """Asks to stop after so many looks."""

    def __init__(self, looks: int):
        super().__init__()
        self.looks = looks

    def __bool__(self) -> bool:
        self.looks -= 1
        return self.looks < 0 or super().__bool__()


def settled(region, stage):
    spin_up_region(region, stage)
    return spun_up_columns(region, stage.store)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """All cells settled in rounds of groups."""
    return settled(small_region(), ResumableStage.opened(tmp_path_factory.mktemp("whole"), {}, Job(threads=2)))


def test_stopped_at_any_cycle_and_taken_up_again(whole, tmp_path):
    region, about, stops = small_region(), {"case": "small"}, 0
    while True:
        try:
            found = settled(region, ResumableStage.opened(tmp_path / "broken", about, Job(stop=_StopAfter(11))))
            break
        except Stopped:
            stops += 1
    assert stops >= 2
    for name, values in whole.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def test_spin_up_of_all_is_that_of_the_region(together, whole):
    """Rounds of groups and one call for all come to the same."""
    progress, (columns, reached) = whole, together
    np.testing.assert_array_equal(progress["cycles"], reached.cycles)
    temperature = columns.blocks.layer_field("temperature")
    np.testing.assert_array_equal(spinup_cycle.state_of(progress)["temperature"], temperature)


def test_a_failure_names_the_column_as_the_caller_numbers_it(plateau, monkeypatch):
    """Columns are gathered into fewer blocks as others settle; the one that fails then stands elsewhere."""
    index = np.arange(40)
    columns, cycle_of_all = plateau.columns(index), plateau.cycle_of(index)
    start(columns, cycle_of_all)
    state, integrate, left = save_state(columns.blocks), advance.integrate, []

    def failing(blocks, drivers, options, **how):
        if blocks.columns < 40:
            left.append(save_state(blocks)["temperature"][-1])
            raise IntegrationError(blocks.columns - 1, 5, 3)
        integrate(blocks, drivers, options, **how)

    monkeypatch.setattr(advance, "integrate", failing)
    settings = SpinUp("converged", max_cycles=30, tolerance_temperature=0.2, tolerance_water=50.0, tolerance_ice=50.0)
    with pytest.raises(RunFailed, match=r"in layer 4 at 1979-01-01T15:00:00") as caught:
        spin_up(columns, cycle_of_all, settings)
    monkeypatch.setattr(advance, "integrate", integrate)
    np.testing.assert_array_equal(caught.value.state["temperature"][0], left[0])
    number = next(place for place in index if str(caught.value).startswith(plateau.cell_name(place)))
    whole, alone = columns.some(np.array([number])), cycle_of_all.of_columns(np.array([number]))
    load_state(whole.blocks, {name: values[[number]] for name, values in state.items()})
    spin_up(whole, alone, replace(settings, method="fixed", cycles=4))
    np.testing.assert_array_equal(save_state(whole.blocks)["temperature"][0], left[0])

"""Columns through a stretch of weather: pieces, statistics, failures, and sets that go on without one that failed."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from lsmcal.inputs.station.forcing import Forcing
from lsmcal.noah.statistics import Annual, Series
from lsmcal.simulate.advance import advance, without_failed_sets
from lsmcal.simulate.failures import RunFailed
from lsmcal.simulate.spinup.spinup import SpinUp
from lsmcal.simulate.start import start
from lsmcal.simulate.state import save_state

#: Kills a column as soon as soil evaporates; no check of a case lets it in.
DEADLY = {"FXEXP": float("nan")}


@pytest.fixture(scope="module")
def begun(small_site):
    """Columns of two sets at their start, and 25 days of weather."""
    columns = small_site.columns([{}, {"CSOIL": 1.5e6}])
    start(columns, small_site.stretch(small_site.cycle))
    return columns, small_site.stretch(small_site.forcing).part(0, 200)


def test_pieces_give_the_bits_of_the_whole_and_report_on_the_way(begun):
    columns, stretch = begun
    found, told = [], []
    for each in (None, 64):
        here = columns.copy()
        series = Series(here.blocks, np.arange(200) // 8, layer=("temperature",))
        annual = Annual(here.blocks, np.zeros(200, int), column=("evaporation",))
        advance(here, stretch, series=series, annual=annual, steps_at_once=each, progress=lambda *so: told.append(so))
        found.append(
            (series.layer_mean("temperature"), annual.column_mean("evaporation"), *save_state(here.blocks).values())
        )
    for whole, pieces in zip(*found, strict=True):
        assert_array_equal(whole, pieces)
    assert told == [(200, 200), (64, 200), (128, 200), (192, 200), (200, 200)]


def test_no_steps_change_nothing(begun):
    columns, stretch = begun
    here = columns.copy()
    advance(here, stretch.part(0, 0))
    assert_array_equal(here.blocks.layer_field("temperature"), columns.blocks.layer_field("temperature"))


def spoiled(site, step):
    forcing = site.forcing
    values = {name: column.copy() for name, column in forcing.values.items()}
    values["longwave"][step] = np.nan
    return Forcing(forcing.time, forcing.step, values, dict(forcing.attributes), forcing.calendar)


def test_a_failure_says_when_also_in_a_later_piece(small_site, begun):
    columns, _ = begun
    here, good = columns.copy(), columns.copy()
    stretch = small_site.stretch(spoiled(small_site, 150)).part(0, 200)
    with pytest.raises(RunFailed, match=rf"^parameter set 1 of 2: .* at {small_site.forcing.time[150]}$") as caught:
        advance(here, stretch, steps_at_once=64)
    advance(good, stretch.part(0, 150))
    for name, values in caught.value.state.items():
        assert_array_equal(values[0], save_state(good.blocks)[name][0], err_msg=name)


# -- sets that fail -----------------------------------------------------------------------------------------------
def test_exactly_the_failed_set_is_dropped_and_the_others_give_what_they_give_alone(small_site):
    site = replace(small_site, spinup=SpinUp(max_cycles=2))
    sets = [{}, DEADLY, {"CSOIL": 1.5e6}, DEADLY]
    runs = site.run_sets(sets)
    assert [isinstance(run, RunFailed) for run in runs] == [False, True, False, True]
    for number in (0, 2):
        alone = site.run(sets[number])
        for name, values in alone.variables.items():
            assert_array_equal(runs[number].variables[name], values, err_msg=name)
        for name, values in alone.state.items():
            assert_array_equal(runs[number].state[name], values, err_msg=name)
    with pytest.raises(RunFailed) as caught:
        site.run(DEADLY)
    for number in (1, 3):
        assert str(runs[number]) == str(caught.value)  # not a word of the sets beside it
        for name, values in caught.value.state.items():
            assert_array_equal(runs[number].state[name], values, err_msg=name)


def failing(*bad):
    """An action that fails for some sets, and notes what it was given."""
    given = []

    def action(sets):
        given.append(list(sets))
        for number, one in enumerate(sets):
            if one in bad:
                raise RunFailed(f"set {number} of {len(sets)}", number=number, alone=f"{one} failed")
        return [one.upper() for one in sets]

    return action, given


def test_sets_are_run_again_without_each_that_failed():
    action, given = failing("b", "d")
    ran = without_failed_sets(["a", "b", "c", "d", "e"], action)
    assert given == [["a", "b", "c", "d", "e"], ["a", "c", "d", "e"], ["a", "c", "e"]]
    assert ran.result == ["A", "C", "E"] and ran.left == [0, 2, 4]
    assert {number: str(failure) for number, failure in ran.failures.items()} == {1: "b failed", 3: "d failed"}


def test_where_all_fail_nothing_is_left():
    action, given = failing("a", "b")
    ran = without_failed_sets(["a", "b"], action)
    assert ran.result is None and ran.left == [] and list(ran.failures) == [0, 1] and len(given) == 2


def test_a_failure_that_is_no_set_s_is_not_swallowed():
    def action(sets):
        raise RunFailed("the default set failed")

    with pytest.raises(RunFailed, match="default set"):
        without_failed_sets([{}, {}], action)

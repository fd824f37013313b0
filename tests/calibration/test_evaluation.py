"""Parameter sets over many cells: the same bits in every company, from a given start, through the years asked for."""

import re
from dataclasses import replace

import numpy as np
import pytest

from lsmcal.calibration.batch import cached_simulation, evaluate_sets
from lsmcal.calibration.evaluation import Evaluation
from lsmcal.parallel.checkpointed import ResumableStage
from lsmcal.parallel.job import Job
from lsmcal.parallel.stop import Stop, Stopped
from lsmcal.simulate.output.region import read_equilibrium
from lsmcal.simulate.spinup.spinup import SpinUp
from lsmcal.simulate.stage import equilibrate_region
from lsmcal.simulate.years import YEAR, run_region
from tests.simulate.small_region import FIRST_YEAR, Waves, small_region

SETS = [{}, {"TBOT": 1.2, "ALBEDOMIN[7]": 0.21}, {"SBETA": -1.2, "MAXSMC[3]": 0.40}]
TRIAL = SpinUp(
    "converged", min_cycles=2, max_cycles=5, tolerance_temperature=0.2, tolerance_water=90.0, tolerance_ice=40.0
)


@pytest.fixture(scope="module")
def region():
    return small_region()


@pytest.fixture(scope="module")
def state(region, tmp_path_factory):
    """The default set's equilibrium."""
    path = equilibrate_region(region, tmp_path_factory.mktemp("state"), Job())
    return read_equilibrium(path, region.domain.cell)


@pytest.fixture(scope="module")
def evaluation(region, state):
    """37 cells, so that columns of three sets fill blocks in part."""
    index = np.arange(len(region.domain))[5:42]
    return Evaluation(region, index, state, TRIAL, (FIRST_YEAR + 1, FIRST_YEAR + 2))


@pytest.fixture(scope="module")
def together(evaluation):
    """All sets at all cells at once."""
    return evaluation.run(np.arange(evaluation.index.size), SETS)


@pytest.mark.parametrize("number", range(len(SETS)))
def test_a_set_alone_gives_what_it_gives_in_a_batch(evaluation, together, number):
    alone = evaluation.run(np.arange(evaluation.index.size), [SETS[number]])
    for name in ("minimum", "maximum", "mean", "cycles", "converged"):
        assert np.array_equal(alone[name][0], together[name][number]), name


def test_sets_differ_and_cells_settle_at_different_times(together):
    assert not np.array_equal(together["mean"][0], together["mean"][1])
    assert not np.array_equal(together["mean"][0], together["mean"][2])
    assert np.unique(together["cycles"]).size > 1


def test_cells_alone_give_what_they_give_among_others(evaluation, together):
    some = np.array([0, 7, 36])
    found = evaluation.run(some, SETS[::-1])
    assert np.array_equal(found["maximum"], together["maximum"][::-1][:, some])


def test_without_a_spin_up_the_default_set_runs_the_years_of_the_region(region, state, tmp_path):
    def start(piece):
        return {name: values[region.pieces[piece]] for name, values in state.items()}

    stage = ResumableStage.opened(tmp_path, {}, Job())
    run_region(region, start, stage)
    store = stage.store
    evaluation = Evaluation(region, np.arange(len(region.domain)), state, SpinUp("none"), (FIRST_YEAR, FIRST_YEAR + 2))
    found = evaluation.run(np.arange(evaluation.index.size), [{}])
    where = store.steps(YEAR)
    for place, year in enumerate(evaluation.years):
        for piece, index in enumerate(region.pieces):
            kept = store.get(where[piece][year], piece, YEAR, year)
            for name, field in (("minimum", "temperature_min"), ("maximum", "temperature_max")):
                assert np.array_equal(found[name][0, index, place].astype(np.float32), kept[field])


def test_a_set_of_the_region_itself_lies_under_every_set(region, state, evaluation, together):
    under = replace(evaluation, region=replace(region, parameters={"TBOT": 1.2}))
    found = under.run(np.arange(evaluation.index.size), [{"ALBEDOMIN[7]": 0.21}])
    assert np.array_equal(found["mean"][0], together["mean"][1])


def test_daily_series_average_to_the_yearly_mean(evaluation, region):
    cells = region.domain.cell[[6, 20]]
    last = FIRST_YEAR + 2
    with_days = replace(evaluation, daily=tuple(cells.tolist()), days=(f"{last}-01-01", f"{last}-12-31"))
    pieces = [with_days.run(place, SETS[:2]) for place in (np.arange(0, 20), np.arange(20, 37))]
    for number in range(2):
        simulated = with_days.simulated(pieces, number)
        assert simulated.days.size == 365 and set(simulated.daily) == set(cells.tolist())
        for cell in cells:
            mean = simulated.mean[simulated.rows(np.array([cell]))[0], 1]
            assert np.abs(simulated.daily[int(cell)].mean(axis=0) - mean).max() < 1e-9


def test_a_cold_start_does_not_know_the_default_set(region, evaluation):
    cold = replace(evaluation, state={})
    found = cold.run(np.arange(4), SETS[:2])
    other = replace(cold, region=replace(region, parameters={"TBOT": 1.2, "ALBEDOMIN[7]": 0.21}))
    assert np.array_equal(other.run(np.arange(4), [{}])["mean"][0], found["mean"][1])


def test_pieces_hold_every_cell_once(evaluation):
    for sets in (1, 3, 8, 500):
        assert np.array_equal(np.concatenate(evaluation.pieces(sets)), np.arange(evaluation.index.size))


def test_a_large_batch_is_cut_and_gives_the_same(evaluation, together, tmp_path, monkeypatch):
    sets, some = [SETS[number % 3] for number in range(11)], replace(evaluation, index=evaluation.index[:12])
    pieces, run = [], Evaluation.run

    def counted(self, place, group, *further):
        pieces.append(len(group))
        return run(self, place, group, *further)

    monkeypatch.setattr(Evaluation, "run", counted)
    found = evaluate_sets(some, sets, tmp_path, Job())
    assert sum(pieces) == 11 * len(some.pieces(6)) and max(pieces) <= 8 and len(set(pieces)) == 2
    for number, one in enumerate(found):
        assert np.array_equal(one.simulated.mean, together["mean"][number % 3][:12])


def test_a_failed_set_leaves_the_others_as_they_are(evaluation, together):
    """One that no check would let in: it kills the column where bare soil evaporates."""
    deadly, every = {"FXEXP": float("nan")}, np.arange(evaluation.index.size)
    found = evaluation.run(every, [SETS[0], deadly, SETS[2]])
    assert found["failure"][[0, 2]].tolist() == ["", ""]
    assert re.match(
        r"cell \d+ \(33.0000 N, .* E\): temperature or water .* (layer|surface).* at 2001-", found["failure"][1]
    )
    assert found["failure"][1] == evaluation.run(every, [deadly])["failure"][0]
    assert np.isnan(found["mean"][1]).all()
    assert np.array_equal(found["mean"][[0, 2]], together["mean"][[0, 2]])


def test_bad_weather_fails_the_sets_and_names_the_cell(region, state, tmp_path):
    bad = replace(region, weather=Waves(3, fail_at=int(region.domain.cell[20])))
    evaluation = Evaluation(bad, np.arange(10, 30), state, TRIAL, (FIRST_YEAR + 1,))
    found = evaluate_sets(evaluation, SETS[:2], tmp_path, Job())
    assert all(one.simulated is None and "cell 62 (33.0000 N" in one.failure for one in found)


def test_a_stopped_batch_goes_on_and_leaves_nothing_behind(evaluation, together, tmp_path):
    stop = Stop()
    with pytest.raises(Stopped):
        evaluate_sets(evaluation, SETS, tmp_path, Job(stop=stop), progress=lambda done, of: stop.set())
    gone_on = evaluate_sets(evaluation, SETS, tmp_path, Job())
    for mean, cycles, other in zip(together["mean"], together["cycles"], gone_on, strict=True):
        assert np.array_equal(mean, other.simulated.mean) and cycles.mean() == other.cycles
    assert not list(tmp_path.rglob("*.sqlite"))


def test_a_kept_simulation_is_taken_only_for_the_same_input(evaluation, tmp_path, monkeypatch):
    small = replace(evaluation, index=evaluation.index[:5])
    path = tmp_path / "kept.npz"
    first = cached_simulation(small, SETS[1], path, Job())
    runs = []
    run = Evaluation.run
    monkeypatch.setattr(Evaluation, "run", lambda self, *a: runs.append(1) or run(self, *a))
    again = cached_simulation(small, SETS[1], path, Job())
    assert not runs and np.array_equal(first.simulated.maximum, again.simulated.maximum)
    cached_simulation(small, SETS[2], path, Job())
    assert len(runs) == 1
    path.write_bytes(path.read_bytes()[:100])
    cached_simulation(small, SETS[2], path, Job())
    assert len(runs) == 2

"""``lsmcal plan``: its arithmetic, its sample of cells, and what the command prints."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lsmcal.calibration.setup import calibration_inputs
from lsmcal.case import load_case
from lsmcal.parallel.checkpointed import ResumableStage
from lsmcal.parallel.job import Job
from lsmcal.planning.calibration import plan_calibration
from lsmcal.planning.cost import PAPER, StageCost, rounds_of
from lsmcal.planning.plan import plan_paper, plan_region, plan_site
from lsmcal.planning.sample import SampledSpinUp, cycles_of_all, decayed, measure
from lsmcal.simulate.spinup.rounds import spin_up_region, spun_up_columns
from lsmcal.simulate.spinup.spinup import SpinUp, round_ends
from tests.region_cases import PLATEAU, told, typed
from tests.simulate.small_region import small_region

SITE = """
[site]
latitude = 35.0
longitude = 93.0
elevation = 4600.0
vegetation = "grassland"
soil = "loam"
[forcing]
format = "generator"
years = [2001, 2002]
[grid]
thickness = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.8, 2.0]
[spinup]
method = "fixed"
cycles = 2
years = [2001, 2001]
"""
STEPS = 2920


@pytest.fixture(scope="module")
def region():
    return small_region(years=2)


@pytest.fixture(scope="module")
def sample(region):
    return measure(region, 1.0)


def test_command_on_a_region(tmp_path):
    (tmp_path / "case.toml").write_text(PLATEAU)
    plans = json.loads(typed("plan", tmp_path, "--seconds", "1", "--json", "--paper").stdout)
    assert len(plans) == 2
    own, paper = plans.values()
    stages = {stage["name"]: stage for stage in own["stages"]}
    assert list(stages) == ["start", "spin-up", "run", "output"]
    assert stages["spin-up"]["column_steps"] == 50 * 2 * STEPS  # a trial cycle and one of the case
    assert stages["run"]["column_steps"] == 50 * (2 * STEPS + 8)  # 1980 has a day more
    assert own["core_hours"] == pytest.approx(sum(stage["core_hours"] for stage in stages.values()))
    for stage in stages.values():
        assert stage["core_hours"] == pytest.approx(sum(count * hours for count, hours in stage["pieces"]))
    # 50 cells stand in two blocks of 32
    hours = 64 * (2 * STEPS + 8) * own["nanoseconds"] / 3.6e12
    assert stages["run"]["core_hours"] == pytest.approx(hours)
    assert 50e6 < own["memory"] < 2e9 and not (tmp_path / "output").exists()
    hindcast = next(stage for stage in paper["stages"] if stage["name"] == "hindcast")
    assert hindcast["column_steps"] > PAPER["members"] * PAPER["cells"] * PAPER["years"] * STEPS
    table = typed("plan", tmp_path, "--seconds", "1").stdout
    assert "spin-up" in table and "1024 cores" in table and "1 cycle of 1 year, as" in table


def test_command_on_a_site(tmp_path):
    (tmp_path / "case.toml").write_text(SITE)
    (own,) = json.loads(typed("plan", tmp_path, "--seconds", "1", "--json").stdout).values()
    (run,) = own["stages"]
    assert run["column_steps"] == (1 + 2 + 2) * STEPS  # trial, cycles, years of the run
    assert own["core_hours"] == pytest.approx(32 * run["column_steps"] * own["nanoseconds"] / 3.6e12)
    text = told("plan", tmp_path, "--seconds", "1", "--paper")
    assert "the campaign of Ji et al. (2026) needs a region" in text and text.count("expected") == 1


def test_the_whole_region_as_a_sample_is_exact(region, tmp_path):
    """What is planned for cells whose spin-up ended in the sample is what the spin-up then does."""
    region = region.only(np.arange(40))
    sample = measure(region, 30.0)
    stage = ResumableStage.opened(tmp_path / "spinup", {}, Job())
    spin_up_region(region, stage)
    cycles = spun_up_columns(region, stage.store)["cycles"]
    stage.store.close()
    assert np.array_equal(cycles_of_all(sample.spinup, region.spinup, 40), cycles)
    plan = plan_region(region, sample)
    spinup = next(stage for stage in plan.stages if stage.name == "spin-up")
    assert spinup.column_steps == pytest.approx((cycles + 1).sum() * STEPS)


def test_stages_add_up(region, sample):
    plan = plan_region(region, sample, threads=2)
    alone = plan_region(region, sample, threads=1)
    assert plan.core_hours == alone.core_hours and plan.memory > alone.memory
    assert plan.hours(1) == pytest.approx(plan.core_hours)
    assert plan.hours(10_000) < plan.core_hours and plan.hours(10_000) == plan.hours(20_000)
    twice = replace(region, spinup=SpinUp("fixed", cycles=6))
    first = plan_region(replace(region, spinup=SpinUp("fixed", cycles=3)), sample).stages[1]
    second = plan_region(twice, sample).stages[1]
    assert first.column_steps == 70 * 4 * STEPS and second.column_steps == 70 * 7 * STEPS
    each = 3 * 3 * STEPS * sample.spinup.seconds / 3600.0  # three blocks
    assert second.core_hours - first.core_hours == pytest.approx(each)
    none = plan_region(replace(region, spinup=SpinUp("none")), sample).stages[1]
    assert none.column_steps == 70 * STEPS


def test_pieces_are_waited_for():
    stage = StageCost("", 0.0, [(7, 2.0), (1, 1.0)])
    assert [stage.hours(cores) for cores in (1, 4, 6, 7, 100)] == [15.0, 5.0, 5.0, 3.0, 3.0]


def test_paper_grows_with_the_sample(region, sample):
    paper = plan_paper(region, sample)
    slower = replace(sample, run=2.0 * sample.run, spinup=replace(sample.spinup, seconds=2 * sample.spinup.seconds))
    assert 1.8 < plan_paper(region, slower).core_hours / paper.core_hours <= 2.0
    assert paper.stages[1].column_steps > 5.0 * paper.stages[2].column_steps  # 6.5 million columns against 325,000


def test_rounds_of_are_those_of_the_spin_up():
    settings = SpinUp("accelerated", min_cycles=3, max_cycles=20)
    cycles = np.full(64, 3)
    cycles[[0, 40]] = 12, 20
    ends = round_ends(settings)
    assert ends[:3] == [4, 6, 8]
    rounds = list(rounds_of(settings, cycles, 32))
    # two groups once, then the two cells together; the last goes on alone
    assert rounds[0] == (2, 2, 8) and all(row[:2] == (1, 1) for row in rounds[1:])
    assert sum(row[2] for row in rounds) == 8 + 16
    assert list(rounds_of(SpinUp("none"), np.zeros(40, int), 32)) == [(2, 2, 0)]
    assert list(rounds_of(SpinUp("fixed", cycles=9), np.full(40, 9), 32)) == [(2, 2, 18)]


def spread_of(count, seed=3):
    """Cycles of cells as on the plateau, and the needs that lead to them: each falls by its own part at every cycle."""
    cycles = np.round(np.exp(np.random.default_rng(seed).normal(1.8, 0.8, count))).astype(int)
    return np.clip(cycles, 3, 100)


def cut_at(cycles, ran):
    """What a sample knows of such cells after some cycles."""
    needs = np.exp(1.0 - np.arange(1, ran + 1)[:, None] / cycles)
    return SampledSpinUp(np.minimum(cycles, ran), cycles <= ran, needs, 1e-5)


@pytest.mark.parametrize("ran", [6, 10, 20])
def test_the_spread_goes_on_beyond_the_sample(ran):
    settings = SpinUp("accelerated", max_cycles=100)
    truth = spread_of(4000)
    found = cycles_of_all(cut_at(spread_of(96, seed=5), ran), settings, 4000)
    assert found.size == 4000 and found.max() <= 100 and found.min() >= 3
    assert found.mean() == pytest.approx(truth.mean(), rel=0.25)
    assert found.max() > spread_of(96, seed=5).max()  # of many cells some are beyond the longest of a sample
    assert np.array_equal(found, cycles_of_all(cut_at(spread_of(96, seed=5), ran), settings, 4000))


def test_decay_of_columns_of_which_none_settled():
    settings = SpinUp("accelerated", max_cycles=100)
    cycles = np.array([12, 20, 35, 60])
    known = cut_at(cycles, 8)
    assert not known.done.any()
    assert np.abs(decayed(known, settings) - cycles).max() <= 1
    rising = replace(known, needs=known.needs[::-1])
    assert decayed(rising, settings).tolist() == [100] * 4


def test_plan_of_a_calibration_counts_batches(tmp_path):
    from lsmcal.case import load_case
    from lsmcal.simulate.site import Site

    (tmp_path / "case.toml").write_text(SITE)
    site = Site.from_case(load_case(tmp_path / "case.toml"))
    run, search = plan_site(site, evaluations=100, batch=40, seconds=0.1).stages
    assert search.column_steps == 100 * run.column_steps
    assert search.core_hours == pytest.approx(3 * 2 * run.core_hours)  # three batches of two blocks


# -- a region's calibration --------------------------------------------------------------------------------------------
SEARCH = """
[target]
source = "twin"
year = 1980
hidden = { TBOT = -2.0 }
[calibrate]
parameters = ["TBOT"]
engine = "random"
evaluations = 9
batch = 4
every = 2
hold_out = { every = 5 }
spinup = { method = "fixed", cycles = 3 }
"""


@pytest.fixture
def inputs(tmp_path):
    (tmp_path / "case.toml").write_text(PLATEAU + SEARCH)
    return calibration_inputs(load_case(tmp_path / "case.toml"))


def test_command_on_a_calibration(tmp_path):
    (tmp_path / "case.toml").write_text(PLATEAU + SEARCH)
    (own,) = json.loads(typed("plan", tmp_path, "--seconds", "1", "--json").stdout).values()
    stages = {stage["name"]: stage for stage in own["stages"]}
    assert list(stages)[-2:] == ["default and best set", "calibrate"] and "run" in stages
    cells = round(0.52 * 0.8 * 50 / 2)
    assert stages["calibrate"]["column_steps"] == 9 * cells * (3 * STEPS + 2 * STEPS + 8)
    assert [count for count, _ in stages["calibrate"]["pieces"]] == [1, 1, 1]  # the default set, two batches of four
    whole = 2 * STEPS + 8
    assert stages["default and best set"]["column_steps"] == 50 * (4 * whole + (3 * 3 + 1) * STEPS)  # a cold start
    assert own["core_hours"] == pytest.approx(sum(stage["core_hours"] for stage in stages.values()))
    notes = " ".join(own["notes"])
    assert "52 % of the cells are sensitive, as in Ji et al. (2026), 10 cells are calibrated" in notes
    assert "3 cycles of each trial, as set in the case" in notes and "in a batch: 1, of up to 40 columns" in notes
    assert not (tmp_path / "output").exists()


def test_a_calibration_grows_with_cells_evaluations_and_cycles(inputs, sample, tmp_path):
    def hours(share=1.0, spinup=inputs.spinup, **keys):
        search = inputs.case.calibrate.model_copy(update={"cells": "all", "hold_out": None, "every": 1} | keys)
        changed = replace(inputs, case=replace(inputs.case, calibrate=search), spinup=spinup)
        return plan_calibration(changed, sample, tmp_path).stages[-1]

    one = hours(evaluations=41, batch=4)
    assert one.column_steps == pytest.approx(41 / 401 * hours(evaluations=401, batch=4).column_steps)
    assert len(one.pieces) == 11 and one.pieces[1][0] == 1  # 50 cells in pieces of 64
    assert hours(evaluations=41, batch=8).pieces[1][0] == 2  # of 32
    assert hours(evaluations=41, batch=4, every=2).column_steps == pytest.approx(one.column_steps / 2)
    longer = hours(evaluations=41, batch=4, spinup=SpinUp("fixed", cycles=6))
    assert longer.column_steps / one.column_steps == pytest.approx((8 * STEPS + 8) / (5 * STEPS + 8))
    assert longer.hours(1) == pytest.approx(longer.core_hours) and longer.hours(2) == longer.hours(1)


def test_cycles_of_trials_are_half_of_the_samples_or_those_of_the_history(inputs, sample, tmp_path):
    warm = replace(inputs, spinup=SpinUp("accelerated", max_cycles=400))
    converging = replace(sample, spinup=SampledSpinUp(np.full(40, 20), np.full(40, True), np.zeros((20, 40)), 1e-5))
    warm = replace(warm, region=replace(warm.region, spinup=SpinUp("accelerated", max_cycles=100)))
    notes = plan_calibration(warm, converging, tmp_path).notes
    assert "10.0 cycles of a trial on average, half of the cycles of the default set" in notes[1]
    header = {"format": "lsmcal search history 1", "fingerprint": {}, "information": {}}
    record = {"x": [0.5], "parameters": {"TBOT": 0.0}, "objective": 0.5}
    told = [{"trial": n, "batch": min(n, 1), "details": {"cycles": c}} | record for n, c in enumerate((3, 14, 16))]
    (tmp_path / "history.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [header, *told]))
    notes = plan_calibration(warm, converging, tmp_path).notes
    assert "15.0 cycles of a trial on average, from its history" in notes[1]

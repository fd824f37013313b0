"""Engines: they learn, propose new lattice points only, and are pure functions of what they are told."""

import importlib.util
import logging
import signal
import subprocess
import sys

import numpy as np
import pytest

from lsmcal.search.engines import ENGINES, make
from lsmcal.search.lattice import fresh, snap, sobol
from lsmcal.search.pareto import hypervolume
from lsmcal.search.protocol import EngineError, Trials
from tests.search.searches import ENVIRONMENT, bowl

no_openbox = pytest.mark.skipif(not importlib.util.find_spec("openbox"), reason="OpenBox is not installed")
EVERY = [pytest.param(name, marks=no_openbox if name == "openbox" else ()) for name in ENGINES]


def follow(engine, batches: int, fail=lambda unit: False) -> Trials:
    """What an engine has been told after some batches on the bowl."""
    points = [[0.5123] * engine.settings.dimensions]
    losses = [bowl(2 * np.array(points[0]) - 1)]
    for batch in range(1, batches + 1):
        for unit in engine.ask(Trials.of(points, losses), batch).tolist():
            points.append(unit)
            losses.append(np.nan if fail(unit) else bowl(2 * np.array(unit) - 1))
    return Trials.of(points, losses)


def assert_new_lattice_points(told: Trials, levels: int = 101) -> None:
    proposed = told.points[1:]
    assert np.array_equal(proposed, snap(proposed, levels))
    assert len(told.visited) == len(told.points)


@pytest.mark.parametrize("name", EVERY)
def test_proposals_are_new_lattice_points_and_depend_on_nothing_else(name):
    engine = make(name, 12, seed=3, batch=4, initial=8)
    told = follow(engine, 4)
    assert told.points.shape == (17, 12)
    assert_new_lattice_points(told)
    np.random.seed(0)
    again = make(name, 12, seed=3, batch=4, initial=8).ask(Trials.of(told.points[:13], told.losses[:13]), 4)
    assert np.array_equal(again, told.points[13:])
    other = make(name, 12, seed=4, batch=4, initial=8).ask(Trials.of(told.points[:13], told.losses[:13]), 4)
    assert not np.array_equal(other, again)


@pytest.mark.parametrize("name", EVERY)
def test_two_processes_propose_the_same_in_silence_and_leave_no_files(name, tmp_path):
    code = (
        "import sys, numpy as np\n"
        "from lsmcal.search.engines import make\n"
        "from lsmcal.search.protocol import Trials\n"
        "rng = np.random.default_rng(1)\n"
        "told = Trials.of(rng.random((17, 12)), rng.random(17))\n"
        "engine = make(sys.argv[1], 12, seed=7, batch=4, initial=8)\n"
        "print(engine.ask(told, 5).tolist())\n"
    )
    options = {"cwd": tmp_path, "env": ENVIRONMENT, "capture_output": True, "text": True}
    ran = [subprocess.run([sys.executable, "-c", code, name], **options) for _ in range(2)]
    assert [process.stderr for process in ran] == ["", ""]
    assert ran[0].stdout == ran[1].stdout and ran[0].stdout.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


LEARNING = [p for p in EVERY if p.values[0] in ("openbox", "cmaes", "de")]


@pytest.mark.parametrize("name", LEARNING)
def test_an_engine_that_learns_beats_random_points(name):
    chance = [follow(make("random", 12, seed=seed, batch=8), 20).losses for seed in range(3)]
    found = [follow(make(name, 12, seed=seed, batch=8), 20).losses for seed in range(3)]
    # The best tenth, of any seed: the best alone is much a matter of luck after so few trials.
    assert max(np.quantile(losses, 0.1) for losses in found) < 0.8 * min(np.quantile(losses, 0.1) for losses in chance)
    assert np.median([np.median(losses[-32:]) for losses in found]) < 0.6 * np.median(chance)


@pytest.mark.parametrize("name", EVERY)
def test_failed_trials_are_taken(name):
    told = follow(make(name, 12, seed=3, batch=4, initial=8), 4, fail=lambda unit: unit[0] > 0.5)
    assert np.isnan(told.losses).any()
    assert_new_lattice_points(told)


@pytest.mark.parametrize("name", EVERY)
def test_when_all_fail_proposals_go_on(name):
    assert_new_lattice_points(follow(make(name, 12, seed=3, batch=8), 5, fail=lambda unit: True))


@pytest.mark.parametrize("name", ["cmaes", "de", "sobol", "random"])
def test_a_lattice_is_exhausted_point_by_point(name):
    engine = make(name, 2, levels=4, seed=2, batch=5)
    told = follow(engine, 4)
    assert_new_lattice_points(told, 4)
    assert len(told.visited) == 4**2 + 1
    assert len(engine.ask(told, 5)) == 0


@no_openbox
@pytest.mark.parametrize("dimensions", [2, 12])
def test_openbox_keeps_its_hands_off_the_process(dimensions, tmp_path, monkeypatch, capfd):
    """Pure for either surrogate; loggers, numpy's generator, streams and folder as they were."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(4)
    told = Trials.of(rng.random((13, dimensions)), np.where(rng.random(13) < 0.2, np.nan, rng.random(13)))
    engine = make("openbox", dimensions, seed=5, batch=4, initial=8)
    root = logging.getLogger()
    before = (root.level, root.handlers[:], logging.root.manager.disable, signal.getsignal(signal.SIGINT))
    np.random.seed(1)
    state = np.random.get_state()[1].copy()
    first = engine.ask(told, 4)
    assert np.array_equal(np.random.get_state()[1], state)
    np.random.seed(2)
    assert np.array_equal(engine.ask(told, 4), first)
    assert before == (root.level, root.handlers, logging.root.manager.disable, signal.getsignal(signal.SIGINT))
    assert capfd.readouterr() == ("", "") and list(tmp_path.iterdir()) == []


@no_openbox
@pytest.mark.parametrize("losses", [np.ones(13), np.r_[np.zeros(12), 1e300]])
def test_openbox_takes_losses_that_teach_nothing(losses):
    rng = np.random.default_rng(4)
    told = Trials.of(snap(rng.random((13, 12)), 101), losses)
    proposed = make("openbox", 12, seed=5, batch=4, initial=8).ask(told, 4)
    assert len(told.visited | set(map(tuple, proposed.tolist()))) == 17


@no_openbox
def test_openbox_takes_a_gaussian_process_in_few_dimensions():
    engine = make("openbox", 2, seed=2, batch=4)
    told = follow(engine, 4)
    assert_new_lattice_points(told)
    assert np.min(told.losses) < np.min(told.losses[:9])
    assert engine.describe()["forest"] in ("pyrfr", "scikit-learn")
    assert [engine._model(n) for n in (299, 300)] == ["gp", "prf"]
    assert make("openbox", 10)._model(5) == "prf"


def test_a_missing_openbox_is_named_with_its_extra(monkeypatch):
    import lsmcal.search.engines.openbox as module

    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"pip install lsmcal\[openbox\]"):
        make("openbox", 3)


def test_cmaes_generations_are_whole_batches_and_its_narrow_end_still_finds_new_points():
    assert make("cmaes", 12, batch=4).population == 12
    assert make("cmaes", 12, batch=8).population == 16
    told = follow(make("cmaes", 2, seed=1, batch=6, sigma=0.002), 12)
    assert_new_lattice_points(told)
    assert told.losses.min() < 0.02 < 0.1 < told.losses[:7].min()


@pytest.mark.parametrize(
    "arguments, says",
    [
        (("pso", 3), "pso.*openbox"),
        (("random", 0), "dimensions"),
        (("cmaes", 3), "sigma"),
        (("random", 3), "wrong"),
    ],
)
def test_what_cannot_be_built_is_refused(arguments, says):
    options = {"sigma": {"sigma": -1.0}, "wrong": {"wrong": 1}}.get(says, {})
    with pytest.raises(EngineError, match=says):
        make(*arguments, **options)


def test_lattice_points_are_the_nearest_decimals():
    assert snap([0.154, 0.155001, -2.0, 7.0], 101).tolist() == [0.15, 0.16, 0.0, 1.0]


def test_sobol_points_have_a_stable_beginning_and_cover_evenly():
    points = np.array([point for point, _ in zip(sobol(5, 101, 9), range(300), strict=False)])
    assert np.array_equal(points[:10], [p for p, _ in zip(sobol(5, 101, 9), range(10), strict=False)])
    counts, _ = np.histogram(points[:256, 2], bins=4, range=(0, 1))
    assert np.abs(counts - 64).max() <= 4


def test_fresh_points_avoid_visited_ones():
    rng = np.random.default_rng(1)
    visited = {(0.0, 0.0), (1.0, 1.0)}
    assert set(fresh(9, 2, 2, rng, visited)) == {(0.0, 1.0), (1.0, 0.0)}


def two_bowls(unit: np.ndarray) -> list[float]:
    """Two goals that pull apart: nearness to 0.3 in the first half of the coordinates, to 0.7 in all."""
    half = unit[: unit.size // 2]
    return [float(((half - 0.3) ** 2).mean()), float(((unit - 0.7) ** 2).mean())]


def follow_two(engine, batches: int, fail=lambda unit: False) -> Trials:
    points = [[0.5123] * engine.settings.dimensions]
    losses = [two_bowls(np.array(points[0]))]
    for batch in range(1, batches + 1):
        for unit in engine.ask(Trials.of(points, losses), batch):
            points.append(unit.tolist())
            losses.append([np.nan, np.nan] if fail(unit) else two_bowls(unit))
    return Trials.of(points, losses)


SEVERAL = [p for p in EVERY if p.values[0] in ("openbox", "sobol", "random")]


@pytest.mark.parametrize("name", SEVERAL)
def test_two_goals_are_taken_with_failures_and_depend_on_nothing_else(name):
    options = {"seed": 3, "batch": 4, "initial": 8, "goals": 2}
    told = follow_two(make(name, 12, **options), 5, fail=lambda unit: unit[0] > 0.6)
    assert np.isnan(told.losses).any() and told.losses.shape == (21, 2)
    assert_new_lattice_points(told)
    np.random.seed(0)
    again = make(name, 12, **options).ask(Trials.of(told.points[:17], told.losses[:17]), 5)
    assert np.array_equal(again, told.points[17:])


@no_openbox
@pytest.mark.parametrize("goals", [2, 3, 4])
def test_openbox_takes_goals_that_teach_nothing_and_up_to_four_of_them(goals):
    rng = np.random.default_rng(4)
    points, losses = snap(rng.random((25, 12)), 101), rng.random((25, goals))
    losses[:, 0] = 1.0
    engine = make("openbox", 12, seed=5, batch=4, initial=8, goals=goals)
    for table in (losses, losses * 1e200, np.ones((25, goals)), np.full((25, goals), np.nan)):
        told = Trials.of(points, table)
        assert len(told.visited | set(map(tuple, engine.ask(told, 7).tolist()))) == 29


@no_openbox
def test_openbox_extends_the_front_of_two_goals_further_than_chance():
    def dominated(name: str, seed: int) -> float:
        return hypervolume(follow_two(make(name, 12, seed=seed, batch=8, goals=2), 20).losses, np.array([0.2, 0.2]))

    assert min(dominated("openbox", seed) for seed in range(2)) > max(dominated("random", seed) for seed in range(3))


@no_openbox
def test_units_of_the_goals_do_not_change_what_is_proposed():
    """Powers of two, so that not even rounding differs."""
    told = follow_two(make("openbox", 12, seed=3, batch=4, initial=8, goals=2), 4)
    engine = make("openbox", 12, seed=3, batch=4, initial=8, goals=2)
    scaled = Trials.of(told.points, told.losses * [1024.0, 0.125])
    assert np.array_equal(engine.ask(told, 5), engine.ask(scaled, 5))


@no_openbox
@pytest.mark.parametrize("goals", [2, 3])
def test_the_expected_gain_of_hypervolume_is_what_sampling_gives(goals):
    from lsmcal.search.engines.openbox_parts import HypervolumeGain

    class Known:
        def __init__(self, mean, deviation):
            self.mean, self.variance = mean, deviation**2

        def predict_marginalized_over_instances(self, rows):
            return np.full((len(rows), 1), self.mean), np.full((len(rows), 1), self.variance)

    rng = np.random.default_rng(goals)
    losses, beyond = rng.random((12, goals)), np.full(goals, 1.1)
    means, deviations = rng.uniform(0.0, 0.4, goals), rng.uniform(0.1, 0.3, goals)
    models = [Known(*pair) for pair in zip(means, deviations, strict=True)]
    expected = HypervolumeGain(models, losses, beyond)(np.zeros((3, 5)), convert=False)
    draws = means + deviations * rng.standard_normal((1500, goals))
    before = hypervolume(losses, beyond)
    gains = np.array([hypervolume(np.vstack([losses, draw]), beyond) - before for draw in draws])
    assert expected.shape == (3, 1) and np.ptp(expected) == 0.0
    assert abs(gains.mean() - expected[0, 0]) < 4 * gains.std() / np.sqrt(gains.size)


@pytest.mark.parametrize("name, goals", [("cmaes", 2), ("de", 2), pytest.param("openbox", 5, marks=no_openbox)])
def test_engines_that_cannot_search_so_many_goals_say_who_can(name, goals):
    with pytest.raises(EngineError, match=f"{name}.*not {goals} at once; openbox.*random and sobol"):
        make(name, 12, goals=goals)


def test_differential_evolution_is_what_scipy_does_with_the_same_start():
    """Where no point comes up twice, SciPy left to itself goes the same way."""
    from scipy.optimize import differential_evolution

    engine = make("de", 12, seed=5, batch=8, population=16)
    told = follow(engine, 8)
    losses = told.losses
    start, steps = np.sort(np.argsort(losses[:17])[:16]), []

    def objective(members):
        steps.append(members.T / 100)
        return losses[start] if len(steps) == 1 else np.array([bowl(2 * member - 1) for member in steps[-1]])

    differential_evolution(
        objective,
        [(0, 100)] * 12,
        init=told.points[start] * 100,
        seed=np.random.default_rng([5, 2]),
        maxiter=3,
        tol=0.0,
        integrality=True,
        polish=False,
        updating="deferred",
        vectorized=True,
    )
    assert len(steps) == 4
    assert np.array_equal(np.concatenate(steps[1:]), told.points[17:])


def test_populations_of_differential_evolution_are_whole_batches():
    assert make("de", 12, batch=8).population == 24
    assert make("de", 12, batch=7).population == 28
    for options, says in (({"population": 1}, "population"), ({"mutation": (1.0, 0.5)}, "mutation")):
        with pytest.raises(EngineError, match=says):
            make("de", 12, **options)

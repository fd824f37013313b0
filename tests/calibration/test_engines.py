"""Engines: they learn, propose new lattice points only, and are pure functions of what they are told."""

import importlib.util
import logging
import signal
import subprocess
import sys

import numpy as np
import pytest

from lsmcal.calibration.engines import ENGINES, make
from lsmcal.calibration.lattice import fresh, snap, sobol
from lsmcal.calibration.protocol import EngineError, Told

from .searches import ENVIRONMENT, bowl

no_openbox = pytest.mark.skipif(not importlib.util.find_spec("openbox"), reason="OpenBox is not installed")
EVERY = [pytest.param(name, marks=no_openbox if name == "openbox" else ()) for name in ENGINES]


def follow(engine, batches: int, fail=lambda unit: False) -> Told:
    """What an engine has been told after some batches on the bowl."""
    points = [[0.5123] * engine.settings.dimensions]
    losses = [bowl(2 * np.array(points[0]) - 1)]
    for batch in range(1, batches + 1):
        for unit in engine.ask(Told.of(points, losses), batch).tolist():
            points.append(unit)
            losses.append(np.nan if fail(unit) else bowl(2 * np.array(unit) - 1))
    return Told.of(points, losses)


def assert_new_lattice_points(told: Told, levels: int = 101) -> None:
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
    again = make(name, 12, seed=3, batch=4, initial=8).ask(Told.of(told.points[:13], told.losses[:13]), 4)
    assert np.array_equal(again, told.points[13:])
    other = make(name, 12, seed=4, batch=4, initial=8).ask(Told.of(told.points[:13], told.losses[:13]), 4)
    assert not np.array_equal(other, again)


@pytest.mark.parametrize("name", EVERY)
def test_two_processes_propose_the_same_in_silence_and_leave_no_files(name, tmp_path):
    code = (
        "import sys, numpy as np\n"
        "from lsmcal.calibration.engines import make\n"
        "from lsmcal.calibration.protocol import Told\n"
        "rng = np.random.default_rng(1)\n"
        "told = Told.of(rng.random((17, 12)), rng.random(17))\n"
        "engine = make(sys.argv[1], 12, seed=7, batch=4, initial=8)\n"
        "print(engine.ask(told, 5).tolist())\n"
    )
    options = {"cwd": tmp_path, "env": ENVIRONMENT, "capture_output": True, "text": True}
    ran = [subprocess.run([sys.executable, "-c", code, name], **options) for _ in range(2)]
    assert [process.stderr for process in ran] == ["", ""]
    assert ran[0].stdout == ran[1].stdout and ran[0].stdout.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [p for p in EVERY if p.values[0] in ("openbox", "cmaes")])
def test_an_engine_that_learns_beats_random_points(name):
    chance = [follow(make("random", 12, seed=seed, batch=8), 14).losses for seed in range(3)]
    found = follow(make(name, 12, seed=1, batch=8), 14).losses
    assert found.min() < min(losses.min() for losses in chance)
    assert np.median(found[-32:]) < 0.6 * np.median(chance)


@pytest.mark.parametrize("name", EVERY)
def test_failed_trials_are_taken(name):
    told = follow(make(name, 12, seed=3, batch=4, initial=8), 4, fail=lambda unit: unit[0] > 0.5)
    assert np.isnan(told.losses).any()
    assert_new_lattice_points(told)


@pytest.mark.parametrize("name", EVERY)
def test_when_all_fail_proposals_go_on(name):
    assert_new_lattice_points(follow(make(name, 12, seed=3, batch=8), 5, fail=lambda unit: True))


@pytest.mark.parametrize("name", ["cmaes", "sobol", "random"])
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
    told = Told.of(rng.random((13, dimensions)), np.where(rng.random(13) < 0.2, np.nan, rng.random(13)))
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
    told = Told.of(snap(rng.random((13, 12)), 101), losses)
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
    import lsmcal.calibration.engines.openbox as module

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

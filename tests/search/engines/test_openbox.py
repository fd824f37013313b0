"""OpenBox: pure, silent, and robust to losses that hold no information."""

import logging
import signal

import numpy as np
import pytest

from lsmcal.search.engines import make
from lsmcal.search.lattice import snap
from lsmcal.search.pareto import hypervolume
from lsmcal.search.protocol import EngineError, Trials
from tests.search.engines.following import assert_new_lattice_points, follow, follow_two, no_openbox


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

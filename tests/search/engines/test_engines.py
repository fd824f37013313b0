"""What all engines have in common: they learn, propose new lattice points only, and are pure functions."""

import subprocess
import sys

import numpy as np
import pytest

from lsmcal.search.engines import ENGINES, make
from lsmcal.search.protocol import EngineError, Trials
from tests.search.engines.following import (
    EVERY,
    assert_new_lattice_points,
    follow,
    follow_two,
    has_openbox,
    no_openbox,
)
from tests.search.searches import ENVIRONMENT


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


_SETTINGS = {"seed": 7, "batch": 4, "initial": 8}
_PROPOSED = f"""
import sys
import numpy as np
from lsmcal.search.engines import make
from lsmcal.search.protocol import Trials
rng = np.random.default_rng(1)
told = Trials.of(rng.random((17, 12)), rng.random(17))
for name in sys.argv[1:]:
    print(name, make(name, 12, **{_SETTINGS}).ask(told, 5).tolist())
"""


def test_two_processes_propose_the_same_in_silence_and_leave_no_files(tmp_path, monkeypatch, capfd):
    """The other takes the engines in the reverse order: none leaves anything behind for the next."""
    monkeypatch.chdir(tmp_path)
    names = [name for name in ENGINES if name != "openbox" or has_openbox]
    rng = np.random.default_rng(1)
    told = Trials.of(rng.random((17, 12)), rng.random(17))
    here = [f"{name} {make(name, 12, **_SETTINGS).ask(told, 5).tolist()}" for name in names]
    assert capfd.readouterr() == ("", "")
    command = [sys.executable, "-c", _PROPOSED, *names[::-1]]
    there = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    assert there.stderr == "" and there.stdout.splitlines()[::-1] == here
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


@pytest.mark.parametrize("name, goals", [("cmaes", 2), ("de", 2), pytest.param("openbox", 5, marks=no_openbox)])
def test_engines_that_cannot_search_so_many_goals_say_who_can(name, goals):
    with pytest.raises(EngineError, match=f"{name}.*not {goals} at once; openbox.*random and sobol"):
        make(name, 12, goals=goals)

"""Any Python function is searched: values, failures, batches, goals, and a history that survives a kill."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.search import EngineError, Outcome, SearchError, SearchGoal, SearchOptions, optimise
from lsmcal.search.history import load_history
from tests.search.searches import ENVIRONMENT

BOUNDS = {"x": (-2.0, 2.0), "y": (-1.0, 3.0)}


def valley(parameters) -> float:
    return 100.0 * (parameters["y"] - parameters["x"] ** 2) ** 2 + (1.0 - parameters["x"]) ** 2


def test_the_valley_is_descended_from_the_start():
    result = optimise(valley, BOUNDS, evaluations=300, start={"x": -1.25, "y": 1.003})
    assert result.values[0].tolist() == [-1.25, 1.003] and len(result.objectives) == 300
    assert result.best.objective < 0.05 < 1.0 < result.objectives[0]
    steps = (result.values[1:] - [-2.0, -1.0]) / 4.0 * 100.0
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-9)


def test_more_is_better_the_other_way_round():
    down = optimise(valley, BOUNDS, evaluations=60)
    up = optimise(lambda parameters: -valley(parameters), BOUNDS, evaluations=60, maximise=True)
    assert np.array_equal(down.values, up.values) and np.array_equal(down.objectives, -up.objectives)
    assert up.best.trial == down.best.trial


@pytest.mark.parametrize("bad, reason", [(np.nan, "nan"), (None, "None"), (np.inf, "inf")])
def test_a_value_that_is_no_score_fails_its_trial(bad, reason):
    result = optimise(lambda p: bad if p["x"] > 1 else valley(p), BOUNDS, engine="random", evaluations=30)
    assert result.failures and set(result.failures.values()) == {f"the objective is {reason}"}
    assert (result.values[list(result.failures), 0] > 1.0).all()


def test_an_exception_fails_its_trial_with_its_words():
    def broken(parameters):
        if parameters["x"] > 1:
            raise FloatingPointError("unstable")
        return valley(parameters)

    result = optimise(broken, BOUNDS, engine="random", evaluations=30)
    assert set(result.failures.values()) == {"FloatingPointError: unstable"}
    assert list(result.failures) == np.flatnonzero(result.values[:, 0] > 1).tolist()


def test_a_search_in_which_everything_fails_says_why():
    with pytest.raises(SearchError, match="all first 17.*KeyError: 'z'"):
        optimise(lambda parameters: parameters["z"], BOUNDS)


def test_details_of_an_outcome_are_kept():
    result = optimise(lambda p: Outcome(p["x"], {"twice": 2 * p["x"]}), BOUNDS, evaluations=9)
    assert [record.details["twice"] for record in result.history.records] == (2 * result.values[:, 0]).tolist()


def test_a_function_cannot_change_the_parameters_that_are_recorded():
    plain = optimise(valley, BOUNDS, evaluations=20)
    assert np.array_equal(optimise(lambda p: valley(p) + 0 * p.pop("x"), BOUNDS, evaluations=20).values, plain.values)


@pytest.mark.parametrize("give", [list, np.array, iter], ids=["list", "array", "iterator"])
def test_a_batch_at_once_follows_the_same_course(give):
    sizes = []

    def batch(sets):
        sizes.append(len(sets))
        return give([valley(parameters) for parameters in sets])

    together = optimise(batch, BOUNDS, evaluations=30, vectorised=True, batch=5)
    single = optimise(valley, BOUNDS, evaluations=30, batch=5)
    assert together.history.same_as(single.history) and sizes == [1, 5, 5, 5, 5, 5, 4]


def test_in_a_batch_that_raises_only_the_culprit_fails():
    def batch(sets):
        if any(parameters["x"] > 1.5 for parameters in sets):
            raise ValueError("too large")
        return [valley(parameters) for parameters in sets]

    result = optimise(batch, BOUNDS, evaluations=40, vectorised=True, engine="random")
    assert list(result.failures) == np.flatnonzero(result.values[:, 0] > 1.5).tolist() != []


def two(parameters):
    return {"fit": -valley(parameters), "size": parameters["x"] ** 2, "note": "kept"}


GOALS = {"fit": "maximise", "size": SearchGoal("size", maximise=False, scale=0.5, weight=2.0)}


def test_goals_have_directions_scales_and_details():
    result = optimise(two, BOUNDS, goals=GOALS, engine="sobol", evaluations=20)
    assert result.history.goals == (SearchGoal("fit"), GOALS["size"])
    assert result.history.records[3].details == {"note": "kept"}
    fit, size = result.goal_values.T
    np.testing.assert_allclose(result.objectives, (fit - 2.0 * size / 0.5) / 3.0, rtol=1e-12)


def test_a_goal_without_a_value_fails_the_trial():
    result = optimise(
        lambda p: two(p) | ({"size": None} if p["x"] > 1 else {}), BOUNDS, goals=GOALS, engine="sobol", evaluations=20
    )
    assert set(result.failures.values()) == {"the goal 'size' is None"}


@pytest.mark.parametrize(
    "function, options, says",
    [
        (lambda p: {"a": 1.0}, {}, "objective: gave {'a': 1.0}; expected a number"),
        (lambda p: [1.0, 2.0], {}, "expected a number"),
        (lambda p: "0.5", {}, "expected a number"),
        (lambda p: 1.0, {"goals": GOALS}, "gave 1.0; expected a dict with 'fit', 'size'"),
        (lambda p: [1.0], {"vectorised": True}, "gave 1 values for 8 parameter sets"),
        (lambda p: 1.0, {"vectorised": True}, "gave 1.0; expected one value for each"),
    ],
)
def test_a_function_that_gives_something_else_is_no_failed_trial(function, options, says):
    engine = "sobol" if "goals" in options else "cmaes"
    with pytest.raises(InputError) as caught:
        optimise(function, BOUNDS, engine=engine, **options)
    assert says in str(caught.value)


def test_every_invalid_argument_is_named_at_once():
    with pytest.raises(InputError) as caught:
        optimise(
            3,
            {"x": (1, 0)},
            evaluations=0,
            maximise=True,
            goals={"fit": "up", "size": SearchGoal("other"), "heavy": SearchGoal("heavy", weight=0.0)},
            batch=2.5,
            seed=-1,
            levels=True,
            patience=0,
            combine="sum",
            start=[1],
            engine_options={"seed": 1},
            sigma=0.3,
        )
    wrong = [problem.variable or problem.source for problem in caught.value.problems]
    assert wrong == (
        ["objective", "evaluations", "maximise", "fit", "size", "heavy"]
        + ["sigma", "batch", "seed", "levels", "patience", "start", "combine", "seed", "x"]
    )


@pytest.mark.parametrize(
    "options, says",
    [
        ({"engine": "pso"}, "unknown search engine 'pso'; known are openbox, cmaes"),
        ({"engine_options": {"sigma": -1.0}}, "sigma of cmaes must be positive"),
        ({"goals": GOALS}, "cmaes searches one goal, not 2 at once"),
    ],
)
def test_an_engine_that_cannot_search_says_so(options, says):
    with pytest.raises(EngineError, match=says):
        optimise(two, BOUNDS, **options)


@pytest.mark.parametrize(
    "changed, key",
    [
        ({"seed": 2}, "engine.seed"),
        ({"batch": 4}, "engine.batch"),
        ({"engine": "sobol"}, "engine.name"),
        ({"maximise": True}, "objective.direction"),
        ({"levels": 51}, "engine.levels"),
        ({"start": {"x": 0.5}}, "space.x.default"),
        ({"case": {"period": "2001"}}, "case.period"),
    ],
)
def test_a_changed_setting_is_refused_by_its_key(changed, key, tmp_path):
    path = tmp_path / "history.jsonl"
    optimise(valley, BOUNDS, evaluations=5, history=path, case={"period": "2000"})
    before = path.read_bytes()
    with pytest.raises(InputError) as caught:
        optimise(valley, BOUNDS, **{"evaluations": 9, "history": path, "case": {"period": "2000"}, **changed})
    assert key in [problem.variable for problem in caught.value.problems] and path.read_bytes() == before
    narrow = {**BOUNDS, "y": (-1.0, 2.0)}
    with pytest.raises(InputError, match=r"space\.y\.high"):
        optimise(valley, narrow, evaluations=9, history=path, case={"period": "2000"})


def test_a_larger_budget_continues_and_patience_may_change(tmp_path):
    optimise(valley, BOUNDS, evaluations=11, history=tmp_path / "grown")
    grown = optimise(valley, BOUNDS, evaluations=40, history=tmp_path / "grown", patience=39)
    assert grown.history.same_as(optimise(valley, BOUNDS, evaluations=40).history)
    flat = optimise(lambda parameters: 1.0, BOUNDS, evaluations=99, patience=10)
    assert (flat.stopped, len(flat.objectives)) == ("stagnation", 17)


def test_options_are_those_of_the_call():
    assert SearchOptions().engine == "cmaes" and SearchOptions(batch=3).batch == 3


SCRIPT = """
import sys, time
from pathlib import Path
from lsmcal.search import optimise

def slow(parameters):
    path = Path(sys.argv[1])  # the last evaluation waits for the signal
    time.sleep(60.0 if path.exists() and path.read_bytes().count(b"\\n") == 60 else 0.02)
    if parameters["x"] < -0.3:
        raise ValueError("too small")
    return 100.0 * (parameters["y"] - parameters["x"] ** 2) ** 2 + (1.0 - parameters["x"]) ** 2

optimise(slow, {"x": (-2.0, 2.0), "y": (-1.0, 3.0)}, evaluations=60, history=sys.argv[1])
"""


def test_killed_with_signal_9_it_resumes_as_if_it_had_not_been(tmp_path):
    def failing(parameters):
        if parameters["x"] < -0.3:
            raise ValueError("too small")
        return valley(parameters)

    path = tmp_path / "history.jsonl"
    for lines in (4, 30):
        process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(path)], env=ENVIRONMENT, cwd=tmp_path)
        deadline = time.monotonic() + 60
        while not path.exists() or path.read_bytes().count(b"\n") < lines:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.002)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert lines - 1 <= len(load_history(path)) < 60
    resumed = optimise(failing, BOUNDS, evaluations=60, history=path)
    whole = optimise(failing, BOUNDS, evaluations=60)
    assert resumed.failures and resumed.history.same_as(whole.history)

"""A search's result: its trials as arrays, and the analyses it gives are those of the modules behind them."""

import numpy as np
import pytest

from lsmcal.search import SearchResult, optimise
from lsmcal.search.convergence import analyse
from lsmcal.search.ensemble import draw_from_front, draw_members
from lsmcal.search.equifinality import near_best
from lsmcal.search.history import HistoryError
from lsmcal.search.pareto import front

BOUNDS = {"a": (-1.0, 1.0), "b": (0.0, 4.0), "idle": (0.0, 1.0)}


def bowl(parameters) -> float:
    if parameters["a"] > 0.9:
        raise ValueError("a is too large")
    return (parameters["a"] - 0.3) ** 2 + (parameters["b"] - 1.0) ** 2


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    path = tmp_path_factory.mktemp("result") / "history.jsonl"
    return path, optimise(bowl, BOUNDS, engine="sobol", evaluations=150, history=path)


@pytest.fixture(scope="module")
def double():
    def two(parameters):
        return {"near": -bowl(parameters), "far": (parameters["a"] + 0.5) ** 2, "sum": sum(parameters.values())}

    goals = {"near": "maximise", "far": "minimise"}
    return optimise(two, BOUNDS, goals=goals, engine="random", evaluations=120)


def test_trials_are_arrays(single):
    _, result = single
    assert result.names == tuple(BOUNDS) and result.values.shape == (150, 3) and result.goal_values.shape == (150, 0)
    assert result.values[0].tolist() == [0.0, 2.0, 0.5] and result.objectives[0] == pytest.approx(1.09)
    failed = result.values[:, 0] > 0.9
    assert failed.any() and np.array_equal(np.isnan(result.objectives), failed)
    assert result.failures == {int(t): "ValueError: a is too large" for t in np.flatnonzero(failed)}
    assert result.best.objective == np.nanmin(result.objectives)
    assert result.parameters([result.best.trial]) == [result.best.parameters]
    assert result.model_seconds > 0.0 and result.optimiser_seconds > 0.0


def test_a_stored_history_gives_the_same(single):
    path, result = single
    again = SearchResult.read(path)
    assert again.history.same_as(result.history) and (result.stopped, again.stopped) == ("budget", "")
    assert again.equifinality() == result.equifinality()
    with pytest.raises(HistoryError, match="no search history"):
        SearchResult.read(path.parent / "other")


def test_analyses_of_one_objective_are_of_the_optimal_set(single):
    _, result = single
    found = analyse(result.objectives, False)
    assert result.convergence().optimal == found.optimal
    assert result.ensemble(4, seed=3) == draw_members(found.optimal, 4, 3)
    assert result.near_best() == near_best(result.objectives, found.optimal)[0]
    verdicts = {row["parameter"]: row["verdict"] for row in result.equifinality()}
    assert verdicts["b"] == "constrained" and verdicts["idle"] == "not constrained"
    assert result.compensations() == []
    with pytest.raises(ValueError, match="several goals"):
        result.pareto_front()


def test_analyses_of_several_goals_are_of_the_front(double):
    rows = tuple(front(double.history.goal_losses).tolist())
    assert double.pareto_front() == double.near_best() == rows and len(rows) > 2
    assert double.ensemble(3) == draw_from_front(double.history.goal_losses, rows, 3)
    near, far = double.goal_values[list(rows)].T
    assert (np.diff(far[np.argsort(near)]) > 0).all()
    assert double.history.records[5].details["sum"] == sum(double.values[5])


def test_a_weighted_search_has_a_front_and_an_optimal_set():
    goals = {"near": "maximise", "far": "minimise"}

    def two(parameters):
        return {"near": -abs(parameters["a"]), "far": (parameters["a"] - 1.0) ** 2}

    result = optimise(two, BOUNDS, goals=goals, combine="weighted", evaluations=40)
    assert result.ensemble(2) == draw_members(result.convergence().optimal, 2)
    assert set(result.pareto_front()) and result.history.header["fingerprint"]["engine"]["name"] == "cmaes"

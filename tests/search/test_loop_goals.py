"""Several goals in the search loop: what is told, recorded, fingerprinted, and when it stops."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.search import pareto
from lsmcal.search.engines import make
from lsmcal.search.goals import SearchGoal, weighted
from lsmcal.search.history import load_history
from lsmcal.search.loop import Objective, Outcome, SearchError, search
from lsmcal.search.protocol import EngineError
from tests.search.searches import GOALS, Box, judge, one_by_one, run


class Listening:
    """A random engine that keeps what it is told."""

    def __init__(self, goals: int, **options):
        self._engine = make("random", 12, seed=1, batch=4, goals=goals, **options)
        self.settings, self.describe, self.told = self._engine.settings, self._engine.describe, []

    def ask(self, told, batch):
        self.told.append(told)
        return self._engine.ask(told, batch)


def judged(points):
    return [judge(point) for point in points]


def of_goals(path, goals=GOALS, engine=None, evaluate=judged, evaluations=21, **options):
    engine = engine or Listening(len(goals))
    return search(evaluate, Box(), engine, path, evaluations, goals=goals, **options)


def test_an_engine_of_several_goals_is_told_their_losses_in_rows(tmp_path):
    engine = Listening(2)
    history = of_goals(tmp_path / "h", engine=engine).history
    assert [told.losses.shape for told in engine.told] == [(1 + 4 * n, 2) for n in range(5)]
    failed = np.array([not record.ok for record in history.records])
    assert failed.any() and np.array_equal(np.isnan(history.goal_losses), np.stack([failed, failed], axis=1))
    for record, losses in zip(history.records, history.goal_losses, strict=True):
        if record.ok:
            assert losses.tolist() == [-record.goals["near"], record.goals["error"] / 2.0]
            assert record.objective == weighted(GOALS, [record.goals["near"], record.goals["error"]])
            assert record.objective == pytest.approx((record.goals["near"] - 1.5 * record.goals["error"]) / 4)
    np.testing.assert_array_equal(engine.told[-1].losses, history.goal_losses[:17])
    assert history.maximise and history.best.objective == np.nanmax(history.objectives)


def test_an_engine_of_one_goal_searches_their_weighted_mean_and_the_values_are_kept(tmp_path):
    engine = Listening(1)
    history = of_goals(tmp_path / "h", engine=engine).history
    assert engine.told[-1].losses.shape == (17,)
    np.testing.assert_array_equal(engine.told[-1].losses, -history.objectives[:17])
    assert set(history.records[0].goals) == {"near", "error"} and history.goals == GOALS


def test_the_front_of_a_history_can_be_read_again(tmp_path):
    history = of_goals(tmp_path / "h").history
    again = load_history(tmp_path / "h")
    assert again.same_as(history) and again.goals == GOALS
    rows = pareto.front(again.goal_losses)
    assert rows.size > 1 and again.best.trial in rows
    near, error = again.goal_values[rows].T
    order = np.argsort(near)
    assert (np.diff(error[order]) > 0).all(), "on the front, more of the one costs of the other"


@pytest.mark.parametrize("value", [np.nan, None])
def test_a_goal_without_a_value_fails_the_trial_and_says_which(value, tmp_path):
    def evaluate(points):
        goals = {"near": 1.0} | ({} if value is None else {"error": value})
        return [Outcome(1.0, goals=goals) if point.trial == 3 else judge(point) for point in points]

    record = of_goals(tmp_path / "h", evaluate=evaluate).history.records[3]
    assert not record.ok and record.objective is None and "'error'" in record.reason
    assert np.isnan(load_history(tmp_path / "h").goal_losses[3]).all()


def test_one_goal_leaves_the_journal_as_it_was(tmp_path):
    history = run("random", tmp_path / "h", 5).history
    assert "goals" not in history.header["fingerprint"] and "goals" not in history.header["fingerprint"]["engine"]
    assert history.goals == () and history.goal_losses.shape == (5, 0)
    assert all(record.goals == {} for record in history.records)


def test_a_journal_from_before_there_were_goals_is_read_and_continued(tmp_path):
    whole = run("cmaes", tmp_path / "new", 20).history
    lines = [json.loads(line) for line in (tmp_path / "new").read_text().splitlines()[:12]]
    old = [{key: value for key, value in line.items() if key not in ("goals", "crc32")} for line in lines]
    (tmp_path / "old").write_text("".join(json.dumps(line) + "\n" for line in old))
    assert len(load_history(tmp_path / "old")) == 11
    assert run("cmaes", tmp_path / "old", 20).history.same_as(whole)


@pytest.mark.parametrize("change", [{"weight": 2.0}, {"scale": 1.0}, {"maximise": True}, {"name": "depth"}])
def test_other_goals_are_another_search(change, tmp_path):
    of_goals(tmp_path / "h", evaluations=5)
    with pytest.raises(InputError, match="goals"):
        of_goals(tmp_path / "h", goals=(GOALS[0], replace(GOALS[1], **change)), evaluations=5)


def test_goals_need_not_be_axes(tmp_path):
    class Whole:
        name, measure, maximise, weight, scale = "near", "Kappa", True, 2, 1

    goals = (Whole(), GOALS[1])
    history = of_goals(tmp_path / "h", goals=goals).history
    assert history.goals[0] == SearchGoal("near", True, 1.0, 2.0)
    assert asdict(history.goals[1]) == {"name": "error", "maximise": False, "scale": 2.0, "weight": 3.0}


@pytest.mark.parametrize(
    "goals, engine, options, says",
    [
        (GOALS, 3, {}, "made for 3 goals, the search has 2"),
        ((), 2, {}, "made for 2 goals, the search has 0"),
        ((GOALS[0], GOALS[0]), 2, {}, "different names"),
        (GOALS, 2, {"objective": Objective("rmse", maximise=False)}, "maximised"),
    ],
)
def test_goals_that_do_not_fit_are_refused(goals, engine, options, says, tmp_path):
    with pytest.raises(SearchError, match=says):
        of_goals(tmp_path / "h", goals=goals, engine=Listening(engine), **options)
    assert not (tmp_path / "h").exists()


def test_a_number_of_goals_must_be_positive():
    with pytest.raises(EngineError, match="goals of a search must be at least 1"):
        make("random", 3, goals=0)


def test_patience_looks_at_the_front_not_at_the_mean(tmp_path):
    """The weighted mean is best at trial 0; the front grows up to trial 12 and not after."""

    def evaluate(points):
        places = [min(point.trial, 12) / 12 for point in points]
        return [Outcome(None, goals={"near": 1.0 - 2.0 * p, "error": 2.0 * (1.0 - p) ** 2}) for p in places]

    heavy = (replace(GOALS[0], weight=100.0), GOALS[1])
    result = of_goals(tmp_path / "front", goals=heavy, evaluate=evaluate, evaluations=100, patience=8)
    assert (result.stopped, len(result.history)) == ("stagnation", 21)
    assert result.history.best.trial == 0
    mean = of_goals(tmp_path / "mean", heavy, Listening(1), evaluate, 100, patience=8)
    assert (mean.stopped, len(mean.history)) == ("stagnation", 9)


def test_a_finished_search_of_several_goals_stays_finished(tmp_path):
    result = of_goals(tmp_path / "h")
    again = of_goals(tmp_path / "h", evaluate=one_by_one)
    assert again.stopped == "budget" and again.history.same_as(result.history)

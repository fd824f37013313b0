"""The search loop: the default first, failures kept, killed and resumed without a trace."""

import importlib.util
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.search.engines import make
from lsmcal.search.history import HistoryError, load_history
from lsmcal.search.loop import Objective, Outcome, SearchError, search
from tests.search.searches import ENVIRONMENT, Box, one_by_one, run

no_openbox = pytest.mark.skipif(not importlib.util.find_spec("openbox"), reason="OpenBox is not installed")


def small(evaluate, path, evaluations=10, batch=4, dimensions=3, **options):
    engine = make("random", dimensions, seed=1, batch=batch)
    return search(evaluate, Box(dimensions), engine, path, evaluations, **options)


def test_trial_0_is_the_exact_default_set(tmp_path):
    history = run("cmaes", tmp_path / "history.jsonl", 6).history
    first = history.records[0]
    assert first.x == (0.5123,) * 12 and first.batch == 0
    assert first.parameters == Box().default_parameters()
    assert [record.batch for record in history.records] == [0, 1, 1, 1, 1, 2]


def test_outcomes_are_kept_with_scores_details_times_and_reasons(tmp_path):
    seen = []
    result = small(one_by_one, tmp_path / "h", 30, progress=lambda record, history: seen.append(record))
    history = load_history(tmp_path / "h")
    assert history.records == seen == result.history.records
    failed = [record for record in history.records if not record.ok]
    assert failed and {record.reason for record in failed} == {"p00 is too large"}
    best = history.best
    assert best.objective == np.nanmax(history.objectives) == -np.nanmin(history.losses)
    assert best.details["depths"] == [best.details["loss"], None]
    assert best.objective == 1.0 - best.details["loss"]
    assert result.stopped == "budget" and result.model_seconds > 0


def test_a_list_of_outcomes_shares_its_time(tmp_path):
    def at_once(points):
        time.sleep(0.02)
        return [Outcome(1.0) for _ in points]

    seconds = [record.model_seconds for record in small(at_once, tmp_path / "h", 5).history.records]
    assert seconds[0] >= 0.02 and 0.005 <= seconds[1] < 0.02 and len(set(seconds[1:])) == 1


def test_a_score_to_minimise_goes_the_way_of_its_negative_to_maximise(tmp_path):
    def history(objective, sign):
        def evaluate(points):
            return [Outcome(sign * float(np.sum(np.square(point.x)))) for point in points]

        engine = make("cmaes", 12, seed=1, batch=12)
        return search(evaluate, Box(), engine, tmp_path / objective.name, 61, objective=objective).history

    down, up = history(Objective("rmse", maximise=False), 1.0), history(Objective("nse"), -1.0)
    assert np.array_equal(down.points, up.points) and np.array_equal(down.losses, up.losses)
    assert down.best.objective == -up.best.objective == down.objectives.min()
    assert down.losses[-12:].mean() < down.losses[1:13].mean()


def test_an_exception_is_the_failure_of_its_own_point(tmp_path):
    def broken(points):
        if any(point.trial == 3 for point in points):
            raise FloatingPointError("layer 9 at 2016-01-01")
        return [Outcome(0.5) for _ in points]

    history = small(broken, tmp_path / "h", 9).history
    assert [record.trial for record in history.records if not record.ok] == [3]
    assert history.records[3].reason == "FloatingPointError: layer 9 at 2016-01-01"


def test_a_score_that_is_not_finite_is_a_failure(tmp_path):
    def evaluate(points):
        return [Outcome(np.nan if point.trial == 2 else 1.0) for point in points]

    history = small(evaluate, tmp_path / "h", 5).history
    assert [record.ok for record in history.records] == [True, True, False, True, True]
    assert "nan" in history.records[2].reason


def test_bad_input_is_no_failed_trial(tmp_path):
    def evaluate(points):
        raise InputError([])

    with pytest.raises(InputError):
        small(evaluate, tmp_path / "h")
    assert len(load_history(tmp_path / "h")) == 0


def test_a_search_in_which_everything_fails_stops_and_says_so(tmp_path):
    with pytest.raises(SearchError, match="all first 13.*no snow"):
        small(lambda points: [Outcome(None, failed="no snow") for _ in points], tmp_path / "h", 100)


def test_failures_at_first_are_judged_after_whole_batches_so_that_a_kill_changes_nothing(tmp_path):
    """Trial 14 is the first to succeed; stopped after trial 11, the search must still come to it."""

    def evaluate(points):
        for point in points:
            if point.trial == 12 and not resumed:
                raise KeyboardInterrupt
            yield Outcome(1.0) if point.trial >= 14 else Outcome(None, failed="cold")

    resumed, whole = True, tmp_path / "whole"
    expected = small(evaluate, whole, 20, batch=16).history
    resumed, path = False, tmp_path / "h"
    with pytest.raises(KeyboardInterrupt):
        small(evaluate, path, 20, batch=16)
    assert len(load_history(path)) == 12
    resumed = True
    assert small(evaluate, path, 20, batch=16).history.same_as(expected)
    for budget in (1, 12):
        with pytest.raises(SearchError, match=f"all first {budget} .*cold"):
            small(evaluate, tmp_path / "short", budget, batch=16)


def test_a_history_says_which_packages_it_was_begun_with(tmp_path):
    small(one_by_one, tmp_path / "h", 1)
    assert load_history(tmp_path / "h").header["information"]["packages"]["numpy"] == np.__version__


def test_too_few_outcomes_are_an_error(tmp_path):
    with pytest.raises(SearchError, match="3 outcomes for 4 points"):
        small(lambda points: [Outcome(1.0) for _ in points[:3]], tmp_path / "h")


def test_stagnation_ends_a_search_and_a_finished_search_stays_finished(tmp_path):
    result = small(lambda points: [Outcome(1.0) for _ in points], tmp_path / "h", 100, patience=10)
    assert result.stopped == "stagnation" and len(result.history) == 13
    again = small(one_by_one, tmp_path / "h", 100, patience=10)
    assert again.stopped == "stagnation" and again.history.same_as(result.history)


def test_a_lattice_may_run_out(tmp_path):
    space, engine = Box(1, levels=5), make("random", 1, levels=5, batch=4)
    result = search(one_by_one, space, engine, tmp_path / "h", 50)
    assert result.stopped == "exhausted" and len(result.history) == 6


@pytest.mark.parametrize("engine", ["cmaes", "de", "sobol", "random", "sobol+"])
def test_a_larger_budget_continues_the_same_search(engine, tmp_path):
    run(engine, tmp_path / "grown", 23)
    grown = run(engine, tmp_path / "grown", 50).history
    assert grown.same_as(run(engine, tmp_path / "at once", 50).history)


def test_ctrl_c_leaves_a_whole_journal(tmp_path):
    def interrupted(points):
        for outcome, point in zip(one_by_one(points), points, strict=True):
            if point.trial == 7:
                raise KeyboardInterrupt
            yield outcome

    with pytest.raises(KeyboardInterrupt):
        small(interrupted, tmp_path / "h", 20)
    assert len(load_history(tmp_path / "h")) == 7 and (tmp_path / "h").read_bytes().endswith(b"}\n")
    small(one_by_one, tmp_path / "h", 20)
    assert load_history(tmp_path / "h").same_as(small(one_by_one, tmp_path / "other", 20).history)


def test_another_case_is_refused_and_told_apart(tmp_path):
    path = tmp_path / "h"
    small(one_by_one, path, 5, case={"hash": "abc", "forcing": "x.nc"})
    before = path.read_bytes()
    with pytest.raises(InputError) as caught:
        engine = make("random", 3, seed=2, batch=4)
        search(one_by_one, Box(3), engine, path, 9, case={"hash": "abd", "forcing": "x.nc"})
    text = str(caught.value)
    assert "case.hash" in text and "engine.seed" in text and "forcing" not in text
    assert path.read_bytes() == before


def test_a_point_that_is_not_proposed_again_is_noticed(tmp_path):
    path = tmp_path / "h"
    small(one_by_one, path, 7)
    lines = path.read_text().splitlines()
    lines[6] = lines[6].replace(f'"x":[{load_history(path).records[5].x[0]}', '"x":[0.33')
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(HistoryError, match="trial 5"):
        small(one_by_one, path, 9)


def test_an_engine_of_another_size_is_refused(tmp_path):
    with pytest.raises(SearchError, match="dimensions"):
        search(one_by_one, Box(3), make("random", 4), tmp_path / "h", 5)


@pytest.mark.parametrize(
    "engine, evaluations, cuts",
    [
        ("cmaes", 33, (0, 1, 2, 4, 13, 14, 31, 33)),
        ("de", 57, range(0, 58, 4)),
        ("random+", 17, range(18)),
        pytest.param("openbox", 17, (10, 15), marks=no_openbox),
        pytest.param("openbox+", 17, (10, 15), marks=no_openbox),
    ],
)
def test_cut_after_any_line_it_ends_the_same(engine, evaluations, cuts, tmp_path):
    whole = run(engine, tmp_path / "whole", evaluations).history
    lines = (tmp_path / "whole").read_bytes().splitlines(keepends=True)
    for cut in cuts:
        path = tmp_path / f"cut{cut}"
        path.write_bytes(b"".join(lines[:cut]) + lines[cut][:-7])
        assert run(engine, path, evaluations).history.same_as(whole)
        assert load_history(path).same_as(whole)


def start(engine: str, path: Path, evaluations: int, seconds: float, last: int = -1) -> subprocess.Popen:
    arguments = [engine, path, evaluations, seconds, last]
    command = [sys.executable, "-m", "tests.search.searches", *map(str, arguments)]
    return subprocess.Popen(command, cwd=path.parent, env=ENVIRONMENT, stdout=-1, stderr=-1, text=True)


def kill_at(process: subprocess.Popen, path: Path, lines: int, by: int = signal.SIGKILL) -> None:
    """Send a signal as soon as the journal has so many lines; fails if the search ends before."""
    deadline = time.monotonic() + 60
    while not path.exists() or path.read_bytes().count(b"\n") < lines:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(by)
    process.communicate()
    assert process.returncode == -by


@pytest.mark.parametrize(
    "engine, evaluations, kills",
    [
        ("cmaes", 45, (1, 28)),
        ("de", 60, (51,)),
        pytest.param("openbox", 17, (11,), marks=no_openbox),
        pytest.param("openbox+", 17, (7,), marks=no_openbox),
    ],
)
def test_killed_and_resumed_is_never_stopped(engine, evaluations, kills, tmp_path):
    whole = run(engine, tmp_path / "uninterrupted", evaluations).history
    path = tmp_path / "killed" / "history.jsonl"
    path.parent.mkdir()
    for lines in kills:
        kill_at(start(engine, path, evaluations, 0.02, evaluations - 1), path, lines)
        assert len(load_history(path)) < evaluations
    with path.open("ab") as journal:
        journal.write(b'{"trial":99,"batch":3,"x":[0.1')
    if engine.startswith("openbox"):  # whose loading takes longer than the search
        run(engine, path, evaluations)
    else:
        last = start(engine, path, evaluations, 0.0)
        assert last.communicate() == ("", "") and last.returncode == 0
    assert load_history(path).same_as(whole)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_search_stopped_by_a_signal_goes_on_the_same(by, tmp_path):
    whole = run("cmaes", tmp_path / "uninterrupted", 30).history
    path = tmp_path / "stopped"
    kill_at(start("cmaes", path, 30, 0.02, 29), path, 11, by)
    assert path.read_bytes().endswith(b"}\n") and 10 <= len(load_history(path)) < 30
    assert run("cmaes", path, 30).history.same_as(whole)


def test_a_score_outside_its_range_is_a_failed_trial(tmp_path):
    values = iter([0.5, 1.2, 0.7, -3.0])
    objective = Objective("nse", limits=(-np.inf, 1.0))
    result = search(
        lambda points: [Outcome(next(values)) for _ in points],
        Box(3),
        make("random", 3, batch=3),
        tmp_path / "h",
        4,
        objective=objective,
    )
    assert [record.ok for record in result.history.records] == [True, False, True, True]
    assert result.history.records[1].reason == "nse is 1.2, outside its range (1 at most)"
    assert result.best.trial == 2 and len(load_history(tmp_path / "h")) == 4

"""What passes between the search and an engine."""

import numpy as np
import pytest

from lsmcal.search.engines import make
from lsmcal.search.protocol import EngineError, EngineSettings, Trials, check_goal_count, describe


def test_the_start_is_whole_batches_and_positions_count_from_the_first():
    settings = EngineSettings(12, batch=8)
    assert (settings.start, settings.position(1), settings.position(3)) == (32, 0, 16)
    assert EngineSettings(12, batch=8, initial=8).start == 8


@pytest.mark.parametrize("name, value", [("dimensions", 0), ("levels", 1), ("seed", -1), ("batch", 0), ("goals", 0)])
def test_settings_below_their_least_are_refused(name, value):
    with pytest.raises(EngineError, match=f"{name} of a search must be at least {value + 1}, not {value}"):
        EngineSettings(**{"dimensions": 3, name: value})


def test_trials_know_which_points_were_visited_and_which_succeeded():
    trials = Trials.of([[0.1, 0.2], [0.3, 0.4]], [1.0, np.nan])
    assert trials.visited == {(0.1, 0.2), (0.3, 0.4)}
    assert trials.table.shape == (2, 1) and trials.succeeded.tolist() == [True, False]
    two = Trials.of([[0.1], [0.3], [0.5]], [[1.0, 2.0], [np.nan, 1.0], [np.inf, 0.0]])
    assert two.table.shape == (3, 2) and two.succeeded.tolist() == [True, False, False]


def test_the_fingerprint_names_goals_only_where_there_are_several():
    one, two = make("random", 3, seed=4, batch=2), make("random", 3, seed=4, batch=2, goals=2)
    shared = {"name": "random", "levels": 101, "seed": 4, "batch": 2, "start": 8}
    assert describe(one) == shared and describe(two, more=1) == {**shared, "goals": 2, "more": 1}


def test_too_many_goals_are_refused():
    check_goal_count("x", EngineSettings(3, goals=4), 4)
    with pytest.raises(EngineError, match="x searches at most 4 goals, not 5"):
        check_goal_count("x", EngineSettings(3, goals=5), 4)

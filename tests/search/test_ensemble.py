"""Members drawn from the optimal set or from a Pareto front."""

import numpy as np

from lsmcal.search.ensemble import draw_from_front, draw_members


def test_members_are_drawn_with_a_seed():
    drawn = draw_members(range(100, 160), seed=4)
    assert len(drawn.trials) == 13 and len(set(drawn.trials)) == 13 and not drawn.note
    assert drawn == draw_members(reversed(range(100, 160)), seed=4) != draw_members(range(100, 160), seed=5)
    assert drawn.candidates == 60 and set(drawn.trials) <= set(range(100, 160))


def test_too_few_candidates_are_all_taken_and_said():
    drawn = draw_members([4, 2, 9])
    assert drawn.trials == (2, 4, 9) and "only 3" in drawn.note and "13" in drawn.note


#: A front 0, 1, 2 in two goals; 3, 4 and 5 lie behind it, 4 nearest; 6 failed.
LOSSES = np.array([[0.0, 10.0], [1.0, 5.0], [4.0, 0.0], [3.9, 9.0], [1.2, 5.5], [4.0, 10.0], [np.nan, 0.0]])


def test_a_long_front_is_drawn_from_by_the_seed():
    losses = np.stack([np.arange(40.0), -np.arange(40.0)], axis=1)
    drawn = draw_from_front(losses, range(40), 13, seed=2)
    assert len(set(drawn.trials)) == 13 and drawn.candidates == 40 and not drawn.note
    assert drawn == draw_from_front(losses, reversed(range(40)), 13, seed=2)
    assert drawn != draw_from_front(losses, range(40), 13, seed=3)


def test_a_short_front_is_filled_from_just_behind_it():
    drawn = draw_from_front(LOSSES, [2, 0, 1], members=5)
    assert drawn.trials == (0, 1, 2, 3, 4) and drawn.candidates == 3  # 5 would have to gain 0.75, 3 only 0.725
    assert "only 3" in drawn.note and "2 more" in drawn.note
    alone = draw_from_front(LOSSES, [0, 1, 2], members=5, fill=False)
    assert alone.trials == (0, 1, 2) and "more" not in alone.note


def test_failed_trials_never_fill_a_front():
    assert draw_from_front(LOSSES, [0, 1, 2], members=13).trials == (0, 1, 2, 3, 4, 5)
    assert draw_from_front(LOSSES[:1], [0], members=3).trials == (0,)

"""Scores from ranks: made-up tables with known answers."""

import numpy as np
import pytest

from lsmcal.screening.ranking import rank_parameters


def ranked(ranks, **settings):
    names = "ABCDEFGH"[: len(ranks[0])]
    return rank_parameters(names, [f"y{k}" for k in range(len(ranks))], np.array(ranks), **settings)


def test_score_is_the_sum_of_the_best_ranks():
    ranking = ranked([[1, 2, 3], [3, 1, 2], [3, 1, 2], [3, 2, 1]], share=0.5, keep=2)
    assert ranking.count == 2 and list(ranking.scores) == [2]
    np.testing.assert_array_equal(ranking.scores[2], [1 + 3, 1 + 1, 1 + 2])
    np.testing.assert_array_equal(ranking.place, [3, 1, 2])
    assert ranking.chosen == ["B", "C"] and not ranking.notes


@pytest.mark.parametrize("rounding, count", [("nearest", 5), ("down", 5), ("up", 6)])
def test_thirty_percent_of_eighteen_is_five_or_six_and_both_are_reported(rounding, count):
    ranks = np.argsort(np.random.default_rng(1).random((18, 6)), axis=1) + 1
    ranking = ranked(ranks.tolist(), rounding=rounding, keep=3)
    assert ranking.count == count
    assert list(ranking.scores) == [5, 6]
    np.testing.assert_array_equal(ranking.scores[6], np.sort(ranks, axis=0)[:6].sum(axis=0))


def test_a_share_that_gives_a_whole_number_is_not_rounded_up():
    assert list(ranked([[1, 2]] * 10, share=0.3, keep=1).scores) == [3]


def test_another_rounding_that_chooses_otherwise_is_said():
    # A is best once and poor otherwise; B is always second
    ranking = ranked([[1, 2], [5, 2], [5, 2], [5, 2]], share=0.3, rounding="down", keep=1)
    assert ranking.count == 1 and ranking.chosen == ["A"] and ranking.chosen_by(2) == {"B"}
    assert any("best 2 ranks" in note and "A, B" in note for note in ranking.notes)


def test_equal_scores_share_a_place_and_the_sum_of_all_ranks_decides():
    ranking = ranked([[1, 1, 3, 4], [3, 1, 2, 4], [4, 3, 1, 1]], share=0.3, keep=2)
    assert ranking.count == 1
    np.testing.assert_array_equal(ranking.place, [1, 1, 1, 1])
    assert ranking.chosen == ["B", "C"]  # sums 5 and 6, against 8 and 9
    assert ranking.tied == ["B", "C", "A", "D"]
    assert any("tied scores at the last selected rank" in note for note in ranking.notes)


def test_a_tie_among_the_chosen_is_no_tie_at_the_last_place():
    ranking = ranked([[1, 1, 3]], keep=2)
    assert ranking.chosen == ["A", "B"] and ranking.tied == []


def test_no_response_or_no_rank_is_refused():
    with pytest.raises(ValueError, match="no ranks"):
        rank_parameters(["A"], [], np.zeros((0, 1), int))
    with pytest.raises(ValueError, match="no ranks"):
        ranked([[0, 1]])

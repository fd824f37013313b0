"""Agreement of maps: Kappa by hand and against scikit-learn, what is left out, what cannot be told."""

import json
import math

import numpy as np
import pytest

from lsmcal.evaluation.agreement import ABSENT, PRESENT, UNKNOWN, Confusion, binary, confusion
from lsmcal.permafrost import CLASS_NAMES, OUT, PERMAFROST, SEASONALLY_FROZEN, UNDETERMINED, UNFROZEN


def maps(seed, classes, count, agree):
    """A target and a simulation that agree more or less."""
    random = np.random.default_rng(seed)
    target = random.integers(0, classes, count)
    return target, np.where(random.random(count) < agree, target, random.integers(0, classes, count))


def test_kappa_by_hand():
    """Two raters and 50 cells: observed 0.7, by chance 0.5 x 0.6 + 0.5 x 0.4 = 0.5."""
    found = Confusion((1, 0), np.array([[20, 5], [10, 15]]))
    assert found.kappa == pytest.approx(0.4, abs=1e-15)
    assert found.accuracy == 0.7 and found.total == 50 and found.undefined == ""
    rates = found.rates()
    assert (rates[1].found, rates[1].right) == (20 / 25, 20 / 30)
    assert (rates[0].found, rates[0].right) == (15 / 25, 15 / 20)
    assert (rates[1].target, rates[1].simulated, rates[1].both) == (25, 30, 20)


def test_published_table_of_boreholes():
    """74 of 83 boreholes with permafrost and 18 of 26 without are met: Kappa 0.576."""
    assert Confusion((1, 0), np.array([[74, 9], [8, 18]])).kappa == pytest.approx(0.576, abs=5e-4)


@pytest.mark.parametrize("classes", [2, 3, 6])
@pytest.mark.parametrize("agree", [0.0, 0.5, 0.97, 1.0])
@pytest.mark.parametrize("count", [12, 2000])
def test_kappa_is_that_of_scikit_learn(classes, agree, count):
    cohen_kappa_score = pytest.importorskip("sklearn.metrics").cohen_kappa_score
    for seed in range(5):
        target, simulated = maps(seed, classes, count, agree)
        found = confusion(target, simulated, range(classes))
        assert found.kappa == pytest.approx(cohen_kappa_score(target, simulated), abs=1e-13)
        assert found.accuracy == pytest.approx((target == simulated).mean())


def test_rows_are_the_target():
    found = confusion(np.array([1, 1, 1, 0]), np.array([0, 0, 1, 0]))
    assert found.codes == (1, 0)
    np.testing.assert_array_equal(found.counts, [[1, 2], [0, 1]])


def test_swapping_the_maps_or_the_names_changes_nothing():
    target, simulated = maps(3, 3, 300, 0.4)
    found = confusion(target, simulated, (0, 1, 2))
    assert confusion(simulated, target, (0, 1, 2)).kappa == found.kappa
    assert confusion(target, simulated, (2, 0, 1)).kappa == found.kappa
    np.testing.assert_array_equal(confusion(simulated, target, (0, 1, 2)).counts, found.counts.T)


def test_parts_add_up_to_the_whole():
    target, simulated = maps(4, 2, 1001, 0.6)
    whole = confusion(target, simulated)
    cuts = [slice(0, 10), slice(10, 10), slice(10, 700), slice(700, None)]
    parts = [confusion(target[cut], simulated[cut]) for cut in cuts]
    assert sum(parts[1:], parts[0]) == whole
    with pytest.raises(ValueError, match="cannot add"):
        whole + confusion(target, simulated, (0, 1))


def test_many_cells_do_not_overflow():
    """Products of the counts exceed 64 bits."""
    found = Confusion((1, 0), np.array([[4 * 10**10, 10**10], [10**10, 4 * 10**10]]))
    assert found.kappa == pytest.approx(0.6, abs=1e-15)


def test_unknown_cells_are_left_out():
    target, simulated = np.array([1, UNKNOWN, 0, 7, 1]), np.array([1, 1, 0, UNKNOWN, 0])
    found = confusion(target, simulated)
    np.testing.assert_array_equal(found.counts, [[1, 1], [0, 1]])


def test_simulated_class_that_does_not_count_is_refused():
    with pytest.raises(ValueError, match=r"1 of 2 cells .* the first as -1"):
        confusion(np.array([1, 0, -1]), np.array([1, -1, -1]))
    with pytest.raises(ValueError, match="two maps alike"):
        confusion(np.zeros(3, int), np.zeros(2, int))


@pytest.mark.parametrize("only", [PRESENT, ABSENT])
def test_kappa_of_one_and_the_same_class_is_undefined(only):
    found = confusion(np.full(9, only), np.full(9, only))
    assert math.isnan(found.kappa) and found.accuracy == 1.0
    assert f"single class {only} in all 9 cells" in found.undefined
    other = found.rates()[1 - only]
    assert math.isnan(other.found) and math.isnan(other.right) and other.target == 0


def test_one_class_against_two_is_chance():
    found = confusion(np.ones(6, int), np.array([1, 0, 1, 1, 0, 1]))
    assert found.kappa == 0.0 and found.undefined == ""
    assert confusion(np.ones(4, int), np.zeros(4, int)).kappa == 0.0


def test_kappa_without_cells_is_undefined():
    found = confusion(np.full(3, UNKNOWN), np.ones(3, int))
    assert found.total == 0 and math.isnan(found.kappa) and math.isnan(found.accuracy)
    assert "no cell" in found.undefined


def test_plain_values_come_back():
    found = confusion(*maps(5, 3, 77, 0.5), (0, 1, 2))
    assert Confusion.from_dict(json.loads(json.dumps(found.as_dict()))) == found


@pytest.mark.parametrize(
    "codes, counts",
    [
        ((1, 1), [[1, 2], [3, 4]]),
        ((), []),
        ((1, 0), [[1, 2]]),
        ((1, 0), [[1, -2], [3, 4]]),
        ((1, 0), [[0.5, 1], [1, 1]]),
    ],
)
def test_counts_that_make_no_sense_are_refused(codes, counts):
    with pytest.raises(ValueError, match="need"):
        Confusion(codes, np.array(counts))


def test_classes_of_the_ground_as_a_map_of_permafrost():
    wanted = {PERMAFROST: 1, SEASONALLY_FROZEN: 0, UNFROZEN: 0, OUT: -1, UNDETERMINED: -1}
    assert set(wanted) == set(CLASS_NAMES)
    found = binary(np.array([list(wanted)], np.int8))
    np.testing.assert_array_equal(found, [list(wanted.values())])
    assert found.dtype == np.int8


def test_measures_have_names():
    found = Confusion((1, 0), np.array([[20, 5], [10, 15]])).measures()
    assert list(found.values()) == pytest.approx([0.4, 0.7, 20 / 25, 20 / 30, 15 / 25, 15 / 20])
    assert list(found)[:3] == ["Kappa", "overall accuracy", "permafrost: share found"]
    assert "class 7: share right" in Confusion((7, 8), np.eye(2, dtype=int)).measures()

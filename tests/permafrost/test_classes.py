"""The two-year rule, by cases that can be decided by hand."""

import numpy as np
import pytest

from lsmcal.permafrost import (
    OUT,
    PERMAFROST,
    SEASONALLY_FROZEN,
    UNDETERMINED,
    UNFROZEN,
    class_of_year,
    classify,
)

NAN = np.nan


def kelvin(*celsius):
    return np.array(celsius, float) + 273.15


# -- one year after another --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("before", "maximum", "minimum", "expected"),
    [
        ((9, 2, -1), (9, 2, -1), (-9, -5, -2), PERMAFROST),
        ((9, 2, 0), (9, 2, 0), (-9, -5, -2), PERMAFROST),  # exactly 0 degC is frozen
        ((9, 2, 1e-6), (9, 2, -1), (-9, -5, -2), SEASONALLY_FROZEN),  # one warm year
        ((9, 2, -1), (9, 2, 1e-6), (-9, -5, -2), SEASONALLY_FROZEN),
        ((9, -1, 1), (9, 1, -1), (-9, -2, -2), SEASONALLY_FROZEN),  # two years, but not the same layer
        ((-1, 2, 3), (-1, 2, 3), (-9, 1, 2), PERMAFROST),  # whichever layer
        ((9, 2, 1), (9, 2, 1), (0, 1, 1), SEASONALLY_FROZEN),  # a minimum of exactly 0 degC too
        ((9, 2, 1), (9, 2, 1), (1e-6, 1, 1), UNFROZEN),
    ],
)
def test_rule(before, maximum, minimum, expected):
    assert class_of_year(kelvin(*before), kelvin(*maximum), kelvin(*minimum)) == expected


@pytest.mark.parametrize(
    ("before", "maximum", "minimum", "expected"),
    [
        ((9, NAN, -1), (9, NAN, -1), (-9, NAN, -2), PERMAFROST),  # what is there suffices
        ((9, 1, NAN), (9, 1, -1), (-9, 0, -2), UNDETERMINED),  # was the third layer frozen the year before?
        ((9, 1, 1), (9, 1, NAN), (-9, 0, NAN), SEASONALLY_FROZEN),  # no: it was not
        ((9, 1, NAN), (9, 1, NAN), (-9, 0, NAN), SEASONALLY_FROZEN),  # never a value: not there
        ((9, 1, 1), (9, 1, 1), (NAN, 1, 1), UNDETERMINED),  # was the first layer cold?
        ((NAN, NAN, NAN), (9, 1, -1), (-9, 0, -2), UNDETERMINED),
        ((NAN, NAN, NAN), (9, 1, 1), (-9, 0, 1), UNDETERMINED),
        ((NAN, NAN, NAN), (NAN, NAN, NAN), (NAN, NAN, NAN), UNDETERMINED),
    ],
)
def test_missing_values_decide_nothing(before, maximum, minimum, expected):
    assert class_of_year(kelvin(*before), kelvin(*maximum), kelvin(*minimum)) == expected


def test_missing_values_only_blur():
    """Whatever is taken away, the class stays or becomes undetermined; a layer gone in both years is not there."""
    random = np.random.default_rng(3)
    minimum = kelvin(0) + random.normal(-1, 2, (4000, 2, 4))
    maximum = minimum + random.exponential(2, minimum.shape)
    whole = class_of_year(maximum[:, 0], maximum[:, 1], minimum[:, 1])
    gone = random.random(minimum.shape) < 0.2
    gone[:, 0] &= ~gone[:, 1]
    maximum[gone] = minimum[gone] = NAN
    found = class_of_year(maximum[:, 0], maximum[:, 1], minimum[:, 1])
    assert set(np.unique(whole)) == {PERMAFROST, SEASONALLY_FROZEN, UNFROZEN}
    assert ((found == whole) | (found == UNDETERMINED)).all()
    assert 0.02 < np.mean(found == UNDETERMINED) < 0.6


# -- many years --------------------------------------------------------------------------------------------------
def series():
    """One layer under another for six years: thaws through in the fourth, refreezes in the fifth."""
    maximum = kelvin([5, -1], [5, -1], [5, 0], [5, 1], [5, -1], [5, -1])
    return maximum, maximum - 8.0


def test_first_year_and_after_a_warm_one():
    found = classify(*series())
    kinds = [UNDETERMINED, PERMAFROST, PERMAFROST, SEASONALLY_FROZEN, SEASONALLY_FROZEN, PERMAFROST]
    assert found.dtype == np.int8 and found.tolist() == kinds


def test_year_after_a_gap_is_undetermined():
    found = classify(*series(), years=[2000, 2001, 2003, 2004, 2005, 2007])
    kinds = [UNDETERMINED, PERMAFROST, UNDETERMINED, SEASONALLY_FROZEN, SEASONALLY_FROZEN, UNDETERMINED]
    assert found.tolist() == kinds


def test_year_without_values_is_a_gap():
    maximum, minimum = series()
    maximum[1] = minimum[1] = NAN
    assert classify(maximum, minimum).tolist()[:4] == [UNDETERMINED] * 3 + [SEASONALLY_FROZEN]


def test_order_of_cells_and_excluded_ones():
    random = np.random.default_rng(1)
    minimum = kelvin(0) + random.normal(-1, 2, (5, 7, 9, 3))
    maximum = minimum + random.exponential(2, minimum.shape)
    found = classify(maximum, minimum)
    assert found.shape == (5, 7, 9)
    order = random.permutation(7)
    assert np.array_equal(classify(maximum[:, order], minimum[:, order]), found[:, order])
    alone = classify(maximum[2, 4], minimum[2, 4])
    assert np.array_equal(alone, found[2, 4])
    excluded = random.random((5, 7)) < 0.3
    out = classify(maximum, minimum, excluded=excluded)
    assert (out[excluded] == OUT).all() and np.array_equal(out[~excluded], found[~excluded])


def test_colder_ground_is_never_less_frozen():
    random = np.random.default_rng(2)
    minimum = kelvin(0) + random.normal(0, 2, (500, 4, 3))
    maximum = minimum + random.exponential(2, minimum.shape)
    warm, cold = classify(maximum, minimum)[:, 1:], classify(maximum - 1.0, minimum - 1.0)[:, 1:]
    assert (cold <= warm).all() and (cold < warm).any()


@pytest.mark.parametrize(
    ("shapes", "years", "words"),
    [
        (((3, 2), (3, 3)), None, "alike"),
        (((3,), (3,)), None, "alike"),
        (((3, 2), (3, 2)), [2000, 2001], "3 ascending years"),
        (((3, 2), (3, 2)), [2000, 2002, 2001], "ascending"),
    ],
)
def test_bad_arrays(shapes, years, words):
    with pytest.raises(ValueError, match=words):
        classify(*(np.zeros(shape) for shape in shapes), years=years)

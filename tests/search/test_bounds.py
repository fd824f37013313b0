"""A space of plain bounds: values at its corners, and what is refused."""

import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.search.bounds import bounds_of

PAIRS = {"k": (0.1, 0.9), "depth": (-2.0, 6.0)}


def test_corners_and_middle_are_the_bounds_and_the_start():
    space = bounds_of(PAIRS, {"depth": 0.5}, levels=11)
    assert space.names == ("k", "depth") and space.levels == 11
    assert space.to_parameters([0.0, 1.0]) == {"k": 0.1, "depth": 6.0}
    assert space.default_parameters() == {"k": 0.5, "depth": 0.5}
    np.testing.assert_allclose(space.default_unit(), [0.5, 2.5 / 8.0], rtol=1e-15)
    assert space.rows()[1] == {"name": "depth", "low": -2.0, "high": 6.0, "default": 0.5}


@pytest.mark.parametrize(
    "pairs, start, says",
    [
        ({}, {}, "has no parameter"),
        ([(0, 1)], {}, "has no parameter"),
        ({"k": (1, 0)}, {}, "bounds: k: low above high (found (1, 0))"),
        ({"k": (1, 1)}, {}, "low equals high"),
        ({"k": (0, np.inf)}, {}, "not finite"),
        ({"k": (-1.7e308, 1.7e308)}, {}, "not finite"),
        ({"k": (0, np.nan)}, {}, "not finite"),
        ({"k": 3}, {}, "invalid bounds"),
        ({"k": (0, 1, 2)}, {}, "invalid bounds"),
        ({"k": ("a", "b")}, {}, "invalid bounds"),
        ({3: (0, 1)}, {}, "must be a text"),
        ({"k": (0, 1)}, {"k": 2}, "start: k: outside its bounds (found 2); expected 0 to 1"),
        ({"k": (0, 1)}, {"k": "x"}, "outside its bounds"),
        ({"k": (0, 1)}, {"m": 0.5}, "start: m: unknown parameter; expected k"),
    ],
)
def test_what_is_no_space_is_refused(pairs, start, says):
    with pytest.raises(InputError) as caught:
        bounds_of(pairs, start)
    assert says in str(caught.value) and len(caught.value.problems) == 1


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(InputError) as caught:
        bounds_of({"a": (1, 0), "b": 2, "c": (0, 1)}, {"a": 7, "c": 7, "d": 7})
    assert [problem.variable for problem in caught.value.problems] == ["a", "b", "c", "d"]

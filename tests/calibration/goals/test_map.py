"""A map as a goal: classes by the two-year rule, Kappa and its counts, targets that can teach nothing."""

import json
import math

import numpy as np
import pytest

from lsmcal.calibration.goals.map import MapGoal, map_goal
from lsmcal.calibration.goals.protocol import Simulated
from lsmcal.core.errors import InputError
from lsmcal.evaluation.agreement import Confusion
from lsmcal.permafrost import PERMAFROST, SEASONALLY_FROZEN, UNDETERMINED, UNFROZEN
from lsmcal.search.goals import gain

COLD, WARM = 272.0, 275.0
YEARS = np.array([2008, 2009, 2010, 2011])
#: Cells 3, 5, 8, 9, 12: permafrost; thawed the year before; thawed in the year; seasonally frozen; unfrozen.
CELL = np.array([3, 5, 8, 9, 12])


def simulated(**changed):
    """Two layers in four years; the lower one decides about 2010."""
    maximum, minimum = np.full((5, 4, 2), WARM), np.full((5, 4, 2), COLD)
    maximum[0, 1:3, 1] = COLD
    maximum[1, [0, 2, 3], 1] = COLD
    maximum[2, [0, 1, 3], 1] = COLD
    maximum[3, 1, 0], maximum[3, 2, 1] = COLD, COLD
    minimum[4] = WARM
    fields = {"maximum": maximum, "minimum": minimum, "mean": 0.5 * (maximum + minimum), **changed}
    return Simulated(CELL, YEARS, np.array([0.1, 1.0]), **fields)


def goal(target, cells=CELL, year=2010, **more):
    return MapGoal(f"map {year}", year, np.asarray(cells), np.asarray(target), **more)


def test_class_rests_on_two_years_and_the_same_layer():
    classes = goal([1, 0, 0, 0, 0]).classes(simulated())
    assert classes.tolist() == [PERMAFROST, SEASONALLY_FROZEN, SEASONALLY_FROZEN, SEASONALLY_FROZEN, UNFROZEN]
    assert goal([1, 0, 0, 0, 0]).years == (2009, 2010)
    later = goal([1, 0, 0, 0, 0], year=2011).classes(simulated())
    assert later.tolist() == [SEASONALLY_FROZEN, PERMAFROST, *[SEASONALLY_FROZEN] * 2, UNFROZEN]


def test_score_is_kappa_with_its_counts():
    score = goal([1, 1, 0, 0, 0]).score(simulated())
    found = Confusion.from_dict(score.details)
    np.testing.assert_array_equal(found.counts, [[1, 1], [0, 3]])
    assert score.value == found.kappa == pytest.approx((5 * 4 - (2 * 1 + 3 * 4)) / (25 - (2 * 1 + 3 * 4)))
    assert score.details["accuracy"] == 0.8 and "undefined" not in score.details
    json.dumps(score.details)


def test_only_the_cells_of_the_goal_count():
    """Cells that were simulated for other goals change nothing."""
    score = goal([1, 0], cells=[3, 12]).score(simulated())
    assert score.value == 1.0 and score.details["counts"] == [[1, 0], [0, 1]]
    assert goal([1, 0], cells=[5, 12]).score(simulated()).value == 0.0


def test_cells_or_years_that_were_not_simulated_are_said():
    with pytest.raises(KeyError, match="cell 4 was not simulated"):
        goal([1, 0], cells=[3, 4]).score(simulated())
    with pytest.raises(KeyError, match="year 2007 was not stored"):
        goal([1, 0], cells=[3, 5], year=2008).score(simulated())


def test_undefined_kappa_is_a_value_with_a_reason():
    score = goal([0, 0], cells=[9, 12]).score(simulated())
    assert math.isnan(score.value) and "single class 0 in all 2 cells" in score.details["undefined"]
    assert score.details["counts"] == [[0, 0], [0, 2]] and score.details["accuracy"] == 1.0


def test_a_cell_without_a_class_is_a_failure_with_a_reason():
    broken = simulated()
    broken.maximum[0] = np.nan
    assert goal([1, 0, 0, 0, 0]).classes(broken)[0] == UNDETERMINED
    score = goal([1, 0, 0, 0, 0]).score(broken)
    assert math.isnan(score.value)
    assert score.details == {"undefined": "the class of 1 of 5 cells in 2010 is undetermined"}
    assert goal([0, 0], cells=[5, 12]).score(broken).details["accuracy"] == 1.0


def test_it_is_a_goal_that_is_maximised():
    one = goal([1, 0, 0, 0, 0], weight=2.0)
    assert (one.measure, one.maximise, one.scale, one.weight) == ("Kappa", True, 1.0, 2.0)
    assert (one.daily, one.days) == ((), None)
    assert gain(one, 0.4) == 0.4


def test_description_tells_goals_apart():
    one = goal([1, 0, 0, 0, 0]).describe()
    assert one == goal([1, 0, 0, 0, 0]).describe() and json.loads(json.dumps(one)) == one
    others = [
        goal([1, 0, 0, 0, 1]),
        goal([1, 0, 0, 0, 0], year=2011),
        goal([1, 0, 0, 0, 0], weight=0.5),
        goal([1, 0, 0, 0, 0], cells=[3, 5, 8, 9, 13]),
    ]
    assert len({json.dumps(other.describe(), sort_keys=True) for other in others} | {json.dumps(one)}) == 5
    wide = goal(np.array([1, 0, 0, 0, 0], np.int64), cells=CELL.astype(np.int32)).describe()
    assert wide == one


@pytest.mark.parametrize(
    "cells, target",
    [
        ([3, 3], [1, 0]),
        ([5, 3], [1, 0]),
        ([3, 5], [1, -1]),
        ([3, 5], [1]),
        ([[3, 5]], [[1, 0]]),
    ],
)
def test_targets_that_do_not_fit_are_refused(cells, target):
    with pytest.raises(ValueError, match="cells"):
        goal(target, cells=cells)


def test_goal_of_a_target_map_takes_the_chosen_cells_that_are_known():
    target, chosen = np.array([1, -1, 0, 0, 1]), np.array([True, True, True, False, True])
    made = map_goal("map", 2010, CELL, target, chosen, 0.5)
    assert made.cells.tolist() == [3, 8, 12] and made.target.tolist() == [1, 0, 1] and made.weight == 0.5


def test_a_single_class_or_none_is_refused():
    target, every = np.array([1, -1, 0, 0, 1]), np.ones(5, bool)
    with pytest.raises(
        InputError,
        match=r"a\.nc: map: a single class in the cells to calibrate on.*undefined.*"
        r"no permafrost in all 2 cells",
    ):
        map_goal("map", 2010, CELL, target, target != 1, source="a.nc", variable="map")
    with pytest.raises(InputError, match="no cell has a class"):
        map_goal("map", 2010, CELL, np.full(5, -1), every)

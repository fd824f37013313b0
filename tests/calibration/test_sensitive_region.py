"""The sensitive region: against a slow search for neighbours, at the edges, beside masked and unknown cells."""

import numpy as np
import pytest
from scipy.ndimage import maximum_filter

from lsmcal.calibration.sensitive_region import check_disagreement, disagreement, sensitive_cells
from lsmcal.core.errors import InputError
from lsmcal.inputs.domain.domain import Grid


def grid_of(rows, columns):
    return Grid(np.arange(columns) + 0.5, np.arange(rows) + 30.5)


def region(seed, rows=9, columns=11, modelled=0.7, known=0.85, wrong=0.06):
    """Grid, cells, simulated and target with holes everywhere."""
    random = np.random.default_rng(seed)
    cell = np.flatnonzero(random.random(rows * columns) < modelled)
    target = np.where(random.random(cell.size) < known, random.integers(0, 2, cell.size), -1)
    simulated = np.where(random.random(cell.size) < wrong, 1 - target, target)
    simulated = np.where(target < 0, random.integers(0, 2, cell.size), simulated)
    simulated = np.where(random.random(cell.size) < 0.05, -1, simulated)
    return grid_of(rows, columns), cell, simulated, target


def slowly(grid, cell, simulated, target, reach):
    """Every cell with every other."""
    columns, found = grid.longitude.size, np.zeros(cell.size, bool)
    for one in range(cell.size):
        for other in range(cell.size):
            wrong = {simulated[other], target[other]} == {0, 1}
            rows = abs(cell[one] // columns - cell[other] // columns)
            across = abs(cell[one] % columns - cell[other] % columns)
            known = simulated[one] in (0, 1) and target[one] in (0, 1)
            found[one] |= known and wrong and max(rows, across) <= reach
    return found


@pytest.mark.parametrize("reach", [0, 1, 2])
def test_as_a_slow_search(reach):
    some = 0
    for seed in range(6):
        grid, cell, simulated, target = region(seed)
        found = sensitive_cells(grid, cell, simulated, target, reach)
        np.testing.assert_array_equal(found, slowly(grid, cell, simulated, target, reach))
        some += 0 < found.sum() < cell.size
    assert some >= 4


def test_as_a_filter_of_the_whole_grid():
    grid, cell, simulated, target = region(11, rows=40, columns=30)
    wrong = np.zeros((40, 30))
    wrong.flat[cell] = disagreement(simulated, target)
    near = maximum_filter(wrong, 3, mode="constant", cval=0.0).flat[cell] > 0
    known = (simulated >= 0) & (target >= 0)
    np.testing.assert_array_equal(sensitive_cells(grid, cell, simulated, target), near & known)


@pytest.mark.parametrize("row, column, count", [(0, 0, 4), (0, 2, 6), (2, 2, 9), (3, 4, 4), (2, 4, 6)])
def test_edges_are_no_neighbours_of_each_other(row, column, count):
    """One wrong cell on a grid of 4 x 5; numbers that follow each other over the end of a row do not touch."""
    cell, target = np.arange(20), np.zeros(20, int)
    simulated = target.copy()
    simulated[row * 5 + column] = 1
    found = sensitive_cells(grid_of(4, 5), cell, simulated, target)
    rows, columns = np.divmod(cell[found], 5)
    assert found.sum() == count
    assert np.abs(rows - row).max() <= 1 and np.abs(columns - column).max() <= 1


def test_disagreement_reaches_over_a_masked_cell_only_within_its_neighbourhood():
    """Cells 0 and 2 of a row, with 1 masked: not neighbours at reach 1, at reach 2 they are."""
    cell, simulated, target = np.array([0, 2]), np.array([1, 0]), np.array([0, 0])
    assert sensitive_cells(grid_of(1, 4), cell, simulated, target).tolist() == [True, False]
    assert sensitive_cells(grid_of(1, 4), cell, simulated, target, 2).tolist() == [True, True]


def test_unknown_cells_neither_disagree_nor_belong():
    cell, target = np.arange(5), np.array([0, -1, 0, 0, 0])
    simulated = np.array([0, 1, 0, -1, 1])
    assert disagreement(simulated, target).tolist() == [False, False, False, False, True]
    assert sensitive_cells(grid_of(1, 5), cell, simulated, target, 9).tolist() == [True, False, True, False, True]


def test_the_order_of_the_cells_does_not_matter():
    grid, cell, simulated, target = region(2)
    order = np.random.default_rng(0).permutation(cell.size)
    found = sensitive_cells(grid, cell[order], simulated[order], target[order])
    np.testing.assert_array_equal(found, sensitive_cells(grid, cell, simulated, target)[order])


def test_no_disagreement_is_nothing_to_calibrate():
    cell, target = np.arange(6), np.array([0, 1, 1, -1, 0, 0])
    assert not sensitive_cells(grid_of(2, 3), cell, target, target).any()
    with pytest.raises(InputError, match=r"target\.nc: map: nothing to calibrate: .* in all 5 cells"):
        check_disagreement(target, target, "target.nc", "map")
    with pytest.raises(InputError, match="nothing to calibrate: no cell has a class in both"):
        check_disagreement(np.full(6, -1), target, "target.nc")
    check_disagreement(1 - target, target, "target.nc")


def test_cells_that_do_not_fit_are_refused():
    one = np.zeros(2, int)
    with pytest.raises(ValueError, match="not on a grid of 2 x 3"):
        sensitive_cells(grid_of(2, 3), np.array([0, 6]), one, one)
    with pytest.raises(ValueError, match="one value a cell"):
        sensitive_cells(grid_of(2, 3), np.array([0, 1]), one, np.zeros(3, int))
    for reach in (-1, 1.5):
        with pytest.raises(ValueError, match="reach"):
            sensitive_cells(grid_of(2, 3), np.array([0, 1]), one, one, reach)

"""Groups of parameters."""

import numpy as np
import pytest

from lsmcal.sensitivity import analyze, group, sample
from tests.sensitivity.functions import cube

#: Two strong, three weak, two without effect.
STRENGTH = np.array([0.1, 3.0, 0.0, 0.1, 3.1, 0.0, 0.11])


@pytest.fixture(scope="module")
def result():
    X = sample(cube(7), 40, 0.1, seed=1)
    return analyze(cube(7), X, np.sin(3.0 * X) @ STRENGTH, bootstrap=200, seed=2)


def test_strong_weak_and_none(result):
    found = result.group()
    assert found.members == [["x1", "x4"], ["x0", "x3", "x6"], ["x2", "x5"]]
    assert found.active.tolist() == [0, 1, 3, 4, 6]
    assert (found.reliability[STRENGTH > 1.0] == 1.0).all() and (found.reliability[STRENGTH == 0.0] == 1.0).all()


def test_a_group_is_surer_than_a_rank(result):
    found = result.group()
    assert (found.reliability >= result.reliability_ivars[2] - 1e-12).all()
    assert (found.reliability > result.reliability_ivars[2]).any()


@pytest.mark.parametrize("groups", [1, 2, 3, 5])
def test_a_number_of_groups(result, groups):
    found = group(result, scale=0.1, groups=groups)
    active = found.group[found.active]
    assert sorted(set(active.tolist())) == list(range(1, groups + 1)) and found.scale == 0.1
    assert (found.group[STRENGTH == 0.0] == groups + 1).all()
    means = [result.ivars[0, found.group == g].mean() for g in range(1, groups + 1)]
    assert (np.diff(means) < 0.0).all()


def test_every_parameter_by_itself_has_the_reliability_of_its_rank(result):
    found = group(result, groups=5)
    active = found.active
    assert np.array_equal(found.reliability[active], result.reliability_ivars[2][active])


def test_few_parameters():
    X = sample(cube(2), 20, 0.1, seed=1)
    none = analyze(cube(2), X, np.ones(len(X)), bootstrap=20, seed=1).group()
    one = analyze(cube(2), X, X[:, 1], bootstrap=20, seed=1).group()
    both = analyze(cube(2), X, X[:, 1] + 0.1 * X[:, 0] ** 2, bootstrap=20, seed=1).group()
    assert none.members == [["x0", "x1"]] and one.members == [["x1"], ["x0"]] and both.members == [["x1"], ["x0"]]


def test_table_and_tree(result):
    found = result.group()
    table = found.to_df()
    assert table["group"].tolist() == [1, 1, 2, 2, 2, 3, 3] and table.index[0] == "x1"
    axis = found.plot().axes[0]
    assert {label.get_text() for label in axis.get_xticklabels()} == {"x0", "x1", "x3", "x4", "x6"}
    assert "without effect: x2, x5" in axis.get_title(loc="left")

"""The calibration space: the paper's dimensions, bounds, the unit cube and its levels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsmcal.core.errors import InputError
from lsmcal.noah.parameters.tables import load_tables, with_roots_by_depth
from lsmcal.parameters.space import (
    build_space,
    class_shares,
    parameter_table,
    predominant_classes,
    sensitive_parameters,
)

TABLES = with_roots_by_depth(load_tables(general="ji2026"))
TEN = sensitive_parameters()
MAP = build_space(TEN, TABLES, [7, 8, 9, 19], [7, 9, 12, 13, 14])
TUNABLE = [p.name for p in parameter_table() if p.status == "tunable"]
ALL = build_space(TUNABLE, TABLES, [7, 19], [7, 13], layers=18)


def named(space):
    return {dimension.name: dimension for dimension in space.dimensions}


@pytest.mark.parametrize(
    ("vegetation", "soil", "count"),
    [([7], [7, 12, 13], 12), ([19], [11, 12, 14], 12), ([7, 8, 9, 19], [7, 9, 12, 13, 14], 26)],
)
def test_dimensions_of_table_s1(vegetation, soil, count):
    assert len(build_space(TEN, TABLES, vegetation, soil)) == count


def test_one_layer_of_eighteen_is_left_out():
    column = [7] * 9 + [9] + [12] * 4 + [13] * 4
    shares = class_shares(column)
    assert shares[9] == pytest.approx(1 / 18)
    assert predominant_classes(shares) == (7, 12, 13)
    assert predominant_classes({13: 0.0569, 9: 0.0556, 7: 0.88}) == (7, 13)
    assert len(build_space(TEN, TABLES, {7: 1.0}, shares)) == 12


def test_shares_of_a_map():
    classes = np.array([[7, 7, 12], [7, 12, 13]])
    assert class_shares(classes) == pytest.approx({7: 0.5, 12: 1 / 3, 13: 1 / 6})


def test_order_follows_the_table_not_the_user():
    turned = build_space(TEN[::-1], TABLES, [19, 7, 9, 8], [14, 13, 12, 9, 7])
    assert turned == MAP
    assert MAP.names[:5] == ("SBETA", "FXEXP", "FRZK", "CZIL", "EMISSMIN[7]") and MAP.names[-1] == "TBOT"


def test_bounds():
    found = named(ALL)
    assert (found["SBETA"].low, found["SBETA"].high) == (-3.0, -1.0)
    assert (found["RS[7]"].low, found["RS[7]"].high) == pytest.approx((32.0, 48.0))
    assert (found["MAXSMC[13]"].low, found["MAXSMC[13]"].high) == pytest.approx((0.2358, 0.2882))
    assert (found["TBOT"].low, found["TBOT"].high, found["TBOT"].default) == (-1.5, 1.5, 0.0)
    assert (found["EMISSMAX[7]"].low, found["EMISSMAX[7]"].high) == pytest.approx((0.864, 1.0))
    assert (found["QTZ[13]"].low, found["QTZ[13]"].high) == pytest.approx((0.752, 1.0))
    assert (found["NROOT[7]"].low, found["NROOT[7]"].high) == (4.0, 8.0)
    assert np.all(ALL.bounds[:, 0] < ALL.bounds[:, 1])


def test_roots_stay_within_table_and_column():
    raw = build_space(["NROOT"], load_tables(), [19, 7], (), layers=4)
    assert {d.name: (d.low, d.high) for d in raw.dimensions} == {"NROOT[7]": (1, 4), "NROOT[19]": (1, 3)}


def test_whole_numbers_take_equal_parts():
    space = build_space(["NROOT[7]"], TABLES, [7])
    values = [space.to_values([u])[0] for u in (np.arange(1000) + 0.5) / 1000]
    assert np.array_equal(np.unique(values, return_counts=True), ([4, 5, 6, 7, 8], [200] * 5))
    assert space.to_values([1.0])[0] == 8.0 and space.to_values([0.0])[0] == 4.0


def test_default_is_exact_and_need_not_lie_on_a_level():
    parameters = ALL.default_parameters()
    assert set(parameters) == set(ALL.names)
    assert all(parameters[d.name] == d.default for d in ALL.dimensions)
    unit = MAP.default_unit()
    assert np.max(np.abs(unit - MAP.snap(unit))) > 1e-4
    paper = parameters.apply(TABLES)
    assert paper.general == TABLES.general
    for column in paper.soil.columns:
        np.testing.assert_array_equal(paper.soil[column], TABLES.soil[column])


def test_corners_are_the_bounds():
    np.testing.assert_array_equal(MAP.to_values(np.zeros(26)), MAP.bounds[:, 0])
    np.testing.assert_array_equal(MAP.to_values(np.ones(26)), MAP.bounds[:, 1])


@given(st.integers(0, 2**32 - 1))
def test_unit_values_and_back(seed):
    unit = np.random.default_rng(seed).random(len(ALL))
    parameters = ALL.to_parameters(unit)
    again = ALL.to_parameters(ALL.to_unit(parameters))
    for d in ALL.dimensions:
        assert d.low <= parameters[d.name] <= d.high
        assert again[d.name] == pytest.approx(parameters[d.name], rel=1e-12, abs=1e-12)


def test_levels_are_hundredths_of_the_range():
    levels = np.arange(101)
    np.testing.assert_array_equal(MAP.to_levels(MAP.from_levels(levels)), levels)
    snapped = MAP.snap(np.random.default_rng(1).random((50, 26)))
    np.testing.assert_allclose(snapped * 100, np.rint(snapped * 100), atol=1e-12)
    np.testing.assert_array_equal(MAP.snap(snapped), snapped)
    step = np.diff([MAP.dimensions[0].value(u) for u in MAP.from_levels(levels)])
    np.testing.assert_allclose(step, 0.02, rtol=1e-9)


def test_user_ranges():
    ranges = {"SBETA": [-2.5, -2.1], "MAXSMC": (0.2, 0.5), "MAXSMC[12]": (0.3, 0.4), "TBOT": (-3, 3)}
    found = named(build_space(TEN, TABLES, [7], [7, 12], ranges=ranges))
    assert (found["SBETA"].low, found["SBETA"].high) == (-2.5, -2.1)
    assert (found["MAXSMC[7]"].low, found["MAXSMC[12]"].low) == (0.2, 0.3)
    assert found["TBOT"].high == 3.0


def test_default_outside_a_narrowed_range():
    space = build_space(["SBETA"], TABLES, ranges={"SBETA": [-1.9, -1.1]})
    assert space.default_unit().tolist() == [0.0]
    assert space.default_parameters() == {"SBETA": -2.0}


def test_every_problem_at_once():
    ranges = {"SBETA": [-1, -3], "FXEXP": [0.2], "EMISSMIN[7]": [0.5, 0.9], "SALP": [2, 3], "FRZKK": [0, 1]}
    names = ["SBETA", "FXEXP", "EMISSMIN", "MAXSMCC", "KDT", "REFSMC", "BB[9]", "BB[77]", "CZIL[3]", "RS"]
    with pytest.raises(InputError) as caught:
        build_space(names, TABLES, [7], [7], ranges=ranges, source="case.toml")
    found = {problem.variable: str(problem) for problem in caught.value.problems}
    expected = {
        "MAXSMCC": "did you mean MAXSMC",
        "KDT": "derived",
        "REFSMC": "passive",
        "BB[9]": "does not occur",
        "BB[77]": "classes are 1 to 19",
        "CZIL[3]": "takes no class number",
        "SBETA": "low above high",
        "FXEXP": "is not a range",
        "EMISSMIN[7]": "0.5 is physically impossible",
        "SALP": "is not varied",
        "FRZKK": "did you mean FRZK",
    }
    assert set(found) == set(expected)
    for key, text in expected.items():
        assert text in found[key], found[key]


def test_a_class_below_the_threshold_can_be_named():
    space = build_space(["MAXSMC", "BB[9]"], TABLES, {7: 1.0}, {7: 0.95, 9: 0.05})
    assert space.names == ("BB[9]", "MAXSMC[7]")


@pytest.mark.parametrize(
    ("names", "vegetation", "soil", "message"),
    [
        ([], [7], [7], "no parameter to vary"),
        (["MAXSMC"], [7], [], "no soil class"),
        (["SATPSI"], [7], [14], "no range to vary"),
    ],
)
def test_spaces_without_extent(names, vegetation, soil, message):
    with pytest.raises(InputError, match=message):
        build_space(names, load_tables(soil="wrf"), vegetation, soil)


@pytest.mark.parametrize("point", [[0.5], [0.5, 1.1], [float("nan"), 0.5], [[0.1, 0.2]]])
def test_points_outside_the_cube(point):
    space = build_space(["SBETA", "FXEXP"], TABLES)
    with pytest.raises(ValueError, match="coordinates"):
        space.to_values(point)

"""Passive soil parameters: the formulas against the published table, the three modes, the order of limits."""

import numpy as np
import pytest

from lsmcal.noah.parameters.passive import (
    FOLLOWERS,
    PARENTS,
    formula_values,
    frozen_infiltration_depth,
    reference_infiltration,
    update_followers,
)
from lsmcal.noah.parameters.tables import SOIL_COLUMNS, load_tables, packaged_soil

TEXTURES = range(12)
SOIL = packaged_soil("noahtibet")
BY_FORMULA = formula_values(*(SOIL[name] for name in PARENTS))


def test_diffusivity_of_all_textures():
    np.testing.assert_allclose(BY_FORMULA["SATDW"][:12], SOIL["SATDW"][:12], rtol=5.5e-3)


def test_wilting_point_and_f11_of_all_textures():
    np.testing.assert_allclose(BY_FORMULA["WLTSMC"][:12], SOIL["WLTSMC"][:12], atol=5.01e-4)
    np.testing.assert_allclose(BY_FORMULA["F11"][:12], SOIL["F11"][:12], atol=5.01e-4)


def test_field_capacity_of_nine_textures_and_the_known_exceptions():
    off = np.abs(BY_FORMULA["REFSMC"] - SOIL["REFSMC"])
    wrong = {SOIL.classes[i] for i in TEXTURES if off[i] > 1e-3}
    assert wrong == {"loamy sand", "sandy loam", "silt"}
    known = {"loamy sand": 0.283, "sandy loam": 0.312, "silt": 0.360, "bedrock": 0.108, "gravel": 0.138}
    for name, value in known.items():
        assert BY_FORMULA["REFSMC"][SOIL.index(name)] == pytest.approx(value, abs=6e-4), name


def test_gravel_is_not_made_by_formula():
    i = SOIL.index("gravel")
    assert BY_FORMULA["WLTSMC"][i] == pytest.approx(0.005, abs=5e-4)
    assert BY_FORMULA["SATDW"][i] == pytest.approx(4.60e-5, rel=2e-3)
    assert BY_FORMULA["F11"][i] == pytest.approx(-0.870, abs=1e-3)


@pytest.mark.parametrize(("name", "depth"), [("loam", 0.176), ("sand", 0.190), ("clay", 0.150), ("bedrock", 0.155)])
def test_frozen_infiltration_depth(name, depth):
    value = frozen_infiltration_depth(0.15, SOIL.value("MAXSMC", name), SOIL.value("REFSMC", name))
    assert value == pytest.approx(depth, abs=6e-4)


@pytest.mark.parametrize(
    ("name", "kdt"), [("loam", 5.07), ("sand", 1.605), ("clay", 1.46), ("gravel", 178.5), ("bedrock", 211.5)]
)
def test_reference_infiltration(name, kdt):
    assert reference_infiltration(3.0, SOIL.value("SATDK", name), 2e-6) == pytest.approx(kdt, rel=2e-3)


@pytest.mark.parametrize("table", ["noahtibet", "wrf", "noahpy"])
@pytest.mark.parametrize("mode", ["ratio", "table"])
def test_nothing_changed_changes_nothing(table, mode):
    soil = packaged_soil(table)
    after = update_followers(soil, soil, mode)
    for column in SOIL_COLUMNS:
        np.testing.assert_array_equal(after[column], soil[column], err_msg=column)


def test_formula_mode_is_the_formula_also_at_defaults():
    after = update_followers(SOIL, SOIL, "formula")
    for column in ("SATDW", "F11"):
        np.testing.assert_array_equal(after[column], BY_FORMULA[column])
    assert after.value("REFSMC", "bedrock") == pytest.approx(0.108, abs=5e-4)


def test_ratio_follows_continuously():
    """A change of porosity by a small share moves the followers likewise, formula-made row or not."""
    for name in SOIL.classes[:14]:
        number = SOIL.number(name)
        moved = SOIL.with_values("MAXSMC", {number: SOIL.value("MAXSMC", number) * 1.001})
        after = update_followers(moved, SOIL, "ratio")
        for column, power in (("REFSMC", 1.0), ("WLTSMC", 1.0), ("SATDW", -1.0)):
            ratio = after.value(column, number) / SOIL.value(column, number)
            assert ratio == pytest.approx(1.001**power, rel=1e-12), (name, column)


def test_only_the_touched_class_moves():
    after = update_followers(SOIL.with_values("BB", {7: 5.7}), SOIL, "ratio")
    others = np.arange(len(SOIL)) != 6
    for column in SOIL_COLUMNS:
        np.testing.assert_array_equal(after[column][others], SOIL[column][others])
    assert all(after.value(column, 7) != SOIL.value(column, 7) for column in FOLLOWERS)


def test_table_mode_keeps_followers():
    after = update_followers(SOIL.with_values("MAXSMC", {7: 0.45}), SOIL, "table")
    for column in FOLLOWERS:
        np.testing.assert_array_equal(after[column], SOIL[column])


@pytest.mark.parametrize("mode", ["ratio", "formula", "table"])
@pytest.mark.parametrize("seed", range(5))
def test_order_of_limits_holds_in_the_corners(mode, seed):
    rng = np.random.default_rng(seed)
    soil = SOIL
    for column, share in (("BB", 0.1), ("MAXSMC", 0.4), ("SATPSI", 0.1), ("SATDK", 0.2)):
        factors = 1.0 + share * rng.choice([-1.0, 1.0], len(SOIL))
        soil = soil.with_values(column, {i + 1: soil[column][i] * f for i, f in enumerate(factors)})
    after = update_followers(soil, SOIL, mode)
    dry, wilting, ref, porosity = (after[c] for c in ("DRYSMC", "WLTSMC", "REFSMC", "MAXSMC"))
    assert np.all((dry <= wilting) & (wilting < ref) & (ref <= porosity))


def test_explicit_value_wins_and_keeps_the_order():
    moved = SOIL.with_values("MAXSMC", {7: 0.40}).with_values("REFSMC", {7: 0.30, 12: 0.5})
    after = update_followers(moved, SOIL, "ratio", [("REFSMC", 7), ("REFSMC", 12)])
    assert after.value("REFSMC", 7) == 0.30
    assert after.value("REFSMC", 12) == SOIL.value("MAXSMC", 12)


def test_water_class_keeps_its_row():
    soil = load_tables(soil="wrf").soil
    after = update_followers(soil, soil, "formula")
    assert all(after.value(column, "water") == soil.value(column, "water") for column in FOLLOWERS)


def test_unknown_mode():
    with pytest.raises(ValueError, match="no passive mode 'ratios'"):
        update_followers(SOIL, SOIL, "ratios")

"""Parameter sets laid over the tables."""

import numpy as np
import pytest

from lsmcal.noah.parameters.overrides import apply_parameter_set, bottom_temperature_offset, join_key, split_key
from lsmcal.noah.parameters.tables import UnknownClassError, load_tables

TABLES = load_tables()


def same(a, b):
    pairs = [(a.soil, b.soil), (a.vegetation, b.vegetation)]
    return a.general == b.general and all(np.array_equal(x[c], y[c]) for x, y in pairs for c in x.columns)


def test_empty_set_and_offset_leave_the_tables():
    assert same(apply_parameter_set(TABLES, {}), TABLES)
    assert same(apply_parameter_set(TABLES, {"TBOT": 0.4}), TABLES)
    assert bottom_temperature_offset({"TBOT": 0.4, "SBETA": -1.0}) == 0.4
    assert bottom_temperature_offset({}) == 0.0


def test_values_arrive_where_they_belong():
    parameters = {"SBETA": -1.7, "EMISSMIN[7]": 0.93, "MAXSMC[12]": 0.36, "NROOT[7]": 5}
    after = apply_parameter_set(TABLES, parameters)
    assert after.general["SBETA"] == -1.7 and TABLES.general["SBETA"] == -2.0
    assert after.vegetation.value("EMISSMIN", 7) == 0.93 and after.vegetation.value("NROOT", 7) == 5
    assert after.soil.value("MAXSMC", "sand") == 0.36
    assert after.soil.value("REFSMC", "sand") == pytest.approx(0.236 * 0.36 / 0.339, rel=1e-12)
    assert TABLES.soil.value("MAXSMC", "sand") == 0.339


def test_order_of_keys_does_not_matter():
    pairs = [("MAXSMC[12]", 0.36), ("BB[12]", 3.0), ("REFSMC[12]", 0.2), ("SATDK[12]", 1.2e-6)]
    assert same(apply_parameter_set(TABLES, dict(pairs)), apply_parameter_set(TABLES, dict(pairs[::-1])))


def test_a_set_is_applied_to_the_defaults_not_to_the_last_set():
    once = apply_parameter_set(TABLES, {"MAXSMC[7]": 0.40})
    again = apply_parameter_set(TABLES, {"MAXSMC[7]": 0.439})
    assert not same(once, TABLES)
    assert same(again, TABLES)


@pytest.mark.parametrize("key", ["MAXSMC", "SBETA[3]", "SBETTA", "TBOT[1]", "KDT", "MAXSMC[a]", "BB[-1]", ""])
def test_bad_keys(key):
    with pytest.raises(ValueError, match="is no parameter|not of the form"):
        apply_parameter_set(TABLES, {key: 1.0})


def test_class_outside_the_table():
    with pytest.raises(UnknownClassError, match="classes are 1 to 19"):
        apply_parameter_set(TABLES, {"MAXSMC[20]": 0.4})


@pytest.mark.parametrize("key", ["SBETA", "MAXSMC[12]"])
def test_keys_round_trip(key):
    assert join_key(*split_key(f" {key} ")) == key

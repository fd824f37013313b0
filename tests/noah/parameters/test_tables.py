"""The packaged tables equal the reference tables, and classes are found by number or by name."""

import numpy as np
import pytest

from lsmcal.noah.parameters.tables import (
    GENERAL_NAMES,
    GENERAL_TABLES,
    SOIL_COLUMNS,
    SOIL_TABLES,
    VEGETATION_COLUMNS,
    ClassTable,
    Tables,
    UnknownClassError,
    load_tables,
    packaged_general,
    packaged_soil,
    packaged_vegetation,
    with_roots_by_depth,
)

VEGETATION_IN_REFERENCE = {
    "SHDFAC": "SHDTBL",
    "NROOT": "NROTBL",
    "RS": "RSTBL",
    "RGL": "RGLTBL",
    "HS": "HSTBL",
    "SNUP": "SNUPTBL",
    "MAXALB": "MAXALB",
}


@pytest.mark.parametrize(("ours", "theirs"), [("wrf", "tables_std"), ("noahtibet", "tables_mod")])
def test_soil_equals_reference(shared, ours, theirs):
    reference = np.load(shared / "oracle" / f"{theirs}.npz")
    for column in SOIL_COLUMNS:
        np.testing.assert_array_equal(packaged_soil(ours)[column], reference[column], err_msg=column)
    first = [str(name).lower() for name in reference["soil_names"][:14]]
    assert list(packaged_soil(ours).classes[:14]) == first


@pytest.mark.parametrize("theirs", ["tables_std", "tables_mod"])
def test_vegetation_equals_reference(shared, theirs):
    reference = np.load(shared / "oracle" / f"{theirs}.npz")
    for column in VEGETATION_COLUMNS:
        name = VEGETATION_IN_REFERENCE.get(column, f"{column}TBL")
        np.testing.assert_array_equal(packaged_vegetation()[column], reference[name], err_msg=column)


@pytest.mark.parametrize(("ours", "theirs"), [("noah341", "tables_std"), ("noahtibet", "tables_mod")])
def test_general_equals_reference(shared, ours, theirs):
    reference = np.load(shared / "oracle" / f"{theirs}.npz")
    for name, value in packaged_general(ours).items():
        assert value == reference[f"{name}_DATA"], name
    tables = load_tables()
    np.testing.assert_array_equal(tables.slope, reference["SLOPE_DATA"])
    assert tables.bare == reference["BARE"]


def test_general_tables_differ_only_where_presets_do():
    classic, tibet, paper = (packaged_general(n) for n in ("noah341", "noahtibet", "ji2026"))
    assert set(GENERAL_NAMES) == set(classic)
    assert {n for n in classic if classic[n] != tibet[n]} == {"ZBOT"}
    assert {n for n in tibet if tibet[n] != paper[n]} == {"CZIL"}
    assert paper["CZIL"] == 0.2


def test_noahpy_differs_in_the_known_rows():
    tibet, other = packaged_soil("noahtibet"), packaged_soil("noahpy")
    changed = {(c, i + 1) for c in SOIL_COLUMNS for i in np.flatnonzero(tibet[c] != other[c])}
    columns = {"BB", "MAXSMC", "SATDK", "QTZ"}
    assert changed == {(c, number) for c in columns for number in (9, 11, 12, 14)}


def test_orders_hold_the_same_textures():
    """STAS and the plateau's order hold the same numbers for the same names."""
    stas, tibet = packaged_soil("wrf"), packaged_soil("noahtibet")
    for name in tibet.classes[:12]:
        for column in SOIL_COLUMNS:
            assert stas.value(column, name) == tibet.value(column, name)


def test_class_by_number_and_name():
    soil = packaged_soil()
    assert soil.number("Loam") == soil.number(7) == soil.number("7") == soil.number(np.int64(7)) == 7
    assert soil.value("MAXSMC", "SANDY  LOAM") == soil.value("MAXSMC", 9) == 0.434
    assert packaged_vegetation().number("mixed shrubland / grassland") == 9


@pytest.mark.parametrize("key", [0, 20, -1, 7.5, True, "20"])
def test_numbers_outside_the_table_are_refused(key):
    with pytest.raises(UnknownClassError, match="classes are 1 to 19"):
        packaged_soil().index(key)


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(UnknownClassError, match="did you mean .*loam"):
        packaged_soil().index("laom")
    with pytest.raises(UnknownClassError, match="satdk"):
        packaged_soil()["SATDKK"]
    with pytest.raises(UnknownClassError, match="noahtibet"):
        load_tables(soil="noahtibt")


def test_tables_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        load_tables().soil["BB"][0] = 1.0
    changed = packaged_soil().with_values("BB", {7: 5.5})
    assert changed.value("BB", 7) == 5.5
    assert packaged_soil().value("BB", 7) == 5.25


def test_ragged_columns_are_refused():
    with pytest.raises(ValueError, match="BB has 1 values for 2 classes"):
        ClassTable("mine", ("a", "b"), {"BB": np.array([1.0])})


def test_roots_by_depth():
    roots = with_roots_by_depth(load_tables()).vegetation
    numbers = {"grassland": 6, "evergreen needleleaf forest": 8, "herbaceous wetland": 4, 19: 4, 16: 4}
    assert {key: roots.value("NROOT", key) for key in numbers} == numbers
    assert load_tables().vegetation.value("NROOT", 7) == 3


def test_every_packaged_table_loads():
    for soil in SOIL_TABLES:
        for general in GENERAL_TABLES:
            tables = load_tables(soil=soil, general=general)
            assert isinstance(tables, Tables)
            assert len(tables.soil) == 19 and len(tables.vegetation) == 27 and tables.slope.shape == (9,)
    assert load_tables() is load_tables()

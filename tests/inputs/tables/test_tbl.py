"""Readers of a user's own .TBL files, both dialects, and what they say about bad ones."""

import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.inputs.tables.tbl import read_general_table, read_soil_table, read_tables, read_vegetation_table
from lsmcal.noah.parameters.tables import (
    SOIL_COLUMNS,
    VEGETATION_COLUMNS,
    load_tables,
    packaged_general,
    packaged_slope,
    packaged_soil,
    packaged_vegetation,
)

SOIL_HEADER = "'BB      DRYSMC      F11     MAXSMC   REFSMC   SATPSI  SATDK       SATDW     WLTSMC  QTZ    '"
LOAM = "5.25, 0.066, -0.327, 0.439, 0.329, 0.355, 3.38E-6, 0.143E-4, 0.066, 0.40, 'LOAM'"
SAND = "2.79, 0.010, -0.472, 0.339, 0.236, 0.069, 1.07D-6, .608D-6, 0.010, .92, 'SAND'"


def wrf_soil(folder, *rows, count=None):
    path = folder / "SOILPARM.TBL"
    head = ["Soil Parameters", "STAS", f"{count or len(rows)},1   {SOIL_HEADER}"]
    path.write_text("\n".join([*head, *(f"{i},  {row}" for i, row in enumerate(rows, start=1))]))
    return path


def problems_of(reader, *args, **kwargs):
    with pytest.raises(InputError) as caught:
        reader(*args, **kwargs)
    return [str(problem) for problem in caught.value.problems]


def assert_same(ours, theirs, columns):
    assert len(ours) == len(theirs)
    for column in columns:
        np.testing.assert_array_equal(ours[column], theirs[column], err_msg=column)


def test_tibet_files_equal_the_packaged_tables(shared):
    folder = shared / "data" / "noah_tables" / "noah341_tibet"
    notes = []
    assert_same(read_soil_table(folder / "SOILPARM.TBL", notes=notes), packaged_soil(), SOIL_COLUMNS)
    vegetation, extra = read_vegetation_table(folder / "VEGPARM.TBL", notes=notes)
    assert_same(vegetation, packaged_vegetation(), VEGETATION_COLUMNS)
    assert vegetation.classes == packaged_vegetation().classes
    general, slope = read_general_table(folder / "GENPARM.TBL")
    assert {**general, **{k: extra[k] for k in ("TOPT", "CMCMAX", "CFACTR", "RSMAX")}} == packaged_general()
    np.testing.assert_array_equal(slope, packaged_slope())
    assert extra["BARE"] == 19 and notes == []


def test_noahpy_files_equal_the_packaged_tables(shared):
    folder = shared / "data" / "tanggula_2007_2010"
    notes = []
    assert_same(read_soil_table(folder / "SOILPARM.TBL", notes=notes), packaged_soil("noahpy"), SOIL_COLUMNS)
    vegetation, extra = read_vegetation_table(folder / "VEGPARM.TBL")
    assert_same(vegetation, packaged_vegetation(), VEGETATION_COLUMNS)
    assert extra == {}
    assert [str(note.variable) for note in notes] == ["REFSMC"]


def test_wrf_files_of_a_later_release(shared):
    """The later WRF tables keep the textures except for a few revised rows of soil."""
    folder = shared / "data" / "noah_tables" / "wrf"
    notes = []
    soil = read_soil_table(folder / "SOILPARM.TBL", notes=notes)
    old = packaged_soil("wrf")
    assert soil.classes[:15] == old.classes[:15]
    for column in ("BB", "MAXSMC", "SATPSI"):
        changed = {soil.classes[i] for i in np.flatnonzero(soil[column] != old[column])}
        assert changed <= {"silt", "sandy clay loam"}
    assert soil.value("SATDK", "sand") == 4.66e-5
    assert [note.where for note in notes] == ["class 14 (water)"]
    vegetation, _ = read_vegetation_table(folder / "VEGPARM.TBL")
    assert_same(vegetation, packaged_vegetation(), VEGETATION_COLUMNS)
    assert read_general_table(folder / "GENPARM.TBL")[0]["ZBOT"] == -8.0


def test_other_sections(shared):
    folder = shared / "data" / "noah_tables"
    tables = read_tables(
        vegetation=folder / "noah341_tibet" / "VEGPARM.TBL", vegetation_section="modified_igbp_modis_noah"
    )
    assert len(tables.vegetation) == 20 and (tables.bare, tables.urban) == (16, 13)
    assert tables.vegetation.value("HS", 11) == 55.97  # a row without its commas
    assert tables.soil is load_tables().soil
    notes = []
    read_vegetation_table(folder / "wrf" / "VEGPARM.TBL", "NLCD40", notes)
    assert any("placeholders" in note.message for note in notes)
    found = problems_of(read_vegetation_table, folder / "wrf" / "VEGPARM.TBL", "IGBP")
    assert len(found) == 1 and "one of USGS, MODIFIED_IGBP_MODIS_NOAH" in found[0]


def test_read_tables_replaces_what_is_given(shared):
    folder = shared / "data" / "noah_tables" / "wrf"
    tables = read_tables(folder / "SOILPARM.TBL", folder / "VEGPARM.TBL", folder / "GENPARM.TBL")
    assert tables.soil.name == "SOILPARM.TBL:STAS" and tables.vegetation.name == "VEGPARM.TBL:USGS"
    assert tables.general == packaged_general("noah341")
    assert (tables.bare, tables.urban) == (19, 1)


def test_fortran_numbers_and_a_small_table(tmp_path):
    soil = read_soil_table(wrf_soil(tmp_path, LOAM, SAND))
    assert soil.classes == ("loam", "sand")
    assert (soil.value("SATDK", "sand"), soil.value("SATDW", 2), soil.value("QTZ", 2)) == (
        1.07e-6,
        6.08e-7,
        0.92,
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "0.439",
            "1.439",
            "MAXSMC: is invalid at class 1 (loam) (found 1.439); expected a number between",
        ),
        ("0.329", "0.060", "WLTSMC: is not below REFSMC 0.06 at class 1 (loam)"),
        ("-0.327, 0.439", "-0.327, O.439", "MAXSMC of class 1: is not a number at line 4 (found O.439)"),
        ("0.355", "nan", "SATPSI of class 1: is not finite at line 4"),
        ("5.25", "-5.25", "BB: is invalid at class 1 (loam)"),
        ("0.40", "40", "QTZ: is invalid"),
        ("0.355, ", "", "has the wrong number of values at line 4 (found 9); expected 10"),
        ("0.355, ", ", ", "has an empty field at line 4"),
    ],
)
def test_bad_values(tmp_path, old, new, message):
    found = problems_of(read_soil_table, wrf_soil(tmp_path, LOAM.replace(old, new), SAND))
    assert len(found) == 1 and message in found[0], found


def test_odd_but_published(tmp_path):
    notes = []
    read_soil_table(wrf_soil(tmp_path, LOAM.replace("0.329", "0.450"), SAND.replace("0.010", "0.020", 1)), notes=notes)
    assert [(note.variable, note.where) for note in notes] == [
        ("REFSMC", "class 1 (loam)"),
        ("DRYSMC", "class 2 (sand)"),
    ]


def test_all_problems_of_all_files_at_once(tmp_path):
    soil = wrf_soil(tmp_path, LOAM.replace("0.439", "4.39"), SAND.replace(".92", "high"), count=3)
    general = tmp_path / "GENPARM.TBL"
    general.write_text("General Parameters\nSLOPE_DATA\n2\n0.1\n1.6\nZBOT_DATA\n40.0\nCZIL_DATA\nabc\n")
    found = problems_of(read_tables, soil, tmp_path / "none.TBL", general)
    text = "\n".join(found)
    for part in (
        "STAS: has the wrong number of rows (found 2); expected 3",
        "MAXSMC: is invalid",
        "found high",
        "none.TBL: no such file",
        "slope class 2 (found 1.6)",
        "ZBOT: is invalid (found 40)",
        "CZIL: is not a number at line 9",
        "SBETA_DATA: is missing",
    ):
        assert part in text, text
    assert all(".TBL" in problem for problem in found)


def test_missing_column(tmp_path):
    path = tmp_path / "SOILPARM.TBL"
    path.write_text(
        "NUMBER,BB,DRYSMC,F11,MAXSMC,REFSMC,SATPSI,SATDK,SATDW,WLTSMC,TYPE\n"
        "1,5.25,0.066,-0.327,0.439,0.329,0.355,3.38E-6,0.143E-4,0.066,'LOAM'\n"
    )
    found = problems_of(read_soil_table, path)
    assert len(found) == 1 and "QTZ: column is missing" in found[0]


@pytest.mark.parametrize(
    ("text", "message"), [("", "is empty"), ("hello\nworld\n", "has no such section"), ("\n\n", "is empty")]
)
def test_files_that_are_no_tables(tmp_path, text, message):
    path = tmp_path / "SOILPARM.TBL"
    path.write_text(text)
    found = problems_of(read_soil_table, path)
    assert len(found) == 1 and message in found[0]


def test_rows_out_of_order(tmp_path):
    path = wrf_soil(tmp_path, LOAM, SAND)
    path.write_text(path.read_text().replace("\n2,  2.79", "\n5,  2.79"))
    assert "rows are out of order at line 5 (found 5); expected class 2" in problems_of(read_soil_table, path)[0]


def test_unusable_bare_class(tmp_path, shared):
    text = (shared / "data" / "noah_tables" / "noah341_tibet" / "VEGPARM.TBL").read_text()
    path = tmp_path / "VEGPARM.TBL"
    path.write_text(text.replace("BARE\n19", "BARE\n42").replace("RSMAX_DATA\n5000.0", "RSMAX_DATA\n-1", 1))
    found = problems_of(read_tables, vegetation=path)
    assert len(found) == 2 and "RSMAX" in found[0] and "BARE: is not a class of this table (found 42)" in found[1]

"""Reading a table of observations: units, missing values, and everything that can be wrong with one."""

import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.inputs.observed.network import read_network

HEAD = "site,lon,lat,year,variable,depth,value\n"


@pytest.fixture
def read(tmp_path):
    def of(text):
        path = tmp_path / "network.csv"
        path.write_text(text, encoding="utf-8")
        return read_network(path)

    return of


def problems(read, text):
    with pytest.raises(InputError) as caught:
        read(text)
    return [str(problem) for problem in caught.value.problems]


def test_lengths_are_metres_and_temperatures_celsius_where_nothing_else_is_said(read):
    table = read(
        HEAD + "QTB01,93.1,35.2,2010,alt,,2.4\nQTB01,93.1,35.2,2010,soil_temperature,10,-1.5\n"
        "QTB02,92.9,34.7,2011,MAGT,,-0.5\n"
    )
    assert table.site.tolist() == ["QTB01", "QTB01", "QTB02"]
    assert table.variable.tolist() == ["alt", "soil_temperature", "magt"]
    np.testing.assert_allclose(table.value, [2.4, 271.65, 272.65])
    np.testing.assert_array_equal(table.depth, [np.nan, 10.0, np.nan])
    assert table.year.tolist() == [2010, 2010, 2011] and table.longitude.tolist() == [93.1, 93.1, 92.9]


def test_units_of_a_column_go_before_those_of_the_header(read):
    table = read(
        'site;longitude;latitude;year;variable;depth [cm];"value [cm, K]";unit\n'
        "A;93;35;2010;alt;;240;\nA;93;35;2010;ttop;;271;\nA;93;35;2011;ttop;;-2;degC\n"
        "A;93;35;2010;soil_temperature;1000;271.5;\n"
    )
    np.testing.assert_allclose(table.value, [2.4, 271.0, 271.15, 271.5])
    assert table.depth[3] == 10.0


def test_lines_without_a_value_are_left_out_with_their_faults(read):
    table = read(HEAD + "A,93,35,2010,alt,,\nA,93,35,2011,alt,,-9999\n,,,,alt,,\nA,93,35,2012,alt,,1.5\n")
    assert table.year.tolist() == [2012]


def test_every_fault_of_a_table_is_said_at_once(read):
    said = problems(
        read,
        HEAD + "A,93,35,2010,atl,,2.0\nB,93,95,2010,alt,,2.0\nC,93,35,2010.5,alt,,2.0\n"
        "D,93,35,2010,soil_temperature,,-1\nE,93,35,2010,soil_temperature,-2,-1\n"
        "F,93,35,2010,magt,,271.2\nG,93,35,2010,alt,,240\nH,93,35,2010,ttop,3,-1\n"
        ",93,35,2010,alt,,2\nI,93,35,2010,alt,,2\nI,94,35,2011,alt,,2\nJ,400,35,2010,alt,,1\n",
    )
    text = "\n".join(said)
    for expected in (
        "variable: unknown variable at line 2 (found atl); expected one of alt,",
        "nearest: alt",
        "lat: is not a latitude at line 3 (found 95)",
        "year: is not a calendar year at line 4 (found 2010.5)",
        "soil_temperature: has no depth at line 5",
        "depth: depth must not be negative at line 6 (found -2)",
        "magt: out of range (is it in degC?) at line 7 (found 544.35)",
        "alt: out of range (is it in m?) at line 8",
        "ttop: takes no depth at line 9 (found 3)",
        "site: the site has no name at line 10",
        "I: a site has two locations at line 12 (found 94, 35)",
        "lon: is not a longitude at line 13 (found 400)",
    ):
        assert expected in text
    assert len(said) == 11


def test_missing_places_and_years_are_faults(read):
    said = problems(read, HEAD + "A,,35,2010,alt,,2\nB,93,,2010,alt,,2\nC,93,35,,alt,,2\n")
    assert [text.split(": ")[1] for text in said] == ["lon", "lat", "year"]
    assert all("found nothing" in text for text in said)


def test_a_second_value_of_the_same_is_named_by_its_line(read):
    rows = "A,93,35,2010,soil_temperature,10,-1\nA,93,35,2010,soil_temperature,15,-1\n"
    assert len(read(HEAD + rows)) == 2
    said = problems(read, HEAD + rows + "A,93,35,2010,soil_temperature,10.0,-1.2\n")
    assert len(said) == 1 and "line 4" in said[0] and "duplicate value" in said[0]


def test_units_that_cannot_be(read):
    said = problems(
        read, "site,lon,lat,year,variable,depth [feet],value,unit\nA,93,35,2010,alt,,2,degC\nA,93,35,2010,ttop,,2,m\n"
    )
    assert len(said) == 3
    assert "unknown unit of depth (found feet)" in said[0]
    assert "alt: unknown unit for a length at line 2 (found degC); expected one of m," in said[1]
    assert "ttop: unknown unit for a temperature" in said[2]


def test_columns_that_are_not_there_and_files_that_hold_nothing(read, tmp_path):
    said = problems(read, "name,lon,lat,variable,depth,value\nA,93,35,alt,,2\n")
    assert ["site: column not found" in said[0], "year: column not found" in said[1]] == [True, True]
    assert "no values" in problems(read, HEAD + "A,93,35,2010,alt,,\n")[0]
    assert "no values" in problems(read, HEAD)[0]
    assert "not a number" in problems(read, HEAD + "A,93,35,2010,alt,,two\n")[0]
    with pytest.raises(InputError, match="no such file"):
        read_network(tmp_path / "none.csv")


def test_tables_without_a_depth_column_hold_variables_without_depth(read):
    table = read("site,lon,lat,year,variable,value\nA,93,35,2010,alt,2\n")
    assert np.isnan(table.depth[0])

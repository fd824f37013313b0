"""Legends of data sets as classes of the model."""

import csv
from importlib import resources

import numpy as np
import pytest

from lsmcal.core.errors import Problems
from lsmcal.inputs.domain.crosswalk import CROSSWALKS, Crosswalk, load_crosswalk
from lsmcal.noah.parameters.tables import SOIL_TABLES, load_tables
from tests.inputs.small_maps import TABLES


def load(path, text, kind="soil"):
    path.write_text(text)
    problems = Problems()
    table = getattr(TABLES, kind)
    return load_crosswalk(kind, path.name, table, lambda name, key, problems: path, problems, "key"), problems.found


@pytest.mark.parametrize("name", CROSSWALKS["soil"])
def test_packaged_soils_hold_for_tables_in_any_order(name):
    """A class is the same soil by name in the tables of the two orders."""
    names = []
    for table in SOIL_TABLES:
        soil, problems = load_tables(table, "usgs", "ji2026").soil, Problems()
        crosswalk = load_crosswalk("soil", name, soil, None, problems)
        assert not problems.found and crosswalk.name == name
        numbers = crosswalk.layers(np.array(sorted(crosswalk.rows)), np.array([1.0]))[:, 0]
        names.append([soil.classes[number - 1] if number else "" for number in numbers])
    assert names[0] == names[1] == names[2]
    assert names[0][0] == ("clay" if name == "soilgrids" else "sand")


@pytest.mark.parametrize("name", CROSSWALKS["vegetation"])
def test_packaged_vegetation_is_known_and_each_class_is_there_once(name):
    problems = Problems()
    crosswalk = load_crosswalk("vegetation", name, TABLES.vegetation, None, problems)
    assert not problems.found
    path = resources.files("lsmcal.inputs.domain") / "crosswalks" / f"vegetation-{name}.csv"
    rows = list(csv.DictReader(line for line in path.read_text().splitlines() if not line.startswith("#")))
    assert len(rows) == len(crosswalk.rows) and None not in [row["vegetation"] for row in rows]
    numbers = {row["name"]: crosswalk.rows[int(row["class"])][0][1] for row in rows}
    assert numbers["grassland" if name == "esa-cci" else "grasslands"] == 7
    assert numbers["water bodies"] == 16 and numbers["no data"] == 0


def test_every_packaged_file_has_a_name():
    files = {item.name for item in (resources.files("lsmcal.inputs.domain") / "crosswalks").iterdir()}
    assert files == {f"{kind}-{name}.csv" for kind, names in CROSSWALKS.items() for name in names}


def test_rows_by_depth_are_taken_by_the_middle_of_a_layer(tmp_path):
    text = "class,name,to_depth,soil\n5,thin,0.3,organic material\n5,,2.0,loam\n5,,,bedrock\n6,rock,,14\n8,sea,,\n"
    crosswalk, problems = load(tmp_path / "own.csv", text)
    assert not problems and crosswalk.name == "own.csv"
    middle = np.array([0.1, 0.3, 0.31, 1.99, 2.1, 50.0])
    layers = crosswalk.layers(np.array([[5, 6], [8, 5]]), middle)
    assert layers.shape == (2, 2, 6)
    assert layers[0, 0].tolist() == layers[1, 1].tolist() == [17, 17, 7, 7, 14, 14]
    assert layers[0, 1].tolist() == [14] * 6 and layers[1, 0].tolist() == [0] * 6
    assert crosswalk.unknown(np.array([1, 5, 8, 9])).tolist() == [1, 9]


def test_the_last_row_holds_on_below_its_depth(tmp_path):
    crosswalk, _ = load(tmp_path / "own.csv", "class,to_depth,soil\n1,0.5,loam\n1,1.0,sand\n")
    assert crosswalk.layers(np.array([1]), np.array([0.2, 0.9, 5.0])).tolist() == [[7, 12, 12]]


def test_without_a_crosswalk_numbers_stand_for_themselves():
    crosswalk = Crosswalk("", TABLES.soil)
    assert crosswalk.layers(np.array([3, 19]), np.array([0.1, 9.0])).tolist() == [[3, 3], [19, 19]]
    assert crosswalk.unknown(np.array([0, 1, 19, 20])).tolist() == [0, 20]


def test_all_that_is_wrong_with_a_file_is_said_by_line(tmp_path):
    text = "class,to_depth,soil\n1,,loam\n1,,sand\n2,0.5,mud\n3,1.0,sand\n3,0.4,sand\nx,,sand\n4,deep,sand\n"
    crosswalk, problems = load(tmp_path / "own.csv", text)
    assert crosswalk is None
    assert [problem.where for problem in problems] == ["line 3", "line 4", "line 6", "line 7", "line 8"]
    assert "class 1 is a duplicate" in problems[0].message and "no further row" in problems[0].expected
    assert "mud" in problems[1].message and problems[1].variable == "soil"
    assert "class 3 has decreasing depths" in problems[2].message and problems[2].expected == "to_depth below 1 m"
    assert problems[3].value == "x,,sand" and problems[3].message == "is not valid"
    assert all(problem.source == str(tmp_path / "own.csv") for problem in problems)


def test_a_vegetation_class_told_twice_is_refused(tmp_path):
    crosswalk, problems = load(tmp_path / "own.csv", "class,vegetation\n1,grassland\n1,savanna\n", "vegetation")
    assert crosswalk is None and problems[0].where == "line 3"


def test_headers_names_and_files_that_are_wrong(tmp_path):
    crosswalk, problems = load(tmp_path / "own.csv", "class,soil\n1,loam\n")
    assert crosswalk is None and problems[0].message == "no column to_depth"
    assert problems[0].expected == "the header class,name,to_depth,soil"
    found = Problems()
    assert load_crosswalk("soil", "hwsd", TABLES.soil, None, found, "domain.soil.crosswalk") is None
    assert found.found[0].expected == "one of soilgrids, statsgo, or a .csv file"
    assert (found.found[0].variable, found.found[0].value) == ("domain.soil.crosswalk", "hwsd")

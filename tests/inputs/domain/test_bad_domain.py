"""What can be wrong with the maps of a domain: all of it is said at once, before anything is written."""

import json
import os

import netCDF4
import numpy as np
import pytest

from lsmcal.core.errors import InputError
from tests.inputs.map_files import add_axis, write_map
from tests.inputs.small_maps import LAND, LATITUDE, LONGITUDE, SHAPE, SOIL, WATER, fine, found_wrong, make_maps


def messages(problems):
    return [(os.path.basename(problem.source), problem.message) for problem in problems]


def test_everything_wrong_with_the_maps_is_said_at_once(tmp_path):
    land = fine(LAND)
    land[2, 3], land[5, 5] = 99, 45
    ground = np.full((12, *SHAPE), 0.3)
    ground[3, 2, 2] = 9.0
    keys = make_maps(tmp_path, land=land, green=ground) | {"greenness": {"file": "green.nc"}}
    with netCDF4.Dataset(tmp_path / "elevation.nc", "w") as data:  # another projection
        for name in ("y", "x"):
            add_axis(data, name, 1e4 * np.arange(9), "m")
        data.createVariable("dem", "f4", ("y", "x"))[:] = 4500.0
    raw = (tmp_path / "soil.nc").read_bytes()
    (tmp_path / "soil.nc").write_bytes(raw[: len(raw) // 2])
    keys["masked"] = [{"file": "glaciers.nc"}]
    keys["target"] = {"file": "frozen.nc"}
    write_map(tmp_path / "frozen.nc", fine(LAND), LONGITUDE + 20.0, LATITUDE)
    problems = found_wrong(tmp_path, keys)
    assert messages(problems) == [
        ("elevation.nc", "the map is in another projection"),
        ("green.nc", "1 pixels out of range, the first"),
        ("land.nc", "classes without a row in table usgs"),
        ("soil.nc", "cannot be opened as NetCDF: NetCDF: HDF error"),
        ("frozen.nc", "the map does not cover the region"),
        ("case", "no such file"),
    ]
    classes = next(problem for problem in problems if problem.source.endswith("land.nc"))
    assert classes.value == "45, 99" and classes.where == "33.275 N, 90.275 E"
    assert str(InputError(problems)).startswith("6 problems")


def test_a_domain_of_nothing_but_water_says_why_its_cells_went(tmp_path):
    land = fine(np.full((2, 3), WATER))
    land[:4, :4] = 7
    keys = make_maps(tmp_path, land=land, lake=fine(np.array([[1, 0, 0], [0, 0, 0]])))
    keys["masked"] = [{"file": "lake.nc", "name": "lake"}]
    (problem,) = found_wrong(tmp_path, keys)
    assert problem.message == "no cell remains" and problem.expected == "at least one cell to model"
    assert problem.value == "lake: 1; water or ice by class: 5"


def test_a_domain_without_any_forcing(tmp_path):
    (problem,) = found_wrong(tmp_path, make_maps(tmp_path), has_weather=lambda places: np.zeros(len(places), bool))
    assert problem.value == "no weather: 6"


def test_classes_missing_from_tables_and_legends(tmp_path):
    keys = make_maps(tmp_path, soil=fine(SOIL + 10))
    (problem,) = found_wrong(tmp_path, keys)
    assert problem.message == "class without a row in table noahtibet"
    assert problem.value == "22" and "1 to 19" in problem.expected and "domain.soil.crosswalk" in problem.expected
    keys = make_maps(tmp_path, land=fine(np.array([[130, 200, 210], [77, 130, 78]])))
    keys["vegetation"]["crosswalk"] = "esa-cci"
    (problem,) = found_wrong(tmp_path, keys)
    assert problem.message == "classes without a row in the crosswalk" and problem.value == "77, 78"
    assert problem.expected == "a row for each in esa-cci, or add the number to domain.vegetation.missing"


def test_classes_named_in_the_case_that_no_table_has(tmp_path):
    keys = make_maps(tmp_path)
    keys["vegetation"] = {"class": "gras land"}
    keys["soil"] = {"class": "mud", "exclude": ["lakes"]}
    problems = found_wrong(tmp_path, keys)
    assert [problem.variable for problem in problems] == ["domain.vegetation.class", "domain.soil.class"]
    assert "did you mean" in problems[0].message
    keys = make_maps(tmp_path, bedrock=np.ones(SHAPE)) | {"bedrock": {"file": "bedrock.nc"}, "bedrock_class": "stone"}
    keys["vegetation"]["exclude"] = ["lakes"]
    problems = found_wrong(tmp_path, keys)
    assert problems[0].variable == "domain.bedrock_class"


def test_layers_that_do_not_fit(tmp_path):
    keys = make_maps(tmp_path)
    keys["soil"] = {"class": [7, 7, 9]}
    (problem,) = found_wrong(tmp_path, keys)
    assert (problem.message, problem.expected) == ("has 3 values", "18 layers")


@pytest.mark.parametrize(
    "name, values, message, where",
    [
        ("elevation", np.full(SHAPE, 12000.0), "96 pixels out of range, the first", "33.025 N, 90.025 E"),
        ("land", fine(LAND) + 0.5, "is not a map of classes", "33.025 N, 90.025 E"),
        ("elevation", np.full(SHAPE, np.nan), "has no value in the region", ""),
        ("soil", np.full(SHAPE, np.nan), "has no value in the region", ""),
    ],
)
def test_numbers_that_cannot_be(tmp_path, name, values, message, where):
    (problem,) = found_wrong(tmp_path, make_maps(tmp_path, **{name: values}))
    assert (problem.message, problem.where) == (message, where) and problem.source == str(tmp_path / f"{name}.nc")


def test_units_that_do_not_fit(tmp_path):
    keys = make_maps(tmp_path)
    write_map(tmp_path / "elevation.nc", np.full(SHAPE, 15000.0), LONGITUDE, LATITUDE, units="feet")
    (problem,) = found_wrong(tmp_path, keys)
    assert (problem.message, problem.value) == ("has an unexpected unit", "feet")
    keys = make_maps(tmp_path) | {"tbot": "map", "tbot_map": {"file": "ground.nc"}}
    write_map(tmp_path / "ground.nc", np.full(SHAPE, -1.5), LONGITUDE, LATITUDE, units="K")
    (problem,) = found_wrong(tmp_path, keys)
    assert problem.message == "96 pixels out of range, the first" and problem.expected == "200 to 320 K"


def test_fractions_that_are_none(tmp_path):
    keys = make_maps(tmp_path, ice=np.full(SHAPE, 50.0))
    keys["masked"] = [{"file": "ice.nc", "fractions": True}]
    (problem,) = found_wrong(tmp_path, keys)
    assert problem.expected == "fractions, 0 to 1" and problem.value == "50.0"


@pytest.mark.parametrize(
    "text, message",
    [
        ("not json", "cannot be read as GeoJSON"),
        (json.dumps({"type": "Point", "coordinates": [90.0, 33.0]}), "has no polygon"),
        (
            json.dumps({"type": "Polygon", "coordinates": [[[5e5, 4e6], [6e5, 4e6], [6e5, 5e6], [5e5, 4e6]]]}),
            "is not a longitude and latitude",
        ),
    ],
)
def test_outlines_that_are_none(tmp_path, text, message):
    (tmp_path / "outline.json").write_text(text)
    (problem,) = found_wrong(tmp_path, make_maps(tmp_path) | {"outline": "outline.json"})
    assert problem.message.startswith(message) and problem.source == str(tmp_path / "outline.json")


def test_damage_inside_a_map(tmp_path):
    keys = make_maps(tmp_path)
    with netCDF4.Dataset(tmp_path / "elevation.nc", "w") as data:
        add_axis(data, "lat", LATITUDE, "degrees_north")
        add_axis(data, "lon", LONGITUDE, "degrees_east")
        noise = np.random.default_rng(2).uniform(4000.0, 5000.0, SHAPE)
        data.createVariable("height", "f8", ("lat", "lon"), zlib=True)[:] = noise
    raw = bytearray((tmp_path / "elevation.nc").read_bytes())
    at = raw.index(b"\x78\x5e") + 60
    raw[at : at + 60] = bytes(60)
    (tmp_path / "elevation.nc").write_bytes(raw)
    (problem,) = found_wrong(tmp_path, keys)
    assert problem.message.startswith("cannot be read") and problem.source == str(tmp_path / "elevation.nc")

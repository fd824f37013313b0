"""Bad input of a region's calibration as a user meets it: everything at once, before anything is simulated."""

import json

import numpy as np
import pytest

from lsmcal.case import load_case
from lsmcal.checking.case import check_file
from lsmcal.core.errors import InputError
from tests.inputs.map_files import centres, write_map
from tests.region_cases import PLATEAU, files_of, told, typed

CALIBRATE = """
[target]
source = "twin"
year = 1980
hidden = { SBETA = -1.2 }
[calibrate]
parameters = ["MAXSMC", "SBETA"]
engine = "cmaes"
evaluations = 9
batch = 4
"""
MAP_GOAL = '[[calibrate.goals]]\nkind = "map"\n'


@pytest.fixture
def case(tmp_path):
    """Write a case, what is added to its calibration at the end of it."""

    def write(more="", text=CALIBRATE):
        (tmp_path / "case.toml").write_text(PLATEAU + text + more)
        return tmp_path

    return write


# -- keys ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "added, expected",
    [
        (f"{MAP_GOAL}yeer = 1980", "calibrate.goals[1].yeer: unknown key; did you mean 'year'?"),
        (
            f'{MAP_GOAL}[[calibrate.goals]]\nkind = "network"\nfile = "a.csv"\ndeepst = 1.0',
            "calibrate.goals[2].deepst: unknown key; did you mean 'deepest'?",
        ),
        (f"{MAP_GOAL}deepest = 1.0", "calibrate.goals[1].deepest: unknown key; expected one of kind, name, year, file"),
        (
            '[[calibrate.goals]]\nkind = "site"\nat = [90, 33]\nfile = "a.csv"\ncolumns = [{ column = "t", dept = 1 }]',
            "calibrate.goals[1].columns[1].dept: unknown key; did you mean 'depth'?",
        ),
        (
            '[[calibrate.goals]]\nkind = "network"',
            "calibrate.goals[1].file: key is missing; expected table of site, lon, lat, year, variable, depth, value",
        ),
        ("spinup = { max_cycle = 3 }", "calibrate.spinup.max_cycle: unknown key; did you mean 'max_cycles'?"),
        ("hold_out = { evry = 3 }", "calibrate.hold_out.evry: unknown key; did you mean 'every'?"),
        ("hold_out = { stripes = 3 }", "calibrate.hold_out.stripes: unknown key; expected one of every, width"),
    ],
)
def test_unknown_keys_inside_tables(case, added, expected):
    assert expected in told("check", case(added))


# -- what the keys name ----------------------------------------------------------------------------------------------
@pytest.fixture(autouse=True)
def no_data_folder(monkeypatch):
    monkeypatch.delenv("LSMCAL_DATA", raising=False)


def target_of(folder, permafrost=1, none=0):
    """A map of half of the plateau."""
    longitude, latitude = centres(75.0, 105.0, 60), centres(27.0, 40.0, 26)
    values = np.where(latitude[:, None] > 34.0, permafrost, none) + np.zeros((26, 60), int)
    return write_map(folder / "target.nc", values.astype("i2"), longitude, latitude)


OF_A_MAP = CALIBRATE.replace('source = "twin"', 'source = "map"\nfile = "target.nc"').replace(
    "hidden = { SBETA = -1.2 }", ""
)
NETWORK = '[[calibrate.goals]]\nkind = "network"\nfile = "holes.csv"\n'
SITE = '[[calibrate.goals]]\nkind = "site"\nat = [90.0, 33.0]\nfile = "site.csv"\n'


def problems(folder, *overrides):
    """Every problem of a case as a line."""
    with pytest.raises(InputError) as refused:
        check_file(folder, overrides)
    return [str(problem) for problem in refused.value.problems]


def test_what_will_be_searched_is_said(case):
    text = " ".join(typed("check", case()).stdout.split())
    assert "target 1980, a twin with 1 hidden parameters, 0 % of its cells wrong" in text and "goal map 1980" in text
    assert "search cmaes, 9 evaluations in batches of 4; 5 dimensions by the classes of all cells, at most 5;" in text
    folder = case(text=OF_A_MAP)
    target_of(folder)
    lines = dict(check_file(folder, ["calibrate.threshold=0.4"]).summary())
    some, of = (int(lines["target"].split()[at]) for at in (3, 5))
    assert 0 < some < of == 50
    assert "2 dimensions by the classes of all cells, at most 3;" in lines["search"]  # two halves have room, and SBETA


def test_all_that_is_wrong_is_said_at_once_by_check_and_calibrate(case):
    folder = case(f"{MAP_GOAL}{NETWORK}{SITE}", OF_A_MAP)
    overrides = ["calibrate.engine_options={sgma=1}", 'calibrate.parameters=["MAXSMC[99]", "SBETA"]']
    before, expected = (
        files_of(folder),
        [
            "target.file: no such file: target.nc",
            "calibrate.goals[2].file: no such file: holes.csv",
            "calibrate.goals[3].file: no such file: site.csv",
            "MAXSMC[99]",
            "sgma: is not an option of cmaes",
        ],
    )
    lines = problems(folder, *overrides)
    assert len(lines) == len(expected)
    words = [word for pair in zip(["--set"] * 2, overrides, strict=True) for word in pair]
    said = told("calibrate", folder, "--quiet", *words)
    assert "5 problems" in said and all(part in said for part in expected)
    assert all(any(part in line for line in lines) for part in expected)
    assert files_of(folder) == before


def test_files_are_looked_for_where_the_cells_cannot_be_read(case):
    lines = problems(case(f"{MAP_GOAL}{NETWORK}", OF_A_MAP), "region.cells=3", "calibrate.engine_options={sgma=1}")
    parts = (
        "invalid number of cells",
        "target.file: no such file",
        "goals[2].file: no such file",
        "is not an option of cmaes",
    )
    assert len(lines) == len(parts) and all(any(part in line for line in lines) for part in parts)


def test_a_faulty_key_hides_no_other_problem(case):
    text = told("check", case(NETWORK), "--set", "calibrate.batch=0", "--set", "calibrate.engine_options={sgma=1}")
    assert "3 problems" in text and "calibrate.batch: is out of range" in text
    assert "calibrate.goals[1].file: no such file" in text and "sgma: is not an option of cmaes" in text


def test_maps_and_tables_are_read(case):
    folder = case(f"{MAP_GOAL}{NETWORK}{SITE}", OF_A_MAP)
    target_of(folder, permafrost=7, none=5)
    (folder / "holes.csv").write_text("site,lon,lat,year,variable,depth,value\na,90.0,33.0,1980,alt,,two\n")
    (folder / "site.csv").write_text("time,snow_depth [m]\n1980-01-01,0.1\n1980-01-02,0.1\n")
    lines = problems(folder)
    assert len(lines) == 3
    assert "contains none of the class codes of the case" in lines[0] and "5" in lines[0]
    assert "holes.csv" in lines[1] and "site.csv" in lines[2]
    target_of(folder)
    assert len(problems(folder)) == 2
    assert "no map of this year (found 1979)" not in "".join(problems(folder))
    other = case(f"{MAP_GOAL}[[calibrate.goals]]\nkind = 'map'\nyear = 1981\n", OF_A_MAP)
    assert any("no map of this year (found 1981)" in line for line in problems(other, "run.years=[1979, 1981]"))


def test_screened_names(case, tmp_path):
    text = CALIBRATE.replace('parameters = ["MAXSMC", "SBETA"]', 'screening = "chosen.json"')
    folder = case(text=text)
    assert any("calibrate.screening: no such file" in line for line in problems(folder))
    (tmp_path / "chosen.json").write_text(json.dumps({"names": ["MAXSMC", "SBTA"]}))
    (line,) = problems(folder)
    assert "chosen.json" in line and "did you mean SBETA" in line
    (tmp_path / "chosen.json").write_text(json.dumps({"names": ["MAXSMC", "SBETA"]}))
    assert len(check_file(folder).calibration.space) == 5


@pytest.mark.parametrize(
    "overrides, expected",
    [
        (['calibrate.parameters=["MAXSMC[1]"]'], "soil class 1 does not occur"),
        (["calibrate.ranges={CZIL=[0.1, 0.4]}"], "CZIL: has a range but is not varied"),
        (
            ['calibrate.parameters=["NROOT"]', "calibrate.ranges={NROOT=[8, 9]}"],
            "NROOT[7]: has no range to vary (found 8 to 8)",
        ),
        (["calibrate.engine_options={sigma=-1}"], "calibrate.engine: sigma of cmaes must be positive"),
        (['calibrate.engine_options={sigma="wide"}'], "calibrate.engine: engine cmaes:"),
        (
            [
                'calibrate.combine="pareto"',
                'calibrate.goals=[{kind="map"}, {kind="map", year=1981}]',
                "run.years=[1979, 1981]",
            ],
            "calibrate.engine: the search engine cmaes searches one goal, not 2 at once",
        ),
    ],
)
def test_space_and_engine(case, overrides, expected):
    assert any(expected in line for line in problems(case(), *overrides))


def test_classes_that_the_sensitive_cells_may_not_have_are_no_problem(case):
    """A range of a rare class, and a rare class without a range to vary in."""
    checked = check_file(case(), ["calibrate.threshold=0.3", 'calibrate.ranges={"MAXSMC[13]"=[0.3, 0.4]}'])
    assert checked.calibration.space is None and "evaluations in batches of 4; at most 4;" in checked.summary()[-1][1]


def test_an_engine_that_is_not_installed(case, monkeypatch):
    monkeypatch.setattr("lsmcal.search.engines.openbox.find_spec", lambda name: None)
    (line,) = problems(case(), "calibrate.engine=openbox")
    assert "calibrate.engine: the search engine openbox needs the package OpenBox" in line


def test_sections_that_are_missing(case):
    text = told("check", case(text='[calibrate]\nparameters = ["SBETA"]\n'))
    assert "1 problem " in text and "target: section is missing" in text
    assert load_case(case(text="")).calibrate is None
    assert check_file(case(text="")).calibration is None

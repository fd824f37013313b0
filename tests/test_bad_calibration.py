"""Bad input of a region's calibration as a user meets it: everything at once, before anything is simulated."""

import pytest

from .region_cases import PLATEAU, told

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
        (f'{MAP_GOAL}[[calibrate.goals]]\nkind = "network"\nfile = "a.csv"\ndeepst = 1.0',
         "calibrate.goals[2].deepst: unknown key; did you mean 'deepest'?"),
        (f"{MAP_GOAL}deepest = 1.0", "calibrate.goals[1].deepest: unknown key; expected one of kind, name, year, file"),
        ('[[calibrate.goals]]\nkind = "site"\nat = [90, 33]\nfile = "a.csv"\ncolumns = [{ column = "t", dept = 1 }]',
         "calibrate.goals[1].columns[1].dept: unknown key; did you mean 'depth'?"),
        ('[[calibrate.goals]]\nkind = "network"',
         "calibrate.goals[1].file: key is missing; expected table of site, lon, lat, year, variable, depth, value"),
        ("spinup = { max_cycle = 3 }", "calibrate.spinup.max_cycle: unknown key; did you mean 'max_cycles'?"),
        ("hold_out = { evry = 3 }", "calibrate.hold_out.evry: unknown key; did you mean 'every'?"),
        ("hold_out = { stripes = 3 }", "calibrate.hold_out.stripes: unknown key; expected one of every, width"),
    ],
)  # fmt: skip
def test_unknown_keys_inside_tables(case, added, expected):
    assert expected in told("check", case(added))

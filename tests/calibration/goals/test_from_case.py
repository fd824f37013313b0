"""Goals from the keys of a case: what the keys refuse, and what files and years leave of them."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from lsmcal.calibration.goals.from_case import network_goal_of, site_cell, site_days, site_goal_of
from lsmcal.calibration.goals.protocol import Simulated
from lsmcal.case import Case, case_of
from lsmcal.case.checks.goals import check_goals
from lsmcal.case.messages import Complaints
from lsmcal.case.sections.goals import GoalKeys, goal_name
from lsmcal.case.toml import to_toml
from lsmcal.core.errors import InputError
from tests.evaluation.networks import DEPTH, HEAD, THICKNESS, small_domain

GOALS = TypeAdapter(list[GoalKeys])


def files(folder: Path, years=(2010, 2012)) -> Case:
    """A case beside some files."""
    return case_of({"region": {"source": "plateau"}, "run": {"years": list(years)}}, folder)


def keys_of(**given):
    return GOALS.validate_python([given])[0]


def refusals(**given):
    with pytest.raises(ValidationError) as caught:
        keys_of(**given)
    return [(item["loc"][1:], item["type"], item["msg"]) for item in caught.value.errors()]


def said(*goals, target_year=None):
    out = Complaints("case")
    check_goals(GOALS.validate_python(list(goals)), (2010, 2012), THICKNESS, out, target_year=target_year)
    return [str(problem) for problem in out.problems.found]


def messages(make):
    with pytest.raises(InputError) as caught:
        make()
    return [str(problem) for problem in caught.value.problems]


def test_kinds_are_told_apart_and_have_names():
    found = GOALS.validate_python(
        [
            {"kind": "map", "year": 2011, "weight": 2},
            {"kind": "network", "file": "n.csv", "depths": [10]},
            {"kind": "site", "at": [93.1, 35.2], "file": "s.csv"},
            {"kind": "network", "file": "n.csv", "name": "boreholes"},
        ]
    )
    assert [one.kind for one in found] == ["map", "network", "site", "network"]
    assert [goal_name(one) for one in found] == ["map 2011", "alt at 10 m", "site 93.1 35.2", "boreholes"]
    assert goal_name(keys_of(kind="map"), 2009) == "map 2009" and found[1].weight == 1.0 == found[1].scale


def test_goals_written_back_as_toml_read_as_the_same_goals():
    twin = {"twin": True, "depths": [0.1, 2], "calibration": [["2010-01-01", "2011-06-01"]], "noise": 0}
    column = {"column": "t10", "depth": 0.1, "unit": "degC"}
    given = GOALS.validate_python(
        [
            {"kind": "map"},
            {"kind": "network", "file": "n.csv", "without": ["A"], "deepest": 6},
            {"kind": "site", "at": [90, 33], **twin},
            {"kind": "site", "at": [90, 33], "file": "s", "columns": [column]},
        ]
    )
    plain = [one.model_dump(by_alias=True, exclude_none=True) for one in given]
    again = tomllib.loads(to_toml({"calibrate": {"goals": plain}}))["calibrate"]["goals"]
    assert GOALS.validate_python(again) == given


def test_values_that_cannot_be_are_refused_at_their_key():
    assert refusals(kind="maps") == [((), "value_error", "Value error, has an unknown kind, 'maps'")]
    assert "has no kind" in refusals(year=2010)[0][2]
    assert refusals(kind="map", weight=0.0)[0][:2] == (("<map>", "weight"), "greater_than")
    assert refusals(kind="map", yeer=2010)[0][:2] == (("<map>", "yeer"), "extra_forbidden")
    assert refusals(kind="network", file="n.csv", variable="atl")[0][:2] == (("<network>", "variable"), "literal_error")
    assert refusals(kind="network")[0][:2] == (("<network>", "file"), "missing")
    assert "goals[1].at: key is missing" in said({"kind": "site", "file": "s.csv"})[0]
    (skin,) = said({"kind": "site", "at": [90, 33], "file": "s.csv", "depths": [0]})
    assert "goals[1].depths[1]: is out of range" in skin
    other = said({"kind": "site", "at": [90, 33], "file": "s.csv", "variable": "snow_depth", "objective": "kge"})
    assert ["goals[1].variable" in other[0], "goals[1].objective" in other[1]] == [True, True]
    both = refusals(kind="network", file="n.csv", scale=-1.0, depths=[-2.0])
    assert {loc[1] for loc, *_ in both} == {"scale", "depths"}


def test_sound_goals_raise_no_complaint():
    twin = {"twin": True, "depths": [0.1], "calibration": [["2010-01-01", "2011-06-01"]]}
    network = {"kind": "network", "file": "n", "years": [2010]}
    goals = [{"kind": "map", "year": 2011}, {"kind": "map"}, network, {"kind": "site", "at": [90, 33], **twin}]
    assert not said(*goals, target_year=2012)


def test_everything_that_does_not_fit_together_is_said():
    found = said(
        {"kind": "map", "year": 2010},
        {"kind": "map", "year": 2010},
        {"kind": "network", "file": "n", "years": [2009], "depths": [99], "deepest": 3.0, "variable": "dzaa"},
        {"kind": "site", "at": [90, 33], "twin": True, "file": "s"},
        {"kind": "site", "at": [91, 33]},
        {
            "kind": "site",
            "at": [92, 33],
            "file": "s",
            "calibration": [["2011-01-01", "2010-01-01"]],
            "validation": [["2009-01-01", "2010-12-31"]],
        },
    )
    text = "\n".join(found)
    for expected in (
        "goals[1].year: this year or the one before",
        "goals[2].name: is already the name of goal 1",
        "goals[3].years[1]: lies outside [run] years (found 2009); expected 2010 to 2012",
        "goals[3].depths[1]: lies below the column (found 99 m)",
        "goals[3].depths: dzaa has no depth",
        "goals[3].deepest: applies only to alt",
        "goals[4]: needs either measurements or a twin, not both (found both)",
        "goals[4].depths: a twin needs",
        "goals[4].calibration: a twin needs calibration days",
        "goals[5]: needs either measurements or a twin, not both (found neither)",
        "goals[6].calibration[1]: is open, or its first day is after its last",
        "goals[6].validation[1]: lies outside [run] years (found 2009-01-01 to 2010-12-31)",
    ):
        assert expected in text
    assert len(found) == 13


def test_a_network_goal_takes_its_variable_years_and_depths(tmp_path):
    (tmp_path / "n.csv").write_text(
        HEAD + "A,90.3,33.3,2009,alt,,2\nA,90.3,33.3,2010,alt,,3\nB,99,33,2010,alt,,2\n"
        "A,90.3,33.3,2011,soil_temperature,10,-1\nA,90.3,33.3,2012,soil_temperature,10,-1\n"
        "A,90.3,33.3,2013,soil_temperature,10,-1\n",
        encoding="utf-8",
    )
    case, domain = files(tmp_path), small_domain()
    goal = network_goal_of(keys_of(kind="network", file="n.csv", weight=2.0, scale=0.5), case, domain)
    assert goal.years == (2010,) and goal.observed.value.tolist() == [3.0] and goal.observed.outside == ("B",)
    assert (goal.name, goal.weight, goal.scale) == ("alt", 2.0, 0.5)
    keys = keys_of(kind="network", file="n.csv", variable="soil_temperature", depths=[10])
    warm = network_goal_of(keys, case, domain)
    assert warm.years == (2011, 2012) and warm.measure == "RMSE [K]"


def test_networks_that_leave_nothing_say_what_there_is(tmp_path):
    (tmp_path / "n.csv").write_text(
        HEAD + "A,90.3,33.3,2009,alt,,2\nA,90.3,33.3,2010,soil_temperature,10,-1\nA,90.3,33.3,2010,alt,,4\n",
        encoding="utf-8",
    )
    case, domain = files(tmp_path), small_domain()

    def of(**given):
        keys = keys_of(**{"kind": "network", "file": "n.csv"} | given)
        return messages(lambda: network_goal_of(keys, case, domain, "goals[2]"))

    assert "found in the region alt, soil_temperature of years 2009 to 2010" in of(variable="ttop")[0]
    assert "found alt of years 2009 to 2010 at no depth); expected alt of 2012 to 2012" in of(years=[2012])[0]
    assert "no value to compare with" in of(variable="soil_temperature", depths=[3])[0]
    said = of(variable="soil_temperature", depths=[10, 3])
    assert len(said) == 1 and "is not observed (found 3 m); expected 10 m" in said[0]
    assert "observed below goal.deepest (found 3 m); expected at least 4 m" in of(deepest=3.0)[0]
    assert "goals[2].file: no such file: no.csv" in of(file="no.csv")[0]


def write_site(path, days, depths, scale=1.0):
    head = ",".join(["date", *(f"soil_temperature@{depth:g} [degC]" for depth in depths)])
    wave = -8.0 * np.cos(2 * np.pi * days.astype(int) / 365.25)
    rows = [f"{day}," + ",".join(f"{scale * one:.4f}" for _ in depths) for day, one in zip(days, wave, strict=True)]
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")


def test_a_site_goal_of_a_file_counts_the_days_that_are_run(tmp_path):
    days = np.arange("2009-06-01", "2012-01-01", dtype="datetime64[D]")
    write_site(tmp_path / "s.csv", days, (0.1, 0.5))
    case, domain = files(tmp_path), small_domain()
    goal = site_goal_of(keys_of(kind="site", at=[90.6, 33.6], file="s.csv", weight=3.0), case, domain)
    assert goal.cell == 4 and goal.days == ("2010-01-01", "2011-12-31") and goal.weight == 3.0
    periods = {"calibration": [["2010-01-01", "2010-12-31"]], "validation": [["2011-01-01", "2011-06-30"]]}
    some = site_goal_of(keys_of(kind="site", at=[90.6, 33.6], file="s.csv", depths=[0.5], **periods), case, domain)
    assert some.days == ("2010-01-01", "2011-06-30") and some.target.depth.tolist() == [0.5]
    assert some.target.calibration.sum() == 365 and some.target.validation.sum() == 181


def test_sites_that_cannot_be_say_why_all_at_once(tmp_path):
    days = np.arange("2010-01-01", "2011-01-01", dtype="datetime64[D]")
    write_site(tmp_path / "s.csv", days, (0.1,))
    write_site(tmp_path / "hot.csv", days, (0.1,), scale=50.0)
    case, domain = files(tmp_path), small_domain()

    def of(**given):
        keys = keys_of(**{"kind": "site", "at": [90.6, 33.6], "file": "s.csv"} | given)
        return messages(lambda: site_goal_of(keys, case, domain, key="goals[1]"))

    found = of(at=[95, 33], file="hot.csv")
    assert len(found) == 2 and "goals[1].at: no cell of the region contains this point" in found[0]
    assert "values out of range" in found[1]
    assert "not observed at 0.7 m, only at 0.1 m" in of(depths=[0.7])[0]
    assert "no observed day in the calibration periods" in of(calibration=[["2012-01-01", "2012-12-31"]])[0]
    assert "goals[1].file: no such file" in of(file="no.csv")[0]


def test_the_yakou_profile_as_its_table_was_published(shared):
    """Noise-free seasons of its own amplitude score well, a constant does not; depths and units by the keys."""
    columns = [{"column": f"ts{depth:03d}cm_c", "depth": depth / 100.0, "unit": "degC"} for depth in (4, 40, 160)]
    periods = {"calibration": [["2016-01-01", "2017-12-31"]], "validation": [["2018-01-01", "2018-12-31"]]}
    keys = keys_of(
        kind="site",
        at=[90.3, 33.6],
        file="yakou_2016_2019/obs_daily_2016_2018.csv",
        columns=columns,
        time_column="date",
        **periods,
    )
    goal = site_goal_of(keys, files(shared / "data", (2016, 2018)), small_domain())
    target = goal.target
    assert target.depth.tolist() == [0.04, 0.4, 1.6] and goal.days == ("2016-01-01", "2018-12-31")
    assert target.calibration.sum() == 731 and target.validation.sum() == 365
    assert target.values[0] == pytest.approx([260.642, 263.3253, 269.702])  # -12.508, -9.8247, -3.448 degC

    def scored(series):
        none = np.zeros((0, 0, target.depth.size))
        nobody = np.zeros(0, np.int64)
        return goal.score(Simulated(nobody, nobody, target.depth, none, none, none, target.days, {3: series}))

    assert 0.85 < scored(target.climatology).value < 0.99
    assert scored(np.tile(np.nanmean(target.values[target.calibration], axis=0), (1096, 1))).value == pytest.approx(0.0)


def test_a_twin_is_made_from_the_hidden_run(tmp_path):
    case, domain = files(tmp_path), small_domain()
    keys = keys_of(
        kind="site",
        at=[90.3, 33.6],
        twin=True,
        depths=[0.3, 2.0],
        noise=0.0,
        calibration=[["2010-03-01", "2010-12-31"]],
        validation=[["2011-01-01", "2011-01-31"]],
    )
    assert site_days(keys) == ("2010-03-01", "2011-01-31") and site_cell(keys, case, domain) == 3
    days = np.arange("2010-03-01", "2011-02-01", dtype="datetime64[D]")
    series = 270.0 - np.cos(2 * np.pi * days.astype(int)[:, None] / 365.25) * np.exp(-DEPTH)
    none = np.zeros((0, 0, DEPTH.size))
    hidden = Simulated(np.zeros(0, np.int64), np.zeros(0, int), DEPTH, none, none, none, days, {3: series})
    goal = site_goal_of(keys, case, domain, hidden)
    assert goal.score(hidden).value == pytest.approx(1.0, abs=1e-12) and goal.daily == (3,)
    with pytest.raises(ValueError, match="daily series of cell 3"):
        site_goal_of(keys, case, domain)

"""[calibrate] of both kinds of case: one grammar, what each kind refuses, and histories that go on."""

import json
import tomllib

import pytest

from lsmcal.calibration.site_stage import calibration_of
from lsmcal.case import case_of, differences
from lsmcal.checking.case import check_case
from lsmcal.core.errors import InputError

SITE = """
[site]
latitude = 35.0
longitude = 92.0
elevation = 4700.0
vegetation = "grassland"
soil = "loam"

[forcing]
format = "generator"
years = [2001, 2002]

[spinup]
method = "none"

[observations]
format = "twin"
depths = [0.1, 0.4]
hidden = { SBETA = -1.2 }

[calibrate]
engine = "random"
"""
REGION = """
[region]
source = "plateau"

[target]
source = "twin"
hidden = { SBETA = -1.2 }

[calibrate]
engine = "random"
"""
PERIODS = 'calibration = [["2001-01-01", "2001-12-31"]]\nvalidation = [["2002-01-01", "2002-12-31"]]\n'
GOAL = f'[[calibrate.goals]]\nkind = "site"\ndepths = [0.4]\nobjective = "kge"\n{PERIODS}'
#: Keys of [calibrate] in the histories of sites from before there were others; objective, kind ... are the short form.
IN_HISTORIES = {
    "parameters",
    "threshold",
    "engine",
    "batch",
    "seed",
    "objective",
    "kind",
    "calibration",
    "validation",
}


def made(text, folder="."):
    return case_of(tomllib.loads(text), folder)


def said(text, folder="."):
    """Problems of a case, one a line."""
    with pytest.raises(InputError) as caught:
        made(text, folder)
    return [str(problem) for problem in caught.value.problems]


def test_a_case_has_a_kind_and_only_the_sections_of_it():
    site, region = made(SITE), made(REGION)
    assert (site.kind, region.kind) == ("site", "region")
    assert site.region is site.domain is site.screen is site.target is None and site.site is not None
    assert region.site is region.initial is region.observations is None and region.target is not None
    assert made(REGION.partition("[target]")[0]).calibrate is None


def test_defaults_differ_by_kind_in_three_keys_only():
    site, region = made(SITE).calibrate, made(REGION).calibrate
    assert (site.evaluations, site.patience, site.goals) == (200, 0, [])
    assert (region.evaluations, region.patience, [goal.kind for goal in region.goals]) == (500, 150, ["map"])
    same = set(type(site).model_fields) - {"evaluations", "patience", "goals"}
    assert all(getattr(site, name) == getattr(region, name) for name in same)


def test_what_a_search_of_a_site_depends_on_is_what_its_histories_hold():
    found = made(SITE).fingerprint_of("calibrate")
    assert {key.removeprefix("calibrate.") for key in found if key.startswith("calibrate.")} == IN_HISTORIES
    assert found["calibrate.kind"] == "soil_temperature" and found["calibrate.objective"] == "nse"


def test_the_short_form_and_the_goal_are_the_same_case():
    short, long = made(SITE + f'depths = [0.4]\nobjective = "kge"\n{PERIODS}'), made(SITE + GOAL)
    assert differences(short.fingerprint_of("calibrate"), long.fingerprint_of("calibrate")) == []
    assert short.calibrate.goal == long.calibrate.goal.model_copy(update={"name": ""})
    assert made(long.resolved_text()).resolved() == long.resolved() == short.resolved()
    named = made(SITE + GOAL + 'name = "meadow"\nat = [92.0, 35.0]\nweight = 2.0\n')
    assert named.fingerprint("calibrate") == short.fingerprint("calibrate")
    assert calibration_of(long).objective == "kge" and calibration_of(long).target.depth.tolist() == [0.4]
    assert dict(check_case(long).summary())["calibration"].endswith("mean KGE")


@pytest.mark.parametrize(
    "added, expected",
    [
        ('cells = "all"', "calibrate.cells: applies only to a region"),
        ("hold_out = { every = 3 }", "calibrate.hold_out: applies only to a region"),
        ('combine = "pareto"', "calibrate.combine: applies only to a region"),
        (
            'spinup = { method = "none" }',
            "calibrate.spinup: applies only to a region; expected [spin",
        ),
        ('[[calibrate.goals]]\nkind = "map"', "calibrate.goals[1].kind: applies only to a region (found map)"),
        (f'objective = "kge"\n{GOAL}', "calibrate.objective: conflicts with goals; expected the key objective of the"),
        (f'kind = "snow_depth"\n{GOAL}', "calibrate.kind: conflicts with goals; expected the key variable of the goal"),
        (
            '[[calibrate.goals]]\nkind = "borehole"',
            """has an unknown kind, 'borehole' (found {kind = "borehole"}); expected "site\"""",
        ),
        (GOAL + 'file = "a.csv"', "calibrate.goals[1].file: applies only to a region; a site has [obs"),
        (GOAL + "at = [93.0, 35.0]", "calibrate.goals[1].at: is not the location of the site"),
        (GOAL + GOAL, "calibrate.goals: has 2 goals; expected one"),
        (
            GOAL.replace('2001-12-31"', '2002-12-31"'),
            "calibrate.goals[1].validation[1]: overlaps the calibration period",
        ),
        (GOAL.replace("depths", "dephts"), "calibrate.goals[1].dephts: unknown key; did you mean 'depths'?"),
        ('parameters = ["CZIL"]\nscreening = "chosen.json"', "calibrate.screening: conflicts with parameters"),
    ],
)
def test_what_a_site_refuses(added, expected):
    (line,) = said(SITE + added)
    assert expected in line


@pytest.mark.parametrize(
    "added, expected",
    [
        ('objective = "kge"', "calibrate.objective: applies only to a site; expected the key objective of a [[calibr"),
        ('kind = "snow_depth"', "calibrate.kind: applies only to a site; expected the key variable of a"),
        (PERIODS.splitlines()[0], "calibrate.calibration: applies only to a site"),
        ('[[calibrate.goals]]\nkind = "site"\nfile = "a.csv"', "calibrate.goals[1].at: key is missing"),
    ],
)
def test_what_a_region_refuses(added, expected):
    (line,) = said(REGION + added)
    assert expected in line


def test_files_of_a_site_are_checked_by_the_name_of_its_goal(tmp_path):
    with pytest.raises(InputError) as caught:
        check_case(made(SITE + GOAL.replace("0.4", "0.7").replace('"kge"', '"nse"')))
    assert "calibrate.goals[1].depths: depth is not observed" in str(caught.value)
    with pytest.raises(InputError, match="calibrate.kind: is not observed"):
        check_case(made(SITE + 'kind = "snow_depth"\n'))


def test_check_and_calibration_search_the_same_space():
    """Also where the case has an offset of the bottom temperature: the range of TBOT lies around it."""
    case = made(SITE + "[parameters]\nTBOT = 0.4\nSBETA = -1.7\n")
    checked, searched = check_case(case).space, calibration_of(case).space
    assert checked == searched
    defaults = {row["name"]: (row["low"], row["default"], row["high"]) for row in checked.rows()}
    assert defaults["TBOT"] == pytest.approx((-1.1, 0.4, 1.9)) and defaults["SBETA"][1] == -1.7


def test_a_screening_names_the_parameters_of_a_site_too(tmp_path):
    (tmp_path / "chosen.json").write_text(json.dumps({"names": ["SBETA", "CZIL"]}))
    case = made(SITE + 'screening = "chosen.json"\n', tmp_path)
    assert [row["name"] for row in check_case(case).space.rows()] == ["SBETA", "CZIL"]
    before = case.fingerprint("calibrate")
    (tmp_path / "chosen.json").write_text(json.dumps({"names": ["SBETA"]}))
    assert case.fingerprint("calibrate") != before
    for text in (SITE, REGION):
        case = made(text + 'screening = "chosen.json"\n', tmp_path)
        assert made(case.resolved_text(), tmp_path).resolved() == case.resolved()
    (tmp_path / "chosen.json").unlink()
    with pytest.raises(InputError, match="calibrate.screening: no such file"):
        check_case(made(SITE + 'screening = "chosen.json"\n', tmp_path))


def test_an_engine_that_is_not_installed_is_said_by_check(monkeypatch):
    """A site can be run without it, so that it is a note; without observations nothing would be searched."""
    monkeypatch.setattr("lsmcal.search.engines.openbox.find_spec", lambda name: None)
    text, words = SITE.replace('"random"', '"openbox"'), "calibrate cannot run here: the search engine openbox"
    assert any(words in note for note in check_case(made(text)).notes)
    idle = made(text.replace("[observations]", "[case]\n[unused]").partition("[case]")[0])
    assert not any("openbox" in note for note in check_case(idle).notes)

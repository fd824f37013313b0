"""The case file: what is refused and how, defaults, overrides, files, fingerprints."""

import tomllib
from importlib import import_module

import numpy as np
import pytest

from lsmcal.case import case_of, column_of, differences, fingerprint, load_case
from lsmcal.case.messages import key_lines
from lsmcal.case.sections.calibrate import ENGINES
from lsmcal.case.sections.goals import OBJECTIVES
from lsmcal.case.sections.ground import DEMONSTRATION_GREENNESS
from lsmcal.case.sections.kinds import SECTIONS as BY_KIND
from lsmcal.checking.case import check_case, check_file
from lsmcal.core.errors import InputError

SECTIONS = BY_KIND["site"]

SMALL = """
[case]
name = "small"

[site]
latitude = 35.0
longitude = 92.0
elevation = 4700.0
vegetation = "grassland"
soil = "loam"

[forcing]
format = "generator"
years = [2001, 2002]
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a case file and return its path."""
    monkeypatch.delenv("LSMCAL_DATA", raising=False)

    def to_file(text=SMALL, name="case.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


def refused(action, *arguments, **named) -> list[str]:
    """Lines of the problems an action is refused with."""
    with pytest.raises(InputError) as caught:
        action(*arguments, **named)
    return [str(problem) for problem in caught.value.problems]


TWIN = "observations.format=twin; observations.depths=[0.1]"
#: Overrides that make one mistake, and what is said of it.
BAD_KEYS = [
    ("site.vegetatoin=7", "did you mean 'vegetation'?"),
    ("site.latitude=95", "site.latitude: is out of range (found 95); expected at most 90"),
    ("site.longitude=-181", "expected at least -180"),
    ("site.elevation=nan", "expected a finite number"),
    ('site.vegetation=""', "site.vegetation: is not a class"),
    ("site.zbot=12.0", "site.zbot: does not lie below the last layer (found 12.0); expected more than 15.2 m"),
    ("site.tbot=-1.5", 'expected a number from 200 to 320 K or "elevation"'),
    ("site.tbot_clip=[5300, 4600]", "site.tbot_clip: has low above high"),
    ("site.greenness=[0.1, 0.2]", "site.greenness: has 2 values (found [0.1, 0.2]); expected 12 values"),
    ("site.greenness_min=0.99", "is not below greenness_max"),
    ("site.soil=[]", "site.soil: has 0 values"),
    ("case.output=", "case.output: is empty"),
    ("site.soil=[7, 7, 12]", "site.soil: has 3 values for 18 layers"),
    ('site.soil=[{to_depth=1.0, class="loam"}]', "does not reach the bottom of the column (found 1.0)"),
    ("site.soil=[{to_depth=2, class=7}, {to_depth=2, class=9}, {to_depth=16, class=9}]", "site.soil[2].to_depth"),
    ("site.soil=[{to_depht=20, class=7}]", "did you mean 'to_depth'?"),
    ("site.latitud=3", "site.latitud: unknown key; did you mean 'latitude'?"),
    ("site.threads=3", "site.threads: unknown key; it belongs in [run]"),
    ("site.thicknes=[1]", "did you mean 'thickness' of [grid]?"),
    ("spinnup.years=[2001, 2001]", "spinnup: unknown section; did you mean [spinup]?"),
    ("grid.thickness=[0.1, 0.0, 1.0]", "grid.thickness[2]: is out of range (found 0.0); expected above 0"),
    ("grid.thickness=[1.0]", "has 1 values (found [1.0]); expected at least 2"),
    ("model.preset=ji2025", "model.preset: unknown value; did you mean 'ji2026'?"),
    ("model.exchange=chen", "expected one of by-cover, chen97, mellor-yamada-janjic, yang2008"),
    ("model.time_weight=0.3", "model.time_weight: is out of range (found 0.3); expected 0.5 to 1"),
    ("forcing.format=csv", "forcing.file: key is missing"),
    ("forcing.years=[2003, 2001]", "forcing.years: has its first year after its last"),
    ("forcing.years=[2001, 10000]", "forcing.years[2]: is out of range (found 10000); expected at most 9999"),
    ("model.infiltration_depth=-1", "model.infiltration_depth: is out of range (found -1); expected 0 (whole column)"),
    ("run.start=2002-01-01; run.end=2001-12-31", "run.end: lies before start"),
    ("forcing.climate={wnd=3.0}", "forcing.climate.wnd: unknown key; did you mean 'wind'?"),
    ('forcing.columns={air_temprature="ta"}', "did you mean 'air_temperature'?"),
    ("forcing.constants={wind_speed=-inf}", "expected a finite number"),
    ("forcing.estimate_longwave=brutsart", "unknown formula"),
    ("forcing.time_zone_hours=1000", "forcing.time_zone_hours: is out of range"),
    ("initial.from=linaer", "initial.from: unknown value; did you mean 'linear'?"),
    ("initial.from=profile", "initial.temperature: key is missing"),
    ("initial.from=noah-text", "initial.file: key is missing"),
    ("initial.water=[{to_depth=16, value=0.2}]", 'is not used by from = "linear"'),
    ("initial.snow_water=0.1", "is less than snow_water"),
    ("spinup.years=[2002, 2001]", "spinup.years: has its first year after its last"),
    ("spinup.start=2001-01-01", "spinup.end: key is missing"),
    ("spinup.min_cycles=200", "spinup.min_cycles: is above max_cycles"),
    ("run.start=2001-02-30", "run.start: is not a calendar date"),
    ("run.start=soon", "run.start: is not a date"),
    ("run.threads=two", 'run.threads: is not valid (found "two"); expected a whole number'),
    ("run.output=true", "run.output: unknown value (found true)"),
    ("observations.format=csv", "observations.file: key is missing"),
    ("observations.format=twin", "observations.depths: key is missing"),
    (f"{TWIN}; observations.hidden={{SBTA=-1}}", "no parameter 'SBTA'; did you mean SBETA"),
    (f"{TWIN}; observations.depths=[0.1, 16.0]", "observations.depths[2]: lies below the column"),
    ("observations.file=a.csv; observations.depths=[0.1]", 'observations.depths: is only used by format = "twin"'),
    ("parameters.MAXSMC=0.4", "MAXSMC needs the number of a soil class"),
    ("parameters.MAXSMC[7]=4.0", "is physically impossible (found 4.0)"),
    ("parameters.SBETA=true", "parameters.SBETA: is not a number"),
    ('calibrate.parameters=["SBTA"]', "calibrate.parameters[1]: no parameter 'SBTA'"),
    ('calibrate.parameters=["REFSMC"]', "REFSMC is passive"),
    ("calibrate.ranges={SBETA=[-1, -3]}", "calibrate.ranges.SBETA: has low above high (found [-1.0, -3.0])"),
    ("calibrate.ranges={SBETA=[-1]}", "is not a range"),
    (
        'calibrate.calibration=[["2002-01-01", "2001-01-01"]]',
        "calibrate.calibration[1]: has its first day after its last",
    ),
    ('calibrate.validation=[["2001-01-01", "2001-02-01"]]', "calibrate.calibration: key is missing"),
    ("calibrate.evaluations=0", "calibrate.evaluations: is out of range (found 0); expected at least 1"),
    ("calibrate=3", "is not KEY=VALUE"),
]


@pytest.mark.parametrize(("override", "message"), BAD_KEYS)
def test_a_bad_value_is_named_with_what_was_expected(write, override, message):
    lines = refused(load_case, write(), override.split("; "))
    assert len(lines) == 1, lines
    assert message in lines[0]


def test_a_bad_value_stops_no_check_of_the_files(write):
    path = write(SMALL.replace("[2001, 2002]", "[2001, 2001]"))
    for override, message in BAD_KEYS:
        lines = refused(check_file, path, override.split("; "))
        assert any(message in line for line in lines), (override, lines)
        assert len(lines) == 1 + ("file=a.csv" in override), (override, lines)


def test_a_run_upside_down_is_said_once(write):
    overrides = ["run.start=2002-01-01", "run.end=2001-12-31", *TWIN.split("; ")]
    periods = 'calibrate.calibration=[["2001-01-01", "2001-06-30"]]'
    assert len(refused(check_file, write(), [*overrides, periods])) == 1


def test_problems_of_all_sections_come_at_once_with_their_lines(write):
    text = SMALL.replace("latitude = 35.0", "latitude = 350.0").replace('soil = "loam"', "colour = 7")
    text += "\n[run]\nstart = 2002-01-01\nend = 2001-01-01\nthread = 2\n[grid]\nthickness = [0.1, -0.1]\n"
    lines = refused(load_case, path := write(text), ["forcing.years=[2002, 2001]"])
    wanted = [f"{path}, line 6: site.latitude: is out of range (found 350.0)", "site.soil: key is missing"]
    wanted += ["site.colour: unknown key", "run.thread: unknown key", "run.end: lies before start"]
    wanted += [
        "grid.thickness[2]",
        "--set forcing.years=[2002, 2001]: forcing.years: has its first year after its last",
    ]
    for part in wanted:
        assert sum(part in line for line in lines) == 1, part
    assert len(lines) == 7


def test_a_faulty_key_does_not_cause_further_complaints(write):
    lines = refused(load_case, write(), ["site.tbott=273.0", "grid.thickness=[0.0, 1.0]", "initial.form=profile"])
    assert len(lines) == 3


def test_files_are_checked_although_keys_are_wrong(write):
    overrides = ["run.threads=0", "site.soil=lome", "site.vegetation=99", "run.end=2009-01-01", "run.start=2001-01-01"]
    lines = refused(check_file, write(), overrides)
    parts = ["run.threads", "'lome'; did you mean loam", "no class 99", "the forcing ends too early"]
    assert len(lines) == 4
    for part in parts:
        assert any(part in line for line in lines), part


def test_a_faulty_twin_does_not_hide_the_ground(write):
    overrides = ["observations.format=twin", "observations.depths=[0.1]", 'observations.hidden={SBETA="low"}']
    assert len(refused(check_file, write(), [*overrides, "site.soil=lome", "site.vegetation=99"])) == 3


def test_keys_outside_every_section_and_broken_toml(write):
    assert "it belongs in [site]" in refused(load_case, write("latitude = 3.0\n" + SMALL))[0]
    assert load_case(write("\ufeff" + SMALL)).name == "small"
    assert "is not valid TOML" in refused(load_case, write("[site\n"))[0]
    assert "no such file" in refused(load_case, "nowhere/case.toml")[0]
    assert any("forcing: section is missing" in line for line in refused(load_case, write("[site]\n")))


def test_profiles_are_checked_against_layers_and_each_other(write):
    text = SMALL + '\n[grid]\nthickness = [0.5, 1.0]\n[initial]\nfrom = "profile"\n'
    profile = "temperature = [271.0, 270.0]\nwater = [0.30, 0.40]\nliquid = [0.20, 0.41]\n"
    assert "is more than the total water in layer 2 (found 0.41 m3 m-3)" in refused(load_case, write(text + profile))[0]
    cold = refused(load_case, write(text + "temperature = [-1.0, 270.0]\nwater = [0.3]\n"))
    assert len(cold) == 2 and "is it in °C?" in cold[0] and "has 1 values for 2 layers" in cold[1]
    wet = "temperature = [271.0, 270.0]\nwater = [0.30, 0.46]\n"
    table = ["model.root_layers=table", "parameters.NROOT[7]=2"]
    lines = refused(column_of, load_case(write(text + wet), table))
    assert len(lines) == 1 and "is more than the porosity at layer 2 (loam)" in lines[0]
    column = column_of(load_case(write(text + wet.replace("0.46", "0.42")), table))
    assert column.water.tolist() == [0.30, 0.42] and column.soil.tolist() == [7, 7]


def test_liquid_alone_is_checked_against_the_total_it_will_have(write):
    text = SMALL + '\n[initial]\nfrom = "profile"\ntemperature = [{to_depth = 16.0, value = 270.0}]\n'
    text += "liquid = [{to_depth = 16.0, value = 0.3}]\n"
    lines = refused(check_file, write(text))
    assert len(lines) == 1 and "initial.liquid: is more than the total water, 0.5 of the porosity" in lines[0]
    assert column_of(load_case(write(text), ["initial.saturation=0.9"])).liquid[0] == 0.3


def test_options_of_an_engine_are_checked(write):
    overrides = [*TWIN.split("; "), "calibrate.engine=cmaes"]
    lines = refused(check_file, write(), [*overrides, "calibrate.engine_options={sigma=0.2, sgma=0.3, seed=1}"])
    assert len(lines) == 2 and "calibrate.engine_options.sgma: is not an option of cmaes" in lines[0]
    assert check_file(write(), [*overrides, "calibrate.engine_options={sigma=0.2, initial=5}"]).space


def test_parameters_of_absent_classes_are_noted(write):
    overrides = [*TWIN.split("; "), "parameters.MAXSMC[12]=0.4", "observations.hidden={SBETA=-1, 'EMISSMIN[9]'=0.9}"]
    notes = check_file(write(), [*overrides, "parameters.MAXSMC[7]=0.4"]).notes
    assert [note.rpartition(": ")[2] for note in notes if "without effect" in note] == ["MAXSMC[12]", "EMISSMIN[9]"]


def test_roots_deeper_than_the_column_are_refused(write):
    lines = refused(column_of, load_case(write(), ["grid.thickness=[0.1, 0.3, 0.6, 1.0]"]))
    assert len(lines) == 1 and "expected at least 6 layers" in lines[0]


def test_periods_lie_in_the_run_and_apart(write):
    overrides = ["run.start=2001-06-01", "run.end=2002-12-31", 'calibrate.calibration=[["2001-01-01", "2001-12-31"]]']
    lines = refused(load_case, write(), [*overrides, 'calibrate.validation=[["2001-12-31", "2002-12-31"]]'])
    assert any("calibrate.calibration[1]: lies outside the run" in line for line in lines)
    assert any("calibrate.validation[1]: overlaps the calibration period" in line for line in lines)
    assert len(lines) == 2


def test_tables_classes_and_search_names_are_checked_with_their_files(write):
    overrides = ["model.soil_table=noahtibe", "model.vegetation_table=mine.TBL"]
    lines = refused(check_file, write(), overrides)
    assert any("no such table" in line and "noahtibet, wrf, noahpy" in line for line in lines)
    assert any("mine.TBL" in line and "no such file" in line for line in lines)
    lines = refused(check_file, write(), ['calibrate.parameters=["MAXSMC[12]"]'])
    assert "soil class 12 does not occur" in lines[0]


def test_the_defaults_are_those_of_the_layers_below():
    from lsmcal.calibration.site_stage import Calibration
    from lsmcal.evaluation.site import OBJECTIVES as known_objectives
    from lsmcal.search.engines import ENGINES as known_engines
    from lsmcal.simulate.column_setup import DEMONSTRATION_GREENNESS as known_greenness
    from lsmcal.simulate.spinup.spinup import SpinUp

    assert tuple(known_engines) == ENGINES and tuple(known_objectives) == OBJECTIVES
    assert tuple(known_greenness) == DEMONSTRATION_GREENNESS
    spinup, search = SECTIONS["spinup"](), SECTIONS["calibrate"]()
    for name, value in vars(SpinUp()).items():
        assert getattr(spinup, name) == value
    for name in ("engine", "evaluations", "batch", "seed", "patience", "members", "objective"):
        assert getattr(search, name) == Calibration.__dataclass_fields__[name].default


def test_the_resolved_case_reads_back_as_itself(write, tmp_path):
    overrides = ["parameters.SBETA=-1.5", 'site.soil=[{to_depth=1.0, class="loam"}, {to_depth=20.0, class=12}]']
    overrides += ["observations.format=twin", "observations.depths=[0.1, 0.4]", "observations.hidden={SBETA=-1.1}"]
    case = load_case(write(), overrides)
    case.write_resolved(tmp_path / "resolved.toml")
    again = load_case(tmp_path / "resolved.toml")
    assert differences(case.resolved(), again.resolved()) == []
    assert all(case.fingerprint(stage) == again.fingerprint(stage) for stage in ("forcing", "run", "calibrate"))
    content = tomllib.loads(case.resolved_text())
    assert content["model"]["exchange"] == "by-cover" and content["model"]["soil_table"] == "noahtibet"
    assert content["initial"]["from"] == "linear" and content["parameters"] == {"SBETA": -1.5}


def test_overrides_and_parameter_sets_lie_over_the_file(write, tmp_path):
    (tmp_path / "set.json").write_text('{"SBETA": -1.1, "CZIL": 0.3}')
    case = load_case(
        write(SMALL + "[parameters]\nSBETA = -2.5\nTBOT = 0.4\n"),
        ["parameters.CZIL=0.5", "run.start=2001-03-01", "run.start=2001-04-01", 'parameters."MAXSMC[7]"=0.4'],
        parameters=tmp_path / "set.json",
    )
    assert dict(case.parameters) == {"SBETA": -1.1, "CZIL": 0.5, "MAXSMC[7]": 0.4, "TBOT": 0.4}
    assert case.run.start == "2001-04-01"
    assert load_case(tmp_path, ["case.name=other"]).name == "other"
    lines = refused(load_case, write(), ["foo", "run=3", "site.latitude.x=3"], parameters=tmp_path / "none.json")
    assert len(lines) == 4 and "--parameters: no such file" in lines[0]


def test_fingerprints_follow_what_a_stage_depends_on(write):
    base, stages = load_case(write()), ("forcing", "run", "calibrate")

    def moved(*overrides):
        other = load_case(write(), overrides)
        return {stage for stage in stages if fingerprint(base, stage) != fingerprint(other, stage)}

    text = write(SMALL.replace('name = "small"', 'name = "x"\ndescription = "y"\noutput = "z"  # comment'))
    assert all(load_case(text).fingerprint(stage) == base.fingerprint(stage) for stage in stages)
    assert moved("run.threads=2") == set()
    assert moved("calibrate.evaluations=500", "calibrate.patience=50") == set()
    assert moved("calibrate.seed=2") == {"calibrate"}
    assert moved("model.preset=noahtibet") == {"run", "calibrate"}
    assert moved("model.passive=ratio") == set()
    assert moved("parameters.SBETA=-1.0") == {"run", "calibrate"}
    assert moved("site.latitude=36.0") == {"forcing", "run", "calibrate"}
    assert moved("forcing.seed=5") == {"forcing", "run", "calibrate"}


def test_a_fingerprint_follows_the_content_of_files_not_their_place(write, tmp_path):
    csv = ["forcing.format=csv", "forcing.file=weather.csv"]
    for folder, text in (("a", "1\n"), ("b", "1\n"), ("c", "2\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "weather.csv").write_text(text)
    one, two, three = (load_case(write(), csv, data=tmp_path / folder) for folder in "abc")
    assert one.fingerprint("run") == two.fingerprint("run") != three.fingerprint("run")
    changes = differences(one.fingerprint_of("run"), three.fingerprint_of("run"))
    assert len(changes) == 1 and changes[0].startswith("forcing.file.sha256: ")


def test_differences_name_the_keys():
    old, new = {"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3, "d": 4}}
    assert differences(old, new) == ["a.c: 2 -> 3", "a.d: not given -> 4"]


def test_data_are_looked_for_in_order_and_all_places_are_named(write, tmp_path, monkeypatch):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    csv = ["forcing.format=csv", "forcing.file=weather.csv"]
    case = load_case(write(), csv, data=tmp_path / "one")
    monkeypatch.setenv("LSMCAL_DATA", str(tmp_path / "two"))
    lines = refused(load_case(write(), csv, data=tmp_path / "one").forcing_spec)
    places = [tmp_path / "one" / "weather.csv", tmp_path / "two" / "weather.csv", tmp_path / "weather.csv"]
    assert ", ".join(map(str, places)) in lines[0]
    for place in reversed(places):
        place.write_text("")
        assert load_case(write(), csv, data=tmp_path / "one").forcing_spec().file == place
    assert case.forcing_spec().file == places[0]
    assert "no such folder" in refused(load_case, write(), data=tmp_path / "none")[0]


def test_the_forcing_wanted_spans_run_and_spin_up(write):
    case = load_case(write(), ["run.start=2002-01-01", "run.end=2002-06-30", "spinup.years=[2001, 2001]"])
    assert case.period() == ("2001-01-01", "2002-06-30")
    case = load_case(write(), ["run.start=2000-02-29", "run.end=2002-06-30"])
    assert case.spinup_period() == ("2000-02-29", "2001-02-28") and case.period()[0] == "2000-02-29"
    case = load_case(write())
    assert case.period() == ("", "") and case.spinup_period() == ("", "")
    assert case.spinup_period(np.datetime64("2001-01-01T00:00")) == ("2001-01-01", "2001-12-31")
    assert load_case(write(), ["spinup.method=none"]).spinup_period(np.datetime64("2001-01-01")) == ("", "")


def test_specs_carry_what_the_case_says(write):
    columns = 'forcing.columns={air_temperature="ta", shortwave={column="sw", unit="W m-2", scale=1.1}}'
    (path := write()).with_name("w.csv").write_text("")
    case = load_case(path, [columns, "forcing.format=csv", "forcing.file=w.csv", "forcing.time_zone_hours=8"])
    spec = case.forcing_spec()
    assert spec.columns["air_temperature"].column == "ta" and spec.columns["shortwave"].scale == 1.1
    assert (spec.latitude, spec.elevation, spec.time_zone_hours) == (35.0, 4700.0, 8.0)
    assert case.observation_spec() is None
    overrides = ["observations.file=w.csv", 'observations.columns=[{column="t4", depth=0.04, unit="degC"}]']
    seen = load_case(path, [*overrides, "forcing.time_zone_hours=8"]).observation_spec()
    assert seen.time_zone_hours == 8.0 and seen.columns[0].kind == "soil_temperature"


def test_bottom_temperature_follows_the_height(write):
    assert load_case(write(), ["site.elevation=5000"]).bottom_temperature() == pytest.approx(272.48)
    assert load_case(write(), ["site.elevation=3000"]).bottom_temperature() == pytest.approx(275.0)
    assert load_case(write(), ["site.tbot=271.5"]).bottom_temperature() == 271.5


def test_a_case_from_a_mapping_is_the_same_case(write):
    assert case_of(tomllib.loads(SMALL)).fingerprint("calibrate") == load_case(write()).fingerprint("calibrate")


def test_the_summary_says_what_the_case_amounts_to(write):
    case = load_case(write(), ["observations.format=twin", "observations.depths=[0.1]", "parameters.SBETA=-1.5"])
    lines = dict(check_case(case).summary())
    assert lines["soil"] == "loam (7) to 15.2 m"
    assert "roots to layer 6, 0.829 m" in lines["vegetation"]
    assert "5840 steps of 10800 s" in lines["forcing"] and "mm a year" in lines["climate"]
    assert lines["model"] == "ji2026, with SBETA = -1.5"
    assert "10 parameters" in lines["calibration"] and "no validation period" in lines["note"]


def test_lines_of_keys():
    lines = key_lines('[a]\nb = 1\n[c.d]\n"e f" = 2\n[[g]]\nh.i = 3\n')
    assert lines == {"a": 1, "a.b": 2, "c.d": 3, "c.d.e f": 4, "g": 5, "g.h.i": 6}


def test_a_fingerprint_follows_the_source_of_the_model(write, monkeypatch):
    case = load_case(write())
    before = {stage: case.fingerprint(stage) for stage in ("forcing", "run", "calibrate")}
    told = case.fingerprint_of("run")
    monkeypatch.setattr(import_module("lsmcal.case.fingerprint"), "numbers_hash", lambda: "another")
    assert case.fingerprint("forcing") == before["forcing"]
    assert case.fingerprint("run") != before["run"] and case.fingerprint("calibrate") != before["calibrate"]
    (line,) = differences(told, case.fingerprint_of("run"))
    assert line.startswith("source of the model: ") and line.endswith("-> another")

"""The parameter table and parameter sets: counts, validation with all problems at once, exact JSON."""

import json
import math
from collections import Counter

import pytest

from lsmcal.core.errors import InputError
from lsmcal.noah.parameters.tables import load_tables
from lsmcal.parameters.table import ParameterSet, find_parameter, parameter_table, resolve_key, sensitive_parameters

TABLES = load_tables()


def problems_of(values, tables=None):
    with pytest.raises(InputError) as caught:
        ParameterSet(values, tables, "set.json")
    return {problem.variable: str(problem) for problem in caught.value.problems}


def test_counts_of_the_paper():
    rows = parameter_table()
    assert Counter(row.status for row in rows) == {"tunable": 30, "passive": 5}
    assert Counter(row.group for row in rows) == {"universal": 12, "vegetation": 13, "soil": 9, "site": 1}
    passive = {row.name for row in rows if row.status == "passive"}
    assert passive == {"REFDK", "REFSMC", "WLTSMC", "DRYSMC", "SATDW"}
    derived = {row.name for row in parameter_table(derived=True)} - {row.name for row in rows}
    assert derived == {"F11", "KDT", "FRZX"}


def test_sensitive_ten():
    wanted = "SBETA FXEXP FRZK CZIL EMISSMIN EMISSMAX ALBEDOMIN ALBEDOMAX MAXSMC TBOT"
    assert set(sensitive_parameters()) == set(wanted.split())


def test_rows_are_consistent():
    names = [row.name for row in parameter_table(derived=True)]
    assert len(set(names)) == len(names)
    for row in parameter_table(derived=True):
        assert row.limits[0] < row.limits[1], row.name
        assert (row.status == "tunable") == bool(row.kind) == math.isfinite(row.low), row.name
        assert not row.kind or row.low < row.high, row.name


def test_defaults_lie_in_ranges_and_limits():
    paper = load_tables(general="ji2026")
    for row in parameter_table():
        number = 7 if row.by_class else None
        default = row.default(paper, number)
        assert row.limits[0] <= default <= row.limits[1], row.name
        assert row.kind != "absolute" or row.low <= default <= row.high, row.name


def test_every_default_is_a_value_of_the_tables():
    assert find_parameter("SBETA").default(TABLES) == -2.0
    assert find_parameter("RS").default(TABLES, 8) == 300.0
    assert find_parameter("MAXSMC").default(TABLES, 12) == 0.339
    assert find_parameter("TBOT").default(TABLES) == 0.0


def test_range_texts():
    texts = {name: find_parameter(name).range_text for name in ("SBETA", "RS", "NROOT", "TBOT", "REFDK")}
    assert texts == {"SBETA": "-3 to -1", "RS": "±20 %", "NROOT": "±2 layers", "TBOT": "±1.5 K", "REFDK": "-"}


def test_set_is_a_mapping_in_table_order():
    values = {"TBOT": 0.4, "MAXSMC[12]": 0.36, "MAXSMC[7]": 0.4, "SBETA": -1.7, "NROOT[7]": 5}
    parameters = ParameterSet(values)
    assert list(parameters) == ["SBETA", "NROOT[7]", "MAXSMC[7]", "MAXSMC[12]", "TBOT"]
    assert parameters["NROOT[7]"] == 5.0 and parameters.bottom_temperature_offset == 0.4
    assert parameters == values
    assert hash(parameters) == hash(ParameterSet(dict(reversed(list(parameters.items())))))
    assert dict(ParameterSet()) == {}


def test_all_problems_at_once():
    found = problems_of(
        {
            "SBETTA": -1.0,
            "sbeta": -1.0,
            "MAXSMC": 0.4,
            "SBETA[7]": -1.0,
            "EMISSMIN[7]": 1.2,
            "NROOT[7]": 4.5,
            "KDT": 3.0,
            "F11[7]": -0.3,
            "FXEXP": "two",
            "SALP": float("nan"),
            "CZIL": True,
            "BB[20]": 3.0,
            "RS[28]": 40.0,
            "FRZK": 0.15,
            "soil 7": 1,
        },
        TABLES,
    )
    expected = {
        "SBETTA": "did you mean SBETA",
        "sbeta": "did you mean SBETA",
        "MAXSMC": "needs the number of a soil class",
        "SBETA[7]": "takes no class number",
        "EMISSMIN[7]": "expected a number from 0.7 to 1",
        "NROOT[7]": "not a whole number",
        "KDT": "derived",
        "F11[7]": "derived",
        "FXEXP": "not a number",
        "SALP": "not finite",
        "CZIL": "not a number",
        "BB[20]": "classes are 1 to 19",
        "RS[28]": "classes are 1 to 27",
        "soil 7": "not of the form",
    }
    assert set(found) == set(expected)
    for key, text in expected.items():
        assert text in found[key], found[key]
        assert found[key].startswith(f"set.json: {key}")


def test_same_parameter_in_two_spellings():
    assert "given twice" in problems_of({"BB[7]": 5.0, "BB[ 7 ]": 5.1})["BB[ 7 ]"]


def test_passive_may_be_set_in_order_only():
    assert ParameterSet({"REFSMC[7]": 0.30, "REFDK": 1e-6}, TABLES)["REFSMC[7]"] == 0.30
    found = problems_of({"REFSMC[7]": 0.45, "WLTSMC[12]": 0.02, "DRYSMC[12]": 0.05}, TABLES)
    assert set(found) == {"REFSMC[7]", "DRYSMC[12]"}
    assert "DRYSMC <= WLTSMC < REFSMC <= MAXSMC" in found["REFSMC[7]"]


def test_json_reads_back_exactly(tmp_path):
    values = {"SATDK[12]": 1.07e-6 / 3.0, "SBETA": -1.0 - 1e-15, "TBOT": 0.1 + 0.2, "NROOT[7]": 5}
    parameters = ParameterSet(values)
    path = tmp_path / "set.json"
    parameters.write(path)
    assert ParameterSet.read(path) == parameters
    assert json.loads(path.read_text())["NROOT[7]"] == 5 and '"NROOT[7]": 5,' in path.read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["set.json"]
    assert ParameterSet(dict(reversed(list(parameters.items())))).to_json() == parameters.to_json()


def test_read_takes_a_record_with_parameters(tmp_path):
    path = tmp_path / "trial.json"
    path.write_text('{"trial": 3, "parameters": {"SBETA": -1.7}}')
    assert ParameterSet.read(path) == {"SBETA": -1.7}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("[1, 2]", "not a JSON object"),
        ('{"SBETA": -1, "SBETA": -2}', "SBETA: is given twice"),
        ('{"SBETA": NaN}', "not finite"),
        ('{"SBETA": null}', "not a number"),
    ],
)
def test_bad_files(tmp_path, text, message):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        ParameterSet.read(path)
    assert "bad.json" in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="none.json"):
        ParameterSet.read(tmp_path / "none.json")


def test_merge_and_apply():
    merged = ParameterSet({"SBETA": -1.7, "TBOT": 0.4}).merged({"SBETA": -1.2, "MAXSMC[7]": 0.4})
    assert merged == {"SBETA": -1.2, "MAXSMC[7]": 0.4, "TBOT": 0.4}
    after = merged.apply(TABLES)
    assert after.general["SBETA"] == -1.2 and after.soil.value("MAXSMC", 7) == 0.4
    assert after.soil.value("REFSMC", 7) < TABLES.soil.value("REFSMC", 7)


def test_resolve_key():
    parameter, number = resolve_key("MAXSMC[12]", TABLES)
    assert (parameter.name, number) == ("MAXSMC", 12)


def test_an_ensemble_is_no_parameter_set_and_is_called_so(tmp_path):
    path = tmp_path / "ensemble.json"
    members = [{"trial": trial, "parameters": {"SBETA": -1.5}} for trial in (3, 7)]
    path.write_text(json.dumps({"threshold": 0.8, "breaks": [2], "note": "", "members": members}))
    with pytest.raises(InputError) as refused:
        ParameterSet.read(path)
    text = str(refused.value)
    assert "1 problem" in text and "holds an ensemble of 2 parameter sets; expected one" in text
    path.write_text(json.dumps(members[0]))
    assert ParameterSet.read(path) == {"SBETA": -1.5}

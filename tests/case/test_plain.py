"""Case files that no key can be read from: too deep, too large, no files."""

import json
import os

import pytest

from lsmcal.case import case_of, load_case
from lsmcal.core.errors import InputError
from tests.case.test_load import SMALL, refused

DEEP = 100_000


@pytest.fixture
def case(tmp_path):
    """A case file with more text at its end."""

    def to_file(text=""):
        (tmp_path / "case.toml").write_text(SMALL + text)
        return tmp_path / "case.toml"

    return to_file


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * DEEP + "]" * DEEP,
        "x = " + "{a=" * DEEP + "1" + "}" * DEEP,
        "x = " + "[" * 30 + "]" * 30,
        "[" + ".".join("a" * 30) + "]",
        ".".join("a" * 3000) + " = 1",
    ],
    ids=["lists", "tables", "thirty", "header", "dotted"],
)
def test_nesting_is_limited(case, text):
    assert refused(load_case, case(text))[0].endswith("is not valid TOML: is nested more than 20 deep")


def test_nesting_is_limited_where_no_file_is(case):
    key = ".".join(["calibrate", "engine_options", *"a" * 30])
    (line,) = refused(load_case, case(), [f"{key}=1"])
    assert "is nested more than 20 deep" in line
    engine_options: dict = {}
    inner = engine_options
    for _ in range(DEEP):
        inner["a"] = inner = {}
    with pytest.raises(InputError, match="nested more than 20 deep"):
        case_of({"site": {}, "calibrate": {"engine_options": engine_options}})


def test_values_that_no_key_can_have(case):
    (line,) = refused(load_case, case("[run]\nthreads = 0x" + "f" * 5000))
    assert line.endswith("run.threads: is too large (found 20000 bits); expected an integer of 64 bits")
    (line,) = refused(load_case, case("[run]\nthreads = " + "9" * 5000))
    assert "is not valid TOML" in line
    (line,) = refused(load_case, case(), ['case.output="a\\u0000b"'])
    assert "case.output: contains a null character" in line


def test_a_case_file_that_is_none(case, tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    assert "is a named pipe, not a file" in refused(load_case, tmp_path / "pipe.toml")[0]
    assert "is too large (2.4 MB); expected a case file" in refused(load_case, case("#" * 2_400_000))[0]


def test_files_of_a_case_that_are_none(case, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for override in ("observations.file=pipe", "model.soil_table=./pipe"):
        loaded = load_case(case(), [override, *["observations.format=csv"] * override.startswith("obs")])
        with pytest.raises(InputError, match="is a named pipe, not a file"):
            loaded.observation_spec() if "obs" in override else loaded.tables()


def test_parameter_sets_that_are_none(case, tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    (line,) = refused(load_case, case(), parameters=tmp_path / "pipe.json")
    assert "--parameters: is a named pipe" in line
    (tmp_path / "deep.json").write_text('{"parameters":' * DEEP)
    (line,) = refused(load_case, case(), parameters=tmp_path / "deep.json")
    assert "cannot be read as JSON: tables or lists are nested too deeply" in line
    (tmp_path / "good.json").write_text(json.dumps({"SBETA": -1.5}))
    assert load_case(case(), parameters=tmp_path / "good.json").parameters["SBETA"] == -1.5

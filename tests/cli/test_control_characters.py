"""Control characters in names and files: never raw on the terminal, in logs, pages, tables or case files."""

import json
import logging
import os
import tomllib

import pytest

from lsmcal.case import load_case
from lsmcal.case.toml import to_toml
from lsmcal.core.files import csv_text, write_json
from lsmcal.core.log import Log
from lsmcal.core.words import json_safe, printable
from lsmcal.report.page import Page
from tests.case.test_load import SMALL
from tests.region_cases import typed

#: DEL, ESC with what would clear the screen, a C1 sequence, a turn of direction, a carriage return.
EVIL = "de\x7fmo \x1b[2J\x9b31m\u202e\rend"
RAW = set("\x00\x07\x1b\x7f\x9b\u202e\r")


def clean(text):
    return not RAW & set(text)


@pytest.fixture
def case(tmp_path):
    name = json.dumps(EVIL)[1:-1]
    text = SMALL.replace('name = "small"', f'name = "{name}"\ndescription = "{name}"')
    text = text.replace("[2001, 2002]", "[2001, 2001]").replace("\x7f", "\\u007f")
    text += f'[report]\ntitle = "{name}"\n'.replace("\x7f", "\\u007f")
    (tmp_path / "case.toml").write_text(text + '[spinup]\nmethod = "none"\n[run]\nend = "2001-01-02"\n')
    return tmp_path


def test_escapes():
    assert printable(EVIL) == r"de\x7fmo \x1b[2J\x9b31m\u202e\rend"
    assert printable("a\tb\nç 中 °C – 😀") == "a\tb\nç 中 °C – 😀"
    assert json_safe('"\x7f\x9b"') == r'"\u007f\u009b"'


def test_a_resolved_case_reads_back(case):
    resolved = load_case(case).resolved_text()
    assert clean(resolved)
    assert tomllib.loads(resolved)["case"]["name"] == EVIL
    assert tomllib.loads(to_toml({"parameters": {EVIL: [EVIL]}}))["parameters"] == {EVIL: [EVIL]}


def test_tables_and_pages(tmp_path):
    write_json(tmp_path / "a.json", {EVIL: EVIL})
    text = (tmp_path / "a.json").read_text()
    assert clean(text) and json.loads(text) == {EVIL: EVIL}
    assert clean(csv_text([["site"], [EVIL]]))
    page = Page()
    page.title(EVIL)
    page.table([EVIL], [[EVIL]])
    page.code(EVIL + "<b>")
    assert clean(html := page.html(EVIL)) and r"\x1b[2J" in html and "<b>" not in html


def test_logs(tmp_path, capsys):
    log = Log()
    log.keep(tmp_path / "lsmcal.log")
    logging.getLogger("lsmcal").warning("%s is odd", EVIL)
    log.close()
    assert clean(capsys.readouterr().err) and clean((tmp_path / "lsmcal.log").read_text())
    assert r"\x1b[2J" in (tmp_path / "lsmcal.log").read_text()


def test_verbs_show_no_raw_character(case):
    told = typed("check", case).stdout
    assert clean(told) and r"\x1b[2J" in told
    run = typed("run", case)
    assert clean(run.stdout + run.stderr)
    assert clean((case / "output" / "case.resolved.toml").read_text() + (case / "output" / "lsmcal.log").read_text())
    assert clean(typed("check", case / "output" / "case.resolved.toml").stdout)
    page = typed("report", case)
    assert clean(page.stdout) and clean((case / "output" / "report.html").read_text())


def test_problems_show_no_raw_character(case):
    wrong = typed("check", case, "--set", f"site.vegetation={json.dumps(EVIL[6:])}", status=2).stderr
    assert clean(wrong) and r"\x1b[2J" in wrong
    assert clean(typed("check", f"{EVIL}.toml", status=2).stderr)
    name = os.fsdecode(b"bad\xff\x1b.toml")
    assert clean(typed("check", name, status=2).stderr)


@pytest.mark.parametrize("verb", ["check", "run"])
@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("a\\u0000b", "case.output: contains a null character"),
        ("case.toml", "case.output: the output folder cannot be written"),
        ("case.toml/deeper", "case.output: the output folder cannot be written"),
        ("a" * 300, "case.output: the output folder cannot be written"),
        ("pipe", "case.output: the output folder cannot be written"),
    ],
)
def test_output_that_is_no_folder(case, verb, output, message):
    os.mkfifo(case / "pipe")
    told = typed(verb, case, "--set", f'case.output="{output}"', status=2).stderr
    assert message in told and "Traceback" not in told and len(told.splitlines()) <= 3

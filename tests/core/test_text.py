"""Files named by a user that are no text: one clear message for each."""

import pytest

from lsmcal.core.csv_table import read_table
from lsmcal.core.errors import Problems
from lsmcal.core.text import read_text_file


@pytest.fixture
def bad(tmp_path):
    """A folder and a file that is no text."""
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "latin.csv").write_bytes("time,temperature °C\n".encode("latin-1"))
    return tmp_path / "folder.csv", tmp_path / "latin.csv"


def said(read, path, *more):
    problems = Problems()
    assert read(path, problems, *more) is None
    (problem,) = problems.found
    return str(problem)


def test_what_is_wrong_with_a_file(bad, tmp_path):
    folder, latin = bad
    assert said(read_text_file, folder, "a case file") == f"{folder}: is a folder; expected a case file"
    assert said(read_text_file, latin) == f"{latin}: is not a text file in UTF-8 (byte 18 is not text)"
    assert said(read_text_file, tmp_path / "none") == f"{tmp_path / 'none'}: no such file"
    (tmp_path / "marked").write_text("a", encoding="utf-8-sig")
    assert read_text_file(tmp_path / "marked", Problems()) == "a"
    assert "is a folder; expected a CSV file" in said(read_table, folder)
    assert "is not a text file in UTF-8" in said(read_table, latin)

"""Files named by a user that are no text: one clear message for each."""

import os
import socket

import pytest

from lsmcal.core import memory
from lsmcal.core.csv_table import read_table
from lsmcal.core.errors import Problems
from lsmcal.core.text import parsed_json, read_text_file


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


def test_what_is_no_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(tmp_path / "socket"))
        assert said(read_text_file, tmp_path / "pipe") == f"{tmp_path / 'pipe'}: is a named pipe, not a file"
        assert "is a socket, not a file" in said(read_table, tmp_path / "socket")
    assert "/dev/zero: is a device, not a file" in said(read_text_file, "/dev/zero")
    assert "is no name of a file" in said(read_text_file, "a\0b")
    assert "file name too long" in said(read_text_file, "a" * 1000)


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    (tmp_path / "large").write_text("a" * 2000)
    words = "is too large (2 kB); expected a case file, at most 1 kB"
    assert words in said(read_text_file, tmp_path / "large", "a case file", 1e3)
    monkeypatch.setattr(memory, "physical_memory", lambda: 1e3)
    assert "the file would need about 8 kB of memory" in said(read_text_file, tmp_path / "large")


def test_json_that_is_nested_without_end():
    assert parsed_json('{"a": [1]}') == {"a": [1]}
    for text in ("[" * 100_000, '{"a":' * 100_000):
        with pytest.raises(ValueError, match="nested too deeply"):
            parsed_json(text)

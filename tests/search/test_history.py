"""The journal: exact numbers, torn lines, damage, one writer."""

import json
import re
import subprocess
import zlib
from dataclasses import replace

import numpy as np
import pytest

from lsmcal.search.history import journal, load_history
from lsmcal.search.lines import HistoryError
from lsmcal.search.records import History, Trial
from tests.test_full_disk import room_for

PRINT = {"objective": {"name": "nse", "direction": "maximise"}, "engine": {"seed": 1}}


def record(trial: int, **changes) -> Trial:
    return replace(Trial(trial, 0, (0.1 + 0.2, 1e-300), {"A": 1 / 3}, 0.7), **changes)


def filled(path, count: int = 3):
    with journal(path, PRINT) as opened:
        for trial in range(count):
            opened.append(record(trial))
    return path


def test_numbers_come_back_exactly(tmp_path):
    history = load_history(filled(tmp_path / "new" / "h"))
    assert history.records == [record(trial) for trial in range(3)]
    assert history.points.shape == (3, 2) and history.maximise


def test_what_json_has_no_word_for_becomes_null(tmp_path):
    details = {"nse": np.array([0.5, np.nan]), "n": np.int64(4), "deep": (np.inf,)}
    with journal(tmp_path / "h", PRINT) as opened:
        opened.append(record(0, details=details))
    assert load_history(tmp_path / "h").records[0].details == {"nse": [0.5, None], "n": 4, "deep": [None]}
    assert "NaN" not in (tmp_path / "h").read_text()


@pytest.mark.parametrize("keep", [0, 1, 15, 60])
def test_a_torn_header_begins_anew(tmp_path, keep):
    path = filled(tmp_path / "h", 0)
    path.write_bytes(path.read_bytes()[:keep])
    assert load_history(filled(path, 2)).records == [record(0), record(1)]


@pytest.mark.parametrize("room", [10, 300])
def test_a_full_disk_is_named_with_the_file_and_what_was_good_stays(tmp_path, room):
    """In the header, and in a trial; then there is room again."""
    with room_for(room), pytest.raises(OSError) as caught:
        filled(tmp_path / "h")
    assert caught.value.filename == str(tmp_path / "h")
    assert "cannot be written: File too large; the disk has" in caught.value.strerror
    assert (tmp_path / "h").stat().st_size == room
    with journal(tmp_path / "h", PRINT) as opened:
        for trial in range(len(opened.history), 3):
            opened.append(record(trial))
    assert load_history(tmp_path / "h").records == [record(trial) for trial in range(3)]


@pytest.mark.parametrize("cut", [1, 2, 40])
def test_a_torn_last_line_is_dropped_and_written_again(tmp_path, cut):
    path = filled(tmp_path / "h")
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert len(load_history(path)) == 2
    with journal(path, PRINT) as opened:
        assert len(opened.history) == 2
        opened.append(record(2))
    assert path.read_bytes() == whole


def test_reading_changes_nothing(tmp_path):
    path = filled(tmp_path / "h")
    path.write_bytes(path.read_bytes()[:-3])
    before = path.read_bytes()
    load_history(path)
    assert path.read_bytes() == before


def test_a_block_of_zeros_at_the_end_is_a_torn_line(tmp_path):
    path = filled(tmp_path / "h")
    path.write_bytes(path.read_bytes() + b"\0" * 64 + b"\n")
    assert len(load_history(path)) == 3


def test_damage_elsewhere_is_named_by_line(tmp_path):
    path = filled(tmp_path / "h")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1][:-9], *lines[2:]]) + "\n")
    with pytest.raises(HistoryError, match="line 2"):
        load_history(path)
    path.write_text("\n".join([lines[0], *lines[2:]]) + "\n")
    with pytest.raises(HistoryError, match="trial 1, not 0"):
        load_history(path)


# -- checksums and ranges ---------------------------------------------------------------------------------------------
def without_checksums(path):
    """The same journal as an earlier version wrote it."""
    path.write_bytes(re.sub(rb',"crc32":"[0-9a-f]{8}"\}', b"}", path.read_bytes()))
    return path


def test_each_line_ends_with_the_checksum_of_the_rest(tmp_path):
    for line in filled(tmp_path / "h").read_bytes().splitlines():
        plain = json.loads(line)
        rest = json.dumps({key: value for key, value in plain.items() if key != "crc32"}, separators=(",", ":"))
        assert int(plain["crc32"], 16) == zlib.crc32(rest.encode())


def test_no_change_of_a_digit_is_silent(tmp_path):
    """Nor of any other byte; the last line, which could have been torn, is no exception."""
    path = filled(tmp_path / "h", 2)
    whole = path.read_bytes()
    for place, byte in enumerate(whole[:-1]):
        other = b"3" if byte in b"012456789" else b"8"
        path.write_bytes(whole[:place] + other + whole[place + 1 :])
        with pytest.raises(HistoryError, match="damaged|not a search history"):
            load_history(path)


def test_what_a_refusal_says_to_type_goes_on_from_the_good_lines(tmp_path):
    path = filled(tmp_path / "with space" / "history.jsonl", 5)
    whole, lines = path.read_bytes(), path.read_bytes().splitlines(keepends=True)
    damaged = b"".join([*lines[:3], lines[3].replace(b'"objective":0.7', b'"objective":0.8'), *lines[4:]])
    path.write_bytes(damaged)
    with pytest.raises(HistoryError) as refused, journal(path, PRINT):
        pass
    said = str(refused.value)
    assert "line 4 (trial 2) is damaged: its checksum is wrong" in said and "Lines 1 to 3 are good (2 trials)" in said
    assert "3 trials from there on are lost" in said and path.read_bytes() == damaged
    subprocess.run(said.splitlines()[-1].strip(), shell=True, check=True)
    with journal(path, PRINT) as opened:
        assert len(opened.history) == 2
        for trial in (2, 3, 4):
            opened.append(record(trial))
    assert path.read_bytes() == whole and path.with_name("history.jsonl.damaged").read_bytes() == damaged


def test_a_damaged_header_keeps_the_trials(tmp_path):
    path = filled(tmp_path / "h")
    path.write_bytes(path.read_bytes().replace(b'"seed":1', b'"seed":2'))
    with pytest.raises(HistoryError, match="line 1, which says what the search depends on(.|\n)*3 trials"):
        load_history(path)
    subprocess.run(f"cd {tmp_path} && mv h h.damaged", shell=True, check=True)
    assert len(load_history(filled(path, 1))) == 1


@pytest.mark.parametrize("damage", [b'{"trial":2}', b"[]", b"7", b"\xff\xfe", b"{" * 5000, b'{"trial":NaN}'])
def test_a_line_of_something_else_is_one_message(tmp_path, damage):
    path = filled(tmp_path / "h", 2)
    path.write_bytes(path.read_bytes() + damage + b"\n")
    with pytest.raises(HistoryError, match="line 4 .*damaged(.|\n)*2 trials"):
        load_history(path)


def test_a_journal_of_before_goes_on_and_its_new_lines_have_checksums(tmp_path):
    path = without_checksums(filled(tmp_path / "h"))
    assert load_history(path).records == [record(trial) for trial in range(3)] and load_history(path).unchecked == 4
    with journal(path, PRINT) as opened:
        opened.append(record(3))
    lines = path.read_bytes().splitlines()
    assert [b"crc32" in line for line in lines] == [False] * 4 + [True]
    path.write_bytes(
        b"\n".join([*lines, re.sub(rb',"crc32".*', b"}", lines[-1].replace(b'"trial":3', b'"trial":4'))]) + b"\n"
    )
    with pytest.raises(HistoryError, match="line 6 .*no checksum"):
        load_history(path)


@pytest.mark.parametrize(
    ("name", "limits", "value"),
    [("nse", (-np.inf, 1.0), 9.98), ("Kappa", (-1.0, 1.0), -1.5), ("rmse", (0.0, np.inf), -0.2)],
)
def test_a_score_that_cannot_be_is_refused(tmp_path, name, limits, value):
    about = {"objective": {"name": name, "direction": "maximise"}}
    with journal(tmp_path / "h", about, limits={name: limits}) as opened:
        opened.append(record(0, objective=0.5))
        opened.append(record(1, objective=value))
    with pytest.raises(HistoryError, match=rf"line 3 .*{name} is {value}, outside its range"):
        load_history(tmp_path / "h")
    old = without_checksums(tmp_path / "h")
    old.write_text(
        re.sub(r',"limits":\{.*?\}', "", re.sub(r'"information":\{.*?\]\}\}', '"information":{}', old.read_text()))
    )
    assert len(load_history(old)) == 2
    with pytest.raises(HistoryError, match="outside its range"):
        load_history(old, {name: limits})
    with pytest.raises(HistoryError, match="outside its range"), journal(old, about, limits={name: limits}):
        pass


def test_a_mean_of_goals_that_is_not_theirs_is_refused(tmp_path):
    goals = {name: {"maximise": True, "scale": 1.0, "weight": 1.0} for name in ("a", "b")}
    with journal(tmp_path / "h", PRINT | {"goals": goals}) as opened:
        opened.append(record(0, objective=0.25, goals={"a": 0.0, "b": 0.5}))
        assert len(load_history(tmp_path / "h")) == 1
        opened.append(record(1, objective=0.75, goals={"a": 0.0, "b": 0.5}))
    with pytest.raises(HistoryError, match="line 3 .*not the weighted mean"):
        load_history(tmp_path / "h")


@pytest.mark.parametrize("content", ["time,value\n1,2\n", "notes", '{"a": 1}\n'])
def test_another_file_is_neither_read_nor_overwritten(tmp_path, content):
    path = tmp_path / "h"
    path.write_text(content)
    with pytest.raises(HistoryError, match="not a search history"), journal(path, PRINT):
        pass
    assert path.read_text() == content


def test_a_missing_history_is_said(tmp_path):
    with pytest.raises(HistoryError, match="no search history"):
        load_history(tmp_path / "h")


def test_a_second_writer_is_kept_off(tmp_path):
    pytest.importorskip("fcntl")
    with journal(tmp_path / "h", PRINT), pytest.raises(HistoryError, match="another process"):
        with journal(tmp_path / "h", PRINT):
            pass


def test_a_gap_in_the_trials_is_refused(tmp_path):
    with journal(tmp_path / "h", PRINT) as opened, pytest.raises(HistoryError, match="trial 5"):
        opened.append(record(5))


def test_histories_are_compared_without_times(tmp_path):
    header = json.loads(filled(tmp_path / "h").read_text().splitlines()[0])
    one = History(header, [record(0, model_seconds=1.0, started="a")])
    assert one.same_as(History(header, [record(0, model_seconds=2.0, started="b")]))
    assert not one.same_as(History(header, [record(0, objective=0.7 + 1e-15)]))
    assert not one.same_as(History(header, []))

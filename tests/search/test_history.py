"""The journal: exact numbers, torn lines, damage, one writer."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lsmcal.search.history import History, HistoryError, Trial, journal, load_history

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

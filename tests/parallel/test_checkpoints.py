"""Checkpoints: whole or not there, found by any number of ranks, refused when they belong to another case."""

import resource
import signal

import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.parallel.checkpoints import Record, Store, StoreError

ABOUT = {"spinup.years": [1979, 1983], "model.preset": "ji2026"}


def record(piece=0, step=1, size=4, kind="state"):
    return Record(piece, kind, step, {"temperature": np.arange(size, dtype=float) + step, "cycle": np.array(step)})


def test_records_come_back_as_they_were_from_any_rank(tmp_path):
    writers = [Store(tmp_path / "run", rank, ABOUT) for rank in (0, 7)]
    writers[0].put([record(0, 1, kind="year"), record(0, 2, kind="year")], latest=record(0, 2))
    writers[1].put([record(0, 3, kind="year")], latest=record(0, 3))
    for writer in writers:
        writer.close()
    reader = Store(tmp_path / "run", 3, ABOUT)
    step, path = reader.last("state")[0]
    assert step == 3 and path.name == "rank-00007.sqlite"
    found = reader.get(path, 0, "state", 3)
    assert np.array_equal(found["temperature"], record(0, 3).arrays["temperature"]) and int(found["cycle"]) == 3
    assert sorted(reader.steps("year")[0]) == [1, 2, 3]


def test_the_latest_state_takes_the_place_of_earlier_ones(tmp_path):
    store = Store(tmp_path, 0, ABOUT)
    for step in range(1, 6):
        store.put([], latest=record(2, step))
    assert list(store.steps("state")[2]) == [5]


def test_another_case_is_refused_with_what_changed(tmp_path):
    store = Store(tmp_path, 0, ABOUT)
    store.put([record()])
    store.close()
    with pytest.raises(InputError) as refused:
        Store(tmp_path, 1, ABOUT | {"spinup.years": [1979, 1988]})
    assert "spinup.years: [1979, 1983] -> [1979, 1988]" in str(refused.value)
    assert "model.preset" not in str(refused.value)


def test_a_full_disk_leaves_the_checkpoint_before_it_whole(tmp_path):
    """A limit on the size of files ends a transaction as a full disk does."""
    store = Store(tmp_path, 0, ABOUT)
    store.put([], latest=record(0, 1, size=1000))
    size = (tmp_path / "rank-00000.sqlite").stat().st_size
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 4096, before[1]))
        with pytest.raises(StoreError, match="the previous one is intact"):
            store.put([], latest=record(0, 2, size=100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    store.close()
    again = Store(tmp_path, 0, ABOUT)
    step, path = again.last("state")[0]
    assert step == 1 and again.get(path, 0, "state", 1)["temperature"].size == 1000
    again.put([], latest=record(0, 2, size=100_000))
    assert again.last("state")[0][0] == 2


def test_a_folder_that_cannot_be_made_is_an_error_with_its_name(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="file/run/rank-00000.sqlite"):
        Store(tmp_path / "file" / "run", 0, ABOUT).put([record()])


def test_a_damaged_file_is_named(tmp_path):
    store = Store(tmp_path, 0, ABOUT)
    store.put([record(size=5000)])
    store.close()
    path = tmp_path / "rank-00000.sqlite"
    path.write_bytes(b"no database " * 1000)
    with pytest.raises(StoreError, match=r"rank-00000.sqlite: the checkpoint cannot be read: .*remove the file"):
        Store(tmp_path, 0, ABOUT)


def test_nothing_is_left_when_a_stage_is_done(tmp_path):
    folder = tmp_path / "checkpoint" / "run"
    store = Store(folder, 0, ABOUT)
    store.put([record()])
    store.remove()
    assert not folder.parent.exists()

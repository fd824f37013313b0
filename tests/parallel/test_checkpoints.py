"""Checkpoints: whole or not there, found by any number of ranks, refused when they belong to another case."""

import io
import json
import random
import resource
import signal
import sqlite3

import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.parallel import store_files
from lsmcal.parallel.checkpoints import Record, Store, StoreError
from lsmcal.parallel.store_files import Findings, examine

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


# -- damage -----------------------------------------------------------------------------------------------------------
def kept(folder, count=3):
    """A store of some records, and their arrays by place."""
    store, records = Store(folder, 0, ABOUT), [record(piece, 1, size=60, kind="year") for piece in range(count)]
    store.put(records, latest=record(0, 2, size=80))
    store.close()
    return folder / "rank-00000.sqlite", {
        (r.piece, r.kind, r.step): r.arrays for r in (*records, record(0, 2, size=80))
    }


def found(store):
    return {
        (piece, kind, step): store.get(path, piece, kind, step)
        for kind in ("year", "state")
        for piece, steps in store.steps(kind).items()
        for step, path in steps.items()
    }


def mended(folder):
    Store(folder, 0, ABOUT).mend()
    return Store(folder, 0, ABOUT)


def equal(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("seed", range(4))
def test_no_change_of_a_byte_gives_other_values_or_a_traceback(tmp_path, seed):
    """What is there after it is what was written; the rest is computed again."""
    path, written = kept(tmp_path)
    whole, rng, lost = path.read_bytes(), random.Random(seed), 0
    for _ in range(100):
        damaged = bytearray(whole)
        place = rng.randrange(100) if rng.random() < 0.2 else rng.randrange(len(whole))
        damaged[place] ^= rng.randrange(1, 256)
        path.write_bytes(damaged if rng.random() < 0.9 else whole[:place])
        there = found(mended(tmp_path))
        assert all(place in written and equal(arrays, written[place]) for place, arrays in there.items())
        lost += len(there) < len(written)
        path.unlink(missing_ok=True)
    assert lost > 10


def test_a_damaged_record_costs_itself(tmp_path, caplog):
    path, written = kept(tmp_path)
    content = path.read_bytes()
    place = content.index(np.arange(60.0).tobytes()[400:]) + 30
    path.write_bytes(content[:place] + b"?" + content[place + 1 :])
    with pytest.raises(StoreError, match=r"a record of block . is damaged: the checksum is wrong; repeat the command"):
        found(Store(tmp_path, 0, ABOUT))
    store = mended(tmp_path)
    assert len(found(store)) == len(written) - 1
    assert "the checkpoint is damaged: a record has a wrong checksum; 3 records are good" in caplog.text
    assert (tmp_path / "damaged-rank-00000.sqlite").is_file()
    caplog.clear()
    assert len(found(mended(tmp_path))) == len(written) - 1 and not caplog.text
    store.remove()
    assert not tmp_path.exists()


def test_what_says_the_case_may_be_damaged(tmp_path):
    """Each record says by its digest of which case it is."""
    path, written = kept(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"ji2026", b"ji2025"))
    assert len(found(mended(tmp_path))) == len(written)
    path.write_bytes(path.read_bytes().replace(b"[1979, 1983]", b"[1979] 1983]"))
    assert len(found(mended(tmp_path))) == len(written)


def test_records_without_digests_of_an_earlier_version_are_taken(tmp_path):
    path, written = kept(tmp_path)
    with sqlite3.connect(path) as file:
        for number, data in file.execute("SELECT rowid, data FROM record").fetchall():
            file.execute("UPDATE record SET data = ? WHERE rowid = ?", (data[:-40], number))
        file.execute("DELETE FROM about WHERE name = 'sha256'")
    file.close()
    store = mended(tmp_path)
    assert len(found(store)) == len(written) and examine(path).unsealed == 4
    store.put([record(7, 1, kind="year")])
    store.close()
    assert len(found(mended(tmp_path))) == 5 and examine(path) == Findings((1, 2, 3, 4, 5), 0, 4, "")


def test_the_archive_of_a_record_can_be_read_without_its_digest(tmp_path):
    """An earlier version takes what lies behind an archive for nothing."""
    path, _ = kept(tmp_path, 1)
    with sqlite3.connect(path) as file:
        data = file.execute("SELECT data FROM record WHERE kind = 'year'").fetchone()[0]
    file.close()
    with np.load(io.BytesIO(data)) as arrays:
        assert np.array_equal(arrays["temperature"], record(0, 1, size=60).arrays["temperature"])


def test_no_database_is_set_aside(tmp_path, caplog):
    path, _ = kept(tmp_path)
    path.write_bytes(b"no database " * 1000)
    with pytest.raises(StoreError, match=r"rank-00000.sqlite: the checkpoint is damaged: .*repeat the command"):
        Store(tmp_path, 0, ABOUT).last("year")
    store = mended(tmp_path)
    assert store.last("year") == {} and "file is not a database; 0 records are good" in caplog.text
    store.put([record()])
    assert store.last("state")


def test_a_file_in_use_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(store_files, "WAIT", 0.1)
    path, written = kept(tmp_path)
    with sqlite3.connect(path) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="another process uses it; wait until it has ended"):
            mended(tmp_path)
    other.close()
    assert len(found(mended(tmp_path))) == len(written) and not list(tmp_path.glob("damaged-*"))


def test_a_store_with_damage_of_every_kind_met_before(shared, tmp_path):
    """Two flips that ended with a traceback: in the name of the case, and in the head of an archive."""
    source = shared / "hard-cases" / "22-store-damaged" / "rank-00000.sqlite"
    if not source.is_file():
        pytest.skip("no such hard case in ../shared")
    whole = source.read_bytes()
    with sqlite3.connect(f"{source.as_uri()}?mode=ro&immutable=1", uri=True) as file:
        about = json.loads(file.execute("SELECT value FROM about").fetchone()[0])
    file.close()
    for place in (7306, 57160, 44695, *random.Random(1).sample(range(len(whole)), 40)):
        content = bytearray(whole)
        content[place] ^= 1 << place % 8
        (tmp_path / "rank-00000.sqlite").write_bytes(content)
        try:
            store = Store(tmp_path, 0, about)
        except InputError:  # its case is another now
            continue
        store.mend()
        for kind in ("year", "state"):
            assert all(store.get(path, piece, kind, step) for piece, (step, path) in store.last(kind).items())


def test_nothing_is_left_when_a_stage_is_done(tmp_path):
    folder = tmp_path / "checkpoint" / "run"
    store = Store(folder, 0, ABOUT)
    store.put([record()])
    store.remove()
    assert not folder.parent.exists()

"""Which files of a folder are checked, and the verdict over all of them."""

import json
import shutil

import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.verify import verify
from lsmcal.verify.folder import entries


@pytest.fixture
def small(shared, tmp_path):
    """A root with two small function tables, parameter tables, a sample for screening and notes."""
    root = tmp_path / "reference"
    for name in ("functions", "functions_modified", "vars"):
        (root / name).mkdir(parents=True)
    for name in (
        "functions/CSNOW.npz",
        "functions_modified/WDFCND_NY06.npz",
        "tables_std.npz",
        "tables_mod.npz",
        "vars/ongrid3_m5_h10.npz",
    ):
        shutil.copy(shared / "oracle" / name, root / name)
    (root / "README.md").write_text("notes")
    (root / "functions/summary.csv").write_text("a,b")
    (root / "vars/README.md").write_text("notes")
    return root


def test_a_good_folder_passes(small):
    result = verify(small)
    assert result.passed
    assert {row.source for row in result.rows} == {
        "functions/CSNOW.npz",
        "functions_modified/WDFCND_NY06.npz",
        "tables_std.npz",
        "tables_mod.npz",
        "vars/ongrid3_m5_h10.npz",
    }
    assert not result.unchecked
    rows = len(result.rows)
    assert rows > 10 and f"pass: {rows} of {rows} rows" in result.verdict()


def test_a_subfolder_by_itself(small):
    assert [row.source for row in verify(small / "functions").rows] == ["CSNOW.npz"]
    moved = (small / "functions").rename(small / "renamed")
    assert verify(moved).passed


def test_reference_data_are_seen_whole(shared):
    found = {}
    for entry in entries(shared / "oracle"):
        found.setdefault(entry.part, []).append(entry.source)
    assert set(found) == {"functions", "columns", "tables", "vars"}
    assert len(found["vars"]) == len(list((shared / "oracle/vars").glob("*.npz")))
    assert len(found["columns"]) == len(list((shared / "oracle/columns").glob("*.nc")))


def test_json_holds_the_rows(small):
    content = json.loads(verify(small).to_json())
    assert content["passed"] is True
    assert {"source", "variable", "largest", "most", "tolerance", "passed"} <= set(content["rows"][0])


@pytest.mark.parametrize(
    "name",
    [
        "functions/NOTHING.npz",
        "functions/CSNOW.nc",
        "surprise.npz",
        "CSNOW.txt",
        "more/x.npz",
        "tables_new.npz",
        "vars/CSNOW.npz",
    ],
)
def test_a_file_that_is_not_understood_fails(small, name):
    (small / name).parent.mkdir(exist_ok=True)
    np.savez(small / "file.npz", in_X=np.ones(3), out_Y=np.ones(3))
    (small / "file.npz").rename(small / name)
    result = verify(small)
    assert not result.passed
    assert [row.source for row in result.failures] == [name.split("/")[0] if name.startswith("more") else name]


def test_a_broken_parameter_table_fails(small):
    np.savez(small / "tables_mod.npz", BB=np.ones(3))
    result = verify(small)
    assert "tables_mod.npz" in [row.source for row in result.failures]


def test_a_table_that_differs_from_ours_is_said(small):
    with np.load(small / "tables_mod.npz") as file:
        arrays = {name: file[name] for name in file.files}
    arrays["BB"] = arrays["BB"] * 1.1
    np.savez(small / "tables_mod.npz", **arrays)
    (row,) = [row for row in verify(small).rows if row.source == "tables_mod.npz"]
    assert row.passed and "differs from the packaged tables in BB" in row.note


def test_only_selects_a_part(small):
    (small / "columns").mkdir()
    (small / "columns/broken.nc").write_bytes(b"")
    assert verify(small, only="functions").passed
    assert {row.source for row in verify(small, only="vars").rows} == {"vars/ongrid3_m5_h10.npz"}
    columns = verify(small, only="columns")
    assert [row.source for row in columns.rows] == ["columns/broken.nc"] and not columns.passed


def test_nothing_compared_is_no_pass(small, tmp_path):
    (tmp_path / "empty").mkdir()
    assert not verify(tmp_path / "empty").passed
    (small / "vars/ongrid3_m5_h10.npz").unlink()
    assert not verify(small / "vars").passed
    (small / "tables_std.npz").rename(tmp_path / "empty/tables_std.npz")
    tables_alone = verify(tmp_path / "empty")
    assert tables_alone.rows and not tables_alone.passed and "nothing was compared" in tables_alone.verdict()


def test_a_folder_that_is_missing_or_a_part_that_is_none(small):
    with pytest.raises(InputError, match="no such folder"):
        verify(small / "absent")
    with pytest.raises(InputError, match="functions or columns or vars"):
        verify(small, only="everything")


def test_progress_names_every_file(small):
    told = []
    verify(small, tell=told.append)
    assert told == [
        "functions/CSNOW.npz",
        "functions_modified/WDFCND_NY06.npz",
        "tables_mod.npz",
        "tables_std.npz",
        "vars/ongrid3_m5_h10.npz",
    ]

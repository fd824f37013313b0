"""``lsmcal verify``: what it prints and its exit status."""

import json
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from lsmcal.cli.main import app


@pytest.fixture
def tables(shared, tmp_path):
    """A folder with the table of one routine."""
    shutil.copy(shared / "oracle/functions/CSNOW.npz", tmp_path / "CSNOW.npz")
    return tmp_path


def _verify(*arguments):
    return CliRunner().invoke(app, ["verify", *map(str, arguments)])


def test_a_pass_is_status_0(tables):
    result = _verify(tables)
    assert result.exit_code == 0
    assert "pass: 1 of 1 rows" in result.output and "CSNOW.npz" in result.output


def test_a_deviation_is_status_1(tables):
    with np.load(tables / "CSNOW.npz") as file:
        arrays = {name: file[name] for name in file.files}
    arrays["out_SNCOND"] = arrays["out_SNCOND"] + 1e-6
    np.savez(tables / "CSNOW.npz", **arrays)
    result = _verify(tables, "--json")
    assert result.exit_code == 1
    (row,) = json.loads(result.output)["rows"]
    assert row["passed"] is False and row["largest"] == pytest.approx(1e-6)


def test_a_file_that_is_not_understood_is_status_1(tables):
    (tables / "CSNOW.npz").rename(tables / "CSNAW.npz")
    result = _verify(tables, "--only", "functions")
    assert result.exit_code == 1 and "CSNAW" in result.output


def test_nothing_to_compare_is_status_1(tables):
    assert _verify(tables, "--only", "columns").exit_code == 1


def test_a_missing_folder_is_status_2(tables):
    assert _verify(tables / "absent").exit_code == 2

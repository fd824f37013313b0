"""Stored trajectories of the reference: single steps and whole runs; what differs must not pass."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from lsmcal.verify.columns import Trajectory, check_columns, read_trajectory
from tests.conftest import SHARED

FILES = sorted(path.name for path in (SHARED / "oracle" / "columns").glob("*.nc")) or ["no reference data"]
SHORT = "mod_cold_permafrost_n18_veg07_sl5-gravel6-bedrock7_sfcdif2_s302.nc"


@pytest.mark.parametrize("name", FILES)
def test_a_stored_trajectory_is_reproduced(shared, name):
    rows = check_columns(shared / "oracle" / "columns" / name)
    assert len(rows) > 15
    assert not [row for row in rows if not row.passed]
    one_step = [row for row in rows if row.variable.startswith("one step")]
    assert {row.variable.split(": ")[1] for row in one_step} >= {"STC", "T1", "SMC", "SH2O", "ETA", "SHEAT", "SSOIL"}
    assert all(row.compared > 300 for row in one_step)


def _failed(path) -> set[str]:
    return {row.variable for row in check_columns(path) if not row.passed}


def test_the_leak_is_told_from_the_consistent_form(shared, tmp_path):
    published = tmp_path / SHORT.replace(".nc", "_fixed.nc")
    shutil.copy(shared / "oracle" / "columns" / SHORT, published)
    assert "one step: SH2O" in _failed(published)


def test_a_changed_parameter_is_noticed(shared, tmp_path):
    from netCDF4 import Dataset

    path = tmp_path / SHORT
    shutil.copy(shared / "oracle" / "columns" / SHORT, path)
    with Dataset(path, "a") as file:
        file["param_CSOIL"][...] = 1.02 * float(file["param_CSOIL"][...])
    assert "one step: STC" in _failed(path)


def test_the_files_own_parameters_count_not_the_packaged_ones(shared):
    stored = read_trajectory(shared / "oracle" / "columns" / SHORT)
    data = dict(stored.data)
    data["layer_MAXSMC"] = data["layer_MAXSMC"] * 1.01
    data["param_CZIL"] = np.array(0.33)
    fields = replace(stored, data=data).parameters()
    np.testing.assert_allclose(fields["porosity"][0], data["layer_MAXSMC"])
    assert float(fields["czil"]) == 0.33
    assert isinstance(stored, Trajectory)


def test_a_file_that_is_no_trajectory_fails(tmp_path):
    path = tmp_path / "mod_nothing.nc"
    path.write_bytes(b"no NetCDF")
    (row,) = check_columns(path)
    assert not row.passed and "not understood" in row.note

"""Stored trajectories of the reference: single steps and whole runs; what differs must not pass."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from lsmcal.verify.columns import check_columns
from lsmcal.verify.trajectory import Trajectory, read_trajectory
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
    assert not row.passed and "cannot be read as" in row.note


def _rewritten(shared, target, leave_out=(), shorten=(), **changes):
    """A copy of a stored trajectory without some variables or attributes, or with some one element shorter."""
    from netCDF4 import Dataset

    with Dataset(shared / "oracle" / "columns" / SHORT) as source, Dataset(target, "w") as copy:
        source.set_auto_mask(False)
        copy.setncatts({name: source.getncattr(name) for name in source.ncattrs() if name not in leave_out} | changes)
        for name, variable in source.variables.items():
            if name in leave_out:
                continue
            values = variable[...][:-1] if name in shorten else variable[...]
            sizes = [f"{name}_{axis}" for axis in range(np.ndim(values))]
            for dimension, size in zip(sizes, np.shape(values), strict=True):
                copy.createDimension(dimension, size)
            copy.createVariable(name, variable.dtype, sizes)[...] = values
    return target


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"leave_out": ["step_SHEAT"]}, "no step_SHEAT"),
        ({"leave_out": ["param_SBETA", "layer_BB"]}, "no param_SBETA; no layer_BB"),
        ({"leave_out": ["shdmin"]}, "no attribute shdmin"),
        ({"leave_out": ["rounding_sensitivity_json"]}, "no attribute rounding_sensitivity_json"),
        ({"shorten": ["daymean_ETA"]}, "daymean_ETA has shape (729,), expected (730,)"),
        ({"shorten": ["init_STC"]}, "init_STC has shape"),
        ({"shorten": ["forc_PRCP"]}, "forc_PRCP has shape"),
        ({"dt": 7000.0}, "do not fill a day"),
        ({"sfcdif_option": 7}, "the model rejects"),
        ({"rounding_sensitivity_json": "{"}, "the model rejects"),
    ],
)
def test_an_incomplete_trajectory_fails(shared, tmp_path, changes, reason):
    (row,) = check_columns(_rewritten(shared, tmp_path / SHORT, **changes))
    assert not row.passed and reason in row.note


def test_a_damaged_trajectory_fails(shared, tmp_path):
    whole = (shared / "oracle" / "columns" / SHORT).read_bytes()
    path = tmp_path / SHORT
    for share in (0.0, 0.1, 0.5, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        (row,) = check_columns(path)
        assert not row.passed and "cannot be read as" in row.note


def test_a_trajectory_of_unknown_physics_fails(shared, tmp_path):
    path = tmp_path / "some_column.nc"
    shutil.copy(shared / "oracle" / "columns" / SHORT, path)
    (row,) = check_columns(path)
    assert not row.passed and "std_, mod_" in row.note

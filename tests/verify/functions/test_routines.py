"""Every routine table of the reference data, and that the comparison can fail."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lsmcal.noah.runtime.state import COLUMN, LAYER
from lsmcal.verify.arguments import ARGUMENTS
from lsmcal.verify.functions.routines import ROUTINES, check_functions, compute
from lsmcal.verify.reference_tables import ReferenceTables, packaged
from lsmcal.verify.rows import deviation_row
from lsmcal.verify.table import NotUnderstood, read_call

# repeated here, so that a file that vanishes from the folder is missed
_PLAIN = (
    "ALCALC CALHUM CALTMP CSNOW DEVAP FAC2MIT FRH2O PENMAN SFCDIF_MYJ SFCDIF_MYJ_Y08 SFCDIF_OFF SFCDIF_OFF_SD SNFRAC "
    "SNOWPACK SNOWZ0 SNOW_NEW TDFCND WDFCND"
).split()
_LAYERED = (
    "CANRES EVAPO HRT HSTEP NOPAC REDPRM ROSR12 SFLX SHFLX SMFLX SNKSRC SNOPAC SRT SSTEP TBND TMPAVG TRANSP"
).split()
_MODIFIED = "HRT NOPAC SFLX SHFLX SMFLX SNOPAC SRT SSTEP".split()
_FIXED = "NOPAC SFLX SMFLX SNOPAC".split()
FILES = [f"functions/{name}.npz" for name in _PLAIN]
FILES += [f"functions/{name}_{layers}.npz" for name in _LAYERED for layers in ("n4", "n18")]
FILES += [f"functions_modified/{name}_n18.npz" for name in _MODIFIED]
FILES += [f"functions_modified/{name}_n18_fixed.npz" for name in _FIXED]
FILES += ["functions_modified/TDFCND_C05.npz", "functions_modified/WDFCND_NY06.npz"]


@pytest.fixture(scope="module")
def oracle(shared) -> Path:
    return shared / "oracle"


@pytest.fixture(scope="module")
def tables(oracle):
    return ReferenceTables([oracle])


def _copy(source: Path, target: Path, **changes) -> Path:
    """Copy of a table with arrays changed; None leaves one out."""
    with np.load(source) as file:
        arrays = {name: file[name] for name in file.files}
    arrays |= changes
    np.savez(target, **{name: array for name, array in arrays.items() if array is not None})
    return target


def test_the_list_of_files_is_complete(oracle):
    found = {f"{path.parent.name}/{path.name}" for path in oracle.glob("functions*/*.npz")}
    assert found == set(FILES)


def test_every_known_routine_has_a_composition():
    assert set(ROUTINES) == set(ARGUMENTS)


@pytest.mark.parametrize("file", FILES)
def test_routine(oracle, tables, file):
    with np.load(oracle / file) as stored:
        outputs = [name[4:] for name in stored.files if name.startswith("out_")]
    rows = check_functions(oracle / file, tables)
    assert [row.variable for row in rows] == outputs
    assert [row for row in rows if not row.passed] == []
    assert all(row.compared > 0 for row in rows)


@pytest.mark.parametrize("routine", _FIXED)
def test_parameter_leak_is_seen(oracle, tables, routine):
    """The published form does not reproduce the consistent tables, nor the other way round."""
    for suffix in ("", "_fixed"):
        call = read_call(oracle / f"functions_modified/{routine}_n18{suffix}.npz", tables)
        ours = compute(replace(call, leak=not call.leak))
        rows = [deviation_row("", name, ours[name], array, 1e-9, 1e-8) for name, array in call.outputs.items()]
        assert not all(row.passed for row in rows)


def test_packaged_tables_serve_as_well(oracle):
    rows = check_functions(oracle / "functions_modified/HRT_n18.npz", packaged)
    assert all(row.passed for row in rows)


def _csnow_with(oracle: Path, target: Path, factor: float) -> Path:
    """The table of CSNOW with one output multiplied."""
    with np.load(oracle / "functions/CSNOW.npz") as file:
        conductivity = file["out_SNCOND"]
    conductivity[7] *= factor
    return _copy(oracle / "functions/CSNOW.npz", target / "CSNOW.npz", out_SNCOND=conductivity)


def test_a_changed_number_fails(oracle, tables, tmp_path):
    (row,) = check_functions(_csnow_with(oracle, tmp_path, 1.0 + 1e-6), tables)
    assert not row.passed and row.compared == 400
    assert row.largest_share == pytest.approx(1e3, rel=0.02) and row.most_share < 1.0


def test_what_the_reference_did_not_assign_is_not_compared(oracle, tables, tmp_path):
    (row,) = check_functions(_csnow_with(oracle, tmp_path, np.nan), tables)
    assert row.passed and row.compared == 399


def test_a_variable_that_is_never_compared_fails(oracle, tables, tmp_path):
    path = _copy(oracle / "functions/CSNOW.npz", tmp_path / "CSNOW.npz", out_SNCOND=np.full(400, np.nan))
    (row,) = check_functions(path, tables)
    assert not row.passed and row.compared == 0


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("CSNAW.npz", {}, "no routine 'CSNAW'"),
        ("CSNOW.npz", {"in_DSNOW": None}, "missing input DSNOW"),
        ("CSNOW.npz", {"in_MORE": np.ones(400)}, "unknown input MORE"),
        ("CSNOW.npz", {"out_SNCOND": None}, "missing output SNCOND"),
        ("CSNOW.npz", {"out_MORE": np.ones(400)}, "unknown output MORE"),
        ("CSNOW.npz", {"in_DSNOW": np.ones(399)}, "shape"),
        ("CSNOW.npz", {"in_DSNOW": np.full(400, "x")}, "not numbers"),
        ("CSNOW.npz", {"extra": np.ones(1)}, "unknown arrays extra"),
        ("CSNOW.npz", {"in_DSNOW": np.ones(0), "out_SNCOND": np.ones(0)}, "no rows"),
    ],
)
def test_what_is_not_understood_fails(oracle, tables, tmp_path, name, changes, reason):
    path = _copy(oracle / "functions/CSNOW.npz", tmp_path / name, **changes)
    (row,) = check_functions(path, tables)
    assert not row.passed and reason in row.note
    with pytest.raises(NotUnderstood):
        read_call(path, tables)


def test_a_file_that_is_no_archive_fails(tables, tmp_path):
    path = tmp_path / "CSNOW.npz"
    path.write_bytes(b"nothing of the kind")
    (row,) = check_functions(path, tables)
    assert not row.passed and "cannot be read" in row.note


def test_a_damaged_archive_fails(oracle, tables, tmp_path):
    """Bytes flipped or cut off anywhere: a failure, or the very numbers that were there, and never an exception."""
    source, random = oracle / "functions/TBND_n4.npz", np.random.default_rng(3)
    whole, failed = source.read_bytes(), 0
    for attempt in range(120):
        damaged = bytearray(whole[: random.integers(len(whole))] if attempt % 3 == 0 else whole)
        for place in random.integers(len(damaged), size=3):
            damaged[place] ^= int(random.integers(1, 256))
        path = tmp_path / source.name
        path.write_bytes(damaged)
        if all(row.passed for row in check_functions(path, tables)):
            with np.load(path) as file, np.load(source) as good:
                assert all(np.array_equal(file[name], good[name]) for name in good.files)
        else:
            failed += 1
    assert failed > 100


def test_a_layer_count_that_contradicts_the_profiles_fails(oracle, tables, tmp_path):
    path = _copy(oracle / "functions/ROSR12_n4.npz", tmp_path / "ROSR12_n4.npz", in_NSOIL=np.full(180, 3))
    (row,) = check_functions(path, tables)
    assert not row.passed and "NSOIL" in row.note


def test_a_boundary_inside_the_column_is_refused(oracle, tables, tmp_path):
    path = _copy(oracle / "functions/HRT_n4.npz", tmp_path / "HRT_n4.npz", in_ZBOT=np.full(180, -1.0))
    (row,) = check_functions(path, tables)
    assert not row.passed and "ZBOT" in row.note


def test_field_names_work_without_compilation():
    """Uncompiled kernels read fields as attributes of numpy's records, whose own attributes come first."""
    assert [name for name in (*COLUMN.names, *LAYER.names) if hasattr(np.record, name)] == []

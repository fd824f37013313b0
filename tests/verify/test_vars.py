"""Verification of stored samples: what passes, and what is caught."""

import json
import shutil

import numpy as np
import pytest

from lsmcal.verify import verify

#: Case: its plain integrals, its plain order indices and its replicates are compared as well.
CASES = {
    "f30_m100_h10": "ivars vars_to vars_to_lb ivars_lb gamma_ub textbook_rel_ivars rel_vars_to",
    "ishigami_m50_h10": "ivars ivars_ub gamma_lb textbook_rel_ivars",
    "ishigami_m20_h02": "",
    "ishigami_m40_h05": "",
    "nan3_m30_h10": "ivars vars_to",
    "ongrid3_m5_h10": "ivars",
    "sobolg8_m100_h10": "ivars vars_to vars_to_ub ivars_lb gamma_ub textbook_rel_ivars",
    "step5_m60_h10": "ivars ivars_lb textbook_rel_ivars",
}
ALWAYS = "gamma ecov textbook_gamma textbook_ecov textbook_ivars textbook_mu textbook_var textbook_vars_to maee mee"


@pytest.fixture(scope="module")
def rows(shared):
    found = {}
    for row in verify(shared / "oracle", only="vars").rows:
        found.setdefault(row.source, {})[row.variable] = row
    return found


@pytest.mark.parametrize("case", CASES)
def test_every_field_to_compare_is_compared_and_passes(rows, case):
    found = rows[f"vars/{case}.npz"]
    assert set((ALWAYS + " " + CASES[case]).split()) <= set(found)
    assert all(row.passed and row.compared and row.tolerance == "1e-10" for row in found.values())
    assert ("ivars" in found) == case.endswith("h10")
    assert ("vars_to" in found) == ("vars_to" in CASES[case])
    assert ("cov" in found) == (not case.startswith("nan"))


@pytest.fixture
def copy(shared, tmp_path):
    """Function that copies a case with some arrays changed (None drops one) and verifies it."""

    def make(case: str, **changes):
        with np.load(shared / f"oracle/vars/{case}.npz") as file:
            arrays = {name: file[name] for name in file.files}
        arrays |= changes
        np.savez(tmp_path / f"{case}.npz", **{name: array for name, array in arrays.items() if array is not None})
        return verify(tmp_path, only="vars")

    return make


def changed(shared, case: str, name: str, by: float = 1e-8) -> dict:
    with np.load(shared / f"oracle/vars/{case}.npz") as file:
        return {name: file[name] + by}


@pytest.mark.parametrize("name", ["gamma", "ecov", "textbook_vars_to", "ivars_lb", "vars_to_ub", "cov", "rank_ivars"])
def test_a_deviation_is_caught(shared, copy, name):
    result = copy("sobolg8_m100_h10", **changed(shared, "sobolg8_m100_h10", name))
    assert [row.variable for row in result.failures] == [name]


def test_a_wrong_output_is_caught(shared, copy):
    result = copy("ishigami_m50_h10", **changed(shared, "ishigami_m50_h10", "y", np.linspace(0.0, 1e-6, 1500)))
    assert {"gamma", "textbook_mu", "gamma_lb"} <= {row.variable for row in result.failures}


@pytest.mark.parametrize(
    "changes, text",
    [
        ({"gamma": None}, "no such field"),
        ({"textbook_vars_to": None}, "no such field"),
        ({"bootstrap_ci": None}, "no such field"),
        ({"bounds": None}, "cannot be read as"),
        ({"y": np.ones(7)}, "not one output for each point"),
        ({"idx_param": np.zeros(1500, int)}, "changes along the ray"),
        ({"bootstrap_indices": np.full((3, 50), 50)}, "unknown star"),
        ({"gamma": np.ones(3)}, "shape"),
    ],
)
def test_a_file_that_cannot_be_compared_fails_with_the_reason(copy, changes, text):
    result = copy("ishigami_m50_h10", **changes)
    assert not result.passed and any(text in row.note for row in result.failures)


@pytest.mark.parametrize("keep", [200, 2000, -300])
def test_a_damaged_file_fails_whatever_else_passes(shared, tmp_path, keep):
    for name in ("ishigami_m50_h10", "ongrid3_m5_h10"):
        shutil.copy(shared / f"oracle/vars/{name}.npz", tmp_path / f"{name}.npz")
    assert verify(tmp_path, only="vars").passed
    content = bytearray((tmp_path / "ishigami_m50_h10.npz").read_bytes())
    if keep == 200:
        content[200:2000] = bytes(1800)
    (tmp_path / "ishigami_m50_h10.npz").write_bytes(content if keep == 200 else content[:keep])
    result = verify(tmp_path, only="vars")
    assert {row.source for row in result.failures} == {"ishigami_m50_h10.npz"}


@pytest.mark.parametrize("name", ["y", "idx_param", "star_points", "delta_h"])
def test_a_sample_without_an_array_fails(copy, name):
    result = copy("ongrid3_m5_h10", **{name: None})
    assert not result.passed and name in result.failures[0].note


@pytest.fixture
def printed(shared, tmp_path):
    """A folder with printed values and the table of their sample."""
    for name in ("reference_values.json", "ishigami_star_points_with_outputs.csv"):
        shutil.copy(shared / "data/vars_tool_reference" / name, tmp_path / name)
    return tmp_path


def test_printed_values_are_compared(printed, shared):
    result = verify(shared / "data/vars_tool_reference", only="vars")
    assert result.passed and len(result.rows) == 7
    assert verify(printed).passed and not verify(printed, only="columns").rows


def test_printed_values_that_differ_are_caught(printed):
    path = printed / "reference_values.json"
    content = json.loads(path.read_text())
    content["ishigami_vars"]["ivars"]["0.3"]["x2"] += 2e-6
    path.write_text(json.dumps(content))
    assert [row.variable for row in verify(printed).failures] == ["ishigami_vars ivars 0.3"]


@pytest.mark.parametrize("text", ["{}", "[1]", "nothing", '{"ishigami_vars": {"vars_to": 3}}'])
def test_printed_values_that_are_none_fail(printed, text):
    (printed / "reference_values.json").write_text(text)
    assert "cannot be read as printed values" in verify(printed).failures[0].note


def test_printed_values_without_their_sample_fail(printed):
    (printed / "ishigami_star_points_with_outputs.csv").unlink()
    assert not verify(printed).passed

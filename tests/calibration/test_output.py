"""Files of a calibration over many cells: what is in them, and that they are read back as they were."""

import json

import numpy as np
import pytest

from lsmcal.calibration.output import EVALUATION, has_results, read_maps, read_results, write_results
from lsmcal.parameters.table import ParameterSet
from lsmcal.search.equifinality import CONSTRAINED, NOT
from lsmcal.search.history import Trial, journal
from lsmcal.search.pareto import front
from tests.calibration.map_results import FIXED, calibration_in, maps


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Folder and calibration with two goals and members from the front, written without figures."""
    folder = tmp_path_factory.mktemp("calibration")
    found = calibration_in(folder, goals=True, combine="pareto")
    write_results(found, folder, figures=False)
    return folder, found


def test_results_are_read_back_as_they_were(written):
    folder, found = written
    again = read_results(folder)
    assert has_results(folder)
    assert again.history.same_as(found.history) and again.rows == found.rows and again.pairs == found.pairs
    assert (again.front, again.ensemble, again.near) == (found.front, found.ensemble, found.near)
    assert again.confusions == found.confusions and again.notes == found.notes
    assert again.combine == "pareto" and again.cost() == found.cost() and again.year == 2010 and again.fixed == FIXED
    assert again.convergence.breaks == found.convergence.breaks
    assert np.isnan(again.goals["network"]["calibrated"]) and again.goals["network"]["default"] == 1.2


def test_maps_are_read_back_and_follow_cf(written):
    from netCDF4 import Dataset

    folder, _ = written
    expected, again = maps(), read_maps(folder / "maps.nc")
    for name in ("cell", "longitude", "latitude", "area", "grid_longitude", "target", "sensitive", "held_out"):
        np.testing.assert_array_equal(getattr(again, name), getattr(expected, name))
    assert list(again.runs) == ["default", "calibrated"] and again.wrong is None
    np.testing.assert_array_equal(again.runs["calibrated"], expected.runs["calibrated"])
    with Dataset(folder / "maps.nc") as file:
        assert file.Conventions == "CF-1.11" and file.target_year == 2010
        assert file["target"].flag_meanings.split() == ["unknown", "no_permafrost", "permafrost"]
        assert file["target"].flag_values.dtype == file["target"].dtype == np.int8


def test_best_and_members_hold_what_was_fixed(written):
    folder, found = written
    best = ParameterSet.read(folder / "best.json")
    assert best["CMCMAX"] == 6e-4 and best["SBETA"] == found.history.best.parameters["SBETA"]
    members = json.loads((folder / "ensemble.json").read_text())["members"]
    assert len(members) == 13 and all(member["parameters"]["CMCMAX"] == 6e-4 for member in members)
    for member in members:
        record = found.history.records[member["trial"]]
        assert member["parameters"]["CZIL"] == record.parameters["CZIL"]


def test_members_come_from_the_front_or_from_the_optimal_set(written, tmp_path):
    _, found = written
    assert found.front == tuple(front(found.history.goal_losses))
    assert found.ensemble.candidates == len(found.front)
    chosen = set(found.ensemble.trials)
    assert chosen <= set(found.front) or set(found.front) <= chosen
    weighted = calibration_in(tmp_path, goals=True, combine="weighted")
    assert weighted.ensemble.candidates == len(weighted.convergence.optimal)
    assert set(weighted.ensemble.trials) <= set(weighted.convergence.optimal)


def test_counts_and_cost_stand_in_the_evaluation(written):
    folder, found = written
    values = json.loads((folder / "evaluation.json").read_text())
    one = found.confusions["held-out"]["calibrated"]
    assert values["maps"]["held-out"]["calibrated"]["counts"] == one.counts.tolist()
    assert values["maps"]["held-out"]["calibrated"]["kappa"] == one.kappa
    search = values["search"]
    assert (search["evaluations"], search["failed"], search["engine"]) == (220, 1, "random")
    assert (search["model_seconds"], search["optimiser_seconds"]) == (440.0, 11.0)
    assert search["best"] == max(record.objective for record in found.history.records if record.ok)
    assert values["goals"]["network"]["calibrated"] is None


def test_summary_is_in_words(written):
    words = dict(written[1].summary())
    assert "220 evaluations with random" in words["search"] and "13 members" in words["near-best"]
    assert "model 440.0 s, optimiser 11.0 s" in words["time"]


def test_parameters_that_decide_are_told_from_those_that_do_nothing(tmp_path):
    rows = {row["parameter"]: row["verdict"] for row in calibration_in(tmp_path).rows}
    assert rows["SBETA"] == CONSTRAINED
    assert {rows[name] for name in ("SALP", "CSOIL", "REFKDT")} == {NOT}


def test_a_history_that_went_on_is_read_as_far_as_it_was_judged(tmp_path):
    found = calibration_in(tmp_path)
    write_results(found, tmp_path, figures=False)
    first = found.history.records[0]
    with journal(tmp_path / "history.jsonl", found.history.header["fingerprint"]) as opened:
        opened.append(Trial(220, 220, first.x, first.parameters, 0.99))
    again = read_results(tmp_path)
    assert len(again.history) == 220 and again.cost() == found.cost()
    assert "the search now has 221" in again.notes[-1]


def test_a_site_calibration_is_not_taken_for_one_of_a_region(tmp_path):
    assert not has_results(tmp_path)
    (tmp_path / "evaluation.json").write_text('{"kind": "soil_temperature"}')
    assert not has_results(tmp_path)


def test_figures_of_a_calibration_without_maps_are_those_of_the_search(tmp_path):
    from dataclasses import replace

    found = replace(calibration_in(tmp_path), maps=None, confusions={}, year=None)
    write_results(found, tmp_path)
    drawn = sorted(path.stem for path in (tmp_path / "figures").iterdir())
    assert drawn == ["constraints", "equifinality", "trajectory"]
    assert read_results(tmp_path).maps is None and not (tmp_path / "maps.nc").exists()


def test_results_nested_without_end_are_no_results(tmp_path):
    (tmp_path / EVALUATION).write_text("[" * 200_000)
    assert not has_results(tmp_path)
    with pytest.raises(ValueError, match="nested too deeply"):
        read_results(tmp_path)

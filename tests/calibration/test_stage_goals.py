"""Several goals at once, and refusals that only simulated cells can give rise to, through lsmcal calibrate."""

import shutil

import numpy as np
import pytest

from lsmcal.calibration import output as map_output
from tests.calibration.small_map_case import MAP, SIMULATED, content, map_case, map_case_with, maps, records, results
from tests.inputs.map_files import write_map
from tests.region_cases import MPIEXEC, files_of, finished, told, typed

PARETO = {'engine = "sobol"': 'engine = "openbox"\ncombine = "pareto"\nengine_options = { initial = 5 }'}
TWO_YEARS = {"years = [1985, 1986]": "years = [1985, 1987]"}
LATER = '[[calibrate.goals]]\nkind = "map"\nyear = 1987\nweight = 3.0\n'
#: At a cell in the middle of the plateau.
SITE = """[[calibrate.goals]]
kind = "site"
name = "meadow"
at = [91.0, 34.4]
twin = true
noise = {}
depths = [0.1, 0.4]
calibration = [["1986-01-01", "1986-12-31"]]
"""
NETWORK = '[[calibrate.goals]]\nkind = "network"\nfile = "ground.csv"\nvariable = "{}"\nscale = {}\n'


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    """Results without figures."""
    monkeypatch.setattr(map_output, "write_calibration_figures", lambda *words: [])


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A case of which only the default set was tried."""
    folder = map_case(tmp_path_factory.mktemp("begun"), {"evaluations = 9": "evaluations = 1"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(map_output, "write_calibration_figures", lambda *words: [])
        typed("calibrate", folder, "-q")
    return folder


def dominated(values):
    """Which rows are no better than another in all columns, and worse in one; more is better."""
    beats = (values[:, None] >= values[None]).all(-1) & (values[:, None] > values[None]).any(-1)
    return beats.any(0)


# -- several goals ----------------------------------------------------------------------------------------------------
def test_two_years_are_weighted(tmp_path):
    folder = map_case(tmp_path, {**TWO_YEARS, "evaluations = 9": "evaluations = 5"}, MAP + LATER)
    typed("calibrate", folder, "-q")
    found, trials = content(folder, "evaluation.json"), records(folder)
    values = np.array([[record.goals["map 1986"], record.goals["map 1987"]] for record in trials])
    assert found["year"] == 1987 and not dominated(values)[found["front"]].any()
    for record in trials:
        first, second = record.goals["map 1986"], record.goals["map 1987"]
        assert record.objective == pytest.approx((first + 3.0 * second) / 4.0, abs=1e-14)
    best = max(trials, key=lambda record: record.objective)
    assert {name: runs["calibrated"] for name, runs in found["goals"].items()} == best.goals
    assert {name: runs["default"] for name, runs in found["goals"].items()} == trials[0].goals


def test_a_map_and_a_site_have_a_front(tmp_path):
    pytest.importorskip("openbox", reason="OpenBox is not installed")
    folder = map_case(tmp_path, {**PARETO, "members = 3": "members = 4"}, MAP + SITE.format(0.1))
    typed("calibrate", folder, "-q")
    found, trials, ensemble = content(folder, "evaluation.json"), records(folder), content(folder, "ensemble.json")
    values = np.array([[record.goals["map 1986"], record.goals["meadow"]] for record in trials])
    assert np.isfinite(values).all() and np.ptp(values, axis=0).min() > 0.0
    front, behind = found["front"], dominated(values)
    assert front and not behind[front].any() and found["combine"] == "pareto"
    on_front = {tuple(row) for row in values[front].tolist()}
    assert {tuple(row) for row in values[~behind].tolist()} == on_front
    members = {member["trial"] for member in ensemble["members"]}
    assert len(members) == 4 and ensemble["candidates"] == len(front)
    assert members <= set(front) if len(front) >= 4 else set(front) <= members


def test_a_site_alone_whose_hidden_run_is_that_of_the_default_set(tmp_path):
    """Without noise it is met exactly; and that its map is met too is no reason to refuse, as no goal asks for it."""
    hidden = 'hidden = { SBETA = -1.269, FXEXP = 0.707, TBOT = -1.304, "ALBEDOMIN[7]" = 0.228 }'
    replace = {
        "evaluations = 9": "evaluations = 2",
        hidden: "hidden = { SBETA = -2.0 }",
        "wrong = 0.1": "wrong = 0.0",
        '"fixed"\ncycles = 1': '"none"',
    }
    folder = map_case(tmp_path, replace, SITE.format(0.0))
    typed("calibrate", folder, "-q")
    first, second = records(folder)
    assert first.objective == pytest.approx(1.0, abs=1e-12) and second.objective < 0.999
    found = content(folder, "evaluation.json")
    assert found["goals"]["meadow"]["default"] == found["goals"]["meadow"]["hidden"] == first.objective


def test_boreholes_beside_a_map(begun, tmp_path):
    """The ground as the default set has it, 2 K warmer and thawed 0.5 m less."""
    folder = map_case_with(
        begun,
        tmp_path,
        {"evaluations = 9": "evaluations = 5"},
        MAP + NETWORK.format("soil_temperature", 2.0) + NETWORK.format("alt", 0.5),
    )
    default, places = np.load(results(folder) / "default.npz"), maps(begun)
    depth = (
        np.cumsum([0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.8, 2.0]) - np.array([0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.8, 2.0]) / 2
    )
    lines = ["site,lon,lat,year,variable,depth,value"]
    for cell in (7, 30, 58):
        at = f"hole {cell},{places['lon'][cell]},{places['lat'][cell]},1986"
        lines.append(f"{at},soil_temperature,{depth[4]:.4f},{float(default['mean'][cell, 1, 4]) - 273.15 + 2.0!r}")
    frozen = np.flatnonzero(places["permafrost_default"] == 1)[0]
    thaw = np.interp(273.15, default["maximum"][frozen, 1][::-1], depth[::-1])
    lines.append(f"pit,{places['lon'][frozen]},{places['lat'][frozen]},1986,alt,,{float(thaw) - 0.5!r}")
    (folder / "ground.csv").write_text("\n".join(lines) + "\n")
    typed("calibrate", folder, "-q")
    first, found = records(folder)[0], content(folder, "evaluation.json")
    assert first.goals["soil_temperature"] == pytest.approx(2.0, abs=1e-6)
    assert first.goals["alt"] == pytest.approx(0.5, abs=1e-6)
    gains = (first.goals["map 1986"], -2.0 / 2.0, -0.5 / 0.5)
    assert first.objective == pytest.approx(sum(gains) / 3.0, abs=1e-6)
    assert any("soil_temperature: " in note for note in found["notes"])
    assert all(record.ok for record in records(folder))


# -- refusals ---------------------------------------------------------------------------------------------------------
def as_map(begun, folder, values, unknown=5):
    """A target map of values by cell."""
    found = maps(begun)
    shape = found["grid_latitude"].size, found["grid_longitude"].size
    whole = np.full(shape, unknown, np.int16)
    whole.reshape(-1)[found["cell"]] = values
    write_map(folder / "target.nc", whole, found["grid_longitude"], found["grid_latitude"])
    return {
        'source = "twin"': 'source = "map"\nfile = "target.nc"',
        "wrong = 0.1\n": "",
        'hidden = { SBETA = -1.269, FXEXP = 0.707, TBOT = -1.304, "ALBEDOMIN[7]" = 0.228 }': "",
    }


def nothing_begun(folder):
    """No search, and no result that a reader could take for one."""
    names = files_of(results(folder)) if results(folder).exists() else []
    return not set(names) - {*SIMULATED, "case.resolved.toml"}


def test_a_target_that_the_default_set_meets(begun, tmp_path):
    replace = as_map(begun, tmp_path, maps(begun)["permafrost_default"])
    folder = map_case_with(begun, tmp_path, replace)
    said = told("calibrate", folder, "-q")
    assert "nothing to calibrate" in said and "in all 60 cells" in said and nothing_begun(folder)


def test_a_single_class_in_the_region_and_among_the_cells_to_search_on(begun, tmp_path):
    everywhere = map_case_with(begun, tmp_path / "a", as_map(begun, tmp_path, np.ones(60)))
    shutil.copy(tmp_path / "target.nc", everywhere)
    said = told("calibrate", everywhere, "-q")
    assert "a single class" in said and "Kappa is undefined" in said and nothing_begun(everywhere)
    values = np.array(maps(begun)["permafrost_default"])
    searched = np.flatnonzero((values == 1) & (maps(begun)["held_out"] == 0))
    values[searched[0]] = 0
    replace = {**as_map(begun, tmp_path, values), "every = 2\n": "reach = 0\n"}
    narrow = map_case_with(begun, tmp_path / "b", replace)
    shutil.copy(tmp_path / "target.nc", narrow)
    said = told("calibrate", narrow, "-q")
    assert "a single class in the cells to calibrate on" in said and nothing_begun(narrow)


def test_a_target_without_the_codes_of_the_case(begun, tmp_path):
    replace = as_map(begun, tmp_path, 7 + maps(begun)["permafrost_default"])
    folder = map_case_with(begun, tmp_path, replace)
    said = told("calibrate", folder, "-q")
    assert "none of the class codes" in said and "5, 7, 8" in said and nothing_begun(folder)


@pytest.mark.parametrize(
    "replace, goals, expected",
    [
        ({}, "ranges = { SBETA = [-1.0, -1.0] }\n", "SBETA"),
        ({'parameters = ["SBETA", "FXEXP", "TBOT"]': 'screening = "chosen.json"'}, "", "chosen.json"),
        ({'engine = "sobol"': 'engine = "cmaes"\ncombine = "pareto"'}, MAP + SITE.format(0.1), "cmaes"),
        ({"[target]": "[targett]"}, "", "target"),
    ],
)
def test_what_shows_before_anything_is_simulated(tmp_path, replace, goals, expected):
    replace = {"members = 3\n": "members = 3\n" + goals, **replace} if goals.startswith("ranges") else replace
    folder = map_case(tmp_path, replace, "" if goals.startswith("ranges") else goals)
    said = told("calibrate", folder, "-q")
    assert expected in said and files_of(folder) == ["case.toml"]


def test_a_history_of_another_case_is_left_as_it_is(begun, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(begun, folder)
    before = {name: (folder / name).read_bytes() for name in files_of(folder)}
    refused = {
        "calibrate.seed=3": "calibrate.seed: 3, was 2",  # seen before the default set is simulated
        "spinup.cycles=3": "spinup.cycles: 3, was 2",
        "target.hidden={SBETA=-1.0}": "target.hidden: changed",
        "calibrate.every=1": "the cells that are simulated ([target], calibrate.cells, reach, every, hold_out)",
        "calibrate.ranges={SBETA=[-2.5,-1.0]}": "calibrate.ranges of SBETA: low -2.5, was -3.0",
    }
    for change, expected in refused.items():
        said = told("calibrate", folder, "--set", change)
        assert expected in said and "history.jsonl" in said and "move the history away" in said
        assert "case.evaluation" not in said and "1 problem" in said
    assert {name: (folder / name).read_bytes() for name in files_of(folder)} == before


@pytest.mark.skipif(MPIEXEC is None, reason="no mpiexec: install the extra mpich")
def test_no_rank_waits_for_one_that_was_refused(begun, tmp_path):
    """Only rank 0 sees that the target is met; the other waits for its cells then."""
    folder = map_case_with(begun, tmp_path, as_map(begun, tmp_path, maps(begun)["permafrost_default"]))
    said = finished(2, "calibrate", folder, "-q", status=2)
    assert said.count("nothing to calibrate") == 1 and "Traceback" not in said and nothing_begun(folder)

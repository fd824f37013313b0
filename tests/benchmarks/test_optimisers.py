"""The benchmark of the search engines: its problems are what they are said to be, its tables say what was found."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import evaluations, forest, optimisers
from lsmcal.noah.parameters.tables import load_tables
from lsmcal.parameters.space import build_space
from lsmcal.search.engines import make
from lsmcal.search.loop import Objective, Outcome, search

FOLDER = Path(optimisers.STORED)
SHIPPED = sorted(path.stem for path in FOLDER.glob("*.npz"))


# -- test functions ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dimensions", [12, 26])
@pytest.mark.parametrize("name", optimisers.FUNCTIONS)
def test_a_function_is_zero_at_its_optimum_and_nowhere_lower(name, dimensions):
    function, best = optimisers.FUNCTIONS[name], optimisers.optimum(dimensions)
    assert np.array_equal(best, np.round(best * 100) / 100)
    assert 0.15 <= best.min() < best.max() <= 0.85
    assert function(best) == 0.0
    rng = np.random.default_rng(1)
    assert function(rng.random((1000, dimensions))).min() > 0.1
    near = best + rng.normal(0.0, 1e-3, (1000, dimensions))
    assert function(near).min() > 0.0


def test_the_bowl_is_steep_one_way_flat_another_and_its_axes_are_oblique():
    d, step = 12, 1e-3
    best = optimisers.optimum(d)

    def curvature(a, b):
        corners = [best + step * (i * a + j * b) for i in (1, -1) for j in (1, -1)]
        plus, mixed, other, minus = optimisers.quadratic(np.array(corners))
        return (plus - mixed - other + minus) / (4.0 * step**2)

    unit = np.eye(d)
    hessian = np.array([[curvature(unit[i], unit[j]) for j in range(d)] for i in range(d)])
    values = np.linalg.eigvalsh(hessian)
    assert values[0] > 0.0
    assert 100.0 < values[-1] / values[0] < 1e5
    share = np.abs(hessian[0, 1]) / np.sqrt(hessian[0, 0] * hessian[1, 1])
    assert 0.2 < share < 1.0


# -- searches ---------------------------------------------------------------------------------------------------------
class Cube:
    """The unit cube as a space."""

    names, levels = tuple(f"x{k}" for k in range(12)), 101

    def default_unit(self):
        return np.full(12, 0.5)

    def default_parameters(self):
        return dict.fromkeys(self.names, 0.5)

    def to_parameters(self, unit):
        return dict(zip(self.names, np.asarray(unit).tolist(), strict=True))

    def rows(self):
        return [{"name": name, "low": 0.0, "high": 1.0} for name in self.names]


@pytest.mark.parametrize("engine", ["cmaes", "de"])
def test_a_search_here_is_the_search_that_users_get(engine, tmp_path):
    given = optimisers.problem("rosenbrock-12")
    mine = optimisers.losses_of(make(engine, 12, seed=3, batch=8), given, 60)

    def evaluate(points):
        return [Outcome(float(given.loss(np.array([point.x]))[0])) for point in points]

    made = make(engine, 12, seed=3, batch=8)
    found = search(evaluate, Cube(), made, tmp_path / "history.jsonl", 60, objective=Objective("loss", False))
    np.testing.assert_allclose(mine, found.history.losses, rtol=1e-12)


def test_the_best_so_far_counts_trial_0_and_stops_at_each_number():
    losses = np.full(500, 9.0)
    losses[[0, 99, 100, 499]] = 8.0, 7.0, 5.0, 1.0
    assert optimisers.best_after(losses) == {"100": 7.0, "200": 5.0, "500": 1.0}
    assert optimisers.best_after(losses[:150]) == {"100": 7.0}


def test_a_finished_search_is_not_done_again(tmp_path):
    calls = []

    def counted(points):
        calls.append(len(points))
        return optimisers.quadratic(points)

    given = optimisers.Problem("quadratic-12", np.full(12, 0.5), counted)
    first = optimisers.run("random", given, 1, tmp_path)
    assert sum(calls) >= 500
    calls.clear()
    assert optimisers.run("random", given, 1, tmp_path) == first
    assert not calls
    assert optimisers.run("random", given, 2, tmp_path)["best"] != first["best"]


def test_the_table_has_medians_ranges_and_the_smallest_in_bold():
    runs = [
        {"problem": "p", "engine": engine, "seed": seed, "best": {"100": value, "200": value / 2}}
        for engine, values in (("a", (1.0, 4.0, 2.0)), ("b", (3.0, 3.5, 1.5)))
        for seed, value in enumerate(values, start=1)
    ]
    found = optimisers.summary(runs)
    assert found[0] == {
        "problem": "p",
        "engine": "a",
        "evaluations": 100,
        "median": 2.0,
        "low": 1.0,
        "high": 4.0,
        "seeds": 3,
    }
    lines = optimisers.table(found).splitlines()
    assert lines[-2] == "| p | a | **2** (1–4) | **1** (0.5–2) |"
    assert lines[-1] == "|  | b | 3 (1.5–3.5) | 1.5 (0.75–1.75) |"


# -- stored evaluations -----------------------------------------------------------------------------------------------
def judged(evaluate):
    """Something cheap over a real space."""
    space = build_space(["SBETA", "FXEXP", "CZIL", "FRZK"], load_tables("noahtibet"))
    return evaluations.Judged(space, "NSE", evaluate, {"case": "test"})


PARTS = (evaluations.Part("sobol", 1, 16, 32), evaluations.Part("cmaes", 1, 16, 32))


def evaluate_bowl(points):
    """Best at 0.3; sets of the upper end fail."""
    for point in points:
        yield Outcome(1.0 - float(((np.array(point.x) - 0.3) ** 2).sum()), failed="bad" if point.x[0] > 0.9 else "")


def test_stored_points_are_of_all_parts_each_once_and_none_failed(tmp_path):
    one = judged(evaluate_bowl)
    histories = evaluations.evaluate_parts(one, PARTS, tmp_path / "work")
    stored = evaluations.stored_of(one, PARTS, histories)
    tried = {r.x for h in histories for r in h.records[1:]}
    assert len(stored.values) == len({x for x in tried if x[0] <= 0.9}) < len(tried)
    assert set(stored.part.tolist()) == {0, 1}
    np.testing.assert_allclose(stored.values, 1.0 - ((stored.points - 0.3) ** 2).sum(axis=1))
    assert stored.default_value == pytest.approx(1.0 - ((stored.default - 0.3) ** 2).sum())

    def refuse(points):
        raise AssertionError("was evaluated before")

    again = evaluations.stored_of(one, PARTS, evaluations.evaluate_parts(judged(refuse), PARTS, tmp_path / "work"))
    np.testing.assert_array_equal(again.levels, stored.levels)
    evaluations.write(stored, tmp_path / "nse-4.npz")
    read = evaluations.read("nse", 4, tmp_path)
    np.testing.assert_array_equal(read.levels, stored.levels)
    np.testing.assert_array_equal(read.values, stored.values)
    assert read.about == json.loads(json.dumps(stored.about))


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_stored_suffices_for_a_forest(name):
    objective, dimensions = name.split("-")
    stored = evaluations.read(objective, int(dimensions))
    assert (FOLDER / f"{name}.npz").stat().st_size < 300_000
    assert len(stored.values) >= 2000
    assert len(np.unique(stored.levels, axis=0)) == len(stored.levels)
    assert stored.levels.shape[1] == len(stored.about["space"]) == int(dimensions) == stored.default.size
    assert stored.levels.max() <= 100
    assert np.isfinite(stored.values).all() and stored.values.max() <= 1.0


@pytest.mark.skipif("nse-12" not in SHIPPED, reason="no stored NSE")
def test_stored_values_are_what_the_model_gives(tmp_path):
    stored = evaluations.read("nse", 12)
    chosen = [0, 1000, int(np.argmax(stored.values)), len(stored.values) - 1]
    with evaluations.nse_of(12, tmp_path) as one:
        points = [one.space.from_levels(stored.levels[k]) for k in chosen]
        sets = [evaluations.Point(k, tuple(x), one.space.to_parameters(x)) for k, x in enumerate(points)]
        found = [outcome.objective for outcome in one.evaluate(sets)]
    np.testing.assert_allclose(found, stored.values[chosen], atol=1e-3)


# -- forests ----------------------------------------------------------------------------------------------------------
def stored_bowl(count=400, noise=False):
    rng = np.random.default_rng(5)
    levels = rng.integers(0, 101, (count, 4)).astype(np.uint8)
    values = rng.random(count) if noise else 1.0 - ((levels / 100 - 0.4) ** 2).sum(axis=1)
    default = np.full(4, 0.505)
    return evaluations.Stored(levels, values, np.zeros(count, np.uint8), default, 0.9, {"parts": []})


def test_a_forest_is_the_same_every_time_and_for_one_point_or_many():
    points = np.random.default_rng(8).random((50, 4))
    np.random.seed(1)
    first = forest.fit(stored_bowl(), "bowl")(points)
    np.random.seed(2)
    again = forest.fit(stored_bowl(), "bowl")
    np.testing.assert_array_equal(again(points), first)
    np.testing.assert_allclose([again(point[None])[0] for point in points], first, rtol=1e-12)
    truth = ((points - 0.4) ** 2).sum(axis=1)
    assert np.corrcoef(first, truth)[0, 1] > 0.9


def test_errors_are_those_of_points_the_forest_has_not_seen():
    noise = stored_bowl(noise=True)
    assert forest.errors(1.0 - noise.values, forest.held_out(noise))["r2"] < 0.1
    bowl = stored_bowl()
    assert forest.errors(1.0 - bowl.values, forest.held_out(bowl))["r2"] > 0.8


def test_errors_of_known_offsets():
    losses = np.linspace(0.0, 1.0, 101)
    assert forest.errors(losses, losses) == pytest.approx(
        {"r2": 1.0, "rmse": 0.0, "rank": 1.0, "top_rmse": 0.0, "top_bias": 0.0, "top_rank": 1.0}
    )
    fitted = np.where(losses <= 0.1, losses + 0.05, losses)
    found = forest.errors(losses, fitted)
    assert found["top_bias"] == pytest.approx(0.05) and found["top_rmse"] == pytest.approx(0.05)
    assert found["rmse"] == pytest.approx(0.05 * np.sqrt(11 / 101))

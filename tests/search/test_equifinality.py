"""Which parameters the data constrain: histories whose answer is known, made by chance and by a search that crowds."""

import numpy as np
import pytest

from lsmcal.search.convergence import analyse
from lsmcal.search.equifinality import (
    CONSTRAINED,
    NOT,
    UNDETERMINED,
    WEAKLY,
    compensations,
    effects,
    equifinality,
    near_best,
    rank_correlations,
    read_csv,
    sentence,
    verdict,
    write_csv,
)
from lsmcal.search.history import History, Trial

NAMES = ("SHARP", "FLAT", "FIRST", "SECOND", "IDLE", "STUCK", "ODD", "EVEN")
LOW, HIGH = -1.0, 3.0


def score(point) -> float:
    """SHARP has an optimum; the sum of FIRST and SECOND does; FLAT tells far from it only; the rest do nothing."""
    return 1.0 - 6.0 * (point[0] - 0.3) ** 2 - 0.5 * max(point[1] - 0.6, 0.0) - 3.0 * (point[2] + point[3] - 1.0) ** 2


def record(trial: int, point, objective) -> Trial:
    values = {name: LOW + (HIGH - LOW) * x for name, x in zip(NAMES, point, strict=True)}
    return Trial(trial, trial, tuple(point), values, objective, status="failed" if objective is None else "ok")


def history_of(points, maximise: bool = True, failed=()) -> History:
    space = {name: {"name": name, "low": LOW, "high": HIGH, "unit": "m"} for name in NAMES}
    direction = "maximise" if maximise else "minimise"
    header = {"fingerprint": {"space": space, "objective": {"name": "kappa", "direction": direction}}}
    sign = 1.0 if maximise else -1.0
    scores = [None if k in failed else sign * score(x) for k, x in enumerate(points)]
    records = [
        record(k, x, found) for k, (x, found) in enumerate(zip(np.asarray(points).tolist(), scores, strict=True))
    ]
    return History(header, records)


def by_chance(count: int = 400, seed: int = 4) -> np.ndarray:
    points = np.random.default_rng(seed).random((count, len(NAMES)))
    points[0] = 0.5
    return points


def crowding(count: int = 300, seed: int = 4) -> np.ndarray:
    """First by chance, then ever closer to the best so far; STUCK, which does nothing, drifts to 0.8 meanwhile."""
    rng = np.random.default_rng(seed)
    points = list(by_chance(60, seed))
    while len(points) < count:
        best = max(points, key=score)
        gone = len(points) / count
        moved = best + rng.normal(0.0, 0.2 - 0.15 * gone, len(NAMES)) * (rng.random(len(NAMES)) < 0.6)
        moved = np.clip(moved, 0.0, 1.0)
        moved[5] = np.clip(rng.normal(0.3 + 0.5 * gone, 0.05), 0.0, 1.0)
        points.append(moved)
    return np.array(points)


def rows_of(history: History) -> dict[str, dict]:
    near, _ = near_best(history.losses, analyse(history.objectives, history.maximise).optimal)
    return {row["parameter"]: row for row in equifinality(history, near)}


@pytest.mark.parametrize("maximise", [True, False])
def test_a_constrained_and_an_idle_parameter_are_told_apart(maximise):
    rows = rows_of(history_of(by_chance(), maximise))
    assert rows["SHARP"]["verdict"] == CONSTRAINED and rows["IDLE"]["verdict"] == NOT
    assert rows["FIRST"]["verdict"] == rows["SECOND"]["verdict"] == WEAKLY  # only their sum is known
    assert rows["SHARP"]["width"] < 0.6 * rows["IDLE"]["width"]
    assert rows["SHARP"]["effect"] > 0.5 > 0.1 > rows["IDLE"]["effect"]
    assert abs(rows["SHARP"]["median_place"] - 0.3) < 0.05


def test_a_search_that_crowds_does_not_make_idle_parameters_constrained():
    searches = [rows_of(history_of(crowding(seed=seed))) for seed in range(6)]
    idle = [rows[name] for rows in searches for name in ("IDLE", "STUCK", "ODD", "EVEN")]
    apparent = [row for row in idle if row["width"] <= 0.5 and row["ks_p"] < 0.01]
    assert len(apparent) >= 5  # what the near-best sets show on the face of it
    assert {row["verdict"] for row in idle} == {NOT}
    assert all("an effect of the search" in row["sentence"] for row in apparent)
    assert sum(rows["SHARP"]["verdict"] == CONSTRAINED for rows in searches) >= 5


def test_rows_hold_the_numbers_of_the_history():
    history = history_of(by_chance(), failed=(7, 8))
    near = tuple(np.argsort(history.losses)[:40])
    row = equifinality(history, near)[0]
    values = np.sort([history.records[t].parameters["SHARP"] for t in near])
    assert (row["low"], row["high"], row["unit"], row["default"]) == (LOW, HIGH, "m", 1.0)
    assert row["best"] == history.best.parameters["SHARP"]
    assert (row["q05"], row["q95"]) == (values[1], values[37])  # the 2nd and the 38th of 40
    assert row["q05_place"] == pytest.approx((row["q05"] - LOW) / (HIGH - LOW))
    assert row["width"] == pytest.approx((row["q95_place"] - row["q05_place"]) / 0.9)
    assert 0.0 < row["ks"] <= 1.0


def test_effect_is_that_of_a_regression_with_known_shares():
    rng = np.random.default_rng(1)
    points = rng.random((4000, 2))
    share, p = effects(points, points[:, 0] + 1e-9 * points[:, 1])
    assert share[0] > 0.999 and p[0] < 1e-9  # the rank of a uniform variable is linear in it
    assert effects(points[:31], rng.random(11))[0].tolist() == pytest.approx([np.nan] * 2, nan_ok=True)
    share, p = effects(np.column_stack([points[:, 0], np.full(4000, 0.5)]), points[:, 0])
    assert (share[1], p[1]) == (0.0, 1.0)  # it did not vary


def test_p_of_idle_parameters_is_not_small():
    rng = np.random.default_rng(2)
    found = np.concatenate([effects(rng.random((150, 6)), rng.random(150))[1] for _ in range(40)])
    assert (found < 0.01).mean() < 0.02


def test_verdicts_at_the_edges_of_the_rule():
    assert verdict(9, 0.1, 0.0) == UNDETERMINED and verdict(10, 0.1, None) == UNDETERMINED
    assert verdict(10, 0.5, 0.0099) == CONSTRAINED and verdict(10, 0.51, 0.0099) == WEAKLY
    assert verdict(10, 0.1, 0.01) == NOT
    assert "too few" in sentence({"parameter": "Z", "verdict": UNDETERMINED})


def test_parameters_that_make_up_for_each_other_are_found():
    history = history_of(by_chance())
    near, _ = near_best(history.losses, ())
    pairs = compensations(history, near)
    assert [(pair["first"], pair["second"]) for pair in pairs] == [("FIRST", "SECOND")]
    assert pairs[0]["correlation"] < -0.7 and abs(pairs[0]["others"]) < 0.2
    assert compensations(history, near[:9]) == []


def test_rank_correlations_are_those_of_scipy():
    from scipy.stats import spearmanr

    points = np.random.default_rng(3).random((30, 4)).round(1)
    points[:, 3] = 0.5
    rho, p = rank_correlations(points)
    expected = spearmanr(points[:, :3])
    np.testing.assert_allclose(rho[:3, :3], expected.statistic, atol=1e-12)
    off = ~np.eye(3, dtype=bool)
    np.testing.assert_allclose(p[:3, :3][off], expected.pvalue[off], rtol=1e-9)
    assert (rho[3, :3] == 0.0).all() and (p[3, :3] == 1.0).all()


def test_near_best_is_widened_to_a_tenth_and_says_so():
    losses = np.array([np.nan, *np.arange(199.0)])
    near, note = near_best(losses, (1, 2))
    assert near == tuple(range(1, 21)) and "only 2 trials" in note and "best 20" in note
    assert near_best(losses, range(1, 31)) == (tuple(range(1, 31)), "")
    few, _ = near_best(np.array([1.0, np.nan, 0.0]), (2,))
    assert few == (0, 2)


def test_a_search_without_success_is_refused():
    with pytest.raises(ValueError, match="no trial"):
        equifinality(history_of(by_chance(3), failed=(0, 1, 2)), ())


def test_too_few_trials_are_undetermined_not_judged():
    rows = rows_of(history_of(by_chance(30)))
    assert {row["verdict"] for row in rows.values()} == {UNDETERMINED}
    assert all(row["effect"] is None for row in rows.values())


def test_a_table_is_read_back_as_it_was(tmp_path):
    rows = equifinality(history_of(by_chance(30)), ())
    path = write_csv(rows, tmp_path / "equifinality.csv")
    assert read_csv(path) == rows and rows[0]["q05"] is None
    assert [file.name for file in tmp_path.iterdir()] == ["equifinality.csv"]

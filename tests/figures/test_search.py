"""Trajectory with members, near-best ranges by verdict, Pareto fronts: what is drawn where."""

import numpy as np
import pytest

from lsmcal.figures.equifinality import VERDICTS, constraint_plane, near_best_ranges
from lsmcal.figures.pareto import pareto_front
from lsmcal.figures.search import search_trajectory
from lsmcal.figures.style import to_png

pytestmark = pytest.mark.drawn

OBJECTIVES = np.array([0.40, 0.30, np.nan, 0.46, 0.49, 0.48])


def drawn(axis) -> dict[str, tuple[list, list]]:
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axis.lines}


def test_the_trajectory_shows_members_line_threshold_and_default():
    line = np.linspace(0.4, 0.5, 6)
    figure = search_trajectory(OBJECTIVES, True, "Kappa", 0.48, (3,), line, members=(5, 4))
    lines = drawn(figure.axes[0])
    assert lines["members (2)"] == ([4, 5], [0.49, 0.48])
    assert lines["fitted line"][1] == line.tolist()
    assert lines["threshold"][1] == [0.48, 0.48] and lines["default set"][1] == [0.4, 0.4]
    assert lines["breakpoint"][0] == [3, 3]
    assert to_png(figure).startswith(b"\x89PNG")


def test_a_trajectory_without_members_draws_none():
    lines = drawn(search_trajectory(OBJECTIVES, True, "Kappa").axes[0])
    assert not [name for name in lines if name.startswith("members") or name == "fitted line"]


def row(name, verdict, low, high, **others):
    places = {
        f"{key}_place": value
        for key, value in {"default": 0.5, "best": 0.2, "median": 0.3, "q05": low, "q95": high}.items()
    }
    return {"parameter": name, "verdict": verdict, "width": 0.4, "effect": 0.2, **places, **others}


def test_ranges_are_coloured_by_verdict_and_span_the_near_best():
    from matplotlib.colors import to_hex

    rows = [row("A", "constrained", 0.1, 0.4), row("B", "not constrained", 0.0, 1.0), row("C", "weakly", None, None)]
    members = np.array([[0.2, 0.7, 0.1], [0.3, 0.6, 0.9]])
    axis = near_best_ranges(rows, members, ["0 to 1"] * 3).axes[0]
    bars = [(bar.get_x(), bar.get_width(), to_hex(bar.get_facecolor())) for bar in axis.patches]
    assert bars == [(0.1, pytest.approx(0.3), VERDICTS["constrained"]), (0.0, 1.0, VERDICTS["not constrained"])]
    assert drawn(axis)["members"][0] == [0.2, 0.3]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["A", "B", "C"]


def test_ranges_without_any_near_best_set_still_draw():
    nothing = row("A", "undetermined", None, None, median_place=None, width=None, effect=None)
    assert to_png(near_best_ranges([nothing])).startswith(b"\x89PNG")
    plane = constraint_plane([nothing])
    assert to_png(plane).startswith(b"\x89PNG")
    assert plane.axes[0].get_legend() is None and "too few trials" in plane.axes[0].texts[0].get_text()


def test_the_plane_places_parameters_by_effect_and_width():
    rows = [row("A", "constrained", 0.1, 0.4), row("B", "weakly", 0.1, 0.9, width=0.8, effect=0.3)]
    lines = drawn(constraint_plane(rows).axes[0])
    assert lines["constrained"] == ([0.2], [0.4]) and lines["weakly"] == ([0.3], [0.8])


VALUES = np.array([[0.4, 0.9, 0.1], [0.5, 0.5, 0.5], [0.3, 0.2, 0.9], [np.nan] * 3, [0.2, 0.8, 0.3]])


def test_two_goals_make_one_panel_with_its_best_sets():
    figure = pareto_front(VALUES[:, :2], ["Kappa", "ALT [m]"], [True, False], [1, 2], members=[2])
    (axis,) = figure.axes
    lines = drawn(axis)
    assert lines["Pareto front"] == ([0.3, 0.5], [0.2, 0.5])
    assert lines["best Kappa"] == ([0.5], [0.5]) and lines["best ALT [m]"] == ([0.3], [0.2])
    assert lines["default set"] == ([0.4], [0.9]) and lines["members (1)"] == ([0.3], [0.2])
    assert "better" in axis.get_xlabel()


def test_three_goals_make_a_panel_for_each_pair():
    figure = pareto_front(VALUES, ["a", "b", "c"], [True, False, True], [1, 2])
    shown = [axis for axis in figure.axes if axis.get_visible()]
    assert len(shown) == 3
    assert drawn(shown[2])["Pareto front"] == ([0.2, 0.5], [0.9, 0.5])  # c over b
    assert to_png(figure).startswith(b"\x89PNG")


def test_a_front_without_default_or_spread_draws():
    failed = np.array([[np.nan, np.nan], [0.3, 0.3]])
    assert to_png(pareto_front(failed, ["a", "b"], [True, True], [1])).startswith(b"\x89PNG")

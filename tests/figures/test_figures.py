"""Every figure draws, with units on its axes, also where values are missing or there is only one depth."""

import numpy as np
import pytest

from lsmcal.figures.budget import energy_of_days, profile_of_days
from lsmcal.figures.profile import yearly_range
from lsmcal.figures.scores import scores_by_depth
from lsmcal.figures.search import parameters_in_range, search_trajectory
from lsmcal.figures.series import series_by_depth, temperature_through_time
from lsmcal.figures.style import to_png

DAYS = np.arange("2001-01-01", "2003-01-01", dtype="datetime64[D]").astype("datetime64[s]")
SEASON = np.sin(np.arange(DAYS.size) / 365.0 * 2.0 * np.pi)


def _labels(figure) -> str:
    return " ".join(axis.get_xlabel() + " " + axis.get_ylabel() for axis in figure.axes)


@pytest.mark.parametrize("depths", [[0.4], [0.0, 0.1, 1.6]])
def test_series_draw_gaps_and_name_their_unit(depths):
    values = 273.15 + 8.0 * SEASON[:, None] * np.ones(len(depths))
    observed = values.copy()
    observed[100:200] = np.nan
    series = {"observed": observed, "default": values + 1.0, "calibrated": values}
    figure = series_by_depth(DAYS, depths, series, "temperature [°C]", offset=273.15, zero_line=True)
    assert "[°C]" in _labels(figure)
    assert len(figure.axes) == len(depths)
    drawn = figure.axes[0].lines[0].get_ydata()
    assert np.isnan(drawn[150]) and abs(drawn[91] - observed[91, 0] + 273.15) < 1e-12
    assert to_png(figure).startswith(b"\x89PNG")


def test_temperature_through_time_turns_depth_downward():
    depth = np.array([0.05, 0.5, 2.0, 8.0])
    figure = temperature_through_time(DAYS, depth, 272.0 + SEASON[:, None] * np.exp(-depth))
    bottom, top = figure.axes[0].get_ylim()
    assert bottom > top
    assert "[m]" in _labels(figure) and "[°C]" in _labels(figure)


def test_profiles_name_their_units():
    depth = np.linspace(0.1, 10.0, 12)
    figure = yearly_range(depth, np.full(12, 265.0), np.full(12, 271.0), np.full(12, 280.0), 2002)
    assert "[°C]" in _labels(figure) and "[m]" in _labels(figure)
    days = profile_of_days(depth, np.full((8, 12), 270.0), np.full((8, 12), 0.1), np.full((8, 12), 0.3))
    assert "m$^3$" in _labels(days)


def test_the_search_shows_its_best_and_its_failures():
    objectives = np.array([0.2, np.nan, 0.5, -8.0, 0.7, 0.6])
    figure = search_trajectory(objectives, True, "mean NSE", threshold=0.65)
    lines = {line.get_label(): line.get_ydata() for line in figure.axes[0].lines}
    assert list(lines["best so far"][-3:]) == [0.5, 0.7, 0.7]
    assert "failed (1)" in lines
    falling = search_trajectory(-objectives, False, "RMSE")
    assert falling.axes[0].lines[1].get_ydata()[-1] == -0.7


def test_parameters_stand_in_their_order_from_the_top():
    names = ["SBETA", "MAXSMC[7]"]
    figure = parameters_in_range(names, np.array([0.1, 0.9]), np.array([0.5, 0.5]), np.zeros((0, 2)))
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == names
    bottom, top = figure.axes[0].get_ylim()
    assert bottom > top


def test_scores_take_missing_values_and_one_period():
    row = {"nse": [0.9, None], "skill": [-5.0, 0.1]}
    figure = scores_by_depth([0.1, 0.8], {"default": {"calibration": row}, "calibrated": {"calibration": row}})
    assert len(figure.axes) == 2
    heights = [patch.get_height() for patch in figure.axes[1].patches]
    assert min(heights) == -1.0


def test_the_energy_of_days_leaves_out_what_is_zero():
    terms = {"absorbed": np.arange(8.0), "melt_heat": np.zeros(8), "energy_surface": np.ones(8)}
    figure = energy_of_days(DAYS[:8], terms)
    assert [line.get_label() for line in figure.axes[0].lines][:2] == ["absorbed radiation", "residual"]

"""Every figure draws, with units on its axes, also where values are missing or there is only one depth."""

import numpy as np
import pytest

from lsmcal.figures.budget import energy_of_days, profile_of_days
from lsmcal.figures.closure import closure_by_year
from lsmcal.figures.profile import yearly_range
from lsmcal.figures.scores import scores_by_depth
from lsmcal.figures.search import parameters_in_range, search_trajectory
from lsmcal.figures.section import temperature_through_time, water_through_time
from lsmcal.figures.series import series_by_depth
from lsmcal.figures.snow import snow_through_time
from lsmcal.figures.style import to_png
from lsmcal.figures.years import fluxes_by_month, water_by_year

pytestmark = pytest.mark.drawn

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
    days = profile_of_days(DAYS[:8], depth, np.full((8, 12), 270.0), np.full((8, 12), 0.1), np.full((8, 12), 0.3))
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


@pytest.mark.parametrize(("times", "depths"), [(1, 4), (30, 1), (1, 1), (5000, 2)])
def test_sections_of_any_size_draw_also_with_gaps(times, depths):
    time = np.datetime64("2001-01-01T00:00:00", "s") + np.arange(times) * np.timedelta64(3, "h")
    values = np.linspace(265.0, 280.0, times * depths).reshape(times, depths)
    values[0, 0] = np.nan
    depth = np.linspace(0.1, 4.0, depths)
    assert to_png(temperature_through_time(time, depth, values)).startswith(b"\x89PNG")
    assert "liquid water [m$^3$" in _labels(water_through_time(time, depth, values / 1000.0, "liquid water"))


def test_net_radiation_is_what_is_absorbed_less_what_is_emitted():
    terms = {"absorbed": np.full(3, 500.0), "emissivity": np.ones(3), "skin_temperature": np.full(3, 280.0)}
    lines = energy_of_days(DAYS[:3], terms).axes[0].lines
    assert lines[0].get_label() == "net radiation (gain)"
    assert abs(lines[0].get_ydata()[0] - 151.49) < 0.01
    assert lines[0].get_xdata()[-1] - DAYS[2] == np.timedelta64(1, "D")


def test_snow_of_one_run_and_of_several_sources():
    depth = np.maximum(SEASON, 0.0)
    depth[5] = np.nan
    assert "snow depth [m]" in _labels(snow_through_time(DAYS, depth))
    both = snow_through_time(DAYS, {"observed": depth, "calibrated": depth / 2.0})
    assert [line.get_label() for line in both.axes[0].lines] == ["observed", "calibrated"]


def test_water_of_years_stacks_what_left():
    figure = water_by_year(["2001"], np.array([400.0]), np.array([250.0]), np.array([np.nan]))
    heights = [(patch.get_y(), patch.get_height()) for patch in figure.axes[0].patches]
    assert heights == [(0.0, 400.0), (0.0, 250.0), (250.0, 0.0)]
    assert "[mm per year]" in _labels(figure)
    two = water_by_year(["2001", "2002"], np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([5.0, 6.0]))
    assert [patch.get_y() for patch in two.axes[0].patches[-2:]] == [3.0, 4.0]


def test_months_are_means_over_all_years():
    flux = np.where(DAYS.astype("datetime64[Y]") == np.datetime64("2001"), 10.0, 30.0)
    flux[DAYS.astype("datetime64[M]") == np.datetime64("2001-03")] = np.nan
    drawn = fluxes_by_month(DAYS, {"latent_heat": flux}).axes[0].lines[0].get_ydata()
    assert drawn[0] == 20.0 and drawn[2] == 30.0
    assert np.isnan(fluxes_by_month(DAYS[:40], {"latent_heat": flux[:40]}).axes[0].lines[0].get_ydata()[5])


def test_closure_shows_zeros_at_its_edge_and_a_panel_a_unit():
    some = {"mean": np.array([0.0, -1e-3]), "largest": np.array([2.0, 5.0])}
    none = {"mean": np.zeros(2), "largest": np.zeros(2)}
    figure = closure_by_year(np.array([2001, 2002]), {"W m-2": {"surface": some}, "kg m-2 s-1": {"water": none}})
    assert [axis.get_xlabel() for axis in figure.axes] == ["residual [W m-2]", "residual [kg m-2 s-1]"]
    left = figure.axes[0]
    assert left.lines[0].get_xdata().tolist() == [left.get_xlim()[0], 1e-3]
    assert to_png(figure).startswith(b"\x89PNG")


@pytest.mark.parametrize("objectives", [[np.nan], [0.4], [np.nan, 0.3, 0.5], [0.5, np.nan, 0.5]])
def test_a_search_of_any_luck_draws(objectives):
    figure = search_trajectory(np.array(objectives), True, "mean NSE", breaks=[0])
    low, high = figure.axes[0].get_ylim()
    assert np.isfinite([low, high]).all() and low < high
    assert to_png(figure).startswith(b"\x89PNG")


def test_ranges_stand_beside_their_parameters():
    figure = parameters_in_range(["SBETA"], np.array([0.1]), np.array([0.5]), np.zeros((0, 1)), ["-3 to -1"])
    right = figure.axes[0].child_axes[0]
    assert [label.get_text() for label in right.get_yticklabels()] == ["-3 to -1"]


def test_scores_below_the_floor_are_written_out_and_none_are_drawn_from_zero():
    row = {"nse": [0.9], "skill": [-623.4]}
    figure = scores_by_depth([0.0], {"default": {"validation": row}, "calibrated": {"validation": row}})
    nse, skill = figure.axes
    assert nse.get_ylim()[0] == 0.0 and skill.get_ylim()[0] == -1.0
    assert [text.get_text() for text in skill.texts] == ["-623", "-623"]
    assert [label.get_text() for label in nse.get_xticklabels()] == ["surface"]

"""Maps of a region: every cell where it belongs, everything else grey, scales that show what there is."""

import numpy as np
import pytest

from lsmcal.figures.region_maps import CellGrid, ClassPanel, Panel, region_maps, shared_limits
from lsmcal.figures.region_years import converged_by_years, ground_classes, permafrost_by_year
from lsmcal.figures.style import to_png

#: Five columns and four rows, of which columns 1 to 3 and rows 1 to 2 hold cells.
RASTER = CellGrid(np.arange(90.0, 95.0), np.arange(30.0, 34.0), np.array([6, 8, 11, 12]))
VALUES = np.array([6.0, 8.0, 11.0, 12.0])


def meshes(axis):
    from matplotlib.collections import QuadMesh

    return [child for child in axis.get_children() if isinstance(child, QuadMesh)]


def test_cells_lie_on_their_row_and_column():
    filled = RASTER.filled(VALUES)
    np.testing.assert_array_equal(filled, [[6.0, np.nan, 8.0], [11.0, 12.0, np.nan]])
    east, north = RASTER.edges()
    np.testing.assert_allclose(east, [90.5, 91.5, 92.5, 93.5])
    np.testing.assert_allclose(north, [30.5, 31.5, 32.5])


def test_the_rectangles_are_those_of_the_grid_and_carry_the_values():
    figure = region_maps(RASTER, [Panel("one", VALUES, "value [1]")])
    (mesh,) = meshes(figure.axes[0])
    corners = mesh.get_coordinates()
    np.testing.assert_allclose(corners[0, 0], [90.5, 30.5])
    np.testing.assert_allclose(corners[-1, -1], [93.5, 32.5])
    shown = np.ma.filled(mesh.get_array().reshape(2, 3), np.nan)
    np.testing.assert_array_equal(shown, RASTER.filled(VALUES))
    assert mesh.norm.vmin == 6.0 and mesh.norm.vmax == 12.0
    assert figure.axes[0].get_aspect() == pytest.approx(1.0 / np.cos(np.deg2rad(31.5)))


def test_cells_without_a_value_are_told_from_what_is_outside():
    figure = region_maps(RASTER, [Panel("one", np.array([6.0, np.nan, 11.0, 12.0]), "value [1]")])
    empty, shown = meshes(figure.axes[0])
    np.testing.assert_array_equal(
        np.ma.getmaskarray(empty.get_array()).reshape(2, 3), [[True, True, False], [True, True, True]]
    )
    assert np.ma.getmaskarray(shown.get_array()).sum() == 3


def test_scales_about_zero_and_by_powers_of_ten():
    about_zero = Panel("change", np.array([-1.0, 0.5, 0.0, 3.0]), "change [K]", "zero")
    drift = Panel("drift", np.array([0.0, 1e-9, 2e-3, 0.5]), "drift [K]", "log")
    figure = region_maps(RASTER, [about_zero, drift])
    first, second = (meshes(axis)[-1] for axis in figure.axes[:2])
    assert (first.norm.vmin, first.norm.vmax) == (-3.0, 3.0)
    assert second.norm.vmax == 0.5 and second.norm.vmin == pytest.approx(5e-4)
    assert np.ma.compressed(second.get_array()).min() == pytest.approx(5e-4)  # zeros stand at the lower end
    assert to_png(figure).startswith(b"\x89PNG")


def test_classes_have_their_colours_and_only_those_found_are_named():
    from matplotlib.colors import to_rgba

    names = {1: ("frozen", "#0000ff"), 2: ("thawed", "#ff0000"), 3: ("absent", "#00ff00")}
    figure = region_maps(RASTER, [ClassPanel("classes", np.array([1, 2, 2, 0]), names)])
    (axis,) = figure.axes
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["frozen", "thawed", "unknown"]
    mesh = meshes(axis)[-1]
    to_png(figure)
    colours = mesh.to_rgba(mesh.get_array()).reshape(2, 3, 4)
    np.testing.assert_allclose(colours[0, 0], to_rgba("#0000ff"))
    np.testing.assert_allclose(colours[0, 2], to_rgba("#ff0000"))


def test_a_single_cell_and_no_value_at_all_can_be_drawn():
    one = CellGrid(np.array([100.0]), np.array([-30.0, -29.5]), np.array([1]))
    np.testing.assert_allclose(np.diff(one.edges()), 0.5)  # as wide as high where one column does not tell
    panels = [
        Panel(kind, np.array([value]), "b", kind) for kind in ("plain", "zero", "log") for value in (0.0, 2.0, np.nan)
    ]
    figure = region_maps(one, panels, columns=3)
    assert to_png(figure).startswith(b"\x89PNG")
    said = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert said.count("no value in any cell") == 3


def test_shared_limits_pass_over_missing_values():
    assert shared_limits(np.array([np.nan, 2.0]), np.array([5.0])) == (2.0, 5.0)
    assert shared_limits(np.array([np.nan])) is None


def test_area_and_its_share_of_the_region():
    figure = permafrost_by_year(np.array([2001, 2002]), np.array([5e3, 4e3]), np.array([1.0, np.nan]), 2e4)
    left = figure.axes[0]
    np.testing.assert_allclose(left.lines[0].get_ydata(), [5.0, 4.0])
    to_png(figure)
    share = next(child for child in left.child_axes)
    np.testing.assert_allclose(share.get_ylim(), np.array(left.get_ylim()) * 1e3 / 2e4 * 100.0)


def test_settled_cells_are_counted():
    figure = converged_by_years(np.array([10, 20, 20, 50]), np.array([True, True, True, False]))
    line = figure.axes[0].lines[0]
    np.testing.assert_allclose(line.get_xdata(), [0, 10, 20, 50])
    np.testing.assert_allclose(line.get_ydata(), [0.0, 25.0, 75.0, 75.0])


def test_soil_classes_fill_each_layer():
    soil = {"loam": np.array([75.0, 0.0]), "gravel": np.array([25.0, 100.0])}
    figure = ground_classes(np.array([0.5, 2.0]), soil, {"grass": 60.0, "bare": 40.0})
    ends = [(bar.get_y(), bar.get_height(), bar.get_x(), bar.get_width()) for bar in figure.axes[0].patches]
    assert ends == [(0.0, 0.5, 0.0, 75.0), (0.5, 1.5, 0.0, 0.0), (0.0, 0.5, 75.0, 25.0), (0.5, 1.5, 0.0, 100.0)]

"""Figures of agreement: each cell the class it has, names for what is there, bars as long as their values."""

import numpy as np
import pytest
from matplotlib.collections import QuadMesh

from lsmcal.figures.agreement import AGREEMENT, agreement_bars, agreement_classes, agreement_maps, sensitive_map
from lsmcal.figures.region_maps import CellGrid
from lsmcal.figures.style import to_png

pytestmark = pytest.mark.drawn

#: Two rows of four columns, without the last.
RASTER = CellGrid(np.arange(90.0, 94.0), np.arange(33.0, 35.0), np.arange(7))
SIMULATED = np.array([1, 0, 1, 0, 1, -1, 0])
TARGET = np.array([1, 0, 0, 1, -1, 1, 0])


def shown(axis):
    """Colour of each cell, and of the names below the map."""
    (mesh,) = [child for child in axis.get_children() if isinstance(child, QuadMesh)][-1:]
    values = np.ma.filled(mesh.get_array().reshape(2, 4).astype(float), np.nan)
    colours = {number: mesh.cmap.colors[number] for number in range(mesh.cmap.N)}
    cells = [None if np.isnan(value) else colours[int(value)] for value in values.reshape(-1)[:7]]
    return cells, [text.get_text() for text in axis.get_legend().get_texts()]


def test_classes_of_agreement():
    names = [AGREEMENT[code][0] if code in AGREEMENT else "" for code in agreement_classes(SIMULATED, TARGET)]
    assert names == [
        "permafrost in both",
        "no permafrost in both",
        "permafrost only simulated",
        "permafrost missed",
        "",
        "",
        "no permafrost in both",
    ]


def test_maps_of_agreement_show_every_simulation():
    figure = agreement_maps(RASTER, {"default": SIMULATED, "calibrated": TARGET}, TARGET)
    first, second = figure.axes[:2]
    assert (first.get_title(loc="left"), second.get_title(loc="left")) == ("default", "calibrated")
    cells, names = shown(first)
    wanted = [AGREEMENT[code][1] if code >= 0 else None for code in agreement_classes(SIMULATED, TARGET)]
    assert cells == wanted and names == [*(name for name, _ in AGREEMENT.values()), "unknown"]
    assert shown(second)[1] == ["permafrost in both", "no permafrost in both", "unknown"]
    assert to_png(figure).startswith(b"\x89PNG")


def test_sensitive_region_tells_what_each_cell_serves_for():
    sensitive = np.array([False, True, True, True, False, False, True])
    held = np.array([True, False, False, True, False, False, True])
    figure = sensitive_map(RASTER, SIMULATED, TARGET, sensitive, held)
    first, second = figure.axes[:2]
    assert first.get_title(loc="left") == "Default against target: 2 of 5 cells differ"
    assert second.get_title(loc="left") == "Sensitive region: 4 of 5 cells"
    cells, names = shown(second)
    assert names == [
        "disagreement",
        "disagreement, withheld",
        "agreement, not used",
        "its 3 × 3 neighbourhood",
        "neighbourhood, withheld",
        "unknown",
    ]
    assert len(set(cells[:4]) | {cells[6]}) == 5 and cells[4] is cells[5] is None
    assert to_png(figure).startswith(b"\x89PNG")


def test_sensitive_region_without_held_out_cells():
    figure = sensitive_map(RASTER, SIMULATED, TARGET, np.arange(7) < 4, reach=2)
    assert shown(figure.axes[1])[1] == ["disagreement", "agreement, not used", "its 5 × 5 neighbourhood", "unknown"]


def test_bars_are_as_long_as_their_values():
    default = {"Kappa": -0.25, "overall accuracy": 0.5, "permafrost: share found": np.nan}
    calibrated = {"Kappa": 0.75, "overall accuracy": 0.875, "permafrost: share found": 1.0}
    figure = agreement_bars(
        {
            "calibrated cells": {"default": default, "calibrated": calibrated},
            "held-out cells": {"default": calibrated, "calibrated": default},
        }
    )
    left, right = figure.axes
    widths = [[patch.get_width() for patch in bars] for bars in left.containers]
    assert widths == [[-0.25, 0.5, 0.0], [0.75, 0.875, 1.0]]
    assert [[patch.get_width() for patch in bars] for bars in right.containers] == widths[::-1]
    assert [text.get_text() for text in left.texts] == ["-0.25", "0.50", "undefined", "0.75", "0.88", "1.00"]
    assert left.get_xlim() == right.get_xlim() == pytest.approx((-0.2625, 1.13))
    assert [label.get_text() for label in left.get_yticklabels()] == list(default)
    assert to_png(figure).startswith(b"\x89PNG")

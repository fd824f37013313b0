"""One look for all figures: colours that colour-blind readers tell apart, sizes that read at the width of a page."""

from __future__ import annotations

import io

import numpy as np

OBSERVED, DEFAULT, CALIBRATED, ACCENT, PALE = "#000000", "#8c8c8c", "#d55e00", "#0072b2", "#d9d9d9"
GREEN, RED = "#009e73", "#c2182b"
COLOURS = {"observed": OBSERVED, "default": DEFAULT, "calibrated": CALIBRATED}
KELVIN = 273.15
#: Heat fluxes: what they are called and drawn in, everywhere.
FLUX = {
    "net_radiation": ("net radiation", "#b8860b"),
    "absorbed": ("absorbed radiation", "#e69f00"),
    "sensible_heat": ("sensible heat", "#d55e00"),
    "latent_heat": ("latent heat", "#0072b2"),
    "ground_heat": ("ground heat", "#7f5f3f"),
    "melt_heat": ("snow melt", "#56b4e9"),
    "energy_surface": ("residual", "#000000"),
}


def new_figure(width: float = 9.0, height: float = 3.0):
    """An empty figure of a width and height in inches, laid out so that labels do not collide."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def tidy(axis) -> None:
    """Only the axes that carry numbers, with a light grid behind the data."""
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(color="#ececec", lw=0.6)
    axis.set_axisbelow(True)


def legend_above(axis, columns: int) -> None:
    """The legend over the upper left corner, clear of the data."""
    axis.legend(frameon=False, ncols=columns, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2)


def date_axis(axis) -> None:
    """Dates with as few words as needed."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator()
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def days(time: np.ndarray) -> np.ndarray:
    """Times as matplotlib takes them."""
    return np.asarray(time, "datetime64[s]")


def to_png(figure, dpi: int = 110) -> bytes:
    """The figure as a PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()

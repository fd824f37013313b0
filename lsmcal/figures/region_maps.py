"""Maps of a region: each cell the rectangle it is on the grid, what is outside the region grey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lsmcal.figures.style import new_figure

#: Outside the region; cells of the region that have no value.
OUTSIDE, NO_VALUE = "#c4c4c4", "#f4f4f4"
_KM_PER_DEGREE = 111.32
#: Largest over least value that is told apart on a logarithmic scale.
_SPAN = 1e3
_BARS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


@dataclass(frozen=True)
class CellGrid:
    """Where the cells of a region lie on their grid.

    Parameters
    ----------
    longitude, latitude : (nx,), (ny,) arrays
        Centres of the grid, ascending and evenly spaced [degrees].
    cell : (n,) array of int
        Numbers ``row * nx + column`` from the south-west.
    """

    longitude: np.ndarray
    latitude: np.ndarray
    cell: np.ndarray

    def filled(self, values: np.ndarray) -> np.ndarray:
        """Values of the cells on the rows and columns that hold any, (rows, columns); NaN outside the region."""
        rows, columns = self._window()
        whole = np.full((self.latitude.size, self.longitude.size), np.nan)
        whole.reshape(-1)[self.cell] = values
        return whole[rows, columns]

    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """Edges of those columns and rows [degrees]."""
        rows, columns = self._window()
        known = [np.diff(axis[:2]) for axis in (self.longitude, self.latitude)]
        spare = next((float(step[0]) for step in known if step.size), 1.0)
        found = []
        for axis, step, part in zip((self.longitude, self.latitude), known, (columns, rows), strict=True):
            size = float(step[0]) if step.size else spare
            found.append(np.append(axis[part] - 0.5 * size, axis[part][-1] + 0.5 * size))
        return found[0], found[1]

    @property
    def shape(self) -> float:
        """Height over width on the ground."""
        wide, high = self.edges()
        return float((high[-1] - high[0]) / ((wide[-1] - wide[0]) * self.squeeze))

    @property
    def squeeze(self) -> float:
        """Length of a degree of longitude over one of latitude in the middle of the region."""
        high = self.edges()[1]
        return max(float(np.cos(np.deg2rad(0.5 * (high[0] + high[-1])))), 0.05)

    def _window(self) -> tuple[slice, slice]:
        row, column = np.divmod(self.cell, self.longitude.size)
        return slice(row.min(), row.max() + 1), slice(column.min(), column.max() + 1)


@dataclass(frozen=True)
class Panel:
    """One map.

    Parameters
    ----------
    title : str
    values : (n,) array
        By cell; NaN: no value.
    label : str
        Of the colour bar, with the unit.
    kind : {"plain", "zero", "log"}
        Colours from the least to the largest value, with zero in the middle, or by the logarithm; what is less than
        a thousandth of the largest value then looks like that.
    colours : str
        A colour map of matplotlib.
    limits : (float, float), optional
        Ends of the colour bar; those of the values if not given.
    """

    title: str
    values: np.ndarray
    label: str
    kind: str = "plain"
    colours: str = "viridis"
    limits: tuple[float, float] | None = None


@dataclass(frozen=True)
class ClassPanel:
    """One map of classes.

    Parameters
    ----------
    title : str
    values : (n,) array of int
    names : mapping of int to (str, str)
        Code to name and colour; cells of any other code have no value.
    """

    title: str
    values: np.ndarray
    names: Mapping[int, tuple[str, str]]


def region_maps(raster: CellGrid, panels: Sequence[Panel | ClassPanel], columns: int = 2):
    """Maps side by side, each with its colour bar or its legend.

    Parameters
    ----------
    raster : CellGrid
    panels : sequence of Panel or ClassPanel
    columns : int

    Returns
    -------
    matplotlib.figure.Figure
    """
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    height = np.clip((9.0 / columns - 1.3) * raster.shape, 1.0, 6.0)
    legends = sum(
        any(isinstance(panel, ClassPanel) for panel in panels[first : first + columns])
        for first in range(0, len(panels), columns)
    )
    figure = new_figure(9.0, rows * (height + 0.6) + legends * 0.55)
    figure.get_layout_engine().set(h_pad=0.07, hspace=0.04)
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    for number, (axis, panel) in enumerate(zip(axes.flat, panels, strict=False)):
        if isinstance(panel, ClassPanel):
            _draw_classes(axis, raster, panel)
        else:
            _draw_numbers(axis, raster, panel)
        axis.set_title(panel.title, loc="left", fontsize=10)
        _frame(axis, raster, bar=number == 0)
    return figure


def shared_limits(*values: np.ndarray) -> tuple[float, float] | None:
    """Least and largest of several maps, so that they can be compared; None if there is no value."""
    every = np.concatenate([np.ravel(one) for one in values])
    every = every[np.isfinite(every)]
    return (float(every.min()), float(every.max())) if every.size else None


def _frame(axis, raster: CellGrid, bar: bool) -> None:
    """Degrees on the axes, lengths as on the ground, the length of some kilometres."""
    from matplotlib.ticker import MaxNLocator

    wide, high = raster.edges()
    axis.set_facecolor(OUTSIDE)
    axis.set_aspect(1.0 / raster.squeeze)
    axis.set_xlim(wide[0], wide[-1])
    axis.set_ylim(high[0], high[-1])
    whole = min(wide[-1] - wide[0], high[-1] - high[0]) > 4.0
    for ticks, most in ((axis.xaxis, 6), (axis.yaxis, 5)):
        ticks.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10], integer=whole))
    axis.xaxis.set_major_formatter(lambda x, _: _degrees(x, "E", "W"))
    axis.yaxis.set_major_formatter(lambda y, _: _degrees(y, "N", "S"))
    axis.tick_params(labelsize=8)
    if bar:
        _scale_bar(axis, wide, raster.squeeze)


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):g}°{positive if value >= 0 else negative}"


def _scale_bar(axis, wide: np.ndarray, squeeze: float) -> None:
    """Above the upper right corner."""
    degree = _KM_PER_DEGREE * squeeze
    length = max((bar for bar in _BARS if bar <= 0.3 * (wide[-1] - wide[0]) * degree), default=_BARS[0])
    ends = wide[-1] - length / degree, wide[-1]
    place = _shifted(axis, axis.get_xaxis_transform(), 0.13)
    axis.plot(ends, (1.0, 1.0), "-", color="#333333", lw=2.0, transform=place, clip_on=False, solid_capstyle="butt")
    axis.text(ends[0], 1.0, f"{length} km ", transform=place, ha="right", va="center", fontsize=8)


def _shifted(axis, transform, inches: float):
    """A transform with its places so much further up on the page."""
    from matplotlib.transforms import ScaledTranslation

    return transform + ScaledTranslation(0.0, inches, axis.figure.dpi_scale_trans)


def _cells(axis, raster: CellGrid, values: np.ndarray, **look):
    """The rectangles; cells without a value keep a light colour of their own."""
    edges = raster.edges()
    shown = raster.filled(values)
    inside = np.isfinite(raster.filled(np.ones(raster.cell.size)))
    if (inside & ~np.isfinite(shown)).any():
        empty = np.ma.masked_where(~(inside & ~np.isfinite(shown)), np.zeros(shown.shape))
        axis.pcolormesh(*edges, empty, cmap=_one_colour(NO_VALUE), vmin=0, vmax=1, rasterized=True)
    return axis.pcolormesh(*edges, np.ma.masked_invalid(shown), rasterized=True, **look)


def _one_colour(colour: str):
    from matplotlib.colors import ListedColormap

    return ListedColormap([colour])


def _draw_numbers(axis, raster: CellGrid, panel: Panel) -> None:
    values = np.array(panel.values, np.float64)
    limits = panel.limits or shared_limits(values)
    if limits is None:
        _cells(axis, raster, values)
        axis.text(0.5, 0.5, "no value in any cell", transform=axis.transAxes, ha="center", color="#555555")
        return
    norm, values = _norm(panel.kind, limits, values)
    mesh = _cells(axis, raster, values, cmap=panel.colours, norm=norm)
    bar = axis.figure.colorbar(mesh, cax=axis.inset_axes([1.03, 0.0, 0.035, 1.0]))
    bar.set_label(panel.label, fontsize=9)
    bar.ax.tick_params(labelsize=8)
    if panel.kind == "log":
        _few_ticks(bar.ax)
    elif not (values[np.isfinite(values)] % 1.0).any():
        bar.ax.yaxis.get_major_locator().set_params(integer=True)


def _norm(kind: str, limits: tuple[float, float], values: np.ndarray):
    """Scale of the colours, and the values as they can stand on it."""
    from matplotlib.colors import CenteredNorm, LogNorm, Normalize

    low, high = limits
    if kind == "zero":
        return CenteredNorm(0.0, max(abs(low), abs(high)) or 1.0), values
    if kind == "log":
        high = high if high > 0.0 else 1.0
        least = values[np.isfinite(values) & (values > 0.0)].min(initial=high)
        low = max(min(least, 0.5 * high), high / _SPAN)
        return LogNorm(low, high), np.where(values < low, low, values)
    return Normalize(low, high if high > low else low + 1.0), values


def _few_ticks(axis) -> None:
    """1, 2 and 5 of every power of ten, or only the powers when there are many; plain numbers."""
    from matplotlib.ticker import LogLocator, NullLocator

    low, high = axis.get_ylim()
    axis.yaxis.set_major_locator(LogLocator(10.0, (1.0, 2.0, 5.0) if high < 200.0 * low else (1.0,), numticks=12))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:g}")


def _draw_classes(axis, raster: CellGrid, panel: ClassPanel) -> None:
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    codes = list(panel.names)
    place = np.full(panel.values.shape, np.nan)
    for number, code in enumerate(codes):
        place[panel.values == code] = number
    colours = [colour for _, colour in panel.names.values()]
    _cells(axis, raster, place, cmap=ListedColormap(colours), vmin=-0.5, vmax=len(codes) - 0.5)
    found = [
        Patch(color=colour, label=name)
        for number, (name, colour) in enumerate(panel.names.values())
        if (place == number).any()
    ]
    if np.isnan(place).any():
        found.append(Patch(facecolor=NO_VALUE, edgecolor="#999999", label="unknown"))
    below = {"loc": "upper left", "bbox_to_anchor": (0.0, 0.0), "borderaxespad": 0.0}
    below["bbox_transform"] = _shifted(axis, axis.transAxes, -0.27)
    axis.legend(handles=found, frameon=False, fontsize=8, ncols=2, handlelength=1.2, columnspacing=1.2, **below)

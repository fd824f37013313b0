"""Permafrost of a region: its class, its area by year, its active layer."""

from __future__ import annotations

import numpy as np

from lsmcal.figures.region_maps import ClassPanel, Panel, region_maps, shared_limits
from lsmcal.figures.region_years import permafrost_by_year
from lsmcal.permafrost import PERMAFROST, SEASONALLY_FROZEN, UNDETERMINED, UNFROZEN
from lsmcal.report.page import Page, number
from lsmcal.report.region_ground import Show, span
from lsmcal.report.region_results import RegionResults

CLASSES = {
    PERMAFROST: ("permafrost", "#2b6cb0"),
    SEASONALLY_FROZEN: ("seasonally frozen", "#f0c27b"),
    UNFROZEN: ("unfrozen", "#b5482a"),
}
#: What became of a cell between two periods.
KEPT, LOST, GAINED, NEVER = range(4)
CHANGES = {
    KEPT: ("permafrost in both", "#9ebfe0"),
    LOST: ("permafrost lost", "#c0392b"),
    GAINED: ("permafrost gained", "#1a1a80"),
    NEVER: ("none in either", "#f3e3c3"),
}
#: Years that a table of years has at most.
_ROWS = 60


def change_of_class(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """What became of each cell, from its class in two periods; -1 where one is undetermined.

    Parameters
    ----------
    first, last : (n,) arrays of int
        Codes of :data:`lsmcal.permafrost.CLASS_NAMES`.

    Returns
    -------
    (n,) array of int
        :data:`KEPT`, :data:`LOST`, :data:`GAINED`, :data:`NEVER` or -1.
    """
    before, after = first == PERMAFROST, last == PERMAFROST
    found = np.select([before & after, before, after], [KEPT, LOST, GAINED], NEVER)
    return np.where((first <= UNDETERMINED) | (last <= UNDETERMINED), -1, found)


def area_by_year(results: RegionResults) -> np.ndarray:
    """Area of permafrost in each year that has classes, (years,) [km2]."""
    return (results.permafrost.classes[1:] == PERMAFROST) @ results.area


def region_summary(page: Page, results: RegionResults) -> None:
    """What came out, in a few sentences."""
    page.heading("Summary")
    if not results.classified.size:
        page.note(f"The run has only the year {results.years[0]}; a class of the ground needs two years.")
        return
    periods, total = results.periods, results.area.sum()
    areas = [results.area[results.class_of_period(period) == PERMAFROST].sum() for period in periods]
    words = f"In {span(periods[0])}, {areas[0]:,.0f} km² had permafrost, {100.0 * areas[0] / total:.1f} % of the region"
    if len(periods) == 1:
        page.paragraph(f"{words}.")
    else:
        page.paragraph(f"{words}; in {span(periods[1])}, {areas[1]:,.0f} km², {100.0 * areas[1] / total:.1f} %.")
    thaw = [results.mean(results.active_layer(period)) for period in periods]
    if np.isfinite(thaw).all():
        later = f", and {thaw[-1]:.2f} m in {span(periods[-1])}" if len(periods) > 1 else ""
        page.paragraph(f"The mean active layer thickness was {thaw[0]:.2f} m in {span(periods[0])}{later}.")


def permafrost_maps(page: Page, results: RegionResults, show: Show) -> None:
    """Classes, active layer, and the years."""
    if not results.classified.size:
        return
    page.heading("Permafrost")
    page.paragraph(
        "A cell has permafrost in a year if some layer stays at or below 0 °C through this year and the one before. "
        "The class of a period is the most frequent one of its years. Active layer thickness is the greatest thaw "
        "depth of the year, from the annual maximum of each layer. In thick layers it is slightly overestimated."
    )
    _class_maps(page, results, show)
    _active_layer_maps(page, results, show)
    _years(page, results, show)


def _class_maps(page: Page, results: RegionResults, show: Show) -> None:
    periods = results.periods
    classes = [results.class_of_period(period) for period in periods]
    panels: list[Panel | ClassPanel] = [ClassPanel(span(p), c, CLASSES) for p, c in zip(periods, classes, strict=True)]
    caption = "Class of the ground."
    if len(periods) > 1:
        change = change_of_class(*classes)
        panels.append(ClassPanel("change", change, CHANGES))
        lost, gained = (results.area[change == kind].sum() for kind in (LOST, GAINED))
        caption = (
            f"Class of the ground in {span(periods[0])} and {span(periods[1])}, and its change: "
            f"permafrost was lost on {lost:,.0f} km² and gained on {gained:,.0f} km²."
        )
        frozen = (results.permafrost.classes[1:] == PERMAFROST).sum(axis=0).astype(float)
        panels.append(Panel(f"years with permafrost, of {results.classified.size}", frozen, "years", colours="Blues"))
    show("permafrost", region_maps(results.raster, panels), caption)
    head = ("class", *(f"{what}, {span(p)}" for p in periods for what in ("cells", "area [km²]", "share [%]")))
    rows = [
        (name, *(cell for c in classes for cell in _of_class(results, c == code)))
        for code, (name, _) in (CLASSES | {UNDETERMINED: ("undetermined", "")}).items()
        if any((c == code).any() for c in classes)
    ]
    page.table(head, rows)


def _of_class(results: RegionResults, there: np.ndarray) -> tuple[str, str, str]:
    area = results.area[there].sum()
    return f"{there.sum():,}", f"{area:,.0f}", f"{100.0 * area / results.area.sum():.1f}"


def _active_layer_maps(page: Page, results: RegionResults, show: Show) -> None:
    periods = results.periods
    depths = [results.active_layer(period) for period in periods]
    limits = shared_limits(*depths)
    if limits is None:
        page.note("No cell has permafrost with a known active layer.")
        return
    panels = [
        Panel(span(p), d, "active layer [m]", "log", "YlGnBu", limits) for p, d in zip(periods, depths, strict=True)
    ]
    caption = "Active layer thickness. Cells without permafrost are pale."
    if len(periods) > 1:
        change = depths[1] - depths[0]
        panels.append(Panel("change", change, "change [m]", "zero", "PuOr_r"))
        caption += f" Where permafrost persisted it changed by {results.mean(change):+.2f} m on average."
        talik = results.permafrost.closed_talik.sum(axis=0).astype(float)
        panels.append(Panel(f"years with a talik, of {results.years.size}", talik, "years", colours="Oranges"))
        some = results.area[talik > 0].sum()
        caption += f" A closed talik (a layer thawed all year above a frozen layer) occurred on {some:,.0f} km²."
    show("active-layer", region_maps(results.raster, panels), caption)


def _years(page: Page, results: RegionResults, show: Show) -> None:
    area, years = area_by_year(results), results.classified
    by_year = results.permafrost.by_year()[1:]
    thaw = np.array([np.nan if row["active_layer"] is None else row["active_layer"] for row in by_year])
    most, least = int(area.argmax()), int(area.argmin())
    figure = permafrost_by_year(years, area, thaw, float(results.area.sum()))
    caption = f"Permafrost area ({area[most]:,.0f} km² in {years[most]}) and its mean active layer thickness."
    if area[most] > area[least]:
        caption = (
            f"Permafrost area, greatest in {years[most]} ({area[most]:,.0f} km²) and smallest in {years[least]} "
            f"({area[least]:,.0f} km²), and its mean active layer thickness."
        )
    show("years", figure, caption)
    head = (
        "year",
        "permafrost [km²]",
        "seasonally frozen [km²]",
        "unfrozen [km²]",
        "active layer [m]",
        "cells with a talik",
        "cells thawed through",
    )
    step = -(-years.size // _ROWS)
    rows = [
        (
            row["year"],
            *(f"{row['area'][name] / 1e6:,.0f}" for name in ("permafrost", "seasonally_frozen", "unfrozen")),
            number(row["active_layer"]),
            row["closed_talik"],
            row["thawed_through"],
        )
        for row in by_year[::step]
    ]
    page.table(head, rows)

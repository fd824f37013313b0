"""How the cells of a region came to equilibrium, and how well their budgets close."""

from __future__ import annotations

import numpy as np

from lsmcal.core.words import agreeing, counted
from lsmcal.figures.closure import closure_by_year
from lsmcal.figures.region_maps import ClassPanel, Panel, region_maps
from lsmcal.figures.region_years import converged_by_years
from lsmcal.report.ground import LEDGER_NAMES
from lsmcal.report.leaks import ENERGY, leak_section
from lsmcal.report.page import Page, short
from lsmcal.report.region_ground import Show, span
from lsmcal.report.region_results import RegionResults
from lsmcal.simulate.results import LEDGER

_CONVERGED = {1: ("in equilibrium", "#9ecae1"), 0: ("not in equilibrium", "#c0392b")}
#: What may be known of each cell's equilibrium: title, unit, scale.
_KNOWN = {
    "drift_temperature": ("temperature drift over the last cycle", "K"),
    "drift_ice": ("ice drift over the last cycle", "mm"),
    "drift_water": ("water drift over the last cycle", "mm"),
    "distance": ("distance from equilibrium", "K"),
}
#: Cells listed one by one.
_LISTED = 20


def spinup(page: Page, results: RegionResults, show: Show) -> None:
    """Years used, drift, and the slowly converging cells."""
    page.heading("Equilibrium")
    region, reached = results.region, results.reached
    if "cycles" not in reached or region.spinup.method == "none":
        page.note("The run started without spin-up.")
        return
    length = region.cycle[1] - region.cycle[0] + 1
    years, converged = reached["cycles"].astype(int) * length, reached["converged"].astype(bool)
    page.paragraph(
        f"The {agreeing(length, 'year', 'years')} {span(region.cycle)} {agreeing(length, 'was', 'were')} repeated "
        f"(method {region.spinup.method}). Spin-up took {years.mean():.0f} years on average, {np.median(years):.0f} in "
        f"the median cell, and at most {years.max()}. "
        f"{converged.sum():,} of {counted(converged.size, 'cell', ',')} ({100.0 * converged.mean():.1f} %) reached "
        "equilibrium."
    )
    if np.any(reached.get("steps", 0)):
        page.paragraph(f"Each column took {reached['steps'].mean():.1f} Newton steps towards equilibrium on average.")
    caption = "Convergence of the cells."
    panels: list[Panel | ClassPanel] = (
        [] if converged.all() else [ClassPanel("end of the spin-up", converged.astype(int), _CONVERGED)]
    )
    if np.unique(years).size > 1:
        panels.insert(0, Panel("years of spin-up", years.astype(float), "years", colours="viridis"))
        caption = "Years of spin-up, and convergence of the cells."
    known = [name for name in _KNOWN if name in reached]
    for name in known:
        title, unit = _KNOWN[name]
        panels.append(Panel(title, reached[name].astype(float), f"{name.split('_')[0]} [{unit}]", "log", "magma_r"))
    caption += " Values below a thousandth of the largest have one colour."
    show("spinup", region_maps(results.raster, panels), caption)
    if np.unique(years).size > 1:
        show("settled", converged_by_years(years, converged), "Cells in equilibrium by years of spin-up.")
    _drifts(page, results, known)
    _slowly_converging(page, results, years, converged, known)


def _drifts(page: Page, results: RegionResults, known: list[str]) -> None:
    head = ("", "median cell", "99th percentile", "worst cell", "unit")
    rows = []
    for name in known:
        values = results.reached[name].astype(float)
        title, unit = _KNOWN[name]
        there = values[~np.isnan(values)]
        quantiles = np.quantile(there, (0.5, 0.99, 1.0)) if there.size else [np.nan] * 3
        rows.append((title, *(short(value) for value in quantiles), unit))
    page.table(head, rows)


def _slowly_converging(page: Page, results: RegionResults, years, converged: np.ndarray, known: list[str]) -> None:
    """The cells that did not reach equilibrium, the worst first."""
    slow = np.flatnonzero(~converged)
    if not slow.size:
        page.paragraph("Every cell reached equilibrium.")
        return
    worst = slow[np.argsort(-results.reached["drift_temperature"][slow], kind="stable")][:_LISTED]
    some = f"; these {_LISTED} have the largest temperature drift" if slow.size > _LISTED else ""
    page.note(f"{counted(slow.size, 'cell', ',')} did not reach equilibrium{some}:")
    domain = results.region.domain
    drifts = (f"{name.replace('_', ', ')} [{_KNOWN[name][1]}]" for name in known)
    head = ("cell", "latitude", "longitude", "elevation [m]", "years", *drifts)
    rows = [
        (
            domain.cell[k],
            f"{domain.latitude[k]:.3f}",
            f"{domain.longitude[k]:.3f}",
            f"{domain.elevation[k]:.0f}",
            years[k],
            *(short(results.reached[name][k]) for name in known),
        )
        for k in worst
    ]
    page.table(head, rows)


def region_ledger(page: Page, results: RegionResults, show: Show) -> None:
    """Water of the region, and how far the budgets of energy and water are from closing."""
    page.heading("Budgets")
    water = {name: results.mean(values.mean(axis=0, dtype=float)) for name, values in results.water.items()}
    rest = water["precipitation"] - water["evaporation"] - water["runoff"]
    page.paragraph(
        f"Annual water balance, mean over the area and {span((results.years[0], results.years[-1]))}: precipitation "
        f"{water['precipitation']:.0f} mm, evaporation {water['evaporation']:.0f} mm, runoff {water['runoff']:.0f} mm, "
        f"storage change {rest:+.1f} mm."
    )
    page.paragraph(f"The table lists what is not accounted for. With it, heat and water of the soil balance. {ENERGY}")
    leak_section(page, results.leaks, results.years, results.mean)
    terms: dict[str, dict] = {}
    for name, output in LEDGER.items():
        both = {kind: np.abs(values).max(axis=1) for kind, values in results.ledger[name].items()}
        terms.setdefault(output.unit, {})[LEDGER_NAMES[name]] = both
    caption = "Budget residuals of the worst cell, one dot per year. Exact zeros are at the left edge."
    show("budgets", closure_by_year(results.years, terms), caption)
    head = ("term", "regional mean", "worst year of a cell", "worst step", "unit", "location of the worst step")
    page.table(head, [_row(results, name) for name in LEDGER])


def _row(results: RegionResults, name: str) -> tuple[str, ...]:
    mean, largest = (np.asarray(results.ledger[name][kind], float) for kind in ("mean", "largest"))
    year, cell = np.unravel_index(int(np.argmax(np.abs(largest))), largest.shape)
    output = LEDGER[name]
    where = f"{results.region.cell_name(int(cell))}, {results.years[year]}" if np.any(largest) else "–"
    return (
        f"{LEDGER_NAMES[name]}: {output.long_name}",
        f"{results.mean(mean.mean(axis=0)):.2e}",
        f"{np.abs(mean).max():.2e}",
        f"{np.abs(largest).max():.2e}",
        output.unit,
        where,
    )

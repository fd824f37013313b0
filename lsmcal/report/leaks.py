"""What the budgets of a run do not account for, on the page: sums of the worst year, and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from lsmcal.report.page import Page
from lsmcal.simulate.leaks import find_leaks
from lsmcal.simulate.output.run import ANNUAL
from lsmcal.simulate.results import ANNUAL_LEAKS

#: What is behind the residuals.
ENERGY = (
    "The surface balance is linearised: outgoing longwave radiation is expanded about the air temperature, and albedo "
    "and emissivity are those of the step before. This leaves a few watts per square metre. Under snow the soil takes "
    "up another flux than the snow gives off, because that flux is computed before the soil's new temperature. Both "
    'belong to the scheme of the reference; neither touches the soil\'s own budget. model.surface_energy = "closed" '
    "prevents both."
)


def leak_section(
    page: Page, annual: Mapping[str, np.ndarray], years: np.ndarray, mean: Callable[[np.ndarray], float] | None = None
) -> None:
    """Yearly sums of leaks and residuals; warnings of those above their limits.

    Parameters
    ----------
    page : Page
    annual : mapping
        Name of a sum to (years,) or (years, cells).
    years : (m,) array of int
    mean : callable, optional
        Of a region: mean over the area of values of all cells.
    """
    for found in find_leaks(annual, years):
        if found.exceeds:
            page.note(f"Warning: {found}.")
    rows = [_row(name, np.asarray(annual[name], float), years, mean) for name in ANNUAL_LEAKS if name in annual]
    if rows and len(years):
        head = ("not accounted for, sum of a year", "mean", "worst year" if mean is None else "worst year of a cell")
        page.table((*head, "in", "unit"), rows)


def _row(name: str, values: np.ndarray, years: np.ndarray, mean) -> tuple[str, ...]:
    unit, meaning = ANNUAL[name]
    by_year = values.mean(axis=0)
    worst = np.unravel_index(int(np.argmax(np.abs(values))), values.shape)
    average = float(by_year) if mean is None else mean(by_year)
    label = meaning.removesuffix(" in the year").removesuffix(", sum of the year")
    when = str(years[worst[0]]) if values[worst] else "–"
    return label, _number(average), _number(values[worst]), when, unit


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100.0 else f"{value:.2g}"

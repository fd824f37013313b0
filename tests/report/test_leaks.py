"""The page names what the budgets do not account for."""

import re
from types import SimpleNamespace

import numpy as np

from lsmcal.report.fit import show_failures
from lsmcal.report.leaks import leak_section
from lsmcal.report.page import Page

YEARS = np.array([2001, 2002])


def section(annual, mean=None):
    page = Page()
    leak_section(page, annual, YEARS, mean)
    return page.html("run")


def test_created_water_is_a_warning_and_residuals_a_table():
    html = section({"water_created": np.array([0.0, 57000.0]), "surface_residual": np.array([-30.0, 12.0])})
    assert "Warning: soil water created from nothing: up to 57,000 mm a year (2002)" in html
    row = html.partition("residual of the linearised surface balance")[2]
    assert re.findall(r"<td[^>]*>([^<]*)</td>", row)[:4] == ["-9", "-30", "2001", "MJ m-2"]


def test_of_a_region_the_worst_cell_and_the_mean_over_the_area():
    created = np.array([[0.0, 0.5], [4.0, 0.5]])
    html = section({"water_created": created}, lambda cells: float(np.average(cells, weights=[1.0, 3.0])))
    assert "worst year of a cell" in html and "in 1 of 2 cells" in html
    assert "0.88" in html  # a quarter of 2 and three quarters of 0.5


def test_sound_runs_and_those_of_earlier_versions_have_no_warning():
    assert "Warning" not in section({"water_created": np.zeros(2)})
    assert section({}) == Page().html("run")


def test_failed_trials_are_counted_by_reason():
    flagged = [
        SimpleNamespace(ok=False, reason=f"water created or lost by the scheme: {amount} mm a year")
        for amount in (20, 30)
    ]
    trials = [*flagged, SimpleNamespace(ok=True, reason=""), SimpleNamespace(ok=False, reason="non-finite in layer 3")]
    page = Page()
    show_failures(page, SimpleNamespace(records=trials))
    html = page.html("run")
    assert "3 evaluations failed: water created or lost by the scheme (2); non-finite in layer 3 (1)" in html
    page = Page()
    show_failures(page, SimpleNamespace(records=trials[2:3]))
    assert page.html("run") == Page().html("run")

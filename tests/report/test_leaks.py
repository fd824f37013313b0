"""The page names what the budgets do not account for."""

import numpy as np

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
    cells = row.replace("<td>", " ").replace("</td>", " ").split()[:4]
    assert cells == ["-9", "-30", "2001", "MJ"]


def test_of_a_region_the_worst_cell_and_the_mean_over_the_area():
    created = np.array([[0.0, 0.5], [4.0, 0.5]])
    html = section({"water_created": created}, lambda cells: float(np.average(cells, weights=[1.0, 3.0])))
    assert "worst year of a cell" in html and "in 1 of 2 cells" in html
    assert "0.88" in html  # a quarter of 2 and three quarters of 0.5


def test_sound_runs_and_those_of_earlier_versions_have_no_warning():
    assert "Warning" not in section({"water_created": np.zeros(2)})
    assert section({}) == Page().html("run")

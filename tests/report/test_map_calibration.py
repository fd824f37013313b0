"""The page of a calibrated region: its sections, numbers and figures, with and without a run."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from lsmcal.calibration.output import write_results
from lsmcal.case import load_case
from lsmcal.report import write_report
from lsmcal.report.map_calibration import map_calibration
from lsmcal.report.page import Page
from tests.calibration.map_results import calibration_in

CASE = """
[case]
name = "calibrated"
[region]
source = "plateau"
cells = 50
seed = 3
[spinup]
method = "fixed"
cycles = 1
years = [1979, 1979]
[run]
years = [1979, 1980]
"""
FIGURES = ("trajectory", "sensitive", "agreement", "scores", "pareto", "equifinality", "constraints")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return calibration_in(tmp_path_factory.mktemp("calibration"), goals=True, combine="pareto")


def page_of(found) -> tuple[str, str, dict[str, str]]:
    """HTML, text, and captions by figure; figures are made but not drawn."""
    page, captions = Page(), {}

    def show(name: str, figure, caption: str) -> None:
        assert figure.axes
        captions[name] = caption

    map_calibration(page, found, show)
    source = page.html("page")
    plain = re.sub(r"<style>.*?</style>|<[^>]*>", " ", source, flags=re.S)
    return source, re.sub(r"\s+", " ", html.unescape(plain)), captions


def rows_of(source: str, head: str) -> list[list[str]]:
    for table in re.findall(r"<table>(.*?)</table>", source, flags=re.S):
        rows = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in re.findall(r"<tr>(.*?)</tr>", table)]
        if rows[0][0] == head:
            return rows
    raise AssertionError(f"no table that begins with {head!r}")


def test_all_sections_and_figures_are_there(found):
    _, words, captions = page_of(found)
    for heading in ("Calibration", "the map", "several goals", "identifiability of the parameters"):
        assert heading in words
    assert list(captions) == [f"calibration-{name}" for name in FIGURES]
    assert "13 members of the ensemble, taken from the Pareto front" in captions["calibration-trajectory"]
    assert "The map is made up." in words


def test_the_search_is_told_with_its_cost(found):
    _, words, _ = page_of(found)
    assert "The search changed weighted mean of the goals from" in words
    assert "It made 220 evaluations with random" in words
    assert "optimiser 11.0 s (2.5 % of that)" in words and "1 evaluation failed" in words


def test_the_tables_hold_kappa_rates_and_counts(found):
    source, _, _ = page_of(found)
    rows = [row for row in rows_of(source, "cells") if row[:2] == ["held-out", "calibrated"]]
    one = found.confusions["held-out"]["calibrated"]
    rate = one.rates()[1]
    assert rows[0][2:7] == [
        f"{one.total:,}",
        f"{one.kappa:.3f}",
        f"{one.accuracy:.3f}",
        f"{rate.found:.2f}",
        f"{rate.right:.2f}",
    ]
    assert ["held-out", "calibrated", *map(str, one.counts.ravel())] in [
        row
        for table in re.findall(r"<table>(.*?)</table>", source, flags=re.S)
        for row in (re.findall(r"<td[^>]*>(.*?)</td>", line) for line in re.findall(r"<tr>(.*?)</tr>", table))
    ]
    assert ["network", "less", "1.200", "–"] in rows_of(source, "goal")


def test_every_parameter_stands_with_its_verdict(found):
    source, words, _ = page_of(found)
    rows = {row[0]: row for row in rows_of(source, "parameter")[1:]}
    assert {name: row[-1] for name, row in rows.items()} == {row["parameter"]: row["verdict"] for row in found.rows}
    assert rows["SBETA"][2] == "-4 to -1"
    assert "constrained: SBETA" in words


def test_a_search_without_a_map_has_neither_its_section_nor_its_figures(found):
    bare = replace(found, maps=None, confusions={}, year=None)
    _, words, captions = page_of(bare)
    assert "Calibration: the map" not in words and "calibration-agreement" not in captions


@pytest.fixture
def case(tmp_path, monkeypatch) -> Path:
    """A case with a finished calibration and no run; pages are made without drawing."""
    monkeypatch.setattr(Page, "figure", lambda page, figure, caption: page.paragraph(caption) or b"")
    (tmp_path / "case.toml").write_text(CASE)
    folder = tmp_path / "output" / "calibration"
    folder.mkdir(parents=True)
    write_results(calibration_in(folder), folder, figures=False)
    return tmp_path


def test_a_calibrated_region_has_a_page_without_a_run(case):
    path = write_report(load_case(case))
    text = path.read_text(encoding="utf-8")
    assert "<h2>Calibration</h2>" in text and "<h2>The ground</h2>" not in text
    assert (path.parent / "report" / "calibration-agreement.png").is_file()
    assert "lsmcal campaign" in text

"""A region from its case to its page by the command line; the page's numbers, computed again from region.nc."""

import base64
import html
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from netCDF4 import Dataset
from typer.testing import CliRunner

from lsmcal.case import load_case
from lsmcal.cli.main import app
from lsmcal.permafrost import PERMAFROST, SEASONALLY_FROZEN, UNDETERMINED, UNFROZEN
from lsmcal.report.page import Page
from lsmcal.report.region_ground import shares
from lsmcal.report.region_permafrost import GAINED, KEPT, LOST, NEVER, change_of_class
from lsmcal.report.region_results import most_frequent
from lsmcal.simulate.from_case.region import cell_at, region_of

ROOT = Path(__file__).resolve().parents[2]
T0 = 273.15
CASE = """
[case]
name = "a <small> plateau"
[region]
source = "plateau"
cells = 50
seed = 3
[spinup]
method = "fixed"
cycles = 3
years = [1979, 1979]
[run]
years = [1979, 1982]
"""
FIGURES = ("ground", "classes", "temperature", "warming", "permafrost", "active-layer", "years", "spinup", "budgets")


def lsmcal(*arguments: object):
    """Exit status and everything said."""
    try:
        runner = CliRunner(mix_stderr=False)
    except TypeError:
        runner = CliRunner()
    done = runner.invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.stdout + done.stderr


MPIEXEC = shutil.which("mpiexec", path=str(Path(sys.executable).parent)) or shutil.which("mpiexec")


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> tuple[Path, str]:
    """A case whose campaign has been done, on two ranks where there is an mpiexec, and what was said."""
    folder = tmp_path_factory.mktemp("region")
    (folder / "case.toml").write_text(CASE)
    if MPIEXEC is None:
        status, said = lsmcal("campaign", folder, "-q")
    else:
        command = [MPIEXEC, "-n", "2", sys.executable, "-m", "lsmcal.cli.main", "campaign", str(folder), "-q"]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=600)
        status, said = ended.returncode, ended.stdout + ended.stderr
    assert status == 0, said
    return folder, said


@pytest.fixture(scope="module")
def case(done) -> Path:
    """Its folder."""
    return done[0]


@pytest.fixture(scope="module")
def page(case) -> str:
    return (case / "output" / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def words(page) -> str:
    """The text of the page."""
    plain = re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(plain))


@pytest.fixture(scope="module")
def file(case):
    with Dataset(case / "output" / "region.nc") as opened:
        opened.set_auto_mask(False)
        yield opened


def table(page: str, first: str) -> dict[str, list[str]]:
    """Rows of the table whose head begins with ``first``, by their first column."""
    for found in re.findall(r"<table>(.*?)</table>", page, flags=re.S):
        rows = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in re.findall(r"<tr>(.*?)</tr>", found)]
        if rows[0][0] == first:
            return {row[0]: row[1:] for row in rows}
    raise AssertionError(f"no table that begins with {first!r}")


def frozen_ground(file) -> np.ndarray:
    """Permafrost in each year but the first, (years - 1, cells), by the rule's own words."""
    warmest = file["annual_temperature_max"][:].astype(float)
    found = np.zeros((warmest.shape[0] - 1, warmest.shape[2]), bool)
    for year in range(1, warmest.shape[0]):
        for layer in range(warmest.shape[1]):
            found[year - 1] |= (warmest[year, layer] <= T0) & (warmest[year - 1, layer] <= T0)
    return found


def thaw(file, year: int, cell: int) -> float:
    """Depth where the yearly maxima first fall to 0 degC going down; NaN if they do not."""
    warmest, depth = file["annual_temperature_max"][year, :, cell].astype(float) - T0, file["depth"][:]
    for k in range(depth.size):
        if warmest[k] <= 0.0:
            if k == 0:
                return 0.0
            return depth[k - 1] + (depth[k] - depth[k - 1]) * warmest[k - 1] / (warmest[k - 1] - warmest[k])
    return float("nan")


def test_the_area_of_permafrost_is_that_of_the_file(page, words, file):
    area, frozen = file["cell_area"][:] / 1e6, frozen_ground(file)
    assert 0.2 < frozen.mean() < 0.8  # both occur
    rows = table(page, "year")
    for year, there in zip((1980, 1981, 1982), frozen, strict=True):
        assert rows[str(year)][0] == f"{area[there].sum():,.0f}"
        assert rows[str(year)][1] == f"{area[~there].sum():,.0f}"  # every surface of a plateau freezes in winter
    total = area.sum()
    assert f"In 1980, {area[frozen[0]].sum():,.0f} km² had permafrost" in words
    assert f"; in 1982, {area[frozen[-1]].sum():,.0f} km², {100 * area[frozen[-1]].sum() / total:.1f} %" in words
    lost, gained = frozen[0] & ~frozen[-1], ~frozen[0] & frozen[-1]
    assert f"lost on {area[lost].sum():,.0f} km² and gained on {area[gained].sum():,.0f} km²" in words
    classes = table(page, "class")["permafrost"]
    assert classes[0] == str(frozen[0].sum()) and classes[3] == str(frozen[-1].sum())


def test_the_active_layer_is_that_of_the_file(page, words, file):
    area, frozen = file["cell_area"][:], frozen_ground(file)
    means = []
    for year in (1, 2, 3):
        depth = np.array([thaw(file, year, cell) for cell in range(area.size)])
        there = frozen[year - 1] & np.isfinite(depth)
        means.append(np.average(depth[there], weights=area[there]))
        assert table(page, "year")[str(1979 + year)][3] == f"{means[-1]:.2f}"
    assert f"thickness was {means[0]:.2f} m in 1980, and {means[-1]:.2f} m in 1982" in words


def test_temperature_heights_and_water_are_those_of_file_and_weather(case, words, file):
    area = file["cell_area"][:]
    height = file["elevation"][:]
    assert (
        f"between {height.min():.0f} and {height.max():.0f} m, on average at {np.average(height, weights=area):.0f} m"
        in words
    )
    region = region_of(load_case(case))
    begin, end = region.steps_of(1982, 1982)
    air = region.weather.read(region.domain.cell, begin, end)[:, 0].astype(float).mean(axis=0)
    assert f"The mean air temperature of 1982 is {np.average(air, weights=area) - T0:.2f} °C" in words
    deep = int(np.argmin(np.abs(file["depth"][:] - 10.0)))
    last = np.average(file["annual_temperature_mean"][3, deep].astype(float), weights=area)
    assert f"At 10 m its mean temperature is {last - T0:.2f} °C" in words
    warming = last - np.average(file["annual_temperature_mean"][1, deep].astype(float), weights=area)
    assert f"and by {warming:+.2f} K at 10 m" in words
    rain = np.average(file["annual_precipitation"][:].astype(float).mean(axis=0), weights=area)
    assert f"precipitation {rain:.0f} mm, evaporation" in words


def test_the_equilibrium_is_reported_cell_by_cell(page, words, file):
    converged, drift = file["spinup_converged"][:].astype(bool), file["spinup_drift_temperature"][:]
    assert not converged.all()  # three years are too few
    assert " repeated (method " in words and "Spin-up took 3 years on average" in words
    assert f"{converged.sum()} of 50 cells ({100 * converged.mean():.1f} %) reached equilibrium" in words
    worst = np.argmax(np.where(converged, -1.0, drift))
    rows = table(page, "cell")
    assert list(rows)[1] == str(file["cell"][worst])
    assert rows[str(file["cell"][worst])][4] == f"{drift[worst]:.4g}"
    assert len(rows) == 1 + min(20, int((~converged).sum()))


def test_the_worst_residual_stands_with_its_cell_and_year(page, file):
    largest = np.abs(file["ledger_energy_surface_largest"][:].astype(float))
    year, cell = np.unravel_index(largest.argmax(), largest.shape)
    row = table(page, "term")["surface balance: residual of the linearised surface balance"]
    assert row[2] == f"{largest.max():.2e}"
    assert row[4].startswith(f"cell {file['cell'][cell]} (") and row[4].endswith(str(1979 + year))


def test_figures_lie_in_files_and_in_the_page(case, page):
    folder = case / "output" / "report"
    assert sorted(path.stem for path in folder.glob("*.png")) == sorted(FIGURES)
    for name in FIGURES:
        content = (folder / f"{name}.png").read_bytes()
        assert content.startswith(b"\x89PNG") and base64.b64encode(content).decode() in page
    assert not list(folder.glob(".*"))


def test_the_page_stands_alone_and_says_where_it_comes_from(page, words, file):
    fetched = re.findall(r'(?:src|href)="(.*?)"', page)
    assert fetched and all(one.startswith("data:image/png;base64,") for one in fetched)
    assert "a &lt;small&gt; plateau" in page
    assert file.fingerprint in words and "synthetic plateau, 50 cells, seed 3" in words
    assert "has changed since" not in words


@pytest.fixture
def plain(monkeypatch) -> None:
    """Reports are made without their figures, which take long."""
    monkeypatch.setattr(Page, "figure", lambda page, figure, caption: b"")


@pytest.fixture
def copy(case, tmp_path, plain) -> Path:
    """The case with its results in another place."""
    return Path(shutil.copytree(case, tmp_path / "copy"))


def test_a_run_that_is_done_is_left_alone(copy):
    path = copy / "output" / "region.nc"
    before = path.stat().st_mtime_ns
    status, said = lsmcal("campaign", copy, "-q")
    assert status == 0 and "up to date" in said
    assert path.stat().st_mtime_ns == before


def test_report_tells_of_a_changed_case_and_refuses_other_cells(copy):
    status, said = lsmcal("report", copy, "--set", "run.years=[1979,1985]")
    assert status == 0, said
    assert "has changed since this run" in (copy / "output" / "report.html").read_text(encoding="utf-8")
    status, said = lsmcal("report", copy, "--set", "region.cells=60")
    assert status == 2 and "50 cells, 18 layers" in said and "60 cells" in said


def test_report_before_a_run_is_a_clear_error(tmp_path):
    (tmp_path / "case.toml").write_text(CASE)
    status, said = lsmcal("report", tmp_path)
    assert status == 2
    assert "1 problem" in said and "region.nc" in said and "no run to report yet" in said
    assert not (tmp_path / "output").exists()


def test_a_campaign_of_a_bad_case_names_what_is_wrong(tmp_path):
    (tmp_path / "case.toml").write_text(CASE.replace("1982", "2050"))
    status, said = lsmcal("campaign", tmp_path)
    assert status == 2 and "lies outside the forcing" in said


def test_the_first_rank_alone_speaks(done):
    folder, said = done
    assert said.count(str(folder / "output" / "report.html")) == 1
    assert said.count("seconds") == 1 and re.search(r"check +done.*run +done.*report +done", said, flags=re.S)


def test_one_process_computes_the_same_numbers_as_two(case, tmp_path):
    if MPIEXEC is None:
        pytest.skip("no mpiexec: install the extra mpich")
    (tmp_path / "case.toml").write_text(CASE)
    status, said = lsmcal("run", tmp_path, "-q")
    assert status == 0, said
    assert (tmp_path / "output" / "region.nc").read_bytes() == (case / "output" / "region.nc").read_bytes()


def test_the_real_plateau_finds_its_data_and_holds_the_stations(shared):
    region = region_of(load_case(ROOT / "cases" / "plateau-climatology", [], data=shared / "data"))
    assert len(region.domain) == 4450 and region.domain.elevation.min() >= 3000.0
    assert cell_at(region.domain, (93.0833, 35.2167), "", "") >= 0  # Wudaoliang


def test_the_most_frequent_class_and_what_became_of_it():
    p, s, u, none = PERMAFROST, SEASONALLY_FROZEN, UNFROZEN, UNDETERMINED
    years = np.array([[p, p, none, u, s], [s, p, none, u, u], [s, none, none, p, none]])
    np.testing.assert_array_equal(most_frequent(years), [s, p, none, u, s])  # a tie goes to the colder
    change = change_of_class(np.array([p, p, s, u, none]), np.array([p, s, p, s, p]))
    np.testing.assert_array_equal(change, [KEPT, LOST, GAINED, NEVER, -1])


def test_shares_of_classes_are_by_area():
    found = shares(np.array([[1, 2], [2, 2], [2, 2]]), ("loam", "sand"), np.array([6.0, 1.0, 1.0]))
    assert list(found) == ["sand", "loam"]
    np.testing.assert_allclose(found["loam"], [75.0, 0.0])
    np.testing.assert_allclose(found["sand"], [25.0, 100.0])

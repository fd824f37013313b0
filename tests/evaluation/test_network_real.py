"""Real measurements brought to the cells of the real plateau: stations of 1951-2010 and the Yakou profile."""

import csv
from pathlib import Path

import numpy as np
import pytest

from lsmcal.calibration.goals.network import NetworkGoal
from lsmcal.calibration.goals.protocol import Simulated
from lsmcal.case import load_case
from lsmcal.core.errors import Problems
from lsmcal.evaluation.network import match
from lsmcal.inputs.observed.network import read_network
from lsmcal.noah.runtime.grid import PAPER_THICKNESS
from lsmcal.simulate.from_case.weather import cells_and_weather

CASES = Path(__file__).resolve().parents[2] / "cases"
HEAD = ["site", "lon", "lat", "year", "variable", "depth [m]", "value [degC]"]


def rows_of_stations(folder):
    """Mean annual temperature of the ground surface, as the soil's at depth 0; empty where there is none."""
    with (folder / "stations.csv").open(encoding="utf-8") as file:
        places = {row["name"]: (row["lon_deg"], row["lat_deg"]) for row in csv.DictReader(file)}
    with (folder / "magst_annual_c.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            year = row.pop("year")
            yield from ([name, *places[name], year, "soil_temperature", 0, value] for name, value in row.items())


def row_of_yakou(folder):
    """The mean of 2017 at 1.6 m."""
    with (folder / "obs_daily_2016_2018.csv").open(encoding="utf-8") as file:
        days = [row["ts160cm_c"] for row in csv.DictReader(file) if row["date"].startswith("2017")]
    assert len(days) == 365
    return ["Yakou", 100.2421, 38.0142, 2017, "soil_temperature", 1.6, f"{np.mean([float(day) for day in days]):.4f}"]


@pytest.fixture(scope="module")
def matched(shared, tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "plateau.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerows(rows_of_stations(shared / "data/qtp_stations"))
        writer.writerow(row_of_yakou(shared / "data/yakou_2016_2019"))
    case, problems = load_case(CASES / "plateau-climatology", data=shared / "data"), Problems()
    domain, _ = cells_and_weather(case, problems)
    assert not problems
    table = read_network(path)
    return table, domain, match(table, domain)


def test_stations_go_to_the_cells_that_hold_them(matched):
    table, domain, found = matched
    assert len(set(table.site.tolist())) > 45 and len(table) > 1500
    place = {name: index for index, name in enumerate(found.sites)}
    cell = found.cell[place["Wudaoliang"]]
    at = int(np.flatnonzero(domain.cell == cell)[0])
    assert (domain.longitude[at], domain.latitude[at]) == (93.125, 35.125)  # 93.08 E, 35.22 N on cells of 0.25 degree
    places = (table.longitude.tolist(), table.latitude.tolist())
    lon, lat = (dict(zip(table.site.tolist(), values, strict=True)) for values in places)
    for row, names in enumerate(found.sites):
        index = int(np.searchsorted(domain.cell, found.cell[row]))
        for name in names.split(" + "):
            assert abs(domain.longitude[index] - lon[name]) <= 0.125001
            assert abs(domain.latitude[index] - lat[name]) <= 0.125001


def test_low_stations_lie_outside_and_nothing_is_lost(matched):
    table, _, found = matched
    inside = {name for names in found.sites for name in names.split(" + ")}
    assert not inside & set(found.outside) and inside | set(found.outside) == set(table.site.tolist())
    assert {"Pishan", "Hetian", "Minfeng"} <= set(found.outside)  # oases below 1,500 m
    assert int(found.count.sum()) == int(np.isin(table.site, list(inside)).sum())
    assert f"{len(found.outside)} sites outside the region" in found.words()


def test_permafrost_sites_are_as_cold_as_was_measured(matched):
    found = matched[2]
    yakou = found.select("soil_temperature", depths=[1.6])
    assert yakou.sites == ("Yakou",) and -3.0 < yakou.value[0] - 273.15 < -1.5
    surface = found.take(np.array(["Wudaoliang" in names for names in found.sites]))
    years = (surface.year >= 1981) & (surface.year <= 2010)
    assert years.sum() >= 25 and -3.0 < surface.value[years].mean() - 273.15 < 1.0


def test_the_error_of_ground_half_a_degree_too_warm_is_half_a_degree(matched):
    found = matched[2].select("soil_temperature", years=range(1981, 2011))
    depth = np.cumsum(PAPER_THICKNESS) - 0.5 * np.asarray(PAPER_THICKNESS)
    cells, years = np.unique(found.cell), np.unique(found.year)
    mean = np.full((cells.size, years.size, depth.size), np.nan)
    mean[np.searchsorted(cells, found.cell), np.searchsorted(years, found.year)] = found.value[:, None] + 0.5
    score = NetworkGoal("surface", found).score(Simulated(cells, years, depth, mean, mean, mean))
    assert score.value == pytest.approx(0.5) and score.details["mbe"] == pytest.approx(0.5)
    assert score.details["values"] == len(found) > 500 and score.details["penalised"] == 0

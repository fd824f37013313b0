"""``lsmcal params``: the table, and the values of a site and of a region."""

import json
import re

import netCDF4
import numpy as np
import pytest

from tests.region_cases import told, typed


def test_params_shows_35_rows_and_the_derived_ones(call, tiny):
    rows = json.loads(call("params", "--json").output)
    assert len(rows) == 35 and sum(row["status"] == "tunable" for row in rows) == 30
    assert sum(row["sensitive"] for row in rows) == 10 and rows[0]["name"] == "SBETA"
    assert len(json.loads(call("params", "--json", "--derived").output)) == 38
    values = {row["name"]: row["values"] for row in rows if row["name"] != "TBOT"}  # packaged tables
    assert values["CZIL"] == {"": 0.2} and values["MAXSMC"]["7"] == 0.439 and len(values["MAXSMC"]) == 19
    assert values["NROOT"]["7"] == 6.0
    lines = call("params", "--csv").output.splitlines()
    assert len(lines) == 36 and lines[0].startswith("name,group,status,unit")
    table = call("params").output
    assert "SBETA*" in table and "±1.5 K" in table and "0.2 to 0.476" in table
    assert "defaults of preset ji2026 (soil noahtibet, general ji2026, vegetation usgs)" in table
    assert max(len(line.rstrip()) for line in table.splitlines()) <= 80
    assert "exclude each other" in told("params", "--csv", "--json")


def test_params_of_a_case_shows_the_values_of_its_classes(call, tiny):
    words = ["params", tiny, "--json", "--derived", "--set", "parameters.MAXSMC[7]=0.4", "--set", "parameters.TBOT=0.5"]
    values = {row["name"]: row["values"] for row in json.loads(call(*words).output)}
    assert values["MAXSMC"] == {"7": 0.4} and values["NROOT"] == {"7": 6.0} and values["CZIL"] == {"": 0.2}
    assert values["TBOT"][""] == pytest.approx(303.98 - 0.0063 * 4700 + 0.5)
    assert values["REFSMC"]["7"] == pytest.approx(0.329 * 0.4 / 0.439, rel=0.02)
    assert values["FRZX"]["7"] == pytest.approx(0.15 * 0.4 / values["REFSMC"]["7"] * 0.412 / 0.468)
    assert values["KDT"]["7"] == pytest.approx(3.0 * 3.38e-6 / 2e-6)


def test_params_of_a_region_shows_its_classes_the_most_widespread_first(maps):
    folder, _ = maps
    words = ("params", folder, "--set", "parameters.TBOT=0.5", "--set", "parameters.MAXSMC[9]=0.4")
    values = {row["name"]: row["values"] for row in json.loads(typed(*words, "--json").stdout)}
    with netCDF4.Dataset(folder / "output" / "domain.nc") as data:
        area, tbot = data["cell_area"][:].ravel(), np.ma.compressed(data["tbot"][:])
    assert area.size >= 23 and list(values["EMISSMIN"]) == ["7", "19"] and list(values["MAXSMC"]) == ["7", "9", "12"]
    assert values["MAXSMC"]["9"] == 0.4 and values["CZIL"] == {"": 0.2}
    assert values["TBOT"]["lowest"] == pytest.approx(tbot.min() + 0.5)
    assert values["TBOT"]["highest"] == pytest.approx(tbot.max() + 0.5)
    table = typed(*words).stdout
    assert "vegetation by area: 7 grassland 52 %, 19 barren or sparsely vegetated 48 %" in table
    assert re.search(r"MAXSMC\*.*7: 0\.439, 9: 0\.4, 12: ", table)
    lines = [line.rstrip() for line in table.splitlines() if not line.startswith(("vegetation by", "soil by"))]
    assert max(map(len, lines)) <= 80


def test_params_of_every_regional_case_that_comes_with_its_data(call):
    from tests.cli.conftest import ROOT

    for name in ("demo-plateau", "screen-plateau", "calibrate-plateau"):
        rows = json.loads(call("params", ROOT / "cases" / name, "--json").stdout)
        assert len(rows) == 35 and all(row["values"] for row in rows)


def test_params_of_a_region_without_cells_says_what_is_missing(tmp_path, maps):
    (tmp_path / "case.toml").write_text((maps[0] / "case.toml").read_text())
    assert "region.file: no such file" in told("params", tmp_path)

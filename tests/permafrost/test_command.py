"""The verb: table, JSON, file, and what it says of wrong input."""

import json

import netCDF4
import pytest
from typer.testing import CliRunner

from lsmcal.cli.main import app
from tests.permafrost.soil_files import DEPTH, Ground, ground, write


@pytest.fixture
def call():
    try:
        runner = CliRunner(mix_stderr=False)
    except TypeError:  # newer versions keep them apart by themselves
        runner = CliRunner()
    return lambda *words: runner.invoke(app, ["permafrost", *map(str, words)])


@pytest.fixture
def soil(tmp_path):
    write(tmp_path / "soil.nc", ground())
    return tmp_path / "soil.nc"


def rows(output):
    """Lines of a table that begin with a year, as words."""
    return [line.split() for line in output.splitlines() if line.strip()[:2] == "20"]


def test_table_and_file(call, soil, tmp_path):
    result = call(soil, "-o", tmp_path / "permafrost.nc")
    assert result.exit_code == 0
    # undetermined, permafrost, seasonally frozen, unfrozen, active layer, closed taliks, thawed through
    assert rows(result.stdout)[1] == ["2002", "0", "4", "1", "1", "1.15", "0", "2"]
    assert "daily values" in result.stdout and "wrote" in result.stdout
    with netCDF4.Dataset(tmp_path / "permafrost.nc") as data:
        assert data["permafrost_class"].shape == (3, 6)


def test_json(call, soil):
    content = json.loads(call(soil, "--json").stdout)
    assert content["depth"] == pytest.approx(DEPTH)
    assert [year["places"]["permafrost"] for year in content["years"]] == [0, 4, 4]
    assert content["years"][0]["active_layer"] is None


def test_single_place(call, tmp_path):
    soil = ground()
    write(tmp_path / "soil.nc", Ground(soil.time, soil.celsius[:, :, 2:3]))
    result = call(tmp_path / "soil.nc")
    assert rows(result.stdout)[1] == ["2002", "permafrost", "1.3", "no", "no"]


def test_what_the_file_does_not_say(call, tmp_path):
    write(tmp_path / "soil.nc", ground(), name="boden", standard_name="")
    with netCDF4.Dataset(tmp_path / "soil.nc", "a") as data:
        data["boden"].units = "warm"
    result = call(tmp_path / "soil.nc")
    assert result.exit_code == 2 and "no soil temperature" in result.stderr and result.stdout == ""
    result = call(tmp_path / "soil.nc", "--variable", "boden", "--unit", "degC", "--depths", "0.1,0.5,1,2,4")
    assert result.exit_code == 0 and rows(result.stdout)[1][2] == "4"
    assert call(tmp_path / "soil.nc", "--depths", "0.1;0.2").exit_code == 2

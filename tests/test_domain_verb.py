"""From maps to a run: ``lsmcal domain``, then check, pack and run on the cells it made."""

import json
import re
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.forcing_files import weather, write_cmfd
from lsmcal.case import load_case
from lsmcal.cli.main import app
from lsmcal.core.errors import InputError
from lsmcal.inputs.domain.file import read_domain
from tests.inputs.map_files import centres, write_map
from tests.inputs.small_maps import LATITUDE, LONGITUDE, heights, make_maps

#: Four cells in a row: the third is a lake, the fourth lies beyond the forcing.
CASE = """
[region]
source = "file"
file = "domain.nc"
[domain]
bounds = [90.4, 90.8, 33.0, 33.1]
resolution = 0.1
[domain.elevation]
file = "elevation.nc"
[domain.vegetation]
file = "land.nc"
crosswalk = "esa-cci"
[domain.soil]
file = "soil.nc"
crosswalk = "soilgrids"
[[domain.masked]]
file = "lakes.nc"
name = "lake"
[forcing]
format = "cmfd"
folder = "weather"
[spinup]
years = [1980, 1980]
cycles = 1
method = "fixed"
[run]
years = [1980, 1980]
"""


@pytest.fixture
def call(monkeypatch):
    """Type a command; returns its result."""
    monkeypatch.delenv("LSMCAL_DATA", raising=False)
    try:
        runner = CliRunner(mix_stderr=False)
    except TypeError:  # newer versions keep them apart by themselves
        runner = CliRunner()

    def typed(*words, status=0):
        result = runner.invoke(app, [str(word) for word in words])
        assert result.exit_code == status, (result.stdout, result.stderr, result.exception)
        return result

    return typed


@pytest.fixture
def case(tmp_path):
    """A case with its maps, pixels of 0.05 degrees."""
    longitude, latitude = centres(90.4, 90.8, 8), centres(33.0, 33.1, 2)
    maps = {
        "elevation": 4600.0 + 100.0 * np.arange(8),
        "land": [130, 130, 200, 200, 130, 210, 130, 130],
        "soil": [9, 9, 7, 7, 7, 7, 7, 7],
        "lakes": [0, 0, 0, 0, 1, 1, 0, 0],
    }
    for name, row in maps.items():
        write_map(tmp_path / f"{name}.nc", np.tile(row, (2, 1)), longitude, latitude)
    (tmp_path / "case.toml").write_text(CASE)
    return tmp_path


def add_weather(folder, missing=()):
    """A year of CMFD over 90.0 to 90.7 E; some points without values."""
    (folder / "weather").mkdir()
    longitude, latitude = 90.05 + 0.1 * np.arange(7), 33.05 + 0.1 * np.arange(3)
    source = weather(longitude, latitude, "1980-01-01", "1981-01-01")
    paths = write_cmfd(source, folder / "weather", unit="Y")
    for column in missing:
        with netCDF4.Dataset(paths[0], "a") as data:
            variable = data[paths[0].name.split("_")[0]]
            variable.set_auto_maskandscale(False)
            variable[:, :, column] = variable._FillValue
    return source


def test_from_maps_to_a_run(call, case):
    source = add_weather(case)
    text = call("domain", case).stdout
    lines = {line.split("  ")[0]: line.split() for line in text.splitlines()}
    assert lines["modelled"][1] == "2" and lines["lake"][1] == lines["no weather"][2] == "1"
    assert lines["whole grid"][2] == "4" and f"wrote {case / 'domain.nc'}" in text
    domain = read_domain(case / "domain.nc")
    assert domain.cell.tolist() == [0, 1] and domain.vegetation.tolist() == [7, 19]
    assert np.allclose(domain.elevation, [4650.0, 4850.0], rtol=1e-14) and domain.soil[:, 0].tolist() == [9, 7]
    assert "not packed yet" in call("check", case, status=2).stderr
    call("forcing", "pack", case, "--quiet")
    summary = call("check", case).stdout
    assert "grassland 50 %" in summary and f"2, {domain.area.sum() / 1e6:,.0f} km2" in summary
    call("run", case, "--quiet")
    with netCDF4.Dataset(case / "output" / "region.nc") as data:
        assert data["cell"][:].tolist() == [0, 1] and data["lon"][:].tolist() == [90.45, 90.55]
        assert np.array_equal(data["cell_area"][:], domain.area)
        mean = data["annual_temperature_mean"][0]
        assert mean.shape == (18, 2) and ((240.0 < mean) & (mean < 300.0)).all()
        assert (mean[:, 0] != mean[:, 1]).all()
        fallen = source.field("precipitation")[:, 0, 4:6].sum(axis=0, dtype=float) * 10800.0
        assert np.allclose(data["annual_precipitation"][0], fallen, rtol=0.02)  # to the files' packing
        assert data.domain_vegetation.startswith("land.nc (map), crosswalk esa-cci")
    alone = call("run", case, "--quiet", "--cell", "90.45,33.05").stdout
    assert "wrote" in alone


def test_json_and_another_place(call, case):
    add_weather(case)
    result = call("domain", case, "--output", case / "made" / "cells.nc", "--json")
    plain = json.loads(result.stdout)
    assert plain["file"] == str(case / "made" / "cells.nc") and plain["grid"] == {"columns": 4, "rows": 1}
    assert plain["cells"]["no weather"]["cells"] == 1 and plain["origin"]["tbot"].startswith("-0.0063 h")
    assert len(read_domain(case / "made" / "cells.nc")) == 2 and not (case / "domain.nc").exists()
    assert f"reads {case / 'domain.nc'}, which does not exist" in result.stderr


def test_an_older_domain_in_the_data_folder_is_pointed_out(call, case, tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    (data / "domain.nc").write_bytes(b"old")
    assert (
        f"a run of this case reads {data / 'domain.nc'}" in call("domain", case, "--no-forcing", "--data", data).stderr
    )
    assert "note" not in call("domain", case, "--no-forcing").stderr


def test_points_without_values_are_no_weather(call, case):
    """The point of the second cell holds nothing in one of the variables."""
    add_weather(case, missing=[5])
    call("domain", case)
    assert read_domain(case / "domain.nc").cell.tolist() == [0]
    call("domain", case, "--no-forcing")
    assert read_domain(case / "domain.nc").cell.tolist() == [0, 1, 3]


def test_maps_may_lie_in_the_data_folder(call, case, tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    for name in ("elevation", "land", "soil", "lakes"):
        (case / f"{name}.nc").rename(data / f"{name}.nc")
    found = call("domain", case, "--no-forcing", status=2).stderr
    assert found.count("no such file") == 4 and str(case / "land.nc") in found
    call("domain", case, "--no-forcing", "--data", data)
    assert (case / "domain.nc").is_file()  # beside the case, not among the data


def test_what_is_wrong_with_maps_and_forcing_is_one_message(call, case):
    (case / "lakes.nc").write_bytes((case / "lakes.nc").read_bytes()[:900])
    write_map(case / "land.nc", np.full((2, 8), 131), centres(90.4, 90.8, 8), centres(33.0, 33.1, 2))
    text = call("domain", case, status=2).stderr
    assert text.startswith("3 problems with the input:")
    assert "forcing.folder: no such folder" in text and "class without a row in the crosswalk" in text
    assert "lakes.nc: cannot be opened as NetCDF" in text and not (case / "domain.nc").exists()


def test_damaged_forcing_is_not_taken_for_missing(call, case):
    add_weather(case)
    path = next((case / "weather").glob("wind*"))
    path.write_bytes(path.read_bytes()[:2000])
    text = call("domain", case, status=2).stderr
    assert path.name in text and "cannot be opened as NetCDF" in text


def test_all_cells_beyond_the_forcing(call, case):
    add_weather(case)
    text = call(
        "domain", case, "--set", "domain.bounds=[90.7, 90.8, 33.0, 33.1]", "--set", "domain.resolution=0.05", status=2
    ).stderr
    assert "no cell remains (found no weather: 4)" in text


def test_places_that_cannot_be_written_are_refused_first(call, case):
    (case / "land.nc").unlink()  # would be said too if the maps had been read
    for place, message in ((case, "is a folder"), (case / "soil.nc" / "domain.nc", "cannot be written")):
        text = call("domain", case, "--output", place, status=2).stderr
        assert text.startswith("1 problem") and f"{place}: {message}" in text


def test_help_has_an_example(call):
    text = call("domain", "--help").stdout
    assert "lsmcal domain cases/demo-maps" in text and "--output" in text and "--json" in text


def test_cases_that_say_no_maps_and_cases_of_a_site(call, case, tmp_path):
    text = CASE[: CASE.index("[domain]")] + CASE[CASE.index("[forcing]") :]
    (case / "case.toml").write_text(text)
    assert "domain: section is missing" in call("domain", case, status=2).stderr
    site = tmp_path / "site.toml"
    call("init", site, "--template", "generator")
    assert "this command needs a region" in call("domain", site, status=2).stderr


# -- keys -------------------------------------------------------------------------------------------------------------
def refused(case, old, new):
    (case / "case.toml").write_text(CASE.replace(old, new))
    with pytest.raises(InputError) as caught:
        load_case(case)
    return caught.value.problems


@pytest.mark.parametrize(
    "old, new, key, message",
    [
        ("90.4, 90.8,", "90.8, 90.4,", "domain.bounds", "is not a rectangle"),
        ("resolution = 0.1", "resolution = [0.3, 0.1]", "domain.resolution", "does not divide the bounds in longitude"),
        ("resolution = 0.1", "resolution = [0.4, 0.1]", "domain.resolution", "leaves one cell"),
        ('file = "land.nc"', "", "domain.vegetation", "gives neither a map nor a class"),
        ('file = "soil.nc"', 'file = "soil.nc"\nclass = "loam"', "domain.soil", "gives both"),
        ('[domain.elevation]\nfile = "elevation.nc"', "[domain.elevation]", "domain.elevation", "has no file"),
        ('name = "lake"', "share = 1.5", "domain.masked[1].share", "is out of range"),
        ("resolution = 0.1", "resolution = 0.1\ntbot = 400.0", "domain.tbot", "is out of range"),
        ("resolution = 0.1", 'resolution = 0.1\ntbot = "map"', "domain.tbot_map", "tbot and tbot_map do not match"),
        (
            "resolution = 0.1",
            "resolution = 0.1\ntbot_clip = [5300.0, 4600.0]",
            "domain.tbot_clip",
            "has low above high",
        ),
        ("resolution = 0.1", 'resolution = 0.1\ncover = "leaf-area"', "domain.leaf_area", "key is missing"),
        (
            "resolution = 0.1",
            "resolution = 0.1\nlai_dens = 0.2",
            "domain.lai_dens",
            "unknown key; did you mean 'lai_dense'?",
        ),
        (
            "[forcing]",
            '[domain.target]\nfile = "x.nc"\nabsent = [1]\n[forcing]',
            "domain.target",
            "permafrost and absent share class codes",
        ),
        ('source = "file"', 'source = "plateau"', "domain", "is not used for synthetic cells"),
    ],
)
def test_keys_that_do_not_fit_are_refused_by_line(case, old, new, key, message):
    problems = refused(case, old, new)
    found = [problem for problem in problems if problem.variable == key]
    assert [problem.message for problem in found] == [message], problems
    assert str(case / "case.toml") in found[0].source


def test_the_case_of_the_manual_is_understood(call, tmp_path):
    """All that stands in the way of docs/domain.md's example is that its files are not there."""
    text = (Path(__file__).parents[1] / "docs" / "domain.md").read_text(encoding="utf-8")
    (tmp_path / "case.toml").write_text(re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1])
    case = load_case(tmp_path)
    assert case.domain.soil.maps[1].to_depth == 2.0 and case.domain.masked[0].fractions
    names = {"dem.nc", "landcover.nc", "glaciers.nc", "lai.nc", "permafrost.tif", "plateau.geojson"}
    said = call("domain", tmp_path, status=2).stderr
    assert all(f"no such file: {name}" in said for name in names) and "forcing.folder" in said


def test_soil_maps_out_of_order(case):
    maps = '[[domain.soil.maps]]\nfile = "a.nc"\nto_depth = 2.0\n[[domain.soil.maps]]\nfile = "b.nc"\nto_depth = 1.0\n'
    problems = refused(case, 'file = "soil.nc"\ncrosswalk = "soilgrids"\n', f'crosswalk = "soilgrids"\n{maps}')
    assert [(problem.variable, problem.message) for problem in problems] == [
        ("domain.soil.maps", "are not in order of depth")
    ]


def test_the_resolved_case_reads_back_as_the_same(case, tmp_path):
    loaded = load_case(case)
    loaded.write_resolved(tmp_path / "resolved.toml")
    again = load_case(tmp_path / "resolved.toml")
    assert again.domain == loaded.domain and again.resolved() == loaded.resolved()


def test_a_region_without_maps_needs_no_section(case):
    (case / "case.toml").write_text(CASE[: CASE.index("[domain]")] + CASE[CASE.index("[forcing]") :])
    loaded = load_case(case)
    assert loaded.domain is None and "domain" not in loaded.resolved()


def test_keys_of_the_grid_make_the_domain(tmp_path):
    """The section of a case and the library say the same."""
    keys = make_maps(tmp_path)
    toml = f"""
[region]
file = "domain.nc"
[domain]
bounds = {keys["bounds"]}
resolution = [0.2, 0.1]
elevation = {{ file = "elevation.nc" }}
vegetation = {{ file = "land.nc" }}
soil = {{ file = "soil.nc" }}
tbot = 272.5
[forcing]
format = "packed"
folder = "weather"
"""
    (tmp_path / "case.toml").write_text(toml)
    CliRunner().invoke(app, ["domain", str(tmp_path)], catch_exceptions=False)
    domain = read_domain(tmp_path / "domain.nc")
    assert len(domain) == 12 and (domain.tbot == 272.5).all()
    at = (np.abs(LATITUDE - domain.latitude[7]) < 0.05)[:, None] & (np.abs(LONGITUDE - domain.longitude[7]) < 0.1)
    assert domain.elevation[7] == pytest.approx(heights()[at].mean(), rel=1e-5)

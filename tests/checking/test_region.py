"""Bad input of a region as a user meets it: what a command says, its exit status, what is left on disk."""

import shutil

import netCDF4
import numpy as np
import pytest

from tests.region_cases import PLATEAU, case_of_files, change, cut, files_of, finished, garble, told, typed

WEATHER = "wind_CMFD_V0106_B-01_03hr_010deg_1980.nc"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A case of files before anything was done, and with its domain and packed forcing."""
    before = case_of_files(tmp_path_factory.mktemp("before"))
    after = tmp_path_factory.mktemp("after") / "case"
    shutil.copytree(before, after)
    typed("domain", after)
    typed("forcing", "pack", after, "--quiet")
    return before, after


@pytest.fixture(autouse=True)
def no_data_folder(monkeypatch):
    monkeypatch.delenv("LSMCAL_DATA", raising=False)


@pytest.fixture
def maps(made, tmp_path):
    """The case with its maps and weather only."""
    return shutil.copytree(made[0], tmp_path / "case")


@pytest.fixture
def packed(made, tmp_path):
    """The case that could be run at once."""
    return shutil.copytree(made[1], tmp_path / "case")


@pytest.fixture
def plateau(tmp_path):
    (tmp_path / "case.toml").write_text(PLATEAU)
    return tmp_path


# -- cells and forcing that do not fit ---------------------------------------------------------------------------------
def test_cells_without_forcing_are_found_before_packing(maps):
    typed("domain", maps, "--no-forcing")
    before = files_of(maps)
    text = told("check", maps)
    assert "2 problems" in text and "not packed yet" in text and f"lsmcal forcing pack {maps}" in text
    assert "1 cell without forcing at cell 3 (33.05 N, 90.75 E) (found nearest point 9.3 km away)" in text
    text = told("forcing", "pack", maps, "--quiet")
    assert "1 problem" in text and "1 cell without forcing at cell 3" in text and "not packed" not in text
    assert "1 cell without forcing" in told("run", maps, "--quiet")
    assert files_of(maps) == before


def test_years_outside_forcing_that_is_not_packed_yet(maps):
    typed("domain", maps)
    text = told("check", maps, "--set", "run.years=[1980, 1999]")
    assert "run.years: lies outside the forcing (found [1980, 1999])" in text and "to 1981-01-01" in text
    assert "spinup.years" not in text


def test_a_packed_cache_of_another_domain(packed):
    (packed / "domain.nc").unlink()
    typed("domain", packed, "--no-forcing")
    for words in (("check",), ("run", "--quiet")):
        text = told(*words, packed)
        assert "1 problem" in text and "packed for other cells: 1 of 3 are not in the packed forcing at cell 3" in text
        assert "--overwrite or into another folder" in text
    typed("domain", packed, "--set", "domain.masked=[]")  # three cells with weather
    assert "packed for other cells" in told("forcing", "pack", packed, "--quiet")
    typed("forcing", "pack", packed, "--quiet", "--overwrite")
    assert "cells       3," in typed("check", packed).stdout


def test_forcing_without_cells(maps):
    """No domain, a map in its place, and one whose cells are all masked."""
    expected = f"region.file: no such file: domain.nc; expected it at {maps / 'domain.nc'}"
    for words in (("check",), ("forcing", "pack", "--quiet"), ("run", "--quiet")):
        assert expected in told(*words, maps)
    shutil.copy(maps / "land.nc", maps / "domain.nc")
    assert "6 problems" in told("check", maps)
    typed("domain", maps)
    change(maps / "domain.nc", lambda data: data["vegetation"].__setitem__(..., data["vegetation"]._FillValue))
    assert "vegetation: no cell remains" in told("forcing", "pack", maps, "--quiet")
    change(maps / "lakes.nc", lambda data: data["map"].__setitem__(..., 1))
    (maps / "domain.nc").unlink()
    assert "no cell remains (found lake: 4)" in told("domain", maps)
    assert not (maps / "domain.nc").exists() and not (maps / "output").exists()


@pytest.mark.parametrize("source", ["climatology", "indices"])
def test_cells_made_with_their_weather_have_no_other(tmp_path, source):
    (tmp_path / "case.toml").write_text(f'[region]\nsource = "{source}"\n[forcing]\nformat = "cmfd"\nfolder = "x"\n')
    for words in (("check",), ("run", "--quiet"), ("params",)):
        text = told(*words, tmp_path)
        assert "1 problem" in text
        assert f'forcing.format: does not match region.source (found cmfd); expected "{source}"' in text


def test_a_domain_of_other_classes_and_layers(packed):
    def act(data):
        data["vegetation"][0, 0], data["soil"][3, 0, 1] = 77, 40

    assert "built for other layers (found 18 layers to 15.2 m); expected 3 layers to 1.4 m; build it again" in told(
        "check", packed, "--set", "grid.thickness=[0.1, 0.3, 1.0]"
    )
    change(packed / "domain.nc", act)
    text = told("run", packed, "--quiet")
    assert "vegetation class has no row in the table at cell 0 (33.05 N, 90.45 E) (found 77)" in text
    assert "soil class has no row in the table at cell 1 (33.05 N, 90.55 E) (found 40)" in text


def test_a_domain_with_numbers_that_cannot_be(packed):
    """Damage, or a unit of another program, in a file that reads well."""

    def act(data):
        data["tbot"][0, 0], data["elevation"][0, 1] = 1.2, 1e9

    def spoil_axes(data):
        data["lat"][0], data["lon"][2] = 1e100, 90.61

    change(packed / "domain.nc", act)
    text = told("check", packed)
    assert "2 problems" in text and "tbot: is out of range at cell 0 (found 1.2); expected 200 to 330 K" in text
    assert "elevation: is out of range at cell 1 (found 1e+09)" in text
    change(packed / "domain.nc", spoil_axes)
    text = told("check", packed)
    assert "lat: is out of range (found 1e+100 to 1e+100); expected -90 to 90 degrees" in text
    assert "lon: is not evenly spaced; expected the axis of a regular grid" in text


@pytest.mark.parametrize("place", ["10,20", "90.65,33.05", "nan,33.05"])
def test_a_place_without_a_cell(packed, place):
    text = told("run", packed, "--quiet", "--cell", place)
    assert "--cell: no cell of the region contains this point" in text and "a point such as the nearest cell" in text
    assert not list((packed / "output").glob("cell-*"))


def test_a_place_that_is_none(packed):
    assert "is not LON,LAT such as 92.5,34.2" in told("run", packed, "--cell", "90.4")


def test_maps_that_do_not_fit(maps):
    """Another projection and a legend without its crosswalk are said in one message."""
    with netCDF4.Dataset(maps / "soil.nc", "w") as data:
        for name, count in (("x", 8), ("y", 2)):
            data.createDimension(name, count)
            axis = data.createVariable(name, "f8", (name,))
            axis.standard_name, axis.units, axis[:] = f"projection_{name}_coordinate", "m", 5000.0 * np.arange(count)
        data.createVariable("crs", "i4", ()).grid_mapping_name = "transverse_mercator"
        data.createVariable("soil", "i2", ("y", "x")).grid_mapping = "crs"
    text = (maps / "case.toml").read_text().replace('crosswalk = "esa-cci"', "")
    (maps / "case.toml").write_text(text)
    text = told("domain", maps)
    assert "soil: the map is in another projection (found transverse_mercator)" in text and "gdalwarp -t_srs" in text
    assert "classes without a row in table usgs" in text and "domain.vegetation.crosswalk" in text
    assert not (maps / "domain.nc").exists()


def test_a_plateau_of_49_cells(plateau):
    for words in (("check",), ("run", "--quiet")):
        text = told(*words, plateau, "--set", "region.cells=49")
        assert "region.cells: invalid number of cells (found 49); expected 50 to 100,000" in text
        assert "1 problem" in text and files_of(plateau) == ["case.toml"]
    assert "forcing.format: needs no packing (found plateau)" in told("forcing", "pack", plateau)


def test_roots_below_the_lowest_layer(plateau):
    text = told("run", plateau, "--set", "grid.thickness=[0.1, 0.3, 1.0]")
    assert "grid.thickness: the roots of grassland reach deeper than the column (found 3 layers)" in text
    assert files_of(plateau) == ["case.toml"]


# -- damaged files ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name, words",
    [
        ("land.nc", ("domain",)),
        (f"weather/{WEATHER}", ("domain",)),
        (f"weather/{WEATHER}", ("check",)),
        (f"weather/{WEATHER}", ("forcing", "pack", "--quiet")),
        ("domain.nc", ("check",)),
        ("domain.nc", ("forcing", "pack", "--quiet")),
        ("domain.nc", ("run", "--quiet")),
    ],
)
def test_a_netcdf_file_cut_short(maps, name, words):
    typed("domain", maps)
    cut(maps / name, 0.6)
    before = files_of(maps)
    text = told(*words, maps)
    assert f"{maps / name}: cannot be opened as NetCDF" in text and "expected a complete file" in text
    assert files_of(maps) == before


def test_time_axes_that_differ_between_variables(maps):
    typed("domain", maps)
    change(maps / "weather" / WEATHER, lambda data: data["time"].__setitem__(..., data["time"][...] + 1.0))
    for words in (("check",), ("forcing", "pack", "--quiet"), ("domain",)):
        text = told(*words, maps)
        assert f"{WEATHER}: wind (wind_speed): time: the time axis differs from that of" in text


def test_damage_inside_the_weather_names_file_and_time(maps):
    typed("domain", maps)
    garble(maps / "weather" / WEATHER, 0.5, 4000)
    before = files_of(maps)
    change_back = (maps / "weather" / WEATHER).read_bytes()
    text = told("forcing", "pack", maps, "--quiet")
    assert "1 problem" in text and WEATHER in text and "incomplete" not in text
    assert [name for name in files_of(maps) if name.endswith((".bin", ".tmp"))] == []
    assert set(before) <= set(files_of(maps)) and change_back == (maps / "weather" / WEATHER).read_bytes()


def test_packed_files_cut_short_are_made_again(packed):
    year = packed / "output" / "forcing" / "1980.bin"
    whole = year.read_bytes()
    cut(year, 0.5)
    for words in (("check", packed), ("run", packed, "--quiet"), ("forcing", "verify", year.parent)):
        text = told(*words)
        assert f"{year}: the file has a wrong size" in text and "pack the forcing again" in text
    typed("forcing", "pack", packed, "--quiet")
    assert year.read_bytes() == whole


def test_damaged_weather_is_not_computed_with(packed):
    year = packed / "output" / "forcing" / "1980.bin"
    garble(year, 0.5)
    for words in (
        ("check", packed),
        ("run", packed, "--quiet"),
        ("forcing", "verify", year.parent),
        ("run", packed, "--quiet", "--cell", "90.45,33.05"),
    ):
        text = told(*words)
        assert f"{year}: sha256: 1 of 1 blocks are damaged at block 0, from cell 0 on" in text
        assert "remove the file and pack again" in text
    assert not list((packed / "output").rglob("*.nc"))
    year.unlink()
    assert f"{year}: a year's file is missing" in told("run", packed, "--quiet")
    typed("forcing", "pack", packed, "--quiet")
    typed("run", packed, "--quiet")


def test_a_damaged_header_of_packed_forcing(packed):
    folder = packed / "output" / "forcing"
    cut(folder / "forcing.json", 0.5)
    for words in (("run", packed, "--quiet"), ("forcing", "pack", packed, "--quiet"), ("forcing", "verify", folder)):
        assert "forcing.json: no packed forcing: the header is damaged" in (text := told(*words)) and "--overw" in text
    typed("forcing", "pack", packed, "--quiet", "--overwrite")
    typed("forcing", "verify", folder)
    text = told("forcing", "verify", packed / "nowhere")
    assert "no packed forcing: no such file or directory; expected a folder written by" in text


# -- places that cannot be written -------------------------------------------------------------------------------------
@pytest.mark.parametrize("output, reason", [("case.toml", "not a directory"), ("case.toml/below", "is not a folder")])
def test_an_output_folder_that_cannot_be(plateau, output, reason):
    for words in (("check",), ("run", "--quiet"), ("campaign", "--quiet")):
        text = told(*words, plateau, "--set", f"case.output={output}")
        assert "1 problem" in text and "case.output: the output folder cannot be written: " in text and reason in text
    assert files_of(plateau) == ["case.toml"]


def test_a_folder_without_permission(plateau):
    output = plateau / "output"
    output.mkdir(mode=0o555)
    try:
        (output / "probe").touch()
        pytest.skip("this user may write everywhere")
    except PermissionError:
        pass
    for words in (("check",), ("run", "--quiet")):
        assert "case.output: the output folder cannot be written: permission denied" in told(*words, plateau)


def test_a_cache_that_is_no_folder(maps):
    typed("domain", maps)
    (maps / "output").mkdir()
    (maps / "output" / "forcing").write_text("in the way")
    assert "forcing.cache: is no folder" in told("check", maps)
    text = told("forcing", "pack", maps, "--quiet")
    assert "1 problem" in text and f"{maps / 'output' / 'forcing'}: cannot be written: File exists" in text
    assert (maps / "output" / "forcing").read_text() == "in the way"


# -- several ranks -----------------------------------------------------------------------------------------------------
def test_bad_input_is_said_once_by_all_ranks(packed):
    text = finished(2, "run", packed, "--quiet", "--cell", "10,20", status=2)
    assert text.count("1 problem with the input") == text.count("no cell of the region contains this point") == 1


def test_a_rank_that_alone_is_refused_ends_the_job(packed):
    """As on a node that does not see the data: the others would wait for it for ever."""
    before = "import os, sys\nif os.environ['PMI_RANK'] == '1': sys.argv += ['--set', 'run.years=[1990, 1991]']"
    text = finished(2, "run", packed, "--quiet", before=before, status=2)
    assert "rank 1 of 2: 1 problem with the input" in text and "run.years: lies outside the forcing" in text
    assert not list((packed / "output").glob("*.nc"))


def test_packing_is_the_work_of_one_process(maps):
    typed("domain", maps)
    text = finished(2, "forcing", "pack", maps, "--quiet")
    assert text.count("this command is the work of one, and the others have left") == 1
    assert text.count("wrote ") == 1 and (maps / "output" / "forcing" / "forcing.json").is_file()


def test_ranks_without_mpi4py(plateau):
    before = "import sys\nsys.modules['mpi4py'] = None"
    text = finished(2, "run", plateau, "--quiet", before=before, status=2)
    assert text.count("MPI: the launcher started 2 ranks, but mpi4py cannot be loaded") == 1
    assert "Traceback" not in text and files_of(plateau) == ["case.toml"]


def test_a_launcher_of_another_mpi(plateau):
    """Its ranks would each run the whole region into the same files."""
    text = finished(0, "run", plateau, "--quiet", status=2, OMPI_COMM_WORLD_SIZE="2", OMPI_COMM_WORLD_RANK="0")
    assert "the launcher started 2 ranks, but MPI" in text and "sees one" in text
    assert files_of(plateau) == ["case.toml"]

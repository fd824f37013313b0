"""``check --outputs``: a line for every file of a site and of a region, and what each kind of damage is called."""

import json
import re
import shutil
import sqlite3

import netCDF4
import pytest

from lsmcal.parallel.checkpoints import Record, Store
from tests.cli.conftest import TRIALS
from tests.region_cases import change, cut, files_of, garble, told, typed


def states(folder, *words, status=0):
    """State and note of each file, by name."""
    result = typed("check", "--outputs", folder, *words, status=status)
    assert "Traceback" not in result.stdout + result.stderr
    lines = [re.fullmatch(r"(\w[\w ]*?)  +(\S+)(?:  +(.*))?", line) for line in result.stdout.splitlines()[:-1]]
    return {line[2]: (line[1], line[3] or "") for line in lines if line}


@pytest.fixture
def copied(site, tmp_path):
    """The site's folder, free to be damaged, and its results."""
    folder = shutil.copytree(site[0], tmp_path / "site")
    return folder, folder / "output"


def test_all_files_of_a_site_are_good(copied):
    folder, output = copied
    found = states(folder)
    assert set(found) == set(files_of(output))
    sealed = {name for name, (state, _) in found.items() if state == "ok"}
    texts = ("SHA256SUMS", "best.json", "ensemble.json", "evaluation.json", "history.jsonl", "series.nc")
    assert sealed == {"run.nc", *(f"calibration/{name}" for name in texts)}
    assert found["calibration/history.jsonl"][1] == f"{TRIALS} trials" and found["lsmcal.log"][0] == "not checked"


def test_each_damaged_file_of_a_site_is_named(copied):
    folder, output = copied
    history = output / "calibration" / "history.jsonl"
    history.write_bytes(history.read_bytes().replace(b'"trial":2', b'"trial":9'))
    with netCDF4.Dataset(output / "run.nc", "a") as run:
        run["soil_temperature"][3, 2] += 0.5
    cut(output / "calibration" / "series.nc", 0.6)
    (output / "calibration" / "best.json").write_text('{"SBETA": -1.0}')
    (output / "calibration" / "ensemble.json").unlink()
    found = states(folder, status=1)
    assert found["run.nc"] == ("damaged", "the checksum is wrong; lsmcal run makes it again")
    assert found["calibration/best.json"] == ("damaged", "the checksum is wrong; lsmcal calibrate makes it again")
    assert found["calibration/series.nc"][1].startswith("cannot be read: ")
    assert found["calibration/ensemble.json"] == ("missing", "lsmcal calibrate makes it again")
    assert found["calibration/history.jsonl"] == ("damaged", "line 4 (trial 2) is damaged: its checksum is wrong.")
    for verb, said in (("report", "run.nc: is damaged: the checksum is wrong"), ("calibrate", "line 4 (trial 2)")):
        assert said in told(verb, folder, status=1)
    said = told("calibrate", folder, "-q", status=1)
    assert "spin-up" not in said and f"head -n 3 {history}.damaged > {history}" in said


def test_a_run_does_not_start_from_a_state_that_was_changed(copied):
    folder, output = copied
    start = ("--set", 'initial.from="file"', "--set", f'initial.file="{output / "run.nc"}"')
    typed("check", folder, *start)
    change(output / "run.nc", lambda data: data["state_temperature"].__setitem__(3, 270.0))
    said = told("check", folder, *start)
    assert "was damaged, or changed, since it was written" in said and "remove the attribute lsmcal_sha256" in said
    change(output / "run.nc", lambda data: data.delncattr("lsmcal_sha256"))
    typed("check", folder, *start)


def test_a_campaign_makes_a_damaged_run_and_evaluation_again(copied):
    folder, output = copied
    garble(output / "run.nc", 0.5, 2000)
    (output / "calibration" / "evaluation.json").write_text("{")
    said = typed("campaign", folder)
    assert f"warning: {output / 'run.nc'}: is damaged: " in said.stderr and re.search(r"run +done", said.stdout)
    assert all(state in ("ok", "not checked") for state, _ in states(folder).values())


def test_files_of_an_earlier_version_are_good_without_checksums(copied):
    folder, output = copied
    history = output / "calibration" / "history.jsonl"
    history.write_bytes(re.sub(rb',"crc32":"[0-9a-f]{8}"\}', b"}", history.read_bytes()))
    change(output / "run.nc", lambda data: data.delncattr("lsmcal_sha256"))
    (output / "calibration" / "SHA256SUMS").unlink()
    found = states(folder)
    lines = f"{TRIALS} trials; {TRIALS + 1} lines without, of an earlier version"
    assert found["calibration/history.jsonl"] == ("no checksum", lines)
    assert found["run.nc"][0] == found["calibration/best.json"][0] == "no checksum"


def test_a_changed_case_finds_the_results_of_another(copied):
    folder, _ = copied
    found = states(folder, "--set", "spinup.cycles=4", "--set", 'spinup.method="fixed"', status=1)
    assert found["run.nc"] == ("other case", "its fingerprint is another than the case's")
    assert found["calibration/history.jsonl"][0] == "other case" and found["calibration/series.nc"][0] == "ok"


def test_a_folder_that_is_not_there_is_one_message(copied, tmp_path):
    folder, _ = copied
    said = told("check", "--outputs", folder, "--set", f'case.output="{tmp_path / "none"}"')
    assert "there are no results to check" in said and "1 problem" in said


def test_a_region_without_its_series_makes_it_again(region, tmp_path):
    """Missing, junk or cut short: never said to be written, or up to date, and not there."""
    folder = shutil.copytree(region[0], tmp_path / region[0].name)  # the name of the case, which is in its files
    output = folder / "output"
    whole = {name: (output / name).read_bytes() for name in ("region.nc", "series.nc")}
    assert {state for state, _ in states(folder).values()} == {"ok", "not checked"}
    (output / "series.nc").unlink()
    assert states(folder, status=1)["series.nc"] == ("missing", "lsmcal run makes it again")
    for spoil in (lambda path: None, lambda path: path.write_text("junk"), lambda path: cut(path, 0.7)):
        spoil(output / "series.nc")
        assert f"wrote {output / 'series.nc'}" in typed("run", folder, "-q").stdout
        assert {name: (output / name).read_bytes() for name in whole} == whole
    assert f"{output / 'series.nc'} is up to date" in typed("run", folder, "-q").stdout


def test_a_half_done_region_and_its_forcing(maps, tmp_path):
    folder = shutil.copytree(maps[0], tmp_path / "case")
    output = folder / "output"
    store = Store(output / "checkpoint" / "run", 0, {"a": 1})
    store.put([Record(0, "year", 2000, {"x": [1.5]}), Record(1, "year", 2000, {"x": [2.5]})])
    store.close()
    name = "checkpoint/run/rank-00000.sqlite"
    found = states(folder, status=1)
    assert found[name] == ("other case", "unfinished work of another case") and found["domain.nc"][0] == "ok"
    assert found["forcing/"] == ("ok", "packed forcing")
    with sqlite3.connect(output / name) as file:
        file.execute("UPDATE record SET step = 2001 WHERE piece = 1")
    file.close()
    garble(output / "forcing" / "2000.bin", 0.3)
    found = states(folder, status=1)
    assert found[name][1].startswith("a record has a wrong checksum; 1 record is good")
    assert found["forcing/"][0] == "damaged" and "1 of 1 blocks are damaged" in found["forcing/"][1]


def test_files_of_a_map_calibration(searched, tmp_path):
    folder = shutil.copytree(searched[0], tmp_path / "searched")
    output = folder / "output" / "calibration"
    found = states(folder)
    assert {found[f"calibration/{name}"][0] for name in ("default.npz", "best.npz", "hidden.npz", "maps.nc")} == {"ok"}
    content = bytearray((output / "default.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (output / "default.npz").write_bytes(content)
    shutil.copy(output / "hidden.npz", output / "best.npz")
    found = states(folder, status=1)
    assert found["calibration/default.npz"][0] == "damaged" and found["calibration/best.npz"][0] == "other case"
    said = typed("calibrate", folder)
    assert f"warning: {output / 'default.npz'}: is damaged: " in said.stderr
    assert {state for state, _ in states(folder).values()} == {"ok", "not checked"}
    evaluation = json.loads((output / "evaluation.json").read_text())
    assert evaluation["search"]["evaluations"] == TRIALS

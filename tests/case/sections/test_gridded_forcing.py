"""Keys of a region's forcing files and what becomes of them."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from lsmcal.case.sections.gridded_forcing import GriddedForcingKeys, PackedForcingKeys, gridded_spec
from lsmcal.core.errors import Problems
from lsmcal.inputs.gridded.spec import GRIDDED_FORMATS, GriddedSpec
from lsmcal.inputs.station.spec import SourceColumn


def described(tmp_path, **keys):
    """The description of files in the second of two data folders, and what is wrong with it."""
    (tmp_path / "second" / "files").mkdir(parents=True, exist_ok=True)
    problems = Problems()
    section = GriddedForcingKeys(**{"format": "cmfd", "folder": "files", **keys})
    spec = gridded_spec(section, lambda name: [tmp_path / "first" / name, tmp_path / "second" / name], problems)
    return spec, problems


@pytest.mark.parametrize("name", GRIDDED_FORMATS)
def test_defaults_are_those_of_the_reader(tmp_path, name):
    spec, problems = described(tmp_path, format=name)
    assert spec == GriddedSpec(name, tmp_path / "second" / "files") and not problems


def test_every_key_reaches_the_reader(tmp_path):
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "height.nc").touch()
    keys = {
        "files": ["*.nc4"],
        "constants": {"wind_speed": 4.0},
        "stamp": "middle",
        "stamps": {"precipitation": "end"},
        "accumulated": "step",
        "target_step": 3600.0,
        "calendar": "noleap",
        "missing": [1e20],
        "start": "1979-01-01",
        "end": "2018-12-31",
        "within": 0.2,
        "lapse": "constant",
        "lapse_rate": 0.005,
        "elevation": "z",
    }
    columns = {"air_temperature": "tas", "precipitation": {"column": "pr", "unit": "mm d-1", "scale": 1.2}}
    spec, problems = described(tmp_path, columns=columns, elevation_file="height.nc", **keys)
    assert not problems
    for name, value in keys.items():
        assert getattr(spec, name) == (tuple(value) if isinstance(value, list) else value), name
    assert spec.columns == {"air_temperature": SourceColumn("tas"), "precipitation": SourceColumn("pr", "mm d-1", 1.2)}
    assert spec.elevation_file == tmp_path / "second" / "height.nc"
    left = {"format", "folder", "columns", "elevation_file", *keys}
    assert {name for name in GriddedSpec.__dataclass_fields__} == left  # a new key must be passed on too


def test_folders_and_files_that_are_nowhere(tmp_path):
    spec, problems = described(tmp_path, folder="nowhere", elevation_file="files")
    assert [problem.variable for problem in problems.found] == ["forcing.folder", "forcing.elevation_file"]
    assert str(tmp_path / "first" / "nowhere") in problems.found[0].expected
    assert str(tmp_path / "second" / "nowhere") in problems.found[0].expected
    assert spec.folder == Path()


@pytest.mark.parametrize(
    "key, value",
    [("stamp", "begin"), ("lapse_rate", 6.5), ("folders", "x"), ("memory", 0.0), ("stamps", {"x": "late"})],
)
def test_what_is_refused(key, value):
    with pytest.raises(ValidationError, match=key):
        GriddedForcingKeys(**{"format": "cmfd", "folder": "x", key: value})
    with pytest.raises(ValidationError):
        PackedForcingKeys(format="cmfd", folder="x")

"""The Noah simple-driver text format."""

import numpy as np
import pytest

from lsmcal.core.errors import InputError, Problems
from lsmcal.inputs.station import noah_text
from lsmcal.inputs.station.forcing import FORCING_VARIABLES
from lsmcal.inputs.station.read import read_forcing
from lsmcal.inputs.station.spec import ForcingSpec
from lsmcal.inputs.synthetic.station_generator import Climate, generate


@pytest.fixture
def written(tmp_path):
    forcing = generate(Climate(), (2001, 2001), 1)
    settings = noah_text.NoahSettings(
        startdate="200101010000",
        latitude=35.0,
        forcing_timestep=10800,
        soil_layer_thickness=[0.1, 0.3],
        soil_temperature=[270.1, 271.0],
        soil_htype=[3, 12],
        usemonalb=True,
        other={"Mystery": "7 8"},
    )
    path = tmp_path / "site.txt"
    noah_text.write_noah_text(path, noah_text.from_forcing(forcing, settings))
    return path, forcing, settings


def test_what_is_written_is_read_back(written):
    path, forcing, settings = written
    problems = Problems()
    text = noah_text.read_noah_text(path, problems)
    assert not problems
    for name in ("startdate", "latitude", "soil_temperature", "soil_htype", "usemonalb", "other"):
        assert getattr(text.settings, name) == getattr(settings, name)
    assert np.array_equal(text.table, noah_text.from_forcing(forcing, settings).table)
    again = read_forcing(ForcingSpec(format="noah-text", file=path))
    assert np.array_equal(again.time, forcing.time) and again.step == forcing.step
    for name in FORCING_VARIABLES:
        assert again.values[name] == pytest.approx(forcing.values[name], rel=1e-12), name


def test_the_header_says_the_units(written):
    path, forcing, _ = written
    path.write_text(path.read_text().replace("   kg m{-2} s{-1}", "   mm h{-1}"))
    again = read_forcing(ForcingSpec(format="noah-text", file=path))
    assert again.values["precipitation"] == pytest.approx(forcing.values["precipitation"] / 3600.0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<Forcing>", "<Forzing>", "no namelist and <Forcing> section found"),
        ("2001 01 01 06 00", "2001 13 01 06 00", "record cannot be read at line"),
        ("= 10800", "= 3 h", "Forcing_timestep: cannot be read at line"),
        ("2001 01 01 06 00", "2001 01 01 05 00", "times closer than the step"),
        ("270.1 271.0", "270.1 cold", "Soil_temperature: cannot be read at line"),
    ],
)
def test_bad_files(written, old, new, message):
    path, _, _ = written
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        read_forcing(ForcingSpec(format="noah-text", file=path))


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="file not found"):
        read_forcing(ForcingSpec(format="noah-text", file=tmp_path / "none.txt"))


def test_the_reference_file_survives_a_round_trip(shared, tmp_path):
    source = shared / "data" / "tanggula_2007_2010" / "forcing_noah_format.txt"
    problems = Problems()
    first = noah_text.read_noah_text(source, problems)
    noah_text.write_noah_text(tmp_path / "copy.txt", first)
    second = noah_text.read_noah_text(tmp_path / "copy.txt", problems)
    assert not problems
    assert second.settings == first.settings and second.units == first.units
    assert np.array_equal(second.table, first.table) and np.array_equal(second.time, first.time)
    settings = first.settings
    assert len(settings.soil_layer_thickness) == 20 and sum(settings.soil_layer_thickness) == pytest.approx(15.2)
    assert settings.deep_soil_temperature == 272.43 and settings.soil_htype[4] == 9

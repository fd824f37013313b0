"""Checksums of NetCDF files: the same for the same content, another for each change."""

import netCDF4
import numpy as np
import pytest

from lsmcal.core import checksums
from lsmcal.core.checksums import ATTRIBUTE, look_at_netcdf
from lsmcal.core.files import new_netcdf


def written(path, value=1.5, text="why", compressed=True):
    with new_netcdf(path) as file:
        file.fingerprint = "abc"
        for name, size in (("x", 3), ("y", 4), ("z", 5)):
            file.createDimension(name, size)
        made = file.createVariable("t", "f4", ("x", "y", "z"), zlib=compressed)
        made.units = "K"
        made[:] = np.arange(60.0).reshape(3, 4, 5)
        file.createVariable("s", "f8", ())[...] = value
        texts = file.createVariable("words", str, ("x",))
        texts[:] = np.array(["", text, "ü"], object)
    return path


def test_the_same_content_has_the_same_checksum_however_it_is_compressed(tmp_path):
    one, other, third = (
        look_at_netcdf(written(tmp_path / name, compressed=packed))
        for name, packed in (("a.nc", True), ("b.nc", True), ("c.nc", False))
    )
    assert one.attributes == other.attributes == third.attributes and one.checked and not one.damage
    assert (
        one.sizes == {"x": 3, "y": 4, "z": 5} and (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()
    )
    assert look_at_netcdf(written(tmp_path / "d.nc", value=1.6)).attributes[ATTRIBUTE] != one.attributes[ATTRIBUTE]
    assert look_at_netcdf(written(tmp_path / "d.nc", text="who")).attributes[ATTRIBUTE] != one.attributes[ATTRIBUTE]


def test_a_large_variable_counts_as_a_small_one(tmp_path, monkeypatch):
    path = written(tmp_path / "a.nc")
    monkeypatch.setattr(checksums, "_AT_ONCE", 10)
    assert look_at_netcdf(path).checked and not look_at_netcdf(path).damage


def _value(file):
    file["s"][...] = 1.5000001


def _point(file):
    file["t"][2, 3, 4] += 1.0


def _unit(file):
    file["t"].units = "degC"


def _fingerprint(file):
    file.fingerprint = "abd"


def _word(file):
    file["words"][1] = "wha"


def _more(file):
    file.createVariable("more", "i4", ())[...] = 1


@pytest.mark.parametrize("act", [_value, _point, _unit, _fingerprint, _word, _more])
def test_each_change_is_found(tmp_path, act):
    path = written(tmp_path / "a.nc")
    with netCDF4.Dataset(path, "a") as file:
        act(file)
    found = look_at_netcdf(path)
    assert found.damage == "the checksum is wrong" and found.readable


def test_a_file_without_a_checksum_is_read(tmp_path):
    path = written(tmp_path / "a.nc")
    with netCDF4.Dataset(path, "a") as file:
        file.delncattr(ATTRIBUTE)
    assert not look_at_netcdf(path).damage and not look_at_netcdf(path).checked
    content = path.read_bytes()
    for damaged in (content[: len(content) // 2], b"junk", b""):
        path.write_bytes(damaged)
        assert look_at_netcdf(path).damage.startswith("cannot be read: ") and not look_at_netcdf(path).readable

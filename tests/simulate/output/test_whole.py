"""What is taken as done: there, whole, of this case and of its size."""

import netCDF4
import pytest

from lsmcal.core.files import new_netcdf
from lsmcal.simulate.output.whole import is_whole


@pytest.fixture
def file(tmp_path):
    with new_netcdf(tmp_path / "region.nc") as made:
        made.fingerprint = "mine"
        made.createDimension("cell", 3)
        made.createVariable("t", "f4", ("cell",))[:] = 1.0
    return tmp_path / "region.nc"


def test_a_whole_file_of_the_case_is_done(file, caplog):
    assert is_whole(file, "mine") and is_whole(file, "mine", {"cell": 3})
    assert not is_whole(file, "another") and not is_whole(file.with_name("none.nc"), "mine")
    assert not caplog.text


def test_damage_and_wrong_sizes_are_said(file, caplog):
    assert not is_whole(file, "mine", {"cell": 4, "year": 1})
    assert "region.nc: is damaged: wrong sizes: cell 3, not 4, year None, not 1; it is made again" in caplog.text
    with netCDF4.Dataset(file, "a") as data:
        data["t"][1] = 2.0
    assert not is_whole(file, "mine") and "the checksum is wrong; it is made again" in caplog.text
    caplog.clear()
    file.write_text("junk")
    assert not is_whole(file, "mine") and "cannot be read" in caplog.text


def test_a_file_of_an_earlier_version_is_taken_if_it_can_be_read(file):
    with netCDF4.Dataset(file, "a") as data:
        data.delncattr("lsmcal_sha256")
    assert is_whole(file, "mine")
    with netCDF4.Dataset(file, "a") as data:
        data.delncattr("fingerprint")
    assert not is_whole(file, "mine") and is_whole(file, "mine", {"cell": 3}, unmarked=True)
    assert not is_whole(file, "mine", {"cell": 2}, unmarked=True)

"""Small CMFD files for tests, and ways to spoil them."""

import netCDF4
import numpy as np
import pytest

from benchmarks.forcing_files import CMFD, weather, write_cmfd
from lsmcal.core.errors import InputError
from lsmcal.inputs.gridded.protocol import Places
from lsmcal.inputs.gridded.source import open_gridded
from lsmcal.inputs.gridded.spec import GriddedSpec

LONGITUDE, LATITUDE = 90.05 + 0.1 * np.arange(7), 33.05 + 0.1 * np.arange(5)


def places(source, elevation=np.nan):
    """All cells of the grid of some weather, at its centres."""
    latitude, longitude = np.meshgrid(source.latitude, source.longitude, indexing="ij")
    height = np.broadcast_to(np.asarray(elevation, float), latitude.size)
    return Places(source.cell, longitude.ravel(), latitude.ravel(), height)


def make(folder, start="1979-12-28", end="1980-01-04", **options):
    """CMFD files of a week over the turn of a year."""
    source = weather(LONGITUDE, LATITUDE, start, end)
    write_cmfd(source, folder, **options)
    return source, GriddedSpec("cmfd", folder)


def problems(spec, cells, read=True):
    """What is said about a forcing that must be refused."""
    with pytest.raises(InputError) as caught:
        forcing = open_gridded(spec, cells)
        if read:
            forcing.read(cells.cell, 0, forcing.time.size)
    return caught.value.problems


def change(path, act):
    """Open a file for writing, numbers as stored."""
    with netCDF4.Dataset(path, "a") as data:
        data.set_auto_maskandscale(False)
        act(data)


def file_of(folder, role, label):
    return folder / f"{CMFD[role][0]}_CMFD_V0106_B-01_03hr_010deg_{label}.nc"

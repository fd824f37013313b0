"""Maps of a small region, three cells wide and two high with 4 x 4 pixels each, and the domain they make."""

import numpy as np
import pytest

from lsmcal.case.sections.domain import Domain as DomainKeys
from lsmcal.core.errors import InputError
from lsmcal.inputs.domain.build import build_domain
from lsmcal.noah.parameters.tables import load_tables
from lsmcal.noah.runtime.grid import PAPER_THICKNESS
from tests.inputs.map_files import centres, write_map

BOUNDS, SIZE = [90.0, 90.6, 33.0, 33.4], 0.2
LONGITUDE, LATITUDE = centres(90.0, 90.6, 12), centres(33.0, 33.4, 8)
SHAPE = (8, 12)
TABLES = load_tables("noahtibet", "usgs", "ji2026")
#: Class of each cell, from the south-west.
LAND, SOIL = np.array([[7, 19, 7], [10, 7, 22]]), np.array([[7, 9, 9], [12, 7, 3]])
GRASS, BARREN, WATER, ICE = 7, 19, 16, 24


def fine(cells):
    """Values of the cells on the pixels."""
    return np.kron(cells, np.ones((4, 4), np.asarray(cells).dtype))


def heights():
    """A slope towards the north-east, m."""
    return 4400.0 + 1000.0 * (LONGITUDE[None, :] - 90.0) + 500.0 * (LATITUDE[:, None] - 33.0)


def make_maps(folder, **changed):
    """Write elevation.nc, land.nc and soil.nc, and what else is given; returns the keys of [domain]."""
    maps = {"elevation": heights(), "land": fine(LAND).astype(np.int16), "soil": fine(SOIL).astype(np.int16), **changed}
    for name, values in maps.items():
        write_map(folder / f"{name}.nc", values, LONGITUDE, LATITUDE, before=("time",) * (np.ndim(values) - 2))
    return {
        "bounds": BOUNDS,
        "resolution": SIZE,
        "elevation": {"file": "elevation.nc"},
        "vegetation": {"file": "land.nc"},
        "soil": {"file": "soil.nc"},
    }


def finder(folder):
    """Finds the files of a folder, as a case does."""

    def find(name, key, problems):
        path = folder / name
        if not path.is_file():
            problems.add("no such file", source="case", variable=key, value=name)
            return None
        return path

    return find


def build(folder, keys, has_weather=None, tables=TABLES, thickness=PAPER_THICKNESS):
    """Domain and report."""
    return build_domain(DomainKeys(**keys), finder(folder), thickness, tables, has_weather)


def found_wrong(folder, keys, **options):
    """Problems of a domain that must be refused."""
    with pytest.raises(InputError) as caught:
        build(folder, keys, **options)
    return caught.value.problems

"""What takes cells out of a domain, in which order, and what the report says about it."""

import json

import numpy as np
import pytest

from benchmarks.forcing_files import weather, write_cells
from lsmcal.core.errors import InputError
from lsmcal.inputs.domain.build import weather_of
from lsmcal.inputs.gridded.protocol import Places
from lsmcal.inputs.gridded.spec import GriddedSpec
from tests.inputs.cmfd_files import LATITUDE as POINTS_NORTH
from tests.inputs.cmfd_files import LONGITUDE as POINTS_EAST
from tests.inputs.cmfd_files import change, file_of, make
from tests.inputs.map_files import centres, write_map
from tests.inputs.small_maps import BARREN, ICE, LAND, LATITUDE, LONGITUDE, SHAPE, SOIL, WATER, build, fine, make_maps

POINTS = POINTS_EAST, POINTS_NORTH


def counts(report):
    """Cells by reason, without those that took none."""
    return {name: cells for name, cells, _ in report.rows() if cells}


def test_nothing_masked(tmp_path):
    _, report = build(tmp_path, make_maps(tmp_path))
    assert counts(report) == {"modelled": 6, "whole grid": 6}


def test_water_and_ice_are_taken_out_by_class_unless_told_otherwise(tmp_path):
    land, soil = LAND.copy(), SOIL.copy()
    land[0, 0], land[0, 1], soil[1, 2] = WATER, ICE, 15  # 15: glacier
    keys = make_maps(tmp_path, land=fine(land), soil=fine(soil))
    assert counts(build(tmp_path, keys)[1]) == {"modelled": 3, "water or ice by class": 3, "whole grid": 6}
    keys["vegetation"]["exclude"] = ["water bodies", 10]
    domain, _ = build(tmp_path, keys)
    assert domain.cell.tolist() == [1, 2, 4]
    keys["vegetation"]["exclude"] = keys["soil"]["exclude"] = []
    assert len(build(tmp_path, keys)[0]) == 6


def test_ice_of_a_legend_is_taken_out(tmp_path):
    legend = fine(np.array([[130, 220, 210], [200, 130, 130]]))
    keys = make_maps(tmp_path, land=legend)
    keys["vegetation"]["crosswalk"] = "esa-cci"
    domain, report = build(tmp_path, keys)
    assert domain.vegetation.tolist() == [7, BARREN, 7, 7] and counts(report)["water or ice by class"] == 2


@pytest.mark.parametrize("share, left", [(0.25, [2, 3, 5]), (0.5, [1, 2, 3, 5]), (0.6, [1, 2, 3, 4, 5]), (1.0, 6)])
def test_a_mask_takes_cells_from_a_share_on(tmp_path, share, left):
    glacier = np.zeros(SHAPE, np.int8)
    glacier[:4, :4] = 3
    glacier[0, :4] = 0  # three quarters of cell 0
    glacier[:2, 4:6] = 3  # a quarter of cell 1
    glacier[4:8, 4:6] = 5  # half of cell 4
    glacier[4, 8] = 3  # a sixteenth of cell 5
    keys = make_maps(tmp_path, glacier=glacier)
    keys["masked"] = [{"file": "glacier.nc", "name": "glacier", "share": share}]
    domain, _ = build(tmp_path, keys)
    assert domain.cell.tolist() == (list(range(6)) if left == 6 else left)


def test_values_fractions_and_several_masks(tmp_path):
    lakes = fine(np.array([[1, 2, 0], [0, 0, 0]])).astype(np.int8)
    ice = fine(np.array([[0.9, 0.0, 0.6], [0.0, 0.4, 0.0]]))
    keys = make_maps(tmp_path, lakes=lakes, ice=ice)
    keys["masked"] = [
        {"file": "lakes.nc", "name": "lake", "values": [2]},
        {"file": "ice.nc", "name": "glacier", "fractions": True},
    ]
    domain, report = build(tmp_path, keys)
    assert domain.cell.tolist() == [3, 4, 5]
    assert counts(report) == {"modelled": 3, "lake": 1, "glacier": 2, "whole grid": 6}
    assert domain.attributes["masked_1"] == "lake: lakes.nc (map)"
    assert domain.attributes["masked_2"] == "glacier: ice.nc (map)"


def test_the_first_reason_counts(tmp_path):
    """A cell outside the region is not counted as a lake too."""
    lakes = np.ones(SHAPE, np.int8) * (LONGITUDE < 90.2)
    keys = make_maps(tmp_path, lakes=lakes, area=fine(np.eye(2, 3)))
    keys |= {"masked": [{"file": "lakes.nc", "name": "lake"}], "region": {"file": "area.nc"}}
    domain, report = build(tmp_path, keys)
    assert domain.cell.tolist() == [4] and report.reasons[0] == "outside the region"
    assert counts(report) == {"modelled": 1, "outside the region": 4, "lake": 1, "whole grid": 6}


def test_outline_with_a_hole_and_the_map_of_a_region(tmp_path):
    outer = [[89.0, 32.0], [90.59, 32.0], [90.59, 34.0], [89.0, 34.0], [89.0, 32.0]]
    hole = [[90.25, 33.05], [90.35, 33.05], [90.35, 33.15], [90.25, 33.15], [90.25, 33.05]]
    polygon = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [outer, hole]}}
    shape = {"type": "FeatureCollection", "features": [polygon]}
    (tmp_path / "outline.geojson").write_text(json.dumps(shape))
    area = np.zeros(SHAPE, np.int8)
    area[:, :9] = 2
    area[0, 10] = 7
    keys = make_maps(tmp_path, area=area) | {"outline": "outline.geojson"}
    domain, report = build(tmp_path, keys)
    assert domain.cell.tolist() == [0, 2, 3, 4, 5] and counts(report)["outside the outline"] == 1
    keys["region"] = {"file": "area.nc", "values": [2], "share": 0.2}
    assert build(tmp_path, keys)[0].cell.tolist() == [0, 2, 3, 4, 5]
    keys["region"]["share"] = 0.5
    domain, report = build(tmp_path, keys)
    assert domain.cell.tolist() == [0, 3, 4]
    assert counts(report) == {"modelled": 3, "outside the outline": 1, "outside the region": 2, "whole grid": 6}
    assert domain.attributes["outline"] == "outline.geojson"


def test_a_map_that_does_not_cover_the_grid_masks_the_rest(tmp_path):
    """Not filled from neighbours: what lies beyond a map's edge is unknown, not missing."""
    keys = make_maps(tmp_path)
    write_map(tmp_path / "soil.nc", fine(SOIL)[:, :8], LONGITUDE[:8], LATITUDE)
    domain, report = build(tmp_path, keys)
    assert domain.cell.tolist() == [0, 1, 3, 4] and report.filled["soil"] == 0
    assert counts(report) == {"modelled": 4, "outside the maps": 2, "whole grid": 6}


def test_missing_heights_and_bottom_temperatures(tmp_path):
    heights = np.full(SHAPE, 4700.0)
    heights[:4, :4] = np.nan
    heights[0, 4] = np.nan
    ground = np.full(SHAPE, 272.0)
    ground[4:, 8:] = np.nan
    keys = make_maps(tmp_path, elevation=heights, ground=ground)
    domain, report = build(tmp_path, keys | {"tbot": "map", "tbot_map": {"file": "ground.nc"}})
    assert domain.cell.tolist() == [1, 2, 3, 4]
    assert counts(report) == {"modelled": 4, "no elevation": 1, "no bottom temperature": 1, "whole grid": 6}


def test_cells_without_forcing(tmp_path):
    asked = []

    def has_weather(places):
        asked.append(places)
        return places.longitude < 90.4

    land = fine(LAND)
    land[:4, :4] = WATER
    domain, report = build(tmp_path, make_maps(tmp_path, land=land), has_weather)
    assert domain.cell.tolist() == [1, 3, 4]
    assert counts(report) == {"modelled": 3, "water or ice by class": 1, "no weather": 2, "whole grid": 6}
    (places,) = asked
    assert places.cell.tolist() == [1, 2, 3, 4, 5] and places.latitude.tolist() == [33.1] * 2 + [33.3] * 3
    assert np.allclose(places.elevation[[0, 2, 3]], domain.elevation)


def test_a_map_of_where_there_is_forcing(tmp_path):
    weather = fine(np.array([[1.0, np.nan, 1.0], [1.0, 1.0, np.nan]]))
    keys = make_maps(tmp_path, weather=weather) | {"weather": {"file": "weather.nc"}}
    domain, report = build(tmp_path, keys)
    assert domain.cell.tolist() == [0, 2, 3, 4] and counts(report)["no weather"] == 2
    write_map(tmp_path / "weather.nc", np.ones((4, 3)), centres(90.0, 90.45, 3), centres(33.0, 33.4, 4))
    domain, _ = build(tmp_path, keys)
    assert domain.cell.tolist() == [0, 1, 3, 4]  # the centre of the others lies beyond the map


def test_the_report_adds_up_and_prints(tmp_path):
    land = fine(LAND)
    land[:4, :4], land[4:, 8:] = WATER, 0
    keys = make_maps(tmp_path, land=land)
    keys["vegetation"]["missing"] = [0]
    domain, report = build(tmp_path, keys)
    rows = report.rows()
    assert rows[0][0] == "modelled" and rows[-1][0] == "whole grid"
    assert sum(cells for _, cells, _ in rows[:-1]) == rows[-1][1] == 6
    assert sum(area for *_, area in rows[:-1]) == pytest.approx(rows[-1][2], rel=1e-12)
    assert rows[0][2] == pytest.approx(domain.area.sum() * 1e-6, rel=1e-12)
    text = report.table()
    assert "vegetation: 1 cell filled from a pixel within" in text
    row = next(line for line in text.splitlines() if line.startswith("water or ice by class"))
    assert row.split()[-3] == "1" and float(row.split()[-1]) == pytest.approx(100.0 / 6.0, abs=0.1)
    plain = json.loads(json.dumps(report.as_dict()))
    assert plain["cells"]["modelled"]["cells"] == 5 and plain["nearest"]["vegetation"]["cells"] == 1
    assert plain["nearest"]["soil"] == {"cells": 0, "farthest_km": 0.0}


# -- cells without forcing --------------------------------------------------------------------------------------------
def some_places(longitude, latitude):
    """Places on all pairs of some axes."""
    north, east = np.meshgrid(latitude, longitude, indexing="ij")
    return Places(np.arange(east.size), east.ravel(), north.ravel(), np.full(east.size, np.nan))


def test_gridded_forcing_serves_what_lies_on_its_points(tmp_path):
    make(tmp_path)
    places = some_places([89.98, 90.02, 90.4, 90.68, 90.72], [33.2, 33.52])  # half a cell beyond the last points
    assert weather_of(GriddedSpec("cmfd", tmp_path))(places).tolist() == [False, True, True, True, False] + [False] * 5
    wide = GriddedSpec("cmfd", tmp_path, within=0.12)
    assert weather_of(wide)(places).tolist() == ([True] * 5) * 2


def test_points_without_values_serve_nothing(tmp_path):
    make(tmp_path)
    path = file_of(tmp_path, "longwave", "197912")
    change(path, lambda data: data["lrad"].__setitem__((0, 2, slice(3, 5)), data["lrad"]._FillValue))
    found = weather_of(GriddedSpec("cmfd", tmp_path))(some_places(POINTS[0], POINTS[1])).reshape(5, 7)
    assert np.argwhere(~found).tolist() == [[2, 3], [2, 4]]


def test_forcing_that_lists_its_points(tmp_path):
    source = weather(*POINTS, "1980-01-01", "1980-01-03")
    write_cells(source, tmp_path / "cells.nc")
    places = some_places([89.9, 90.05, 90.14], [33.05, 33.52])
    assert weather_of(GriddedSpec("netcdf", tmp_path))(places).tolist() == [False, True, True] + [False] * 3


def test_damaged_forcing_is_an_error_not_a_mask(tmp_path):
    make(tmp_path)
    path = file_of(tmp_path, "wind_speed", "197912")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="cannot be opened as NetCDF"):
        weather_of(GriddedSpec("cmfd", tmp_path))(some_places([90.05], [33.05]))

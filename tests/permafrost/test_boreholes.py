"""Measured profiles: what is known of the sites comes out."""

import csv
import re

import numpy as np
import pytest

from lsmcal.permafrost import (
    PERMAFROST,
    SEASONALLY_FROZEN,
    UNDETERMINED,
    UNFROZEN,
    class_of_year,
    closed_talik,
    permafrost_of_profiles,
    thaw_depth,
    thawed_through,
)


def profiles(path, pattern, metres):
    """First column, temperature [K] and depth [m] of the columns that a pattern names."""
    with open(path, newline="") as file:
        head, *rows = csv.reader(file)
    found = [(re.fullmatch(pattern, name), column) for column, name in enumerate(head)]
    found = [(float(match[1]) * metres, column) for match, column in found if match]
    values = [[float(row[column]) if row[column] else np.nan for _, column in found] for row in rows]
    return [row[0] for row in rows], np.array(values) + 273.15, np.array([depth for depth, _ in found])


@pytest.fixture(scope="module")
def toolik(shared):
    path = shared / "data/toolik_1998_2011/obs_daily_1998_2011.csv"
    days, temperature, depth = profiles(path, r"ts(\d+)cm_c", 0.01)
    return np.array(days, "datetime64[D]"), temperature, depth


def test_toolik_is_permafrost_with_the_thaw_its_readme_names(toolik):
    found = permafrost_of_profiles(*toolik)
    assert found.years.tolist() == list(range(1999, 2012))
    assert found.classes.tolist() == [UNDETERMINED] + [PERMAFROST] * 12
    assert found.active_layer[1] > 0.7 and np.nanmax(found.active_layer) < 0.95  # 0.7 to 0.9 m
    assert not found.closed_talik.any() and not found.thawed_through.any()


def test_thaw_depth_between_the_sensors_of_toolik(toolik):
    """The isotherm's depth lies between the deepest sensor that thawed in the year and the next."""
    days, temperature, depth = toolik
    found = permafrost_of_profiles(*toolik)
    for year, thaw in zip(found.years, found.thaw_depth, strict=True):
        maximum = np.nanmax(temperature[days.astype("datetime64[Y]").astype(int) + 1970 == year], axis=0)
        frozen = int(np.argmax(maximum <= 273.15))
        assert depth[frozen - 1] <= thaw <= depth[frozen], year
        assert thaw <= thaw_depth(maximum, depth) + 1e-12


def test_high_arctic(shared):
    """A cold site of an unnamed year; two whole years as if they began on the first day."""
    path = shared / "data/gipl_high_arctic_757d/obs_daily.csv"
    _, temperature, depth = profiles(path, r"ts_([\d.]+)m_c", 1.0)
    days = np.datetime64("2001-01-01") + np.arange(len(temperature))
    found = permafrost_of_profiles(days, temperature, depth)
    assert found.classes.tolist() == [UNDETERMINED, PERMAFROST]
    assert found.thaw_depth == pytest.approx([0.55, 0.55], abs=0.1)  # "maximum thaw about 0.6 m"


def test_yakou_thaws_deeper_than_its_sensors(shared):
    """Permafrost below the sensors cannot be seen: the profile says so by being thawed through."""
    path = shared / "data/yakou_2016_2019/obs_daily_2016_2018.csv"
    days, temperature, depth = profiles(path, r"ts(\d+)cm_c", 0.01)
    found = permafrost_of_profiles(np.array(days, "datetime64[D]"), temperature, depth)
    assert found.classes.tolist() == [UNDETERMINED, SEASONALLY_FROZEN, SEASONALLY_FROZEN]
    assert found.thawed_through.all() and np.isnan(found.thaw_depth).all()


def test_bondville_freezes_in_winter_only(shared):
    path = shared / "data/bondville_1998/obs_30min.csv"
    _, temperature, depth = profiles(path, r"ts(\d+)cm_c", 0.01)
    maximum, minimum = np.nanmax(temperature, axis=0), np.nanmin(temperature, axis=0)
    assert class_of_year(maximum, maximum, minimum) == SEASONALLY_FROZEN
    assert class_of_year(maximum[-1:], maximum[-1:], minimum[-1:]) == UNFROZEN
    assert thawed_through(maximum) and not closed_talik(maximum, minimum)
    assert depth[-1] == 0.64 and minimum[-1] > 273.15  # frost of about 0.3 m

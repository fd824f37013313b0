"""Observations: columns, periods, daily means, writing."""

from dataclasses import replace

import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.inputs.observed.series import Observations, read_observations, write_observations
from lsmcal.inputs.station.spec import ObservationSpec, ObservedColumn

TEXT = """time,ts40,ts10,w10,snow,irt
2016-01-01T01:00,-3,-5,12,0.10,-9
2016-01-01T02:00,-3,-6,12,0.10,
2016-01-01T03:00,-9999,-7,12,-0.01,-11
2016-01-02T01:00,-2,nan,13,0.20,-12
"""
COLUMNS = (
    ObservedColumn("ts40", "soil_temperature", 0.4, "degC"),
    ObservedColumn("ts10", "soil_temperature", 0.1, "degC"),
    ObservedColumn("w10", "soil_moisture_liquid", 0.1, "%"),
    ObservedColumn("snow", "snow_depth", 0.0, "m"),
    ObservedColumn("irt", "skin_temperature", 0.0, "degC"),
)


@pytest.fixture
def spec(tmp_path):
    (tmp_path / "obs.csv").write_text(TEXT)
    return ObservationSpec(tmp_path / "obs.csv", COLUMNS, stamp="end", time_zone_hours=-6.0)


def complaint(spec):
    with pytest.raises(InputError) as caught:
        read_observations(spec)
    return str(caught.value)


def test_kinds_depths_units_and_missing(spec):
    found = read_observations(spec)
    assert set(found) == {"soil_temperature", "soil_moisture_liquid", "snow_depth", "skin_temperature"}
    soil = found["soil_temperature"]
    assert list(soil.depth) == [0.1, 0.4] and soil.columns == ("ts10", "ts40") and soil.unit == "K"
    assert soil.values[0] == pytest.approx([268.15, 270.15])
    assert np.isnan(soil.values[2, 1]) and np.isnan(soil.values[3, 0])
    assert found["soil_moisture_liquid"].values[0, 0] == pytest.approx(0.12)
    assert soil.step == 3600.0 and str(soil.time[0]) == "2016-01-01T06:00:00"


def test_daily_means_on_local_days(spec):
    soil = read_observations(spec)["soil_temperature"]
    daily = soil.daily_means(least=2 / 24)
    assert [str(day) for day in daily.days] == ["2016-01-01", "2016-01-02"]
    assert str(daily.time[0]) == "2016-01-01T06:00:00" and daily.step == 86400
    assert daily.values[0] == pytest.approx([267.15, 270.15])
    assert np.all(np.isnan(soil.daily_means().values))
    assert daily.daily_means() is daily


def series():
    time = np.arange("2014-12-31T16", "2017-12-31T16", 24, dtype="datetime64[h]").astype("datetime64[s]")
    values = np.arange(time.size, dtype=float)[:, None] * [0.01, 0.0] + [270.0, 271.0]
    return Observations("soil_temperature", time, np.array([0.0, 0.4]), values, time_zone_hours=8.0)


def test_disjoint_periods():
    chosen = series().periods([("2015-01-01", "2015-01-31"), ("2017", "2017")])
    assert len(chosen) == 31 + 365 and str(chosen.days[0]) == "2015-01-01"
    assert str(chosen.days[30]) == "2015-01-31" and str(chosen.days[31]) == "2017-01-01"
    assert len(series().between("2016-01-01", "2016-12-31")) == 366


def test_days_of_another_clock(spec):
    soil = read_observations(spec)["soil_temperature"]
    moved = soil.on_clock(-8.0)
    assert np.array_equal(moved.time, soil.time)
    assert [str(day) for day in np.unique(moved.days)] == ["2015-12-31", "2016-01-01"]
    daily = series()
    other = daily.on_clock(0.0)
    assert np.array_equal(other.days, daily.days) and "+8 h" in other.attributes["days"]
    assert str(other.time[0]) == "2015-01-01T00:00:00" and daily.on_clock(8.0) is daily


def test_depths_by_value():
    assert list(series().at_depths([0.4]).depth) == [0.4]
    with pytest.raises(ValueError, match="not observed at 0.2 m"):
        series().at_depths([0.2])


def test_written_tables_need_no_mapping(tmp_path):
    first = series()
    first.values[5, 1] = np.nan
    snow = Observations("snow_depth", first.time, np.array([0.0]), np.full((len(first), 1), 0.25), time_zone_hours=8.0)
    write_observations(tmp_path / "out.csv", [first, snow])
    found = read_observations(ObservationSpec(tmp_path / "out.csv", time_zone_hours=8.0))
    again = found["soil_temperature"]
    assert np.array_equal(again.time, first.time) and np.array_equal(again.depth, first.depth)
    assert again.values == pytest.approx(first.values, abs=1e-4, nan_ok=True)
    assert np.all(found["snow_depth"].values == 0.25)


def test_problems_are_collected(spec, tmp_path):
    columns = (
        ObservedColumn("ts10", "soil_temperature", 0.1, "K"),
        ObservedColumn("ts20", "soil_temperature", 0.2, "degC"),
        ObservedColumn("w10", "soil_moisture_liquid", -0.1, "mm"),
        ObservedColumn("irt", "skin", 0.0, "degC"),
    )
    text = complaint(replace(spec, columns=columns))
    for part in (
        "ts10: 3 values out of range (is the unit 'K' right?) at line 2",
        "column 'ts20' not found",
        "depth must not be negative",
        "unknown unit for a volume fraction",
        "unknown kind of observation",
    ):
        assert part in text, part


def test_bad_times_and_files(spec, tmp_path):
    lines = TEXT.splitlines()
    (tmp_path / "twice.csv").write_text("\n".join([*lines[:3], lines[2], lines[1]]))
    text = complaint(replace(spec, file=tmp_path / "twice.csv"))
    assert "duplicate time at 2016-01-01T02:00 (line 4)" in text and "not in order" in text
    assert "no such file" in complaint(replace(spec, file=tmp_path / "none.csv"))
    assert "no observed column" in complaint(replace(spec, columns=()))
    (tmp_path / "empty.csv").write_text("")
    assert "the file is empty" in complaint(replace(spec, file=tmp_path / "empty.csv"))

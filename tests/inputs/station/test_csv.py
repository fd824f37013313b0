"""CSV forcing: conversions, time rules, and every kind of bad input in one message."""

from dataclasses import replace

import numpy as np
import pytest

from lsmcal.core.errors import InputError
from lsmcal.inputs.station.forcing import FORCING_VARIABLES
from lsmcal.inputs.station.humidity import saturation_vapour_pressure, specific_from_relative, specific_from_vapour
from lsmcal.inputs.station.read import read_forcing
from lsmcal.inputs.station.spec import ForcingSpec, SourceColumn

COLUMNS = {
    "air_temperature": SourceColumn("ta", "degC"),
    "relative_humidity": SourceColumn("rh", "%"),
    "air_pressure": SourceColumn("p", "hPa"),
    "shortwave": SourceColumn("sw", "W m-2"),
    "longwave": SourceColumn("lw", "W m-2"),
    "precipitation": SourceColumn("pr", "mm"),
    "wind_speed": SourceColumn("u", "m s-1"),
}


def rows(start="2016-02-27", days=4, hours=3):
    """Records as lists of text, 3-hourly."""
    time = np.arange(np.datetime64(start, "h"), np.datetime64(start, "h") + 24 * days, hours)
    return [
        [str(stamp), f"{-5 + i % 8}", "60", "580", f"{50 * (i % 8)}", "220", "0.3", "3.5"]
        for i, stamp in enumerate(time)
    ]


def write(path, records, header="time,ta,rh,p,sw,lw,pr,u"):
    path.write_text("\n".join([header, *(",".join(row) for row in records)]) + "\n")
    return ForcingSpec(file=path, columns=COLUMNS)


def complaint(spec):
    with pytest.raises(InputError) as caught:
        read_forcing(spec)
    return str(caught.value)


@pytest.fixture
def spec(tmp_path):
    return write(tmp_path / "met.csv", rows())


def test_units_humidity_and_snow(spec):
    forcing = read_forcing(spec)
    values = forcing.values
    assert tuple(values) == FORCING_VARIABLES and forcing.step == 10800.0 and len(forcing) == 32
    assert values["air_temperature"][0] == pytest.approx(268.15)
    assert values["precipitation"][0] == pytest.approx(0.3 / 10800)
    assert values["specific_humidity"][0] == pytest.approx(specific_from_relative(0.6, 268.15, 58000.0))
    assert np.all(values["snow_fraction"] == -1.0)
    assert forcing.stacked().shape == (32, 8)


@pytest.mark.parametrize(("stamp", "first"), [("start", "00:00"), ("middle", "22:30"), ("end", "21:00")])
def test_stamps_and_time_zone(spec, stamp, first):
    forcing = read_forcing(replace(spec, stamp=stamp))
    assert str(forcing.time[0]).endswith(first + ":00")
    local = read_forcing(replace(spec, stamp=stamp, time_zone_hours=8.0))
    assert forcing.time[0] - local.time[0] == np.timedelta64(8, "h")


@pytest.mark.parametrize(
    ("role", "unit", "text", "vapour"),
    [
        ("dew_point", "degC", "-10", lambda: saturation_vapour_pressure(263.15)),
        ("vapour_pressure", "hPa", "2.5", lambda: 250.0),
    ],
)
def test_humidity_in_other_forms(tmp_path, role, unit, text, vapour):
    records = rows()
    for record in records:
        record[2] = text
    columns = {name: column for name, column in COLUMNS.items() if name != "relative_humidity"}
    spec = write(tmp_path / "met.csv", records)
    forcing = read_forcing(replace(spec, columns={**columns, role: SourceColumn("rh", unit)}))
    assert forcing.values["specific_humidity"][0] == pytest.approx(specific_from_vapour(vapour(), 58000.0))


def test_rain_and_snow_apart(tmp_path):
    records = [[*row, snow] for row, snow in zip(rows(), ["0.1", "0"] * 16, strict=True)]
    columns = {name: column for name, column in COLUMNS.items() if name != "precipitation"}
    columns |= {"rainfall": SourceColumn("pr", "mm"), "snowfall": SourceColumn("sn", "mm", scale=3.0)}
    spec = write(tmp_path / "met.csv", records, "time,ta,rh,p,sw,lw,pr,u,sn")
    forcing = read_forcing(replace(spec, columns=columns))
    assert forcing.values["precipitation"][:2] == pytest.approx([0.6 / 10800, 0.3 / 10800])
    assert forcing.values["snow_fraction"][:2] == pytest.approx([0.5, 0.0])
    assert forcing.attributes["scaled_snowfall"] == "by 3"


def test_headers_can_name_variables_and_units(tmp_path):
    header = (
        "time,air_temperature [degC],relative_humidity [%],air_pressure [hPa],shortwave [W m-2],"
        "longwave [W m-2],precipitation [mm],wind_speed [m s-1]"
    )
    spec = write(tmp_path / "met.csv", rows())
    named = write(tmp_path / "named.csv", rows(), header)
    expected, found = read_forcing(spec), read_forcing(replace(named, columns={}))
    assert all(np.array_equal(found.values[name], expected.values[name]) for name in FORCING_VARIABLES)


def test_a_period_counts_on_the_clock_of_the_file(spec):
    forcing = read_forcing(replace(spec, time_zone_hours=8.0, start="2016-02-28", end="2016-02-28"))
    assert (str(forcing.time[0]), len(forcing)) == ("2016-02-27T16:00:00", 8)


def test_noise_is_clipped_and_counted(tmp_path):
    records = rows()
    records[3][4], records[5][4], records[6][2] = "-3", "-1", "104"
    forcing = read_forcing(write(tmp_path / "met.csv", records))
    assert forcing.values["shortwave"].min() == 0.0
    assert forcing.attributes["clipped_shortwave"].startswith("2 values")
    assert "furthest -3" in forcing.attributes["clipped_shortwave"]
    saturated = specific_from_relative(1.0, forcing.values["air_temperature"][6], 58000.0)
    assert forcing.values["specific_humidity"][6] == pytest.approx(saturated)


def test_missing_leap_day(tmp_path):
    records = [row for row in rows() if not row[0].startswith("2016-02-29")]
    spec = write(tmp_path / "met.csv", records)
    forcing = read_forcing(replace(spec, time_zone_hours=8.0))
    assert forcing.calendar == "noleap" and "29 February" in forcing.attributes["leap_days"]
    assert "2016-02-29" not in " ".join(str(time) for time in forcing.time)
    assert "gap in time" in complaint(replace(spec, calendar="standard"))


def test_leap_day_dropped_on_demand(spec):
    forcing = read_forcing(replace(spec, calendar="noleap"))
    assert len(forcing) == 24 and forcing.attributes["leap_days"].startswith("8 records")


def test_all_problems_in_one_message(tmp_path):
    records = rows()
    records[2][1] = ""
    records[4][5] = "-40"
    records[7][6] = "-2"
    records[9][7] = "-1"
    del records[20]
    spec = write(tmp_path / "met.csv", records)
    columns = {**COLUMNS, "air_pressure": SourceColumn("p", "hPaa"), "wind": SourceColumn("u", "m s-1")}
    text = complaint(replace(spec, columns=columns))
    for part in (
        "air_temperature: 1 missing or non-finite values at 2016-02-27T06:00 (line 4)",
        "longwave: longwave out of range at 2016-02-27T12:00 (line 6) (found -40 W m-2)",
        "precipitation: precipitation negative at 2016-02-27T21:00 (line 9)",
        "wind_speed: wind speed negative at 2016-02-28T03:00 (line 11)",
        "gap in time at 2016-02-29T15:00 (line 22) (found 21600 s after the record before)",
        "unknown unit",
        "hPaa",
        "unknown forcing variable",
        "nearest: wind_",
        "met.csv",
    ):
        assert part in text, part


@pytest.mark.parametrize(
    ("role", "unit", "guess"),
    [
        ("air_temperature", "K", "looks like degC"),
        ("relative_humidity", "1", "looks like %"),
        ("air_pressure", "Pa", "looks like hPa"),
        ("air_pressure", "kPa", "out of range"),
        ("precipitation", "mm s-1", "looks like an amount"),
    ],
)
def test_values_in_another_unit_than_said(spec, role, unit, guess):
    text = complaint(replace(spec, columns={**COLUMNS, role: replace(COLUMNS[role], unit=unit)}))
    assert guess in text and role in text and "2016-02-27T00:00 (line 2)" in text


def test_kelvin_read_as_celsius_and_fraction_as_percent(tmp_path):
    records = rows()
    for record in records:
        record[1], record[2] = "268.5", "0.6"
    text = complaint(write(tmp_path / "met.csv", records))
    assert "looks like K, but was read as 'degC'" in text and "a fraction (0-1)" in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r[5].__setitem__(0, r[4][0]), "duplicate time at 2016-02-27T12:00 (line 7)"),
        (lambda r: r.reverse(), "times are not in order"),
        (lambda r: r[3].__setitem__(0, "2016-02-27T10"), "times closer than the step"),
        (lambda r: r[3].__setitem__(0, "27.2.2016"), "time cannot be read"),
        (lambda r: r[3].__setitem__(4, "x7"), "not a number at line 5 (found x7)"),
        (lambda r: r[3].pop(), "wrong number of fields at line 5"),
        (lambda r: r.clear(), "no records"),
    ],
)
def test_bad_tables(tmp_path, change, message):
    records = rows()
    change(records)
    assert message in complaint(write(tmp_path / "met.csv", records))


def test_what_the_description_may_get_wrong(spec, tmp_path):
    assert "no such file" in complaint(replace(spec, file=tmp_path / "none.csv"))
    assert "unknown value" in complaint(replace(spec, stamp="begin"))
    few = {name: column for name, column in COLUMNS.items() if name not in ("longwave", "air_pressure")}
    text = complaint(replace(spec, columns=few))
    assert text.count("missing variable") == 2 and "estimate_longwave" in text
    text = complaint(replace(spec, columns=few, estimate_longwave="brunt", estimate_air_pressure="barometric"))
    assert "konzelmann1994" in text and "elevation: needed" in text
    assert "the forcing ends too early" in complaint(replace(spec, end="2016-03-05"))
    assert "the forcing begins too late" in complaint(replace(spec, start="2016-01-01"))
    assert "does not match" in complaint(replace(spec, target_step=3600.0))
    assert "only daily means" in complaint(replace(spec, disaggregate="diurnal", latitude=33.0, longitude=92.0))
    gone = {**COLUMNS, "longwave": SourceColumn("lwd", "W m-2")}
    text = complaint(replace(spec, columns=gone))
    assert "column 'lwd' not found" in text and "missing variable" not in text


def test_bad_records_outside_the_period_do_not_matter(tmp_path):
    records = rows()
    records[0][1] = "-9999"
    spec = write(tmp_path / "met.csv", records)
    assert "1 missing" in complaint(spec)
    assert len(read_forcing(replace(spec, start="2016-02-28"))) == 24


def test_formats_constants_and_strptime(tmp_path):
    records = rows()
    for record in records:
        record[0] = record[0][8:10] + "." + record[0][5:7] + "." + record[0][:4] + " " + record[0][11:13]
    spec = write(tmp_path / "met.csv", records)
    columns = {name: column for name, column in COLUMNS.items() if name != "wind_speed"}
    forcing = read_forcing(replace(spec, time_format="%d.%m.%Y %H", columns=columns, constants={"wind_speed": 2.0}))
    assert np.all(forcing.values["wind_speed"] == 2.0)
    assert forcing.attributes["assumed_wind_speed"] == "constant 2"
    assert str(forcing.time[0]) == "2016-02-27T00:00:00"

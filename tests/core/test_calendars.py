"""Rules of time axes."""

import numpy as np
import pytest

from lsmcal.core import calendars


def stamps(*texts):
    return np.array(texts, dtype="datetime64[s]")


def test_noleap_axis_jumps_over_29_february():
    moved = calendars.shift(stamps("2016-02-28T12", "2015-02-28T12", "2016-12-31T23"), 86400, "noleap")
    assert list(moved) == list(stamps("2016-03-01T12", "2015-03-01T12", "2017-01-01T23"))
    assert calendars.to_utc(stamps("2016-03-01"), 8.0, "noleap")[0] == stamps("2016-02-28T16")[0]
    assert calendars.to_utc(stamps("2016-03-01"), 8.0)[0] == stamps("2016-02-29T16")[0]


@pytest.mark.parametrize("calendar", ["standard", "noleap"])
def test_axis_and_labels_are_inverse(calendar):
    time = np.arange("1999-12-30", "2005-01-02", np.timedelta64(21600, "s"), dtype="datetime64[s]")
    if calendar == "noleap":
        time = time[~calendars.is_leap_day(time)]
    axis = calendars.axis_seconds(time, calendar)
    assert np.all(np.diff(axis) == 21600)
    assert np.array_equal(calendars.from_axis_seconds(axis, calendar), time)


def test_only_missing_leap_days_make_a_noleap_file():
    time = np.arange("2015-01-01", "2017-01-01", dtype="datetime64[D]").astype("datetime64[s]")
    without = time[~calendars.is_leap_day(time)]
    assert calendars.lacks_only_leap_days(without, 86400)
    assert not calendars.lacks_only_leap_days(time, 86400)
    assert not calendars.lacks_only_leap_days(np.delete(without, 100), 86400)


def test_month_weights_hold_on_the_15th():
    first, second, weight = calendars.month_weights(
        stamps("2001-01-15", "2001-01-14T21", "2001-01-16", "2000-02-28", "2001-12-31", "2001-03-01")
    )
    assert list(first) == [0, 11, 0, 1, 11, 1]
    assert list(second) == [1, 0, 1, 2, 0, 2]
    assert weight == pytest.approx([0.0, 30 / 31, 1 / 31, 13 / 29, 16 / 31, 14 / 28])


def test_ends_include_a_bare_date():
    assert calendars.moment("2016-12-31", end=True) == np.datetime64("2017-01-01T00:00:00")
    assert calendars.moment("2016", end=True) == np.datetime64("2017-01-01T00:00:00")
    assert calendars.moment("2016-12-31 06:00", end=True) == np.datetime64("2016-12-31T06:00:00")
    assert calendars.moment("2016-12-31") == np.datetime64("2016-12-31T00:00:00")


def test_day_of_year_by_calendar():
    time = stamps("2016-12-31", "2016-03-01")
    assert list(calendars.day_of_year(time)) == [366, 61]
    assert list(calendars.day_of_year(time, "noleap")) == [365, 60]


def test_a_step_counts_from_the_nearest_multiple_of_its_length():
    moved = calendars.nominal_start(stamps("1979-12-31T22:30", "1980-01-01T01:29", "1980-01-01T01:30"), 10800.0)
    assert list(moved) == list(stamps("1980-01-01T00", "1980-01-01T00", "1980-01-01T03"))
    regular = stamps("1980-02-28T21", "1980-02-29T00", "1980-03-01T18")
    assert list(calendars.nominal_start(regular, 10800.0)) == list(regular)
    assert list(calendars.nominal_start(stamps("1980-02-28T22:30"), 10800.0, "noleap")) == list(stamps("1980-03-01"))

"""The five real sites, read as their cases read them."""

from dataclasses import replace

import numpy as np
import pytest

from lsmcal.inputs.observed.series import read_observations
from lsmcal.inputs.station.forcing import FORCING_VARIABLES
from lsmcal.inputs.station.read import read_forcing
from lsmcal.inputs.station.spec import ForcingSpec, ObservationSpec, ObservedColumn, SourceColumn

RH, SW = SourceColumn("rh_pct", "%"), SourceColumn("swd_wm2", "W m-2")
LW = SourceColumn("lwd_wm2", "W m-2")
YAKOU = ForcingSpec(
    columns={
        "air_temperature": SourceColumn("ta5m_k", "K"),
        "relative_humidity": SourceColumn("rh_frac", "1"),
        "shortwave": SW,
        "precipitation": SourceColumn("rain_ms", "m s-1"),
        "wind_speed": SourceColumn("wind10_ms", "m s-1"),
    },
    time_zone_hours=8.0,
    estimate_longwave="konzelmann1994",
    estimate_air_pressure="barometric",
    latitude=38.0142,
    longitude=100.2421,
    elevation=4148.0,
    disaggregate="diurnal",
    start="2016-01-01",
    end="2018-12-31",
)
TOOLIK = ForcingSpec(
    columns={
        "air_temperature": SourceColumn("ta_c", "degC"),
        "air_temperature_minimum": SourceColumn("tmin_c", "degC"),
        "air_temperature_maximum": SourceColumn("tmax_c", "degC"),
        "relative_humidity": RH,
        "air_pressure": SourceColumn("pres_hpa", "hPa"),
        "shortwave": SW,
        "longwave": SourceColumn("narr_lwd_wm2", "W m-2"),
        "precipitation": SourceColumn("prec_mm", "mm d-1"),
        "wind_speed": SourceColumn("wind5_ms", "m s-1"),
    },
    time_zone_hours=-9.0,
    latitude=68.633,
    longitude=-149.6,
    elevation=726.0,
    disaggregate="diurnal",
)
BONDVILLE = ForcingSpec(
    columns={
        "air_temperature": SourceColumn("ta_c", "degC"),
        "relative_humidity": RH,
        "air_pressure": SourceColumn("pres_hpa", "hPa"),
        "shortwave": SW,
        "longwave": LW,
        "precipitation": SourceColumn("prec_mm", "mm"),
        "wind_speed": SourceColumn("wind6_ms", "m s-1"),
    },
    time_zone_hours=-6.0,
    stamp="end",
)
COL_DE_PORTE = ForcingSpec(
    columns={
        "air_temperature": SourceColumn("ta_k", "K"),
        "relative_humidity": RH,
        "air_pressure": SourceColumn("pres_pa", "Pa"),
        "shortwave": SW,
        "longwave": LW,
        "rainfall": SourceColumn("rainfall_kgm2s", "kg m-2 s-1"),
        "snowfall": SourceColumn("snowfall_kgm2s", "kg m-2 s-1"),
        "wind_speed": SourceColumn("wind_ms", "m s-1"),
    },
)
FILES = {
    "yakou": (YAKOU, "yakou_2016_2019/forcing_daily_2016_2019.csv"),
    "toolik": (TOOLIK, "toolik_1998_2011/forcing_daily_1996_2012.csv"),
    "bondville": (BONDVILLE, "bondville_1998/forcing_30min.csv"),
    "col-de-porte": (COL_DE_PORTE, "col_de_porte_2005_2006/forcing_hourly.csv"),
    "tanggula": (ForcingSpec(format="noah-text"), "tanggula_2007_2010/forcing_noah_format.txt"),
}


def site(shared, name, **changes):
    spec, file = FILES[name]
    return replace(spec, file=shared / "data" / file, **changes)


@pytest.mark.parametrize("name", FILES)
def test_every_site_is_complete_and_plausible(shared, name):
    forcing = read_forcing(site(shared, name))
    assert tuple(forcing.values) == FORCING_VARIABLES
    for values in forcing.values.values():
        assert values.shape == forcing.time.shape and np.all(np.isfinite(values))
    assert np.all(np.diff(forcing.time).astype(float) == forcing.step)
    assert 260 < forcing.values["air_temperature"].mean() < 290
    assert 140 < forcing.values["longwave"].mean() < 340
    assert "/" not in forcing.attributes["source"]


def test_yakou_estimates_are_said_and_sensible(shared, caplog):
    with caplog.at_level("INFO"):
        forcing = read_forcing(site(shared, "yakou"))
    assert "konzelmann1994" in caplog.text and "barometric" in caplog.text
    assert "konzelmann1994" in forcing.attributes["estimated_longwave"]
    assert forcing.values["air_pressure"].mean() == pytest.approx(61000.0, rel=0.01)
    assert 200 < forcing.values["longwave"].mean() < 250
    assert str(forcing.time[0]) == "2015-12-31T16:00:00" and len(forcing) == 1096 * 8
    assert str(forcing.local_days[0]) == "2016-01-01"


def test_yakou_pressure_does_not_depend_on_the_period(shared):
    year = read_forcing(site(shared, "yakou", start="2017-01-01", end="2017-12-31"))
    whole = read_forcing(site(shared, "yakou"))
    index = np.flatnonzero(whole.time == year.time[0])[0]
    for name in ("air_pressure", "shortwave", "precipitation", "wind_speed"):
        same = slice(index, index + len(year))
        assert year.values[name] == pytest.approx(whole.values[name][same], rel=1e-12), name


def test_toolik_keeps_daily_means_and_uses_tmin_and_tmax(shared):
    spread = read_forcing(site(shared, "toolik"))
    daily = read_forcing(site(shared, "toolik", disaggregate="none"))
    assert daily.step == 86400.0 and len(spread) == 8 * len(daily)
    for name in ("air_temperature", "shortwave", "longwave", "precipitation", "wind_speed"):
        means = spread.values[name].reshape(-1, 8).mean(axis=1)
        assert means == pytest.approx(daily.values[name], rel=1e-9, abs=1e-12), name
    assert "tmax - tmin" in spread.attributes["disaggregated"]
    assert daily.attributes["clipped_shortwave"].startswith("631 values")
    assert daily.attributes["crossed_extremes"].startswith("2 records")


def test_bondville_at_its_own_step_and_averaged(shared):
    own, coarse = (read_forcing(site(shared, "bondville", target_step=step)) for step in (None, 10800.0))
    assert len(own) == 17520 and own.step == 1800.0 and len(coarse) == 2920
    assert str(own.time[0]) == str(coarse.time[0]) == "1998-01-01T06:00:00"
    for name in ("shortwave", "longwave", "precipitation", "air_temperature"):
        assert coarse.values[name].sum() * 6 == pytest.approx(own.values[name].sum(), rel=1e-12)
    assert own.values["precipitation"].sum() * 1800 == pytest.approx(0.05284417808 * 17520, rel=1e-6)


def test_col_de_porte_has_its_own_snow(shared):
    forcing = read_forcing(site(shared, "col-de-porte"))
    falling = forcing.values["precipitation"] > 0
    snow = (forcing.values["precipitation"] * forcing.values["snow_fraction"]).mean()
    assert snow == pytest.approx(2.14447e-5, rel=1e-4)
    cold = falling & (forcing.values["air_temperature"] < 270)
    assert np.all(forcing.values["snow_fraction"][cold] > 0.99)


def test_tanggula_text_and_table_agree(shared):
    text = read_forcing(site(shared, "tanggula"))
    columns = {
        "air_temperature": SourceColumn("ta_k", "K"),
        "relative_humidity": RH,
        "air_pressure": SourceColumn("pres_hpa", "hPa"),
        "shortwave": SW,
        "longwave": LW,
        "precipitation": SourceColumn("prec_kgm2s", "kg m-2 s-1"),
        "wind_speed": SourceColumn("wind10_ms", "m s-1"),
    }
    file = shared / "data" / "tanggula_2007_2010" / "forcing_daily.csv"
    table = read_forcing(ForcingSpec(file=file, columns=columns))
    assert np.array_equal(text.time, table.time) and len(text) == 1371
    for name in FORCING_VARIABLES:
        assert text.values[name] == pytest.approx(table.values[name], rel=1e-4), name


def test_tanggula_takes_its_place_from_the_file(shared):
    spread = read_forcing(site(shared, "tanggula", disaggregate="diurnal"))
    means = spread.values["shortwave"].reshape(-1, 8).mean(axis=1)
    assert means == pytest.approx(read_forcing(site(shared, "tanggula")).values["shortwave"], rel=1e-10)
    assert spread.values["shortwave"].max() > 800.0


def test_observations_of_the_sites(shared):
    data = shared / "data"
    depths = (4, 10, 20, 40, 80, 120, 160)
    columns = [ObservedColumn("ts000cm_c", "skin_temperature", 0.0, "degC")]
    for depth in depths:
        columns.append(ObservedColumn(f"ts{depth:03d}cm_c", "soil_temperature", depth / 100, "degC"))
        columns.append(ObservedColumn(f"sm{depth:03d}cm_pct", "soil_moisture_liquid", depth / 100, "%"))
    file = data / "yakou_2016_2019" / "obs_daily_2016_2018.csv"
    yakou = read_observations(ObservationSpec(file, tuple(columns), time_zone_hours=8.0))
    soil = yakou["soil_temperature"]
    assert soil.values.shape == (1096, 7) and soil.step == 86400
    assert np.nanmean(soil.values[:, -1]) == pytest.approx(273.15 - 2.3, abs=0.3)
    assert np.nanmax(yakou["soil_moisture_liquid"].values) < 0.6
    assert str(soil.time[0]) == "2015-12-31T16:00:00"

    file = data / "bondville_1998" / "obs_30min.csv"
    columns = (
        ObservedColumn("ts8cm_c", depth=0.08, unit="degC"),
        ObservedColumn("ts2cm_c", depth=0.02, unit="degC"),
    )
    spec = ObservationSpec(file, columns, time_zone_hours=-6.0, stamp="end")
    daily = read_observations(spec)["soil_temperature"].daily_means()
    assert len(daily) == 365 and list(daily.depth) == [0.02, 0.08]
    assert str(daily.days[0]) == "1998-01-01" and np.isfinite(daily.values).mean() > 0.98

"""Conversion by unit name, and humidity."""

import numpy as np
import pytest

from lsmcal.core import units
from lsmcal.core.errors import Problems
from lsmcal.inputs.station import humidity


@pytest.mark.parametrize(
    ("value", "unit", "quantity", "expected"),
    [
        (-5.0, "degC", "temperature", 268.15),
        (-5.0, "°C", "temperature", 268.15),
        (23.0, "degF", "temperature", 268.15),
        (610.0, "hPa", "pressure", 61000.0),
        (61.0, "kPa", "pressure", 61000.0),
        (45.0, "%", "fraction", 0.45),
        (3.2, "g/kg", "specific_humidity", 0.0032),
        (3.0, "mm per step", "precipitation", 3.0 / 10800.0),
        (3.6, "mm h-1", "precipitation", 1e-3),
        (86.4, "mm/day", "precipitation", 1e-3),
        (1e-8, "m s-1", "precipitation", 1e-5),
        (0.5, "inch", "precipitation", 12.7 / 10800.0),
        (2.16e6, "J m-2", "radiation", 200.0),
        (17.28, "MJ m-2 d-1", "radiation", 200.0),
        (18.0, "km/h", "speed", 5.0),
        (10.0, "knots", "speed", 5.14444444444),
        (12.5, "%", "volume_fraction", 0.125),
    ],
)
def test_values_in_the_model_unit(value, unit, quantity, expected):
    assert units.convert(np.array([value]), unit, quantity, 10800.0)[0] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("spelling", ["W m-2", "W/m2", "W m**-2", "W m^-2", "w m{-2}", "W/m^2", "Wm-2"])
def test_spelling_is_forgiving(spelling):
    assert units.find(spelling, "radiation") == units.find("W m-2", "radiation")


def test_same_name_means_what_the_quantity_says():
    assert units.find("m s-1", "precipitation").factor == 1000.0
    assert units.find("m s-1", "speed").factor == 1.0


def test_unknown_unit_names_the_nearest():
    problems = Problems()
    assert not units.check_unit("hPaa", "air_pressure", problems, "met.csv", "column p")
    text = str(problems.found[0])
    assert "met.csv" in text and "air_pressure" in text and "hPaa" in text and "nearest: hPa" in text


def test_every_quantity_lists_the_model_unit_first():
    for quantity in set(units.QUANTITIES.values()):
        first = units.find(units.known_units(quantity)[0], quantity)
        assert (first.factor, first.offset, first.per_step) == (1.0, 0.0, False)


def test_saturation_over_water_at_known_points():
    # Goff-Gratch: 6.108 hPa at 0 degC, 23.37 hPa at 20 degC.
    assert humidity.saturation_vapour_pressure(np.array([273.15, 293.15])) == pytest.approx([611.2, 2337], 2e-3)


def test_relative_and_specific_humidity_are_inverse():
    temperature = np.array([250.0, 273.15, 300.0])
    specific = humidity.specific_from_relative(np.array([0.2, 0.9, 1.0]), temperature, 58000.0)
    relative = humidity.relative_from_specific(specific, temperature, 58000.0)
    assert relative == pytest.approx([0.2, 0.9, 1.0], rel=1e-13)
    # q = 0.622 e / (p - 0.378 e) for e = 611.2 Pa * 0.9
    assert specific[1] == pytest.approx(0.622 * 550.08 / (58000.0 - 0.378 * 550.08), rel=1e-12)

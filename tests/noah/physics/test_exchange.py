"""Surface exchange: complete calls with reference values, and the behaviour of stable nights."""

import math

import numpy as np
import pytest

from lsmcal.noah.parameters.options import preset
from lsmcal.noah.physics.atmosphere import zilitinkevich_exponent
from lsmcal.noah.physics.exchange import STABILITY_TABLES, chen97, exchange_coefficients, mellor_yamada_janjic, yang2008
from lsmcal.noah.physics.exchange_yang import yang_thermal_roughness
from lsmcal.noah.runtime.blocks import Blocks

PRESSURE = 55000.0


def air(**fields) -> Blocks:
    """Columns in given air; arrays give several columns."""
    columns = max(np.size(value) for value in fields.values())
    blocks = Blocks(columns, 2)
    blocks.set({"air_pressure": PRESSURE, "height_temperature": 2.0, "height_wind": 10.0, "czil": 0.1})
    blocks.set({"exchange_heat": 0.01, "exchange_momentum": 0.01, "specific_humidity": 0.003})
    blocks.set(fields)
    blocks.set({"potential_temperature": blocks.column_field("air_temperature") + 0.0098 * 2.0})
    return blocks


def each_block(blocks, scheme, *arguments):
    for b in range(len(blocks.column)):
        scheme(blocks.column[b], *arguments)
    return blocks


# --- roughness -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("friction", "scale", "length", "excess"),
    [(0.2, -0.2, 9.928e-4, 2.31), (0.3, -0.5, 2.069e-4, 3.88), (0.4, -1.0, 4.502e-5, 5.40), (0.3, 0.1, 6.206e-4, 2.78)],
)
def test_thermal_roughness_of_bare_ground(friction, scale, length, excess):
    found = yang_thermal_roughness(2.443e-5, friction, scale, 2.0)
    assert found == pytest.approx(length, rel=3e-4)
    assert math.log(0.01 / found) == pytest.approx(excess, abs=6e-3)


def test_thermal_roughness_stays_in_its_bounds():
    assert yang_thermal_roughness(2.4e-5, 1e-6, 0.0, 2.0) == pytest.approx(0.2)
    assert yang_thermal_roughness(2.4e-5, 3.0, 50.0, 2.0) == pytest.approx(1e-10)


@pytest.mark.parametrize(("friction", "excess"), [(0.2, 0.92), (0.3, 1.13), (0.4, 1.31)])
def test_zilitinkevich(friction, excess):
    assert -zilitinkevich_exponent(0.2, 0.01) * math.sqrt(friction * 0.01) == pytest.approx(excess, abs=6e-3)


def test_zilitinkevich_by_roughness():
    expected = 10.0 ** (-0.4 * 0.05 / 0.07) * -0.4 * 258.2
    assert zilitinkevich_exponent(-1.0, 0.05) == pytest.approx(expected, rel=1e-13)


# --- complete calls --------------------------------------------------------------------------------------------------

YANG = [
    (0.01, 4, 290, 275, 0.003, -0.33330, 1.338257e-2, 0.27530, -0.72822, 1.899e-4),
    (0.01, 8, 285, 275, 0.003, -0.05551, 2.045025e-2, 0.49811, -0.40976, 5.853e-5),
    (0.01, 2, 300, 280, 0.003, -1.74642, 9.907130e-3, 0.16036, -1.23443, 5.503e-4),
    (0.10, 4, 290, 275, 0.003, -0.33030, 1.691142e-2, 0.40035, -0.63279, 7.232e-5),
    (0.01, 4, 268, 272, 0.002, 0.09042, 1.527416e-2, 0.27985, 0.21939, 4.524e-4),
    (0.01, 6, 262, 263, 0.001, 0.01054, 1.628972e-2, 0.33002, 0.05032, 6.753e-4),
]


def test_complete_calls_of_yang2008():
    rough, wind, skin, temperature, humidity, *expected = (np.array(row) for row in zip(*YANG, strict=True))
    blocks = air(
        roughness=rough, wind_speed=wind, skin_temperature=skin, air_temperature=temperature, specific_humidity=humidity
    )
    each_block(blocks, yang2008, False, False)
    names = ("richardson_trial", "exchange_trial", "friction", "temperature_scale", "thermal_roughness")
    printed = (5e-6, 1e-8, 5e-6, 5e-6, 1e-7)
    for name, value, places in zip(names, expected, printed, strict=True):
        np.testing.assert_allclose(blocks.column_field(name), value, rtol=1e-6, atol=1.01 * places, err_msg=name)
    assert blocks.column_field("obukhov")[4] < 0.0, "the released form takes this stable night for unstable"


def test_capped_call_of_yang2008():
    night = dict(roughness=0.01, wind_speed=4.0, skin_temperature=268.0, air_temperature=272.0, specific_humidity=0.002)
    blocks = each_block(air(**night), yang2008, True, False)
    assert blocks.column_field("exchange_trial")[0] == pytest.approx(6.765731e-3, rel=1e-6)


SIMILARITY = [
    (0.01, 4, 290, 275, 1e-4, -1.69488, 2.231903e-2, 2.596764e-2, 3.060412e-2, 3.544781e-2),
    (0.01, 4, 290, 275, 0.02, -1.69488, 2.516097e-2, 2.889992e-2, 2.555581e-2, 2.936263e-2),
    (0.01, 4, 268, 272, 0.01, 0.43327, 6.206831e-3, 6.662235e-3, 4.970087e-3, 8.344293e-3),
    (0.10, 6, 262, 263, 0.02, 0.04364, 4.040776e-2, 3.512390e-2, 3.977399e-2, 3.665034e-2),
    (0.10, 2, 300, 280, 0.02, -8.85484, 5.497875e-2, 4.362179e-2, 6.246315e-2, 4.794965e-2),
]


def similarity_air():
    rough, wind, skin, temperature, start, *expected = (np.array(row) for row in zip(*SIMILARITY, strict=True))
    blocks = air(
        roughness=rough,
        roughness_background=rough,
        wind_speed=wind,
        skin_temperature=skin,
        air_temperature=temperature,
        exchange_heat=start,
        exchange_momentum=start,
        surface_humidity=0.004,
    )
    return blocks, expected


def test_complete_calls_of_mellor_yamada_janjic():
    blocks, expected = similarity_air()
    each_block(blocks, mellor_yamada_janjic, STABILITY_TABLES)
    np.testing.assert_allclose(blocks.column_field("richardson_trial"), expected[0], atol=5.1e-6)
    for name, value in zip(("momentum_trial", "exchange_trial"), expected[1:3], strict=True):
        np.testing.assert_allclose(blocks.column_field(name), value, rtol=1e-6, err_msg=name)


def test_complete_calls_of_chen97():
    blocks, expected = similarity_air()
    each_block(blocks, chen97)
    for name, value in zip(("momentum_trial", "exchange_trial"), expected[3:], strict=True):
        np.testing.assert_allclose(blocks.column_field(name), value, rtol=1e-6, err_msg=name)


def test_each_column_takes_its_own_scheme():
    blocks, expected = similarity_air()
    blocks.set({"exchange_scheme": np.array([0.0, 1.0, 2.0, 1.0, 0.0])})
    each_block(blocks, exchange_coefficients, STABILITY_TABLES, preset("ji2026").kernel_options())
    found = blocks.column_field("exchange_heat")
    chosen = [expected[4][0], expected[2][1], found[2], expected[2][3], expected[4][4]]
    np.testing.assert_allclose(found, chosen, rtol=1e-5)
    assert found[2] not in (expected[2][2], expected[4][2])


# --- stable nights ---------------------------------------------------------------------------------------------------


def largest_rise(heights, rough, wind, capped, own_limit):
    """Largest relative rise of CH from any stable temperature difference to any larger one, and the lowest 1/L."""
    difference = np.linspace(0.05, 25.0, 320)
    blocks = air(
        skin_temperature=272.0 + 0.0098 * heights[1] - difference,
        air_temperature=272.0,
        wind_speed=wind,
        roughness=rough,
        height_wind=heights[0],
        height_temperature=heights[1],
    )
    each_block(blocks, yang2008, capped, own_limit)
    exchange = blocks.column_field("exchange_trial")
    later = np.maximum.accumulate(exchange[::-1])[::-1]
    return (later / exchange).max() - 1.0, blocks.column_field("obukhov").min()


@pytest.mark.parametrize(("own_limit", "allowed"), [(True, 0.01), (False, 0.42)])
@pytest.mark.parametrize("heights", [(10.0, 2.0), (2.0, 2.0), (10.0, 10.0), (5.0, 2.0)])
def test_capped_exchange_hardly_rises_as_the_night_grows_more_stable(heights, own_limit, allowed):
    """Flat beyond the cap with ``heat_limit_yang2008 = heat``; with the published limit the shrinking thermal roughness
    lets CH recover, which ``docs/model.md`` says."""
    for rough in (0.001, 0.01, 0.1, 0.3):
        for wind in (0.5, 1.0, 2.0, 4.0, 8.0):
            rise, inverse = largest_rise(heights, rough, wind, True, own_limit)
            assert rise < allowed and inverse > 0.0, (rough, wind)


def test_released_exchange_rises_twofold():
    rise, inverse = largest_rise((10.0, 2.0), 0.01, 4.0, False, False)
    assert rise > 2.0 and inverse < 0.0

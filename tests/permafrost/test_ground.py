"""Temperature at a depth and depth of zero annual amplitude: straight lines and waves that sink into the ground."""

import numpy as np
import pytest

from lsmcal.permafrost.ground import temperature_at, zero_amplitude_depth

DEPTH = np.array([0.05, 0.2, 0.5, 1.0, 2.0, 4.0, 7.0, 10.0, 14.0])


def wave(level, amplitude, damping):
    """Yearly extremes of a sine wave that fades over ``damping`` metres."""
    size = amplitude * np.exp(-DEPTH / damping)
    return level - size, level + size


def test_a_straight_profile_is_met_at_every_depth():
    mean = 270.0 + 0.3 * DEPTH
    at = np.array([0.05, 0.13, 1.0, 3.3, 14.0])
    np.testing.assert_allclose(temperature_at(np.tile(mean, (5, 1)), DEPTH, at), 270.0 + 0.3 * at, rtol=1e-13)


def test_outside_the_nodes_the_first_holds_and_below_the_last_nothing_is_known():
    mean = np.stack([270.0 + DEPTH] * 4)
    found = temperature_at(mean, DEPTH, np.array([0.0, 14.001, np.nan, 14.0]))
    np.testing.assert_array_equal(found, [270.05, np.nan, np.nan, 284.0])


def test_a_missing_layer_is_missed_only_where_it_is_needed():
    mean = 270.0 + DEPTH
    mean[6] = np.nan
    found = temperature_at(np.tile(mean, (4, 1)), DEPTH, np.array([3.0, 4.0, 5.0, 10.0]))
    np.testing.assert_array_equal(np.isnan(found), [False, False, True, False])


@pytest.mark.parametrize("damping", [0.7, 1.5, 2.0, 2.6])
def test_a_sinking_wave_ends_where_its_range_is_a_tenth_of_a_kelvin(damping):
    minimum, maximum = wave(271.0, 10.0, damping)
    np.testing.assert_allclose(zero_amplitude_depth(minimum, maximum, DEPTH), damping * np.log(200.0), rtol=1e-9)


def test_a_wave_that_reaches_the_bottom_has_no_end():
    minimum, maximum = wave(271.0, 10.0, 4.0)
    assert np.isnan(zero_amplitude_depth(minimum, maximum, DEPTH))
    assert zero_amplitude_depth(minimum, maximum, DEPTH, beyond=14.0) == 14.0


def test_melting_ground_that_holds_its_temperature_does_not_end_the_seasons():
    minimum, maximum = wave(271.0, 10.0, 1.5)
    free = zero_amplitude_depth(minimum, maximum, DEPTH)
    minimum[3] = maximum[3] = 273.15
    assert zero_amplitude_depth(minimum, maximum, DEPTH) == pytest.approx(free, rel=1e-12)


def test_still_ground_ends_at_the_surface_and_missing_ground_is_not_known():
    still = np.full((2, DEPTH.size), 270.0)
    still[1, 4] = np.nan
    np.testing.assert_array_equal(zero_amplitude_depth(still, still, DEPTH), [0.0, np.nan])
    with pytest.raises(ValueError, match="one a layer"):
        zero_amplitude_depth(still, still, DEPTH[:-1])


def test_a_single_layer():
    assert temperature_at(np.array([271.0]), np.array([0.5]), 0.2) == 271.0
    assert zero_amplitude_depth(np.array([270.0]), np.array([280.0]), np.array([0.5]), beyond=0.5) == 0.5

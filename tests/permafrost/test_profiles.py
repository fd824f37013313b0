"""Profiles at the depths of sensors."""

import numpy as np

from lsmcal.permafrost.profiles import at_depths

NODES = np.array([0.05, 0.2, 0.5, 1.0])


def test_between_the_nodes_linear_beyond_them_the_nearest():
    values = np.array([[270.0, 271.0, 274.0, 279.0], [280.0, 279.0, 278.0, 276.0]])
    found = at_depths(values, NODES, [0.0, 0.01, 0.125, 0.75, 3.0])
    np.testing.assert_allclose(found, [[270.0, 270.0, 270.5, 276.5, 279.0], [280.0, 280.0, 279.5, 277.0, 276.0]])


def test_at_a_node_the_node_to_the_bit():
    values = np.random.default_rng(0).normal(270.0, 9.0, (5, 4))
    np.testing.assert_array_equal(at_depths(values, NODES, NODES), values)
    np.testing.assert_array_equal(at_depths(values, NODES, 0.5), values[:, [2]])

"""Random numbers that belong to places: hashes of a seed, a purpose and a place, and smooth fields of them.

Only integers, additions and multiplications are used, each by itself for every place, so that a place has the same bits
alone and among others.
"""

from __future__ import annotations

import numpy as np

from lsmcal.inputs.synthetic.plateau_kernel import mix, normal_deviate, random_bits

_REFINED = np.uint64(11)


def keys(seed: int, purpose: int, number: np.ndarray) -> np.ndarray:
    """Key of a stream of random numbers for each whole number, (n,) uint64."""
    key = np.array(number, dtype=np.int64).astype(np.uint64)
    for part in (seed, purpose):
        key = mix(random_bits(key, np.array([part], np.uint64)))
    return key


def normal(key: np.ndarray, number: int) -> np.ndarray:
    """Nearly normal deviate, (n,), of mean 0 and variance 1: the ``number``-th of each key's stream."""
    return normal_deviate(random_bits(key, np.array([number], np.uint64)), np)


def uniform(key: np.ndarray, number: int) -> np.ndarray:
    """Uniform deviate in [0, 1), (n,): the ``number``-th of each key's stream."""
    return (random_bits(key, np.array([number], np.uint64)) >> _REFINED).astype(np.float64) / 2.0**53


def place_number(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """A place as a whole number, exact to 1e-5 degrees, (n,) int64."""
    east, north = (np.rint(np.asarray(axis, np.float64) * 1e5).astype(np.int64) for axis in (longitude, latitude))
    return east * 100000000 + north


def _around(longitude: np.ndarray, latitude: np.ndarray, spacing: float):
    """Place within its square of nodes, each (n,) in [0, 1), and numbers of the four nodes, (4, n)."""
    x, y = np.asarray(longitude, np.float64) / spacing, np.asarray(latitude, np.float64) / spacing
    i, j = np.floor(x), np.floor(y)
    number = [(i + a).astype(np.int64) * 100000 + (j + b).astype(np.int64) for a in (0, 1) for b in (0, 1)]
    return x - i, y - j, np.stack(number)


def _bilinear(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.stack([(1.0 - u) * (1.0 - v), (1.0 - u) * v, u * (1.0 - v), u * v])


def corners(longitude: np.ndarray, latitude: np.ndarray, spacing: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes around places.

    Parameters
    ----------
    longitude, latitude : (n,) arrays
    spacing : float
        Degrees between nodes.

    Returns
    -------
    corner : (4, n) array of int64
        Index into ``nodes``.
    weight : (4, n) array
        Bilinear, of unit sum of squares: a blend of independent deviates of variance 1 has variance 1.
    nodes : (k,) array of int64
        A number for each node that is needed.
    """
    u, v, number = _around(longitude, latitude, spacing)
    weight = _bilinear(u, v)
    weight = weight / np.sqrt(weight[0] ** 2 + weight[1] ** 2 + weight[2] ** 2 + weight[3] ** 2)
    nodes, corner = np.unique(number, return_inverse=True)
    return np.ascontiguousarray(corner.reshape(4, -1).astype(np.int64)), weight, nodes


def blend(values: np.ndarray, corner: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Values of nodes, (k,), at places between them, (n,)."""
    near = [weight[k] * values[corner[k]] for k in range(4)]
    return near[0] + near[1] + near[2] + near[3]


def smooth_field(seed: int, purpose: int, longitude: np.ndarray, latitude: np.ndarray, spacing: float) -> np.ndarray:
    """Random field with bumps of about ``spacing`` degrees, (n,), of mean 0 and values within [-1, 1]."""
    u, v, number = _around(longitude, latitude, spacing)
    weight = _bilinear(*(x * x * x * (x * (6.0 * x - 15.0) + 10.0) for x in (u, v)))
    near = [weight[k] * uniform(keys(seed, purpose, number[k]), 0) for k in range(4)]
    return 2.0 * (near[0] + near[1] + near[2] + near[3]) - 1.0

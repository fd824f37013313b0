"""Problems and functions of the tests."""

import numpy as np

WEIGHTS = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0])


def cube(n: int) -> dict:
    """Parameters x0, x1, ... between 0 and 1."""
    return {"num_vars": n, "names": [f"x{k}" for k in range(n)], "bounds": [[0.0, 1.0]] * n}


def sobol_g(X: np.ndarray, a: np.ndarray = WEIGHTS) -> np.ndarray:
    """Sobol's G function of as many parameters as the points have."""
    a = a[: X.shape[1]]
    return np.prod((np.abs(4.0 * X - 2.0) + a) / (1.0 + a), axis=1)


def three_responses(X: np.ndarray) -> np.ndarray:
    """Responses of different size and shape, the second about a large value."""
    return np.column_stack([sobol_g(X), 280.0 + 1e-3 * np.sin(5.0 * X[:, 1]) * X[:, 0], 1e6 * X[:, 2] ** 3 - X[:, 0]])

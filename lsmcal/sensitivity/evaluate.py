"""Outputs of a Python function at the points of a sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lsmcal.core.errors import InputError, Problem


def evaluate(
    function: Callable[[np.ndarray], float | Sequence[float]], X: np.ndarray, *, failed: tuple = (ArithmeticError,)
) -> np.ndarray:
    """Call a function at every point.

    Parameters
    ----------
    function : callable
        Takes a point, an array of n numbers, and returns a number or as many numbers every time.
    X : (points, n) array
    failed : tuple of exceptions
        What the function may raise for a run that failed: its outputs become NaN. Anything else is raised.

    Returns
    -------
    (points,) or (points, responses) array

    Raises
    ------
    InputError
        When the number of outputs changes, or every run failed.
    """
    outputs: list[np.ndarray | None] = []
    for number, point in enumerate(np.asarray(X, np.float64)):
        try:
            output = np.asarray(function(point.copy()), np.float64)
        except failed:
            outputs.append(None)
            continue
        outputs.append(output)
        first = next(one for one in outputs if one is not None)
        if output.shape != first.shape or first.ndim > 1:
            raise InputError(
                [
                    Problem(
                        "returns a changing or wrong number of outputs",
                        "evaluate",
                        "function",
                        f"point {number}",
                        str(output.shape),
                        str(first.shape[:1]),
                    )
                ]
            )
    if all(one is None for one in outputs):
        raise InputError([Problem("every run failed", "evaluate", "function")])
    shape = next(one.shape for one in outputs if one is not None)
    return np.stack([np.full(shape, np.nan) if one is None else one for one in outputs])

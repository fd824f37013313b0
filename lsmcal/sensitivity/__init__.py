"""Sensitivity of any model by STAR-VARS: sample, run, analyze.

>>> from lsmcal.sensitivity import analyze, sample
>>> problem = {"names": ["a", "b"], "bounds": [[0.0, 1.0], [0.0, 2.0]]}
>>> X = sample(problem, centers=20, seed=1)
>>> result = analyze(problem, X, X[:, 0] + 0.1 * X[:, 1] ** 2, bootstrap=100, seed=2)
>>> result.rank_vars_to.tolist()
[1, 2]
"""

from __future__ import annotations

from .analysis import analyze
from .result import Result
from .star import labels, sample

__all__ = ["Result", "analyze", "labels", "sample"]

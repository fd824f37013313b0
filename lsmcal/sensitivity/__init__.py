"""Sensitivity of any model by STAR-VARS: sample, run, analyze.

>>> from lsmcal.sensitivity import analyze, sample
>>> problem = {"names": ["a", "b"], "bounds": [[0.0, 1.0], [0.0, 2.0]]}
>>> X = sample(problem, centers=20, seed=1)
>>> result = analyze(problem, X, X[:, 0] + 0.1 * X[:, 1] ** 2, bootstrap=100, seed=2)
>>> result.rank_vars_to.tolist()
[1, 2]
"""

from __future__ import annotations

from lsmcal.sensitivity.analysis import analyze
from lsmcal.sensitivity.evaluate import evaluate
from lsmcal.sensitivity.given_data import GivenData, given_data
from lsmcal.sensitivity.grouping import Groups, group
from lsmcal.sensitivity.progress import Progress, progress
from lsmcal.sensitivity.result import Result
from lsmcal.sensitivity.star import labels, sample

__all__ = [
    "GivenData",
    "Groups",
    "Progress",
    "Result",
    "analyze",
    "evaluate",
    "given_data",
    "group",
    "labels",
    "progress",
    "sample",
]

"""Differential evolution: SciPy's own course, whole batches, invalid options."""

import numpy as np
import pytest

from lsmcal.search.engines import make
from lsmcal.search.protocol import EngineError
from tests.search.engines.following import follow
from tests.search.searches import bowl


def test_differential_evolution_is_what_scipy_does_with_the_same_start():
    """Where no point comes up twice, SciPy left to itself goes the same way."""
    from scipy.optimize import differential_evolution

    engine = make("de", 12, seed=5, batch=8, population=16)
    told = follow(engine, 8)
    losses = told.losses
    start, steps = np.sort(np.argsort(losses[:17])[:16]), []

    def objective(members):
        steps.append(members.T / 100)
        return losses[start] if len(steps) == 1 else np.array([bowl(2 * member - 1) for member in steps[-1]])

    differential_evolution(
        objective,
        [(0, 100)] * 12,
        init=told.points[start] * 100,
        seed=np.random.default_rng([5, 2]),
        maxiter=3,
        tol=0.0,
        integrality=True,
        polish=False,
        updating="deferred",
        vectorized=True,
    )
    assert len(steps) == 4
    assert np.array_equal(np.concatenate(steps[1:]), told.points[17:])


def test_populations_of_differential_evolution_are_whole_batches():
    assert make("de", 12, batch=8).population == 24
    assert make("de", 12, batch=7).population == 28
    for options, says in (({"population": 1}, "population"), ({"mutation": (1.0, 0.5)}, "mutation")):
        with pytest.raises(EngineError, match=says):
            make("de", 12, **options)

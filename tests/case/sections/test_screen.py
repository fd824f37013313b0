"""[screen]: what its numbers imply is refused before anything is sampled."""

import pytest

from lsmcal.case import case_of
from lsmcal.core import memory
from lsmcal.core.errors import InputError
from lsmcal.sensitivity import sample

CELLS = [{"name": "one", "at": [92.0, 34.0]}]


def screened(**keys):
    region = {"source": "plateau", "cells": 3}
    years = {"years": [2006, 2007]}
    content = {"region": region, "run": years, "spinup": years}
    return case_of({**content, "screen": {"cells": CELLS, "year": 2007, "keep": 2, **keys}}).screen


@pytest.mark.parametrize("delta_h", [1e-9, 1e-300, 0.6])
def test_the_distance_of_neighbours_is_limited(delta_h):
    with pytest.raises(InputError, match="screen.delta_h: is out of range"):
        screened(delta_h=delta_h)


def test_samples_are_counted():
    assert screened(parameters=["SBETA", "CZIL"], centers=3, delta_h=0.25).samples() == 3 * (2 * 3 + 1)
    with pytest.raises(InputError, match="screen.centers: make 2,997,100,000 samples"):
        screened(centers=100_000, delta_h=0.001)


def test_a_screening_that_no_memory_holds(monkeypatch):
    assert screened().memory(20) < 3e8
    monkeypatch.setattr(memory, "physical_memory", lambda: 1e7)
    with pytest.raises(InputError, match=r"a screening of 27,100 samples would need about [\d.]+ MB"):
        screened()


def test_a_sample_that_no_memory_holds(monkeypatch):
    problem = {"names": ["a", "b"], "bounds": [[0.0, 1.0]] * 2}
    with pytest.raises(InputError, match=r"a sample of 199,999,999,900 points would need about 9\.6 TB"):
        sample(problem, 100, 1e-9)

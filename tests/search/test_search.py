"""The library stands alone: nothing of the land model is loaded with it."""

import subprocess
import sys

import pytest

import lsmcal.search
from tests.search.searches import ENVIRONMENT

ALONE = """
import sys
from lsmcal.search import SearchResult, optimise

def bowl(parameters):
    return (parameters["a"] - 0.3) ** 2 + parameters["b"] ** 2

bounds = {"a": (0.0, 1.0), "b": (-1.0, 1.0)}
for engine in ("cmaes", "de", "sobol", "random"):
    result = optimise(bowl, bounds, evaluations=60, history=f"{engine}.jsonl", engine=engine)
    SearchResult.read(f"{engine}.jsonl").equifinality(), result.ensemble(), result.compensations()
goals = {"a": "minimise", "b": "maximise"}
optimise(dict, bounds, evaluations=30, engine="sobol", goals=goals).pareto_front()
print(*sys.modules)
"""


def test_a_search_loads_nothing_but_itself_and_the_core(tmp_path):
    command = [sys.executable, "-c", ALONE]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.split()
    own = {name for name in loaded if name.startswith("lsmcal.")}
    assert {"lsmcal.search.loop", "lsmcal.search.equifinality", "lsmcal.core.errors"} <= own
    assert {name.split(".")[1] for name in own} == {"core", "search"}
    assert not {"numba", "netCDF4", "pydantic", "typer", "mpi4py", "openbox"} & set(loaded)


def test_the_package_itself_loads_no_array_library(tmp_path):
    code = "import sys, lsmcal.search; print('numpy' in sys.modules, 'optimise' in dir(lsmcal.search))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True"], done.stderr


@pytest.mark.parametrize("name", lsmcal.search.__all__)
def test_public_names_are_those_of_their_modules(name):
    thing = getattr(lsmcal.search, name)
    module = lsmcal.search.engines if name == "ENGINES" else sys.modules[thing.__module__]
    assert getattr(module, name) is thing


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="no attribute 'minimise'"):
        lsmcal.search.minimise  # noqa: B018

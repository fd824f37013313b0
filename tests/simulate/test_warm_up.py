"""Kernels are compiled by one rank where all share the cache, by one on every node where they do not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulate.test_region_parallel import _MPIEXEC, ROOT

#: Each rank's cache is named by its node, as MPICH takes them apart for tests: even and odd ranks.
_RANK = """
import json, os, sys
from pathlib import Path
own, folder = sys.argv[1] == "own", Path(sys.argv[2])
os.environ["LSMCAL_CACHE"] = str(folder / f"cache-{int(os.environ['PMI_RANK']) % 2 if own else 0}")
sys.path.insert(0, str(folder))
import numpy as np
from lsmcal.noah.runtime.jit import CACHE_FOLDER
from lsmcal.parallel.launch import launched_world
from lsmcal.parallel.warm_up import one_first
from small_kernel import twice
world, acted = launched_world(), []
def act():
    twice(np.ones(3))
    acted.append(True)
one_first(world, CACHE_FOLDER, act)
values = np.ones(3)
twice(values)
found = {"compiled": sum(twice.stats.cache_misses.values()), "loaded": sum(twice.stats.cache_hits.values()),
         "acted": len(acted), "right": bool((values == 2.0).all()), "left": len(list(CACHE_FOLDER.glob(".seen*")))}
(folder / f"{world.rank}.json").write_text(json.dumps(found))
"""
_KERNEL = """
from lsmcal.noah.runtime.jit import kernel
@kernel
def twice(values):
    for i in range(values.size):
        values[i] *= 2.0
"""
#: What a run needs beyond what was touched: names of kernels that got further machine code.
_COVERED = """
import gc, json, sys
from pathlib import Path
from numba.core.dispatcher import Dispatcher
from lsmcal.case import load_case
from lsmcal.cli.main import app
from lsmcal.simulate.setup import region_of
from lsmcal.simulate.warm_up import touch_kernels
def known():
    return {id(item): (item.py_func.__name__, len(item.signatures)) for item in gc.get_objects()
            if isinstance(item, Dispatcher) and item.signatures}
folder = sys.argv[1]
touch_kernels(region_of(load_case(folder)))
before = known()
try:
    app(["run", folder, "--quiet"])
except SystemExit as end:
    assert not end.code
more = [name for key, (name, count) in known().items() if before.get(key, (name, 0))[1] < count]
print(json.dumps({"touched": len(before), "more": more}))
"""


def ranks(folder: Path, count: int, caches: str, **environment: str) -> list[dict]:
    """What each rank did."""
    if _MPIEXEC is None:
        pytest.skip("no mpiexec: install the extra mpich")
    (folder / "small_kernel.py").write_text(_KERNEL)
    command = [_MPIEXEC, "-n", str(count), sys.executable, "-c", _RANK, caches, str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = [json.loads((folder / f"{rank}.json").read_text()) for rank in range(count)]
    assert all(one["right"] and not one["left"] for one in found)
    return found


def test_one_rank_compiles_for_all_that_share_the_cache(tmp_path):
    found = ranks(tmp_path, 3, "shared", MPIR_CVAR_ODD_EVEN_CLIQUES="1")
    assert [one["compiled"] for one in found] == [one["acted"] for one in found] == [1, 0, 0]
    assert [one["loaded"] for one in found] == [0, 1, 1]


def test_one_rank_of_every_node_compiles_into_a_cache_of_its_own(tmp_path):
    found = ranks(tmp_path, 4, "own", MPIR_CVAR_ODD_EVEN_CLIQUES="1")
    if [one["acted"] for one in found] == [1, 0, 0, 0]:
        pytest.skip("this MPI cannot take ranks of one machine for those of two")
    assert [one["compiled"] for one in found] == [1, 1, 0, 0]
    assert [one["loaded"] for one in found] == [0, 0, 1, 1]


def test_a_run_needs_no_kernel_that_was_not_touched(tmp_path):
    from tests.region_cases import PLATEAU

    (tmp_path / "case.toml").write_text(PLATEAU.replace("[1979, 1980]", "[1979, 1979]"))
    done = subprocess.run(
        [sys.executable, "-c", _COVERED, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["touched"] >= 2 and found["more"] == []

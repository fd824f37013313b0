"""One rank acts for all that see what it leaves: one where all share a folder, one on every node where they do not."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.parallel.ranks import ROOT, launched

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


def ranks(folder: Path, count: int, caches: str, **environment: str) -> list[dict]:
    """What each rank did."""
    (folder / "small_kernel.py").write_text(_KERNEL)
    command = launched(count, "-c", _RANK, caches, folder)
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    found = [json.loads((folder / f"{rank}.json").read_text()) for rank in range(count)]
    assert all(one["right"] and not one["left"] for one in found)
    return found


def test_one_rank_compiles_for_all_that_share_the_cache(tmp_path):
    found = ranks(tmp_path, 2, "shared", MPIR_CVAR_ODD_EVEN_CLIQUES="1")
    assert [one["compiled"] for one in found] == [one["acted"] for one in found] == [1, 0]
    assert [one["loaded"] for one in found] == [0, 1]


def test_one_rank_of_every_node_compiles_into_a_cache_of_its_own(tmp_path):
    found = ranks(tmp_path, 3, "own", MPIR_CVAR_ODD_EVEN_CLIQUES="1")
    if [one["acted"] for one in found] == [1, 0, 0]:
        pytest.skip("this MPI cannot take ranks of one machine for those of two")
    assert [one["compiled"] for one in found] == [1, 1, 0]
    assert [one["loaded"] for one in found] == [0, 0, 1]

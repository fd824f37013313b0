"""The speed benchmark runs and reports what it promises."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from lsmcal.noah.runtime.state import COLUMN, LAYER

ROOT = Path(__file__).resolve().parents[2]
GROUPS = {"exchange", "surface", "canopy", "snow", "water", "heat", "ledger", "statistics"}


def run(*arguments: str, **environment: str) -> str:
    """Standard output of a fresh interpreter in the project's folder."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_rows_cover_every_combination():
    found = json.loads(run("-m", "benchmarks.column", "--json", "--quick", "--reference-ns", "7000"))
    seen = {(row["climate"], row["columns"], row["threads"]) for row in found["rows"]}
    assert seen == {(c, n, t) for c in ("cold", "warm", "snowy") for n in (1, 64, 4096) for t in (1, 2)}
    assert len(found["rows"]) == len(seen)
    for row in found["rows"]:
        assert row["layers"] == 18
        assert row["reference_over_ours"] == round(7000.0 / row["ns_per_column_step"], 2)
    # lanes of a block share its cost: a column among many costs a fraction of a lone one
    cold = {}  # the faster of one thread and two: other work on the machine slows some
    for row in (row for row in found["rows"] if row["climate"] == "cold"):
        taken = row["ns_per_column_step"]
        cold[row["columns"]] = min(taken, cold.get(row["columns"], taken))
    assert cold[64] < 0.5 * cold[1]
    groups = found["process_groups_ns_per_column_step"]
    assert set(groups) == {"cold", "warm", "snowy"}
    assert all(set(costs) == GROUPS and costs["heat"] > 0.0 for costs in groups.values())
    # the same step by two clocks, the whole run and the sum of its processes, in the same unit
    assert 0.05 < sum(groups["cold"].values()) / cold[64] < 20.0
    numbers = len(COLUMN.names) + 18 * len(LAYER.names)
    assert found["memory"]["bytes_per_column"] == 8 * numbers
    assert found["memory"]["forcing_bytes_per_column_year"] >= 4 * 8 * 365 * 8
    begun = time.perf_counter()
    run("-c", "import numba")
    assert 0.1 < found["start_seconds"]["import_numba"] / (time.perf_counter() - begun) < 10.0


def test_the_workloads_are_what_their_names_say():
    code = """
from benchmarks.climates import Year, workload
for name in ("cold", "warm", "snowy"):
    work = workload(Year(name, "ji2026"), 384, 1)
    state = work.blocks.get(["snow_water"], ["temperature", "water", "liquid"])
    frozen = (state["water"] - state["liquid"] > 0.01).mean()
    print(frozen, (state["snow_water"] > 0.001).mean())
"""
    cold, warm, snowy = ([float(word) for word in line.split()] for line in run("-c", code).splitlines())
    assert cold[0] > 0.6
    assert warm == [0.0, 0.0]
    assert snowy[1] > 0.3

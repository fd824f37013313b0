"""The benchmark of regions runs and reports what it promises."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import region as benchmark
from tests.region_cases import MPIEXEC

ROOT = Path(__file__).resolve().parents[2]


def rows_of(*parts):
    command = [sys.executable, "-m", "benchmarks.region", "--json", "--quick", "--parts", *parts]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["machine"] and set(found["sizes"]) == set(parts)
    return {row["what"]: row for row in found["rows"]}


def test_rates_of_ways_to_weather():
    rows = rows_of("rate")
    rates = {name: row["value"] for name, row in rows.items() if row["unit"] == "column-steps/s"}
    ways = {"packed weather", "packed, read from the disk", "generated weather"}
    assert set(rates) == {"kernel, weather in memory", *ways}
    assert all(1e4 < rate < 1e8 for rate in rates.values())
    for name in ways:
        share = rows[f"{name}, of the kernel's rate"]
        assert share["value"] == pytest.approx(100.0 * rates[name] / rates["kernel, weather in memory"], rel=0.01)
        assert share["passed"] == (share["value"] >= 80.0 if name.startswith("packed") else None)


@pytest.mark.skipif(MPIEXEC is None, reason="no mpiexec: install the extra mpich")
def test_two_ranks_beside_one_process():
    rows = rows_of("ranks")
    efficiency = rows["efficiency at two ranks"]
    assert efficiency["value"] == pytest.approx(
        50.0 * rows["one process"]["value"] / rows["two ranks"]["value"], rel=0.01
    )
    assert efficiency["requirement"] == ">= 90 %"


def test_cost_of_a_kill(tmp_path):
    case = tmp_path / "case.toml"
    settings = {"cells": 50, "method": "fixed", "cycles": 2, "last": 1980}
    case.write_text(benchmark.CASE.format(**settings, more="years = [1979, 1979]"))
    units = [("cycle", 0.0, 0.05)] * 4 + [("year", 0.0, 0.05)] * 4  # of two blocks, as if it had not been killed
    used = 2.0
    once, written = benchmark.restart_seconds(tmp_path, case, units, used, [0.7])
    first, second = (benchmark.notes_of(tmp_path / f"log-{name}") for name in (0, 1))
    assert (tmp_path / "output" / "region.nc").is_file()
    kinds = [kind for kind, _, _ in first + second]
    assert kinds.count("cycle") >= 4 and kinds.count("year") >= 4 and kinds.count("put") >= 4
    assert kinds.count("cycle") + kinds.count("year") - 8 <= 4  # a piece is two cycles or two years
    assert all(begun <= end for _, begun, end in first + second)
    assert len([kind for kind, _, _ in first if kind in ("cycle", "year")]) < 8  # it was killed on the way
    assert 0.2 < once < 20.0 and 0.0 < written < once  # the program is loaded again, and some work done again
    rows = {row["what"]: row for row in benchmark.restart_rows(once, written, used)}
    assert rows["a kill and resumption, of this run"]["value"] == pytest.approx(100.0 * once / used, rel=0.01)


def test_table(capsys):
    rows = [
        benchmark.row("fast", 91.0, "%", 90.0),
        benchmark.row("slow", 26.0, "%", 25.0, at_most=True),
        benchmark.row("size", 2500.0, "MB"),
    ]
    assert [row["passed"] for row in rows] == [True, False, None]
    benchmark.print_table({"machine": "a", "rows": [{**row, "load": 0.5} for row in rows]})
    lines = capsys.readouterr().out.splitlines()
    assert "pass" in lines[-3] and ">= 90 %" in lines[-3] and "FAIL" in lines[-2] and "2,500" in lines[-1]

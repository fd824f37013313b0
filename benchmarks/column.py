"""Speed of the column: ``python -m benchmarks.column [--json] [--quick] [--preset NAME] [--reference-ns X]``.

Prints nanoseconds per column-step for three climates, numbers of columns and threads; what each group of processes
takes; memory; and the time to a first result with nothing compiled and with everything compiled.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.climates import LAYERS, PLACES, STEP, Workload, Year, workload
from benchmarks.processes import process_costs
from lsmcal.noah.integrate import integrate
from lsmcal.noah.parameters.options import PRESETS
from lsmcal.noah.runtime.jit import LANES
from lsmcal.noah.statistics import Annual
from lsmcal.simulate.results import ANNUAL_FIELDS

SIZES = (1, 64, 4096)
THREADS = (1, 2)
_LEAST_STEPS, _LEAST_STEPS_QUICK = 240, 8
_REPEATS, _REPEATS_QUICK = 5, 2
#: What a fresh process does until it holds the first numbers of a column.
_FIRST_RESULT = (
    "from benchmarks.climates import Year; from lsmcal.noah.integrate import integrate\n"
    "year = Year('cold', 'ji2026')\n"
    "print(year.blocks.column_field('skin_temperature')[0])\n"
)
#: A month of one column without spin-up: what `lsmcal run` costs besides the model.
_MONTH = """
[site]
latitude = 35.0
longitude = 93.0
elevation = 4600.0
vegetation = "grassland"
soil = "loam"
[forcing]
format = "generator"
years = [2001, 2001]
[spinup]
method = "none"
[run]
start = "2001-01-01"
end = "2001-01-31"
"""
_RUN_MONTH = "from lsmcal.cli.main import main; import sys; sys.argv = ['lsmcal', 'run', {!r}, '--quiet']; main()"


def time_run(work: Workload, threads: int, repeats: int) -> float:
    """Median time of a run with its yearly statistics, ns per column-step."""
    taken = []
    for _ in range(repeats):
        blocks = work.blocks.copy()
        annual = Annual(blocks, np.zeros(len(work.drivers), int), column=ANNUAL_FIELDS)
        start = time.perf_counter_ns()
        integrate(blocks, work.drivers, work.options, annual=annual, threads=threads)
        taken.append((time.perf_counter_ns() - start) / work.column_steps)
    return statistics.median(taken)


def measure_climate(name: str, preset: str, quick: bool) -> tuple[list[dict], dict]:
    """Rows of one climate, and its process groups."""
    least, repeats = (_LEAST_STEPS_QUICK, _REPEATS_QUICK) if quick else (_LEAST_STEPS, _REPEATS)
    year = Year(name, preset, spinup_days=90 if quick else 365)
    rows = []
    for columns in SIZES:
        work = workload(year, columns, least)
        time_run(work, 1, 1)
        for threads in THREADS:
            taken = time_run(work, threads, repeats)
            keys = {"layers": LAYERS, "climate": name, "columns": columns, "threads": threads}
            rows.append(keys | {"ns_per_column_step": round(taken, 1), "preset": preset})
    seasons = workload(year, (2 if quick else 12) * LANES, 8)
    groups = process_costs(seasons, 20 if quick else 200, repeats)
    return rows, {key: round(cost, 1) for key, cost in groups.items()}


def measure_memory() -> dict[str, float]:
    """Bytes a column holds: state, parameters and work space; and a year of forcing of its own."""
    year = Year("cold", "ji2026")
    return {
        "bytes_per_column": year.blocks.nbytes / year.blocks.columns,
        "forcing_bytes_per_column_year": year.part(0, len(year.forcing)).forcing.nbytes / LANES,
    }


def _wall(code: str, cache: str) -> float:
    """Seconds a fresh interpreter takes for some code."""
    environment = os.environ | {"LSMCAL_CACHE": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def measure_start(quick: bool) -> dict[str, float]:
    """Seconds to a first result and of ``lsmcal run``, cold and warm, beside a bare import of numba."""
    with tempfile.TemporaryDirectory() as folder:
        case = Path(folder) / "case.toml"
        case.write_text(_MONTH, encoding="utf-8")
        month = _RUN_MONTH.format(str(case))
        found = {"import_numba": statistics.median(_wall("import numba", folder) for _ in range(1 if quick else 5))}
        if not quick:
            found["first_result_cold_cache"] = _wall(_FIRST_RESULT, folder)
            found["first_result_warm_cache"] = statistics.median(_wall(_FIRST_RESULT, folder) for _ in range(5))
            _wall(month, folder)
            found["lsmcal_run_warm_cache"] = statistics.median(_wall(month, folder) for _ in range(5))
    return {name: round(seconds, 2) for name, seconds in found.items()}


def measure(preset: str, quick: bool) -> dict:
    """Everything, as the object that ``--json`` prints."""
    rows, groups = [], {}
    for name in PLACES:
        found, groups[name] = measure_climate(name, preset, quick)
        rows += found
    return {
        "rows": rows,
        "process_groups_ns_per_column_step": groups,
        "memory": measure_memory(),
        "start_seconds": measure_start(quick),
        "lanes": LANES,
        "step_seconds": STEP,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
    }


def print_tables(found: dict, reference_ns: float | None) -> None:
    """The measurements as text."""
    print(f"{LAYERS} layers, {found['machine']}; ns per column-step with yearly statistics\n")
    print(f"{'climate':8} {'columns':>8} {'threads':>8} {'ns':>9}" + ("   reference / ours" if reference_ns else ""))
    for row in found["rows"]:
        ratio = f"{reference_ns / row['ns_per_column_step']:12.1f}" if reference_ns else ""
        print(f"{row['climate']:8} {row['columns']:8} {row['threads']:8} {row['ns_per_column_step']:9.0f}{ratio}")
    groups = found["process_groups_ns_per_column_step"]
    print(f"\n{'process':12}" + "".join(f"{climate:>9}" for climate in groups))
    for name in next(iter(groups.values())):
        print(f"{name:12}" + "".join(f"{group[name]:9.0f}" for group in groups.values()))
    print(f"{'sum':12}" + "".join(f"{sum(group.values()):9.0f}" for group in groups.values()))
    memory = found["memory"]
    print(f"\nmemory a column: {memory['bytes_per_column'] / 1024:.1f} KiB", end="")
    print(f", and {memory['forcing_bytes_per_column_year'] / 1024:.0f} KiB a year of forcing of its own")
    for name, seconds in found["start_seconds"].items():
        print(f"{name.replace('_', ' ')}: {seconds:.2f} s")


def main(arguments: list[str] | None = None) -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.column", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="few steps; numbers are rough")
    parser.add_argument("--preset", choices=sorted(PRESETS), default="ji2026", help="options of the model")
    parser.add_argument("--reference-ns", type=float, help="time of another model, to print the ratio to")
    given = parser.parse_args(arguments)
    found = measure(given.preset, given.quick)
    if given.reference_ns:
        for row in found["rows"]:
            row["reference_over_ours"] = round(given.reference_ns / row["ns_per_column_step"], 2)
    if given.json:
        print(json.dumps(found))
    else:
        print_tables(found, given.reference_ns)


if __name__ == "__main__":
    main()

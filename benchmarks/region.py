"""Speed of a region: ``python -m benchmarks.region [--json] [--quick] [--parts NAME ...]``.

Column-steps a second from packed and from generated weather beside the kernel's own rate, two ranks beside one process,
memory of a cell, what a kill and a resumption cost, and ``lsmcal plan`` beside the run it predicts. Seconds on the
clock tell of an idle machine only; where several processes share it the processor's time is printed too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.region_worker import bench_region, first_states
from lsmcal.inputs.gridded.pack import pack_forcing
from lsmcal.noah.integrate import integrate
from lsmcal.noah.statistics import Annual
from lsmcal.simulate.region import Region
from lsmcal.simulate.results import ANNUAL_FIELDS
from lsmcal.simulate.state import load_state
from lsmcal.simulate.warm_up import touch_kernels
from lsmcal.simulate.years import Job, run_region

ROOT = Path(__file__).resolve().parents[1]
_BESIDE_PYTHON = str(Path(sys.executable).parent)
#: Cells, years and repetitions of each part; the rough ones of ``--quick`` after them.
SIZES = {
    "rate": ({"cells": 128, "years": 8, "repeats": 5}, {"cells": 50, "years": 1, "repeats": 1}),
    "ranks": ({"cells": 640, "years": 4, "repeats": 3}, {"cells": 64, "years": 1, "repeats": 1}),
    "memory": ({"few": 256, "many": 2048}, {"few": 50, "many": 96}),
    "whole": ({"cells": 200, "years": 40, "seconds": 10}, {"cells": 50, "years": 1, "seconds": 1}),
}
#: What must be reached: at least (or, for the last two, at most) so many percent.
PACKED, RANKS, RESTART, PLANNED = 80.0, 90.0, 2.0, 25.0
CASE = """
[case]
name = "plateau"
[region]
source = "plateau"
cells = {cells}
seed = 1
[spinup]
method = "{method}"
cycles = {cycles}
{more}
[run]
years = [1979, {last}]
"""


def row(what: str, value: float, unit: str, limit: float | None = None, at_most: bool = False) -> dict:
    """A line of the table; ``passed`` is None where nothing is required."""
    passed = None if limit is None else bool(value <= limit if at_most else value >= limit)
    sign = "" if limit is None else f"{'<=' if at_most else '>='} {limit:g} {unit}"
    return {"what": what, "value": float(f"{value:.4g}"), "unit": unit, "requirement": sign, "passed": passed}


# -- column-steps a second ----------------------------------------------------------------------------------------
def kernel_run(region: Region, states: list, drivers: list) -> None:
    """The columns over their years, weather and yearly statistics in memory."""
    for index, state, years in zip(region.pieces, states, drivers, strict=True):
        blocks = region.columns(index).blocks
        load_state(blocks, state)
        for one in years:
            annual = Annual(blocks, np.zeros(len(one), int), column=ANNUAL_FIELDS)
            integrate(blocks, one, region.choices.kernel_options(), annual=annual)


def whole_run(region: Region, states: list, folder: Path) -> None:
    """The same by the code of a region's run: weather, statistics and checkpoints included."""
    run_region(region, states.__getitem__, folder, {}, Job()).remove()


def forget(folder: Path) -> None:
    """Let the system drop a folder's files from its cache, so that they are read from the disk again."""
    for path in folder.glob("*.bin"):
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure_rate(folder: Path, cells: int, years: int, repeats: int) -> list[dict]:
    """The kernel and the ways to weather, in turn."""
    made = bench_region(cells, years)
    touch_kernels(made)
    pack_forcing(made.weather, made.domain, folder / "packed")
    states, steps = first_states(made), made.steps_of(*made.years)[1]
    drivers = [
        [made.drivers(index, *made.steps_of(year, year)) for year in range(made.years[0], made.years[1] + 1)]
        for index in made.pieces
    ]

    def packed() -> None:  # opened anew: its checksums are compared every time
        whole_run(bench_region(cells, years, folder / "packed"), states, folder / "run")

    def from_disk() -> None:
        forget(folder / "packed")
        packed()

    ways = {
        "kernel, weather in memory": lambda: kernel_run(made, states, drivers),
        "packed weather": packed,
        "packed, read from the disk": from_disk,
        "generated weather": lambda: whole_run(made, states, folder / "run"),
    }
    taken = in_turn(ways, repeats)
    own, own_used = taken["kernel, weather in memory"]
    rows = [row(name, cells * steps / seconds, "column-steps/s") for name, (seconds, _) in taken.items()]
    for name, (seconds, used) in list(taken.items())[1:]:
        limit = PACKED if name.startswith("packed") else None
        rows.append(row(f"{name}, of the kernel's rate", 100.0 * own / seconds, "%", limit))
        rows.append(row("  by the processor's time", 100.0 * own_used / used, "%"))
    return rows


def in_turn(ways: dict[str, Callable[[], None]], repeats: int) -> dict[str, list[float]]:
    """Seconds and processor's time, the median of each way, taken in turn: what else runs here falls on all of them."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            begun, used = time.perf_counter(), time.process_time()
            way()
            taken[name].append((time.perf_counter() - begun, time.process_time() - used))
    return {name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in taken.items()}


# -- other processes ----------------------------------------------------------------------------------------------
def worker(*words: object, ranks: int = 0) -> list[str]:
    """Command line of a process of its own."""
    path = os.pathsep.join([_BESIDE_PYTHON, os.environ.get("PATH", "")])
    launcher = [shutil.which("mpiexec", path=path) or "mpiexec", "-n", str(ranks)] if ranks else []
    return [*launcher, sys.executable, "-m", "benchmarks.region_worker", *map(str, words)]


def told(command: list[str]) -> dict:
    """What such a process prints."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def measure_ranks(folder: Path, cells: int, years: int, repeats: int) -> list[dict]:
    """Two ranks beside one process, the computing part of both."""
    found: dict[int, list[dict]] = {0: [], 2: []}
    for turn in range(repeats):
        for ranks, results in found.items():
            results.append(told(worker("years", cells, years, folder / f"{turn}-{ranks}", ranks=ranks)))
    wall, used = (
        [statistics.median(one[key] for one in found[ranks]) for ranks in (0, 2)] for key in ("seconds", "cpu_seconds")
    )
    return [
        row("one process", wall[0], "s"),
        row("two ranks", wall[1], "s"),
        row("efficiency at two ranks", 50.0 * wall[0] / wall[1], "%", RANKS),
        row("  by the processor's time", 100.0 * used[0] / used[1], "%"),
    ]


def measure_memory(folder: Path, few: int, many: int) -> list[dict]:
    """Most memory of a rank against the number of cells."""
    held = [told(worker("memory", cells, folder / str(cells)))["bytes"] for cells in (few, many)]
    each = max(held[1] - held[0], 0) / (many - few)
    return [
        row(f"memory of a rank, {few} cells", held[0] / 1e6, "MB"),
        row("memory of one more cell", each / 1e3, "kB"),
    ]


# -- a whole run: the plan beside it, and what a kill costs --------------------------------------------------------
def cpu_of(command: list[str], kill_at: float | None = None) -> float:
    """Seconds of the processor a command takes; killed without warning when it has used so many."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    tick = os.sysconf("SC_CLK_TCK")
    while kill_at is not None and process.poll() is None:
        used = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        if sum(map(int, used)) / tick >= kill_at:
            process.kill()
            break
        time.sleep(0.02)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode and kill_at is None:
        raise SystemExit(said.decode())
    return usage.ru_utime + usage.ru_stime


def notes_of(log: Path) -> list[tuple[str, float, float]]:
    """Kind, beginning and end of everything that was noted in a log."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    parts = (line.split() for line in lines)
    return [(kind, float(begun), float(end)) for kind, begun, end in parts]


def restart_seconds(folder: Path, case: Path, whole: list, used: float, kills: list[float]) -> tuple[float, float]:
    """Seconds of the processor that a kill and resumption cost on average, and those of all checkpoints.

    Counted are cycles and years done twice, what was cut off, loading the program again, and reading what was there.
    """
    logs = []
    for number, share in enumerate([*kills, None]):
        log = folder / f"log-{number}"
        spent = sum(one[2][-1][2] for one in logs)
        at = None if share is None else max(share * used - spent, 0.1)
        taken = cpu_of(worker("lsmcal", log, "run", case, "--quiet"), at)
        logs.append((taken, at is not None, notes_of(log) or [("none", 0.0, 0.0)]))
    cost = 0.0
    for number, (taken, killed, notes) in enumerate(logs):
        cost += (taken - notes[-1][2]) * killed  # begun and cut off
        cost += notes[0][1] * (number > 0)  # until work goes on
    for kind in ("cycle", "year"):
        each = [end - begun for name, begun, end in whole if name == kind]
        count = sum(name == kind for _, _, notes in logs for name, _, _ in notes)
        cost += (count - len(each)) * statistics.mean(each)
    written = sum(end - begun for _, _, notes in logs for name, begun, end in notes if name == "put")
    return cost / len(kills), written


def measure_whole(folder: Path, cells: int, years: int, seconds: int) -> list[dict]:
    """Plan beside run of the demonstration's plateau, accelerated and fixed; kills of the accelerated one."""
    rows = []
    for method in ("accelerated", "fixed"):
        place = folder / method
        place.mkdir()
        case = place / "case.toml"
        more = "years = [1979, 1979]\nmax_cycles = 6" if years == 1 else ""
        settings = {"cells": cells, "method": method, "cycles": 8, "last": 1978 + years, "more": more}
        case.write_text(CASE.format(**settings), encoding="utf-8")
        command = [sys.executable, "-c", "from lsmcal.cli.main import main; main()", "plan", str(case), "--json"]
        command += ["--seconds", str(seconds)]
        planned = 3600.0 * next(iter(told(command).values()))["core_hours"]
        used = cpu_of(worker("lsmcal", place / "log", "run", case, "--quiet"))
        off = 100.0 * abs(planned / used - 1.0)
        rows += [
            row(f"plan of the run, {method}", planned, "s"),
            row(f"the run, {method}", used, "s"),
            row(f"the plan is off, {method}", off, "%", PLANNED, at_most=True),
        ]
        if method == "accelerated":
            whole = notes_of(place / "log")
            shutil.rmtree(place / "output")
            once, written = restart_seconds(place, case, whole, used, [0.35, 0.8])
            rows += restart_rows(once, written, used)
    return rows


def restart_rows(once: float, written: float, used: float) -> list[dict]:
    """What restarts cost, of the run that was measured and of a longer one."""
    return [
        row("checkpoints written, of the run", 100.0 * written / used, "%", RESTART, at_most=True),
        row("a kill and resumption", once, "s"),
        row("a kill and resumption, of this run", 100.0 * once / used, "%"),
        row("checkpoints and a kill an hour", 100.0 * (written / used + once / 3600.0), "%", RESTART, at_most=True),
    ]


PARTS = {"rate": measure_rate, "ranks": measure_ranks, "memory": measure_memory, "whole": measure_whole}


def measure(parts: list[str], quick: bool) -> dict:
    """Everything, as the object that ``--json`` prints."""
    rows = []
    for part in parts:
        with tempfile.TemporaryDirectory(prefix="lsmcal-region-") as name:
            load = os.getloadavg()[0]
            found = PARTS[part](Path(name), **SIZES[part][quick])
        rows += [{"part": part, **one, "load": round(load, 1)} for one in found]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return {"rows": rows, "machine": machine, "sizes": {part: SIZES[part][quick] for part in parts}}


def print_table(found: dict) -> None:
    """The measurements as text."""
    print(f"{found['machine']}; processes waiting for a core before each part (load) in the last column\n")
    print(f"{'':52} {'':>12} {'':14} {'requirement':12} {'':6} load")
    for one in found["rows"]:
        word = {None: "", True: "pass", False: "FAIL"}[one["passed"]]
        value = f"{one['value']:,.0f}" if one["value"] >= 1000.0 else f"{one['value']:.3g}"
        print(f"{one['what']:52} {value:>12} {one['unit']:14} {one['requirement']:12} {word:6} {one['load']}")


def main(arguments: list[str] | None = None) -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.region", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="few cells and steps; numbers are rough")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="only these")
    given = parser.parse_args(arguments)
    found = measure(given.parts, given.quick)
    if given.json:
        print(json.dumps(found))
    else:
        print_table(found)


if __name__ == "__main__":
    main()

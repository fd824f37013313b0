"""Speed of packing a region's weather by cell, and of reading it back: ``python -m benchmarks.pack``.

Files in the CMFD layout (one variable a month, packed short) are generated in a temporary folder, plain and deflated,
packed and read again from the page cache. "MB" are 10^6 bytes; ``in`` counts the bytes of the files, ``out`` those of
the cache.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.forcing_files import weather, write_cmfd
from lsmcal.inputs.gridded.pack import pack_forcing
from lsmcal.inputs.gridded.packed import PackedForcing
from lsmcal.inputs.gridded.packed_header import LANES
from lsmcal.inputs.gridded.protocol import Places
from lsmcal.inputs.gridded.source import GriddedForcing, open_gridded
from lsmcal.inputs.gridded.spec import GriddedSpec

_STORAGE = {"plain": {}, "deflated": {"zlib": True, "complevel": 4, "shuffle": True}}


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _region(side: int, folder: Path, years: int) -> tuple[Places, Path]:
    """Cells of a square grid and, below the folder, its files in each way of storage, made month by month."""
    longitude, latitude = 85.05 + 0.1 * np.arange(side), 30.05 + 0.1 * np.arange(side)
    for month in np.arange("1979-01", f"{1979 + years}-01", dtype="datetime64[M]"):
        made = weather(longitude, latitude, str(month), str(month + 1), seed=int(month.astype(int)))
        for name, storage in _STORAGE.items():
            (folder / name).mkdir(exist_ok=True)
            write_cmfd(made, folder / name, **storage)
    north, east = np.meshgrid(latitude, longitude, indexing="ij")
    return Places(made.cell, east.ravel(), north.ravel(), np.full(east.size, np.nan)), folder


def _pack_row(storage: str, cells: Places, folder: Path, memory: float) -> tuple[dict, PackedForcing, GriddedForcing]:
    files = folder / storage
    size = sum(path.stat().st_size for path in files.iterdir())
    opening = time.perf_counter()
    source = open_gridded(GriddedSpec("cmfd", files), cells)
    opening = time.perf_counter() - opening
    target = folder / f"packed-{storage}-{memory:g}"
    seconds = _seconds(lambda: pack_forcing(source, cells, target, memory))
    packed = PackedForcing(target)
    row = {
        "what": "pack",
        "storage": storage,
        "memory_MB": memory,
        "cells": len(cells),
        "steps": packed.time.size,
        "MB_in": round(size / 1e6, 1),
        "MB_out": round(packed.nbytes / 1e6, 1),
        "seconds": round(seconds, 3),
        "seconds_to_open": round(opening, 3),
        "MB_in_per_s": round(size / 1e6 / seconds, 1),
        "MB_out_per_s": round(packed.nbytes / 1e6 / seconds, 1),
    }
    return row, packed, source


def _read_rows(cells: Places, packed: PackedForcing, source: GriddedForcing, repeats: int) -> list[dict]:
    """The cache by pieces of some cells and by blocks in the kernel's order, its check, and one block of the files."""
    steps, count = packed.time.size, len(cells)
    blocks = count // LANES

    def by_cells(width: int) -> Callable[[], None]:
        def read() -> None:
            for first in range(0, blocks * LANES, width):
                packed.read(cells.cell[first : first + width], 0, steps)

        return read

    def by_blocks() -> None:
        for block in range(blocks):
            packed.read_blocks(block, block + 1, 0, steps)

    size = blocks * LANES * steps * 32
    ways = {f"read {width} cells": (by_cells(width), size) for width in (LANES, 8 * LANES)}
    ways["read blocks"] = by_blocks, size
    ways["verify"] = packed.verify, packed.nbytes
    ways["read 32 cells of the files"] = lambda: source.read(cells.cell[:LANES], 0, steps), LANES * steps * 32
    rows = []
    for what, (call, amount) in ways.items():
        seconds = min(_seconds(call) for _ in range(1 if what.endswith("files") else repeats))
        size = amount / 1e6
        speed = round(size / seconds, 1)
        rows.append({"what": what, "MB_out": round(size, 1), "seconds": round(seconds, 4), "MB_out_per_s": speed})
    return rows


def measure(side: int, years: int, memories: list[float], repeats: int, folder: Path | None) -> dict:
    """Everything, as the object that ``--json`` prints."""
    place = Path(tempfile.mkdtemp(prefix="lsmcal-pack-", dir=folder))
    try:
        cells, files = _region(side, place, years)
        rows = []
        for storage in _STORAGE:
            for memory in memories:
                row, packed, source = _pack_row(storage, cells, files, memory)
                rows.append(row)
        rows += _read_rows(cells, packed, source, repeats)
    finally:
        shutil.rmtree(place)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return {"rows": rows, "machine": machine, "side": side, "years": years}


def print_tables(found: dict) -> None:
    """The measurements as text."""
    print(f"{found['side'] ** 2} cells, {found['years']} years of 3 h; {found['machine']}\n")
    print(f"{'files':10} {'memory MB':>9} {'MB in':>8} {'MB out':>8} {'s':>7} {'in MB/s':>8} {'out MB/s':>9}")
    for row in found["rows"]:
        if row["what"] == "pack":
            print(
                f"{row['storage']:10} {row['memory_MB']:9g} {row['MB_in']:8.0f} {row['MB_out']:8.0f} "
                f"{row['seconds']:7.2f} {row['MB_in_per_s']:8.0f} {row['MB_out_per_s']:9.0f}"
            )
    print(f"\n{'from the page cache':28} {'MB':>8} {'s':>8} {'MB/s':>8}")
    for row in found["rows"]:
        if row["what"] != "pack":
            print(f"{row['what']:28} {row['MB_out']:8.0f} {row['seconds']:8.3f} {row['MB_out_per_s']:8.0f}")


def main(arguments: list[str] | None = None) -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pack", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--side", type=int, default=80, help="cells along a side of the region")
    parser.add_argument("--years", type=int, default=1, help="years of weather")
    parser.add_argument("--memory", type=float, nargs="+", default=[400.0, 100.0], help="MB granted, one run each")
    parser.add_argument("--repeats", type=int, default=3, help="reading: the best of so many")
    parser.add_argument("--folder", type=Path, help="where to make the files, instead of the temporary folder")
    given = parser.parse_args(arguments)
    found = measure(given.side, given.years, given.memory, given.repeats, given.folder)
    if given.json:
        print(json.dumps(found))
    else:
        print_tables(found)


if __name__ == "__main__":
    main()

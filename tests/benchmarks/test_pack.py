"""The benchmark of packing runs and reports what it promises."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_rows_of_packing_and_reading(tmp_path):
    command = [sys.executable, "-m", "benchmarks.pack", "--json", "--side", "8", "--repeats", "1"]
    command += ["--memory", "2", "20", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    packing = [row for row in rows if row["what"] == "pack"]
    kinds = {(row["storage"], row["memory_MB"]) for row in packing}
    assert kinds == {(storage, memory) for storage in ("plain", "deflated") for memory in (2.0, 20.0)}
    for row in packing:
        assert row["cells"] == 64 and row["steps"] == 2920
        # two blocks of a year, with their digests; seven packed variables of two bytes in the files, and headers
        assert row["MB_out"] == round((2 * 2920 * 8 * 32 * 4 + 64) / 1e6, 1)
        assert row["MB_in"] > 7 * 2 * 64 * 2920 / 1e6 or row["storage"] == "deflated"
    speed = {row["what"]: row["MB_out_per_s"] for row in rows if row["what"] != "pack"}
    assert set(speed) == {"read 32 cells", "read 256 cells", "read blocks", "verify", "read 32 cells of the files"}
    assert speed["read blocks"] > 10.0 * speed["read 32 cells of the files"]  # what packing is for
    assert not any(tmp_path.iterdir())

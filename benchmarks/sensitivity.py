"""Speed of the sensitivity analysis: a screening of 30 parameters, and VARS-TOOL beside it.

``python -m benchmarks.sensitivity`` analyses 30 parameters, 100 stars, 18 responses with 1,000 replicates in fresh
interpreters on one thread and prints seconds and the most memory. ``--varstool PYTHON`` names the interpreter of an
environment that has VARS-TOOL (``pip install varstool==2.3.5 numba "pandas<3" "setuptools<81"``, outside this one); it
then makes a sample, and both analyse the same outputs of one response, one after the other. ``--json`` prints one
object.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SINGLE = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")}
LIMIT_SECONDS, LIMIT_MEGABYTES = 5.0, 500.0

#: The function of the stored reference of 30 parameters, and smooth relatives of it as further responses.
_FUNCTIONS = """
import numpy as np
def outputs(X, responses):
    n = X.shape[1]
    weights = 1.0 / (1.0 + np.arange(n)) ** 1.2
    columns = []
    for r in range(responses):
        w = np.roll(weights, r)
        y = X @ w + 3.0 * X[:, 0] * X[:, 4 % n] + 2.0 * np.sin(2.0 * np.pi * X[:, 1]) * X[:, 9 % n]
        columns.append(y + np.exp(-20.0 * (X[:, 2] - 0.4) ** 2))
    return np.column_stack(columns)
"""

_OURS = (
    _FUNCTIONS
    + """
import json, resource, sys, time
from lsmcal.sensitivity import analyze, sample
n, stars, responses, replicates, path = *map(int, sys.argv[1:5]), sys.argv[5]
problem = {"names": [f"x{k + 1:02d}" for k in range(n)], "bounds": [[0.0, 1.0]] * n}
labels = {}
if path:
    with np.load(path) as file:
        X, Y = file["X"], file["y"]
        labels = {"star": file["star"], "ray": file["ray"]}
else:
    X = sample(problem, stars, 0.1, seed=1)
    Y = outputs(X, responses)
def timed(replicates):
    start, used = time.perf_counter(), time.process_time()
    found = analyze(problem, X, Y, bootstrap=replicates, seed=2, **labels)
    return time.perf_counter() - start, time.process_time() - used, found
without = timed(0)[0]
seconds, processor, found = timed(replicates)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
ivars = found.ivars.reshape(-1, *found.ivars.shape[-2:])[0]
low = found.ivars_low.reshape(-1, *found.ivars.shape[-2:])[0]
print(json.dumps({"seconds": seconds, "processor_seconds": processor, "without_bootstrap": without,
                  "megabytes": memory, "rows": len(X), "ivars": ivars.tolist(), "ivars_low": low.tolist()}))
"""
)

_TOOL = (
    _FUNCTIONS
    + """
import json, resource, sys, time, warnings
warnings.simplefilter("ignore")
import varstool
n, stars, replicates, path = *map(int, sys.argv[1:4]), sys.argv[4]
names = [f"x{k + 1:02d}" for k in range(n)]
def tool(replicates):
    return varstool.VARS(
        num_stars=stars, parameters={name: [0.0, 1.0] for name in names}, delta_h=0.1, ivars_scales=(0.1, 0.3, 0.5),
        sampler="lhs", seed=1, bootstrap_flag=replicates > 0, bootstrap_size=max(replicates, 1), bootstrap_ci=0.9)
def run(replicates):
    made = tool(replicates)
    made.generate_star()
    table = made.star_points.copy()
    table["y"] = outputs(table[names].to_numpy(), 1)[:, 0]
    np.random.seed(3)
    start = time.perf_counter()
    made.run_offline(table)
    return time.perf_counter() - start, made, table
# compiles what there is to compile
run(0)
without, made, table = run(0)
ivars = made.ivars[names].to_numpy().tolist()
seconds = None
if replicates:
    seconds, made, table = run(replicates)
np.savez(path, X=table[names].to_numpy(), y=table["y"].to_numpy(),
         star=table.index.get_level_values("centre").to_numpy().astype(int),
         ray=np.array([names.index(name) for name in table.index.get_level_values("param")]))
megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
print("RESULT " + json.dumps({"seconds": seconds, "without_bootstrap": without, "megabytes": megabytes, "ivars": ivars,
      "ivars_low": made.ivarslb[names].to_numpy().tolist() if replicates else None}))
"""
)


def run(python: str, code: str, *arguments: object) -> dict:
    """The JSON object that a script prints last, in a fresh interpreter on one thread."""
    command = [python, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | SINGLE, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or f"{python} ended with {done.returncode}")
    return json.loads(done.stdout.strip().splitlines()[-1].removeprefix("RESULT "))


def screening(given: argparse.Namespace) -> dict:
    """Ours with all responses."""
    found = run(sys.executable, _OURS, given.parameters, given.stars, given.responses, given.bootstrap, "")
    del found["ivars"], found["ivars_low"]
    return found | {"within_limits": found["seconds"] < LIMIT_SECONDS and found["megabytes"] < LIMIT_MEGABYTES}


def side_by_side(given: argparse.Namespace) -> dict:
    """VARS-TOOL and ours on the same sample of one response."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.npz"
        theirs = run(given.varstool, _TOOL, given.parameters, given.stars, given.tool_bootstrap, path)
        ours = run(sys.executable, _OURS, given.parameters, given.stars, 1, max(given.tool_bootstrap, 1), path)
    pairs = zip(sum(theirs["ivars"], []), sum(ours["ivars"], []), strict=True)
    largest = max(abs(a - b) / abs(a) for a, b in pairs)
    for one in (theirs, ours):
        del one["ivars"], one["ivars_low"]
    found = {"replicates": given.tool_bootstrap, "varstool": theirs, "lsmcal": ours}
    return found | {"largest_relative_difference": largest}


def report(found: dict, given: argparse.Namespace) -> str:
    """The numbers in words."""
    one = found["screening"]
    lines = [
        f"{given.parameters} parameters, {given.stars} stars, {given.responses} responses, one thread: "
        f"{one['without_bootstrap']:.2f} s, with {given.bootstrap} replicates {one['seconds']:.2f} s, "
        f"{one['megabytes']:.0f} MB at most"
    ]
    if "side_by_side" not in found:
        return "\n".join([*lines, "VARS-TOOL: not measured (--varstool PYTHON)"])
    both = found["side_by_side"]
    for name in ("varstool", "lsmcal"):
        row = both[name]
        drawn = f", with {both['replicates']} replicates {row['seconds']:.3g} s" if both["replicates"] else ""
        lines.append(f"one response, {name}: {row['without_bootstrap']:.3g} s{drawn}, {row['megabytes']:.0f} MB")
    ratios = [both["varstool"]["without_bootstrap"] / both["lsmcal"]["without_bootstrap"]]
    if both["replicates"]:
        ratios.append(both["varstool"]["seconds"] / both["lsmcal"]["seconds"])
    lines.append(
        f"ratio {' and '.join(f'{ratio:.0f}' for ratio in ratios)}; "
        f"IVARS differ by {both['largest_relative_difference']:.1e} at most"
    )
    return "\n".join(lines)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parameters", type=int, default=30)
    parser.add_argument("--stars", type=int, default=100)
    parser.add_argument("--responses", type=int, default=18)
    parser.add_argument("--bootstrap", type=int, default=1000)
    parser.add_argument("--varstool", metavar="PYTHON", help="interpreter that has VARS-TOOL")
    parser.add_argument("--tool-bootstrap", type=int, default=1000, help="replicates side by side; 0 for none")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = {"screening": screening(given)}
    if given.varstool:
        found["side_by_side"] = side_by_side(given)
    print(json.dumps(found, indent=1) if given.json else report(found, given))


if __name__ == "__main__":
    main()

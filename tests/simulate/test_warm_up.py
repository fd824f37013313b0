"""What is compiled before a run is all that the run needs."""

import json
import subprocess
import sys

from tests.parallel.ranks import ROOT

#: What a run needs beyond what was touched: names of kernels that got further machine code.
_COVERED = """
import gc, json, sys
from pathlib import Path
from numba.core.dispatcher import Dispatcher
from lsmcal.case import load_case
from lsmcal.cli.main import app
from lsmcal.simulate.from_case.region import region_of
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


def test_a_run_needs_no_kernel_that_was_not_touched(tmp_path):
    from tests.region_cases import PLATEAU

    (tmp_path / "case.toml").write_text(PLATEAU.replace("[1979, 1980]", "[1979, 1979]"))
    done = subprocess.run(
        [sys.executable, "-c", _COVERED, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["touched"] >= 2 and found["more"] == []

"""Fixtures every test may use."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
SHARED = TESTS.parents[1] / "shared"

# Commands that tests start are of the tree too, not of an installed copy, for which all would be compiled once more.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(TESTS.parent), os.environ.get("PYTHONPATH")]))
# There are hundreds of them, and each would translate all of Python anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the developers' reference data, beside the project; tests that need it skip without it."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared folder with reference data beside the project")
    return SHARED


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Before several workers compile the same kernels, one process does; the bits it computes are kept beside them."""
    from lsmcal.noah.runtime.jit import CACHE_FOLDER

    several = getattr(session.config.option, "numprocesses", None) and not hasattr(session.config, "workerinput")
    if not several or CACHE_FOLDER is None or any(CACHE_FOLDER.rglob("*.nbc")):
        return
    print("compiling the model, once for each state of its source", flush=True)
    from tests.invariance.columns import COMPILED_BITS, COMPILED_COMMAND

    done = subprocess.run(COMPILED_COMMAND, cwd=TESTS.parent, capture_output=True, check=True)
    (CACHE_FOLDER / COMPILED_BITS).write_bytes(done.stdout)
    with tempfile.TemporaryDirectory() as folder:  # what else site and region need
        subprocess.run([sys.executable, "-m", "tests.region_cases", folder], cwd=TESTS.parent, check=True)


_drawing = pytest.MonkeyPatch()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Make figures but draw none, which takes longer than all else, except in tests marked ``drawn``."""
    _drawing.undo()
    if item.get_closest_marker("drawn"):
        return
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return
    _drawing.setattr(Figure, "savefig", _save_nothing)


def _save_nothing(figure: object, target: object, **options: object) -> None:
    if hasattr(target, "write"):
        target.write(b"\x89PNG")
    else:
        Path(target).write_bytes(b"\x89PNG")

"""Fixtures every test may use."""

import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
SHARED = TESTS.parents[1] / "shared"

# Commands that tests start are of the tree too, not of an installed copy, for which all would be compiled once more.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(TESTS.parent), os.environ.get("PYTHONPATH")]))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the developers' reference data, beside the project; tests that need it skip without it."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared folder with reference data beside the project")
    return SHARED


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With ``--dist loadgroup`` tests that share a campaign run on one worker: those of a file, and those of verbs."""
    for item in items:
        place = item.path.relative_to(TESTS)
        item.add_marker(pytest.mark.xdist_group("cli" if place.parts[0] == "cli" else place.as_posix()))


_drawing = pytest.MonkeyPatch()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Make figures but draw none, which takes longer than all else, except in tests marked ``drawn``."""
    _drawing.undo()
    if (module := sys.modules.get("matplotlib.figure")) and not item.get_closest_marker("drawn"):
        _drawing.setattr(module.Figure, "savefig", _save_nothing)


def _save_nothing(figure: object, target: object, **options: object) -> None:
    if hasattr(target, "write"):
        target.write(b"\x89PNG")
    else:
        Path(target).write_bytes(b"\x89PNG")

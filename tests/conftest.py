"""Fixtures every test may use."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the developers' reference data, beside the project; tests that need it skip without it."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared folder with reference data beside the project")
    return SHARED

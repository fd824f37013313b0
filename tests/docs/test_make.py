"""Programs that make the figures and tables of the pages can be started: none waits until a figure is wanted again."""

import runpy

import pytest

from tests.docs.pages import ROOT

PROGRAMS = sorted((ROOT / "docs").glob("make_*.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_everything_it_imports_is_there(program):
    assert runpy.run_path(str(program), run_name=program.stem)["__doc__"]

"""Nothing that is read from disk can run code, and the tests of the hard cases hold for the files that found them."""

import ast
import shutil
from pathlib import Path

import pytest

from tests.region_cases import typed

ROOT = Path(__file__).resolve().parents[1]
#: Modules and functions that run what they read, or start other programs.
_MODULES = {"pickle", "marshal", "shelve", "dill", "joblib", "yaml", "subprocess", "runpy", "code", "ctypes"}
_CALLS = {"eval", "exec", "compile", "__import__", "system", "popen"}


def faults(tree: ast.Module) -> list[str]:
    """What a file has that could run code from elsewhere."""
    found = []
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        found += [name for name in names if name.split(".")[0] in _MODULES]
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        owner = getattr(getattr(function, "value", None), "id", "")
        if name in _CALLS and owner != "re":
            found.append(f"{name}()")
        plain = [word for word in node.keywords if word.arg == "allow_pickle" and ast.unparse(word.value) == "False"]
        if owner == "np" and name in ("load", "fromfile", "memmap") and name == "load" and not plain:
            found.append("np.load without allow_pickle=False")
    return found


def test_nothing_that_is_read_can_run_code():
    found = {}
    for path in sorted((ROOT / "lsmcal").rglob("*.py")):
        if faulty := faults(ast.parse(path.read_text(encoding="utf-8"))):
            found[path.relative_to(ROOT).as_posix()] = faulty
    assert not found


@pytest.mark.parametrize(
    "text", ["import pickle", "from yaml import load", "eval('1')", "np.load(p)", "os.system('a')", "import subprocess"]
)
def test_the_search_finds_what_it_looks_for(text):
    assert faults(ast.parse(text))


#: Folder of a hard case, what `check` says of it, and keys that make the rest of the case cheap to look at.
HARD = [
    ("05-csv-stray-quote", 'a quotation mark (") is not closed at line'),
    ("07-obs-header-dropped", "has no depth in its header"),
    ("08-obs-below-column", "lies below the column"),
    ("09-obs-all-missing", "nothing to score"),
    ("10-nc-time-nan", "missing time at index"),
    ("12-toml-deep-nesting", "is not valid TOML: is nested more than 20 deep"),
    ("14-generator-climate-unchecked", "forcing.climate.precipitation: is out of range"),
    ("15-years-1-9999", "at most 1000 years"),
    ("16-screen-delta-h", "screen.delta_h: is out of range"),
    ("19-output-nul", "contains a null character"),
]


@pytest.mark.parametrize(("name", "message"), HARD)
def test_hard_cases_are_refused(shared, tmp_path, name, message):
    if not (shared / "hard-cases").is_dir():
        pytest.skip("no hard cases in ../shared")
    shutil.copytree(shared / "hard-cases" / name, tmp_path / "case")
    told = typed("check", tmp_path / "case", status=2)
    assert message in told.stderr and "Traceback" not in told.stderr
    assert len(told.stderr) < 3000

"""The house rules that no tool checks by itself; layers and independence stand in pyproject.toml (``lint-imports``).

``python -m pytest tests/test_house.py`` names every file that breaks a rule. What is excepted is listed here with its
reason; an exception that is no longer needed fails too, so that the lists only shrink.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import grimp
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES, MOST_OF_FUNCTION, MOST_FILES = 400, 60, 16

#: Known exceptions, rule by rule, for a room that is being rebuilt. Empty is right.
KNOWN: dict[str, set[str]] = {}

#: Names that several files define on purpose.
SHARED_NAMES = {
    "build": "what every engine's file gives to the table of engines",
    "Progress": "how an analysis goes with its stars, and the bar of a command: rooms that know nothing of each other",
}
#: Modules that no test of their room names: the test that reaches them, and why from there.
TESTED_THROUGH = {
    "__main__.py": ("cli/test_main.py", "python -m lsmcal is how every test runs the command"),
    "calibration/*.py": (
        "calibration/test_stage.py",
        "a calibration from its case to its files, also stopped and resumed",
    ),
    "checking/*.py": ("checking/test_region.py", "checks as a command meets them: a case, and all that is said of it"),
    "campaign.py": ("campaign/test_site_campaign.py", "campaigns are run as processes and killed"),
    "case/**.py": ("case/test_load.py", "sections and checks as a user meets them: a case and what is said of it"),
    "cli/*.py": ("cli/test_main.py", "verbs are run by the command line"),
    "compare.py": ("cli/test_main.py", "the verb is run"),
    "core/folders.py": ("checking/test_region.py", "refused folders as a command meets them"),
    "core/progress.py": ("cli/test_main.py", "the bar of a command"),
    "inputs/domain/*.py": (
        "inputs/domain/test_domain.py",
        "parts of one pipeline: maps become a domain",
    ),
    "inputs/gridded/*.py": ("inputs/gridded/test_source.py", "parts of one reader: files are written and opened"),
    "inputs/station/*.py": ("inputs/station/test_csv.py", "parts of one reader: files are written and read"),
    "inputs/synthetic/plateau_*.py": ("inputs/synthetic/test_plateau.py", "parts of one generator"),
    "inputs/tables/checks.py": ("inputs/tables/test_tbl.py", "what a table is refused for"),
    "noah/physics/*.py": ("verify/functions/test_routines.py", "each routine against numbers of the reference code"),
    "noah/runtime/*.py": ("invariance/test_lanes.py", "columns do not depend on lanes, blocks and neighbours"),
    "permafrost/*.py": ("permafrost/test_read.py", "parts of one reader: files are written and read"),
    "report/region_spinup.py": ("report/test_region.py", "a section of the page"),
    "screening/figures.py": ("screening/test_screen_verb.py", "drawn by the verb"),
    "sensitivity/*.py": ("sensitivity/test_analysis.py", "steps of one analysis, against an independent one"),
    "simulate/column_setup.py": ("simulate/test_columns.py", "columns of a site, side by side"),
    "simulate/from_case/*.py": ("cli/test_site.py", "verbs run shipped cases from beginning to end"),
    "simulate/output/read.py": ("simulate/output/test_run.py", "what was written is read back"),
    "simulate/years.py": ("simulate/test_region_parallel.py", "on ranks and threads, killed and resumed"),
    "verify/**.py": ("verify/test_folder.py", "the verb on the reference data, and on data made wrong"),
}
#: Files whose names are those of what they describe or call: a key of a case, a verb of the command.
NAMED_AFTER_OTHERS = ("lsmcal/case/sections/*", "lsmcal/cli/*")


def sources(*folders: str) -> Iterator[Path]:
    """Python files of some folders of the project, by their path from its root."""
    for folder in folders:
        yield from sorted(path.relative_to(ROOT) for path in (ROOT / folder).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def check(rule: str, found: set[str], told: str) -> None:
    """Fail for what is not excepted, and for exceptions that nothing needs."""
    known = KNOWN.get(rule, set())
    assert not found - known, f"{told}: {', '.join(sorted(found - known))}"
    assert not known - found, f"exceptions no longer needed ({rule}): {', '.join(sorted(known - found))}"


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """All imports, those inside functions and for types included."""
    return grimp.build_graph("lsmcal", cache_dir=None)


def test_no_files_import_each_other_in_a_circle(graph):
    modules = sorted(graph.modules)
    number = {module: place for place, module in enumerate(modules)}
    arrows = [(number[one], number[other]) for one in modules for other in graph.find_modules_directly_imported_by(one)]
    rows, columns = zip(*arrows, strict=True)
    matrix = coo_array(([1] * len(arrows), (rows, columns)), shape=(len(modules), len(modules)))
    _, label = connected_components(matrix, directed=True, connection="strong")
    members = defaultdict(set)
    for module, circle in zip(modules, label.tolist(), strict=True):
        members[circle].add(module)
    check("circle", {m for circle in members.values() if len(circle) > 1 for m in circle}, "in a circle of imports")


def test_no_private_name_is_used_in_another_file():
    found = set()
    for path in sources("lsmcal", "benchmarks", "docs"):
        modules = set()
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("lsmcal"):
                continue
            for alias in node.names:
                if alias.name.startswith("_") and not alias.name.startswith("__"):
                    found.add(f"{path}: {node.module}.{alias.name}")
                if (ROOT / Path(*node.module.split("."), f"{alias.name}.py")).is_file():
                    modules.add(alias.asname or alias.name)
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                if node.attr.startswith("_") and not node.attr.startswith("__"):
                    found.add(f"{path}: {node.value.id}.{node.attr}")
    check("private", found, "private names used in another file")


def test_only_parallel_imports_mpi4py():
    found = set()
    for path in sources("lsmcal"):
        for node in ast.walk(tree(path)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if any(name.split(".")[0] == "mpi4py" for name in names) and path.parts[1] != "parallel":
                found.add(path.as_posix())
    check("mpi4py", found, "mpi4py imported outside parallel/")


def test_files_are_short():
    count = {
        path.as_posix(): (ROOT / path).read_bytes().count(b"\n") for path in sources("lsmcal", "tests", "benchmarks")
    }
    check("file", {path for path, lines in count.items() if lines > MOST_LINES}, f"more than {MOST_LINES} lines")


def test_functions_are_short():
    found = set()
    for path in sources("lsmcal", "benchmarks"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno + 1 > MOST_OF_FUNCTION:
                found.add(f"{path.as_posix()} {node.name}")
    check("function", found, f"functions of more than {MOST_OF_FUNCTION} lines")


def test_folders_hold_few_files():
    count = defaultdict(int)
    for path in sources("lsmcal", "tests", "benchmarks"):
        count[path.parent.as_posix()] += path.name != "__init__.py"
    check("folder", {folder for folder, files in count.items() if files > MOST_FILES}, f"more than {MOST_FILES} files")


def test_a_public_name_stands_in_one_file():
    places = defaultdict(set)
    for path in sources("lsmcal"):
        if any(fnmatch(path.as_posix(), pattern) for pattern in NAMED_AFTER_OTHERS):
            continue
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].add(path.as_posix())
    twice = {name for name, files in places.items() if len(files) > 1}
    assert set(SHARED_NAMES) <= twice, f"shared by no files any more: {set(SHARED_NAMES) - twice}"
    check("name", twice - set(SHARED_NAMES), "defined in more than one file")


def named_in(folder: str) -> set[str]:
    """Modules of lsmcal that tests below a folder of tests/ import."""
    found = set()
    for path in sources(folder):
        for node in ast.walk(tree(path)):
            if path.name.startswith("test_") and isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_tests_mirror_the_modules():
    """Each module has tests/<folder>/test_<module>.py, or a test of its room imports it, or it is listed."""
    found, used = set(), set()
    rooms = {path.parts[1] for path in sources("lsmcal") if len(path.parts) > 2}
    named = {room: named_in(f"tests/{room}") for room in rooms}
    for path in sources("lsmcal"):
        inside = path.relative_to("lsmcal")
        mirror = ROOT / "tests" / inside.parent / f"test_{path.name}"
        module = ".".join(path.with_suffix("").parts)
        if path.name == "__init__.py" or mirror.exists() or module in named.get(inside.parts[0], ()):
            continue
        patterns = {pattern for pattern in TESTED_THROUGH if fnmatch(inside.as_posix(), pattern)}
        used |= patterns
        if not patterns:
            found.add(inside.as_posix())
    check("mirror", found, "named by no test of their room")
    gone = [test for test, _ in TESTED_THROUGH.values() if not (ROOT / "tests" / test).is_file()]
    assert not gone, f"no such tests: {gone}"
    assert used == set(TESTED_THROUGH), f"listed without need: {sorted(set(TESTED_THROUGH) - used)}"


def test_the_column_needs_numpy_and_numba_only():
    allowed = {"numpy", "numba", "llvmlite", *sys.stdlib_module_names}
    found = set()
    for path in sources("lsmcal/noah"):
        for node in ast.walk(tree(path)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                if name.split(".")[0] not in allowed and not name.startswith("lsmcal.noah"):
                    found.add(f"{path.as_posix()}: {name}")
    check("noah", found, "imported by the column")


def test_nothing_is_kept_from_the_formatter():
    marks = ("# fmt: skip", "# fmt: off")
    here = Path(__file__).resolve()
    texts = {
        path: (ROOT / path).read_text(encoding="utf-8") for path in sources("lsmcal", "tests", "benchmarks", "docs")
    }
    found = {path.as_posix() for path, text in texts.items() if ROOT / path != here and any(m in text for m in marks)}
    check("format", found, "kept from the formatter")

"""Every command, Python and TOML snippet of the manual runs and prints what its page shows.

The snippets of a page run in its order, in one folder like a fresh clone; Python shares names within a page. How a
block is made small or left out stands before it on the page (:mod:`tests.docs.pages`). Examples of help texts
are run by ``tests/cli``.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil

import pytest
import typer

from lsmcal.cli.main import app
from tests.docs.pages import COMMANDS, PYTHON, ROOT, TOML, inline_commands, page_paths, snippets_of
from tests.docs.running import run_snippet
from tests.docs.workplace import make_workplace

#: Blocks that no test runs, and campaigns whose case is only checked; each says why on its page.
MOST_NOT_RUN, MOST_ONLY_CHECKED = 8, 11
PAGES = {path: snippets_of(path) for path in page_paths() if path.exists()}
SNIPPETS = [snippet for snippets in PAGES.values() for snippet in snippets]
RUN = [s for s in SNIPPETS if s.language in (*COMMANDS, *PYTHON, *TOML) or s.file]


def commands_of(group, *before: str):
    """Every verb with its words, those of groups included."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_of(command, *before, name)
        else:
            yield (*before, name), command


VERBS = dict(commands_of(typer.main.get_command(app)))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One folder for all pages, so that what one page has made serves the others."""
    made = make_workplace(tmp_path_factory.mktemp("clone") / "lsmcal")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made.folder)
        for name, value in made.environment.items():
            if os.environ.get(name) != value:
                patch.setenv(name, value)
        patch.delenv("LSMCAL_DATA", raising=False)
        yield made


@pytest.mark.parametrize("snippet", RUN, ids=lambda snippet: snippet.name)
def test_snippet(snippet, place):
    before = RUN[: RUN.index(snippet)]
    for earlier in before:  # what this page has defined and written so far, when only one snippet is tested
        if earlier.page == snippet.page and earlier.name not in place.done:
            with contextlib.suppress(pytest.skip.Exception):
                run_snippet(earlier, place)
    run_snippet(snippet, place)


@pytest.mark.parametrize("path", [path for path in PAGES if any(inline_commands(path))], ids=lambda path: path.stem)
def test_commands_within_sentences_can_be_typed(path):
    faults = [f"line {line}: {text}: {fault}" for line, text in inline_commands(path) if (fault := _fault(text))]
    assert faults == []


def _fault(text: str) -> str:
    """What is wrong with a command in a sentence: its verb, its options, its module or its file."""
    words = shlex.split(re.sub(r"[\[\]…]", " ", text).replace("...", " "))
    if words[0] == "mpiexec":
        words = words[3:]
    if len(words) < 2:
        return ""
    if words[0] == "lsmcal":
        return _fault_of_verb(words[1:])
    if not words[0].startswith("python"):
        return f"unknown program {words[0]}"
    if words[1] == "-m" and words[2].split(".")[0] not in ("lsmcal", "benchmarks"):
        return ""
    file = ROOT / (words[2].replace(".", "/") + ".py" if words[1] == "-m" else words[1])
    if file.with_suffix("").is_dir():
        file = file.with_suffix("") / "__main__.py"
    if not file.is_file():
        return "no such file"
    source = file.read_text()
    return ", ".join(f"no option {word}" for word in words if word.startswith("--") and f'"{word}"' not in source)


def _fault_of_verb(words: list[str]) -> str:
    if not words or words[0].startswith("-"):
        return ""
    size = 2 if words[0] == "forcing" else 1
    command = VERBS.get(tuple(words[:size]))
    if command is None:
        return f"no verb {words[0]}"
    options = {"-h", "--help", *(name for option in command.params for name in option.opts)}
    return ", ".join(f"no option {word}" for word in words if re.match(r"--?[a-z]", word) and word not in options)


def test_few_blocks_are_not_run():
    not_run = {snippet.name: snippet.not_run for snippet in SNIPPETS if snippet.not_run}
    only_checked = {snippet.name: snippet.only_checked for snippet in SNIPPETS if snippet.only_checked}
    assert len(not_run) <= MOST_NOT_RUN, not_run
    assert len(only_checked) <= MOST_ONLY_CHECKED, only_checked


def test_every_block_names_its_language():
    known = {*COMMANDS, *PYTHON, *TOML, "text", "csv", "json", "mermaid"}
    assert [snippet.name for snippet in SNIPPETS if snippet.language not in known] == []


def test_the_shell_is_there():
    assert shutil.which("bash")

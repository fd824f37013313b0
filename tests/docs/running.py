"""Run one snippet: commands within this process where that is possible, Python, or a case in TOML."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner

from lsmcal.case.load import case_of
from lsmcal.cli.main import app
from tests.docs.outputs import missing_lines
from tests.docs.pages import COMMANDS, PYTHON, TOML, Snippet
from tests.docs.workplace import MADE_BY, WITH_SETTINGS, Workplace

_SHELL = re.compile(r"[|;&<>`$]|^\w+=")
#: Installation is what the continuous integration does on a fresh machine; the rest of such a line is run.
_INSTALLATION = re.compile(r"python3? -m venv \S+ && |\S*pip install [^&]+ && |\.venv/bin/")
_GRIDDED = ("cmfd", "era5-land", "netcdf", "packed")
_REGIONAL = ("region", "domain", "screen", "target")


def run_snippet(snippet: Snippet, place: Workplace) -> None:
    """Run a snippet in the workplace; AssertionError says what differs from the page."""
    place.done.add(snippet.name)
    if snippet.not_run:
        pytest.skip(f"not run: {snippet.not_run}")
    for program in snippet.needs:
        if shutil.which(program, path=place.environment["PATH"]) is None:
            pytest.skip(f"{program} is not installed")
    text = _with_names(snippet.text)
    if "~/data" in text and not place.has_data:
        pytest.skip("no ../shared/data beside the project")
    if snippet.file:
        target = place.folder / snippet.file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(snippet.text + "\n")
    if snippet.only_checked:
        text = re.sub(r"\blsmcal (run|calibrate|campaign|screen)\b", "lsmcal check", text)
    _make_what_it_reads(text, place)
    printed = ""
    if snippet.language in COMMANDS:
        printed = _run_commands(text, snippet.settings, place)
    elif snippet.language in PYTHON:
        printed = _run_python(snippet, place)
    elif snippet.language in TOML:
        _load_case(snippet.text)
    if snippet.output and not snippet.settings:
        missing = missing_lines(snippet.output, printed)
        assert not missing, "the page shows\n" + "\n".join(missing) + "\nbut this was printed\n" + printed


def _make_what_it_reads(text: str, place: Workplace) -> None:
    for mention, path, command in MADE_BY:
        if mention in text and not (place.folder / path).exists():
            _type(command.split(), place)


def _with_names(text: str) -> str:
    """A block with the names that stand for the reader's own case and folder of data; installation is left out."""
    case = "cases/demo-maps" if "lsmcal domain" in text or "lsmcal forcing" in text else "my-region"
    return re.sub(r"\bFOLDER\b", "~/data", re.sub(r"\bCASE\b", case, _INSTALLATION.sub("", text)))


def _run_commands(text: str, settings: tuple[str, ...], place: Workplace) -> str:
    text = text.replace("\\\n", " ")
    lines = [line.removeprefix("$ ") for line in text.split("\n") if line.strip()]
    plain = [shlex.split(line, comments=True) for line in lines if not _SHELL.search(line.split(" #")[0])]
    if len(plain) == len(lines) and all(words and words[0] == "lsmcal" for words in plain):
        return "".join(_type(_with_settings(words[1:], settings), place) for words in plain)
    return _run_in_shell("\n".join(lines), settings, place)


def _with_settings(words: list[str], settings: tuple[str, ...]) -> list[str]:
    verb = words[1] if words[0] == "forcing" else words[0]
    more = [word for setting in settings for word in ("--set", setting)] if verb in WITH_SETTINGS else []
    return [*words, *more]


def _type(words: list[str], place: Workplace) -> str:
    """Type a command into this process, once; what it prints."""
    home = place.environment["HOME"]
    words = [f"{home}{word[1:]}" if word.startswith("~/") else word.removesuffix("/case.toml") for word in words]
    if (typed := tuple(words)) in place.printed:  # another page has the same campaign
        return place.printed[typed]
    try:
        runner = CliRunner(mix_stderr=False)
    except TypeError:  # newer versions keep them apart by themselves
        runner = CliRunner()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", _save_undrawn)
        result = runner.invoke(app, words)
    said = f"lsmcal {shlex.join(words)}\nstatus {result.exit_code}\n{result.stdout}\n{result.stderr}"
    assert result.exit_code == 0, f"{said}\n{result.exception!r}"
    place.printed[typed] = result.stdout
    return result.stdout


def _save_undrawn(figure: Figure, target, **options) -> None:
    """Figures of commands are made but not drawn, which takes longer than all else; other tests look at drawn ones."""
    if hasattr(target, "write"):
        target.write(b"\x89PNG")
    else:
        Path(target).write_bytes(b"\x89PNG")


def _run_in_shell(script: str, settings: tuple[str, ...], place: Workplace) -> str:
    if "mpiexec" in script and not (place.folder / "programs/mpiexec").exists():
        pytest.skip("no mpiexec: install the extra mpich")
    words = shlex.join(word for setting in settings for word in ("--set", setting))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=place.folder,
        env=place.environment | {"SNIPPET_SETTINGS": words},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"{script}\nstatus {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _run_python(snippet: Snippet, place: Workplace) -> str:
    names = place.names.setdefault(snippet.page, {"__name__": "__main__"})
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        if snippet.setup:
            exec(compile("\n".join(snippet.setup), f"{snippet.name} (setup)", "exec"), names)
        exec(compile("\n" * snippet.line + snippet.text, snippet.page, "exec"), names)
    return printed.getvalue()


def _load_case(text: str) -> None:
    """A case in TOML is accepted; a part of one with what every case of its kind has."""
    given = tomllib.loads(text)
    goals = [goal for goal in given.get("calibrate", {}).get("goals", ()) if goal["kind"] != "site" or "at" in goal]
    gridded = given.get("forcing", {}).get("format") in _GRIDDED and "site" not in given
    regional = goals or gridded or any(name in given for name in _REGIONAL)
    content = _region(given, gridded) if regional else _site()
    for name, section in given.items():
        content[name] = {**content.get(name, {}), **section} if name in ("case", "run", "spinup") else section
    case_of(content, os.curdir)


def _site() -> dict:
    ground = {"vegetation": 7, "soil": "loam"}
    return {
        "site": {"latitude": 35.0, "longitude": 92.0, "elevation": 4700.0, **ground},
        "forcing": {"format": "generator", "years": [2015, 2018]},
        "run": {"start": "2015-01-01", "end": "2018-12-31"},
        "spinup": {"years": [2015, 2015], "method": "fixed", "cycles": 1},
        "observations": {"format": "twin", "depths": [0.1, 0.4], "hidden": {"CZIL": 0.9}},
    }


def _region(given: dict, gridded: bool) -> dict:
    cells = {"source": "file", "file": "domain.nc"} if gridded else {"source": "plateau", "cells": 50}
    content = {
        "region": cells,
        "spinup": {"years": [1979, 1979], "method": "fixed", "cycles": 1},
        "run": {"years": [1979, 2018]},
    }
    if "calibrate" in given:
        content["target"] = {"source": "twin", "year": 2010, "hidden": {"CZIL": 0.9}}
    return content

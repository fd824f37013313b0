"""The pages of the manual and the snippets on them.

A comment before a block says what the test does with it; it shows in the page's source, not on the page:

``<!-- test: no-run: REASON -->``       the block is not run
``<!-- test: check: REASON -->``        the case of a long campaign is checked instead, with the options of the command
``<!-- test: set KEY=VALUE ... -->``    each command of the block gets these ``--set``: a smaller campaign
``<!-- test: needs PROGRAM ... -->``    the block runs where these programs are installed
``<!-- test: file NAME -->``            the block is written to a file that later blocks read
``<!-- test: setup`` Python ``-->``     lines that come before the next block of Python
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMANDS, PYTHON, TOML = ("bash", "sh", "console"), ("python",), ("toml",)
#: What a block of text, or without a language, is if each of its lines begins so: commands.
_PROGRAMS = ("lsmcal ", "mpiexec ", "python ", "python3 ", "$ ")
_FENCE = re.compile(r"^```(\w*)\s*$")
_DIRECTIVE = re.compile(r"^<!-- test: (.*?)(?:-->|$)")
_INLINE = re.compile(r"`((?:lsmcal|mpiexec|python3?) [^`]+)`", re.DOTALL)


@dataclass
class Snippet:
    """One block of a page, or one Example of a help text.

    Attributes
    ----------
    page : str
        Path from the project's folder.
    line : int
        First line of the block.
    language : str
        ``bash``, ``python``, ``toml`` or another word after the fence.
    text : str
    settings : tuple of str
        ``--set`` that make a campaign small.
    needs : tuple of str
        Programs without which it is skipped.
    not_run : str
        Why it is not run; empty if it is.
    only_checked : str
        Why its case is only checked; empty if it is run.
    file : str
        Where the text is written instead of being run.
    output : str
        What the page says that it prints.
    """

    page: str
    line: int
    language: str
    text: str
    settings: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    not_run: str = ""
    only_checked: str = ""
    file: str = ""
    output: str = ""
    setup: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Place of the snippet, as a test's name."""
        return f"{self.page}:{self.line}"


def page_paths() -> list[Path]:
    """README, manual, and the pages beside cases, job scripts and benchmarks."""
    beside = [*sorted(ROOT.glob("cases/*/README.md")), ROOT / "slurm/README.md", ROOT / "benchmarks/README.md"]
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md")), *beside]


def snippets_of(path: Path) -> list[Snippet]:
    """All blocks of a page, each with what it prints if the page says so."""
    snippets: list[Snippet] = []
    page, settled = path.relative_to(ROOT).as_posix(), {}
    for first, kind, lines in _parts(path.read_text(encoding="utf-8").split("\n")):
        if kind == "directive":
            _take_directive(lines, settled)
        elif kind == "prose":
            if any(line.strip() for line in lines):
                settled = {}
                snippets.append(Snippet(page, first, "", ""))
        else:
            _add_block(snippets, Snippet(page, first, kind, "\n".join(lines), **settled))
            settled = {}
    return [snippet for snippet in snippets if snippet.language]


def _take_directive(lines: list[str], settled: dict) -> None:
    """A comment for the test becomes fields of the next block."""
    word, _, rest = " ".join(lines[:1]).partition(" ")
    if word in ("no-run:", "check:"):
        reason = " ".join(" ".join([rest, *lines[1:]]).split())
        assert reason, "a block that is not run needs a reason"
        settled["not_run" if word == "no-run:" else "only_checked"] = reason
    elif word == "set":
        settled["settings"] = tuple(" ".join([rest, *lines[1:]]).split())
    elif word == "needs":
        settled["needs"] = tuple(rest.split())
    elif word == "file":
        settled["file"] = rest.strip()
    elif word == "setup":
        settled.setdefault("setup", []).extend(lines[1:])
    else:
        raise ValueError(f"no such comment for the test: {word}")


def _add_block(snippets: list[Snippet], snippet: Snippet) -> None:
    """Append a block; a block of text right after another is what that one prints."""
    lines = snippet.text.split("\n")
    if snippet.language in ("text", "console") and lines[0].startswith("$ "):
        snippets.extend(_typed(snippet, lines))
        return
    if snippet.language == "text" and not lines[0].startswith(_PROGRAMS):
        if snippets and snippets[-1].language:
            snippets[-1].output = snippet.text
        return
    if snippet.language in ("", "text"):
        lines = [line for line in snippet.text.replace("\\\n", " ").split("\n") if line.strip()]
        if not all(line.startswith(_PROGRAMS) for line in lines):
            return
        snippet.language = "bash"
    snippets.append(snippet)


def _typed(block: Snippet, lines: list[str]) -> Iterator[Snippet]:
    """The commands of a block as it looks on a terminal, each with what follows it."""
    first = [k for k, line in enumerate(lines) if line.startswith("$ ")]
    for at, end in zip(first, [*first[1:], len(lines)], strict=True):
        output = "\n".join(lines[at + 1 : end])
        yield replace(block, language="console", line=block.line + at, text=lines[at][2:], output=output)


def _parts(lines: list[str]) -> Iterator[tuple[int, str, list[str]]]:
    """First line, kind and lines of each stretch of a page: prose, directive, or the language of a block."""
    at = 0
    while at < len(lines):
        fence, directive = _FENCE.match(lines[at]), _DIRECTIVE.match(lines[at])
        first = at + 1
        if fence:
            end = next(k for k in range(first, len(lines)) if lines[k].startswith("```"))
            yield first, fence.group(1), lines[first:end]
            at = end + 1
        elif directive:
            end = next(k for k in range(at, len(lines)) if "-->" in lines[k])
            text = "\n".join(lines[at : end + 1]).removeprefix("<!-- test: ").split("-->")[0]
            yield first, "directive", text.rstrip().split("\n")
            at = end + 1
        elif lines[at].startswith("    ") and lines[at].strip().startswith(_PROGRAMS):
            yield first, "", [lines[at].strip()]
            at += 1
        else:
            yield first, "prose", [lines[at]]
            at += 1


def inline_commands(path: Path) -> Iterator[tuple[int, str]]:
    """Commands within sentences and tables, with their lines."""
    text = path.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```", lambda block: "\n" * block.group().count("\n"), text, flags=re.S | re.M)
    for found in _INLINE.finditer(prose):
        yield prose.count("\n", 0, found.start()) + 1, " ".join(found.group(1).split())

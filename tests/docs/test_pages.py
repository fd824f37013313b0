"""The manual holds together: links, index, glossary, citation, and pages of numbers that name what made them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, page_paths

PAGES = page_paths()
RESULTS = sorted(ROOT.glob("docs/*-results.md"))
#: Longest mean of a page's sentences, in words.
LONGEST_MEAN = 20.0
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prose(text: str) -> str:
    """A page without its blocks, comments and pictures."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    return re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)


def anchors(path: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", prose(path.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def broken_link(page: Path, target: str) -> str:
    """What is wrong with a link; empty if it is right or leads elsewhere."""
    if target.startswith(("http://", "https://", "mailto:")):
        return ""
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists():
        return target
    return target if anchor and anchor not in anchors(file) else ""


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    assert [target for target in _LINK.findall(text) if broken_link(page, target)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_a_page_names_exist(page):
    named = re.findall(r"`((?:lsmcal|tests|benchmarks|docs|slurm)/[\w/.-]+)`", page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_index_lists_every_page():
    listed = set(_LINK.findall((ROOT / "docs/index.md").read_text(encoding="utf-8")))
    linked = {(ROOT / "docs" / target).resolve() for target in listed}
    assert [name_of(page) for page in PAGES if page.resolve() not in linked and page.name != "index.md"] == []


@pytest.mark.parametrize("page", RESULTS, ids=name_of)
def test_a_page_of_numbers_names_the_script_that_made_it(page):
    made_by = re.search(r"docs/make_\w+\.py", page.read_text(encoding="utf-8")[:400])
    assert made_by and (ROOT / made_by.group()).is_file()


def sentences(text: str) -> list[int]:
    """Number of words of each sentence outside tables and headings."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"`[^`]*`", "code", prose(text)))
    paragraphs = re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)", text)
    kept = [" ".join(part.split()) for part in paragraphs if part.strip() and not part.strip().startswith(("|", "#"))]
    split = [sentence for part in kept for sentence in re.split(r"(?<=[.!?:;])\s+(?=[A-Z*(\[\d])", part)]
    counts = [len(re.findall(r"[^\W\d_][\w'’-]*|\d[\w.,]*", sentence)) for sentence in split]
    return [count for count in counts if count > 2]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_sentences_are_short(page):
    counts = sentences(page.read_text(encoding="utf-8"))
    assert not counts or sum(counts) / len(counts) <= LONGEST_MEAN


def test_the_study_is_cited_by_name():
    bare = [name_of(page) for page in PAGES if re.search(r"\bthe paper\b", page.read_text(encoding="utf-8"), re.I)]
    assert bare == []


def test_the_citation_agrees_with_the_project():
    citation, readme = (ROOT / "CITATION.cff").read_text(), (ROOT / "README.md").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert re.search(r"^version: (.*)$", citation, re.M).group(1) == project["version"]
    cited = re.findall(r"doi: (\S+)", citation)
    assert len(cited) == 4 and [doi for doi in cited if doi not in readme] == []

"""Keys of [case] and [report]: what a case is called."""

from __future__ import annotations

from lsmcal.case.types import Section, key


class About(Section):
    """[case]: what the case is called and where its results go."""

    name: str = key("", "short name for titles and messages; the folder's name if empty")
    description: str = key("", "one or more sentences for the report")
    output: str = key("output", "folder of all results, relative to the case file", min_length=1)


class Report(Section):
    """[report]: the page."""

    title: str = key("", "title of the page; the case's name if empty")

"""The report page: whole, self-contained, and plain about what is missing."""

from html.parser import HTMLParser

import pytest

from lsmcal.campaign import run_stage
from lsmcal.case import case_of
from lsmcal.report import write_report

CONTENT = {
    "case": {"name": "a <b> site", "description": "Ground & snow."},
    "site": {
        "latitude": 33.0,
        "longitude": 92.0,
        "elevation": 4800.0,
        "vegetation": "grassland",
        "soil": "loam",
        "tbot": 272.4,
    },
    "forcing": {"format": "generator", "years": [2001, 2001]},
    "spinup": {"method": "none"},
}


class Links(HTMLParser):
    """Collects open tags and everything a browser would fetch."""

    def __init__(self):
        super().__init__()
        self.open, self.fetched = [], []

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "img"):
            self.open.append(tag)
        self.fetched += [value for name, value in attributes if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def case(tmp_path):
    return case_of(CONTENT, tmp_path)


def test_without_results_the_page_says_which_commands_make_them(case):
    page = write_report(case).read_text(encoding="utf-8")
    assert "lsmcal run makes it" in page
    assert "lsmcal calibrate makes it" in page


def test_the_page_is_well_formed_escaped_and_fetches_nothing(case):
    run_stage(case)
    page = write_report(case).read_text(encoding="utf-8")
    links = Links()
    links.feed(page)
    assert not links.open
    assert links.fetched and all(link.startswith("data:image/png;base64,") for link in links.fetched)
    assert "a &lt;b&gt; site" in page and "Ground &amp; snow." in page
    assert "Closure of the budgets" in page
    assert "lsmcal calibrate makes it" in page

"""Names of the model's source: which states compute the same numbers."""

import re

from lsmcal.noah import source

FIRST_RELEASED = "851380f493e61e89"


def test_this_state_is_listed():
    """Whoever changes a kernel says whether its numbers changed: without a line, older histories are refused."""
    state = source.source_hash()
    assert state in source.known_sources(), (
        f"add '{state},NUMBERS' to lsmcal/noah/known_sources.csv: NUMBERS of the line before if a run before and after "
        f"gives the same bits, else {state}"
    )


def test_lines_are_hashes_and_numbers_are_those_of_a_listed_state():
    states = source.known_sources()
    assert states[FIRST_RELEASED] == FIRST_RELEASED
    assert all(re.fullmatch("[0-9a-f]{16}", state) for state in states)
    assert set(states.values()) <= set(states)


def test_an_unknown_state_has_numbers_of_its_own(monkeypatch):
    monkeypatch.setattr(source, "source_hash", lambda: "0123456789abcdef")
    assert source.numbers_hash() == "0123456789abcdef"
    monkeypatch.setattr(source, "source_hash", lambda: FIRST_RELEASED)
    assert source.numbers_hash() == FIRST_RELEASED

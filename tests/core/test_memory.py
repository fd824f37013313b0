"""Memory: what there is, and what is refused because it would need more."""

import pytest

from lsmcal.core import memory
from lsmcal.core.errors import Problems


def test_sizes_have_decimal_prefixes():
    words = [memory.size_in_words(size) for size in (0.0, 999.0, 999.9, 1.234e6, 4e11, 1e40)]
    assert words == ["0 B", "999 B", "1 kB", "1.23 MB", "400 GB", "1e+22 EB"]


def test_a_container_has_what_it_was_given(tmp_path, monkeypatch):
    (tmp_path / "free").write_text("max\n")
    (tmp_path / "limited").write_text("1000000\n")
    monkeypatch.setattr(memory, "_LIMITS", (str(tmp_path / "none"), str(tmp_path / "free")))
    assert memory.physical_memory() > 1e8
    monkeypatch.setattr(memory, "_LIMITS", (str(tmp_path / "limited"),))
    assert memory.physical_memory() == 1e6


@pytest.mark.parametrize("needed", [0.9e9, 1.1e9])
def test_more_than_there_is(monkeypatch, needed):
    monkeypatch.setattr(memory, "physical_memory", lambda: 1e9)
    problems = Problems()
    memory.check_memory(needed, "the weather", problems, variable="years")
    said = ["years: the weather would need about 1.1 GB of memory; expected less than the 1 GB of this machine"]
    assert [str(problem) for problem in problems.found] == (said if needed > 1e9 else [])

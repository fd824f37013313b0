"""What differs between two tables, line by line."""

from lsmcal.core.differences import differences, flatten


def test_nested_and_dotted_tables_are_the_same():
    assert flatten({"a": {"b": 1, "c": {"d": [1]}}, "e": 2}) == {"a.b": 1, "a.c.d": [1], "e": 2}
    assert differences({"a": {"b": 1}}, {"a.b": 1}) == []


def test_changed_missing_and_new_keys():
    lines = differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}, "d": 4})
    assert lines == ["a.b: 1 -> 3", "a.c: 2 -> not given", "d: not given -> 4"]

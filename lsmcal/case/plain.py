"""What a case file holds before its keys are looked at: TOML of a sane size, depth and content."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from lsmcal.core.errors import Problems

#: Largest case file [bytes]: templates with every key explained have 20 kB.
LARGEST_CASE = 2_000_000.0
#: Tables and lists in each other: the deepest keys of a case have six.
DEEPEST_NESTING = 20
#: TOML promises integers of 64 bits.
_INTEGERS = range(-(2**63), 2**63)


def parsed_toml(text: str) -> dict[str, Any]:
    """Tables of a TOML text.

    Raises
    ------
    ValueError
        For what is not TOML, for numbers with thousands of digits, and for tables in tables without end.
    """
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise ValueError(f"is nested more than {DEEPEST_NESTING} deep") from None
    if next((depth for _, _, depth in _values(content) if depth > DEEPEST_NESTING), 0):
        raise ValueError(f"is nested more than {DEEPEST_NESTING} deep")
    return content


def unusable(content: Mapping[str, Any], source: str) -> Problems:
    """Values and keys that no key of a case can have: texts with a null character, integers beyond 64 bits.

    Parameters
    ----------
    content : mapping
        Of plain values.
    source : str
        The case file, for messages.
    """
    problems = Problems()
    for key, value, depth in _values(content):
        if depth > DEEPEST_NESTING:
            problems.add(f"is nested more than {DEEPEST_NESTING} deep", source=source, variable=key[:80])
            break
        if isinstance(value, str) and "\0" in value or "\0" in key:
            problems.add("contains a null character", source=source, variable=key, value=value, expected="text")
        elif isinstance(value, int) and value not in _INTEGERS:
            size = f"{value.bit_length()} bits"
            problems.add("is too large", source=source, variable=key, value=size, expected="an integer of 64 bits")
    return problems


def _values(content: Mapping[str, Any]) -> Iterator[tuple[str, Any, int]]:
    """All values with their dotted keys and how deep they lie; without recursion, so that any depth can be told."""
    left: list[tuple[str, Any, int]] = [(str(key), value, 1) for key, value in content.items()]
    while left:
        name, value, depth = left.pop()
        yield name, value, depth
        if depth > DEEPEST_NESTING:
            continue
        if isinstance(value, Mapping):
            left += [(f"{name}.{key}", item, depth + 1) for key, item in value.items()]
        elif isinstance(value, list):
            left += [(f"{name}[{number}]", item, depth + 1) for number, item in enumerate(value, start=1)]

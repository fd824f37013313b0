"""What differs between two nested tables of plain values."""

from __future__ import annotations

from collections.abc import Mapping


def differences(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    """Lines such as ``site.latitude: 35.0 -> 36.0`` for two tables, nested or with dotted keys."""
    before, after = flatten(old), flatten(new)
    lines = []
    for key in [*before, *(key for key in after if key not in before)]:
        first, second = before.get(key, "not given"), after.get(key, "not given")
        if first != second:
            lines.append(f"{key}: {first} -> {second}")
    return lines


def flatten(content: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Nested tables with dotted keys; lists stay as they are."""
    flat: dict[str, object] = {}
    for key, value in content.items():
        name = f"{prefix}{key}"
        flat.update(flatten(value, f"{name}.") if isinstance(value, Mapping) else {name: value})
    return flat

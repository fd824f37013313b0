"""Writing TOML: plain values in sections."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from lsmcal.core.words import json_safe

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LONG = 100


def to_toml(content: Mapping[str, Mapping]) -> str:
    """Text of a mapping of sections; values are numbers, texts, truth values, lists and mappings of these."""
    parts = []
    for section, table in content.items():
        lines = [f"[{section}]", *(f"{_key(key)} = {_long_value(value)}" for key, value in table.items())]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    """A basic string; JSON escapes what TOML does, but for the control characters from DEL on."""
    return json_safe(json.dumps(text, ensure_ascii=False))


def _long_value(value: object) -> str:
    """Value of a key; a long list has a line per item."""
    text = to_value(value)
    if isinstance(value, (list, tuple)) and len(text) > _LONG and any(isinstance(item, Mapping) for item in value):
        return "[\n" + "".join(f"    {to_value(item)},\n" for item in value) + "]"
    return text


def to_value(value: object) -> str:
    """One value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(to_value(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {to_value(item)}" for key, item in value.items()) + "}"
    return repr(value)

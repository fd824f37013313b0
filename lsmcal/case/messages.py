"""What is wrong with a case, in words: keys that do not exist, values that cannot be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from lsmcal.case.sections.goals import GOAL_KINDS
from lsmcal.case.toml import to_value
from lsmcal.case.types import Section, names_of
from lsmcal.core.errors import Problems

#: What pydantic calls an error, and what the message says was expected.
_EXPECTED = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "a string in quotes",
    "bool_type": "true or false",
    "list_type": "a list in square brackets",
    "dict_type": "a table",
    "model_type": "a table",
    "finite_number": "a finite number",
}
_LIMITS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}


_MANY = 12


class Complaints:
    """Collector that knows where each key of the case came from.

    Parameters
    ----------
    source : str
        The case file as the user gave it.
    text : str
        Its content, for line numbers.
    overridden : mapping
        Dotted key to the option it came from, such as ``--set``.
    sections : mapping, optional
        The sections that this kind of case may have, with their keys.
    """

    def __init__(
        self,
        source: str,
        text: str = "",
        overridden: Mapping[str, str] | None = None,
        sections: Mapping[str, type[Section]] | None = None,
    ):
        self.problems = Problems()
        self.sections = dict(sections or {})
        self._source, self._lines, self._overridden = source, key_lines(text), dict(overridden or {})

    def add(self, key: str, message: str, value: object = "", expected: str = "") -> None:
        """Note one problem of a dotted key."""
        origin = next((o for name, o in self._overridden.items() if re.match(rf"{re.escape(name)}([.\[]|$)", key)), "")
        line = self._line(key)
        source = origin or (f"{self._source}, line {line}" if line else self._source)
        self.problems.add(message, source=source, variable=key, value=_cut(str(value)), expected=expected)

    def keys_of(self, section: str) -> set[str]:
        """Keys of a section that something was said of."""
        named = [re.split(r"[.\[]", problem.variable) for problem in self.problems.found]
        return {parts[1] for parts in named if parts[0] == section and len(parts) > 1}

    def _line(self, key: str) -> int:
        """Line of a key, or of the nearest table around it."""
        while key and key not in self._lines:
            key = re.sub(r"(\[\d+\]|\.[^.\[\]]*|^[^.\[\]]*)$", "", key)
        return self._lines.get(key, 0)


def _cut(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."


def key_lines(text: str) -> dict[str, int]:
    """Line number, from 1, of every key that stands at the beginning of a line, by dotted name."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\[\]#]+?)\s*\]+\s*(#.*)?$", line):
            table = header[1].replace('"', "")
            lines.setdefault(table, number)
        elif key := re.match(r"""\s*(?:"([^"]+)"|'([^']+)'|([\w.-]+))\s*=""", line):
            name = key[1] or key[2] or key[3]
            lines.setdefault(f"{table}.{name}" if table else name, number)
    return lines


def explain(section: str, error: ValidationError, complaints: Complaints) -> set[str]:
    """Turn pydantic's errors of one section into problems; the fields that have no value they could have meant."""
    model, invalid, meant = complaints.sections[section], set(), set()
    # Misspelt keys first: what they meant is not missing.
    for item in sorted(error.errors(), key=lambda item: item["type"] != "extra_forbidden"):
        place = [part for part in item["loc"] if not str(part).startswith("<") and part != "[key]"]
        key, inside = dotted(section, place), _table_at(model, item["loc"])
        invalid.add(str(place[0]))
        if item["type"] == "extra_forbidden":
            complaints.add(key, *_unknown(section, inside, place, complaints.sections))
            meant |= {dotted(section, [*place[:-1], near]) for near in _near(inside, place)}
        elif item["type"] == "missing":
            if key not in meant:
                complaints.add(key, "key is missing", "", _meaning(inside, place))
        else:
            message, expected = _refusal(item)
            complaints.add(key, message, _shown(item["input"]), expected)
    invalid |= {key.split(".")[1].partition("[")[0] for key in meant}
    return {name for name, field in model.model_fields.items() if {name, field.alias} & invalid} | invalid


def _near(inside: type[BaseModel] | None, place) -> list[str]:
    """The known key that an unknown one may have meant."""
    return get_close_matches(str(place[-1]), names_of(inside), n=1, cutoff=0.6) if inside else []


def _shown(value: object) -> str:
    """Texts in quotes, truth values and tables as TOML has them."""
    return to_value(value) if isinstance(value, (str, bool, list, dict)) else str(value)


def dotted(section: str, place) -> str:
    """Name of a key with indices in brackets, counted from 1: ``site.soil[2].class``."""
    text = section
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text


def _refusal(item: Mapping[str, Any]) -> tuple[str, str]:
    """Message and what was expected."""
    kind, context = item["type"], item.get("ctx") or {}
    if kind == "value_error":
        return str(context["error"]), getattr(context["error"], "expected", "")
    if kind == "literal_error":
        return _unknown_choice(item["input"], re.findall(r"'([^']*)'", context["expected"]))
    if kind in _LIMITS:
        name, words = _LIMITS[kind]
        limit = context[name]
        return "is out of range", f"{words} {limit}" if isinstance(limit, int) else f"{words} {limit:g}"
    if kind in ("too_short", "too_long"):
        limit = f"at least {context['min_length']}" if kind == "too_short" else f"at most {context['max_length']}"
        return f"has {context['actual_length']} values", limit
    if kind == "string_too_short":
        return "is empty", "a name"
    return "is not valid", _EXPECTED.get(kind, item["msg"])


def _unknown_choice(given: object, allowed: list[str]) -> tuple[str, str]:
    near = get_close_matches(str(given), allowed, n=1, cutoff=0.6)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown value{hint}", "one of " + ", ".join(allowed)


def _table_at(model: type[BaseModel], loc: Sequence[str | int]) -> type[BaseModel] | None:
    """The table that the last key of a place stands in: the section itself, or one nested in it."""
    inside: type[BaseModel] | None = model
    for part in loc[:-1]:
        if part in GOAL_KINDS:
            inside = GOAL_KINDS[str(part)]
        elif inside is not None and part in (named := _by_name(inside)):
            inside = _table_of(named[part].annotation)
    return inside


def _by_name(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Fields by the names that a case has for them."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _table_of(annotation: object) -> type[BaseModel] | None:
    """The kind of table that a value may be, or be a list of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _table_of(part))), None)


def _unknown(
    section: str, inside: type[BaseModel] | None, place, sections: Mapping[str, type[Section]]
) -> tuple[str, str, str]:
    """Message, no value, and what is known, for a key that does not exist."""
    key, known, near = str(place[-1]), names_of(inside) if inside else [], _near(inside, place)
    homes = [name for name, other in sections.items() if name != section and key in names_of(other)]
    if near:
        return f"unknown key; did you mean {near[0]!r}?", "", ""
    if homes and len(place) == 1:
        return f"unknown key; it belongs in {' or '.join(f'[{home}]' for home in homes)}", "", ""
    further = get_close_matches(key, [name for other in sections.values() for name in names_of(other)], n=1, cutoff=0.7)
    if further and len(place) == 1:
        home = next(name for name, other in sections.items() if further[0] in names_of(other))
        return f"unknown key; did you mean {further[0]!r} of [{home}]?", "", ""
    if len(known) > _MANY:
        return "unknown key", "", f"a key of [{section}]; lsmcal init lists them"
    return "unknown key", "", "one of " + ", ".join(known) if known else ""


def _meaning(inside: type[BaseModel] | None, place) -> str:
    field = _by_name(inside).get(str(place[-1])) if inside else None
    return (field.description or "") if field else ""


def unknown_section(name: str, value: object, complaints: Complaints) -> None:
    """A table or key at the top level that does not exist."""
    known = [*complaints.sections, "parameters"]
    homes = [section for section, model in complaints.sections.items() if name in names_of(model)]
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if homes and not isinstance(value, dict):
        complaints.add(name, f"is outside every section; it belongs in {' or '.join(f'[{h}]' for h in homes)}")
    elif name == "site":
        complaints.add(name, "does not go with [region]", expected="[site] or [region], not both")
    elif near:
        complaints.add(name, f"unknown section; did you mean [{near[0]}]?")
    else:
        complaints.add(name, "unknown section", "", "one of " + ", ".join(known))

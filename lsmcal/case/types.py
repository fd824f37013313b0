"""Kinds of values in a case file, with messages a person can act on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag
from pydantic_core import CoreSchema, core_schema

from lsmcal.case.limits import DepthBelow, LeafArea, Value
from lsmcal.core import calendars

_ISO = re.compile(r"\d{4}(-\d{2}(-\d{2}([T ]\d{2}(:\d{2}(:\d{2})?)?)?)?)?")


class Refused(ValueError):
    """A value that cannot be; ``expected`` says what could."""

    def __init__(self, message: str, expected: str = ""):
        super().__init__(message)
        self.expected = expected


class Section(BaseModel):
    """A table of the case file: unknown keys, text for numbers, NaN and infinity are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    def plain(self) -> dict[str, Any]:
        """Keys and values as they would stand in a case file; what has no value is left out."""
        return self.model_dump(by_alias=True, exclude_none=True)


def _date(value: Any) -> str:
    """ISO text of a TOML date or of a text, checked."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        raise Refused("has a time zone", "a time on the clock of the forcing file, without time zone")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if value == "":
        return ""
    if not isinstance(value, str) or not _ISO.fullmatch(value.strip()):
        raise Refused("is not a date", "an ISO date such as 2016-01-01 or 2016-01-01T06:00")
    try:
        calendars.moment(value)
    except ValueError:
        raise Refused("is not a calendar date", "an ISO date such as 2016-01-01") from None
    return value.strip()


def _class(value: Any) -> int | str:
    if isinstance(value, bool) or not isinstance(value, (int, str)) or value == "":
        raise Refused("is not a class", "a class number or a class name of the table")
    return value


def number_or(words: str | Iterable[str], low: float, high: float, unit: str = ""):
    """Validator of a number within limits, or one of some words."""
    known = [words] if isinstance(words, str) else list(words)
    shown = ", ".join(f'"{word}"' for word in known)
    expected = f"a number from {low:g} to {high:g}{unit and ' ' + unit}"
    expected += f" or {shown}" if len(known) == 1 else f", or one of {shown}"

    def check(value: Any) -> float | str:
        if isinstance(value, str) and value in known:
            return value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise Refused("is out of range" if isinstance(value, (int, float)) else "is not valid", expected)
        return float(value)

    check.limits = (low, high)  # type: ignore[attr-defined]
    return check


def exactly(count: int):
    """Validator of a list's length."""

    def check(values: list) -> list:
        if len(values) != count:
            raise Refused(f"has {len(values)} value{'' if len(values) == 1 else 's'}", f"{count} values")
        return values

    return AfterValidator(check)


Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Kelvin = Annotated[float, Field(ge=180.0, le=340.0, description="K")]
Year = Annotated[int, Field(ge=1, le=9999)]
Date = Annotated[str, BeforeValidator(_date)]
Period = Annotated[list[Date], exactly(2)]
ClassKey = Annotated[Any, BeforeValidator(_class)]
Monthly = Annotated[list[Fraction], exactly(12)]
MonthlyArea = Annotated[list[LeafArea], exactly(12)]


class SoilDown(Section):
    """Soil of all layers whose middle lies above ``to_depth``."""

    to_depth: DepthBelow
    soil: ClassKey = Field(alias="class")


class ValueDown(Section):
    """Value of all layers whose middle lies above ``to_depth``."""

    to_depth: DepthBelow
    value: Value


def _form(value: Any) -> str | None:
    if not isinstance(value, list):
        return "<one>"
    return "<tables>" if value and all(isinstance(item, (dict, Section)) for item in value) else "<layers>"


def _list_form(value: Any) -> str:
    return "<tables>" if _form(value) == "<tables>" else "<layers>"


#: A class for all layers, a list of one per layer, or tables downward. Tags in <> never show in messages.
Soil = Annotated[
    Annotated[ClassKey, Tag("<one>")]
    | Annotated[list[ClassKey], Field(min_length=1), Tag("<layers>")]
    | Annotated[list[SoilDown], Tag("<tables>")],
    Discriminator(_form),
]
#: One value per layer, or tables downward.
Profile = Annotated[
    Annotated[list[Value], Field(min_length=1), Tag("<layers>")] | Annotated[list[ValueDown], Tag("<tables>")],
    Discriminator(_list_form),
]


class OneOf:
    """A text that is one of some names, as ``Annotated[str, OneOf(names)]``: a Literal of names that are data."""

    def __init__(self, names: Iterable[str]):
        self._names = list(names)

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> CoreSchema:
        return core_schema.literal_schema(self._names)


def key(default, meaning: str, **checks):
    """A key with a default; lists and dicts are copied for every case."""
    if isinstance(default, (list, dict)):
        return Field(default_factory=default.copy, description=meaning, **checks)
    return Field(default, description=meaning, **checks)


def names_of(section: type[BaseModel]) -> list[str]:
    """Keys of a section as they stand in the file."""
    return [item.alias or name for name, item in section.model_fields.items()]


def is_reversed(first: str, last: str) -> bool:
    """True if ``last`` ends before ``first`` begins; empty texts are open."""
    return bool(first and last and calendars.moment(last, end=True) <= calendars.moment(first))
